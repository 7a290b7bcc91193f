//! One side of a connection between two VPCs.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::Fields;
use super::group_rule::GroupRule;
use crate::words::{AccountAlias, ConnectionName, RegionId, ResourceId, VpcId};

/// The most vSwitches, ranges, tables or rules a side may name.
const MOST: usize = 50;

/// One side: a VPC in a region of an account, and what of it shall be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcSide {
    /// The alias of the account that owns the VPC.
    pub account: AccountAlias,
    /// The region the VPC lies in.
    pub region_id: RegionId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// The vSwitches of this VPC that the other side shall reach; all of them when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub vswitch_ids: Vec<ResourceId>,
    /// The ranges of this side that the other side routes here. When none is named: the ranges of the VPC, or of its
    /// vSwitches where the VPCs' ranges overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", length(max = 50))]
    pub cidr_blocks: Vec<Ipv4Net>,
    /// The route tables of this VPC that get the routes to the other side.
    #[serde(default, skip_serializing_if = "RouteTables::is_default")]
    pub route_tables: RouteTables,
    /// Whether a route that somebody else made, to the same range and by the same way, may be taken over as it is. It
    /// then goes when the connection goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt_routes: bool,
    /// Other connections whose routes in this side's tables may overlap with those of this one: of two that fit, the narrower
    /// route wins. With a connection that is not named here no overlap is allowed, and with none the very same range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub overlaps_with: Vec<ConnectionName>,
    /// The security groups of this side that shall let the other side in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub security_groups: Vec<GroupRule>,
    /// An instance of this side with a running Cloud Assistant, to ping from and to ping at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<ResourceId>,
}

/// The route tables of a VPC that get routes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTables {
    /// Every table that a vSwitch uses which shall be reached; the system table where there is no vSwitch.
    #[default]
    OfVswitches,
    /// The VPC's system table alone.
    System,
    /// These.
    #[serde(untagged)]
    Named(#[schemars(length(min = 1, max = 50))] Vec<ResourceId>),
}

impl RouteTables {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl VpcSide {
    pub(crate) fn read(mut fields: Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let vswitch_ids = fields.optional("vswitch_ids", Vec::new());
        let cidr_blocks: Option<Vec<Ipv4Net>> = fields.optional("cidr_blocks", Vec::new());
        let route_tables = fields.optional("route_tables", RouteTables::default());
        let adopt_routes = fields.optional("adopt_routes", false);
        let overlaps_with = fields.optional("overlaps_with", Vec::new());
        let security_groups: Option<Vec<GroupRule>> = fields.optional("security_groups", Vec::new());
        let instance_id = fields.optional("instance_id", None);
        limit(&mut fields, "vswitch_ids", vswitch_ids.as_deref());
        limit(&mut fields, "cidr_blocks", cidr_blocks.as_deref());
        limit(&mut fields, "overlaps_with", overlaps_with.as_deref());
        limit(&mut fields, "security_groups", security_groups.as_deref());
        if let Some(RouteTables::Named(tables)) = &route_tables {
            limit(&mut fields, "route_tables", Some(tables));
            if tables.is_empty() {
                fields.problem("route_tables", "name at least one route table, or leave the field out");
            }
        }
        for rule in security_groups.iter().flatten() {
            if let Err(problem) = rule.check() {
                fields.problem("security_groups", problem);
            }
        }
        // 10.0.0.7/8 is most likely a slip, and the cloud would not take it.
        for block in cidr_blocks.iter().flatten().filter(|block| block.trunc() != **block) {
            fields
                .problem("cidr_blocks", format!("{block} has bits behind its prefix; did you mean {}?", block.trunc()));
        }
        fields.refuse_the_rest();
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            vswitch_ids: vswitch_ids?,
            cidr_blocks: cidr_blocks?,
            route_tables: route_tables?,
            adopt_routes: adopt_routes?,
            overlaps_with: overlaps_with?,
            security_groups: security_groups?,
            instance_id: instance_id?,
        })
    }

    /// All of it can change, but for where it lies, which cannot for any kind. A new field does not compile until somebody has
    /// said so here.
    pub(crate) fn can_change(&self) {
        let Self {
            account: _,
            region_id: _,
            vpc_id: _,
            vswitch_ids: _,
            cidr_blocks: _,
            route_tables: _,
            adopt_routes: _,
            overlaps_with: _,
            security_groups: _,
            instance_id: _,
        } = self;
    }
}

fn limit<T>(fields: &mut Fields<'_>, name: &str, given: Option<&[T]>) {
    if given.is_some_and(|given| given.len() > MOST) {
        fields.problem(name, format!("at most {MOST}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_tables_are_a_word_or_a_list() {
        let read = |text: &str| serde_json::from_str::<RouteTables>(text);
        assert_eq!(read(r#""system""#).unwrap(), RouteTables::System);
        assert_eq!(read(r#""of-vswitches""#).unwrap(), RouteTables::OfVswitches);
        assert_eq!(read(r#"["vtb-1"]"#).unwrap(), RouteTables::Named(vec!["vtb-1".parse().unwrap()]));
        assert!(read(r#""all""#).is_err());
    }
}

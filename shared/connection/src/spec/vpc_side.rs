//! One side of a connection between two VPCs.

use std::fmt;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Serialize};
use strict::Fields;

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
    #[schemars(with = "Vec<String>", inner(regex(pattern = strict::range::PATTERN)), length(max = 50))]
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
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

/// By hand: what serde derives tries one after the other, and cannot say what is wrong.
impl<'de> Deserialize<'de> for RouteTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrList;

        impl<'de> Visitor<'de> for WordOrList {
            type Value = RouteTables;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"of-vswitches\", \"system\", or a list of ids of route tables")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<RouteTables, E> {
                match word {
                    "of-vswitches" => Ok(RouteTables::OfVswitches),
                    "system" => Ok(RouteTables::System),
                    _ => Err(E::unknown_variant(word, &["of-vswitches", "system"])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<RouteTables, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(RouteTables::Named)
            }
        }

        deserializer.deserialize_any(WordOrList)
    }
}

impl RouteTables {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl VpcSide {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let vswitch_ids = fields.list("vswitch_ids", MOST);
        let cidr_blocks = fields.ranges("cidr_blocks", MOST);
        let route_tables = fields.optional("route_tables", RouteTables::default());
        let adopt_routes = fields.optional("adopt_routes", false);
        let overlaps_with = fields.list("overlaps_with", MOST);
        let security_groups = fields.objects("security_groups", MOST, GroupRule::read);
        let instance_id = fields.optional("instance_id", None);
        if let Some(RouteTables::Named(tables)) = &route_tables
            && !(1..=MOST).contains(&tables.len())
        {
            fields
                .problem("route_tables", format!("{} tables; name 1 to {MOST}, or leave the field out", tables.len()));
        }
        // What does not read is told; the rest stays to be held against the other side.
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            vswitch_ids: vswitch_ids.unwrap_or_default(),
            cidr_blocks: cidr_blocks.unwrap_or_default(),
            route_tables: route_tables.unwrap_or_default(),
            adopt_routes: adopt_routes.unwrap_or_default(),
            overlaps_with: overlaps_with.unwrap_or_default(),
            security_groups: security_groups.into_iter().flatten().flatten().collect(),
            instance_id: instance_id.unwrap_or_default(),
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

//! The spec of a `jdcloud-peering` connection.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use crate::kind::Room;
use crate::problem::Problem;
use crate::spec::SideSpec;
use crate::spec::group_rule::{self, PortRange, Protocol};
use crate::words::{AccountAlias, ConnectionName, RegionId, ResourceId, Side, VpcId};

/// The most subnets, ranges or rules a side may name.
const MOST: usize = 50;

/// What a VPC peering of JD Cloud needs. Both VPCs are in the same region, and their ranges do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JdcloudPeeringSpec {
    /// The side that asks.
    pub initiator: JdSide,
    /// The side that is asked.
    pub acceptor: JdSide,
}

/// One side: a VPC of JD Cloud, and what of it shall reach the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JdSide {
    /// The alias of the account that owns the VPC.
    pub account: AccountAlias,
    /// The region the VPC lies in.
    pub region_id: RegionId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// The ranges of this side that the other side routes here. When none is named: the VPC's range, or those of its subnets
    /// where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", inner(regex(pattern = strict::range::PATTERN)), length(max = 50))]
    pub cidr_blocks: Vec<Ipv4Net>,
    /// The subnets that are bound to the route table with the rules to the other side. When none is named, no subnet changes
    /// its table: the rules go into every table that the VPC's subnets use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub subnet_ids: Vec<ResourceId>,
    /// A route table of this VPC that gets the rules to the other side. It must have every rule that the named subnets need.
    /// When none is named, a table is made for the named subnets, with a copy of the rules that they have; it goes when the
    /// connection goes, and they get their old table back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<ResourceId>,
    /// Whether the table shall also lead everything else to the internet. Only with `subnet_ids` or `route_table`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internet_route: bool,
    /// Other connections whose routes in this side's tables may overlap with those of this one: of two that fit, the narrower
    /// route wins. With a connection that is not named here no overlap is allowed, and with none the very same range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub overlaps_with: Vec<ConnectionName>,
    /// The security groups of this side that shall let the other side in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub security_groups: Vec<JdGroupRule>,
}

/// One inbound rule for each range of the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JdGroupRule {
    /// The security group of this side.
    pub security_group_id: ResourceId,
    /// What to let in.
    #[serde(default)]
    pub protocol: Protocol,
    /// The ports, for TCP and UDP: `80/80` or `1/65535`, which is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("pattern" = "^[0-9]{1,5}/[0-9]{1,5}$"))]
    pub ports: Option<PortRange>,
    /// 1 to 100; 1, the strongest, is the default.
    #[serde(default = "strongest")]
    #[schemars(range(min = 1, max = 100))]
    pub priority: u8,
}

fn strongest() -> u8 {
    1
}

impl Room for JdcloudPeeringSpec {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let initiator = fields.object("initiator", JdSide::read);
        let acceptor = fields.object("acceptor", JdSide::read);
        let (initiator, acceptor) = (initiator?, acceptor?);
        if initiator.region_id != acceptor.region_id {
            let detail = format!(
                "the cloud peers VPCs of one region only, and the initiator's is in {}; join them by other means",
                initiator.region_id
            );
            fields.problem("acceptor/region_id", detail);
        }
        if initiator.vpc_id == acceptor.vpc_id {
            fields.problem("acceptor/vpc_id", "both sides are the same VPC; name another one here");
        }
        Some(Self { initiator, acceptor })
    }

    fn side(&self, side: Side) -> SideSpec<'_> {
        SideSpec::Jd(side.choose(&self.initiator, &self.acceptor))
    }

    fn immovable(&self, next: &Self) -> Vec<Problem> {
        let Self { initiator, acceptor } = next;
        [initiator, acceptor].into_iter().for_each(JdSide::can_change);
        Vec::new()
    }
}

impl JdSide {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let cidr_blocks = fields.ranges("cidr_blocks", MOST);
        let subnet_ids: Option<Vec<ResourceId>> = fields.list("subnet_ids", MOST);
        let route_table: Option<Option<ResourceId>> = fields.optional("route_table", None);
        let internet_route = fields.optional("internet_route", false);
        let overlaps_with = fields.list("overlaps_with", MOST);
        let security_groups = fields.objects("security_groups", MOST, JdGroupRule::read);
        if internet_route == Some(true)
            && subnet_ids.as_ref().is_some_and(Vec::is_empty)
            && matches!(route_table, Some(None))
        {
            let detail =
                "name subnet_ids or a route_table with it; otherwise every table of the VPC would lead to the internet";
            fields.problem("internet_route", detail);
        }
        // What does not read is told; the rest stays to be held against the other side.
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            cidr_blocks: cidr_blocks.unwrap_or_default(),
            subnet_ids: subnet_ids.unwrap_or_default(),
            route_table: route_table.unwrap_or_default(),
            internet_route: internet_route.unwrap_or_default(),
            overlaps_with: overlaps_with.unwrap_or_default(),
            security_groups: security_groups.into_iter().flatten().flatten().collect(),
        })
    }

    /// All of it can change, but for where it lies, which cannot for any kind. A new field does not compile until somebody has
    /// said so here.
    fn can_change(&self) {
        let Self {
            account: _,
            region_id: _,
            vpc_id: _,
            cidr_blocks: _,
            subnet_ids: _,
            route_table: _,
            internet_route: _,
            overlaps_with: _,
            security_groups: _,
        } = self;
    }

    /// Whether a route table is made for it.
    #[must_use]
    pub fn has_table_made(&self) -> bool {
        self.route_table.is_none() && !self.subnet_ids.is_empty()
    }
}

impl JdGroupRule {
    /// The first and the last port; none where the protocol has none.
    #[must_use]
    pub fn port_range(&self) -> Option<(u16, u16)> {
        match (self.protocol, self.ports) {
            (Protocol::All | Protocol::Icmp, _) => None,
            (Protocol::Tcp | Protocol::Udp, Some(ports)) => Some(ports.bounds()),
            (Protocol::Tcp | Protocol::Udp, None) => Some((1, u16::MAX)),
        }
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let security_group_id = fields.required("security_group_id");
        let (protocol, ports, priority) = group_rule::what(fields);
        Some(Self { security_group_id: security_group_id?, protocol: protocol?, ports: ports?, priority: priority? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::spec::Spec;
    use crate::words::{Kind, Side};

    fn posted() -> Value {
        json!({
            "name": "jd", "kind": "jdcloud-peering",
            "initiator": {
                "account": "jd-a", "region_id": "cn-north-1", "vpc_id": "vpc-a", "subnet_ids": ["subnet-1"],
                "internet_route": true,
                "security_groups": [{"security_group_id": "sg-1", "protocol": "tcp", "ports": "80/443"}],
            },
            "acceptor": {"account": "jd-b", "region_id": "cn-north-1", "vpc_id": "vpc-b"},
        })
    }

    fn pointers(spec: Value) -> Vec<String> {
        Spec::from_value(spec).unwrap_err().into_iter().map(|problem| problem.pointer).collect()
    }

    #[test]
    fn it_reads_and_survives_a_round_trip_and_the_schema_agrees() {
        let spec = Spec::from_value(posted()).unwrap();
        assert_eq!(spec.kind(), Kind::JdcloudPeering);
        let side = spec.jd_side(Side::Initiator).unwrap();
        assert_eq!(side.security_groups[0].port_range(), Some((80, 443)));
        assert!(side.has_table_made() && !spec.jd_side(Side::Acceptor).unwrap().has_table_made());
        let stored = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), spec);
        assert!(jsonschema::validator_for(&Spec::json_schema()).unwrap().is_valid(&posted()));
    }

    #[test]
    fn two_regions_and_one_vpc_twice_are_refused_when_read_together_with_everything_else() {
        let mut bad = posted();
        bad["acceptor"]["region_id"] = "cn-east-2".into();
        bad["acceptor"]["vpc_id"] = "vpc-a".into();
        bad["acceptor"]["cidr_blocks"] = json!(["10.0.0.7/8"]);
        bad["acceptor"]["internet_route"] = true.into();
        bad["initiator"]["security_groups"][0]["protocol"] = "icmp".into();
        assert_eq!(
            pointers(bad),
            [
                "/initiator/security_groups/0/ports",
                "/acceptor/cidr_blocks/0",
                "/acceptor/internet_route",
                "/acceptor/region_id",
                "/acceptor/vpc_id"
            ]
        );
    }

    #[test]
    fn fields_of_other_kinds_are_unknown_here() {
        let mut bad = posted();
        bad["spec"] = "Mini.2".into();
        bad["acceptor"]["vswitch_ids"] = json!([]);
        assert_eq!(pointers(bad), ["/acceptor/vswitch_ids", "/spec"]);
    }
}

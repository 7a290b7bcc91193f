//! The spec of a `vpc-peering` connection.

use alicloud::vpc::NextHopType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use crate::kind::Room;
use crate::next_hop::NextHop;
use crate::outputs::Outputs;
use crate::problem::Problem;
use crate::spec::vpc_side::VpcSide;
use crate::spec::{OnRemove, SideSpec};
use crate::words::{ResourceId, Side};

/// What a VPC peering connection needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcPeeringSpec {
    /// Mbit/s; only between regions, where the cloud gives 1024 unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub bandwidth_mbps: Option<u32>,
    /// The quality of the link; only between regions, where the cloud gives Gold unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_type: Option<LinkType>,
    /// Let it replace a pair of router interfaces. The cloud does not allow both at once, so traffic stops for a moment;
    /// should the peering fail, the pair comes back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub migrate: bool,
    /// A peering connection between the two VPCs that somebody made by hand, `pcc-…`: it is taken over as it stands, and none is
    /// made. Routes that lead to it are taken over where a side has `adopt_routes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<ResourceId>,
    /// What becomes of what was taken over when the connection is removed.
    #[serde(default, skip_serializing_if = "OnRemove::is_default")]
    pub on_remove: OnRemove,
    /// The side that asks.
    pub initiator: VpcSide,
    /// The side that is asked.
    pub acceptor: VpcSide,
}

/// The quality of a link between regions (VpcPeer API 2022-01-01, LinkType).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LinkType {
    /// 99.995 % of the time.
    Platinum,
    /// 99.95 % of the time.
    Gold,
}

impl Room for VpcPeeringSpec {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let bandwidth_mbps: Option<Option<u32>> = fields.optional("bandwidth_mbps", None);
        let link_type: Option<Option<LinkType>> = fields.optional("link_type", None);
        let migrate = fields.optional("migrate", false);
        let adopt: Option<Option<ResourceId>> = fields.optional("adopt", None);
        let on_remove = fields.optional("on_remove", OnRemove::default());
        let initiator = fields.object("initiator", VpcSide::read);
        let acceptor = fields.object("acceptor", VpcSide::read);
        if bandwidth_mbps == Some(Some(0)) {
            fields.problem("bandwidth_mbps", "0: a bandwidth has at least 1 Mbit/s");
        }
        OnRemove::check(on_remove, adopt.as_ref(), fields);
        if matches!((&adopt, migrate), (Some(Some(_)), Some(true))) {
            fields.problem("adopt", "a peering connection that stands replaces nothing; leave migrate or adopt out");
        }
        let (initiator, acceptor) = (initiator?, acceptor?);
        if initiator.region_id == acceptor.region_id {
            let only = "this is only for sides in different regions; within a region there is no limit to set";
            for (name, given) in
                [("bandwidth_mbps", bandwidth_mbps.flatten().is_some()), ("link_type", link_type.flatten().is_some())]
            {
                if given {
                    fields.problem(name, only);
                }
            }
        }
        Some(Self {
            bandwidth_mbps: bandwidth_mbps?,
            link_type: link_type?,
            migrate: migrate?,
            adopt: adopt?,
            on_remove: on_remove?,
            initiator,
            acceptor,
        })
    }

    fn side(&self, side: Side) -> SideSpec<'_> {
        SideSpec::Vpc(side.choose(&self.initiator, &self.acceptor))
    }

    fn immovable(&self, next: &Self) -> Vec<Problem> {
        let Self { bandwidth_mbps: _, link_type: _, migrate: _, on_remove: _, adopt, initiator, acceptor } = next;
        [initiator, acceptor].into_iter().for_each(VpcSide::can_change);
        OnRemove::stays(self.adopt.as_ref(), adopt.as_ref())
    }

    fn next_hop(&self, outputs: &Outputs) -> Option<NextHop> {
        Some(NextHop { hop_type: NextHopType::VpcPeer, id: outputs.peering_id.clone() })
    }

    fn migrates(&self) -> bool {
        self.migrate
    }

    fn adopted(&self, _: Side) -> Option<&ResourceId> {
        self.adopt.as_ref()
    }

    fn keeps_adopted(&self) -> bool {
        self.on_remove == OnRemove::Keep
    }
}

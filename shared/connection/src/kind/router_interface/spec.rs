//! The spec of a `router-interface` connection.

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

/// What a pair of router interfaces needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouterInterfaceSpec {
    /// The bandwidth class of the connection, as Express Connect names it. The initiator pays for it.
    pub spec: InterfaceSpec,
    /// A pair that somebody made by hand: it is taken over as it stands, and none is made. Routes that lead to it are taken over where
    /// a side has `adopt_routes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<AdoptedPair>,
    /// What becomes of what was taken over when the connection is removed.
    #[serde(default, skip_serializing_if = "OnRemove::is_default")]
    pub on_remove: OnRemove,
    /// The side that connects.
    pub initiator: VpcSide,
    /// The side that is connected to.
    pub acceptor: VpcSide,
}

/// A pair of router interfaces that somebody made by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptedPair {
    /// The interface of the initiator, `ri-…`, which is the initiating one.
    pub initiator: ResourceId,
    /// The interface of the acceptor, `ri-…`.
    pub acceptor: ResourceId,
}

impl AdoptedPair {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (initiator, acceptor) = (fields.required("initiator"), fields.required("acceptor"));
        Some(Self { initiator: initiator?, acceptor: acceptor? })
    }
}

/// The bandwidth classes of an initiating router interface (VPC API 2016-04-28, CreateRouterInterface).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InterfaceSpec {
    /// 2 Mbit/s.
    #[serde(rename = "Mini.2")]
    Mini2,
    /// 5 Mbit/s.
    #[serde(rename = "Mini.5")]
    Mini5,
    /// 10 Mbit/s.
    #[serde(rename = "Small.1")]
    Small1,
    /// 20 Mbit/s.
    #[serde(rename = "Small.2")]
    Small2,
    /// 50 Mbit/s.
    #[serde(rename = "Small.5")]
    Small5,
    /// 100 Mbit/s.
    #[serde(rename = "Middle.1")]
    Middle1,
    /// 200 Mbit/s.
    #[serde(rename = "Middle.2")]
    Middle2,
    /// 500 Mbit/s.
    #[serde(rename = "Middle.5")]
    Middle5,
    /// 1 Gbit/s.
    #[serde(rename = "Large.1")]
    Large1,
    /// 2 Gbit/s.
    #[serde(rename = "Large.2")]
    Large2,
    /// 5 Gbit/s.
    #[serde(rename = "Large.5")]
    Large5,
    /// 10 Gbit/s.
    #[serde(rename = "Xlarge.1")]
    Xlarge1,
}

impl Room for RouterInterfaceSpec {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let spec = fields.required("spec");
        let adopt = match fields.has("adopt") {
            true => fields.object("adopt", AdoptedPair::read).map(Some),
            false => Some(None),
        };
        let on_remove = fields.optional("on_remove", OnRemove::default());
        let initiator = fields.object("initiator", VpcSide::read);
        let acceptor = fields.object("acceptor", VpcSide::read);
        OnRemove::check(on_remove, adopt.as_ref(), fields);
        Some(Self { spec: spec?, adopt: adopt?, on_remove: on_remove?, initiator: initiator?, acceptor: acceptor? })
    }

    fn side(&self, side: Side) -> SideSpec<'_> {
        SideSpec::Vpc(side.choose(&self.initiator, &self.acceptor))
    }

    fn immovable(&self, next: &Self) -> Vec<Problem> {
        let Self { spec: _, on_remove: _, adopt, initiator, acceptor } = next;
        [initiator, acceptor].into_iter().for_each(VpcSide::can_change);
        OnRemove::stays(self.adopt.as_ref(), adopt.as_ref())
    }

    fn adopted(&self, side: Side) -> Option<&ResourceId> {
        self.adopt.as_ref().map(|pair| side.choose(&pair.initiator, &pair.acceptor))
    }

    fn keeps_adopted(&self) -> bool {
        self.on_remove == OnRemove::Keep
    }

    fn next_hop(&self, outputs: &Outputs) -> Option<NextHop> {
        Some(NextHop { hop_type: NextHopType::RouterInterface, id: outputs.router_interface_id.clone() })
    }
}

impl InterfaceSpec {
    /// The name that Express Connect uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mini2 => "Mini.2",
            Self::Mini5 => "Mini.5",
            Self::Small1 => "Small.1",
            Self::Small2 => "Small.2",
            Self::Small5 => "Small.5",
            Self::Middle1 => "Middle.1",
            Self::Middle2 => "Middle.2",
            Self::Middle5 => "Middle.5",
            Self::Large1 => "Large.1",
            Self::Large2 => "Large.2",
            Self::Large5 => "Large.5",
            Self::Xlarge1 => "Xlarge.1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_written_by_its_express_connect_name() {
        for class in [InterfaceSpec::Mini2, InterfaceSpec::Middle5, InterfaceSpec::Xlarge1] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}

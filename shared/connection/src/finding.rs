//! One difference between what a record promises and what the cloud shows.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::Side;

/// One difference between what a record promises and what the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// On which side.
    pub side: Side,
    /// Which resource: its id, or what it would be if it were there.
    pub resource: String,
    /// Which of its fields; empty for the resource as a whole.
    pub field: String,
    /// What the record promises.
    pub expected: String,
    /// What the cloud shows.
    pub actual: String,
    /// Whether the step that owns it can set it right by itself: what is missing, and what is surely the connection's own.
    pub repairable: bool,
}

impl Finding {
    /// What should be there is not.
    #[must_use]
    pub fn missing(kind: FindingKind, side: Side, resource: impl Into<String>) -> Self {
        Self::differs(kind, side, resource, ("", "exists", "missing"))
    }

    /// What should not be there is.
    #[must_use]
    pub fn left(kind: FindingKind, side: Side, resource: impl Into<String>) -> Self {
        Self::differs(kind, side, resource, ("", "gone", "exists"))
    }

    /// A field is not as it should be: its name, what it should be, what it is.
    #[must_use]
    pub fn differs(
        kind: FindingKind,
        side: Side,
        resource: impl Into<String>,
        (field, expected, actual): (&str, impl Into<String>, impl Into<String>),
    ) -> Self {
        let (resource, field) = (resource.into(), field.to_owned());
        Self { kind, side, resource, field, expected: expected.into(), actual: actual.into(), repairable: true }
    }

    /// Nobody but a person can set it right: what is wrong is somebody else's, or is gone with what it was part of.
    #[must_use]
    pub fn for_a_person(self) -> Self {
        Self { repairable: false, ..self }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal),+ $(,)?) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingKind {
            $($(#[$doc])* $kind,)+
        }

        impl FindingKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }
        }
    };
}

kinds! {
    /// A router interface is gone.
    InterfaceMissing = "interface-missing",
    /// A router interface is off, or on its way.
    InterfaceInactive = "interface-inactive",
    /// A router interface is on although the connection is paused.
    InterfaceAwake = "interface-awake",
    /// A router interface leads to another one.
    InterfaceRepointed = "interface-repointed",
    /// A router interface has another bandwidth class.
    InterfaceOtherSpec = "interface-other-spec",
    /// A router interface is locked, for debt mostly.
    InterfaceLocked = "interface-locked",
    /// A peering connection is gone.
    PeeringMissing = "peering-missing",
    /// A peering connection is not in force.
    PeeringInactive = "peering-inactive",
    /// A peering connection joins something else.
    PeeringRepointed = "peering-repointed",
    /// A peering connection has another bandwidth or quality.
    PeeringOtherSpec = "peering-other-spec",
    /// A peering connection is locked, for debt mostly.
    PeeringLocked = "peering-locked",
    /// A route table is gone.
    TableMissing = "table-missing",
    /// A route table that nobody asks for any more is still there.
    TableLeft = "table-left",
    /// A subnet is gone.
    SubnetMissing = "subnet-missing",
    /// A route table is bound to no subnet that should use it.
    TableUnbound = "table-unbound",
    /// A route is gone.
    RouteMissing = "route-missing",
    /// A route leads by another way.
    RouteOtherNextHop = "route-other-next-hop",
    /// A more specific route takes part of the traffic elsewhere.
    RouteShadowed = "route-shadowed",
    /// A route is not in force.
    RouteUnsettled = "route-unsettled",
    /// A security group is gone.
    GroupMissing = "group-missing",
    /// A rule is gone.
    RuleMissing = "rule-missing",
    /// A rule lets in more than was asked for.
    RuleWider = "rule-wider",
    /// A rule was changed so that it does not do what was asked for.
    RuleChanged = "rule-changed",
    /// A rule of somebody else drops what one of the connection's lets in.
    RuleOverruled = "rule-overruled",
    /// A rule that nobody asks for any more is still there.
    RuleLeft = "rule-left",
    /// An endpoint service is gone.
    ServiceMissing = "service-missing",
    /// A load balancer does not stand behind an endpoint service.
    ServiceUnserved = "service-unserved",
    /// An endpoint service is not in force, or differs from what was asked for.
    ServiceChanged = "service-changed",
    /// An endpoint service accepts whoever asks.
    AutoAcceptOn = "auto-accept-on",
    /// An endpoint service lets an account ask that nobody named.
    WhitelistUnknown = "whitelist-unknown",
    /// A load balancer is gone.
    BalancerMissing = "balancer-missing",
    /// A load balancer is off, or does not listen as was asked for.
    BalancerOff = "balancer-off",
    /// No server behind a load balancer can answer.
    BackendsDown = "backends-down",
    /// Some of the servers behind a load balancer differ from what was asked for, or cannot answer.
    BackendChanged = "backend-changed",
    /// An endpoint is gone, or in none of its zones.
    EndpointMissing = "endpoint-missing",
    /// An endpoint differs from what was asked for.
    EndpointChanged = "endpoint-changed",
    /// The connection of an endpoint is off.
    EndpointConnectionOff = "endpoint-connection-off",
    /// An endpoint is connected although no decision says so.
    EndpointUndecided = "endpoint-undecided",
    /// A name or a description was changed.
    Renamed = "renamed",
    /// Each side shows something else of what joins them.
    SidesDisagree = "sides-disagree",
    /// A router interface that no record owns.
    OrphanInterface = "orphan-interface",
    /// A peering connection that no record owns.
    OrphanPeering = "orphan-peering",
    /// A route to what joins two networks that no record owns.
    OrphanRoute = "orphan-route",
    /// A connection of an endpoint that no record owns.
    OrphanEndpointConnection = "orphan-endpoint-connection",
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_it_is_called() {
        for kind in FindingKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}

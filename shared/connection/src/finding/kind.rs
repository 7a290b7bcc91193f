//! The registry of findings: what can be wrong, what it means for traffic, what it hinders, and how it is set right.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// What a finding that is for a person keeps a repair of others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hinders {
    /// Nothing. A [kind](crate::kind) may say more.
    Nothing,
    /// A step would fail because of it, in whatever chain.
    Step,
    /// The two sides may not reach each other because of it, however well the steps do: the proof at the end would fail.
    Proof,
}

/// What sets it right, where anything but a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// `apply` of the step that owns it.
    Apply,
    /// The same, once what joins the sides was cleared away: an interface that was connected once can never be pointed
    /// elsewhere, so one whose peer is gone is of no use.
    Rebuild,
    /// `pause` of the step that owns it, for it is found where the connection is paused.
    SwitchOff,
    /// No step owns it.
    NoStep,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $kind:ident = $word:literal, $severity:ident, $hinders:ident, $remedy:ident;)+) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum FindingKind {
            $($(#[$doc])* #[serde(rename = $word)] $kind,)+
        }

        impl FindingKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// What it means for traffic.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$kind => Severity::$severity,)+ }
            }

            /// What it keeps a repair of others from.
            #[must_use]
            pub const fn hinders(self) -> Hinders {
                match self { $(Self::$kind => Hinders::$hinders,)+ }
            }

            /// What sets it right.
            #[must_use]
            pub const fn remedy(self) -> Remedy {
                match self { $(Self::$kind => Remedy::$remedy,)+ }
            }
        }
    };
}

// In each line: the word, what it means for traffic, what it hinders, what sets it right.
findings! {
    /// A router interface is gone.
    InterfaceMissing = "interface-missing", Down, Nothing, Rebuild;
    /// A router interface is off, or on its way.
    InterfaceInactive = "interface-inactive", Down, Nothing, Apply;
    /// A router interface is on although the connection is paused.
    InterfaceAwake = "interface-awake", Cosmetic, Nothing, SwitchOff;
    /// A router interface leads to another one.
    InterfaceRepointed = "interface-repointed", Down, Nothing, Rebuild;
    /// A router interface has another bandwidth class.
    InterfaceOtherSpec = "interface-other-spec", Degraded, Nothing, Apply;
    /// A router interface is locked, for debt mostly.
    InterfaceLocked = "interface-locked", Degraded, Step, Apply;
    /// A peering connection is gone.
    PeeringMissing = "peering-missing", Down, Nothing, Apply;
    /// A peering connection is not in force.
    PeeringInactive = "peering-inactive", Down, Nothing, Apply;
    /// A peering connection joins something else.
    PeeringRepointed = "peering-repointed", Down, Step, Apply;
    /// A peering connection has another bandwidth or quality.
    PeeringOtherSpec = "peering-other-spec", Degraded, Nothing, Apply;
    /// A peering connection is locked, for debt mostly.
    PeeringLocked = "peering-locked", Degraded, Step, Apply;
    /// A route table is gone.
    TableMissing = "table-missing", Down, Step, Apply;
    /// A route table that nobody asks for any more is still there.
    TableLeft = "table-left", Cosmetic, Nothing, Apply;
    /// A subnet is gone.
    SubnetMissing = "subnet-missing", Down, Nothing, Apply;
    /// A route table is bound to no subnet that should use it.
    TableUnbound = "table-unbound", Down, Proof, Apply;
    /// A route is gone.
    RouteMissing = "route-missing", Down, Nothing, Apply;
    /// A route leads by another way.
    RouteOtherNextHop = "route-other-next-hop", Down, Step, Apply;
    /// A more specific route takes part of the traffic elsewhere.
    RouteShadowed = "route-shadowed", Degraded, Proof, Apply;
    /// A more specific route of another connection takes part of the traffic elsewhere, as that connection's spec allows.
    RouteNarrowed = "route-narrowed", Cosmetic, Nothing, NoStep;
    /// The ranges of a VPC changed since they were routed.
    RangesChanged = "ranges-changed", Degraded, Nothing, NoStep;
    /// A route is not in force.
    RouteUnsettled = "route-unsettled", Degraded, Nothing, Apply;
    /// A security group is gone.
    GroupMissing = "group-missing", Down, Step, Apply;
    /// A rule is gone.
    RuleMissing = "rule-missing", Down, Nothing, Apply;
    /// A rule lets in more than was asked for.
    RuleWider = "rule-wider", Cosmetic, Nothing, Apply;
    /// A rule was changed so that it does not do what was asked for.
    RuleChanged = "rule-changed", Down, Nothing, Apply;
    /// A rule of somebody else drops what one of the connection's lets in.
    RuleOverruled = "rule-overruled", Down, Proof, Apply;
    /// A rule is gone, and an equal one of somebody else stands in its place.
    RuleReplaced = "rule-replaced", Cosmetic, Nothing, NoStep;
    /// A rule that nobody asks for any more is still there.
    RuleLeft = "rule-left", Cosmetic, Nothing, Apply;
    /// An endpoint service is gone.
    ServiceMissing = "service-missing", Down, Step, Apply;
    /// A load balancer does not stand behind an endpoint service.
    ServiceUnserved = "service-unserved", Down, Nothing, Apply;
    /// An endpoint service is not in force, or differs from what was asked for.
    ServiceChanged = "service-changed", Degraded, Step, Apply;
    /// An endpoint service accepts whoever asks.
    AutoAcceptOn = "auto-accept-on", Cosmetic, Nothing, Apply;
    /// An endpoint service lets an account ask that nobody named.
    WhitelistUnknown = "whitelist-unknown", Cosmetic, Nothing, Apply;
    /// A load balancer is gone.
    BalancerMissing = "balancer-missing", Down, Nothing, Apply;
    /// A load balancer is off, or does not listen as was asked for.
    BalancerOff = "balancer-off", Down, Step, Apply;
    /// No server behind a load balancer can answer.
    BackendsDown = "backends-down", Down, Step, Apply;
    /// Some of the servers behind a load balancer differ from what was asked for, or cannot answer.
    BackendChanged = "backend-changed", Degraded, Step, Apply;
    /// An endpoint is gone, or in none of its zones.
    EndpointMissing = "endpoint-missing", Down, Nothing, Apply;
    /// An endpoint differs from what was asked for.
    EndpointChanged = "endpoint-changed", Degraded, Nothing, Apply;
    /// The connection of an endpoint is off.
    EndpointConnectionOff = "endpoint-connection-off", Down, Step, Apply;
    /// An endpoint is connected although no decision says so.
    EndpointUndecided = "endpoint-undecided", Cosmetic, Nothing, NoStep;
    /// A name or a description was changed.
    Renamed = "renamed", Cosmetic, Nothing, Apply;
    /// Each side shows something else of what joins them.
    SidesDisagree = "sides-disagree", Degraded, Nothing, Apply;
    /// A router interface that no record owns.
    OrphanInterface = "orphan-interface", Cosmetic, Step, NoStep;
    /// A peering connection that no record owns.
    OrphanPeering = "orphan-peering", Cosmetic, Step, NoStep;
    /// A route to what joins two networks that no record owns.
    OrphanRoute = "orphan-route", Cosmetic, Nothing, NoStep;
    /// A connection of an endpoint that no record owns.
    OrphanEndpointConnection = "orphan-endpoint-connection", Cosmetic, Nothing, NoStep;
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
    fn what_keeps_traffic_from_flowing_is_worse_than_what_slows_it_and_that_than_the_rest() {
        assert!(FindingKind::RouteMissing.severity() > FindingKind::RouteShadowed.severity());
        assert!(FindingKind::RouteShadowed.severity() > FindingKind::RuleWider.severity());
    }

    #[test]
    fn a_kind_is_written_as_it_is_called() {
        for kind in FindingKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}

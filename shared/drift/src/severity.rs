//! What a finding means for traffic.

use std::fmt;

use connection::finding::FindingKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a finding means for traffic, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DriftSeverity")]
pub enum Severity {
    /// Traffic flows as promised. A rule that lets in too much belongs here, urgent as it may be for other reasons.
    Cosmetic,
    /// Traffic flows, but not all of it, or not as promised.
    Degraded,
    /// Some promised traffic does not flow at all.
    Down,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cosmetic, Self::Degraded, Self::Down];

    /// What a finding of this kind means.
    #[must_use]
    pub const fn of(kind: FindingKind) -> Self {
        match kind {
            FindingKind::InterfaceMissing
            | FindingKind::InterfaceInactive
            | FindingKind::InterfaceRepointed
            | FindingKind::PeeringMissing
            | FindingKind::PeeringInactive
            | FindingKind::PeeringRepointed
            | FindingKind::TableMissing
            | FindingKind::TableUnbound
            | FindingKind::SubnetMissing
            | FindingKind::RouteMissing
            | FindingKind::RouteOtherNextHop
            | FindingKind::GroupMissing
            | FindingKind::RuleMissing
            | FindingKind::RuleChanged
            | FindingKind::RuleOverruled
            | FindingKind::ServiceMissing
            | FindingKind::ServiceUnserved
            | FindingKind::EndpointMissing
            | FindingKind::BalancerMissing
            | FindingKind::BalancerOff
            | FindingKind::BackendsDown
            | FindingKind::EndpointConnectionOff => Self::Down,
            FindingKind::InterfaceOtherSpec
            | FindingKind::InterfaceLocked
            | FindingKind::PeeringOtherSpec
            | FindingKind::PeeringLocked
            | FindingKind::RouteShadowed
            | FindingKind::RouteUnsettled
            | FindingKind::ServiceChanged
            | FindingKind::BackendChanged
            | FindingKind::EndpointChanged
            | FindingKind::SidesDisagree => Self::Degraded,
            FindingKind::InterfaceAwake
            | FindingKind::RuleWider
            | FindingKind::RuleLeft
            | FindingKind::TableLeft
            | FindingKind::AutoAcceptOn
            | FindingKind::WhitelistUnknown
            | FindingKind::EndpointUndecided
            | FindingKind::Renamed
            | FindingKind::OrphanInterface
            | FindingKind::OrphanPeering
            | FindingKind::OrphanRoute
            | FindingKind::OrphanEndpointConnection => Self::Cosmetic,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|severity| severity.word() == text);
        known.ok_or_else(|| format!("{text:?} is no severity; it is one of cosmetic, degraded, down"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_traffic_from_flowing_is_worse_than_what_slows_it_and_that_than_the_rest() {
        let of = Severity::of;
        assert!(of(FindingKind::RouteMissing) > of(FindingKind::RouteShadowed));
        assert!(of(FindingKind::RouteShadowed) > of(FindingKind::RuleWider));
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse(), Ok(severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.word());
        }
    }
}

//! What was decided, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{Lease, RuleId};

/// What shall become of a request.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, strum::Display,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "VerdictEffect")]
pub enum Effect {
    /// It is connected.
    Approve,
    /// It stays unconnected, and was told no.
    Reject,
    /// It waits for something that may come by itself, or for a person.
    Hold,
    /// No rule lets it in: it is left as it is, and told.
    Leave,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $effect:ident, $text:literal;)+) => {
        /// Why. The order is that of deciding: what comes first decides first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[schemars(rename = "VerdictReason")]
        pub enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What follows from it.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)+ }
            }

            /// The reason in words.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

reasons! {
    /// The newest entry of its log is not signed, or not where it belongs.
    LogNotTrusted = Hold, "the newest entry of its log is not to be trusted; only a person can decide";
    /// The service is being changed, or locked.
    ServiceNotReady = Hold, "the service is not active, or it is locked";
    /// A person rejected it.
    RejectedByPerson = Reject, "a person rejected it; only a person can approve it again";
    /// A rule rejects it.
    RejectedByRule = Reject, "a rule rejects it";
    /// A person wants it held.
    HeldByPerson = Hold, "a person wants it left as it is for now";
    /// Its lease ended, and nobody approved it anew.
    LeaseEnded = Leave, "its lease has ended; only a person can approve it again";
    /// A person rejected another endpoint from the same VPC to the same service.
    RejectedBefore = Leave, "a person rejected an earlier endpoint of this VPC; only a person can approve another one";
    /// The connection of Causeway that asked for it was taken away.
    EndedByConnection = Leave, "the connection it was made for was taken away; only a person can approve it again";
    /// Somebody ended or refused it outside of Causeway.
    EndedElsewhere = Leave, "it was refused or cut outside of Causeway; only a person can approve it again";
    /// A rule holds it.
    HeldByRule = Hold, "a rule wants a person to decide";
    /// There is no policy, or one without rules.
    NoPolicy = Leave, "there is no policy, or it has no rules, so nothing is approved";
    /// No rule that approves names the account for this service.
    AccountNotListed = Leave, "no rule names the account for this service";
    /// The service's own whitelist could not be read.
    WhitelistUnknown = Hold, "the service's own whitelist could not be read";
    /// The account is not on the service's own whitelist.
    NotOnServiceWhitelist = Leave, "the account is not on the service's own whitelist";
    /// The rule names other VPCs.
    WrongVpc = Leave, "no rule names the VPC";
    /// The rule names other regions.
    WrongRegion = Leave, "no rule names the region";
    /// The rule names other zones.
    WrongZone = Leave, "no rule names all of its zones";
    /// The rule names ranges, and those of the endpoint's VPC are not known.
    RangesUnknown = Hold, "the rule names ranges, and those of its VPC are not known; only a person can decide";
    /// The VPC has a range outside of those that the rule names.
    WrongRange = Leave, "the VPC has a range outside of those that the rule names";
    /// The VPC has a range that overlaps with one that the rule keeps free.
    RangeOverlaps = Leave, "the VPC has a range that overlaps with one that the rule keeps free";
    /// The rule wants endpoint and service in one account, or in two.
    WrongOwner = Leave, "the rule wants endpoint and service in one account, or in two";
    /// The rule does not count yet.
    NotYet = Hold, "the rule does not count yet";
    /// The rule no longer counts.
    RuleExpired = Leave, "the rule no longer counts";
    /// Outside the hours in which the rule approves.
    OutsideWindow = Hold, "outside the hours in which the rule approves";
    /// The account has as many endpoints as the rule allows.
    AccountQuota = Leave, "the account has as many endpoints connected as the rule allows";
    /// The VPC has as many endpoints as the rule allows.
    VpcQuota = Leave, "the VPC has as many endpoints connected as the rule allows";
    /// The service has as many endpoints as the rule allows.
    ServiceQuota = Leave, "the service has as many endpoints connected as the rule allows";
    /// As many approvals within the hour as allowed.
    RateLimited = Hold, "as many were approved within the hour as are allowed";
    /// The endpoint has no zones, or is on its way somewhere.
    NotReady = Hold, "the endpoint has no zones yet, or is being changed";
    /// A person approved it.
    ApprovedByPerson = Approve, "a person approved it";
    /// A connection of Causeway asks for it: it was announced, and nobody has to be asked again.
    ApprovedByConnection = Approve, "a connection of the operator asks for it";
    /// A rule approves it.
    ApprovedByRule = Approve, "a rule approves it";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// What was decided of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What shall become of it.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// The rule that decided, or that came nearest to approving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// The connection of Causeway that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Why, in words.
    pub detail: String,
    /// The bandwidth to give it, in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbps: Option<u32>,
    /// For how long the approval counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

impl Verdict {
    /// A verdict for this reason, by this rule.
    #[must_use]
    pub fn of(reason: Reason, rule: Option<&RuleId>) -> Self {
        let detail = match rule {
            Some(rule) => format!("{reason} (rule {rule})"),
            None => reason.to_string(),
        };
        let (rule, connection) = (rule.cloned(), None);
        Self { effect: reason.effect(), reason, rule, connection, detail, bandwidth_mbps: None, lease: None }
    }

    /// A verdict for this reason, by a connection of Causeway.
    #[must_use]
    pub fn by_connection(reason: Reason, connection: &str) -> Self {
        let detail = format!("{reason} (connection {connection})");
        Self { detail, connection: Some(connection.to_owned()), ..Self::of(reason, None) }
    }

    /// Whether what is decided is a connection's business, which carries it out itself.
    #[must_use]
    pub fn is_of_connection(&self) -> bool {
        matches!(self.reason, Reason::ApprovedByConnection | Reason::EndedByConnection)
    }

    /// Whether both say the same, so that the second need not be recorded.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.reason, &self.rule, &self.connection) == (other.reason, &other.rule, &other.connection)
    }
}

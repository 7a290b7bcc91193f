//! What the entries of a log come to.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::policy::{Lease, RuleId};
use crate::request::{Past, PersonSays, Status, Word};
use crate::verdict::{Reason, Verdict};

/// The state of an endpoint, as far as deciding needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointState {
    /// The last word of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Word>,
    /// Whether that is an approval which nobody signed: it connects nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unproven: bool,
    /// What the cloud is being asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Open>,
    /// The approval by which it was connected last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Why it was cut since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<CutCause>,
    /// The last verdict that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The connection of Causeway that asks for it, as long as it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Whether the last thing that was tried failed for good. It is not tried again until policy or person say anew.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

/// What the cloud can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// To connect the endpoint.
    Connect,
    /// To cut it.
    Cut,
}

/// Something that the cloud is being asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenAct")]
pub struct Open {
    /// What.
    pub act: Act,
    /// The entry that says so: client tokens are made of it.
    pub sequence: u64,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub verdict: Verdict,
}

/// An approval by which an endpoint was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// When it was connected.
    pub at: Timestamp,
    /// By which rule; none when a person did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// For how long it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

impl Approval {
    /// When its lease ends, if it has one.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        let lease = self.lease?;
        self.at.checked_add(SignedDuration::from_hours(i64::from(lease.hours))).ok()
    }

    /// From when on its end is warned of.
    #[must_use]
    pub fn warns_at(&self) -> Option<Timestamp> {
        let lease = self.lease?;
        self.ends_at()?.checked_sub(SignedDuration::from_hours(i64::from(lease.warn_hours))).ok()
    }

    /// Whether its lease has ended.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at().is_some_and(|end| end <= now)
    }
}

/// Why an endpoint was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CutCause {
    /// It no longer passed.
    Policy,
    /// Its lease had ended.
    Lease,
    /// A person rejected it.
    Person,
    /// The connection of Causeway that asked for it was taken away.
    Connection,
}

impl CutCause {
    fn of(verdict: &Verdict) -> Self {
        match verdict.reason {
            Reason::LeaseEnded => Self::Lease,
            Reason::RejectedByPerson => Self::Person,
            Reason::EndedByConnection => Self::Connection,
            _ => Self::Policy,
        }
    }
}

impl EndpointState {
    /// What follows from one more event, which became the entry `sequence` at `at`.
    #[must_use]
    pub fn after(self, event: &Event, sequence: u64, at: Timestamp) -> Self {
        match event {
            Event::Decided { verdict } => {
                Self { verdict: Some(verdict.clone()), failed: false, ..self.announced(verdict) }
            }
            Event::Said { word } => Self { person: Some(word.clone()), unproven: false, failed: false, ..self },
            Event::Intended { act, verdict } => {
                let open = Open { act: *act, sequence, at, verdict: verdict.clone() };
                Self { open: Some(open), verdict: Some(verdict.clone()), failed: false, ..self.announced(verdict) }
            }
            Event::Asked { .. } => self,
            Event::Done { act: Act::Connect } => {
                let intended = self.open.as_ref().map(|open| &open.verdict);
                let approval = Approval {
                    at,
                    rule: intended.and_then(|verdict| verdict.rule.clone()),
                    lease: intended.and_then(|verdict| verdict.lease),
                };
                Self { open: None, approval: Some(approval), cut: None, failed: false, ..self }
            }
            Event::Done { act: Act::Cut } => {
                let cause = self.open.as_ref().map_or(CutCause::Policy, |open| CutCause::of(&open.verdict));
                Self { open: None, cut: Some(cause), failed: false, ..self }
            }
            Event::Failed { .. } => Self { open: None, failed: true, ..self },
            Event::Dropped { .. } => Self { open: None, failed: false, ..self },
        }
    }

    /// What counts of a state that stands in an entry which is not signed: all of it but what could connect the endpoint.
    #[must_use]
    pub fn of_nobody(self) -> Self {
        let approves = self.person.as_ref().is_some_and(|word| word.decision == PersonSays::Approve);
        let open = self.open.filter(|open| open.act == Act::Cut);
        Self { unproven: approves, open, ..self }
    }

    /// A connection begins to ask for the endpoint, or ends.
    fn announced(self, verdict: &Verdict) -> Self {
        match verdict.reason {
            Reason::ApprovedByConnection => Self { connection: verdict.connection.clone(), ..self },
            Reason::EndedByConnection => Self { connection: None, cut: Some(CutCause::Connection), ..self },
            _ => self,
        }
    }

    /// The person's word as far as it still counts for an endpoint in this status.
    ///
    /// An approval connects once: after it did, and somebody ended that connection, it connects no more. One that nobody signed
    /// never does.
    #[must_use]
    pub fn person_for(&self, status: Status) -> Option<Word> {
        let counts = status != Status::Disconnected || !self.person_has_connected() && !self.unproven;
        self.person.as_ref().filter(|_| counts).cloned()
    }

    /// Whether the last word of a person is an approval by which the endpoint was connected since: it has had its effect.
    #[must_use]
    pub fn person_has_connected(&self) -> bool {
        let approved = self.person.as_ref().filter(|word| word.decision == PersonSays::Approve);
        let connected = self.approval.as_ref();
        approved.zip(connected).is_some_and(|(word, approval)| approval.at >= word.at)
    }

    /// Whether by what was decided the endpoint may be connected at `now`.
    #[must_use]
    pub fn connects(&self, now: Timestamp) -> bool {
        if let Some(open) = &self.open {
            return open.act == Act::Connect;
        }
        let approved = self.cut.is_none() && self.approval.as_ref().is_some_and(|approval| !approval.has_ended(now));
        match self.person_for(Status::Connected).map(|word| word.decision) {
            Some(PersonSays::Approve) => true,
            Some(PersonSays::Reject) => false,
            Some(PersonSays::Hold) | None => self.connection.is_some() || approved,
        }
    }

    /// Whether an endpoint that is not connected is so because it was decided: who connects it anew goes against that.
    #[must_use]
    pub fn keeps_off(&self) -> bool {
        match self.person_for(Status::Disconnected).map(|word| word.decision) {
            Some(PersonSays::Approve) => false,
            Some(PersonSays::Reject | PersonSays::Hold) => true,
            None => matches!(self.cut, Some(CutCause::Policy | CutCause::Lease | CutCause::Person)),
        }
    }

    /// Whether an endpoint that is there and not connected was cut outside of Causeway: nobody decided so, and a person has to
    /// say what shall become of it.
    #[must_use]
    pub fn was_cut_elsewhere(&self) -> bool {
        let is_decided = self.person_for(Status::Disconnected).is_some();
        !is_decided && self.cut.is_none() && self.open.is_none() && self.approval.is_some()
    }

    /// Whether this verdict would be news.
    #[must_use]
    pub fn is_news(&self, verdict: &Verdict) -> bool {
        self.verdict.as_ref().is_none_or(|before| !before.says_the_same(verdict))
    }

    /// How an earlier connection of an endpoint that is not connected ended, if that stands against a new one.
    /// `was_connected` is what the cloud itself shows of that.
    #[must_use]
    pub fn past(&self, status: Status, was_connected: bool) -> Option<Past> {
        if status != Status::Disconnected || self.open.is_some() {
            return None;
        }
        match (self.cut, &self.approval) {
            (Some(CutCause::Lease), _) => Some(Past::LeaseEnded),
            (Some(CutCause::Connection), _) => Some(Past::EndedByConnection),
            (Some(CutCause::Policy | CutCause::Person), _) => None,
            (None, Some(_)) => Some(Past::EndedElsewhere),
            (None, None) => was_connected.then_some(Past::EndedElsewhere),
        }
    }
}

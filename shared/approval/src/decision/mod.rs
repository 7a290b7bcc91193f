//! The log of an endpoint: signed entries that are only ever added.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | what the entries come to: the state of an endpoint, as far as deciding needs it |
//!
//! Each entry carries what all up to it come to, so reading the newest is enough to go on. Before the cloud is asked to
//! connect or to cut, an entry says so; what became of it is the next. Who dies in between finds it when it looks again.

mod state;

pub use audit::Actor;
pub use state::{Act, Approval, CutCause, EndpointState, Open};

use audit::{Content, Position, SigningKey, Subject};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::request::{Facts, Request, Word};
use crate::verdict::Verdict;

/// One entry of an endpoint's log.
pub type Entry = audit::Entry<DecisionContent>;

/// What an entry of an endpoint's log holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionContent {
    /// Where the service is.
    pub place: Place,
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// What happened.
    pub event: Event,
    /// The endpoint as it was seen, if it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What was known around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
    /// The hash of the policy, if one had a say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_hash: Option<String>,
    /// The cloud's ids of the requests it took.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
    /// What all entries up to this one come to.
    pub state: EndpointState,
}

impl Content for DecisionContent {
    fn fits(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::Endpoint { service, endpoint } if *service == self.service_id && *endpoint == self.endpoint_id)
    }

    fn follows(entry: &Entry, before: Option<&Entry>) -> bool {
        let base = match before {
            // As it was before entries were signed.
            Some(before) if !entry.is_signed() => before.state.clone(),
            before => state_behind(before),
        };
        base.after(&entry.event, entry.sequence, entry.at) == entry.state
    }
}

/// What a log comes to, as far as whoever goes on from this entry may rely on it.
#[must_use]
pub fn state_behind(newest: Option<&Entry>) -> EndpointState {
    match newest {
        None => EndpointState::default(),
        Some(entry) if entry.is_signed() => entry.state.clone(),
        Some(entry) => entry.state.clone().of_nobody(),
    }
}

/// Where a service is: the operator's alias of the account, and the region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ServicePlace")]
pub struct Place {
    /// The alias in the accounts document.
    pub account: String,
    /// The region.
    pub region: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[schemars(rename = "DecisionEvent")]
pub enum Event {
    /// It was decided, and there was nothing to do.
    Decided {
        /// What, and why.
        verdict: Verdict,
    },
    /// A person said what shall become of it.
    Said {
        /// What, and why.
        word: Word,
    },
    /// The cloud is about to be asked.
    Intended {
        /// For what.
        act: Act,
        /// Why.
        verdict: Verdict,
    },
    /// The cloud has taken it on.
    Asked {
        /// What it was asked for.
        act: Act,
    },
    /// The cloud did what it was asked for.
    Done {
        /// What that was.
        act: Act,
    },
    /// It was not done, and is not tried again by itself.
    Failed {
        /// What was to be done.
        act: Act,
        /// What the cloud said.
        detail: String,
        /// Its code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// What was intended is no longer wanted, or the endpoint is gone.
    Dropped {
        /// What was to be done.
        act: Act,
        /// Why not any more.
        detail: String,
    },
}

impl Event {
    /// The verdict, if the event has one.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::Decided { verdict } | Self::Intended { verdict, .. } => Some(verdict),
            Self::Said { .. } | Self::Asked { .. } | Self::Done { .. } | Self::Failed { .. } | Self::Dropped { .. } => {
                None
            }
        }
    }
}

/// What an entry is made of, but for its place in the log.
#[derive(Debug, Clone)]
pub struct Draft {
    /// When.
    pub at: Timestamp,
    /// Where the service is.
    pub place: Place,
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// Who decided.
    pub actor: Actor,
    /// What happened.
    pub event: Event,
    /// The endpoint as it was seen.
    pub request: Option<Request>,
    /// What was known around it.
    pub facts: Option<Facts>,
    /// The hash of the policy.
    pub policy_hash: Option<String>,
    /// The cloud's ids of the requests it took.
    pub request_ids: Vec<String>,
}

impl Draft {
    /// The entry that follows `before`. `writer` must be unique to this call.
    #[must_use]
    pub fn after(self, before: Option<&Entry>, writer: String, key: &SigningKey) -> Entry {
        self.placed(before, Position::behind(before), writer, key)
    }

    /// The entry at a position, where `before` is the newest that is to be trusted.
    #[must_use]
    pub fn placed(self, before: Option<&Entry>, position: Position, writer: String, key: &SigningKey) -> Entry {
        let subject = subject_of(&self.service_id, &self.endpoint_id);
        let content = DecisionContent {
            state: state_behind(before).after(&self.event, position.sequence, self.at),
            place: self.place,
            service_id: self.service_id,
            endpoint_id: self.endpoint_id,
            event: self.event,
            request: self.request,
            facts: self.facts,
            policy_hash: self.policy_hash,
            request_ids: self.request_ids,
        };
        Entry::signed(subject, position, (self.at, self.actor, content), writer, key)
    }
}

/// Whose log an endpoint's is.
#[must_use]
pub fn subject_of(service_id: &str, endpoint_id: &str) -> Subject {
    Subject::Endpoint { service: service_id.to_owned(), endpoint: endpoint_id.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests;

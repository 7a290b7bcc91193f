//! The log of an endpoint: entries that are only ever added, each chained to the one before by its hash.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `state` | what the entries come to: the state of an endpoint, as far as deciding needs it |
//! | `chain` | whether a log is whole |
//!
//! Each entry carries what all up to it come to, so reading the newest is enough to go on. Before the cloud is asked to
//! connect or to cut, an entry says so; what became of it is the next. Who dies in between finds it when it looks again.

mod chain;
mod state;

pub use chain::{Broken, Fault, digest_of_heads, verify, verify_bytes};
pub use state::{Act, Approval, CutCause, EndpointState, Open};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::request::{Facts, Request, Word};
use crate::verdict::Verdict;

/// The version of the entry's schema that this code writes and reads.
pub const VERSION: u32 = 1;
/// What stands for the hash of the entry before the first.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of an endpoint's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LogEntry")]
pub struct Entry {
    /// The schema's version: 1.
    pub version: u32,
    /// Its number in the log, from 1.
    pub sequence: u64,
    /// The hash of the entry before.
    pub previous: String,
    /// When it was written.
    pub at: Timestamp,
    /// Tells two writers of the same apart.
    pub writer: String,
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
    /// SHA-256 of all the rest in its one spelling, in hexadecimal.
    pub hash: String,
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

/// Who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The policy.
    Policy,
    /// A person, by the name of the secret or token that let the request in.
    Person(String),
    /// A connection of Causeway, by its name.
    Connection(String),
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
    pub fn after(self, before: Option<&Entry>, writer: String) -> Entry {
        let mut entry = Entry {
            version: VERSION,
            sequence: before.map_or(1, |before| before.sequence + 1),
            previous: before.map_or_else(|| NOTHING.to_owned(), |before| before.hash.clone()),
            state: before.map(|before| before.state.clone()).unwrap_or_default().after(
                &self.event,
                before.map_or(1, |before| before.sequence + 1),
                self.at,
            ),
            at: self.at,
            writer,
            place: self.place,
            service_id: self.service_id,
            endpoint_id: self.endpoint_id,
            actor: self.actor,
            event: self.event,
            request: self.request,
            facts: self.facts,
            policy_hash: self.policy_hash,
            request_ids: self.request_ids,
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        entry
    }
}

impl Entry {
    /// The entry in its one spelling: what is stored.
    ///
    /// # Panics
    /// Never: an entry is plain data.
    #[must_use]
    pub fn to_text(&self) -> String {
        canonical::text(&self.to_value())
    }

    /// Whether it is about this service and this endpoint. The folder of a log must say the same as its entries: a log that
    /// was copied into the folder of another endpoint decides nothing there.
    #[must_use]
    pub fn is_of(&self, (service, endpoint): (&str, &str)) -> bool {
        (self.service_id.as_str(), self.endpoint_id.as_str()) == (service, endpoint)
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("an entry is plain data and always serialises")
    }

    fn computed_hash(&self) -> String {
        let mut value = self.to_value();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("hash");
        }
        canonical::sha256(&value)
    }
}

#[cfg(test)]
pub(crate) mod tests;

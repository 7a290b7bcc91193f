//! What is asked of connections, of the approval policy, of the configuration and of dead letters: the content of their logs.
//!
//! An entry is written before what it speaks of is. So it says that something was asked for; what came of it says the record's
//! history, or the policy's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entry::Content;

/// What was asked of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionAct {
    /// What.
    pub asked: Asked,
    /// The connection's unique id.
    pub uid: String,
    /// The generation that the spec has, or gets by it.
    pub generation: u32,
    /// SHA-256 of the spec that is asked for, in its one spelling, in hexadecimal.
    pub spec_sha256: String,
    /// The revision that the record gets by it. Where the record's history has another at that revision, somebody was faster.
    pub revision: u64,
}

impl Content for ConnectionAct {}

/// What can be asked of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// To make it.
    Create,
    /// To give it another spec.
    Change,
    /// To undo everything.
    Remove,
    /// To go on after it stopped.
    Retry,
    /// To switch it off.
    Pause,
    /// To switch it on again.
    Resume,
    /// To stop working on it.
    Abandon,
    /// To set right what drifted.
    Repair,
    /// To begin, as far as the owner of an account is concerned.
    Agree,
    /// Not to begin, or to undo everything, by the owner of an account.
    Refuse,
}

/// What became of the approval policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyAct {
    /// What.
    pub policy: PolicyStep,
    /// The revision it has.
    pub revision: u64,
    /// Its hash.
    pub policy_sha256: String,
}

impl Content for PolicyAct {}

/// A step in putting a policy in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum PolicyStep {
    /// Somebody wants it in force. It may never have come to that.
    Put,
    /// It was written, and is in force until the next one.
    InForce,
}

/// A document of the configuration that somebody puts. It may never have come to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigAct {
    /// Its name, such as `callers`.
    pub document: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

impl Content for ConfigAct {}

/// What somebody does with a message that was given up. It may never have come to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterAct {
    /// What.
    pub letter: LetterStep,
    /// The id of the message in the dead-letter queue.
    pub id: String,
    /// SHA-256 of its body, in hexadecimal.
    pub sha256: String,
    /// The queues that it goes back to; none where it is discarded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// The connections that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<String>,
    /// Why it is discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Content for DeadLetterAct {}

/// What can be done with a message that was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum LetterStep {
    /// To send it to its queue again.
    Replay,
    /// To delete it.
    Discard,
}

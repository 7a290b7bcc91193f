//! Whether the two sides reach each other: what was tried, and what came out.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// How far the proof from one side has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Proof {
    /// A command runs on this side's instance.
    Running {
        /// The cloud's id of the run.
        invoke_id: String,
        /// The generation of the spec it was started for.
        generation: u32,
        /// The attempt it was started in.
        attempt: u32,
        /// When it was started.
        since: Timestamp,
    },
    /// It came to an end.
    Ended(Evidence),
}

impl Proof {
    /// Whether it was made for the record as it is now. A changed spec and a resumed attempt want a proof of their own.
    #[must_use]
    pub fn is_of(&self, record: &Record) -> bool {
        let (generation, attempt) = match self {
            Self::Running { generation, attempt, .. } => (*generation, *attempt),
            Self::Ended(evidence) => (evidence.generation, evidence.attempt),
        };
        (generation, attempt) == (record.generation, record.attempt)
    }
}

/// What the proof from one side came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The verdict.
    pub verdict: Verdict,
    /// How it was tried.
    pub method: Method,
    /// What was seen, in words.
    pub seen: String,
    /// Packets lost, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_percent: Option<u8>,
    /// The mean round-trip time, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_rtt_us: Option<u64>,
    /// What a person can do about it; empty when there is nothing to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
    /// The generation of the spec that was tried.
    pub generation: u32,
    /// The attempt it was tried in.
    pub attempt: u32,
    /// When it ended.
    pub at: Timestamp,
}

/// What a proof came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ProofVerdict")]
pub enum Verdict {
    /// The other side answered, or everything that decides about it stands.
    Reached,
    /// The other side did not answer, or something is missing.
    NotReached,
    /// It could not be tried.
    NotTried,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reached => "reached",
            Self::NotReached => "not reached",
            Self::NotTried => "not tried",
        })
    }
}

/// How reachability was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ProofMethod")]
pub enum Method {
    /// A ping from an instance of this side to one of the other.
    Ping,
    /// An HTTP request from an instance of this side to the other side's service.
    Http,
    /// A TCP connection from an instance of this side to the other side's service.
    Tcp,
    /// A look at states, routes and groups.
    Configuration,
}

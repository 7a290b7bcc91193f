//! Dead letters: messages that functions failed to handle, and what can be done with them.

use std::fmt;
use std::str::FromStr;

use connection::words::ConnectionName;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// The longest id.
const LONGEST_ID: usize = 128;

/// The dead letters that the queue shows now. It shows sixteen at most; others show once some of these are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetters {
    /// Those of them that the caller may see.
    pub items: Vec<DeadLetter>,
    /// How many messages are in the queue; roughly.
    pub in_queue: u64,
    /// How many more are in the hands of a request, or of one that died; they are back within a minute. Roughly.
    pub in_hands: u64,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// Its id in the dead-letter queue.
    pub id: LetterId,
    /// When it came there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The messages in it: one, or those of a batch. None where it does not read.
    pub messages: Vec<LetterMessage>,
    /// Its text where it does not read, shortened, and without what looks like a secret. Such a letter can only be discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What was asked to be done with it, and was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
}

/// What was begun with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It was sent to its queues again, and deleted here.
    Replayed,
    /// It was sent to its queues again, and may come back here: it was not seen to be deleted.
    ReplayedAndKept,
    /// It was deleted.
    Discarded,
}

/// A message in a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LetterMessage {
    /// The queue that it goes back to; also the name of the function that failed.
    pub queue: String,
    /// The connection that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionName>,
    /// What it says.
    #[schemars(schema_with = "any_message")]
    pub body: Value,
}

/// Each queue has messages of its own.
fn any_message(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "additionalProperties": {"type": ["array", "boolean", "null", "number", "object", "string"]},
    })
}

/// The answer to a dry run: the letter as it is. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetterPlan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// What would be sent again, or deleted.
    pub letter: DeadLetter,
}

/// Why a dead letter is discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscardDeadLetter {
    /// For whoever reads the log later.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
    /// Only say what would happen. The same as the query parameter `dry_run`.
    #[serde(default)]
    pub dry_run: bool,
}

/// The id of a message in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Za-z0-9-]{1,128}$"))]
pub struct LetterId(String);

/// A text is no id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLetterId;

impl fmt::Display for BadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the id of a dead letter is 1 to {LONGEST_ID} letters, digits and hyphens")
    }
}

impl std::error::Error for BadLetterId {}

impl LetterId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LetterId {
    type Err = BadLetterId;

    fn from_str(text: &str) -> Result<Self, BadLetterId> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadLetterId)
        }
    }
}

impl TryFrom<String> for LetterId {
    type Error = BadLetterId;

    fn try_from(text: String) -> Result<Self, BadLetterId> {
        text.parse()
    }
}

impl From<LetterId> for String {
    fn from(id: LetterId) -> Self {
        id.0
    }
}

//! Something that happened, as it is stored and told.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::word::{EventType, Severity};

/// The version of the event's schema that this code writes and reads.
pub const VERSION: u32 = 1;
/// The longest id.
const MOST_CHARACTERS: usize = 128;

/// The id of an event: lower-case letters, digits and hyphens, so that it can stand in the key of an object, and in the
/// header of a webhook, where a full stop could not.
///
/// It follows from what happened. Whoever tells the same thing twice tells it by the same id, and it is stored and delivered
/// once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9-]{1,128}$"))]
pub struct EventId(String);

/// A text is no id of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event's id is 1 to {MOST_CHARACTERS} lower-case letters, digits and hyphens")]
pub struct BadEventId;

impl EventId {
    /// An id of `what` and the parts that tell it from every other of the kind: `what-part-part`. A part that cannot stand in
    /// an id is put there by its hash.
    #[must_use]
    pub fn of(what: EventType, parts: &[&str]) -> Self {
        let fits = |part: &str| part.parse::<Self>().is_ok() && part.len() <= 40;
        let hashed = |part: &str| hex::encode(&Sha256::digest(part)[..16]);
        let part = |part: &&str| if fits(part) { (*part).to_owned() } else { hashed(part) };
        let what = what.as_str().trim_start_matches("causeway.").replace('.', "-");
        let whole = std::iter::once(what.clone()).chain(parts.iter().map(part)).collect::<Vec<_>>().join("-");
        if whole.len() <= MOST_CHARACTERS { Self(whole) } else { Self(format!("{what}-{}", hashed(&whole))) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventId {
    type Err = BadEventId;

    fn from_str(text: &str) -> Result<Self, BadEventId> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_id = !text.is_empty() && text.len() <= MOST_CHARACTERS && text.bytes().all(fits);
        if is_id { Ok(Self(text.to_owned())) } else { Err(BadEventId) }
    }
}

impl TryFrom<String> for EventId {
    type Error = BadEventId;

    fn try_from(text: String) -> Result<Self, BadEventId> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that happened. Unknown fields are refused: what newer code wrote must not be told half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The schema's version: 1.
    pub version: u32,
    /// Unique for ever, and the same whenever the same thing is told.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub what: EventType,
    /// What it happened to: a connection's name, `SERVICE/ENDPOINT`, a log, or the name of the key that signs checkpoints.
    pub subject: String,
    /// When, by the record or log that tells of it: not when it was told.
    pub time: Timestamp,
    /// How grave it is.
    pub severity: Severity,
    /// All that is known of it.
    pub data: Data,
}

/// What is known of an event. What does not apply is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventData")]
pub struct Data {
    /// What happened and why, in one sentence.
    pub summary: String,
    /// Where what happened belongs in the traces of the caller who asked for it: a `traceparent` of W3C Trace Context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The connection's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The connection's unique id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The connection's kind, such as `vpc-peering`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The generation of the connection's spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    /// The caller who asked for what happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The connection's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The operator's aliases of the accounts concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// The region, where there is one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// `epsrv-…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `ep-…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The account that owns the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_owner: Option<String>,
    /// The step concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The side concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// The cloud's id of the resource concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The field of the resource that is not as it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// The cloud call that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// The rule that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Since when it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The consents that are waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<AwaitedConsent>,
    /// A checkpoint over all logs: a signed note, to be kept elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The key that verifies the note: `NAME+HASH+KEY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifier: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// The consent of an account's owner, which is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwaitedConsent {
    /// The alias of the account.
    pub account: String,
    /// Who owns it.
    pub owner: String,
    /// What the owner agrees to: the value of `of` in `GET /v1/consents`.
    pub of: String,
    /// Where the owner agrees or refuses. Only in what is sent to a sink of the owner, never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A cloud call that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventCall")]
pub struct Call {
    /// The API's name of the call.
    pub action: String,
    /// The cloud's error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The cloud's id of the request, for a support ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A failed connection with everything that a failure has.
    pub(crate) fn sample() -> Event {
        Event {
            version: VERSION,
            id: EventId::of(EventType::ConnectionFailed, &["0123456789abcdef0123456789abcdef", "7"]),
            what: EventType::ConnectionFailed,
            subject: "qingdao-beijing".to_owned(),
            time: "2026-01-02T03:04:05Z".parse().unwrap(),
            severity: Severity::Critical,
            data: Data {
                summary: "connect failed on the initiator's side: the peer is not there".to_owned(),
                connection: Some("qingdao-beijing".to_owned()),
                uid: Some("0123456789abcdef0123456789abcdef".to_owned()),
                kind: Some("router-interface".to_owned()),
                generation: Some(1),
                labels: [("team".to_owned(), "net".to_owned())].into(),
                accounts: vec!["a".to_owned(), "b".to_owned()],
                step: Some("connect".to_owned()),
                side: Some("initiator".to_owned()),
                call: Some(Call {
                    action: "ConnectRouterInterface".to_owned(),
                    code: Some("InvalidPeer.NotFound".to_owned()),
                    request_id: Some("REQ-1".to_owned()),
                }),
                advice: Some("look at the peer, then retry".to_owned()),
                ..Data::default()
            },
        }
    }

    #[test]
    fn an_id_follows_from_its_parts_and_can_stand_in_a_key_and_in_a_header() {
        assert_eq!(sample().id.as_str(), "connection-failed-0123456789abcdef0123456789abcdef-7");
        let odd = EventId::of(EventType::DriftFound, &["a.b/c", "Ä", &"x".repeat(300)]);
        assert!(odd.as_str().parse::<EventId>().is_ok(), "{odd}");
        assert_eq!(odd, EventId::of(EventType::DriftFound, &["a.b/c", "Ä", &"x".repeat(300)]));
        let long = EventId::of(EventType::DriftFound, &["a".repeat(40).as_str(); 4]);
        assert!(long.as_str().parse::<EventId>().is_ok(), "{long}");
        for bad in ["", "A", "a.b", "a/b", "ä", &"x".repeat(129)] {
            assert_eq!(bad.parse::<EventId>(), Err(BadEventId), "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_what_is_read_and_an_unknown_field_is_refused() {
        let mut value = serde_json::to_value(sample()).unwrap();
        assert_eq!(serde_json::from_value::<Event>(value.clone()).unwrap(), sample());
        value["data"]["more"] = true.into();
        assert!(serde_json::from_value::<Event>(value).is_err());
    }
}

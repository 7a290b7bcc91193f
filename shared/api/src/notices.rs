//! Notices: events, and how far each has got with each sink.

use jiff::Timestamp;
use notice::delivery::{self, Redelivery, State, Why};
use notice::event::{Data, EventId};
use notice::sinks::Name;
use notice::word::{EventType, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One event, with its deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// The event's id.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub what: EventType,
    /// What it happened to: a connection's name, or `SERVICE/ENDPOINT`.
    pub subject: String,
    /// When.
    pub time: Timestamp,
    /// How grave it is.
    pub severity: Severity,
    /// What happened and why, in one sentence.
    pub summary: String,
    /// How far it has got with all its sinks together.
    pub status: NoticeStatus,
    /// How far it has got with each sink that was asked for.
    pub deliveries: Vec<Delivery>,
    /// All that is known of the event. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
}

/// How far an event has got with all its sinks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeStatus {
    /// At least one sink did not get it, and is not tried any more.
    DeadLetter,
    /// At least one sink is tried now or later.
    Waiting,
    /// Every sink that wanted it has it.
    Delivered,
    /// No sink wanted it.
    Unwanted,
}

/// How far an event has got with one sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The sink.
    pub sink: Name,
    /// How far it has got.
    pub status: delivery::Status,
    /// How many attempts were begun.
    pub attempts: u32,
    /// What the sink answered last, if that was not a success.
    pub last_answer: Option<String>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// While it is tried: when that counts as unanswered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_way_until: Option<Timestamp>,
    /// Since when it is delivered or a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Why it is a dead letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Who had it sent again, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redeliveries: Vec<Redelivery>,
}

impl Delivery {
    /// What the API shows of a stored delivery.
    #[must_use]
    pub fn of(sink: &Name, stored: &delivery::Delivery) -> Self {
        let (due, under_way_until, at, why) = match stored.state {
            State::Waiting { due } => (Some(due), None, None, None),
            State::Underway { until } => (None, Some(until), None, None),
            State::Delivered { at } => (None, None, Some(at), None),
            State::DeadLetter { at, why } => (None, None, Some(at), Some(why)),
        };
        Self {
            sink: sink.clone(),
            status: stored.state.status(),
            attempts: stored.attempts,
            last_answer: stored.last_answer.clone(),
            due,
            under_way_until,
            at,
            why,
            redeliveries: stored.redeliveries.clone(),
        }
    }
}

/// The answer to a dry run of a redelivery: which sinks would be tried again. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RedeliveryPlan {
    /// Always true.
    #[schemars(extend("const" = true))]
    pub dry_run: bool,
    /// The event.
    pub id: EventId,
    /// The sinks that would be tried again; none where the event is on its way already.
    pub sinks: Vec<Name>,
}

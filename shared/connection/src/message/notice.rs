//! The message about one event: thin, since what is true is in the store.

use notice::EventId;
use serde::{Deserialize, Serialize};

use super::{Message, VERSION};
use crate::queue::Queue;

/// "Look at this event, and tell whoever is still to be told."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// The event.
    pub event_id: EventId,
}

impl NoticeMessage {
    /// A message about an event.
    #[must_use]
    pub fn new(event: &EventId) -> Self {
        Self { version: VERSION, event_id: event.clone() }
    }
}

impl Message for NoticeMessage {
    const ABOUT: &'static str = "an event";

    fn queue(&self) -> Queue {
        Queue::Notify
    }
}

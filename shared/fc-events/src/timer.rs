//! The timer trigger.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::lenient;

/// What a timer trigger sends.
///
/// ```
/// let event: fc_events::timer::TimerEvent = serde_json::from_str(
///     r#"{"triggerTime":"2026-01-02T03:04:00Z","triggerName":"nightly","payload":"{\"days\":7}"}"#,
/// )?;
/// #[derive(serde::Deserialize)]
/// struct Payload { days: u32 }
/// assert_eq!(event.payload_as::<Payload>()?.days, 7);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimerEvent {
    /// The instant the trigger was due, not the one at which the function runs.
    pub trigger_time: Timestamp,
    /// The trigger's name.
    pub trigger_name: String,
    /// The text of the trigger's configuration, unparsed. Empty when none is configured.
    #[serde(default, deserialize_with = "lenient::string")]
    pub payload: String,
}

impl TimerEvent {
    /// The payload read as JSON.
    ///
    /// # Errors
    /// When the payload is no JSON of this shape.
    pub fn payload_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
    }
}

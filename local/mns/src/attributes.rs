//! The attributes of a queue: what they may be, and how a document changes them.

use std::str::FromStr;
use std::time::Duration;

use local_core::xml::Element;
use serde::{Deserialize, Serialize};

use super::error::MnsError;

/// Attributes of a queue. Times are in seconds of cloud time, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// How long a message stays invisible after it was sent, unless it says otherwise itself: 0..=604800.
    pub delay_seconds: u32,
    /// The longest body: 1024..=65536.
    pub maximum_message_size: u32,
    /// How long a message is kept, consumed or not: 60..=604800.
    pub message_retention_period: u32,
    /// How long a received message stays invisible: 1..=43200.
    pub visibility_timeout: u32,
    /// How long a receive waits that does not say so itself: 0..=30.
    pub polling_wait_seconds: u32,
    /// Whether operations are logged. Kept, without effect here.
    pub logging_enabled: bool,
    /// Where messages go that are received too often. The XML API cannot set it; the control plane can.
    pub dead_letter: Option<DeadLetterPolicy>,
}

/// A message received more often than `max_receive_count` moves to `queue` instead of being delivered once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterPolicy {
    /// A queue's name, in the same account and region.
    pub queue: String,
    /// How many times a message is delivered before it moves; at least 1.
    pub max_receive_count: u32,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delay_seconds: 0,
            maximum_message_size: 65_536,
            message_retention_period: 345_600,
            visibility_timeout: 30,
            polling_wait_seconds: 0,
            logging_enabled: false,
            dead_letter: None,
        }
    }
}

impl Attributes {
    /// These attributes with what the `Queue` document names put in place.
    pub(super) fn changed_by(mut self, document: &Element) -> Result<Self, MnsError> {
        let fields: [(&str, &mut u32); 5] = [
            ("DelaySeconds", &mut self.delay_seconds),
            ("MaximumMessageSize", &mut self.maximum_message_size),
            ("MessageRetentionPeriod", &mut self.message_retention_period),
            ("VisibilityTimeout", &mut self.visibility_timeout),
            ("PollingWaitSeconds", &mut self.polling_wait_seconds),
        ];
        for (name, field) in fields {
            if let Some(value) = number(document, name)? {
                *field = value;
            }
        }
        if let Some(value) = boolean(document, "LoggingEnabled")? {
            self.logging_enabled = value;
        }
        self.check()?;
        Ok(self)
    }

    /// Whether every attribute lies in its range.
    pub(super) fn check(&self) -> Result<(), MnsError> {
        let ranges = [
            ("DelaySeconds", self.delay_seconds, 0..=604_800),
            ("MaximumMessageSize", self.maximum_message_size, 1_024..=65_536),
            ("MessageRetentionPeriod", self.message_retention_period, 60..=604_800),
            ("VisibilityTimeout", self.visibility_timeout, 1..=43_200),
            ("PollingWaitSeconds", self.polling_wait_seconds, 0..=30),
        ];
        for (name, value, range) in ranges {
            in_range(name, value, range)?;
        }
        match &self.dead_letter {
            Some(policy) => in_range("MaxReceiveCount", policy.max_receive_count, 1..=u32::MAX),
            None => Ok(()),
        }
    }

    /// How long a message is kept.
    pub(super) fn retention(&self) -> Duration {
        Duration::from_secs(self.message_retention_period.into())
    }

    /// Whether the XML API would call both the same: it does not know of dead-letter policies.
    pub(super) fn same_but_for_policies(&self, other: &Self) -> bool {
        Self { dead_letter: None, ..self.clone() } == Self { dead_letter: None, ..other.clone() }
    }

    /// The fields of the `Queue` document of a reply.
    pub(super) fn fields(&self) -> impl Iterator<Item = Element> + use<> {
        [
            Element::text("DelaySeconds", self.delay_seconds),
            Element::text("MaximumMessageSize", self.maximum_message_size),
            Element::text("MessageRetentionPeriod", self.message_retention_period),
            Element::text("VisibilityTimeout", self.visibility_timeout),
            Element::text("PollingWaitSeconds", self.polling_wait_seconds),
            Element::text("LoggingEnabled", if self.logging_enabled { "True" } else { "False" }),
        ]
        .into_iter()
    }
}

/// The number in child `name`, if it is there and not empty.
pub(super) fn number(document: &Element, name: &str) -> Result<Option<u32>, MnsError> {
    match document.child_text(name).map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(MnsError::InvalidArgument(format!("The value of {name} is not a number of its range."))),
        },
    }
}

/// The word in child `name`, if it is there and not empty.
pub(super) fn word<T: FromStr>(document: &Element, name: &str) -> Result<Option<T>, MnsError> {
    let text = document.child_text(name).filter(|text| !text.is_empty());
    let unknown = |_| MnsError::InvalidArgument(format!("The value of {name} is unknown."));
    text.map(|text| text.parse().map_err(unknown)).transpose()
}

/// The truth value in child `name`, in any case: the Python SDK writes `True`, the others `true`.
pub(super) fn boolean(document: &Element, name: &str) -> Result<Option<bool>, MnsError> {
    match document.child_text(name).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("") => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(MnsError::InvalidArgument(format!("The value of {name} is neither true nor false."))),
    }
}

/// Refuses a value outside `range`.
pub(super) fn in_range(name: &str, value: u32, range: std::ops::RangeInclusive<u32>) -> Result<(), MnsError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = (range.start(), range.end());
    Err(MnsError::InvalidArgument(format!("The value of {name} should be between {least} and {most}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(document: &str) -> Result<Attributes, MnsError> {
        Attributes::default().changed_by(&Element::parse(document.as_bytes()).unwrap())
    }

    #[test]
    fn a_document_changes_what_it_names_in_any_order_and_nothing_else() {
        let attributes = changed(
            "<Queue xmlns='x'><LoggingEnabled>True</LoggingEnabled><PollingWaitSeconds/><DelaySeconds>7</DelaySeconds></Queue>",
        )
        .unwrap();
        assert_eq!(attributes, Attributes { delay_seconds: 7, logging_enabled: true, ..Attributes::default() });
    }

    #[test]
    fn a_value_outside_its_range_is_an_invalid_argument() {
        for (name, value) in [
            ("DelaySeconds", "604801"),
            ("DelaySeconds", "-1"),
            ("MaximumMessageSize", "1023"),
            ("MaximumMessageSize", "65537"),
            ("MessageRetentionPeriod", "59"),
            ("VisibilityTimeout", "0"),
            ("VisibilityTimeout", "43201"),
            ("PollingWaitSeconds", "31"),
            ("LoggingEnabled", "yes"),
        ] {
            let error = changed(&format!("<Queue><{name}>{value}</{name}></Queue>")).unwrap_err();
            assert_eq!(error.code(), "InvalidArgument", "{name}={value}");
        }
    }
}

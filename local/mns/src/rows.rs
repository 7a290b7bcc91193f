//! What MNS keeps on disk, and what it hands out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::control::Control;
use super::error::MnsError;

/// Which queue: names are unique within an account and region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueRef {
    /// The owner's account id.
    pub account_id: String,
    /// The region, e.g. `cn-hangzhou`.
    pub region: String,
    /// The queue's name.
    pub name: String,
}

impl QueueRef {
    /// Queue `name` of `account_id` in `region`.
    pub fn new(account_id: impl Into<String>, region: impl Into<String>, name: impl Into<String>) -> Self {
        Self { account_id: account_id.into(), region: region.into(), name: name.into() }
    }

    /// The queue's ARN, in the form `acs:mns:REGION:ACCOUNT:/queues/NAME`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!("acs:mns:{}:{}:/queues/{}", self.region, self.account_id, self.name)
    }

    /// Where the queue stands in its table. No part of it holds a slash.
    pub(super) fn key(&self) -> String {
        format!("{}/{}/{}", self.account_id, self.region, self.name)
    }

    pub(super) fn from_key(key: &str) -> Option<Self> {
        let mut parts = key.splitn(3, '/');
        Some(Self::new(parts.next()?, parts.next()?, parts.next()?))
    }
}

/// A queue as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct QueueRow {
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub attributes: Attributes,
    #[serde(default)]
    pub control: Control,
}

/// A message as it is kept. Its state follows from it: invisible until `visible_at`, gone at `expires_at`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MessageRow {
    pub message_id: String,
    pub content: Content,
    pub enqueued_at: Timestamp,
    pub visible_at: Timestamp,
    pub expires_at: Timestamp,
    pub first_dequeued_at: Option<Timestamp>,
    pub dequeue_count: u32,
    /// The last part of the one receipt handle that holds now.
    pub receipt: Option<String>,
}

/// What a sender says of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The text, opaque to the queue. Clients mostly encode it as base64 themselves.
    pub body: String,
    /// 1, the most urgent, to 16: a preference, not an order.
    pub priority: u8,
    /// The group within which a FIFO queue keeps order.
    pub group_id: Option<String>,
    /// The sender's own properties.
    pub user_properties: Vec<Property>,
    /// Properties of the service.
    pub system_properties: Vec<Property>,
}

impl Content {
    /// A body of usual priority, without anything else.
    pub fn new(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            priority: 8,
            group_id: None,
            user_properties: Vec::new(),
            system_properties: Vec::new(),
        }
    }
}

/// A named value beside the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its value as text; base64 where the kind is `BINARY`.
    pub value: String,
    /// `STRING`, `NUMBER`, `BOOLEAN` or `BINARY`.
    pub kind: String,
}

/// A message that was received: invisible to others until `next_visible_at`, unless it is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message's id: the same at each delivery.
    pub message_id: String,
    /// What the sender said.
    pub content: Content,
    /// Names this delivery when the message is deleted or its visibility changes. Ends at `next_visible_at`.
    pub receipt_handle: String,
    /// When the message was sent, in cloud time.
    pub enqueued_at: Timestamp,
    /// When it was delivered for the first time.
    pub first_dequeued_at: Timestamp,
    /// When it can be received again.
    pub next_visible_at: Timestamp,
    /// How many times it was delivered, this time included.
    pub dequeue_count: u32,
}

impl Delivery {
    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.content.body
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The message's id.
    pub message_id: String,
    /// The upper-case hex MD5 of the body.
    pub body_md5: String,
    /// Only for a delayed message: lets the sender delete it, or make it visible early.
    pub receipt_handle: Option<String>,
}

/// A changed visibility: the handle replaces the one that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The handle that holds from now on.
    pub receipt_handle: String,
    /// When the message can be received again.
    pub next_visible_at: Timestamp,
}

/// Whether something had to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    New,
    /// It was there, with the same attributes.
    Existed,
}

/// A queue as a console would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSummary {
    /// Which queue.
    pub queue: QueueRef,
    /// Its attributes.
    pub attributes: Attributes,
    /// What only the control plane knows of.
    pub control: Control,
    /// When it was made, in cloud time.
    pub created_at: Timestamp,
    /// When its attributes changed last.
    pub modified_at: Timestamp,
    /// Messages that can be received.
    pub active: usize,
    /// Messages that were received and are invisible for now.
    pub inactive: usize,
    /// Messages that were sent with a delay and were not visible yet.
    pub delayed: usize,
}

/// A receipt handle: the message's number in hex, a hyphen, and a token drawn for one delivery.
pub(super) struct Receipt<'a> {
    pub number: u64,
    pub token: &'a str,
}

impl<'a> Receipt<'a> {
    pub(super) fn parse(handle: &'a str) -> Result<Self, MnsError> {
        let (number, token) = handle.split_once('-').ok_or(MnsError::ReceiptHandleError)?;
        let well_formed = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match u64::from_str_radix(number, 16) {
            Ok(number) if well_formed => Ok(Self { number, token }),
            _ => Err(MnsError::ReceiptHandleError),
        }
    }

    pub(super) fn write(number: u64, token: &str) -> String {
        format!("{number:x}-{token}")
    }
}

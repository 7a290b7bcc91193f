//! The shapes on the wire. The service does not look at the order of elements, and neither do we.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";

/// `Queue` of a request: only what is set.
#[derive(Debug, Serialize)]
#[serde(rename = "Queue", rename_all = "PascalCase")]
pub(super) struct QueueIn {
    #[serde(rename = "@xmlns")]
    pub xmlns: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_message_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_retention_period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility_timeout: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polling_wait_seconds: Option<u64>,
}

/// `Queue` of an answer. Times are in seconds since 1970.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueOut {
    pub queue_name: String,
    pub delay_seconds: Option<u64>,
    pub maximum_message_size: Option<u64>,
    pub message_retention_period: Option<u64>,
    pub visibility_timeout: Option<u64>,
    pub polling_wait_seconds: Option<u64>,
    pub create_time: Option<i64>,
    pub last_modify_time: Option<i64>,
    pub active_messages: Option<u64>,
    pub inactive_messages: Option<u64>,
    pub delay_messages: Option<u64>,
}

/// `Message` of a request.
#[derive(Debug, Serialize)]
#[serde(rename = "Message", rename_all = "PascalCase")]
pub(super) struct MessageIn {
    #[serde(rename = "@xmlns")]
    pub xmlns: &'static str,
    pub message_body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u64>,
}

/// `Message` as the answer to a sender.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SentOut {
    pub message_id: String,
    pub receipt_handle: Option<String>,
}

/// `Message` as a receiver gets it; a peek has neither handle nor next time. Times are in milliseconds since 1970.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MessageOut {
    pub message_id: String,
    pub receipt_handle: Option<String>,
    #[serde(default)]
    pub message_body: String,
    pub enqueue_time: Option<i64>,
    pub next_visible_time: Option<i64>,
    pub dequeue_count: Option<u32>,
}

/// `Messages` as the answer to whoever takes or looks at several.
#[derive(Debug, Deserialize)]
pub(super) struct MessagesOut {
    #[serde(default, rename = "Message")]
    pub messages: Vec<MessageOut>,
}

/// `ChangeVisibility` of an answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VisibilityOut {
    pub receipt_handle: String,
    pub next_visible_time: Option<i64>,
}

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is not UTF-8")]
    Text(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Xml(#[from] quick_xml::DeError),
}

/// Writes a document with its declaration.
pub(super) fn write(root: &impl Serialize) -> Result<String, quick_xml::SeError> {
    quick_xml::se::to_string(root).map(|xml| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}"))
}

/// Reads a document, whatever its namespace.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    Ok(quick_xml::de::from_str(std::str::from_utf8(body)?)?)
}

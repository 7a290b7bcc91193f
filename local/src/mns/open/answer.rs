//! The JSON bodies, in the shape of the official SDK's models.
//!
//! `Code` is 200 on every success: the models say that it is a number, and no source says that it ever differs.

use serde_json::{Value, json};

use super::super::rows::{Created, QueueSummary};

const SUCCEEDED: &str = "operation success";

/// A success with `data`.
pub(super) fn success(data: Value) -> Value {
    json!({ "Code": 200, "Status": "Success", "Message": SUCCEEDED, "Success": true, "Data": data })
}

/// A success that has nothing to tell: `Data` repeats the outcome.
pub(super) fn done() -> Value {
    success(outcome(200))
}

/// A queue was made, or was there already: 201 and 204 as in the XML API.
pub(super) fn created(created: Created) -> Value {
    success(outcome(match created {
        Created::New => 201,
        Created::Existed => 204,
    }))
}

fn outcome(code: u16) -> Value {
    json!({ "Code": code, "Message": SUCCEEDED, "Success": true })
}

/// One queue. `MaxReceiveCount` is a number where it is set and a text here, by the models.
pub(super) fn queue(summary: &QueueSummary) -> Value {
    let attributes = &summary.attributes;
    let policy = match &attributes.dead_letter {
        Some(policy) => json!({
            "Enabled": true,
            "DeadLetterTargetQueue": policy.queue,
            "MaxReceiveCount": policy.max_receive_count.to_string(),
        }),
        None => json!({ "Enabled": false }),
    };
    let tags: Vec<Value> =
        summary.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    json!({
        "QueueName": summary.queue.name,
        "QueueType": "normal",
        "CreateTime": summary.created_at.as_second(),
        "LastModifyTime": summary.modified_at.as_second(),
        "DelaySeconds": attributes.delay_seconds,
        "MaximumMessageSize": attributes.maximum_message_size,
        "MessageRetentionPeriod": attributes.message_retention_period,
        "VisibilityTimeout": attributes.visibility_timeout,
        "PollingWaitSeconds": attributes.polling_wait_seconds,
        "LoggingEnabled": attributes.logging_enabled,
        "ActiveMessages": summary.active,
        "InactiveMessages": summary.inactive,
        "DelayMessages": summary.delayed,
        "EnableSSE": false,
        "EncryptionEnabled": false,
        "DlqPolicy": policy,
        "Tags": tags,
    })
}

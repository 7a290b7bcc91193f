//! The JSON bodies, in the shape of the official SDK's models.
//!
//! `Code` is 200 on every success: the models say that it is a number, and no source says that it ever differs.

use serde_json::{Value, json};

use super::super::control::Encryption;
use super::super::rows::{Created, QueueSummary};
use super::control::ALGORITHM;
use super::tags;

const SUCCEEDED: &str = "operation success";

/// A success with `data`.
pub(super) fn success(data: Value) -> Value {
    json!({ "Code": 200, "Status": "Success", "Message": SUCCEEDED, "Success": true, "Data": data })
}

/// A success that has nothing to tell: `Data` repeats the outcome.
pub(super) fn done() -> Value {
    success(outcome(200))
}

/// Something was made, or was there already: 201 and 204 as in the XML API.
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
    let (attributes, control) = (&summary.attributes, &summary.control);
    let policy = match &attributes.dead_letter {
        Some(policy) => json!({
            "Enabled": true,
            "DeadLetterTargetQueue": policy.queue,
            "MaxReceiveCount": policy.max_receive_count.to_string(),
        }),
        None => json!({ "Enabled": false }),
    };
    let limit = match control.receives_per_second {
        Some(most) => json!({ "Enabled": true, "MaxReceivesPerSecond": most }),
        None => json!({ "Enabled": false }),
    };
    let mut told = json!({
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
        "EnableSSE": control.encryption.is_some(),
        "EncryptionEnabled": control.encryption.is_some(),
        "DlqPolicy": policy,
        "TenantRateLimitPolicy": limit,
        "Tags": tags::told(&control.tags),
    });
    if let Some(encryption) = &control.encryption {
        told["SseAlgorithm"] = ALGORITHM.into();
        told["SseType"] = match encryption {
            Encryption::Service => "SMQ",
            Encryption::KeyManagement { .. } => "KMS",
        }
        .into();
        if let Encryption::KeyManagement { key_id } = encryption {
            told["KmsKeyId"] = key_id.as_str().into();
        }
    }
    told
}

//! `ALIYUN::MNS::Queue`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::Pseudo;
use super::super::scalar::{lenient, optional};
use super::{Kind, Problem, name, within};

/// A message queue. Times in seconds, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Queue {
    /// Unique in the account and region.
    pub queue_name: String,
    /// 1–43200.
    #[serde(default = "default_visibility", deserialize_with = "lenient")]
    pub visibility_timeout: u32,
    /// 1024–65536.
    #[serde(default = "default_size", deserialize_with = "lenient")]
    pub maximum_message_size: u32,
    /// 60–604800.
    #[serde(default = "default_retention", deserialize_with = "lenient")]
    pub message_retention_period: u32,
    /// 0–604800.
    #[serde(default, deserialize_with = "lenient")]
    pub delay_seconds: u32,
    /// 0–30.
    #[serde(default, deserialize_with = "lenient")]
    pub polling_wait_seconds: u32,
    /// Recorded.
    #[serde(default, deserialize_with = "lenient")]
    pub logging_enabled: bool,
    /// Where messages go that are received too often.
    pub dlq_policy: Option<DlqPolicy>,
    /// Recorded.
    pub tags: Option<Value>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub deletion_force: Option<bool>,
}

/// Where messages go that are received too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DlqPolicy {
    /// Whether it holds.
    #[serde(deserialize_with = "lenient")]
    pub enabled: bool,
    /// The name of a queue in the same account and region.
    pub dead_letter_target_queue: String,
    /// How many times a message is delivered before it moves.
    #[serde(deserialize_with = "lenient")]
    pub max_receive_count: u32,
}

fn default_visibility() -> u32 {
    30
}

fn default_size() -> u32 {
    65_536
}

fn default_retention() -> u32 {
    345_600
}

impl Kind for Queue {
    const TYPE: &'static str = "ALIYUN::MNS::Queue";

    fn check(&self) -> Result<(), Problem> {
        name("QueueName", &self.queue_name, 1, 256, "-")?;
        within("VisibilityTimeout", self.visibility_timeout, 1, 43_200)?;
        within("MaximumMessageSize", self.maximum_message_size, 1024, 65_536)?;
        within("MessageRetentionPeriod", self.message_retention_period, 60, 604_800)?;
        within("DelaySeconds", self.delay_seconds, 0, 604_800)?;
        within("PollingWaitSeconds", self.polling_wait_seconds, 0, 30)?;
        if let Some(policy) = &self.dlq_policy {
            if policy.dead_letter_target_queue == self.queue_name {
                return Err(Problem::new("DlqPolicy.DeadLetterTargetQueue", "is the queue itself"));
            }
            within("DlqPolicy.MaxReceiveCount", policy.max_receive_count, 1, u32::MAX)?;
        }
        Ok(())
    }

    fn id(&self) -> String {
        self.queue_name.clone()
    }

    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)> {
        let Pseudo { account_id, region, .. } = pseudo;
        let name = &self.queue_name;
        vec![
            ("QueueName", name.clone()),
            ("QueueUrl", format!("http://{account_id}.mns.{region}.aliyuncs.com/queues/{name}")),
            ("ARN.WithSlash", format!("acs:mns:{region}:{account_id}:/queues/{name}")),
        ]
    }
}

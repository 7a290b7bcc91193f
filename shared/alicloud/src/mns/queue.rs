//! Making, reading and deleting queues.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use jiff::Timestamp;

use super::xml::{NAMESPACE, QueueIn, QueueOut};
use super::{Mns, QueueName};
use crate::call::Call;
use crate::error::Error;

/// What a queue can be told. What is `None` takes the cloud's default, given in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueAttributes {
    /// How long a message stays hidden after it was sent, up to seven days (0).
    pub delay: Option<Duration>,
    /// The largest body, in bytes as transmitted: 1024 to 65536 (65536).
    pub maximum_message_size: Option<u64>,
    /// How long a message is kept, received or not: one minute to seven days (four days).
    pub retention: Option<Duration>,
    /// How long a received message stays hidden: one second to twelve hours (30 s).
    pub visibility_timeout: Option<Duration>,
    /// How long a receiver waits when the queue is empty and it does not say itself: up to 30 s (0).
    pub polling_wait: Option<Duration>,
}

/// Whether a queue was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    New,
    /// It existed with the same attributes.
    Existed,
}

/// A queue as the cloud shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: QueueAttributes,
    /// When it was made.
    pub create_time: Option<Timestamp>,
    /// When its attributes were changed last.
    pub last_modify_time: Option<Timestamp>,
    /// Messages that a receiver can have now; roughly.
    pub active_messages: u64,
    /// Messages that were received and not deleted; roughly.
    pub inactive_messages: u64,
    /// Messages that wait for their time; roughly.
    pub delayed_messages: u64,
}

impl Mns {
    /// Makes a queue.
    ///
    /// # Errors
    /// `AlreadyThere` when there is one with other attributes, `Busy` when one of that name was deleted just now.
    pub async fn create_queue(&self, queue: &QueueName, attributes: &QueueAttributes) -> Result<Created, Error> {
        const DAYS_7: u64 = 604_800;
        let call = Call::CreateQueue;
        let seconds = |what, duration: Option<Duration>, allowed| {
            duration.map(|duration| self.seconds(call, what, duration, allowed)).transpose()
        };
        let document = QueueIn {
            xmlns: NAMESPACE,
            delay_seconds: seconds("the delay", attributes.delay, (0, DAYS_7))?,
            maximum_message_size: attributes.maximum_message_size,
            message_retention_period: seconds("the retention", attributes.retention, (60, DAYS_7))?,
            visibility_timeout: seconds("the visibility timeout", attributes.visibility_timeout, (1, 43_200))?,
            polling_wait_seconds: seconds("the polling wait", attributes.polling_wait, (0, 30))?,
        };
        let body = self.document(call, &document)?;
        let response = self.call(call, Method::PUT, &format!("/queues/{queue}"), body).await?;
        Ok(if response.status() == StatusCode::CREATED { Created::New } else { Created::Existed })
    }

    /// A queue's attributes and how full it is.
    ///
    /// # Errors
    /// `Gone` when there is no such queue.
    pub async fn queue_attributes(&self, queue: &QueueName) -> Result<Queue, Error> {
        let call = Call::GetQueueAttributes;
        let response = self.call(call, Method::GET, &format!("/queues/{queue}"), Bytes::new()).await?;
        let read: QueueOut = self.read(call, &response)?;
        let time = |seconds: Option<i64>| seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Queue {
            name: read.queue_name,
            attributes: QueueAttributes {
                delay: read.delay_seconds.map(Duration::from_secs),
                maximum_message_size: read.maximum_message_size,
                retention: read.message_retention_period.map(Duration::from_secs),
                visibility_timeout: read.visibility_timeout.map(Duration::from_secs),
                polling_wait: read.polling_wait_seconds.map(Duration::from_secs),
            },
            create_time: time(read.create_time),
            last_modify_time: time(read.last_modify_time),
            active_messages: read.active_messages.unwrap_or(0),
            inactive_messages: read.inactive_messages.unwrap_or(0),
            delayed_messages: read.delay_messages.unwrap_or(0),
        })
    }

    /// Deletes a queue and every message in it.
    ///
    /// # Errors
    /// `Gone` where the cloud refuses to delete what is not there; it may also call that a success.
    pub async fn delete_queue(&self, queue: &QueueName) -> Result<(), Error> {
        self.call(Call::DeleteQueue, Method::DELETE, &format!("/queues/{queue}"), Bytes::new()).await.map(drop)
    }
}

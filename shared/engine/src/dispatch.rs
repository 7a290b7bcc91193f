//! Sending messages to their queues.

use std::time::Duration;

use connection::message::{Message, VERSION, WakeMessage};
use connection::queue::Queue;

/// The operator's queues.
#[derive(Clone)]
pub struct Queues {
    mns: alicloud::mns::Mns,
    prefix: String,
}

impl Queues {
    /// Queues in the account and region of the client. Their names there begin with `prefix`.
    #[must_use]
    pub fn new(mns: alicloud::mns::Mns, prefix: &str) -> Self {
        Self { mns, prefix: prefix.to_owned() }
    }

    /// Sends a message to its queue.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. What the message is about is written already, so nothing is lost:
    /// a sweep or a timer finds it and sends the message again.
    ///
    /// # Panics
    /// When the prefix cannot be that of a queue's name, which the settings of a function make sure of.
    pub async fn send<M: Message>(&self, message: &M, delay: Duration) -> Result<(), alicloud::Error> {
        self.put_back(message.queue(), message.to_json().as_bytes(), delay).await
    }

    /// Sends the body of a message to a queue once more, as it was or with what the envelope adds.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer.
    ///
    /// # Panics
    /// When the prefix cannot be that of a queue's name, which the settings of a function make sure of.
    pub async fn put_back(&self, queue: Queue, body: &[u8], delay: Duration) -> Result<(), alicloud::Error> {
        let queue = format!("{}{queue}", self.prefix).parse().expect("settings and code name queues");
        self.mns.send_message(&queue, body, delay).await.map(drop)
    }

    /// Lets the sweep of endpoints run now instead of within a minute.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The sweep runs all the same, by its timer.
    pub async fn wake_endpoint_sweep(&self) -> Result<(), alicloud::Error> {
        self.send(&WakeMessage { version: VERSION }, Duration::ZERO).await
    }
}

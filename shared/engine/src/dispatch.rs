//! Sending messages to their queues.

use std::time::Duration;

use connection::message::{Message, VERSION, WakeMessage};

/// The operator's queues.
#[derive(Clone)]
pub struct Queues {
    mns: alicloud::mns::Mns,
}

impl Queues {
    /// Queues in the account and region of the client.
    #[must_use]
    pub fn new(mns: alicloud::mns::Mns) -> Self {
        Self { mns }
    }

    /// Sends a message to its queue.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. What the message is about is written already, so nothing is lost:
    /// a sweep or a timer finds it and sends the message again.
    ///
    /// # Panics
    /// Never: what the code names as queues are names of queues.
    pub async fn send<M: Message>(&self, message: &M, delay: Duration) -> Result<(), alicloud::Error> {
        let queue = message.queue().name().parse().expect("the code names queues");
        self.mns.send_message(&queue, message.to_json().as_bytes(), delay).await.map(drop)
    }

    /// Lets the sweep of endpoints run now instead of within a minute.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The sweep runs all the same, by its timer.
    pub async fn wake_endpoint_sweep(&self) -> Result<(), alicloud::Error> {
        self.send(&WakeMessage { version: VERSION }, Duration::ZERO).await
    }
}

//! Sending messages to their queues.

use std::time::Duration;

use alicloud::mns::{Message as Received, Peeked, QueueName};
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

/// What the name of the queue ends with that takes messages which were given up.
const DEAD_LETTERS: &str = "dead-letter";

/// The queue of messages that were given up.
///
/// # Guarantees
/// A message that is taken and neither deleted nor given back is there again after the queue's visibility timeout: whoever dies over it
/// loses nothing.
pub struct DeadLetterQueue<'a> {
    mns: &'a alicloud::mns::Mns,
    name: QueueName,
}

impl Queues {
    /// The queue of messages that were given up.
    ///
    /// # Panics
    /// When the prefix cannot be that of a queue's name, which the settings of a function make sure of.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetterQueue<'_> {
        let name = format!("{}{DEAD_LETTERS}", self.prefix).parse().expect("settings and code name queues");
        DeadLetterQueue { mns: &self.mns, name }
    }
}

impl DeadLetterQueue<'_> {
    /// How many can be taken now, and how many somebody has taken; roughly.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer.
    pub async fn count(&self) -> Result<(u64, u64), alicloud::Error> {
        let queue = self.mns.queue_attributes(&self.name).await?;
        Ok((queue.active_messages + queue.delayed_messages, queue.inactive_messages))
    }

    /// Looks at up to sixteen and leaves them where they are. The service shows no others until some of these are taken.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer.
    pub async fn peek(&self) -> Result<Vec<Peeked>, alicloud::Error> {
        self.mns.peek_messages(&self.name).await
    }

    /// Takes up to sixteen.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer.
    pub async fn take(&self) -> Result<Vec<Received>, alicloud::Error> {
        self.mns.receive_messages(&self.name).await
    }

    /// Gives back what was taken, at once instead of later.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer: it comes back by itself.
    pub async fn give_back(&self, message: &Received) -> Result<(), alicloud::Error> {
        self.mns.change_visibility(&self.name, &message.receipt_handle, Duration::from_secs(1)).await.map(drop)
    }

    /// Deletes what was taken.
    ///
    /// # Errors
    /// `Gone` where it was held for too long: it is there again, or somebody else has it.
    pub async fn delete(&self, message: &Received) -> Result<(), alicloud::Error> {
        self.mns.delete_message(&self.name, &message.receipt_handle).await
    }
}

//! Sending messages to the queues of the steps.

use crate::decide::Dispatch;

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

    /// Sends one message to the queue of its step.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The record is already written then, so nothing is lost: the sweep
    /// sends the message again once it is overdue.
    pub async fn send(&self, dispatch: &Dispatch) -> Result<(), alicloud::Error> {
        let queue = dispatch.message.step.queue().parse().expect("the name of a step is the name of a queue");
        self.mns.send_message(&queue, dispatch.message.to_json().as_bytes(), dispatch.delay).await.map(drop)
    }
}

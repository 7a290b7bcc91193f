//! Sending messages to the queues of the steps, to those about endpoints, and to the one about events.

use std::time::Duration;

use crate::decide::Dispatch;
use crate::endpoint::{APPROVE_ENDPOINT, EndpointMessage, SWEEP_ENDPOINTS};
use crate::tell::{NOTIFY, NoticeMessage};

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

    /// Sends a message about an endpoint to the function that decides on it.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The sweep of endpoints finds it again.
    pub async fn send_endpoint(&self, message: &EndpointMessage, delay: Duration) -> Result<(), alicloud::Error> {
        let queue = APPROVE_ENDPOINT.parse().expect("it is the name of a queue");
        self.mns.send_message(&queue, message.to_json().as_bytes(), delay).await.map(drop)
    }

    /// Sends a text to a queue.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer.
    ///
    /// # Panics
    /// When `queue` is no name of a queue: it is one that the code names.
    pub async fn send_text(&self, queue: &'static str, text: &str, delay: Duration) -> Result<(), alicloud::Error> {
        let queue = queue.parse().expect("the code names queues");
        self.mns.send_message(&queue, text.as_bytes(), delay).await.map(drop)
    }

    /// Lets the sweep of endpoints run now instead of within a minute.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The sweep runs all the same, by its timer.
    pub async fn wake_endpoint_sweep(&self) -> Result<(), alicloud::Error> {
        let queue = SWEEP_ENDPOINTS.parse().expect("it is the name of a queue");
        self.mns.send_message(&queue, br#"{"version":1}"#, Duration::ZERO).await.map(drop)
    }

    /// Sends a message about an event to the function that tells people of it.
    ///
    /// # Errors
    /// When the queue service refuses or does not answer. The timer of that function finds the event.
    pub async fn send_notice(&self, message: &NoticeMessage, delay: Duration) -> Result<(), alicloud::Error> {
        let queue = NOTIFY.parse().expect("it is the name of a queue");
        self.mns.send_message(&queue, message.to_json().as_bytes(), delay).await.map(drop)
    }
}

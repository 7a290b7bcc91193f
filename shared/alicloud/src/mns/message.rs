//! Sending, receiving, deleting, hiding and peeking.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use cloud_signing::encode::component;
use http::Method;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::xml::{MessageIn, MessageOut, MessagesOut, NAMESPACE, SentOut, VisibilityOut};
use super::{Mns, QueueName};
use crate::call::Call;
use crate::error::{Error, Kind};

/// The longest a message can be delayed: seven days.
const LONGEST_DELAY: u64 = 604_800;
/// The longest a message can be hidden: twelve hours.
const LONGEST_HIDING: u64 = 43_200;
/// The longest a receiver can wait.
const LONGEST_WAIT: u64 = 30;
/// How many messages one call takes at most.
const MOST_AT_ONCE: u32 = 16;
/// The code for "nothing to receive", which is no failure.
const NO_MESSAGE: &str = "MessageNotExist";

/// A message that the queue has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its id.
    pub message_id: String,
    /// For a delayed message: lets the sender delete it, or show it early.
    pub receipt_handle: Option<String>,
}

/// A message that this receiver has until [`next_visible_time`](Self::next_visible_time).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id: the same at every delivery.
    pub message_id: String,
    /// Another at every delivery; what deletes or hides it.
    pub receipt_handle: String,
    /// The body as transmitted.
    pub body: String,
    /// When it was sent.
    pub enqueue_time: Option<Timestamp>,
    /// When another receiver may get it.
    pub next_visible_time: Option<Timestamp>,
    /// How often it was received, this time included.
    pub dequeue_count: u32,
}

/// A message that was looked at and left where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// Its id.
    pub message_id: String,
    /// The body as transmitted.
    pub body: String,
    /// When it was sent.
    pub enqueue_time: Option<Timestamp>,
    /// How often it was received.
    pub dequeue_count: u32,
}

/// A message that was hidden anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// Takes the place of the handle before.
    pub receipt_handle: String,
    /// When another receiver may get it.
    pub next_visible_time: Option<Timestamp>,
}

impl Message {
    /// What the sender put in: the body decoded, or as it is when it is not Base64.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        decoded(&self.body)
    }
}

impl Peeked {
    fn of(read: MessageOut) -> Self {
        Self {
            message_id: read.message_id,
            body: read.message_body,
            enqueue_time: millis(read.enqueue_time),
            dequeue_count: read.dequeue_count.unwrap_or(0),
        }
    }

    /// What the sender put in: the body decoded, or as it is when it is not Base64.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        decoded(&self.body)
    }
}

fn decoded(body: &str) -> Vec<u8> {
    BASE64.decode(body.trim()).unwrap_or_else(|_| body.as_bytes().to_vec())
}

fn millis(time: Option<i64>) -> Option<Timestamp> {
    time.and_then(|millis| Timestamp::from_millisecond(millis).ok())
}

impl Mns {
    /// Puts `payload` into a queue, Base64-encoded, to be seen after `delay`.
    ///
    /// A delay is rounded up to whole seconds; zero means at once, whatever the queue's own delay.
    ///
    /// # Errors
    /// `OutcomeUnknown` when the answer was lost: the message may be in the queue. Sending it again makes two.
    pub async fn send_message(&self, queue: &QueueName, payload: &[u8], delay: Duration) -> Result<Sent, Error> {
        let call = Call::SendMessage;
        let delay_seconds = Some(self.seconds(call, "the delay", delay, (0, LONGEST_DELAY))?);
        let document = MessageIn { xmlns: NAMESPACE, message_body: BASE64.encode(payload), delay_seconds };
        let body = self.document(call, &document)?;
        let response = self.call(call, Method::POST, &format!("/queues/{queue}/messages"), body).await?;
        let SentOut { message_id, receipt_handle } = self.read(call, &response)?;
        Ok(Sent { message_id, receipt_handle })
    }

    /// Takes a message, waiting up to `wait` for one; `None` when there is none.
    ///
    /// Keep `wait` below the transport's own limit for a call, or a quiet queue looks like a lost answer.
    ///
    /// # Errors
    /// `Gone` when there is no such queue.
    pub async fn receive_message(&self, queue: &QueueName, wait: Duration) -> Result<Option<Message>, Error> {
        let call = Call::ReceiveMessage;
        let wait = self.seconds(call, "the wait", wait, (0, LONGEST_WAIT))?;
        let target = format!("/queues/{queue}/messages?waitseconds={wait}");
        self.some_message(call, &target).await?.map(|read: MessageOut| self.taken(call, read)).transpose()
    }

    /// Takes up to sixteen messages that are there now, without waiting.
    ///
    /// # Errors
    /// `Gone` when there is no such queue.
    pub async fn receive_messages(&self, queue: &QueueName) -> Result<Vec<Message>, Error> {
        let call = Call::BatchReceiveMessage;
        let target = format!("/queues/{queue}/messages?numOfMessages={MOST_AT_ONCE}&waitseconds=0");
        let read: Option<MessagesOut> = self.some_message(call, &target).await?;
        read.into_iter().flat_map(|read| read.messages).map(|read| self.taken(call, read)).collect()
    }

    /// Looks at up to sixteen messages without taking them.
    ///
    /// # Errors
    /// `Gone` when there is no such queue.
    pub async fn peek_messages(&self, queue: &QueueName) -> Result<Vec<Peeked>, Error> {
        let target = format!("/queues/{queue}/messages?numOfMessages={MOST_AT_ONCE}&peekonly=true");
        let read: Option<MessagesOut> = self.some_message(Call::BatchPeekMessage, &target).await?;
        Ok(read.into_iter().flat_map(|read| read.messages).map(Peeked::of).collect())
    }

    fn taken(&self, call: Call, read: MessageOut) -> Result<Message, Error> {
        let Some(receipt_handle) = read.receipt_handle else {
            let status = http::StatusCode::OK;
            return Err(Error::malformed(call, Some(&self.region), status, None, "a message without a handle"));
        };
        Ok(Message {
            message_id: read.message_id,
            receipt_handle,
            body: read.message_body,
            enqueue_time: millis(read.enqueue_time),
            next_visible_time: millis(read.next_visible_time),
            dequeue_count: read.dequeue_count.unwrap_or(1),
        })
    }

    /// Looks at a message without taking it; `None` when there is none.
    ///
    /// # Errors
    /// `Gone` when there is no such queue.
    pub async fn peek_message(&self, queue: &QueueName) -> Result<Option<Peeked>, Error> {
        let target = format!("/queues/{queue}/messages?peekonly=true");
        self.some_message(Call::PeekMessage, &target).await.map(|read| read.map(Peeked::of))
    }

    /// What a receiver gets; `None` when there is nothing.
    async fn some_message<T: DeserializeOwned>(&self, call: Call, target: &str) -> Result<Option<T>, Error> {
        match self.call(call, Method::GET, target, Bytes::new()).await {
            Ok(response) => self.read(call, &response).map(Some),
            Err(error) if error.kind() == Kind::Gone && error.code() == Some(NO_MESSAGE) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a message that was received.
    ///
    /// # Errors
    /// `Gone` when the handle is no longer valid: the message is deleted already, or another receiver will get it.
    pub async fn delete_message(&self, queue: &QueueName, receipt_handle: &str) -> Result<(), Error> {
        let target = format!("/queues/{queue}/messages?ReceiptHandle={}", component(receipt_handle));
        self.call(Call::DeleteMessage, Method::DELETE, &target, Bytes::new()).await.map(drop)
    }

    /// Hides a received message for `hidden` from now: 1 second to 12 hours, rounded up to whole seconds.
    ///
    /// # Errors
    /// `Gone` when the handle is no longer valid.
    pub async fn change_visibility(
        &self,
        queue: &QueueName,
        receipt_handle: &str,
        hidden: Duration,
    ) -> Result<Visibility, Error> {
        let call = Call::ChangeMessageVisibility;
        let seconds = self.seconds(call, "the visibility timeout", hidden, (1, LONGEST_HIDING))?;
        let handle = component(receipt_handle);
        let target = format!("/queues/{queue}/messages?ReceiptHandle={handle}&VisibilityTimeout={seconds}");
        let response = self.call(call, Method::PUT, &target, Bytes::new()).await?;
        let VisibilityOut { receipt_handle, next_visible_time } = self.read(call, &response)?;
        Ok(Visibility { receipt_handle, next_visible_time: millis(next_visible_time) })
    }
}

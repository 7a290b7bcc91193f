//! Message Service (MNS, now called SMQ): queues and topics over XML and HTTP, as the official SDKs speak it.
//!
//! Requests come in through [`Mns::handle`]. Who runs in the same process — triggers, deploying a template, a console — calls
//! the other methods instead; both see the same queues. All times but the signature's date are cloud time, so delays,
//! visibility timeouts and long polls shrink with the clock's speed.
//!
//! A message is *delayed* until its delay is over, then *active*; receiving makes it *inactive* until its visibility timeout
//! ends or it is deleted. Delivery is at least once and in no promised order: urgent messages first, then older ones.
//!
//! | file | what |
//! | --- | --- |
//! | `service`, `caller`, `reply` | one HTTP request, from signature to reply |
//! | `operation`, `permission` | which operation a request line means; what it needs of the caller's policies |
//! | `queue_requests`, `topic_requests` | the operations, between documents and state |
//! | `queues`, `messages`, `topics` | what they do |
//! | `state` | tables and indexes behind the lock; what falls due |
//! | `wire` | the XML documents |
//! | `rows`, `attributes`, `control`, `error` | the words |
//! | `open` | the control plane, an RPC product of its own over the same queues |

mod attributes;
mod caller;
mod control;
mod error;
mod messages;
pub mod open;
mod operation;
mod permission;
mod queue_requests;
mod queues;
mod reply;
mod rows;
mod service;
mod state;
#[cfg(test)]
mod tests;
mod topic_requests;
mod topics;
mod wire;

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

pub use attributes::{Attributes, DeadLetterPolicy};
pub use control::{Control, Encryption};
pub use error::MnsError;
pub use rows::{Content, Created, Delivery, Property, QueueRef, QueueSummary, Renewed, Sent};

use local_core::calls::Product;
use local_core::coverage::Coverage;
use local_core::pipeline::Rows as _;
use local_core::shared::Shared;
use local_core::table::StorageError;

use state::State;

/// The message service. Clones share everything.
#[derive(Clone)]
pub struct Mns {
    shared: Shared,
    state: Arc<Mutex<State>>,
}

impl Mns {
    /// Opens the service with whatever queues and messages the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared) -> Result<Self, StorageError> {
        let state = State::load(&shared.storage, shared.ids.clone(), shared.clock.now())?;
        Ok(Self { shared: shared.clone(), state: Arc::new(Mutex::new(state)) })
    }

    /// Makes a queue, unless it is there with the same attributes.
    ///
    /// # Errors
    /// A bad name or attribute, a queue of that name with other attributes, or no room on the disk.
    pub fn create_queue(&self, queue: &QueueRef, attributes: Attributes) -> Result<Created, MnsError> {
        self.change(|state, now| state.create_queue(queue, attributes, now))
    }

    /// Gives a queue other attributes, its dead-letter policy included.
    ///
    /// # Errors
    /// A bad attribute, or no such queue.
    pub fn set_attributes(&self, queue: &QueueRef, attributes: Attributes) -> Result<(), MnsError> {
        self.change(|state, now| state.set_attributes(queue, attributes, now))
    }

    /// Removes a queue with its messages. Returns whether it was there.
    ///
    /// # Errors
    /// No room on the disk.
    pub fn delete_queue(&self, queue: &QueueRef) -> Result<bool, MnsError> {
        self.change(|state, _| Ok(state.remove_queue(queue)))
    }

    /// All queues of all accounts and regions, with how many messages each holds.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueSummary> {
        let mut state = self.lock();
        state.settle(self.shared.clock.now());
        state.summaries()
    }

    /// One queue.
    ///
    /// # Errors
    /// No such queue.
    pub fn queue(&self, queue: &QueueRef) -> Result<QueueSummary, MnsError> {
        self.change(|state, _| state.summary(queue))
    }

    /// Sends a message of usual priority; `delay` in cloud time, to the second. Without one the queue's own delay holds.
    ///
    /// # Errors
    /// No such queue, an empty or too long body, a delay of more than seven days.
    pub fn send(&self, queue: &QueueRef, body: impl Into<String>, delay: Option<Duration>) -> Result<Sent, MnsError> {
        self.send_content(queue, Content::new(body), delay)
    }

    /// Sends a message with everything that can be said of one.
    ///
    /// # Errors
    /// As [`Mns::send`].
    pub fn send_content(&self, queue: &QueueRef, content: Content, delay: Option<Duration>) -> Result<Sent, MnsError> {
        let delay = delay.map(|delay| u32::try_from(delay.as_secs()).unwrap_or(u32::MAX));
        self.change(|state, now| state.send(queue, content, delay, now))
    }

    /// Receives up to `most` messages. When there is none, waits up to `wait` of cloud time for one, and returns as soon as
    /// there is. Dropping the future loses nothing.
    ///
    /// # Errors
    /// No such queue, also when it is deleted meanwhile. More receives in this second than the queue answers.
    pub async fn receive(&self, queue: &QueueRef, most: usize, wait: Duration) -> Result<Vec<Delivery>, MnsError> {
        let clock = &self.shared.clock;
        let deadline = clock.now() + wait;
        let mut admitted = false;
        loop {
            // The lock is not held across the wait, so the waiter is registered before it is given back.
            let received = self.change(|state, now| {
                if !admitted {
                    state.admit_receive(queue, now)?;
                    admitted = true;
                }
                let deliveries = state.receive(queue, most, now)?;
                if !deliveries.is_empty() || now >= deadline {
                    return Ok(ControlFlow::Break(deliveries));
                }
                let arrival = Arc::clone(&state.index(queue)?.arrival).notified_owned();
                Ok(ControlFlow::Continue((arrival, state.next_visible(queue))))
            })?;
            let (arrival, next_visible) = match received {
                ControlFlow::Break(deliveries) => return Ok(deliveries),
                ControlFlow::Continue(waiting) => waiting,
            };
            let wake = next_visible.map_or(deadline, |at| at.min(deadline));
            tokio::select! {
                () = arrival => {}
                () = clock.sleep_until(wake) => {}
            }
        }
    }

    /// Removes a received message.
    ///
    /// # Errors
    /// [`MnsError::MessageNotExist`] when the handle holds no longer: the message is visible again, or was received anew.
    pub fn delete(&self, queue: &QueueRef, receipt_handle: &str) -> Result<(), MnsError> {
        self.change(|state, now| state.delete(queue, receipt_handle, now))
    }

    /// Hides a received message for `timeout` (1 s to 12 h of cloud time, to the second) from now on.
    ///
    /// # Errors
    /// As [`Mns::delete`]; a timeout out of range.
    pub fn change_visibility(
        &self,
        queue: &QueueRef,
        receipt_handle: &str,
        timeout: Duration,
    ) -> Result<Renewed, MnsError> {
        let seconds = u32::try_from(timeout.as_secs()).unwrap_or(u32::MAX);
        self.change(|state, now| state.change_visibility(queue, receipt_handle, seconds, now))
    }

    /// What the XML API offers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::new(Product::Mns, operation::ALL, include_str!("codes.txt"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, act: impl FnOnce(&mut State, Timestamp) -> Result<T, MnsError>) -> Result<T, MnsError> {
        self.shared.change(&mut *self.lock(), act)
    }
}

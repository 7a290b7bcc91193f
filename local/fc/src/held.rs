//! Messages that a trigger has in hand: hidden from everybody else as long as it works on them.
//!
//! What is dropped without being deleted or moved becomes visible again at once, so a trigger that is stopped in the middle
//! of a call, or during a pause, gives its messages back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use local_core::clock::Clock;
use local_mns::{Delivery, Mns, MnsError, QueueRef};

/// How long messages are hidden at a time, in cloud time. Should this process die, they come back after it.
const HIDE: Duration = Duration::from_secs(60);

/// The same in real time: with a fast clock a minute may be less than a program needs to say that it is still there.
const HIDE_REAL: Duration = Duration::from_secs(3);

/// The longest that the service hides a message.
const HIDE_MOST: Duration = Duration::from_secs(43_200);

/// Some messages of one queue, received and not yet done with.
pub(super) struct Held {
    mns: Mns,
    queue: QueueRef,
    clock: Clock,
    /// Each message with the handle that holds now; `None` once it was lost to somebody else.
    messages: Mutex<Vec<(Delivery, Option<String>)>>,
}

impl Held {
    /// Takes received messages in hand and hides them for a while.
    pub(super) fn new(mns: &Mns, queue: &QueueRef, clock: &Clock, received: Vec<Delivery>) -> Self {
        let messages = received
            .into_iter()
            .map(|delivery| {
                let handle = Some(delivery.receipt_handle.clone());
                (delivery, handle)
            })
            .collect();
        let held =
            Self { mns: mns.clone(), queue: queue.clone(), clock: clock.clone(), messages: Mutex::new(messages) };
        // Most queues hide what was received for long enough by themselves.
        let enough = clock.now() + held.hidden() * 2 / 3;
        if held.messages().iter().any(|(delivery, _)| delivery.next_visible_at < enough) {
            held.hide_for(held.hidden());
        }
        held
    }

    /// Adds the messages of `other`.
    pub(super) fn join(&self, other: Self) {
        let more = std::mem::take(&mut *other.messages());
        self.messages().extend(more);
    }

    /// What is in hand.
    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.messages().iter().map(|(delivery, _)| delivery.clone()).collect()
    }

    /// Splits off the messages that `which` says yes to.
    pub(super) fn split(&self, mut which: impl FnMut(&Delivery) -> bool) -> Self {
        let taken = self.messages().extract_if(.., |(delivery, _)| which(delivery)).collect();
        Self {
            mns: self.mns.clone(),
            queue: self.queue.clone(),
            clock: self.clock.clone(),
            messages: Mutex::new(taken),
        }
    }

    /// Does `work` and keeps the messages hidden meanwhile.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let hidden = self.hidden();
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.clock.sleep(hidden / 3) => self.hide_for(hidden),
            }
        }
    }

    /// Done: takes the messages out of the queue.
    pub(super) fn delete(&self) {
        for (delivery, handle) in self.messages().drain(..) {
            let Some(handle) = handle else { continue };
            if let Err(error) = self.mns.delete(&self.queue, &handle) {
                tracing::warn!(queue = self.queue.name, message = delivery.message_id, %error, "not deleted; comes again");
            }
        }
    }

    /// Moves the messages to `target`. Each is sent there before it is deleted here, so none is lost in between.
    pub(super) fn move_to(&self, target: &QueueRef) -> Result<(), MnsError> {
        for delivery in self.deliveries() {
            self.mns.send_content(target, delivery.content, None)?;
        }
        self.delete();
        Ok(())
    }

    fn hide_for(&self, timeout: Duration) {
        for (delivery, handle) in self.messages().iter_mut() {
            let Some(current) = handle else { continue };
            match self.mns.change_visibility(&self.queue, current, timeout) {
                Ok(renewed) => *current = renewed.receipt_handle,
                Err(error) => {
                    tracing::warn!(queue = self.queue.name, message = delivery.message_id, %error, "no longer in hand");
                    *handle = None;
                }
            }
        }
    }

    fn hidden(&self) -> Duration {
        HIDE.max(HIDE_REAL.mul_f64(self.clock.speed())).min(HIDE_MOST)
    }

    fn messages(&self) -> MutexGuard<'_, Vec<(Delivery, Option<String>)>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The shortest time there is.
        self.hide_for(Duration::from_secs(1));
    }
}

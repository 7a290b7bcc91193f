//! The `eventbridge` trigger: feeds a function from a queue (docs/reference/function-compute.md, section 4.2).
//!
//! # Guarantees
//! A message leaves its queue only after a call that carried it succeeded, or after it was written to the dead-letter queue.
//! Whatever dies in between, the message becomes visible again and is delivered once more.
//!
//! One batch is on its way at a time: the next one is taken when the call of the one before has ended and, where it failed, its
//! retries too. One slow call holds up everything behind it. Where errors are not tolerated, a batch is tried until it passes.

use std::sync::Arc;
use std::time::Duration;

use local_mns::{Delivery, QueueRef};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Inner;
use super::event;
use super::held::Held;
use super::invoke::Call;
use super::log::TriggeredBy;
use super::retry::{pause, standing};
use super::tasks::stopped;
use crate::ros::resource::{ErrorsTolerance, EventBridgeTrigger, RunMode};

/// How many messages the queue gives at a time.
const RECEIVE: usize = 16;

/// How long one question to the queue waits for a message, in cloud time.
const POLL: Duration = Duration::from_secs(30);

/// The longest a function may take that a trigger calls: EventBridge waits no longer.
const LIMIT: Duration = Duration::from_secs(300);

/// What all events of one call may measure together: 32 MB, or 128 KB for asynchronous calls.
const SYNC_BYTES: usize = 32 * 1024 * 1024;
const ASYNC_BYTES: usize = 128 * 1024;

/// A trigger with everything it needs to run.
pub(super) struct Stream {
    pub(super) inner: Arc<Inner>,
    /// The key of its function, which is looked up at each call: it may be changed meanwhile.
    pub(super) function: String,
    pub(super) name: String,
    pub(super) trigger: EventBridgeTrigger,
    pub(super) queue: QueueRef,
    pub(super) dead_letter: Option<QueueRef>,
}

impl Stream {
    /// Runs until `stop` says so; the call on its way is finished first, its retries are not waited for.
    pub(super) async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        // What faults have the queue deliver once more or late, beside the batches.
        let mut strays = JoinSet::new();
        loop {
            while strays.try_join_next().is_some() {}
            let held = tokio::select! {
                biased;
                () = stopped(stop.clone()) => break,
                held = self.collect() => held,
            };
            self.apply_faults(&held, &mut strays, &stop);
            if !held.deliveries().is_empty() {
                self.deliver(held, &stop).await;
            }
        }
        while strays.join_next().await.is_some() {}
    }

    /// Waits for a message and gathers what belongs with it. Empty after a while without any.
    async fn collect(&self) -> Held {
        let most = match self.trigger.run.mode {
            RunMode::EventStreaming => usize::try_from(self.trigger.run.window.count).unwrap_or(1),
            RunMode::EventDriven => 1,
        };
        let bytes = if self.trigger.asynchronous { ASYNC_BYTES } else { SYNC_BYTES };
        // Messages are taken only as long as even the longest ones would fit.
        let room = |gathered: &[Delivery]| {
            let size: usize = gathered.iter().map(event::size).sum();
            (most - gathered.len().min(most)).min(bytes.saturating_sub(size) / event::LARGEST)
        };
        let held = self.receive(room(&[]).max(1), POLL).await;
        let clock = &self.inner.shared.clock;
        let ends = clock.now() + Duration::from_secs(self.trigger.run.window.seconds.into());
        loop {
            let gathered = held.deliveries();
            let room = room(&gathered);
            if gathered.is_empty() || room == 0 {
                return held;
            }
            let left = Duration::try_from(ends.duration_since(clock.now())).unwrap_or(Duration::ZERO);
            let more = self.receive(room, left).await;
            if more.deliveries().is_empty() {
                return held;
            }
            held.join(more);
        }
    }

    async fn receive(&self, most: usize, wait: Duration) -> Held {
        let Inner { mns, shared, .. } = &*self.inner;
        let received = match mns.receive(&self.queue, most.min(RECEIVE), wait).await {
            Ok(received) => received,
            Err(error) => {
                tracing::error!(queue = self.queue.name, %error, "the trigger cannot receive");
                // In real time: a fast clock must not fill the log.
                tokio::time::sleep(Duration::from_secs(2)).await;
                Vec::new()
            }
        };
        Held::new(mns, &self.queue, &shared.clock, received)
    }

    /// Does what faults ask for: copies go beside the original, late messages wait on their own.
    fn apply_faults(self: &Arc<Self>, held: &Held, strays: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        for delivery in held.deliveries() {
            let fate = self.inner.shared.faults.on_delivery(&self.queue.name, &delivery.message_id);
            for _ in 1..fate.copies {
                let (stream, copy) = (Arc::clone(self), vec![delivery.clone()]);
                strays.spawn(async move {
                    stream.inner.shared.clock.sleep(fate.delay).await;
                    stream.call(&copy, 0).await;
                });
            }
            if !fate.delay.is_zero() {
                let late = held.split(|other| other.message_id == delivery.message_id);
                let (stream, stop) = (Arc::clone(self), stop.clone());
                strays.spawn(async move {
                    tokio::select! {
                        biased;
                        () = stopped(stop.clone()) => return,
                        () = late.during(stream.inner.shared.clock.sleep(fate.delay)) => {}
                    }
                    stream.deliver(late, &stop).await;
                });
            }
        }
    }

    /// Delivers one batch, with all its retries, to its end.
    async fn deliver(&self, held: Held, stop: &watch::Receiver<bool>) {
        let mut attempt = 0;
        loop {
            if held.during(self.call(&held.deliveries(), attempt)).await {
                held.delete();
                return;
            }
            attempt += 1;
            let ids = &self.inner.shared.ids;
            let wait = match (pause(self.trigger.run.retry, attempt, ids), self.trigger.run.tolerance) {
                (Some(wait), _) => wait,
                (None, ErrorsTolerance::All) => {
                    self.give_up(&held);
                    return;
                }
                (None, ErrorsTolerance::None) => standing(self.trigger.run.retry, ids),
            };
            let clock = &self.inner.shared.clock;
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => return,
                () = held.during(clock.sleep(wait)) => {}
            }
        }
    }

    /// Calls the function once with these messages. Returns whether it succeeded.
    async fn call(&self, messages: &[Delivery], retry: u32) -> bool {
        let Ok(deployed) = self.inner.deployed(&self.function) else { return false };
        let pool = &deployed.pool;
        let bus = format!("MNS-{}-{}", pool.config.function_name, self.name);
        let event = event::batch(&self.trigger, &bus, &pool.place, self.inner.shared.clock.now(), messages);
        let by = TriggeredBy::Queue(self.name.clone());
        if self.trigger.asynchronous {
            return self.inner.accept(&self.function, event, by).is_ok();
        }
        let call = Call { retry, messages: messages.len(), limit: Some(LIMIT), ..Call::event(event, by) };
        self.inner.invoke(pool, call).await.outcome.is_success()
    }

    fn give_up(&self, held: &Held) {
        let messages: Vec<String> = held.deliveries().into_iter().map(|delivery| delivery.message_id).collect();
        let queue = &self.queue.name;
        match &self.dead_letter {
            None => {
                tracing::error!(queue, ?messages, "dropped after all retries: the trigger has no dead-letter queue");
                held.delete();
            }
            Some(target) => match held.move_to(target) {
                Ok(()) => tracing::error!(queue, ?messages, target = target.name, "moved to the dead-letter queue"),
                Err(error) => {
                    tracing::error!(queue, ?messages, target = target.name, %error, "could not be moved; comes again");
                }
            },
        }
    }
}

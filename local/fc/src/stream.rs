//! The `eventbridge` trigger: feeds a function from a queue (docs/reference/function-compute.md, section 4.2).
//!
//! # Guarantees
//! A message leaves its queue only after a call that carried it succeeded, or after it was written to the dead-letter queue.
//! Whatever dies in between, the message becomes visible again and is delivered once more.
//!
//! Batches run side by side, so one slow call does not hold up the messages behind it. Where errors are not tolerated, the
//! first batch that exhausts its retries stops the stream: nothing new is taken until it has passed.

use std::sync::Arc;
use std::time::Duration;

use local_mns::{Delivery, QueueRef};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Inner;
use super::event;
use super::held::Held;
use super::invoke::{Call, invoke};
use super::log::TriggeredBy;
use super::pool::Pool;
use super::retry::{pause, standing};
use super::tasks::stopped;
use crate::ros::resource::{ErrorsTolerance, EventBridgeTrigger, RunMode};

/// How many batches of one trigger are on their way at a time.
const BATCHES: usize = 8;

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
    pub(super) pool: Arc<Pool>,
    pub(super) name: String,
    pub(super) trigger: EventBridgeTrigger,
    pub(super) queue: QueueRef,
    pub(super) dead_letter: Option<QueueRef>,
}

impl Stream {
    /// Runs until `stop` says so; calls on their way are finished first, their retries are not waited for.
    pub(super) async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let mut batches = JoinSet::new();
        // How many batches stand still because their errors are not tolerated.
        let blocked = watch::Sender::new(0_usize);
        loop {
            while batches.try_join_next().is_some() {}
            let full = batches.len() >= BATCHES;
            let mut passage = blocked.subscribe();
            let blocks = *passage.borrow() > 0;
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => break,
                _ = batches.join_next(), if full => {}
                // Also ends a collection on its way: from the moment that a batch blocks, nothing new is taken.
                _ = passage.wait_for(|count| (*count > 0) != blocks) => {}
                held = self.collect(), if !full && !blocks => self.dispatch(held, &mut batches, &stop, &blocked),
            }
        }
        while batches.join_next().await.is_some() {}
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

    /// Sends a batch on its way, with what faults ask for: copies go beside the original, late messages wait on their own.
    fn dispatch(
        self: &Arc<Self>,
        held: Held,
        batches: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
        blocked: &watch::Sender<usize>,
    ) {
        for delivery in held.deliveries() {
            let fate = self.inner.shared.faults.on_delivery(&self.queue.name, &delivery.message_id);
            for _ in 1..fate.copies {
                let (stream, copy) = (Arc::clone(self), vec![delivery.clone()]);
                batches.spawn(async move {
                    stream.inner.shared.clock.sleep(fate.delay).await;
                    stream.call(&copy, 0).await;
                });
            }
            if !fate.delay.is_zero() {
                let late = held.split(|other| other.message_id == delivery.message_id);
                self.send_off(late, fate.delay, batches, stop, blocked);
            }
        }
        if !held.deliveries().is_empty() {
            self.send_off(held, Duration::ZERO, batches, stop, blocked);
        }
    }

    fn send_off(
        self: &Arc<Self>,
        held: Held,
        delay: Duration,
        batches: &mut JoinSet<()>,
        stop: &watch::Receiver<bool>,
        blocked: &watch::Sender<usize>,
    ) {
        let (stream, stop, blocked) = (Arc::clone(self), stop.clone(), blocked.clone());
        batches.spawn(async move {
            if !delay.is_zero() {
                tokio::select! {
                    biased;
                    () = stopped(stop.clone()) => return,
                    () = held.during(stream.inner.shared.clock.sleep(delay)) => {}
                }
            }
            stream.deliver(held, stop, blocked).await;
        });
    }

    /// Delivers one batch, with all its retries, to its end.
    async fn deliver(&self, held: Held, stop: watch::Receiver<bool>, blocked: watch::Sender<usize>) {
        let mut block = Block { count: blocked, counted: false };
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
                (None, ErrorsTolerance::None) => {
                    block.enter();
                    standing(self.trigger.run.retry, ids)
                }
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
        let Inner { shared, log, .. } = &*self.inner;
        let bus = format!("MNS-{}-{}", self.pool.config.function_name, self.name);
        let event = event::batch(&self.trigger, &bus, &self.pool.place, shared.clock.now(), messages);
        let by = TriggeredBy::Queue(self.name.clone());
        if self.trigger.asynchronous {
            return self.inner.accept(&self.pool.config.function_name, event, by).is_ok();
        }
        let call = Call { retry, messages: messages.len(), limit: Some(LIMIT), ..Call::event(event, by) };
        invoke(&self.pool, shared, log, call).await.outcome.is_success()
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

/// Counts a batch as blocking for as long as this lives, once it entered.
struct Block {
    count: watch::Sender<usize>,
    counted: bool,
}

impl Block {
    fn enter(&mut self) {
        if !self.counted {
            self.counted = true;
            self.count.send_modify(|count| *count += 1);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.counted {
            self.count.send_modify(|count| *count -= 1);
        }
    }
}

//! Everything MNS knows, behind one lock: the tables, and per queue an index that says which messages are where.
//!
//! A message is delayed or inactive until its `visible_at`, then ready. Nothing moves by itself: each request first settles
//! what fell due since the last one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use local_core::ids::Ids;
use local_core::pipeline::Rows;
use local_core::table::{Changes, Storage, StorageError, Table};
use tokio::sync::Notify;

use super::attributes::DeadLetterPolicy;
use super::control::ReceiveRate;
use super::error::MnsError;
use super::rows::{MessageRow, Property, QueueRef, QueueRow};
use super::topics::{SubscriptionRow, TopicRow};

/// The tables, and what follows from them.
pub(super) struct State {
    pub queues: Table<QueueRow>,
    pub messages: Table<MessageRow>,
    pub topics: Table<TopicRow>,
    pub subscriptions: Table<SubscriptionRow>,
    /// The bucket that an account named for its logs.
    pub logging_buckets: Table<String>,
    indexes: BTreeMap<String, QueueIndex>,
    next_number: u64,
    ids: Arc<Ids>,
}

/// The messages of one queue, sorted by what happens to them next. Each message lies in `expiring` and in one other set.
#[derive(Default)]
pub(super) struct QueueIndex {
    /// Can be received: urgent ones first, then in the order they came.
    pub ready: BTreeSet<(u8, u64)>,
    /// Received, until then.
    pub inactive: BTreeSet<(Timestamp, u64)>,
    /// Never received yet, invisible until then.
    pub delayed: BTreeSet<(Timestamp, u64)>,
    expiring: BTreeSet<(Timestamp, u64)>,
    /// Wakes who waits for a message.
    pub arrival: Arc<Notify>,
    rate: ReceiveRate,
}

impl QueueIndex {
    fn lay(&mut self, number: u64, row: &MessageRow, now: Timestamp) {
        self.expiring.insert((row.expires_at, number));
        if row.visible_at <= now {
            self.ready.insert((row.content.priority, number));
        } else if row.dequeue_count > 0 {
            self.inactive.insert((row.visible_at, number));
        } else {
            self.delayed.insert((row.visible_at, number));
        }
        // Also for a message that shows itself later: who waits must learn when to look.
        self.arrival.notify_waiters();
    }

    fn lift(&mut self, number: u64, row: &MessageRow) {
        self.expiring.remove(&(row.expires_at, number));
        self.ready.remove(&(row.content.priority, number));
        self.inactive.remove(&(row.visible_at, number));
        self.delayed.remove(&(row.visible_at, number));
    }

    /// When a message becomes visible next.
    fn next_visible(&self) -> Option<Timestamp> {
        let first = |set: &BTreeSet<(Timestamp, u64)>| set.first().map(|(at, _)| *at);
        first(&self.inactive).into_iter().chain(first(&self.delayed)).min()
    }

    /// The messages that expire, and those that become visible, by `now`.
    fn due(&self, now: Timestamp) -> (Vec<u64>, Vec<u64>) {
        let until = |set: &BTreeSet<(Timestamp, u64)>| {
            set.iter().take_while(|(at, _)| *at <= now).map(|(_, number)| *number).collect::<Vec<_>>()
        };
        let mut visible = until(&self.inactive);
        visible.extend(until(&self.delayed));
        (until(&self.expiring), visible)
    }
}

impl State {
    pub(super) fn load(storage: &Storage, ids: Arc<Ids>, now: Timestamp) -> Result<Self, StorageError> {
        let mut state = Self {
            queues: Table::load(storage, "mns_queues")?,
            messages: Table::load(storage, "mns_messages")?,
            topics: Table::load(storage, "mns_topics")?,
            subscriptions: Table::load(storage, "mns_subscriptions")?,
            logging_buckets: Table::load(storage, "mns_logging_buckets")?,
            indexes: BTreeMap::new(),
            next_number: 1,
            ids,
        };
        for (key, _) in state.queues.iter() {
            state.indexes.insert(key.to_owned(), QueueIndex::default());
        }
        for (key, row) in state.messages.iter() {
            let Some((queue, number)) = split(key) else { continue };
            state.next_number = state.next_number.max(number + 1);
            state.indexes.entry(queue.to_owned()).or_default().lay(number, row, now);
        }
        Ok(state)
    }

    /// The index of a queue.
    pub(super) fn index(&self, queue: &QueueRef) -> Result<&QueueIndex, MnsError> {
        self.indexes.get(&queue.key()).ok_or_else(|| MnsError::QueueNotExist(queue.name.clone()))
    }

    pub(super) fn queue(&self, queue: &QueueRef) -> Result<&QueueRow, MnsError> {
        self.queues.get(&queue.key()).ok_or_else(|| MnsError::QueueNotExist(queue.name.clone()))
    }

    /// Counts a receive that begins.
    ///
    /// # Errors
    /// When the queue answers no more of them in this second.
    pub(super) fn admit_receive(&mut self, queue: &QueueRef, now: Timestamp) -> Result<(), MnsError> {
        let Some(most) = self.queue(queue)?.control.receives_per_second else { return Ok(()) };
        let admitted = self.indexes.get_mut(&queue.key()).is_none_or(|index| index.rate.admits(most, now));
        if admitted { Ok(()) } else { Err(MnsError::QpsLimitExceeded) }
    }

    /// Makes room for the messages of a new queue.
    pub(super) fn add_shelf(&mut self, queue: &QueueRef) {
        self.indexes.entry(queue.key()).or_default();
    }

    /// Removes a queue with all its messages, and wakes who waits for one.
    pub(super) fn remove_queue(&mut self, queue: &QueueRef) -> bool {
        let key = queue.key();
        if self.queues.remove(&key).is_none() {
            return false;
        }
        if let Some(index) = self.indexes.remove(&key) {
            for (_, number) in &index.expiring {
                self.messages.remove(&message_key(&key, *number));
            }
            index.arrival.notify_waiters();
        }
        true
    }

    /// The number of the next message.
    pub(super) fn draw_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// The id of message `number`.
    pub(super) fn draw_message_id(&self, number: u64) -> String {
        format!("{}-{number:X}", self.ids.upper_hex(24))
    }

    /// A token that tells one delivery of a message from the others.
    pub(super) fn draw_token(&self) -> String {
        self.ids.alphanumeric(24)
    }

    pub(super) fn message(&self, queue_key: &str, number: u64) -> Option<&MessageRow> {
        self.messages.get(&message_key(queue_key, number))
    }

    /// Takes a message out of its queue.
    pub(super) fn take(&mut self, queue_key: &str, number: u64) -> Option<MessageRow> {
        let row = self.messages.remove(&message_key(queue_key, number))?;
        if let Some(index) = self.indexes.get_mut(queue_key) {
            index.lift(number, &row);
        }
        Some(row)
    }

    /// Puts a message into a queue, or into its dead-letter queue when it can be received but was too often already.
    pub(super) fn put(&mut self, queue_key: &str, number: u64, row: MessageRow, now: Timestamp) {
        if row.visible_at <= now
            && let Some(policy) = self.dead_letter_policy(queue_key)
            && row.dequeue_count >= policy.max_receive_count
            && let Some(origin) = QueueRef::from_key(queue_key)
        {
            let target = QueueRef { name: policy.queue.clone(), ..origin.clone() };
            if target != origin && self.queues.get(&target.key()).is_some() {
                self.bury(&origin, &target, number, row, now);
                return;
            }
        }
        if let Some(index) = self.indexes.get_mut(queue_key) {
            index.lay(number, &row, now);
        }
        self.messages.insert(message_key(queue_key, number), row);
    }

    fn dead_letter_policy(&self, queue_key: &str) -> Option<DeadLetterPolicy> {
        self.queues.get(queue_key)?.attributes.dead_letter.clone()
    }

    /// Moves a message to the dead letters, where it begins afresh but keeps its age: retention counts over both queues.
    fn bury(&mut self, origin: &QueueRef, target: &QueueRef, number: u64, mut row: MessageRow, now: Timestamp) {
        let key = target.key();
        let Some(retention) = self.queues.get(&key).map(|queue| queue.attributes.retention()) else { return };
        let text = |name: &str, value: String| Property { name: name.into(), value, kind: "STRING".into() };
        row.content.system_properties.push(text("DLQSourceArn", origin.arn()));
        row.content.system_properties.push(text("DLQOriginMessageId", row.message_id.clone()));
        row.message_id = format!("{}-D", row.message_id);
        row.expires_at = row.enqueued_at + retention;
        row.dequeue_count = 0;
        row.first_dequeued_at = None;
        row.receipt = None;
        row.visible_at = now;
        // Too old for the dead letters too: it is gone.
        if row.expires_at > now {
            self.put(&key, number, row, now);
        }
    }

    /// When a message of this queue, or of one whose dead letters come here, becomes visible next.
    pub(super) fn next_visible(&self, queue: &QueueRef) -> Option<Timestamp> {
        let own = self.indexes.get(&queue.key());
        let beside = format!("{}/{}/", queue.account_id, queue.region);
        let feeding = self
            .queues
            .prefixed(&beside)
            .filter(|(_, row)| row.attributes.dead_letter.as_ref().is_some_and(|policy| policy.queue == queue.name))
            .filter_map(|(key, _)| self.indexes.get(key));
        own.into_iter().chain(feeding).filter_map(QueueIndex::next_visible).min()
    }
}

/// Where a message stands in its table: messages of a queue lie together, in the order they came.
pub(super) fn message_key(queue_key: &str, number: u64) -> String {
    format!("{queue_key}/{number:016x}")
}

fn split(message_key: &str) -> Option<(&str, u64)> {
    let (queue, number) = message_key.rsplit_once('/')?;
    Some((queue, u64::from_str_radix(number, 16).ok()?))
}

impl Rows for State {
    /// Brings every queue up to `now`: expired messages go, others become visible or move to the dead letters.
    fn settle(&mut self, now: Timestamp) {
        let mut due: Vec<(String, Vec<u64>, Vec<u64>)> = Vec::new();
        for (key, index) in &self.indexes {
            let (expired, visible) = index.due(now);
            if !(expired.is_empty() && visible.is_empty()) {
                due.push((key.clone(), expired, visible));
            }
        }
        for (queue, expired, visible) in due {
            for number in expired {
                self.take(&queue, number);
            }
            for number in visible {
                // An expired one is gone already.
                if let Some(row) = self.take(&queue, number) {
                    self.put(&queue, number, row, now);
                }
            }
        }
    }

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![&mut self.queues, &mut self.messages, &mut self.topics, &mut self.subscriptions, &mut self.logging_buckets]
    }
}

//! What is done with queues: create, change, show, list, delete.

use jiff::Timestamp;

use super::attributes::Attributes;
use super::control::Control;
use super::error::MnsError;
use super::rows::{Created, QueueRef, QueueRow, QueueSummary};
use super::state::State;

/// The most characters of a name.
const LONGEST_NAME: usize = 120;

/// What is wrong with a name, if anything.
pub(super) enum BadName {
    TooLong,
    Invalid,
}

/// A name begins with a letter or digit and goes on with letters, digits and hyphens.
pub(super) fn check_name(name: &str) -> Result<(), BadName> {
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !name.starts_with('-');
    match name.len() {
        0 => Err(BadName::Invalid),
        length if length > LONGEST_NAME => Err(BadName::TooLong),
        _ if well_formed => Ok(()),
        _ => Err(BadName::Invalid),
    }
}

impl State {
    /// Makes a queue, unless it is there with the same attributes.
    pub(super) fn create_queue(
        &mut self,
        queue: &QueueRef,
        attributes: Attributes,
        now: Timestamp,
    ) -> Result<Created, MnsError> {
        check_name(&queue.name).map_err(|bad| match bad {
            BadName::TooLong => MnsError::QueueNameLengthError,
            BadName::Invalid => MnsError::InvalidQueueName,
        })?;
        check_attributes(queue, &attributes)?;
        match self.queues.get(&queue.key()) {
            Some(row) if row.attributes.same_but_for_policies(&attributes) => {
                if attributes.dead_letter.is_some() && attributes.dead_letter != row.attributes.dead_letter {
                    return Err(MnsError::QueueAlreadyExist(queue.name.clone()));
                }
                Ok(Created::Existed)
            }
            Some(_) => Err(MnsError::QueueAlreadyExist(queue.name.clone())),
            None => {
                let row = QueueRow { created_at: now, modified_at: now, attributes, control: Control::default() };
                self.queues.insert(queue.key(), row);
                self.add_shelf(queue);
                Ok(Created::New)
            }
        }
    }

    /// Gives a queue other attributes. Messages that are in it keep the times they were given.
    pub(super) fn set_attributes(
        &mut self,
        queue: &QueueRef,
        attributes: Attributes,
        now: Timestamp,
    ) -> Result<(), MnsError> {
        check_attributes(queue, &attributes)?;
        let key = queue.key();
        let row = self.queues.get_mut(&key).ok_or_else(|| MnsError::QueueNotExist(queue.name.clone()))?;
        row.attributes = attributes;
        row.modified_at = now;
        // A new dead-letter policy holds for what lies ready, too.
        let ready: Vec<u64> = self.index(queue)?.ready.iter().map(|(_, number)| *number).collect();
        for number in ready {
            if let Some(message) = self.take(&key, number) {
                self.put(&key, number, message, now);
            }
        }
        Ok(())
    }

    /// Puts `control` in place of what the control plane had set.
    pub(super) fn set_control(&mut self, queue: &QueueRef, control: Control) -> Result<(), MnsError> {
        let row = self.queues.get_mut(&queue.key()).ok_or_else(|| MnsError::QueueNotExist(queue.name.clone()))?;
        row.control = control;
        Ok(())
    }

    pub(super) fn summary(&self, queue: &QueueRef) -> Result<QueueSummary, MnsError> {
        let row = self.queue(queue)?;
        let index = self.index(queue)?;
        Ok(QueueSummary {
            queue: queue.clone(),
            attributes: row.attributes.clone(),
            control: row.control.clone(),
            created_at: row.created_at,
            modified_at: row.modified_at,
            active: index.ready.len(),
            inactive: index.inactive.len(),
            delayed: index.delayed.len(),
        })
    }

    /// All queues of all accounts.
    pub(super) fn summaries(&self) -> Vec<QueueSummary> {
        let queues = self.queues.iter().filter_map(|(key, _)| QueueRef::from_key(key));
        queues.filter_map(|queue| self.summary(&queue).ok()).collect()
    }
}

fn check_attributes(queue: &QueueRef, attributes: &Attributes) -> Result<(), MnsError> {
    attributes.check()?;
    match &attributes.dead_letter {
        Some(policy) if policy.queue == queue.name => {
            Err(MnsError::InvalidArgument("A queue cannot be its own dead-letter queue.".into()))
        }
        _ => Ok(()),
    }
}

/// One page of a listing: what lies behind `marker` and begins with `prefix`, at most `most`, and where to go on.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    pub next_marker: Option<String>,
}

/// What a listing asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct PageOf {
    pub prefix: String,
    /// The last name of the page before.
    pub marker: String,
    pub most: Option<usize>,
}

impl PageOf {
    /// The page of `names`, which come sorted.
    pub(super) fn cut<T>(&self, names: impl Iterator<Item = (String, T)>) -> Page<T> {
        let most = self.most.unwrap_or(1_000);
        let mut last = String::new();
        let mut items = Vec::new();
        let wanted = names.filter(|(name, _)| name.starts_with(&self.prefix) && *name > self.marker);
        for (name, item) in wanted {
            if items.len() == most {
                return Page { items, next_marker: Some(last) };
            }
            last = name;
            items.push(item);
        }
        Page { items, next_marker: None }
    }
}

//! What is done with messages: send, receive, peek, delete, change visibility.

use std::time::Duration;

use jiff::Timestamp;
use local_core::refuse_if;
use md5::{Digest, Md5};

use super::attributes::in_range;
use super::error::MnsError;
use super::rows::{Content, Delivery, MessageRow, QueueRef, Receipt, Renewed, Sent};
use super::state::State;

/// The most messages of one batch.
pub(super) const BATCH: usize = 16;

impl State {
    /// Puts a message into a queue, invisible for `delay` or, without one, for as long as the queue says.
    pub(super) fn send(
        &mut self,
        queue: &QueueRef,
        content: Content,
        delay: Option<u32>,
        now: Timestamp,
    ) -> Result<Sent, MnsError> {
        let attributes = &self.queue(queue)?.attributes;
        let delay = delay.unwrap_or(attributes.delay_seconds);
        in_range("DelaySeconds", delay, 0..=604_800)?;
        in_range("Priority", content.priority.into(), 1..=16)?;
        refuse_if!(content.body.is_empty(), MnsError::InvalidArgument("The message body should not be empty.".into()));
        if content.body.len() > attributes.maximum_message_size as usize {
            let most = attributes.maximum_message_size;
            return Err(MnsError::InvalidArgument(format!("The message body should have at most {most} bytes.")));
        }
        let expires_at = now + attributes.retention();
        let number = self.draw_number();
        let sent =
            Sent { message_id: self.draw_message_id(number), body_md5: body_md5(&content.body), receipt_handle: None };
        let receipt = (delay > 0).then(|| self.draw_token());
        let row = MessageRow {
            message_id: sent.message_id.clone(),
            content,
            enqueued_at: now,
            visible_at: now + Duration::from_secs(delay.into()),
            expires_at,
            first_dequeued_at: None,
            dequeue_count: 0,
            receipt: receipt.clone(),
        };
        self.put(&queue.key(), number, row, now);
        Ok(Sent { receipt_handle: receipt.map(|token| Receipt::write(number, &token)), ..sent })
    }

    /// Takes up to `most` messages that can be received, and hides each for the queue's visibility timeout.
    pub(super) fn receive(&mut self, queue: &QueueRef, most: usize, now: Timestamp) -> Result<Vec<Delivery>, MnsError> {
        let visibility = Duration::from_secs(self.queue(queue)?.attributes.visibility_timeout.into());
        let key = queue.key();
        let numbers: Vec<u64> = self.index(queue)?.ready.iter().take(most).map(|(_, number)| *number).collect();
        let mut deliveries = Vec::with_capacity(numbers.len());
        for number in numbers {
            let token = self.draw_token();
            let Some(mut row) = self.take(&key, number) else { continue };
            row.dequeue_count += 1;
            row.visible_at = now + visibility;
            row.first_dequeued_at.get_or_insert(now);
            deliveries.push(Delivery {
                message_id: row.message_id.clone(),
                content: row.content.clone(),
                receipt_handle: Receipt::write(number, &token),
                enqueued_at: row.enqueued_at,
                first_dequeued_at: row.first_dequeued_at.unwrap_or(now),
                next_visible_at: row.visible_at,
                dequeue_count: row.dequeue_count,
            });
            row.receipt = Some(token);
            self.put(&key, number, row, now);
        }
        Ok(deliveries)
    }

    /// Shows up to `most` messages that could be received, and changes nothing.
    pub(super) fn peek(&self, queue: &QueueRef, most: usize) -> Result<Vec<MessageRow>, MnsError> {
        let key = queue.key();
        let ready = self.index(queue)?.ready.iter().take(most);
        Ok(ready.filter_map(|(_, number)| self.message(&key, *number).cloned()).collect())
    }

    /// Removes the message that `handle` names.
    pub(super) fn delete(&mut self, queue: &QueueRef, handle: &str, now: Timestamp) -> Result<(), MnsError> {
        let number = self.held(queue, handle, now)?;
        self.take(&queue.key(), number);
        Ok(())
    }

    /// Hides the message that `handle` names for `timeout` seconds from now, under a new handle.
    pub(super) fn change_visibility(
        &mut self,
        queue: &QueueRef,
        handle: &str,
        timeout: u32,
        now: Timestamp,
    ) -> Result<Renewed, MnsError> {
        in_range("VisibilityTimeout", timeout, 1..=43_200)?;
        let number = self.held(queue, handle, now)?;
        let token = self.draw_token();
        let key = queue.key();
        let mut row = self.take(&key, number).ok_or(MnsError::MessageNotExist)?;
        row.visible_at = now + Duration::from_secs(timeout.into());
        let renewed = Renewed { receipt_handle: Receipt::write(number, &token), next_visible_at: row.visible_at };
        row.receipt = Some(token);
        self.put(&key, number, row, now);
        Ok(renewed)
    }

    /// The number of the message that `handle` names, as long as the handle holds: until the message becomes visible again,
    /// or the handle is replaced.
    fn held(&self, queue: &QueueRef, handle: &str, now: Timestamp) -> Result<u64, MnsError> {
        self.queue(queue)?;
        let Receipt { number, token } = Receipt::parse(handle)?;
        match self.message(&queue.key(), number) {
            Some(row) if row.receipt.as_deref() == Some(token) && row.visible_at > now => Ok(number),
            _ => Err(MnsError::MessageNotExist),
        }
    }
}

/// The MD5 of a body as it was sent, in upper-case hex.
pub(super) fn body_md5(body: &str) -> String {
    hex::encode_upper(Md5::digest(body.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_md5_is_that_of_the_body_as_sent_in_upper_case() {
        assert_eq!(body_md5("aGVsbG8="), "0733351879B2FA9BD05C7CA3061529C0");
    }
}

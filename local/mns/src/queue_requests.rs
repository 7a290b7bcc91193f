//! The operations on queues and on the account: from a request's document to the reply's.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use local_core::xml::Element;

use super::Mns;
use super::attributes::Attributes;
use super::error::MnsError;
use super::operation::Operation;
use super::reply::{Place, Reply, header, listing, page_of};
use super::rows::QueueRef;
use super::wire::{self, NAMESPACE, ToSend};

impl Mns {
    pub(super) fn perform(
        &self,
        place: &Place,
        operation: Operation,
        body: &[u8],
        headers: &HeaderMap,
    ) -> Result<Reply, MnsError> {
        use Operation::*;
        match operation {
            CreateQueue(name) => {
                let attributes = Attributes::default().changed_by(&wire::document(body, "Queue")?)?;
                let created = self.create_queue(&place.queue(&name), attributes)?;
                Ok(Reply::created(created, format!("{}/queues/{name}", place.address)))
            }
            SetQueueAttributes(name) => {
                let document = wire::document(body, "Queue")?;
                let queue = place.queue(name);
                self.change(|state, now| {
                    let attributes = state.queue(&queue)?.attributes.clone().changed_by(&document)?;
                    state.set_attributes(&queue, attributes, now)
                })?;
                Ok(Reply::nothing())
            }
            GetQueueAttributes(name) => {
                let summary = self.queue(&place.queue(name))?;
                Ok(Reply::ok(wire::queue(Element::new("Queue").in_namespace(NAMESPACE), &summary)))
            }
            // Whether the service minds that there is none is not documented; clients must take either answer.
            DeleteQueue(name) => self.delete_queue(&place.queue(name)).map(|_| Reply::nothing()),
            ListQueue => self.list_queues(place, headers),
            SendMessage(name) => self.send_message(&place.queue(name), body),
            PeekMessage { queue, batch } => {
                let queue = place.queue(queue);
                let rows = self.change(|state, _| state.peek(&queue, batch.unwrap_or(1)))?;
                match rows.is_empty() {
                    true => Err(MnsError::MessageNotExist),
                    false => Ok(Reply::ok(wire::messages(rows.iter().map(wire::peeked).collect(), batch.is_some()))),
                }
            }
            DeleteMessage { queue, handle } => self.delete(&place.queue(queue), &handle).map(|()| Reply::nothing()),
            BatchDeleteMessage(name) => self.delete_batch(&place.queue(name), body),
            ChangeMessageVisibility { queue, handle, timeout } => {
                let timeout = Duration::from_secs(timeout.into());
                let renewed = self.change_visibility(&place.queue(queue), &handle, timeout)?;
                Ok(Reply::ok(wire::renewed(&renewed)))
            }
            GetAccountAttributes => {
                let bucket = self
                    .change(|state, _| Ok(state.logging_buckets.get(&place.account_id).cloned().unwrap_or_default()))?;
                let account = Element::new("Account").in_namespace(NAMESPACE);
                Ok(Reply::ok(account.field("LoggingBucket", bucket)))
            }
            SetAccountAttributes => {
                let document = wire::document(body, "Account")?;
                if let Some(bucket) = document.child_text("LoggingBucket") {
                    self.change(|state, _| {
                        state.logging_buckets.insert(&place.account_id, bucket.to_owned());
                        Ok(())
                    })?;
                }
                Ok(Reply::nothing())
            }
            other => self.perform_on_topic(place, other, body, headers),
        }
    }

    fn send_message(&self, queue: &QueueRef, body: &[u8]) -> Result<Reply, MnsError> {
        match wire::to_send(body)? {
            ToSend::One(outgoing) => {
                let (content, delay) = outgoing?;
                let sent = self.change(|state, now| state.send(queue, content, delay, now))?;
                Ok(Reply::status(StatusCode::CREATED, wire::sent(&sent).in_namespace(NAMESPACE)))
            }
            ToSend::Batch(batch) => {
                let outcomes = self.change(|state, now| {
                    state.queue(queue)?;
                    let send = |outgoing: wire::Outgoing| {
                        let (content, delay) = outgoing?;
                        state.send(queue, content, delay, now)
                    };
                    Ok(batch.into_iter().map(send).collect::<Vec<_>>())
                })?;
                // The status of a partly failed batch is not documented; the SDKs read the list on any error status.
                let status = match outcomes.iter().all(Result::is_ok) {
                    true => StatusCode::CREATED,
                    false => StatusCode::INTERNAL_SERVER_ERROR,
                };
                Ok(Reply::status(status, wire::batch_sent(&outcomes)))
            }
        }
    }

    fn delete_batch(&self, queue: &QueueRef, body: &[u8]) -> Result<Reply, MnsError> {
        let handles = wire::receipt_handles(body)?;
        let failures = self.change(|state, now| {
            state.queue(queue)?;
            let delete = |handle: String| Some((handle.clone(), state.delete(queue, &handle, now).err()?));
            Ok(handles.into_iter().filter_map(delete).collect::<Vec<_>>())
        })?;
        match failures.is_empty() {
            true => Ok(Reply::nothing()),
            false => Ok(Reply::status(StatusCode::NOT_FOUND, wire::delete_failures(&failures))),
        }
    }

    fn list_queues(&self, place: &Place, headers: &HeaderMap) -> Result<Reply, MnsError> {
        let page = page_of(headers)?;
        let with_meta = header(headers, "x-mns-with-meta").eq_ignore_ascii_case("true");
        let mut queues = self.queues();
        queues.retain(|row| row.queue.account_id == place.account_id && row.queue.region == place.region);
        let page = page.cut(queues.into_iter().map(|row| (row.queue.name.clone(), row)));
        let items = page.items.iter().map(|row| {
            let item = Element::new("Queue").field("QueueURL", format!("{}/queues/{}", place.address, row.queue.name));
            if with_meta { wire::queue(item, row) } else { item }
        });
        Ok(Reply::ok(listing("Queues", items, page.next_marker)))
    }
}

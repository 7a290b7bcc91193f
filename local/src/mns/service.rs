//! One HTTP request: who asks, for which account and region, for what; then the reply.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};

use super::attributes::Attributes;
use super::error::MnsError;
use super::operation::Operation;
use super::queues::PageOf;
use super::rows::{Created, QueueRef};
use super::topics::{NotifyStrategy, SubscriptionAttributes, TopicAttributes};
use super::wire::{self, NAMESPACE, ToSend};
use super::{Mns, caller};
use crate::calls::{Call, CallInfo, Outcome, Product};
use crate::faults::{Fault, Swallow};
use crate::xml::Element;

/// The account and region that a request works in.
struct Place {
    account_id: String,
    region: String,
    /// Where the client reaches the service, for the addresses in replies.
    address: String,
}

impl Place {
    fn queue(&self, name: impl Into<String>) -> QueueRef {
        QueueRef::new(&self.account_id, &self.region, name)
    }
}

/// An answer before it is written out.
struct Reply {
    status: StatusCode,
    body: Option<Element>,
    location: Option<String>,
    fate: Fate,
}

/// Whether the caller gets to see the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    DroppedBefore,
    AnswerLost,
}

impl Reply {
    fn ok(body: Element) -> Self {
        Self { status: StatusCode::OK, body: Some(body), location: None, fate: Fate::Answered }
    }

    fn status(status: StatusCode, body: Element) -> Self {
        Self { status, body: Some(body), location: None, fate: Fate::Answered }
    }

    fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, location: None, fate: Fate::Answered }
    }

    /// The Python SDK reads `Location` on both statuses.
    fn created(created: Created, location: String) -> Self {
        let status = match created {
            Created::New => StatusCode::CREATED,
            Created::Existed => StatusCode::NO_CONTENT,
        };
        Self { status, body: None, location: Some(location), fate: Fate::Answered }
    }
}

impl Mns {
    /// Answers one request of the XML API. A long poll waits here, in cloud time.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.upper_hex(24);
        let address = address(&parts);
        let mut call = Call {
            info: CallInfo {
                product: Product::Mns,
                action: String::new(),
                account: String::new(),
                region: self.shared.home.region.clone(),
            },
            is_write: false,
            outcome: Outcome::Done,
            request_id: request_id.clone(),
            resource: None,
            at: self.shared.clock.now(),
        };
        let outcome = self.answer(&parts, &body, &address, &mut call).await;
        let reply = outcome.unwrap_or_else(|error| {
            call.outcome = Outcome::Refused { code: error.code().to_owned() };
            let body = Element::new("Error")
                .in_namespace(NAMESPACE)
                .field("Code", error.code())
                .field("Message", &error)
                .field("RequestId", &request_id)
                .field("HostId", &address);
            Reply { fate: Fate::Answered, ..Reply::status(error.status(), body) }
        });
        let fate = reply.fate;
        let mut response = self.write(reply, &request_id);
        if fate != Fate::Answered {
            response.extensions_mut().insert(Swallow);
        }
        match fate {
            Fate::Answered => {}
            Fate::DroppedBefore => call.outcome = Outcome::DroppedBefore,
            Fate::AnswerLost => call.outcome = Outcome::AnswerLost,
        }
        response.extensions_mut().insert(call);
        response
    }

    fn write(&self, reply: Reply, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(reply.body.map(|body| Bytes::from(body.document())).unwrap_or_default());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert("x-mns-version", HeaderValue::from_static(signing::mns::VERSION));
        headers.insert(http::header::SERVER, HeaderValue::from_static("AliyunMNS"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=utf-8"));
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.shared.clock.wall());
        let written = [
            ("x-mns-request-id", Some(request_id.to_owned())),
            ("date", date.ok()),
            (LOCATION.as_str(), reply.location),
        ];
        for (name, value) in written {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }

    async fn answer(&self, parts: &Parts, body: &[u8], address: &str, call: &mut Call) -> Result<Reply, MnsError> {
        let caller = caller::identify(&self.shared, parts, body)?;
        call.info.account.clone_from(&caller.account_id);
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).or(parts.uri.host());
        let (account_id, region) = match host.and_then(account_and_region) {
            Some(named) => named,
            None => (caller.account_id.clone(), self.shared.home.region.clone()),
        };
        call.info.region.clone_from(&region);
        let place = Place { account_id, region, address: address.to_owned() };
        let operation = Operation::read(&parts.method, &parts.uri)?;
        call.info.action = operation.action().to_owned();
        call.is_write = operation.is_write();
        call.resource = operation.resource().map(str::to_owned);
        if place.account_id != caller.account_id {
            let text = format!("the resources of account {} belong to somebody else.", place.account_id);
            return Err(MnsError::AccessDenied(text));
        }
        let fault = self.shared.faults.on_request(&call.info);
        if let Some(fault) = &fault
            && let Some(refusal) = ordered_refusal(fault)
        {
            return Err(refusal);
        }
        if fault == Some(Fault::DropBefore) {
            return Ok(Reply { fate: Fate::DroppedBefore, ..Reply::nothing() });
        }
        let outcome = match operation {
            Operation::ReceiveMessage { queue, batch, wait_seconds } => {
                self.receive_messages(&place.queue(queue), batch, wait_seconds).await
            }
            other => self.perform(&place, other, body, &parts.headers),
        };
        match fault {
            Some(Fault::Slow { milliseconds }) => {
                self.shared.clock.sleep(Duration::from_millis(milliseconds)).await;
                outcome
            }
            // Whether it succeeded or not, nobody hears of it.
            Some(Fault::LoseAnswer) => {
                Ok(Reply { fate: Fate::AnswerLost, ..outcome.unwrap_or_else(|_| Reply::nothing()) })
            }
            _ => outcome,
        }
    }

    async fn receive_messages(
        &self,
        queue: &QueueRef,
        batch: Option<usize>,
        wait_seconds: Option<u32>,
    ) -> Result<Reply, MnsError> {
        let wait = match wait_seconds {
            Some(seconds) => seconds,
            None => self.queue(queue)?.attributes.polling_wait_seconds,
        };
        let deliveries = self.receive(queue, batch.unwrap_or(1), Duration::from_secs(wait.into())).await?;
        if deliveries.is_empty() {
            return Err(MnsError::MessageNotExist);
        }
        Ok(Reply::ok(wire::messages(deliveries.iter().map(wire::delivery).collect(), batch.is_some())))
    }

    fn perform(
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

    fn perform_on_topic(
        &self,
        place: &Place,
        operation: Operation,
        body: &[u8],
        headers: &HeaderMap,
    ) -> Result<Reply, MnsError> {
        use Operation::*;
        match operation {
            CreateTopic(name) => {
                let attributes = TopicAttributes::default().changed_by(&wire::document(body, "Topic")?)?;
                let created = self.change(|state, now| state.create_topic(&place.queue(&name), attributes, now))?;
                Ok(Reply::created(created, format!("{}/topics/{name}", place.address)))
            }
            SetTopicAttributes(name) => {
                let document = wire::document(body, "Topic")?;
                let topic = place.queue(name);
                self.change(|state, now| {
                    let attributes = state.topic(&topic)?.attributes.clone().changed_by(&document)?;
                    state.set_topic(&topic, attributes, now)
                })?;
                Ok(Reply::nothing())
            }
            GetTopicAttributes(name) => {
                let topic = place.queue(&name);
                let row = self.change(|state, _| state.topic(&topic).cloned())?;
                Ok(Reply::ok(wire::topic(&name, &row)))
            }
            DeleteTopic(name) => {
                self.change(|state, _| {
                    state.remove_topic(&place.queue(name));
                    Ok(())
                })?;
                Ok(Reply::nothing())
            }
            ListTopic => self.list_topics(place, headers),
            PublishMessage(name) => {
                let publication = wire::publication(body)?;
                let sent = self.change(|state, now| state.publish(&place.queue(name), publication, now))?;
                Ok(Reply::status(StatusCode::CREATED, wire::sent(&sent).in_namespace(NAMESPACE)))
            }
            Subscribe { topic, name } => {
                let attributes = SubscriptionAttributes::read(&wire::document(body, "Subscription")?)?;
                let created =
                    self.change(|state, now| state.subscribe(&place.queue(&topic), &name, attributes, now))?;
                let location = format!("{}/topics/{topic}/subscriptions/{name}", place.address);
                Ok(Reply::created(created, location))
            }
            SetSubscriptionAttributes { topic, name } => {
                let strategy = NotifyStrategy::read(&wire::document(body, "Subscription")?)?;
                self.change(|state, now| state.set_subscription(&place.queue(topic), &name, strategy, now))?;
                Ok(Reply::nothing())
            }
            GetSubscriptionAttributes { topic, name } => {
                let topic = place.queue(topic);
                let row = self.change(|state, _| state.subscription(&topic, &name).cloned())?;
                Ok(Reply::ok(wire::subscription(&topic, &name, &row)))
            }
            Unsubscribe { topic, name } => {
                self.change(|state, _| state.unsubscribe(&place.queue(topic), &name))?;
                Ok(Reply::nothing())
            }
            ListSubscriptionByTopic(topic) => self.list_subscriptions(place, &topic, headers),
            other => Err(MnsError::InvalidRequestUrl(format!("{other:?}"))),
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

    fn list_topics(&self, place: &Place, headers: &HeaderMap) -> Result<Reply, MnsError> {
        let prefix = place.queue("").key();
        let names: Vec<String> = self.change(|state, _| {
            Ok(state.topics.prefixed(&prefix).map(|(key, _)| key.trim_start_matches(&prefix).to_owned()).collect())
        })?;
        let page = page_of(headers)?.cut(names.into_iter().map(|name| (name.clone(), name)));
        let items = page
            .items
            .iter()
            .map(|name| Element::new("Topic").field("TopicURL", format!("{}/topics/{name}", place.address)));
        Ok(Reply::ok(listing("Topics", items, page.next_marker)))
    }

    fn list_subscriptions(&self, place: &Place, topic: &str, headers: &HeaderMap) -> Result<Reply, MnsError> {
        let topic_ref = place.queue(topic);
        let names: Vec<String> = self.change(|state, _| {
            state.topic(&topic_ref)?;
            Ok(state.subscriptions_of(&topic_ref).map(|(name, _)| name.to_owned()).collect())
        })?;
        let page = page_of(headers)?.cut(names.into_iter().map(|name| (name.clone(), name)));
        let items = page.items.iter().map(|name| {
            let address = format!("{}/topics/{topic}/subscriptions/{name}", place.address);
            Element::new("Subscription").field("SubscriptionURL", address)
        });
        Ok(Reply::ok(listing("Subscriptions", items, page.next_marker)))
    }
}

/// The refusal that a fault orders, if it orders one.
fn ordered_refusal(fault: &Fault) -> Option<MnsError> {
    let (status, code) = match fault {
        // Its status is not documented.
        Fault::Throttle => (StatusCode::BAD_REQUEST, "QpsLimitExceeded"),
        Fault::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Fault::Refuse { status, code } => {
            (StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST), code.as_str())
        }
        Fault::LoseAnswer | Fault::DropBefore | Fault::Slow { .. } => return None,
    };
    Some(MnsError::Ordered { status, code: code.to_owned() })
}

fn listing(root: &str, items: impl Iterator<Item = Element>, next_marker: Option<String>) -> Element {
    Element::new(root).in_namespace(NAMESPACE).with_all(items).optional("NextMarker", next_marker)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn page_of(headers: &HeaderMap) -> Result<PageOf, MnsError> {
    let most = match header(headers, "x-mns-ret-number") {
        "" => None,
        text => match text.parse() {
            Ok(number @ 1..=1_000) => Some(number),
            _ => return Err(MnsError::InvalidArgument("The value of x-mns-ret-number should be 1 to 1000.".into())),
        },
    };
    Ok(PageOf {
        prefix: header(headers, "x-mns-prefix").to_owned(),
        marker: header(headers, "x-mns-marker").to_owned(),
        most,
    })
}

/// `http://` and the host that the client asked.
fn address(parts: &Parts) -> String {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
    match host.unwrap_or("localhost") {
        // Some SDKs put the whole address there.
        whole if whole.contains("://") => whole.trim_end_matches('/').to_owned(),
        host => format!("http://{host}"),
    }
}

/// The account and region in a host `{account}.mns.{region}[-internal|-vpc].aliyuncs.com`.
fn account_and_region(host: &str) -> Option<(String, String)> {
    let host = host.split(':').next()?;
    let (account, rest) = host.split_once(".mns.")?;
    let region = rest.split('.').next()?;
    let region = region.strip_suffix("-internal").or(region.strip_suffix("-vpc")).unwrap_or(region);
    let numeric = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then(|| (account.to_owned(), region.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_names_account_and_region() {
        let expected = Some(("123".to_owned(), "cn-hangzhou".to_owned()));
        for host in [
            "123.mns.cn-hangzhou.aliyuncs.com",
            "123.mns.cn-hangzhou-internal.aliyuncs.com",
            "123.mns.cn-hangzhou-vpc.aliyuncs.com:80",
            "123.mns.cn-hangzhou.localhost:4000",
        ] {
            assert_eq!(account_and_region(host), expected, "{host}");
        }
        for host in ["127.0.0.1:4000", "mns.cn-hangzhou.aliyuncs.com", "x.mns.cn-hangzhou.aliyuncs.com"] {
            assert_eq!(account_and_region(host), None, "{host}");
        }
    }
}

//! The XML documents of MNS: messages in, everything out.
//!
//! Replies hold no empty element, since the Python SDK trips over one.

use local_core::xml::Element;

use super::attributes::number;
use super::error::MnsError;
use super::messages::{BATCH, body_md5};
use super::rows::{Content, Delivery, MessageRow, Property, QueueSummary, Renewed, Sent};
use super::topics::{Publication, SubscriptionRow, TopicRef, TopicRow};

/// The namespace of every reply.
pub(super) const NAMESPACE: &str = "http://mns.aliyuncs.com/doc/v1/";

/// Reads a body that must be a document; an empty one reads as an element without children.
pub(super) fn document(body: &[u8], root: &str) -> Result<Element, MnsError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Element::new(root));
    }
    let element = Element::parse(body).map_err(|error| MnsError::MalformedXml(error.to_string()))?;
    if element.name() == root {
        return Ok(element);
    }
    Err(MnsError::MalformedXml(format!("the root is {}, not {root}", element.name())))
}

/// A message to send, and the delay it asks for.
pub(super) type Outgoing = Result<(Content, Option<u32>), MnsError>;

/// The body of SendMessage or BatchSendMessage.
pub(super) enum ToSend {
    One(Outgoing),
    Batch(Vec<Outgoing>),
}

/// Reads `Message` or `Messages`. In a batch, what is wrong with one message does not spoil the others.
pub(super) fn to_send(body: &[u8]) -> Result<ToSend, MnsError> {
    let root = Element::parse(body).map_err(|error| MnsError::MalformedXml(error.to_string()))?;
    match root.name() {
        "Message" => Ok(ToSend::One(outgoing(&root))),
        "Messages" => {
            let messages: Vec<Outgoing> = root.children("Message").map(outgoing).collect();
            match messages.len() {
                1..=BATCH => Ok(ToSend::Batch(messages)),
                count => Err(MnsError::InvalidArgument(format!("A batch has 1 to {BATCH} messages, not {count}."))),
            }
        }
        other => Err(MnsError::MalformedXml(format!("the root is {other}, not Message or Messages"))),
    }
}

fn outgoing(message: &Element) -> Outgoing {
    let body = message.child_text("MessageBody");
    let body = body.ok_or_else(|| MnsError::MalformedXml("there is no MessageBody".into()))?;
    let priority = number(message, "Priority")?.unwrap_or(8);
    let content = Content {
        body: body.to_owned(),
        priority: u8::try_from(priority)
            .map_err(|_| MnsError::InvalidArgument("The value of Priority should be between 1 and 16.".into()))?,
        group_id: message.child_text("MessageGroupId").filter(|id| !id.is_empty()).map(str::to_owned),
        user_properties: properties(message, "UserProperties", "PropertyValue")?,
        system_properties: properties(message, "SystemProperties", "SystemPropertyValue")?,
    };
    Ok((content, number(message, "DelaySeconds")?))
}

fn properties(message: &Element, list: &str, item: &str) -> Result<Vec<Property>, MnsError> {
    let Some(list) = message.child(list) else { return Ok(Vec::new()) };
    let read = |value: &Element| {
        let text = |name: &str| value.child_text(name).unwrap_or_default().to_owned();
        let property = Property { name: text("Name"), value: text("Value"), kind: text("Type") };
        let known = matches!(property.kind.as_str(), "STRING" | "NUMBER" | "BOOLEAN" | "BINARY");
        match property.name.is_empty() || !known {
            true => Err(MnsError::InvalidArgument("A property needs a name and a type.".into())),
            false => Ok(property),
        }
    };
    list.children(item).map(read).collect()
}

/// Reads the body of PublishMessage.
pub(super) fn publication(body: &[u8]) -> Result<Publication, MnsError> {
    let message = document(body, "Message")?;
    let (content, _) = outgoing(&message)?;
    Ok(Publication {
        body: content.body,
        tag: message.child_text("MessageTag").filter(|tag| !tag.is_empty()).map(str::to_owned),
        user_properties: content.user_properties,
        system_properties: content.system_properties,
    })
}

/// Reads the body of BatchDeleteMessage.
pub(super) fn receipt_handles(body: &[u8]) -> Result<Vec<String>, MnsError> {
    let document = document(body, "ReceiptHandles")?;
    let handles: Vec<String> = document.children("ReceiptHandle").map(|handle| handle.as_text().to_owned()).collect();
    match handles.len() {
        0 => Err(MnsError::MissingReceiptHandle),
        1..=BATCH => Ok(handles),
        count => Err(MnsError::InvalidArgument(format!("A batch has 1 to {BATCH} receipt handles, not {count}."))),
    }
}

pub(super) fn sent(sent: &Sent) -> Element {
    Element::new("Message")
        .field("MessageId", &sent.message_id)
        .field("MessageBodyMD5", &sent.body_md5)
        .optional("ReceiptHandle", sent.receipt_handle.as_ref())
}

/// The reply to BatchSendMessage: for each message what came of it.
pub(super) fn batch_sent(outcomes: &[Result<Sent, MnsError>]) -> Element {
    Element::new("Messages").in_namespace(NAMESPACE).with_all(outcomes.iter().map(|outcome| match outcome {
        Ok(one) => sent(one),
        Err(error) => Element::new("Message").field("ErrorCode", error.code()).field("ErrorMessage", error),
    }))
}

pub(super) fn delivery(delivery: &Delivery) -> Element {
    let message = Element::new("Message")
        .field("MessageId", &delivery.message_id)
        .field("ReceiptHandle", &delivery.receipt_handle)
        .field("NextVisibleTime", delivery.next_visible_at.as_millisecond())
        .field("EnqueueTime", delivery.enqueued_at.as_millisecond())
        .field("FirstDequeueTime", delivery.first_dequeued_at.as_millisecond())
        .field("DequeueCount", delivery.dequeue_count);
    content(message, &delivery.content)
}

/// A message that was only looked at. The time of its first delivery is 0 until there was one.
pub(super) fn peeked(row: &MessageRow) -> Element {
    let message = Element::new("Message")
        .field("MessageId", &row.message_id)
        .field("EnqueueTime", row.enqueued_at.as_millisecond())
        .field("FirstDequeueTime", row.first_dequeued_at.map_or(0, jiff::Timestamp::as_millisecond))
        .field("DequeueCount", row.dequeue_count);
    content(message, &row.content)
}

fn content(message: Element, content: &Content) -> Element {
    message
        .field("MessageBody", &content.body)
        .field("MessageBodyMD5", body_md5(&content.body))
        .field("Priority", content.priority)
        .optional("MessageGroupId", content.group_id.as_ref())
        .with_all(property_list("UserProperties", "PropertyValue", &content.user_properties))
        .with_all(property_list("SystemProperties", "SystemPropertyValue", &content.system_properties))
}

fn property_list(list: &str, item: &str, properties: &[Property]) -> Option<Element> {
    let items = properties.iter().map(|property| {
        Element::new(item).field("Name", &property.name).field("Value", &property.value).field("Type", &property.kind)
    });
    (!properties.is_empty()).then(|| Element::new(list).with_all(items))
}

/// A document of messages: one bare, or a list when a number was asked for.
pub(super) fn messages(mut messages: Vec<Element>, as_list: bool) -> Element {
    match messages.pop() {
        Some(only) if !as_list => only.in_namespace(NAMESPACE),
        last => Element::new("Messages").in_namespace(NAMESPACE).with_all(messages).with_all(last),
    }
}

pub(super) fn renewed(renewed: &Renewed) -> Element {
    Element::new("ChangeVisibility")
        .in_namespace(NAMESPACE)
        .field("ReceiptHandle", &renewed.receipt_handle)
        .field("NextVisibleTime", renewed.next_visible_at.as_millisecond())
}

/// The receipt handles that a batch could not delete, and why.
pub(super) fn delete_failures(failures: &[(String, MnsError)]) -> Element {
    Element::new("Errors").in_namespace(NAMESPACE).with_all(failures.iter().map(|(handle, error)| {
        Element::new("Error")
            .field("ErrorCode", error.code())
            .field("ErrorMessage", error)
            .field("ReceiptHandle", handle)
    }))
}

/// The fields of a `Queue` document. Its times are in seconds, unlike those of a message.
pub(super) fn queue(queue: Element, summary: &QueueSummary) -> Element {
    queue
        .field("QueueName", &summary.queue.name)
        .field("CreateTime", summary.created_at.as_second())
        .field("LastModifyTime", summary.modified_at.as_second())
        .with_all(summary.attributes.fields())
        .field("ActiveMessages", summary.active)
        .field("InactiveMessages", summary.inactive)
        .field("DelayMessages", summary.delayed)
}

pub(super) fn topic(name: &str, row: &TopicRow) -> Element {
    Element::new("Topic")
        .in_namespace(NAMESPACE)
        .field("TopicName", name)
        .field("CreateTime", row.created_at.as_second())
        .field("LastModifyTime", row.modified_at.as_second())
        .field("MaximumMessageSize", row.attributes.maximum_message_size)
        .field("MessageRetentionPeriod", 86_400)
        // A message is pushed as soon as it is published, so none is ever kept.
        .field("MessageCount", 0)
        .field("LoggingEnabled", if row.attributes.logging_enabled { "True" } else { "False" })
}

pub(super) fn subscription(topic: &TopicRef, name: &str, row: &SubscriptionRow) -> Element {
    Element::new("Subscription")
        .in_namespace(NAMESPACE)
        .field("TopicOwner", &topic.account_id)
        .field("TopicName", &topic.name)
        .field("SubscriptionName", name)
        .field("Endpoint", &row.attributes.endpoint)
        .optional("FilterTag", row.attributes.filter_tag.as_ref())
        .field("NotifyStrategy", row.attributes.notify_strategy.word())
        .field("NotifyContentFormat", row.attributes.content_format.word())
        .field("CreateTime", row.created_at.as_second())
        .field("LastModifyTime", row.modified_at.as_second())
}

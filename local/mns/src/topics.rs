//! Topics: what is published to one is pushed at once to the queues that subscribe.
//!
//! Only queues of this local cloud can be endpoints; others (HTTP, mail, SMS) are refused when subscribing. A push to a queue
//! that is gone, or that finds the message too long, is dropped: the real service does so after its retries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use local_core::words;
use local_core::xml::Element;
use serde::{Deserialize, Serialize};

use super::attributes::{boolean, in_range, number, word};
use super::error::MnsError;
use super::messages::body_md5;
use super::queues::{BadName, check_name};
use super::rows::{Content, Created, Property, QueueRef, Sent};
use super::state::State;
use super::wire::NAMESPACE;

/// What a topic can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TopicAttributes {
    pub maximum_message_size: u32,
    pub logging_enabled: bool,
}

impl Default for TopicAttributes {
    fn default() -> Self {
        Self { maximum_message_size: 65_536, logging_enabled: false }
    }
}

impl TopicAttributes {
    pub(super) fn changed_by(mut self, document: &Element) -> Result<Self, MnsError> {
        if let Some(value) = number(document, "MaximumMessageSize")? {
            in_range("MaximumMessageSize", value, 1_024..=65_536)?;
            self.maximum_message_size = value;
        }
        if let Some(value) = boolean(document, "LoggingEnabled")? {
            self.logging_enabled = value;
        }
        Ok(self)
    }
}

/// A topic as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TopicRow {
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub attributes: TopicAttributes,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// What a subscription can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SubscriptionAttributes {
    pub endpoint: String,
    pub filter_tag: Option<String>,
    pub notify_strategy: NotifyStrategy,
    pub content_format: ContentFormat,
}

/// A subscription as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SubscriptionRow {
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub attributes: SubscriptionAttributes,
}

words! {
    /// How a failed push is repeated. Kept, without effect here: a push to a queue does not fail for a while.
    pub(super) enum NotifyStrategy {
        BackoffRetry = "BACKOFF_RETRY",
        ExponentialDecayRetry = "EXPONENTIAL_DECAY_RETRY",
    }
}

words! {
    /// How a pushed message looks.
    pub(super) enum ContentFormat {
        Xml = "XML",
        Json = "JSON",
        Simplified = "SIMPLIFIED",
    }
}

impl SubscriptionAttributes {
    pub(super) fn read(document: &Element) -> Result<Self, MnsError> {
        let endpoint = document.child_text("Endpoint").unwrap_or_default().to_owned();
        endpoint_queue(&endpoint)?;
        let filter_tag = document.child_text("FilterTag").filter(|tag| !tag.is_empty());
        if filter_tag.is_some_and(|tag| tag.chars().count() > 16) {
            return Err(MnsError::InvalidArgument("A filter tag has at most 16 characters.".into()));
        }
        Ok(Self {
            endpoint,
            filter_tag: filter_tag.map(str::to_owned),
            notify_strategy: word(document, "NotifyStrategy")?.unwrap_or(NotifyStrategy::BackoffRetry),
            content_format: word(document, "NotifyContentFormat")?.unwrap_or(ContentFormat::Xml),
        })
    }
}

/// The queue of an endpoint `acs:mns:{region}:{account}:queues/{name}`.
fn endpoint_queue(endpoint: &str) -> Result<QueueRef, MnsError> {
    let invalid = || MnsError::EndpointInvalid(format!("{endpoint:?} is not acs:mns:REGION:ACCOUNT:queues/NAME"));
    let mut parts = endpoint.strip_prefix("acs:mns:").ok_or_else(invalid)?.splitn(3, ':');
    let (Some(region), Some(account), Some(resource)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(invalid());
    };
    let name = resource.trim_start_matches('/').strip_prefix("queues/").ok_or_else(invalid)?;
    check_name(name).map_err(|_| invalid())?;
    Ok(QueueRef::new(account, region, name))
}

pub(super) struct Publication {
    pub body: String,
    pub tag: Option<String>,
    pub user_properties: Vec<Property>,
    pub system_properties: Vec<Property>,
}

/// Which topic: like a queue, a name within an account and region.
pub(super) type TopicRef = QueueRef;

impl State {
    pub(super) fn create_topic(
        &mut self,
        topic: &TopicRef,
        attributes: TopicAttributes,
        now: Timestamp,
    ) -> Result<Created, MnsError> {
        check_name(&topic.name).map_err(|bad| match bad {
            BadName::TooLong => MnsError::TopicNameLengthError,
            BadName::Invalid => MnsError::TopicNameInvalid,
        })?;
        match self.topics.get(&topic.key()) {
            Some(row) if row.attributes == attributes => Ok(Created::Existed),
            Some(_) => Err(MnsError::TopicAlreadyExist(topic.name.clone())),
            None => {
                let row = TopicRow { created_at: now, modified_at: now, attributes, tags: BTreeMap::new() };
                self.topics.insert(topic.key(), row);
                Ok(Created::New)
            }
        }
    }

    pub(super) fn topic(&self, topic: &TopicRef) -> Result<&TopicRow, MnsError> {
        self.topics.get(&topic.key()).ok_or_else(|| MnsError::TopicNotExist(topic.name.clone()))
    }

    pub(super) fn set_topic(
        &mut self,
        topic: &TopicRef,
        attributes: TopicAttributes,
        now: Timestamp,
    ) -> Result<(), MnsError> {
        let row = self.topics.get_mut(&topic.key()).ok_or_else(|| MnsError::TopicNotExist(topic.name.clone()))?;
        row.attributes = attributes;
        row.modified_at = now;
        Ok(())
    }

    /// Gives a topic these tags and no others.
    pub(super) fn tag_topic(&mut self, topic: &TopicRef, tags: BTreeMap<String, String>) -> Result<(), MnsError> {
        let row = self.topics.get_mut(&topic.key()).ok_or_else(|| MnsError::TopicNotExist(topic.name.clone()))?;
        row.tags = tags;
        Ok(())
    }

    /// Every topic in the account and region of `place`, by name.
    pub(super) fn topics_beside(&self, place: &TopicRef) -> Vec<(TopicRef, TopicRow)> {
        let prefix = TopicRef { name: String::new(), ..place.clone() }.key();
        let rows = self.topics.prefixed(&prefix);
        rows.filter_map(|(key, row)| Some((TopicRef::from_key(key)?, row.clone()))).collect()
    }

    /// Removes a topic with its subscriptions. One that is not there stays so.
    pub(super) fn remove_topic(&mut self, topic: &TopicRef) {
        self.topics.remove(&topic.key());
        let subscriptions: Vec<String> = self.subscriptions_of(topic).map(|(name, _)| name.to_owned()).collect();
        for name in subscriptions {
            self.subscriptions.remove(&subscription_key(topic, &name));
        }
    }

    /// The subscriptions of a topic, with their names.
    pub(super) fn subscriptions_of(&self, topic: &TopicRef) -> impl Iterator<Item = (&str, &SubscriptionRow)> {
        let prefix = subscription_key(topic, "");
        let length = prefix.len();
        self.subscriptions
            .range(prefix.clone()..)
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(move |(key, row)| (key.get(length..).unwrap_or_default(), row))
    }

    pub(super) fn subscribe(
        &mut self,
        topic: &TopicRef,
        name: &str,
        attributes: SubscriptionAttributes,
        now: Timestamp,
    ) -> Result<Created, MnsError> {
        self.topic(topic)?;
        check_name(name).map_err(|bad| match bad {
            BadName::TooLong => MnsError::SubscriptionNameLengthError,
            BadName::Invalid => MnsError::SubscriptionNameInvalid,
        })?;
        let key = subscription_key(topic, name);
        match self.subscriptions.get(&key) {
            Some(row) if row.attributes == attributes => Ok(Created::Existed),
            Some(_) => Err(MnsError::SubscriptionAlreadyExist(name.to_owned())),
            None => {
                self.subscriptions.insert(key, SubscriptionRow { created_at: now, modified_at: now, attributes });
                Ok(Created::New)
            }
        }
    }

    pub(super) fn subscription(&self, topic: &TopicRef, name: &str) -> Result<&SubscriptionRow, MnsError> {
        self.topic(topic)?;
        let row = self.subscriptions.get(&subscription_key(topic, name));
        row.ok_or_else(|| MnsError::SubscriptionNotExist(name.to_owned()))
    }

    pub(super) fn set_subscription(
        &mut self,
        topic: &TopicRef,
        name: &str,
        strategy: Option<NotifyStrategy>,
        now: Timestamp,
    ) -> Result<(), MnsError> {
        self.subscription(topic, name)?;
        if let Some(row) = self.subscriptions.get_mut(&subscription_key(topic, name)) {
            row.attributes.notify_strategy = strategy.unwrap_or(row.attributes.notify_strategy);
            row.modified_at = now;
        }
        Ok(())
    }

    /// Removes a subscription. One that is not there stays so.
    pub(super) fn unsubscribe(&mut self, topic: &TopicRef, name: &str) -> Result<(), MnsError> {
        self.topic(topic)?;
        self.subscriptions.remove(&subscription_key(topic, name));
        Ok(())
    }

    /// Pushes a message to each subscription whose filter lets it pass.
    pub(super) fn publish(
        &mut self,
        topic: &TopicRef,
        publication: Publication,
        now: Timestamp,
    ) -> Result<Sent, MnsError> {
        let most = self.topic(topic)?.attributes.maximum_message_size;
        if publication.body.is_empty() || publication.body.len() > most as usize {
            return Err(MnsError::InvalidArgument(format!("The message body should have 1 to {most} bytes.")));
        }
        if publication.tag.as_ref().is_some_and(|tag| tag.chars().count() > 16) {
            return Err(MnsError::InvalidArgument("A message tag has at most 16 characters.".into()));
        }
        let number = self.draw_number();
        let message_id = self.draw_message_id(number);
        let subscribers: Vec<(String, SubscriptionAttributes)> = self
            .subscriptions_of(topic)
            .filter(|(_, row)| row.attributes.filter_tag.is_none() || row.attributes.filter_tag == publication.tag)
            .map(|(name, row)| (name.to_owned(), row.attributes.clone()))
            .collect();
        for (name, subscriber) in subscribers {
            let Ok(queue) = endpoint_queue(&subscriber.endpoint) else { continue };
            let body = match subscriber.content_format {
                ContentFormat::Simplified => publication.body.clone(),
                ContentFormat::Xml => notification_xml(topic, &name, &message_id, &publication, now),
                ContentFormat::Json => notification_json(topic, &name, &message_id, &publication, now),
            };
            let content = Content {
                user_properties: publication.user_properties.clone(),
                system_properties: publication.system_properties.clone(),
                ..Content::new(body)
            };
            if let Err(error) = self.send(&queue, content, None, now) {
                tracing::warn!(topic = topic.name, subscription = name, %error, "a pushed message was dropped");
            }
        }
        Ok(Sent { message_id, body_md5: body_md5(&publication.body), receipt_handle: None })
    }
}

fn subscription_key(topic: &TopicRef, name: &str) -> String {
    format!("{}/{name}", topic.key())
}

fn notification_xml(
    topic: &TopicRef,
    subscription: &str,
    message_id: &str,
    publication: &Publication,
    now: Timestamp,
) -> String {
    Element::new("Notification")
        .in_namespace(NAMESPACE)
        .field("TopicOwner", &topic.account_id)
        .field("TopicName", &topic.name)
        .field("Subscriber", &topic.account_id)
        .field("SubscriptionName", subscription)
        .field("MessageId", message_id)
        .field("Message", &publication.body)
        .field("MessageMD5", body_md5(&publication.body))
        .optional("MessageTag", publication.tag.as_ref())
        .field("PublishTime", now.as_millisecond())
        .document()
}

fn notification_json(
    topic: &TopicRef,
    subscription: &str,
    message_id: &str,
    publication: &Publication,
    now: Timestamp,
) -> String {
    let mut notification = serde_json::json!({
        "TopicOwner": topic.account_id,
        "TopicName": topic.name,
        "Subscriber": topic.account_id,
        "SubscriptionName": subscription,
        "MessageId": message_id,
        "Message": publication.body,
        "MessageMD5": body_md5(&publication.body),
        "PublishTime": now.as_millisecond(),
    });
    if let Some(tag) = &publication.tag {
        notification["MessageTag"] = tag.as_str().into();
    }
    notification.to_string()
}

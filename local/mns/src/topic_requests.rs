//! The operations on topics and subscriptions: from a request's document to the reply's.

use http::{HeaderMap, StatusCode};
use local_core::xml::Element;

use super::Mns;
use super::attributes::word;
use super::error::MnsError;
use super::operation::Operation;
use super::reply::{Place, Reply, listing, page_of};
use super::topics::{SubscriptionAttributes, TopicAttributes};
use super::wire::{self, NAMESPACE};

impl Mns {
    pub(super) fn perform_on_topic(
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
                let strategy = word(&wire::document(body, "Subscription")?, "NotifyStrategy")?;
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

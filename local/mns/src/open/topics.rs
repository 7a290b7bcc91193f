//! The operations on topics.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::xml::Element;
use serde_json::{Value, json};

use super::super::rows::Created;
use super::super::topics::{TopicAttributes, TopicRef, TopicRow};
use super::pages::Page;
use super::{MnsOpen, answer, refuse_fifo, refused, tags};

/// How long a topic keeps a message, in seconds: one day.
const RETENTION: u32 = 86_400;

impl MnsOpen {
    pub(super) fn create_topic(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let topic = named(request)?;
        refuse_fifo(&request.params, "TopicType")?;
        let document = document(&request.params)?;
        let tags = tags::given(&request.params)?;
        let created = self.mns.change(|state, now| {
            let created = state.create_topic(&topic, TopicAttributes::default().changed_by(&document)?, now)?;
            if created == Created::New {
                state.tag_topic(&topic, tags)?;
            }
            Ok(created)
        });
        created.map(answer::created).map_err(refused)
    }

    pub(super) fn set_topic(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let topic = named(request)?;
        let document = document(&request.params)?;
        let outcome = self.mns.change(|state, now| {
            let attributes = state.topic(&topic)?.attributes.clone().changed_by(&document)?;
            state.set_topic(&topic, attributes, now)
        });
        outcome.map(|()| answer::done()).map_err(refused)
    }

    pub(super) fn get_topic(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let topic = named(request)?;
        let row = self.mns.change(|state, _| state.topic(&topic).cloned()).map_err(refused)?;
        Ok(answer::success(view(&topic, &row)))
    }

    pub(super) fn list_topics(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let (page, wanted) = (Page::read(params)?, tags::wanted(params)?);
        // What names begin with, as in the listing of queues.
        let beginning = params.get("TopicName").unwrap_or_default();
        let all = TopicRef::new(request.account(), &request.region, "");
        let rows = self.mns.change(|state, _| Ok(state.topics_beside(&all))).map_err(refused)?;
        let fits = |(topic, row): &(TopicRef, TopicRow)| {
            topic.name.starts_with(beginning) && tags::has_all(&row.tags, &wanted)
        };
        // Every topic of this cloud is a normal one.
        let fifo = params.get("TopicType") == Some("fifo");
        let rows = rows.into_iter().filter(|row| !fifo && fits(row));
        Ok(answer::success(page.cut(rows.map(|(topic, row)| view(&topic, &row)).collect())))
    }

    /// An absent topic is none of its business, as with queues.
    pub(super) fn delete_topic(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let topic = named(request)?;
        let outcome = self.mns.change(|state, _| {
            state.remove_topic(&topic);
            Ok(())
        });
        outcome.map(|()| answer::done()).map_err(refused)
    }
}

/// The topic that a call names.
pub(super) fn named(request: &RpcRequest) -> Result<TopicRef, RpcError> {
    Ok(TopicRef::new(request.account(), &request.region, request.params.required("TopicName")?))
}

/// What a call sets, as the document of the XML API: both are read by the same rules.
fn document(params: &Params) -> Result<Element, RpcError> {
    refuse_if!(params.flag("EnableSSE")?, bad "UnsupportedOperation", "Encrypted topics are not supported here.");
    let topic = Element::new("Topic").optional("MaximumMessageSize", params.get("MaxMessageSize"));
    Ok(topic.optional("LoggingEnabled", params.get("EnableLogging")))
}

fn view(topic: &TopicRef, row: &TopicRow) -> Value {
    json!({
        "TopicName": topic.name,
        "TopicType": "normal",
        "CreateTime": row.created_at.as_second(),
        "LastModifyTime": row.modified_at.as_second(),
        "MaxMessageSize": row.attributes.maximum_message_size,
        "MessageRetentionPeriod": RETENTION,
        // A message is pushed as soon as it is published, so none is ever kept.
        "MessageCount": 0,
        "LoggingEnabled": row.attributes.logging_enabled,
        "EnableSSE": false,
        "EncryptionEnabled": false,
        "Tags": tags::told(&row.tags),
    })
}

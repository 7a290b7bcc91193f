//! The operations on subscriptions of topics.

use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::xml::Element;
use serde_json::{Value, json};

use super::super::attributes::word;
use super::super::topics::{SubscriptionAttributes, SubscriptionRow, TopicRef};
use super::pages::Page;
use super::policy::Policy;
use super::topics::named;
use super::{MnsOpen, answer, refused};

impl MnsOpen {
    pub(super) fn subscribe(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (topic, name) = (named(request)?, request.params.required("SubscriptionName")?);
        let params = &request.params;
        params.required("Endpoint")?;
        match params.get("PushType") {
            None | Some("queue") => {}
            Some(other) => {
                let message = format!("Topics push to queues here; {other} is not supported.");
                return Err(RpcError::bad("UnsupportedOperation", message));
            }
        }
        refuse_policies(params)?;
        let attributes = SubscriptionAttributes::read(&document(params)).map_err(refused)?;
        let created = self.mns.change(|state, now| state.subscribe(&topic, name, attributes, now));
        created.map(answer::created).map_err(refused)
    }

    pub(super) fn set_subscription(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (topic, name) = (named(request)?, request.params.required("SubscriptionName")?);
        refuse_policies(&request.params)?;
        let strategy = word(&document(&request.params), "NotifyStrategy").map_err(refused)?;
        let outcome = self.mns.change(|state, now| state.set_subscription(&topic, name, strategy, now));
        outcome.map(|()| answer::done()).map_err(refused)
    }

    pub(super) fn get_subscription(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (topic, name) = (named(request)?, request.params.required("SubscriptionName")?);
        let row = self.mns.change(|state, _| state.subscription(&topic, name).cloned()).map_err(refused)?;
        Ok(answer::success(view(&topic, name, &row)))
    }

    pub(super) fn list_subscriptions(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (topic, page) = (named(request)?, Page::read(&request.params)?);
        let beginning = request.params.get("SubscriptionName").unwrap_or_default();
        let rows = self.mns.change(|state, _| {
            state.topic(&topic)?;
            let all = state.subscriptions_of(&topic).filter(|(name, _)| name.starts_with(beginning));
            Ok(all.map(|(name, row)| view(&topic, name, row)).collect())
        });
        Ok(answer::success(page.cut(rows.map_err(refused)?)))
    }

    pub(super) fn unsubscribe(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let (topic, name) = (named(request)?, request.params.required("SubscriptionName")?);
        self.mns.change(|state, _| state.unsubscribe(&topic, name)).map(|()| answer::done()).map_err(refused)
    }
}

/// What a call sets, as the document of the XML API: both are read by the same rules.
fn document(params: &Params) -> Element {
    Element::new("Subscription")
        .optional("Endpoint", params.get("Endpoint"))
        .optional("FilterTag", params.get("MessageTag"))
        .optional("NotifyStrategy", params.get("NotifyStrategy"))
        .optional("NotifyContentFormat", params.get("NotifyContentFormat"))
}

/// Pushes never fail for a while here and are not slowed down, so a policy for that would be an empty promise.
fn refuse_policies(params: &Params) -> Result<(), RpcError> {
    for name in ["DlqPolicy", "TenantRateLimitPolicy"] {
        if let Some(text) = params.get(name)
            && Policy::read(name, text)?.is_enabled()?
        {
            let message = format!("The {name} of a subscription is not supported here.");
            return Err(RpcError::bad("UnsupportedOperation", message));
        }
    }
    Ok(())
}

fn view(topic: &TopicRef, name: &str, row: &SubscriptionRow) -> Value {
    let attributes = &row.attributes;
    json!({
        "TopicOwner": topic.account_id,
        "TopicName": topic.name,
        "SubscriptionName": name,
        "Endpoint": attributes.endpoint,
        "FilterTag": attributes.filter_tag.as_deref().unwrap_or_default(),
        "NotifyStrategy": attributes.notify_strategy.word(),
        "NotifyContentFormat": attributes.content_format.word(),
        "CreateTime": row.created_at.as_second(),
        "LastModifyTime": row.modified_at.as_second(),
    })
}

//! What the caller's policies must allow for an operation (docs/reference/mns-signing-sts.md, section 4.3): the
//! operation's own name, on the path that it is sent to.

use local_core::calls::Need;
use local_core::xml::Element;

use super::operation::Operation;
use super::reply::Place;

impl Operation {
    /// One action on one resource. Several messages are sent to the address of one, so the body tells.
    pub(super) fn needs(&self, place: &Place, body: &[u8]) -> Vec<Need> {
        let is_batch = |body| Element::parse(body).is_ok_and(|document| document.name() == "Messages");
        let action = match self {
            Self::SendMessage(_) if is_batch(body) => "BatchSendMessage",
            _ => self.action(),
        };
        let resource = format!("acs:mns:{}:{}:{}", place.region, place.account_id, self.path());
        vec![Need::new(format!("mns:{action}"), resource)]
    }

    fn path(&self) -> String {
        match self {
            Self::GetAccountAttributes | Self::SetAccountAttributes => "/".to_owned(),
            Self::ListQueue => "/queues".to_owned(),
            Self::CreateQueue(queue)
            | Self::SetQueueAttributes(queue)
            | Self::GetQueueAttributes(queue)
            | Self::DeleteQueue(queue) => format!("/queues/{queue}"),
            Self::SendMessage(queue)
            | Self::ReceiveMessage { queue, .. }
            | Self::PeekMessage { queue, .. }
            | Self::DeleteMessage { queue, .. }
            | Self::BatchDeleteMessage(queue)
            | Self::ChangeMessageVisibility { queue, .. } => format!("/queues/{queue}/messages"),
            Self::ListTopic => "/topics".to_owned(),
            Self::CreateTopic(topic)
            | Self::SetTopicAttributes(topic)
            | Self::GetTopicAttributes(topic)
            | Self::DeleteTopic(topic) => format!("/topics/{topic}"),
            Self::PublishMessage(topic) => format!("/topics/{topic}/messages"),
            Self::ListSubscriptionByTopic(topic) => format!("/topics/{topic}/subscriptions"),
            Self::Subscribe { topic, name }
            | Self::SetSubscriptionAttributes { topic, name }
            | Self::GetSubscriptionAttributes { topic, name }
            | Self::Unsubscribe { topic, name } => format!("/topics/{topic}/subscriptions/{name}"),
        }
    }
}

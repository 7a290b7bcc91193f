//! What the caller's policies must allow for an operation (docs/reference/mns-signing-sts.md, section 4.3): the
//! operation's own name, on the path that it is sent to.

use local_core::calls::Need;
use local_core::xml::Element;

use super::operation::Operation;
use super::reply::Place;

impl Operation {
    /// One action on one resource. Several messages are sent to the address of one, so the body tells.
    pub(super) fn needs(&self, place: &Place, path: &[String], body: &[u8]) -> Vec<Need> {
        let is_batch = |body| Element::parse(body).is_ok_and(|document| document.name() == "Messages");
        let action = match self {
            Self::SendMessage(_) if is_batch(body) => "BatchSendMessage",
            _ => self.action(),
        };
        let resource = format!("acs:mns:{}:{}:/{}", place.region, place.account_id, path.join("/"));
        // The sheet's list of actions has no name for looking at several messages: whoever does has to be allowed by either.
        let others = (action == "BatchPeekMessage").then_some("PeekMessage");
        [Some(action), others]
            .into_iter()
            .flatten()
            .map(|action| Need::new(format!("mns:{action}"), &resource))
            .collect()
    }
}

//! `Mns-open` (2022-01-19): the control plane of the same queues, over RPC with JSON answers.
//!
//! It alone can set dead-letter policies, rate limits and tags; messages go through the XML API only. Queues and topics are
//! those of the caller's account, in the region of the request.
//!
//! # Limits
//! There are no FIFO queues and topics, no policies of subscriptions, and no encrypted topics: what asks for one is refused
//! with `UnsupportedOperation`. A queue's encryption is recorded and told, but its messages are kept as they are.
//!
//! | file | what |
//! | --- | --- |
//! | `queues`, `topics`, `subscriptions` | the operations |
//! | `changes` | which attributes a call gives a queue |
//! | `control`, `tags` | encryption and rate limits; the tags of a queue |
//! | `policy` | policies as JSON inside a parameter |
//! | `pages` | pages of listings, and which queues one asks for |
//! | `answer` | the JSON bodies |

mod answer;
mod changes;
mod control;
mod pages;
mod policy;
mod queues;
mod subscriptions;
mod tags;
mod topics;

use local_core::calls::{Need, Product as Name};
use local_core::coverage::Coverage;
use local_core::opened::Openable;
use local_core::rpc::{Params, Product, RpcError, RpcRequest};
use serde_json::Value;

use super::Mns;
use super::error::MnsError;
use super::service::closed;

/// The version that its clients send.
pub const VERSION: &str = "2022-01-19";

/// The control plane of [`Mns`], as the gateway of RPC calls sees it.
pub struct MnsOpen {
    mns: Mns,
}

type Run = fn(&MnsOpen, &RpcRequest) -> Result<Value, RpcError>;

/// What an operation is about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Queue,
    Topic,
    Subscription,
}

struct Operation {
    name: &'static str,
    kind: Kind,
    writes: bool,
    run: Run,
}

const fn read(kind: Kind, name: &'static str, run: Run) -> Operation {
    Operation { name, kind, writes: false, run }
}

const fn write(kind: Kind, name: &'static str, run: Run) -> Operation {
    Operation { name, kind, writes: true, run }
}

impl Operation {
    fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|operation| operation.name == name)
    }

    /// The path that the XML API would send the call to: policies name resources by it.
    fn path(&self, params: &Params) -> String {
        let named = |name: &str| params.get(name).map(|value| format!("/{value}")).unwrap_or_default();
        match self.kind {
            Kind::Queue => format!("/queues{}", named("QueueName")),
            Kind::Topic => format!("/topics{}", named("TopicName")),
            Kind::Subscription => {
                format!("/topics{}/subscriptions{}", named("TopicName"), named("SubscriptionName"))
            }
        }
    }
}

/// All of them.
static ALL: &[Operation] = &[
    write(Kind::Queue, "CreateQueue", MnsOpen::create_queue),
    write(Kind::Queue, "SetQueueAttributes", MnsOpen::set_queue),
    read(Kind::Queue, "GetQueueAttributes", MnsOpen::get_queue),
    read(Kind::Queue, "ListQueue", MnsOpen::list_queues),
    write(Kind::Queue, "DeleteQueue", MnsOpen::delete_queue),
    write(Kind::Topic, "CreateTopic", MnsOpen::create_topic),
    write(Kind::Topic, "SetTopicAttributes", MnsOpen::set_topic),
    read(Kind::Topic, "GetTopicAttributes", MnsOpen::get_topic),
    read(Kind::Topic, "ListTopic", MnsOpen::list_topics),
    write(Kind::Topic, "DeleteTopic", MnsOpen::delete_topic),
    write(Kind::Subscription, "Subscribe", MnsOpen::subscribe),
    write(Kind::Subscription, "SetSubscriptionAttributes", MnsOpen::set_subscription),
    read(Kind::Subscription, "GetSubscriptionAttributes", MnsOpen::get_subscription),
    read(Kind::Subscription, "ListSubscriptionByTopic", MnsOpen::list_subscriptions),
    write(Kind::Subscription, "Unsubscribe", MnsOpen::unsubscribe),
];

impl Product for MnsOpen {
    fn name(&self) -> Name {
        Name::MnsOpen
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Operation::find(action).map(|operation| operation.writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let path = Operation::find(&request.action).map(|operation| operation.path(&request.params));
        let resource = format!("acs:mns:{}:{}:{}", request.region, request.account(), path.unwrap_or_default());
        vec![Need::new(format!("mns:{}", request.action), resource)]
    }

    fn coverage(&self) -> Coverage {
        let operations = ALL.iter().map(|operation| (operation.name, operation.writes));
        Coverage::of_rpc(self, VERSION, operations, include_str!("codes.txt"))
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let operation =
            Operation::find(&request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        if !self.mns.shared.opened.has(request.account(), Openable::Mns) {
            return Err(refused(closed()));
        }
        (operation.run)(self, request)
    }
}

impl MnsOpen {
    /// The control plane of these queues.
    #[must_use]
    pub fn new(mns: Mns) -> Self {
        Self { mns }
    }
}

/// Refuses what this cloud does not have, rather than promise it.
fn refuse_fifo(params: &Params, parameter: &str) -> Result<(), RpcError> {
    match params.get(parameter) {
        None | Some("normal") => Ok(()),
        Some("fifo") => Err(RpcError::bad("UnsupportedOperation", "First in, first out is not supported here.")),
        Some(_) => Err(RpcError::invalid_parameter(parameter, "it must be normal or fifo")),
    }
}

/// Both APIs of the service share their codes.
fn refused(error: MnsError) -> RpcError {
    RpcError::new(error.status(), error.code(), error.to_string())
}

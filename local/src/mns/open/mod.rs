//! `Mns-open` (2022-01-19): the control plane of the same queues, over RPC with JSON answers.
//!
//! It alone can set dead-letter policies and tags; messages go through the XML API only. Queues are those of the caller's
//! account, in the region of the request.
//!
//! # Limits
//! Topics and subscriptions are made through the XML API. There are no FIFO queues here: what asks for one is refused with
//! `UnsupportedOperation`. Encryption is recorded and told, but messages are kept as they are.
//!
//! | file | what |
//! | --- | --- |
//! | `changes` | which attributes a call gives a queue |
//! | `control`, `tags` | encryption and rate limits; the tags of a queue |
//! | `policy` | policies as JSON inside a parameter |
//! | `pages` | which queues a listing asks for |
//! | `answer` | the JSON bodies |

mod answer;
mod changes;
mod control;
mod pages;
mod policy;
mod tags;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::Mns;
use super::attributes::Attributes;
use super::control::Control;
use super::error::MnsError;
use super::rows::{Created, QueueRef};
use super::state::State;
use crate::calls::{Need, Product as Name};
use crate::rpc::{Params, Product, RpcError, RpcRequest};
use changes::Changes;
use control::ControlChanges;
use pages::Wanted;

/// The version that its clients send.
pub(crate) const VERSION: &str = "2022-01-19";

/// The control plane of [`Mns`], as the gateway of RPC calls sees it.
pub(crate) struct MnsOpen {
    mns: Mns,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    CreateQueue,
    SetQueueAttributes,
    GetQueueAttributes,
    ListQueue,
    DeleteQueue,
}

impl Action {
    fn find(name: &str) -> Option<Self> {
        Some(match name {
            "CreateQueue" => Self::CreateQueue,
            "SetQueueAttributes" => Self::SetQueueAttributes,
            "GetQueueAttributes" => Self::GetQueueAttributes,
            "ListQueue" => Self::ListQueue,
            "DeleteQueue" => Self::DeleteQueue,
            _ => return None,
        })
    }

    fn writes(self) -> bool {
        match self {
            Self::CreateQueue | Self::SetQueueAttributes | Self::DeleteQueue => true,
            Self::GetQueueAttributes | Self::ListQueue => false,
        }
    }
}

impl Product for MnsOpen {
    fn name(&self) -> Name {
        Name::MnsOpen
    }

    fn is_write(&self, action: &str) -> Option<bool> {
        Action::find(action).map(Action::writes)
    }

    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let queue = request.params.get("QueueName").map(|name| format!("/{name}")).unwrap_or_default();
        let resource = format!("acs:mns:{}:{}:/queues{queue}", request.region, request.account());
        vec![Need::new(format!("mns:{}", request.action), resource)]
    }

    fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let action = Action::find(&request.action).ok_or_else(|| RpcError::unknown_action(&request.action, VERSION))?;
        match action {
            Action::CreateQueue => self.create(request),
            Action::SetQueueAttributes => self.set(request),
            Action::GetQueueAttributes => self.get(request),
            Action::ListQueue => self.list(request),
            Action::DeleteQueue => self.delete(request),
        }
    }
}

impl MnsOpen {
    pub(crate) fn new(mns: Mns) -> Self {
        Self { mns }
    }

    fn create(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let queue = named(request)?;
        refuse_fifo(&request.params)?;
        let attributes = Changes::read(&request.params)?.made_to(Attributes::default());
        let control = Control { tags: tags::given(&request.params)?, ..Control::default() };
        let control = ControlChanges::read(&request.params)?.made_to(control);
        let change = |state: &mut State, now| {
            check_target(state, &queue, &attributes)?;
            let created = state.create_queue(&queue, attributes, now)?;
            if created == Created::New {
                state.set_control(&queue, control)?;
            }
            Ok(created)
        };
        self.mns.change(change).map(answer::created).map_err(refused)
    }

    fn set(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let queue = named(request)?;
        let changes = Changes::read(&request.params)?;
        let control_changes = ControlChanges::read(&request.params)?;
        let change = |state: &mut State, now| {
            let attributes = changes.made_to(state.queue(&queue)?.attributes.clone());
            let control = control_changes.made_to(state.queue(&queue)?.control.clone());
            check_target(state, &queue, &attributes)?;
            state.set_attributes(&queue, attributes, now)?;
            state.set_control(&queue, control)
        };
        self.mns.change(change).map_err(refused)?;
        Ok(answer::done())
    }

    fn get(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let summary = self.mns.queue(&named(request)?).map_err(refused)?;
        Ok(answer::success(answer::queue(&summary)))
    }

    fn list(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let wanted = Wanted::read(&request.params)?;
        let mut queues = self.mns.queues();
        queues.retain(|row| row.queue.account_id == request.account() && row.queue.region == request.region);
        Ok(answer::success(wanted.page(queues)))
    }

    /// An absent queue is none of its business, as in the XML API; what the service says there is not documented.
    fn delete(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.mns.delete_queue(&named(request)?).map_err(refused)?;
        Ok(answer::done())
    }
}

fn named(request: &RpcRequest) -> Result<QueueRef, RpcError> {
    Ok(QueueRef::new(request.account(), &request.region, request.params.required("QueueName")?))
}

/// Refuses what this cloud does not have, rather than promise it.
fn refuse_fifo(params: &Params) -> Result<(), RpcError> {
    match params.get("QueueType") {
        None | Some("normal") => Ok(()),
        Some("fifo") => Err(RpcError::bad("UnsupportedOperation", "FIFO queues are not supported here.")),
        Some(_) => Err(RpcError::invalid_parameter("QueueType", "it must be normal or fifo")),
    }
}

/// Dead letters need somewhere to go.
fn check_target(state: &State, queue: &QueueRef, attributes: &Attributes) -> Result<(), MnsError> {
    match &attributes.dead_letter {
        Some(policy) if policy.queue != queue.name => {
            state.queue(&QueueRef { name: policy.queue.clone(), ..queue.clone() }).map(drop)
        }
        _ => Ok(()),
    }
}

/// Both APIs of the service share their codes.
fn refused(error: MnsError) -> RpcError {
    RpcError::new(error.status(), error.code(), error.to_string())
}

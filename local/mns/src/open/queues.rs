//! The operations on queues.

use local_core::rpc::{RpcError, RpcRequest};
use serde_json::Value;

use super::super::attributes::Attributes;
use super::super::control::Control;
use super::super::error::MnsError;
use super::super::rows::{Created, QueueRef};
use super::super::state::State;
use super::changes::Changes;
use super::control::ControlChanges;
use super::pages::QueueQuery;
use super::{MnsOpen, answer, refuse_fifo, refused, tags};

impl MnsOpen {
    pub(super) fn create_queue(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let queue = named(request)?;
        refuse_fifo(&request.params, "QueueType")?;
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

    pub(super) fn set_queue(&self, request: &RpcRequest) -> Result<Value, RpcError> {
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

    pub(super) fn get_queue(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let summary = self.mns.queue(&named(request)?).map_err(refused)?;
        Ok(answer::success(answer::queue(&summary)))
    }

    pub(super) fn list_queues(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let wanted = QueueQuery::read(&request.params)?;
        let mut queues = self.mns.queues();
        queues.retain(|row| row.queue.account_id == request.account() && row.queue.region == request.region);
        Ok(answer::success(wanted.page(queues)))
    }

    /// An absent queue is none of its business, as in the XML API; what the service says there is not documented.
    pub(super) fn delete_queue(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.mns.delete_queue(&named(request)?).map_err(refused)?;
        Ok(answer::done())
    }
}

fn named(request: &RpcRequest) -> Result<QueueRef, RpcError> {
    Ok(QueueRef::new(request.account(), &request.region, request.params.required("QueueName")?))
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

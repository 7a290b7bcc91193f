//! create-peering: the peering connection that joins the two VPCs.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | one peering, which the initiator asks for and both sides see |
//! | [`on_jdcloud`] | two halves, each made by its side; the second one is the consent |

#![warn(missing_docs)]

mod on_alicloud;
pub mod on_jdcloud;

use async_trait::async_trait;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::step::{Finding, SideContext, Step};
use connection::words::{Kind, StepName};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::on_alicloud::OnAlicloud;
use crate::on_jdcloud::OnJdcloud;

/// Makes the peering connection that joins the two VPCs, or each side's half of it.
pub struct CreatePeering;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreatePeering, environment, io)
}

/// The room of the connection's kind.
fn room(side: &SideContext<'_>) -> Result<&'static dyn Step, NotDone> {
    match side.record().spec.kind() {
        Kind::VpcPeering => Ok(&OnAlicloud),
        Kind::JdcloudPeering => Ok(&OnJdcloud),
        _ => Err(side.foreign()),
    }
}

#[async_trait]
impl Step for CreatePeering {
    fn name(&self) -> StepName {
        StepName::CreatePeering
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        room(side)?.apply(side, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        room(side)?.undo(side, outputs).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        room(side)?.plan(side, operation).await
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<ListingId> {
        room(side).map(|room| room.listings(side)).unwrap_or_default()
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        room(side).map(|room| room.observe(side, inventory)).unwrap_or_default()
    }
}

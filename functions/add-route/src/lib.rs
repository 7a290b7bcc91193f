//! add-route: routes the peer's address ranges to what joins the two sides.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | entries in the route tables of a VPC |
//! | [`on_jdcloud`] | rules in route tables of a VPC, and subnets bound to a table of their own |
//! | `turn` | taking turns in the lane of a VPC's routes, and giving them back |

#![warn(missing_docs)]

mod lane;
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

/// Routes the peer's address ranges to what joins the two sides.
pub struct AddRoute;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AddRoute, environment, io)
}

/// The room of the connection's kind.
fn room(side: &SideContext<'_>) -> Result<&'static dyn Step, NotDone> {
    match side.record().spec.kind() {
        Kind::RouterInterface | Kind::VpcPeering => Ok(&OnAlicloud),
        Kind::PrivateLink => Err(side.foreign()),
        Kind::JdcloudPeering => Ok(&OnJdcloud),
    }
}

#[async_trait]
impl Step for AddRoute {
    fn name(&self) -> StepName {
        StepName::AddRoute
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

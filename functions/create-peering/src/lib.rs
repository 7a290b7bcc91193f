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
use connection::halt::Halt;
use connection::made::Made;
use connection::plan::{Direction, Planned};
use connection::shown::{Look, Shown};
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
fn room(side: &SideContext<'_>) -> Result<&'static dyn Step, Halt> {
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

    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        room(side)?.apply(side, made).await
    }

    async fn undo(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        room(side)?.undo(side, made).await
    }

    async fn plan(&self, side: &SideContext<'_>, direction: Direction) -> Result<Vec<Planned>, Halt> {
        room(side)?.plan(side, direction).await
    }

    fn looks_at(&self, side: &SideContext<'_>) -> Vec<Look> {
        room(side).map(|room| room.looks_at(side)).unwrap_or_default()
    }

    fn observe(&self, side: &SideContext<'_>, shown: &Shown) -> Vec<Finding> {
        room(side).map(|room| room.observe(side, shown)).unwrap_or_default()
    }
}

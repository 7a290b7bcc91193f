//! authorize-security-group: lets the other side in through the security groups that the spec names.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | rules of security groups, by range or by group |
//! | [`on_jdcloud`] | rules of network security groups, by range |
//!
//! A rule belongs to this connection when its id is recorded or its description carries the connection's mark; no other rule
//! is ever touched. Where somebody else's rule says the very same, none is asked for; should that rule go, observing finds it
//! missing. What a former spec wanted is taken away only once everything that is wanted now was read back.

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

/// Lets the other side in through the security groups that the spec names.
pub struct AuthorizeSecurityGroup;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AuthorizeSecurityGroup, environment, io)
}

/// The room of the connection's kind.
fn room(side: &SideContext<'_>) -> Result<&'static dyn Step, NotDone> {
    match side.record().spec.kind() {
        Kind::RouterInterface | Kind::VpcPeering | Kind::PrivateLink => Ok(&OnAlicloud),
        Kind::JdcloudPeering => Ok(&OnJdcloud),
    }
}

#[async_trait]
impl Step for AuthorizeSecurityGroup {
    fn name(&self) -> StepName {
        StepName::AuthorizeSecurityGroup
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

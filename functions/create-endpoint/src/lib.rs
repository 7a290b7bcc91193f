//! create-endpoint: makes the endpoint in the consumer's VPC, with what it needs there.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`vswitches`] | the vSwitches that are made for it where the spec names none |
//! | [`endpoint`] | the endpoint itself: making, changing and deleting it |
//! | [`current`] | what the cloud shows of it, and what follows from that: pure |
//! | [`drift`] | how it differs from what the record promises: pure |
//! | here | the step, in its order |
//!
//! First the vSwitches, then the rules that let the clients in, then the endpoint: when it is connected nothing is missing.
//! The rules are made as authorize-security-group makes them, and known by the same mark; the endpoint is known by its tag.
//! Undoing goes the other way. The provider's side has nothing to do here.

pub mod current;
pub mod drift;
pub mod endpoint;
pub mod vswitches;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{self, Inventory};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::{Side, StepName};
use engine::kind::private_link::lane;
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use fn_authorize_security_group::AuthorizeSecurityGroup;
use transport::Io;

/// Makes the endpoint in the consumer's VPC, with the vSwitches and rules that it needs.
pub struct CreateEndpoint;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreateEndpoint, environment, io)
}

#[async_trait]
impl Step for CreateEndpoint {
    fn name(&self) -> StepName {
        StepName::CreateEndpoint
    }

    fn acts_on(&self, side: Side) -> bool {
        side.asks()
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        vswitches::make(side, outputs).await?;
        AuthorizeSecurityGroup.apply(side, outputs).await?;
        endpoint::bring(side, outputs).await?;
        vswitches::remove_unwanted(side, outputs).await?;
        lane::end(side, outputs);
        Ok(())
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        endpoint::delete(side, outputs).await?;
        AuthorizeSecurityGroup.undo(side, outputs).await?;
        vswitches::remove_all(side, outputs).await?;
        lane::end(side, outputs);
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation == Operation::Pause {
            return Ok(Vec::new());
        }
        let mut plan = Vec::new();
        if operation == Operation::Apply {
            plan.extend(vswitches::plan(side, operation).await?);
            plan.extend(AuthorizeSecurityGroup.plan(side, operation).await?);
            plan.extend(endpoint::plan(side, operation).await?);
        } else {
            plan.extend(endpoint::plan(side, operation).await?);
            plan.extend(AuthorizeSecurityGroup.plan(side, operation).await?);
            plan.extend(vswitches::plan(side, operation).await?);
        }
        Ok(plan)
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<inventory::ListingId> {
        let mut looks = AuthorizeSecurityGroup.listings(side);
        looks.extend(vswitches::listings(side));
        looks.extend(endpoint::listings(side));
        looks
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let mut findings = vswitches::observe(side, inventory);
        findings.extend(AuthorizeSecurityGroup.observe(side, inventory));
        findings.extend(endpoint::observe(side, inventory));
        findings.extend(endpoint::disagreement(side, inventory));
        findings
    }
}

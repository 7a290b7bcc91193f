//! create-endpoint: makes the endpoint in the consumer's VPC, with what it needs there.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`vswitches`] | the vSwitches that are made for it where the spec names none |
//! | [`endpoint`] | the endpoint itself: making, changing and deleting it |
//! | [`look`] | what the cloud shows of it, and what follows from that: pure |
//! | [`drift`] | how it differs from what the record promises: pure |
//! | here | the step, in its order |
//!
//! First the vSwitches, then the rules that let the clients in, then the endpoint: when it is connected nothing is missing.
//! The rules are made as authorize-security-group makes them, and known by the same mark; the endpoint is known by its tag.
//! Undoing goes the other way. The provider's side has nothing to do here.

#![warn(missing_docs)]

pub mod drift;
pub mod endpoint;
pub mod look;
pub mod vswitches;

use async_trait::async_trait;
use authorize_security_group::AuthorizeSecurityGroup;
use connection::halt::Halt;
use connection::made::Made;
use connection::plan::{Direction, Planned};
use connection::resource::private_link::turn;
use connection::shown::{self, Shown};
use connection::step::{Finding, SideContext, Step};
use connection::words::StepName;
use fc_runtime::{Environment, Error, Runtime};
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

    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        if !side.side().asks() {
            return Ok(());
        }
        turn::keep(side, made).await?;
        vswitches::make(side, made).await?;
        AuthorizeSecurityGroup.apply(side, made).await?;
        endpoint::bring(side, made).await?;
        vswitches::remove_unwanted(side, made).await?;
        turn::end(side, made);
        Ok(())
    }

    async fn undo(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        if !side.side().asks() {
            return Ok(());
        }
        turn::keep(side, made).await?;
        endpoint::delete(side, made).await?;
        AuthorizeSecurityGroup.undo(side, made).await?;
        vswitches::remove_all(side, made).await?;
        turn::end(side, made);
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, direction: Direction) -> Result<Vec<Planned>, Halt> {
        if !side.side().asks() || direction == Direction::Pause {
            return Ok(Vec::new());
        }
        let mut plan = Vec::new();
        if direction == Direction::Apply {
            plan.extend(vswitches::plan(side, direction).await?);
            plan.extend(AuthorizeSecurityGroup.plan(side, direction).await?);
            plan.extend(endpoint::plan(side, direction).await?);
        } else {
            plan.extend(endpoint::plan(side, direction).await?);
            plan.extend(AuthorizeSecurityGroup.plan(side, direction).await?);
            plan.extend(vswitches::plan(side, direction).await?);
        }
        Ok(plan)
    }

    fn looks_at(&self, side: &SideContext<'_>) -> Vec<shown::Look> {
        if !side.side().asks() {
            return Vec::new();
        }
        let mut looks = AuthorizeSecurityGroup.looks_at(side);
        looks.extend(vswitches::looks_at(side));
        looks.extend(endpoint::looks_at(side));
        looks
    }

    fn observe(&self, side: &SideContext<'_>, shown: &Shown) -> Vec<Finding> {
        if !side.side().asks() {
            return Vec::new();
        }
        let mut findings = vswitches::observe(side, shown);
        findings.extend(AuthorizeSecurityGroup.observe(side, shown));
        findings.extend(endpoint::observe(side, shown));
        findings
    }
}

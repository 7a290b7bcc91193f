//! `causeway rollback`: back to the release that ran before the last deploy.
//!
//! The stack names that release, and the courier has kept its template and its package. Going back is an update like any other, so a
//! second rollback goes forward again.

use operate::ros::{Parameters, Stack};
use secrecy::SecretString;

use super::error::DeployError;
use super::release::go_together;
use super::stacks::Became;
use super::{Deployer, progress};
use crate::args::Rollback;
use crate::ask::confirm;
use crate::context::ContextFile;
use crate::operator;
use crate::render::json;

/// A release to go back to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Before {
    /// The release that runs.
    pub from: String,
    /// The one that ran before.
    pub to: String,
    /// The name of its template.
    pub template: String,
}

/// `causeway rollback`. Ends with 1 where the person did not want it.
///
/// # Errors
/// When there is nothing to go back to, or something refuses.
pub async fn rollback(args: &Rollback) -> Result<bool, DeployError> {
    let operator = operator::connect(&args.operator).await?;
    let deployer = Deployer::new(&operator, &args.common, ContextFile::own()?, progress(args.common.json));
    let (stack, before) = deployer.before().await?;
    let question = format!("Go back from release {} to {}?", before.from, before.to);
    if !args.common.yes && !confirm(&question)? {
        println!("nothing was done");
        return Ok(false);
    }
    deployer.go_back(&stack, &before).await?;
    if args.common.json {
        println!("{}", json(&before));
    } else {
        println!(
            "{} runs release {} again; `causeway rollback` goes forward to {}",
            operator.stack, before.to, before.from
        );
    }
    Ok(true)
}

impl Deployer<'_> {
    /// The stack, and the release that ran before.
    ///
    /// # Errors
    /// When there is none.
    pub async fn before(&self) -> Result<(Stack, Before), DeployError> {
        let stack = self.main().await?;
        let none = || DeployError::NothingBefore(stack.stack_name.clone());
        let (to, template) = stack.parameter("Previous").and_then(|text| text.split_once('/')).ok_or_else(none)?;
        let from = stack.parameter("Release").unwrap_or_default().to_owned();
        let before = Before { from, to: to.to_owned(), template: template.to_owned() };
        Ok((stack, before))
    }

    /// Goes back.
    ///
    /// # Errors
    /// When that release is gone, cannot run beside this one, or the cloud refuses.
    pub async fn go_back(&self, stack: &Stack, before: &Before) -> Result<(), DeployError> {
        let courier = self.courier();
        let template = courier.template(&before.template).await?;
        let template = template.ok_or_else(|| DeployError::TemplateGone(before.to.clone()))?;
        let running = self.template_of(stack).await?;
        go_together(&running, &template).map_err(DeployError::Formats)?;
        let kept = courier.keep_template(&running).await?;
        let previous = format!("{}/{kept}", before.from);
        let parameters = [("Release", before.to.clone()), ("Previous", previous)];
        let parameters: Parameters =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect();
        let (_, became) = self.stacks().bring(&stack.stack_name, Some(stack), &template, parameters).await?;
        if became == Became::AsItWas {
            (self.say)("the stack runs that release already");
        }
        Ok(())
    }
}

//! `causeway uninstall`: takes a deployment away, and says what remains.
//!
//! Connections stay in the clouds as they are. Their records stay too, unless they are to be deleted: deployed again, Causeway finds them
//! and goes on. Dying in between leaves a smaller deployment, and the same command goes on.

use std::time::Duration;

use api::problem::ProblemKind;
use operate::ros::{Parameters, Stack};

use super::error::DeployError;
use super::stacks::Became;
use super::{Deployer, progress};
use crate::args::Uninstall;
use crate::ask::confirm;
use crate::context::ContextFile;
use crate::demo::follow::is_under_way;
use crate::operator;
use crate::render::json;
use crate::webhook::WebhookError;

/// How long connections that are under way are waited for.
const DRAIN: Duration = Duration::from_secs(15 * 60);

/// What an uninstall leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Remains {
    /// The version of this document.
    pub version: u32,
    /// What remains, a line each.
    pub remains: Vec<String>,
}

/// `causeway uninstall`. Ends with 1 where the person did not want it.
///
/// # Errors
/// When connections are under way, or something refuses.
pub async fn uninstall(args: &Uninstall) -> Result<bool, DeployError> {
    let operator = operator::connect(&args.operator).await?;
    let deployer = Deployer::new(&operator, &args.common, ContextFile::own()?, progress(args.common.json));
    let records = if args.delete_records { " WITH ALL ITS RECORDS" } else { "" };
    let question =
        format!("Remove {} in {} of account {}{records}?", operator.stack, operator.region, operator.identity.account);
    if !args.common.yes && !confirm(&question)? {
        println!("nothing was done");
        return Ok(false);
    }
    let remains = deployer.take_away(args.delete_records, args.force).await?;
    if args.common.json {
        println!("{}", json(&remains));
        return Ok(true);
    }
    println!("{} is removed. What remains:", operator.stack);
    remains.remains.iter().for_each(|line| println!("  {line}"));
    Ok(true)
}

impl Deployer<'_> {
    /// Removes the deployment.
    ///
    /// # Errors
    /// When connections are under way and `force` is off; when something refuses.
    pub async fn take_away(&self, delete_records: bool, force: bool) -> Result<Remains, DeployError> {
        let stacks = self.stacks();
        let mut connections = None;
        if let Some(stack) = stacks.find(&self.names.stack).await? {
            let stack = match stack.status.settled() {
                Some(_) => stack,
                None => stacks.settled(&self.names.stack).await?.unwrap_or(stack),
            };
            connections = self.drain(&stack, force).await?;
            let stack = if delete_records { self.release_records(&stack).await? } else { stack };
            (self.say)(&format!("deleting stack {}", stack.stack_name));
            stacks.delete(&stack, &[]).await?;
        }
        self.courier().delete().await?;
        if let Some(base) = stacks.find(&self.names.base).await? {
            (self.say)(&format!("deleting stack {}", base.stack_name));
            stacks.delete(&base, &[]).await?;
        }
        self.contexts.change(|all| {
            let Some(context) = all.contexts.get_mut(&self.context) else { return };
            if context.stack.as_ref() == Some(&self.names.stack) {
                // The key that verifies stays: the records may.
                context.webhook = None;
                all.current.take_if(|current| *current == self.context);
            }
        })?;
        self.remains(connections, delete_records).await
    }

    /// Waits until no connection is under way. Answers how many there are, where the webhook can be asked.
    async fn drain(&self, stack: &Stack, force: bool) -> Result<Option<usize>, DeployError> {
        let contexts = self.contexts.load()?;
        let url = stack.output("WebhookUrl").and_then(serde_json::Value::as_str);
        let context = contexts.contexts.get(&self.context).map(|context| crate::context::Context {
            webhook: url.map(|url| url.trim_end_matches('/').to_owned()),
            ..context.clone()
        });
        let Some(webhook) = context.map(|context| self.webhook(&context)).transpose()?.flatten() else {
            return match force {
                true => Ok(None),
                false => Err(DeployError::Unasked("this machine has no secret of the deployment".to_owned())),
            };
        };
        let started = tokio::time::Instant::now();
        let mut told = None;
        loop {
            let all = match webhook.connections().await {
                Ok(all) => all,
                // Before there are callers there is no connection.
                Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden => return Ok(Some(0)),
                Err(_) if force => return Ok(None),
                Err(error) => return Err(DeployError::Unasked(error.to_string())),
            };
            let open = all.iter().filter(|one| is_under_way(one.phase)).count();
            if open == 0 || force {
                return Ok(Some(all.len()));
            }
            if started.elapsed() > DRAIN {
                return Err(DeployError::UnderWay(open));
            }
            if told.replace(open) != Some(open) {
                (self.say)(&format!("waiting for {open} connections that are under way"));
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }

    /// Has the stack delete the bucket for records with everything in it.
    async fn release_records(&self, stack: &Stack) -> Result<Stack, DeployError> {
        let template = self.template_of(stack).await?;
        let kept = "    DeletionPolicy: Retain\n    Properties:\n      BucketName: {Ref: StoreBucket}\n";
        let forced = "    Properties:\n      BucketName: {Ref: StoreBucket}\n      DeletionForce: true\n";
        if !template.contains(kept) {
            return Ok(stack.clone());
        }
        let template = template.replacen(kept, forced, 1);
        let (stack, became) = self.stacks().bring(&stack.stack_name, Some(stack), &template, Parameters::new()).await?;
        if became == Became::Changed {
            (self.say)("the bucket for records goes with the stack");
        }
        Ok(stack)
    }

    /// What is left, and how to take it away.
    async fn remains(&self, connections: Option<usize>, delete_records: bool) -> Result<Remains, DeployError> {
        let mut remains = Vec::new();
        let account = &self.operator.identity.account;
        let region = &self.operator.region;
        let copies = format!("{}-checkpoints-{account}-{region}", self.names.stack);
        for (bucket, what) in [(&self.names.records, "records"), (&copies, "copies of checkpoints")] {
            if self.has_bucket(bucket).await? {
                let next = match delete_records && bucket == &self.names.records {
                    true => "which an earlier deployment made and no stack has: empty and delete it in the console",
                    false => "`causeway deploy` takes it up again",
                };
                remains.push(format!("bucket {bucket} with {what}; {next}"));
            }
        }
        if let Some(connections) = connections.filter(|count| *count > 0) {
            remains
                .push(format!("{connections} connections, as they stand in the clouds; nobody looks after them now"));
        }
        remains.push(format!(
            "the roles {}-read, -network and -command in connected accounts: delete the stack {0}-roles in each",
            self.names.stack
        ));
        remains.push("the products that were opened, and EventBridge's service-linked roles, which the account's other streams use".to_owned());
        Ok(Remains { version: 1, remains })
    }
}

//! A deployment looked at from outside: whether every function has the code that was brought, and whether the webhook answers.

use std::time::Duration;

use api::problem::ProblemKind;
use connection::caller::{Caller, Callers, Credential, Role};
use operate::ros::Stack;

use super::error::DeployError;
use super::release::Release;
use super::{CALLER, Deployer};
use crate::context::Context;
use crate::webhook::{Webhook, WebhookError};

/// How often the webhook is asked before it counts as silent.
const TRIES: u32 = 20;
/// How long between.
const PAUSE: Duration = Duration::from_secs(3);

impl Deployer<'_> {
    /// Looks at a stack that has just been made or updated, and puts the first caller where nobody may call yet.
    ///
    /// # Errors
    /// [`DeployError::Unsound`] with everything that is not as it should be.
    pub(crate) async fn sound(
        &self,
        main: &Stack,
        release: &Release,
        context: Option<&Context>,
    ) -> Result<(), DeployError> {
        let mut faults = self.code(main, &release.checksum).await?;
        if let Some(context) = context
            && let Some(webhook) = self.webhook(context)?
            && let Err(error) = first_caller(&webhook).await
        {
            faults.push(format!("the webhook does not answer caller {CALLER}: {error}"));
        }
        if faults.is_empty() { Ok(()) } else { Err(DeployError::Unsound(faults)) }
    }

    /// The functions of a stack whose code is another than the one of the release.
    async fn code(&self, main: &Stack, checksum: &str) -> Result<Vec<String>, DeployError> {
        let ros = self.operator.client.ros(&self.operator.region);
        let resources = ros.list_stack_resources(&main.stack_id).await;
        let resources =
            resources.map_err(DeployError::cloud(format!("list the resources of stack {}", main.stack_name)))?;
        let fc = self.operator.client.fc(&self.operator.region);
        let functions = fc.list_functions(&format!("{}-", self.names.stack)).await;
        let functions = functions.map_err(DeployError::cloud("list functions"))?;
        let of_stack = resources.iter().filter(|resource| resource.resource_type == "ALIYUN::FC3::Function");
        let mut faults = Vec::new();
        for resource in of_stack {
            let name = resource.physical_resource_id.as_deref().unwrap_or_default();
            // The id may carry more than the name.
            let is_it = |function: &&operate::fc::Function| {
                name == function.function_name || name.ends_with(&format!("/{}", function.function_name))
            };
            match functions.iter().find(is_it) {
                None => faults.push(format!("function {name} is not there")),
                Some(function) if function.code_checksum.as_deref().is_some_and(|found| found != checksum) => {
                    faults.push(format!("function {name} has other code than the release"));
                }
                Some(function) if function.state.as_deref() == Some("Failed") => {
                    faults.push(format!("function {name} is Failed"));
                }
                Some(_) => {}
            }
        }
        Ok(faults)
    }
}

/// Asks the webhook until it answers, and puts the callers document if there is none: the first caller may do everything.
async fn first_caller(webhook: &Webhook) -> Result<(), WebhookError> {
    let mut tries = 1;
    loop {
        let error = match webhook.text("/v1/config/callers").await {
            Ok(_) => return Ok(()),
            // Nobody may do anything before there are callers, and the first one may put them.
            Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::Forbidden => {
                let admin = Caller::with(Credential::WebhookSecret, Role::Admin);
                let name = CALLER.parse();
                let callers =
                    Callers { callers: name.ok().map(|name| (name, admin)).into_iter().collect(), ..Callers::none() };
                let put: Result<api::config::ConfigPut, _> =
                    webhook.replace("/v1/config/callers", ("if-none-match", "*"), &callers).await;
                match put {
                    // It counts once every instance has forgotten that there was none.
                    Ok(_) => WebhookError::Refused(problem),
                    // Somebody who puts callers has put this one away.
                    Err(WebhookError::Refused(other)) if other.kind == ProblemKind::PreconditionFailed => {
                        return Err(WebhookError::Refused(other));
                    }
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        if tries >= TRIES {
            return Err(error);
        }
        tries += 1;
        tokio::time::sleep(PAUSE).await;
    }
}

//! A deployment looked at from outside: whether its webhook answers, and everything else that `causeway doctor` looks at.

use std::time::Duration;

use api::problem::ProblemKind;
use connection::caller::{Caller, Callers, Credential, Role};

use super::error::DeployError;
use super::release::Release;
use super::{CALLER, Deployer};
use crate::context::Context;
use crate::doctor;
use crate::webhook::{Webhook, WebhookError};

/// How often the webhook is asked before it counts as silent.
const TRIES: u32 = 20;
/// How long between.
const PAUSE: Duration = Duration::from_secs(3);

impl Deployer<'_> {
    /// Waits until the webhook of a stack that has just been made or updated answers, and puts the first caller where nobody may
    /// call yet.
    ///
    /// # Errors
    /// [`DeployError::Silent`] when it does not.
    pub(crate) async fn answers(&self, context: &Context) -> Result<(), DeployError> {
        match self.webhook(context)? {
            Some(webhook) => first_caller(&webhook).await.map_err(DeployError::Silent),
            None => Ok(()),
        }
    }

    /// Looks at everything that has to be so of a deployment, and tells what is not. Accounts that do not let Causeway in are told;
    /// the deployment works without them.
    ///
    /// # Errors
    /// [`DeployError::Unsound`] when something does not work.
    pub(crate) async fn sound(&self, release: &Release) -> Result<(), DeployError> {
        (self.say)("looking at it from outside");
        let contexts = self.contexts.load()?;
        let webhook = match contexts.contexts.get(&self.context) {
            Some(context) => self.webhook(context)?,
            None => None,
        };
        let report = doctor::after_deploying(self.operator, webhook, Some(&release.package)).await;
        doctor::tell_failures(&report, |_| true);
        if report.failures().any(|(check, _)| check.id != "accounts") { Err(DeployError::Unsound) } else { Ok(()) }
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

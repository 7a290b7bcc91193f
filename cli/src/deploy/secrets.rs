//! `causeway secrets`: who has a webhook secret, and the key that signs the logs.
//!
//! ROS does not show a secret parameter again, so the list is read where the webhook itself finds it: in its environment. A secret is on
//! this machine before the stack has it, so one that was made is never lost.

use audit::{SigningKey, Verifiers};
use cloud_signing::webhook::Secret;
use connection::words::CallerName;
use jiff::SignedDuration;
use operate::ros::{Parameters, Stack};
use secrecy::{ExposeSecret as _, SecretString};

use super::error::DeployError;
use super::{Deployer, progress};
use crate::args::{DeploymentArgs, OperatorArgs, SecretsCommand};
use crate::ask::confirm;
use crate::context::ContextFile;
use crate::deployment::{CALLER, random};
use crate::operator;
use crate::render::json;

const VARIABLE: &str = "CAUSEWAY_WEBHOOK_SECRETS";
const PARAMETER: &str = "WebhookSecrets";
/// How long the update of a stack may take, and some time more for clocks.
const UPDATE: SignedDuration = SignedDuration::from_mins(90);

/// What becomes of the secrets of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It gets one more, which is printed.
    Add,
    /// Only its newest is left.
    Finish,
    /// It has none any more.
    Remove,
}

/// `causeway secrets`. Ends with 1 where the person did not want it.
///
/// # Errors
/// When something refuses.
pub async fn secrets(command: &SecretsCommand) -> Result<bool, DeployError> {
    match command {
        SecretsCommand::List { operator } => {
            let common = DeploymentArgs { context: None, yes: true, json: false };
            let operator = operator::connect(operator).await?;
            let deployer = Deployer::new(&operator, &common, ContextFile::own()?, progress(true));
            let mut names: Vec<String> = Vec::new();
            for (caller, _) in deployer.secrets().await? {
                if !names.contains(&caller) {
                    names.push(caller);
                }
            }
            names.iter().for_each(|name| println!("{}", strict::escaped(name)));
            Ok(true)
        }
        SecretsCommand::Add { caller, operator, common } => change(caller, Change::Add, operator, common).await,
        SecretsCommand::Rotate { caller: Some(caller), finish, operator, common, .. } => {
            let what = if *finish { Change::Finish } else { Change::Add };
            change(caller, what, operator, common).await
        }
        SecretsCommand::Rotate { operator, common, .. } => rotate_audit_key(operator, common).await,
        SecretsCommand::Remove { caller, operator, common } => change(caller, Change::Remove, operator, common).await,
    }
}

async fn change(
    caller: &CallerName,
    what: Change,
    operator: &OperatorArgs,
    common: &DeploymentArgs,
) -> Result<bool, DeployError> {
    let operator = operator::connect(operator).await?;
    let deployer = Deployer::new(&operator, common, ContextFile::own()?, progress(true));
    let question = match what {
        Change::Add => format!("Give caller {caller} a new secret?"),
        Change::Finish => format!("Take the older secrets of caller {caller} away?"),
        Change::Remove => format!("Take all secrets of caller {caller} away?"),
    };
    if !common.yes && !confirm(&question)? {
        println!("nothing was done");
        return Ok(false);
    }
    let made = deployer.change_secrets(caller, what).await?;
    match (made, common.json) {
        (Some(secret), true) => {
            println!("{}", json(&serde_json::json!({"version": 1, "caller": caller, "secret": secret})))
        }
        (Some(secret), false) => println!("{secret}"),
        (None, _) => eprintln!("done; functions that run go on with what they have for up to a minute"),
    }
    Ok(true)
}

async fn rotate_audit_key(operator: &OperatorArgs, common: &DeploymentArgs) -> Result<bool, DeployError> {
    let operator = operator::connect(operator).await?;
    let deployer = Deployer::new(&operator, common, ContextFile::own()?, progress(true));
    if !common.yes && !confirm("Replace the key that signs the logs?")? {
        println!("nothing was done");
        return Ok(false);
    }
    let verifiers = deployer.rotate_audit_key().await?;
    println!("{verifiers}");
    Ok(true)
}

impl Deployer<'_> {
    /// The secrets that callers have, as `NAME` and `whsec_…`, in the order in which the webhook reads them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn secrets(&self) -> Result<Vec<(String, String)>, DeployError> {
        let name = format!("{}-webhook", self.names.stack);
        let fc = self.operator.client.fc(&self.operator.region);
        let function = fc.function(&name).await.map_err(DeployError::cloud(format!("show function {name}")))?;
        let environment = function.and_then(|function| function.environment_variables).unwrap_or_default();
        let list = environment.get(VARIABLE).cloned().flatten().ok_or(DeployError::Hidden(name))?;
        let pairs = list.split_whitespace().filter_map(|one| one.split_once(':'));
        Ok(pairs.map(|(caller, secret)| (caller.to_owned(), secret.to_owned())).collect())
    }

    /// Changes the secrets of a caller, and answers the one that was made.
    ///
    /// # Errors
    /// When the caller has none, or something refuses.
    pub async fn change_secrets(&self, caller: &CallerName, what: Change) -> Result<Option<String>, DeployError> {
        let stack = self.main().await?;
        let mut secrets = self.secrets().await?;
        let own = |pair: &(String, String)| pair.0 == caller.as_str();
        if what != Change::Add && !secrets.iter().any(own) {
            return Err(DeployError::NoSuchCaller(caller.to_string()));
        }
        let newest = secrets.iter().find(|pair| own(pair)).cloned();
        let made = match what {
            Change::Add => {
                let secret = Secret::from_bytes(random(&self.operator.io))
                    .map_err(|fault| DeployError::BadSecret(self.context.clone(), fault))?;
                Some(secret.to_text().expose_secret().to_owned())
            }
            Change::Finish | Change::Remove => None,
        };
        // The newest stands first.
        match (&made, what) {
            (Some(made), _) => secrets.insert(0, (caller.to_string(), made.clone())),
            (None, Change::Finish) => secrets.retain(|pair| !own(pair) || Some(pair) == newest.as_ref()),
            (None, _) => secrets.retain(|pair| !own(pair)),
        }
        let list: Vec<String> = secrets.iter().map(|(caller, secret)| format!("{caller}:{secret}")).collect();
        if list.is_empty() {
            return Err(DeployError::Settings(vec![format!(
                "caller {caller} is the last one: without any secret nobody could call the webhook. Add another caller first"
            )]));
        }
        self.set(&stack, [(PARAMETER, list.join(" "))]).await?;
        // Whoever deploys is the first caller: its context has to have the secret that stays.
        if let (Some(made), CALLER) = (&made, caller.as_str()) {
            self.contexts.change(|all| {
                if let Some(context) = all.contexts.get_mut(&self.context) {
                    context.secret.clone_from(made);
                }
            })?;
        }
        Ok(made)
    }

    /// Replaces the key that signs the logs, and answers the keys that verify them from now on.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn rotate_audit_key(&self) -> Result<String, DeployError> {
        let stack = self.main().await?;
        let unreadable = |error: audit::key::BadKey| DeployError::Settings(vec![error.to_string()]);
        let trusted = stack.parameter("AuditVerifiers").unwrap_or_default();
        let trusted: Verifiers = trusted.parse().map_err(unreadable)?;
        let name = trusted.name().unwrap_or("causeway");
        let key = SigningKey::from_seed(name, random(&self.operator.io)).map_err(unreadable)?;
        // Functions go on to sign with the old key while the stack is updated, which takes an hour at most.
        let until = self.operator.io.clock.now() + UPDATE;
        let before = trusted.iter().map(|verifier| {
            let text = verifier.to_string();
            if text.contains('@') { text } else { format!("{text}@{until}") }
        });
        let verifiers = std::iter::once(key.verifier().to_string()).chain(before).collect::<Vec<_>>().join(" ");
        let own = [("AuditKey", key.to_text().expose_secret().to_owned()), ("AuditVerifiers", verifiers.clone())];
        self.set(&stack, own).await?;
        self.contexts.change(|all| {
            if let Some(context) = all.contexts.get_mut(&self.context) {
                context.verifier = Some(verifiers.clone());
            }
        })?;
        Ok(verifiers)
    }

    /// Sets parameters of the stack, whose template stays.
    async fn set<const N: usize>(&self, stack: &Stack, own: [(&str, String); N]) -> Result<(), DeployError> {
        let template = self.template_of(stack).await?;
        let parameters: Parameters =
            own.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect();
        self.stacks().bring(&stack.stack_name, Some(stack), &template, parameters).await.map(drop)
    }
}

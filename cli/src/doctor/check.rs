//! What a check is, what it looks at, and what comes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use alicloud::Kind;
use causeway_local::ros::{Pseudo, Stack as Described, Template};
use cloud_error::{CloudCall, Error};
use futures::future::BoxFuture;
use operate::ros::{Parameters, Stack};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde_json::{Value, json};
use transport::Chain;

use crate::deploy::names::Names;
use crate::operator::Operator;
use crate::webhook::{Webhook, WebhookError};

/// A look at one thing.
pub struct Check {
    /// Its name, also that of its entry in docs/doctor.md.
    pub id: &'static str,
    /// Where it is listed.
    pub group: &'static str,
    /// What is so when it passes.
    pub title: &'static str,
    /// What has to be there before it can be made.
    pub needs: Needs,
    /// When `causeway deploy` asks for it.
    pub moment: Moment,
    /// How long it may take.
    pub limit: Duration,
    /// What it looks at, and what a failure means.
    pub meaning: &'static str,
    /// What sets it right.
    pub remedy: &'static str,
    /// Looks.
    pub run: for<'a> fn(&'a Patient) -> BoxFuture<'a, Vec<Found>>,
}

/// What has to be there before a check can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The operator's keys.
    Keys,
    /// That nothing is deployed.
    Nothing,
    /// A deployment.
    Deployment,
    /// A deployment, and its webhook.
    Webhook,
}

/// When a check matters to a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it.
    Before,
    /// After it.
    After,
    /// Whenever somebody asks.
    Ever,
}

/// What came of a look at one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Which of several things, where a check looks at several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is as it has to be.
    Passed {
        /// What else is worth knowing.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It works, and somebody should look at it.
    Warning(Trouble),
    /// It does not work.
    Failed(Trouble),
    /// It could not be looked at.
    Unknown {
        /// Why not.
        why: String,
    },
    /// It was not looked at.
    Skipped {
        /// Why not.
        why: String,
    },
}

/// What is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// In words.
    pub what: String,
    /// The permissions that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// The product that is closed or missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The command that sets it right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The cloud's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Trouble {
    /// In words.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    /// With the command that sets it right.
    #[must_use]
    pub fn mended_by(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }

    /// With the product that is closed or missing.
    #[must_use]
    pub fn of_product(self, product: impl Into<String>) -> Self {
        Self { product: Some(product.into()), ..self }
    }
}

impl Outcome {
    /// Nothing to say.
    #[must_use]
    pub const fn passed() -> Self {
        Self::Passed { note: None }
    }

    /// With something worth knowing.
    pub fn noted(note: impl Into<String>) -> Self {
        Self::Passed { note: Some(note.into()) }
    }

    /// Why it is not known.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// What a refusal of the look itself means: nothing is known of the thing.
    pub fn refused<C: CloudCall>(error: &Error<C>) -> Self {
        let permission = error.denied_action().map(|action| format!(" (missing permission: {action})"));
        Self::unknown(format!("{}{}", Chain(error), permission.unwrap_or_default()))
    }

    /// Nothing wrong, or all of it.
    #[must_use]
    pub fn unless(wrong: &[String], trouble: impl FnOnce(String) -> Trouble) -> Self {
        if wrong.is_empty() { Self::passed() } else { Self::Failed(trouble(wrong.join("; "))) }
    }
}

impl From<Outcome> for Vec<Found> {
    fn from(outcome: Outcome) -> Self {
        vec![Found { about: None, outcome }]
    }
}

/// What is looked at: a deployment, or the place where it shall be.
pub struct Patient {
    /// Whose it is.
    pub operator: Operator,
    /// What its parts are called.
    pub names: Names,
    /// The webhook, or why it cannot be asked.
    pub webhook: Result<Webhook, String>,
    /// The stack that is made first.
    pub base: Result<Option<Stack>, String>,
    /// The stack of functions and queues.
    pub main: Result<Option<Stack>, String>,
    /// The template that is or shall be deployed.
    pub template: String,
    /// Its parameters, as far as they are known.
    pub parameters: Parameters,
    /// CRC-64 of the package that ought to run, as the cloud writes it.
    pub package: Option<String>,
}

impl Patient {
    /// Looks at the stacks that there are.
    pub async fn new(operator: &Operator, template: &str, parameters: &Parameters) -> Self {
        let names = Names::of(operator);
        let (base, main) = futures::join!(stack(operator, &names.base), stack(operator, &names.stack));
        Self {
            operator: operator.clone(),
            names,
            webhook: Err("no webhook was named".to_owned()),
            base,
            main,
            template: template.to_owned(),
            parameters: parameters.clone(),
            package: None,
        }
    }

    /// Why a check cannot be made, if it cannot.
    pub(super) fn hinders(&self, needs: Needs) -> Option<Outcome> {
        let skipped = |why: &str| Some(Outcome::Skipped { why: why.to_owned() });
        match (needs, &self.main) {
            (Needs::Keys, _) => None,
            (_, Err(why)) => Some(Outcome::unknown(why)),
            (Needs::Nothing, Ok(None)) | (Needs::Deployment, Ok(Some(_))) => None,
            (Needs::Nothing, Ok(Some(_))) => skipped("it is deployed already"),
            (Needs::Deployment | Needs::Webhook, Ok(None)) => skipped("not deployed yet"),
            (Needs::Webhook, Ok(Some(_))) => match &self.webhook {
                Ok(_) => None,
                Err(why) => skipped(why),
            },
        }
    }

    /// What the template describes with its parameters. One that has no value yet has some: a stack keeps secrets to itself.
    pub(super) fn described(&self) -> Result<Described, String> {
        let template = Template::parse(&self.template).map_err(|error| Chain(&error).to_string())?;
        let main = self.main.as_ref().ok().and_then(Option::as_ref);
        let mut given: BTreeMap<String, Value> = BTreeMap::new();
        for declared in template.parameters() {
            let known = self.parameters.get(declared.name).map(|value| value.expose_secret().to_owned());
            let of_stack = || main.filter(|_| !declared.no_echo)?.parameter(declared.name).map(str::to_owned);
            match known.or_else(of_stack) {
                Some(value) => drop(given.insert(declared.name.to_owned(), json!(value))),
                None if declared.default.is_none() => {
                    drop(given.insert(declared.name.to_owned(), json!("placeholder")))
                }
                None => {}
            }
        }
        let (account, region) = (self.operator.identity.account.as_str(), self.operator.region.as_str());
        let pseudo = Pseudo::new(account, region, &self.names.stack);
        template.resolve(&given, &pseudo).map_err(|error| Chain(&error).to_string())
    }
}

async fn stack(operator: &Operator, name: &str) -> Result<Option<Stack>, String> {
    let ros = operator.client.ros(&operator.region);
    let look = async {
        match ros.stack_by_name(name).await? {
            Some(listed) => ros.stack(&listed.stack_id).await,
            None => Ok(None),
        }
    };
    let found = look.await.map_err(|error| format!("stack {name} cannot be looked at: {}", Chain(&error)))?;
    // What a failed creation left is no deployment; the check of stacks looks at it by itself.
    Ok(found.filter(|stack| stack.status != operate::ros::StackStatus::DeleteComplete))
}

/// What a webhook's refusal means for a check that asks it.
pub(super) fn unanswered(error: &WebhookError) -> Outcome {
    Outcome::Failed(Trouble::new(Chain(error).to_string()).mended_by("causeway deploy"))
}

/// Whether a product says that the account has not opened it.
pub(super) fn is_closed<C: CloudCall>(error: &Error<C>) -> bool {
    error.kind() == Kind::Commercial
}

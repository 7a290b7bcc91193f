//! `causeway deploy`, `rollback` and `uninstall`: a deployment of Causeway in an account of Alibaba Cloud.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`names`] | what the parts of a deployment are called |
//! | [`release`] | the package of the functions, the templates, and whether two releases may run side by side |
//! | [`prepare`] | opens products, makes the roles that belong to the account |
//! | [`courier`] | brings releases into the cloud |
//! | [`stacks`] | makes, updates and deletes stacks, and follows them |
//! | [`plan`], [`cost`] | what would be done, and what it costs |
//! | [`sound`] | looks at a deployment from outside |
//! | [`rollback`], [`uninstall`] | back to the release before; away |
//! | [`secrets`] | who may call, and what signs the logs |
//!
//! ```text
//! look ─► plan, ask ─► open products, roles ─► secrets into the context ─► stack NAME-base ─► courier ─► release ─► stack NAME ─► checks
//! ```
//!
//! Each arrow may be the last thing that a run does. What stands before it is found by the next run, which goes on behind it:
//!
//! | who dies | what is left, and what the next run does |
//! | --- | --- |
//! | after the secrets are in the context | They are taken from there. No stack has them yet, so nobody else can have used them. |
//! | while a stack is made or updated | It waits for the end of that. A stack that was never made whole is deleted and made again. |
//! | after the courier, before the release | The courier is there, and takes the release. |
//! | before the first caller is put | The webhook lets `admin` put it. |

pub mod cost;
pub mod courier;
pub mod error;
pub mod names;
pub mod plan;
pub mod prepare;
pub mod release;
pub mod rollback;
pub mod secrets;
pub mod sound;
pub mod stacks;
pub mod uninstall;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use audit::SigningKey;
use causeway_local::ros::{Pseudo, Template};
use cloud_signing::webhook::Secret;
use connection::words::Kind;
use operate::ros::{Parameters, Stack};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::args::{Deploy, DeploymentArgs};
use crate::ask::confirm;
use crate::context::{Context, ContextFile};
use crate::deployment::{BASE, CALLER, random};
use crate::doctor;
use crate::operator::{self, Operator};
use crate::render::json;
use crate::settings;
use crate::webhook::Webhook;

use courier::Courier;
pub use error::DeployError;
use names::Names;
use plan::Plan;
use release::{Release, go_together};
use stacks::{Became, Say, Stacks};

/// How often a stack is looked at that is under way.
const EVERY: Duration = Duration::from_secs(2);
/// The same of a local cloud.
const EVERY_LOCALLY: Duration = Duration::from_millis(250);
/// Parameters that this command sets itself, and what changes them.
const OWN: [(&str, &str); 10] = [
    ("AuditKey", "causeway secrets rotate --audit-key"),
    ("AuditVerifiers", "causeway secrets rotate --audit-key"),
    ("CodeBucket", "--stack"),
    ("Endpoint", "--endpoint"),
    ("Kinds", "--kinds"),
    ("Previous", "causeway rollback"),
    ("Release", "--package"),
    ("StoreBucket", "--stack"),
    ("StoreBucketIsThere", "--stack"),
    ("WebhookSecrets", "causeway secrets"),
];

/// What a deployment is to be.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Kinds of connections; none for those that there are.
    pub kinds: Vec<Kind>,
    /// Parameters of the template.
    pub parameters: Vec<(String, String)>,
    /// Whether products may be opened.
    pub open: bool,
    /// Whether queues and buckets may be deleted.
    pub remove: bool,
    /// Parameters that this program itself fixes, whatever it would set otherwise: those of a local cloud.
    pub fixed: BTreeMap<String, Value>,
}

/// A deployment of an operator, and who listens.
pub struct Deployer<'a> {
    /// Whose it is.
    pub operator: &'a Operator,
    /// What its parts are called.
    pub names: Names,
    /// Where its secrets are kept.
    pub contexts: ContextFile,
    /// Under which name.
    pub context: String,
    /// Who is told what happens.
    pub say: Say<'a>,
}

/// What is there.
#[derive(Debug, Clone)]
struct Standing {
    base: Option<Stack>,
    main: Option<Stack>,
    /// Whether the bucket for records is there, as after an uninstall.
    has_records: bool,
}

/// What came of a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployed {
    /// The version of this document.
    pub version: u32,
    /// The deployment.
    pub stack: String,
    /// The release that runs.
    pub release: String,
    /// Address of the webhook, before `/v1`.
    pub webhook: Option<String>,
    /// The context that was written, if this machine has the secrets.
    pub context: Option<String>,
    /// Whether anything was changed.
    pub changed: bool,
}

/// `causeway deploy`. Ends with 1 where the person did not want it.
///
/// # Errors
/// When something refuses; the same command goes on later.
pub async fn deploy(args: &Deploy) -> Result<bool, DeployError> {
    let release = Release::of(args.package.as_deref())?;
    let operator = operator::connect(&args.operator).await?;
    let wanted = Wanted {
        kinds: args.kinds.clone(),
        parameters: args.parameters.clone(),
        open: args.open,
        remove: args.remove,
        fixed: BTreeMap::new(),
    };
    let deployer = Deployer::new(&operator, &args.common, ContextFile::own()?, progress(args.common.json));
    if !args.skip_doctor && deployer.main_is_missing().await? {
        let report = doctor::before_deploying(&operator, &release.template, &doctor::parameters(&operator)).await;
        // What this command opens itself it asks for below.
        let in_the_way = |id: &str| !matches!(id, "products" | "event-bridge");
        if doctor::tell_failures(&report, in_the_way) {
            return Err(DeployError::Unhealthy);
        }
    }
    let plan = deployer.plan(&release, &wanted).await?;
    if args.common.json {
        if args.plan {
            println!("{}", json(&plan));
        }
    } else {
        print!("{}", plan.text());
    }
    if args.plan {
        return Ok(true);
    }
    let asks = !plan.is_empty() && !args.common.yes;
    if asks && !confirm(&format!("Deploy into account {} now?", operator.identity.account))? {
        println!("nothing was done");
        return Ok(false);
    }
    let deployed = deployer.carry_out(&release, &wanted).await?;
    if !args.skip_doctor {
        deployer.sound(&release).await?;
    }
    if args.common.json {
        println!("{}", json(&deployed));
    } else {
        told(&deployed);
    }
    Ok(true)
}

fn told(deployed: &Deployed) {
    let Deployed { stack, release, webhook, context, changed, .. } = deployed;
    let what = if *changed { "is deployed" } else { "is as it should be" };
    println!("{stack} {what}: release {release}");
    if let Some(webhook) = webhook {
        println!("  webhook  {webhook}");
    }
    match context {
        Some(context) => println!(
            "  context  {context}, which other commands use by default\n\nnext: causeway accounts add ALIAS --profile PROFILE, for each account \
             to connect"
        ),
        None => println!(
            "  context  none: the secrets of this deployment are on another machine; `causeway secrets add` makes one for you"
        ),
    }
}

/// Progress, a line each: to stdout, or to stderr where stdout holds a document.
pub(crate) fn progress(to_stderr: bool) -> Say<'static> {
    if to_stderr {
        &|line| eprintln!("{}", strict::escaped(line))
    } else {
        &|line| println!("{}", strict::escaped(line))
    }
}

impl<'a> Deployer<'a> {
    /// The deployment that an operator means.
    #[must_use]
    pub fn new(operator: &'a Operator, args: &DeploymentArgs, contexts: ContextFile, say: Say<'a>) -> Self {
        let context = args.context.clone().unwrap_or_else(|| operator.stack.clone());
        Self { operator, names: Names::of(operator), contexts, context, say }
    }

    fn every(&self) -> Duration {
        if self.operator.endpoint.is_some() { EVERY_LOCALLY } else { EVERY }
    }

    pub(crate) fn stacks(&self) -> Stacks<'a> {
        let ros = self.operator.client.ros(&self.operator.region);
        Stacks::new(ros, &self.operator.io, self.say, self.every())
    }

    pub(crate) fn courier(&self) -> Courier<'_> {
        Courier::new(self.operator, &self.names, self.say, self.every())
    }

    /// The stack of the deployment.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn main(&self) -> Result<Stack, DeployError> {
        self.stacks().settled(&self.names.stack).await?.ok_or_else(|| DeployError::NoStack {
            name: self.names.stack.clone(),
            region: self.operator.region.to_string(),
            account: self.operator.identity.account.to_string(),
        })
    }

    /// What is there. Nothing is changed.
    async fn look(&self) -> Result<Standing, DeployError> {
        let stacks = self.stacks();
        let whole = |stack: &Stack| !stack.status.never_was();
        let base = stacks.find(&self.names.base).await?.filter(whole);
        let main = stacks.find(&self.names.stack).await?.filter(whole);
        let has_records = main.is_none() && self.has_bucket(&self.names.records).await?;
        Ok(Standing { base, main, has_records })
    }

    /// Whether nothing was deployed yet.
    async fn main_is_missing(&self) -> Result<bool, DeployError> {
        Ok(self.stacks().find(&self.names.stack).await?.is_none())
    }

    async fn has_bucket(&self, name: &str) -> Result<bool, DeployError> {
        let oss = self.operator.client.oss(&self.operator.region);
        Ok(oss.bucket(name).await.map_err(DeployError::cloud(format!("look at bucket {name}")))?.is_some())
    }

    /// Tells what [`Self::carry_out`] would do.
    ///
    /// # Errors
    /// When the cloud refuses the template or a parameter; when products are closed and may not be opened; when something would
    /// be lost.
    pub async fn plan(&self, release: &Release, wanted: &Wanted) -> Result<Plan, DeployError> {
        let standing = self.look().await?;
        let before = standing.main.as_ref();
        if let Some(stack) = before {
            self.fits(stack, release).await?;
        }
        let keys = self.keys(&standing)?;
        let parameters = self.parameters(release, wanted, &standing, &keys).await?;
        if before.is_none() {
            self.check(release, &parameters)?;
        }
        let closed = prepare::closed(self.operator, release, &parameters).await?;
        if !closed.is_empty() && !wanted.open {
            return Err(DeployError::Closed(closed.join(", ")));
        }
        let ros = self.operator.client.ros(&self.operator.region);
        let planned = Plan::of(&ros, &self.names, (before, release), &parameters, wanted.remove).await?;
        let account = self.operator.identity.account.to_string();
        Ok(Plan { account, opens: closed, ..planned.0 })
    }

    /// Deploys: from nothing, or from whatever is there.
    ///
    /// # Errors
    /// When something refuses. What was begun is gone on with by the next call.
    pub async fn carry_out(&self, release: &Release, wanted: &Wanted) -> Result<Deployed, DeployError> {
        let (main, changed) = self.bring(release, wanted).await?;
        let webhook = main.output("WebhookUrl").and_then(Value::as_str).map(|url| url.trim_end_matches('/').to_owned());
        let context = self.kept(webhook.as_deref())?;
        if let Some(context) = &context {
            self.answers(context).await?;
        }
        Ok(Deployed {
            version: 1,
            stack: self.names.stack.clone(),
            release: release.name.clone(),
            webhook,
            context: context.map(|_| self.context.clone()),
            changed,
        })
    }

    /// Brings both stacks to this release. Answers the one of functions and queues, and whether anything was changed.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn bring(&self, release: &Release, wanted: &Wanted) -> Result<(Stack, bool), DeployError> {
        let stacks = self.stacks();
        for name in [&self.names.base, &self.names.stack] {
            stacks.settled(name).await?;
        }
        let standing = self.look().await?;
        if let Some(stack) = &standing.main {
            self.fits(stack, release).await?;
        }
        let keys = self.keys(&standing)?;
        let parameters = self.parameters(release, wanted, &standing, &keys).await?;
        let closed = prepare::closed(self.operator, release, &parameters).await?;
        match wanted.open {
            _ if closed.is_empty() => {}
            true => prepare::open(self.operator, &closed, self.say).await?,
            false => return Err(DeployError::Closed(closed.join(", "))),
        }
        prepare::linked_roles(self.operator, self.say).await?;
        if let Some(keys) = &keys {
            self.keep(keys)?;
        }

        let of_base = prepare::base_parameters(&self.names);
        let (base, made_base) = stacks.bring(&self.names.base, standing.base.as_ref(), BASE, of_base).await?;
        let role = base.output("CourierRole").and_then(Value::as_str).unwrap_or_default();
        let courier = self.courier();
        courier.make(release, role).await?;
        courier.bring(release).await?;
        if let Some(stack) = &standing.main {
            courier.keep_template(&self.template_of(stack).await?).await?;
        }

        let (main, became) =
            stacks.bring(&self.names.stack, standing.main.as_ref(), &release.template, parameters).await?;
        Ok((main, became != Became::AsItWas || made_base != Became::AsItWas))
    }

    /// The template of a stack, word for word.
    pub(crate) async fn template_of(&self, stack: &Stack) -> Result<String, DeployError> {
        let ros = self.operator.client.ros(&self.operator.region);
        let text = ros.template(&stack.stack_id, operate::ros::Template::Original).await;
        text.map_err(DeployError::cloud(format!("show the template of stack {}", stack.stack_name)))
    }

    /// Refuses a release that cannot run beside the one that runs.
    async fn fits(&self, stack: &Stack, release: &Release) -> Result<(), DeployError> {
        go_together(&self.template_of(stack).await?, &release.template).map_err(DeployError::Formats)
    }

    /// The secrets of a new deployment: those that an earlier run kept, or new ones. None where the stack has its own.
    fn keys(&self, standing: &Standing) -> Result<Option<Context>, DeployError> {
        if standing.main.is_some() {
            return Ok(None);
        }
        let account = self.operator.identity.account.to_string();
        let region = self.operator.region.to_string();
        let contexts = self.contexts.load()?;
        let kept = contexts.contexts.get(&self.context);
        let is_other = |context: &&Context| {
            let own = (Some(&account), Some(&region), Some(&self.names.stack), self.operator.endpoint.as_ref());
            own != (
                context.account.as_ref(),
                context.region.as_ref(),
                context.stack.as_ref(),
                context.endpoint.as_ref(),
            )
        };
        if let Some(other) = kept.filter(is_other) {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
            let of = format!("{} in {} of account {}", word(&other.stack), word(&other.region), word(&other.account));
            return Err(DeployError::OtherContext { name: self.context.clone(), of });
        }
        if let Some(kept) = kept.filter(|kept| kept.audit_key.is_some()) {
            return Ok(Some(kept.clone()));
        }
        let io = &self.operator.io;
        let name = format!("causeway/{account}/{region}/{}", self.names.stack);
        let wrong = |error: &dyn std::fmt::Display| DeployError::Settings(vec![error.to_string()]);
        let key = SigningKey::from_seed(&name, random(io)).map_err(|error| wrong(&error))?;
        let secret = Secret::from_bytes(random(io)).map_err(|error| wrong(&error))?;
        // What an earlier deployment signed is to be verified still, where its records stayed.
        let earlier = kept.and_then(|kept| kept.verifier.clone()).filter(|_| standing.has_records);
        let until = io.clock.now();
        let earlier = earlier.map(|earlier| if earlier.contains('@') { earlier } else { format!("{earlier}@{until}") });
        let verifiers: Vec<String> = std::iter::once(key.verifier().to_string()).chain(earlier).collect();
        Ok(Some(Context {
            webhook: None,
            secret: secret.to_text().expose_secret().to_owned(),
            verifier: Some(verifiers.join(" ")),
            audit_key: Some(key.to_text().expose_secret().to_owned()),
            account: Some(account),
            region: Some(region),
            stack: Some(self.names.stack.clone()),
            endpoint: self.operator.endpoint.clone(),
            others: BTreeMap::new(),
        }))
    }

    fn keep(&self, keys: &Context) -> Result<(), DeployError> {
        Ok(self.contexts.change(|all| {
            all.contexts.insert(self.context.clone(), keys.clone());
        })?)
    }

    /// Notes where the webhook is, and forgets the key of the logs, which the stack has now. None where this machine has no secrets
    /// of the deployment.
    fn kept(&self, webhook: Option<&str>) -> Result<Option<Context>, DeployError> {
        let mut found = None;
        self.contexts.change(|all| {
            let account = self.operator.identity.account.as_str();
            let Some(context) = all.contexts.get_mut(&self.context) else { return };
            if context.account.as_deref() != Some(account) || context.stack.as_ref() != Some(&self.names.stack) {
                return;
            }
            context.webhook = webhook.map(str::to_owned);
            context.audit_key = None;
            found = Some(context.clone());
            all.current.get_or_insert_with(|| self.context.clone());
        })?;
        Ok(found)
    }

    /// The parameters to send: all of a new stack, and those that change of one that is there.
    async fn parameters(
        &self,
        release: &Release,
        wanted: &Wanted,
        standing: &Standing,
        keys: &Option<Context>,
    ) -> Result<Parameters, DeployError> {
        let mut parameters: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &wanted.parameters {
            if let Some((_, instead)) = OWN.iter().find(|(own, _)| own == name) {
                return Err(DeployError::Settings(vec![format!(
                    "parameter {name} is set by this command; what changes it is {instead}"
                )]));
            }
            if parameters.insert(name.as_str(), value.clone()).is_some() {
                return Err(DeployError::Settings(vec![format!(
                    "parameter {name} is given twice; which value counts?"
                )]));
            }
        }
        let fixed = wanted.fixed.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.to_owned())));
        let kinds = wanted.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",");
        if !kinds.is_empty() {
            parameters.insert("Kinds", kinds);
        }
        if let Some(endpoint) = &self.operator.endpoint {
            parameters.insert("Endpoint", endpoint.clone());
        }
        match (&standing.main, keys) {
            (Some(stack), _) => {
                let running = stack.parameter("Release").unwrap_or_default().to_owned();
                let before = fn_courier::name(self.template_of(stack).await?.as_bytes());
                if running != release.name || before != release.template_name {
                    parameters.insert("Release", release.name.clone());
                    parameters.insert("Previous", format!("{running}/{before}"));
                }
                parameters.extend(fixed);
                // What is as it was is not told as a change.
                parameters.retain(|name, value| stack.parameter(name) != Some(value.as_str()));
            }
            (None, keys) => {
                parameters.entry("Kinds").or_insert_with(|| Kind::VpcPeering.word().to_owned());
                parameters.entry("AssumedRole").or_insert_with(|| self.names.stack.clone());
                parameters.insert("CodeBucket", self.names.code.clone());
                parameters.insert("Release", release.name.clone());
                parameters.insert("StoreBucket", self.names.records.clone());
                let there = if standing.has_records { "yes" } else { "" };
                parameters.insert("StoreBucketIsThere", there.to_owned());
                if let Some(keys) = keys {
                    parameters.insert("WebhookSecrets", format!("{CALLER}:{}", keys.secret));
                    parameters.insert("AuditKey", keys.audit_key.clone().unwrap_or_default());
                    parameters.insert("AuditVerifiers", keys.verifier.clone().unwrap_or_default());
                }
                parameters.extend(fixed);
            }
        }
        Ok(parameters.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect())
    }

    /// Builds each function with the settings that it would have: what cannot work is told before anything is made.
    fn check(&self, release: &Release, parameters: &Parameters) -> Result<(), DeployError> {
        let template = Template::parse(&release.template)?;
        let given = parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.expose_secret())));
        let pseudo =
            Pseudo::new(self.operator.identity.account.as_str(), self.operator.region.as_str(), &self.names.stack);
        let stack = template.resolve(&given.collect(), &pseudo)?;
        settings::check(&template, &stack, &self.operator.io).map_err(|error| match error {
            crate::deployment::DeploymentError::Settings(faults) => DeployError::Settings(faults),
            other => DeployError::Settings(vec![other.to_string()]),
        })
    }

    /// A client of the webhook that signs with the secret of the context; none before there is a webhook.
    ///
    /// # Errors
    /// When the secret is none.
    pub fn webhook(&self, context: &Context) -> Result<Option<Webhook>, DeployError> {
        let Some(url) = &context.webhook else { return Ok(None) };
        let secret = Secret::parse(&context.secret);
        let secret = secret.map_err(|fault| DeployError::BadSecret(self.context.clone(), fault))?;
        Ok(Some(Webhook::new(url.clone(), Arc::new(secret), self.operator.io.clone())))
    }
}

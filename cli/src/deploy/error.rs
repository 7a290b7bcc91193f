//! Why a deployment did not come about.

use cloud_signing::webhook::InvalidSecret;
use operate::Error;
use operate::ros::{Stack, StackStatus};

use crate::ask::AskError;
use crate::context::ContextError;
use crate::deployment::CALLER;
use crate::operator::OperatorError;

/// A deployment was not made, changed or removed. What was begun goes on when the command is run again.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DeployError {
    /// There is no operator.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Operator(#[from] OperatorError),
    /// The contexts cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Context(#[from] ContextError),
    /// Nobody answered.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ask(#[from] AskError),
    #[error("{path} cannot be read")]
    File { path: String, source: std::io::Error },
    #[error("there is no package of the functions at {path}")]
    #[diagnostic(help(
        "name it with --package: functions.zip of a release, or what scripts/package builds from the sources"
    ))]
    NoPackage { path: String },
    #[error("{path} is no package of the functions: {why}")]
    #[diagnostic(help("take functions.zip of a release, or what scripts/package builds from the sources"))]
    BadPackage { path: String, why: String },
    #[error("the template cannot be used")]
    Template(#[from] causeway_local::ros::RosError),
    #[error("Causeway cannot work with these settings:{}", .0.iter().map(|fault| format!("\n  {fault}")).collect::<String>())]
    #[diagnostic(help("parameters are set with --parameter NAME=VALUE; docs/deploying.md describes them"))]
    Settings(Vec<String>),
    #[error("context {name} is of another deployment: {of}")]
    #[diagnostic(help("choose another name for this one's context: --context NAME"))]
    OtherContext { name: String, of: String },
    #[error("the secret in context {0} cannot be used")]
    #[diagnostic(help("correct or remove that context in the file of contexts"))]
    BadSecret(String, #[source] InvalidSecret),
    #[error("the cloud refuses to {doing}")]
    #[diagnostic(help("{}", .source.advice()))]
    Cloud { doing: String, source: Box<Error> },
    #[error("stack {name} is {status}: {why}")]
    #[diagnostic(help("{advice}"))]
    Stack { name: String, status: StackStatus, why: String, advice: String },
    #[error("stack {0} is still under way")]
    #[diagnostic(help("nothing is lost: run the same command again, and it goes on to wait"))]
    Endless(String),
    #[error("the update would take these away or make them anew:{}", lines(.0))]
    #[diagnostic(help(
        "what is in a queue or a bucket would be lost. If a kind is taken out, remove all connections of that kind first, \
         then add --remove; nothing is ever made anew"
    ))]
    TakesAway(Vec<String>),
    #[error("releases do not go together: {0}")]
    #[diagnostic(help(
        "while a stack is updated functions of both releases run. Deploy a release between the two first, which reads both formats"
    ))]
    Formats(String),
    #[error("the courier, function {name}, did not take the release: {why}")]
    #[diagnostic(help("run the same command again; the function's log says more"))]
    Courier { name: String, why: String },
    #[error("the deployment was made, and its webhook does not answer caller {CALLER}")]
    #[diagnostic(help("run the same command again; `causeway doctor` shows what else is wrong"))]
    Silent(#[source] crate::webhook::WebhookError),
    #[error("the deployment was made, and does not work as it should")]
    #[diagnostic(help(
        "what is wrong is marked above. Run the same command again; `causeway rollback` goes back to the release before"
    ))]
    Unsound,
    #[error("there is no stack {name} in region {region} of account {account}")]
    #[diagnostic(help("check --stack, --region and the profile"))]
    NoStack { name: String, region: String, account: String },
    #[error("stack {0} has no release before the one that runs")]
    #[diagnostic(help("a rollback goes back by one deploy; there was none"))]
    NothingBefore(String),
    #[error("the template of release {0} is not in the bucket for code any more")]
    #[diagnostic(help("deploy that release again from its archive: causeway deploy --package FILE"))]
    TemplateGone(String),
    #[error("these products are not open in the account: {0}")]
    #[diagnostic(help(
        "opening a product places an order in the account's name; each is charged by use alone. Add --open to let this command do it"
    ))]
    Closed(String),
    #[error("something stands in the way of this deployment")]
    #[diagnostic(help(
        "put right what is marked above, and run the same command again; `causeway doctor` shows every check"
    ))]
    Unhealthy,
    #[error("{0} connections are under way")]
    #[diagnostic(help(
        "wait until they have come to rest (`causeway status --watch`), or pause them; with --force they stop where they are, and go \
         on when Causeway is deployed again with the same records"
    ))]
    UnderWay(usize),
    #[error("it is not known whether connections are under way: {0}")]
    #[diagnostic(help("ask from where the deployment's context is, or add --force"))]
    Unasked(String),
    /// The webhook refused.
    #[error(transparent)]
    Webhook(#[from] crate::webhook::WebhookError),
    #[error("caller {0} has no secret in the deployment")]
    #[diagnostic(help("`causeway secrets list` lists the callers that have one"))]
    NoSuchCaller(String),
    #[error("the functions' environment cannot be read: function {0} shows no variables")]
    #[diagnostic(help("it takes the permission fc:GetFunction"))]
    Hidden(String),
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

impl DeployError {
    /// A call that was refused, while this was to be done.
    pub(crate) fn cloud(doing: impl Into<String>) -> impl FnOnce(Error) -> Self {
        let doing = doing.into();
        move |source| Self::Cloud { doing, source: Box::new(source) }
    }

    /// A stack whose last change did not end well: the product's call that failed, as a person needs it.
    pub(crate) fn stack(stack: &Stack) -> Self {
        let mut why = stack.status_reason.clone().unwrap_or_else(|| "the cloud gives no reason".to_owned());
        let mut advice = "correct what the reason names, and run the same command again".to_owned();
        if let Some(info) = &stack.operation_info {
            let text = |part: &Option<String>| part.clone().unwrap_or_default();
            why = format!(
                "{} ({}): {} was refused: {}: {} (request id {})",
                text(&info.logical_resource_id),
                text(&info.resource_type),
                text(&info.action),
                text(&info.code),
                text(&info.message),
                text(&info.request_id),
            );
            advice = advised(&text(&info.code), &text(&info.message));
        }
        if let Some(root) = &stack.rollback_failed_root_reason {
            why = format!("{why}; it could not be rolled back: {root}");
        }
        let (name, status) = (stack.stack_name.clone(), stack.status.clone());
        Self::Stack { name, status, why, advice }
    }
}

/// What to do about the code of a product's call within a stack.
fn advised(code: &str, message: &str) -> String {
    let is = |words: &[&str]| words.iter().any(|word| code.contains(word) || message.contains(word));
    let advice = if is(&["NoPermission", "Forbidden", "AccessDenied", "Unauthorized"]) {
        "give these keys the permission that is named; `causeway doctor` lists all that are missing"
    } else if is(&["ServiceNotEnable", "UserDisable", "NotOpen", "not opened"]) {
        "open the product that is named, or add --open"
    } else if is(&["AlreadyExist", "EntityAlreadyExists", "BucketAlreadyExists", "QueueAlreadyExist"]) {
        "something of that name is there already. Choose another name for the deployment: --stack NAME"
    } else if is(&["LimitExceeded", "Quota", "TooMany"]) {
        "a quota of the account is used up. Raise it in the quota centre, or remove what is not needed"
    } else {
        "correct what the message names"
    };
    format!("{advice}; then run the same command again")
}

//! `causeway why` and `causeway policy`: the logs, read from the store itself.
//!
//! Where a store is named they go past the webhook. Otherwise they read what the webhook gives of the logs, which proves itself: whoever
//! checks a log need not trust the function that writes it. Putting a policy in force goes by the webhook, which writes down who did.

use std::path::Path;

use api::approvals::StoredPolicy;
use api::problem::ProblemKind;
use approval::decision::{DecisionContent, Entry as Decision, Event, subject_of};
use approval::policy::Policy;
use approval::replay::replay;
use audit::act::{ConfigAct, ConnectionAct, DeadLetterAct, PolicyAct, PolicyStep};
use audit::key::BadKey;
use audit::log::{Checked, check, verify};
use audit::{Entry, Subject, Verifiers};
use operate::Gateway;
use store::{BadLocation, Location, OssAccess, Store, StoreError};
use transport::Io;

use crate::args::{AccessArgs, KeyArgs, PolicyCommand, StoreArgs, ThroughArgs, WebhookArgs, Why};
use crate::audit::remote;
use crate::context::{ContextError, ContextFile};
use crate::keys::{self, KeylessError};
use crate::remote::{RemoteError, connect};
use crate::render::{self, say};
use crate::webhook::WebhookError;

/// Why a command about approvals failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ApprovalsError {
    /// The store cannot be opened.
    #[error(transparent)]
    Location(#[from] BadLocation),
    #[error("the address of the bucket cannot be used")]
    Address(#[from] alicloud::BadName),
    /// There are no keys to the bucket.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Keyless(#[from] KeylessError),
    #[error("it is not known in which region the bucket is, and requests are signed for a region")]
    #[diagnostic(help(
        "name it: --region cn-hangzhou. For the bucket of `causeway up` also --endpoint, with the gateway that it prints"
    ))]
    NoRegion,
    #[error("there is no folder {0}")]
    #[diagnostic(help("name the folder that holds a copy of the bucket: file:///FOLDER"))]
    NoFolder(String),
    #[error("the keys cannot be used")]
    Keys(#[from] BadKey),
    #[error("no key is known that verifies the logs")]
    #[diagnostic(help(
        "name it with --key; `causeway deploy` writes it into the context, and the stack shows it as AuditVerifiers"
    ))]
    NoVerifier,
    /// The contexts cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Context(#[from] ContextError),
    #[error("the webhook gave object {key}: {what}")]
    #[diagnostic(help("is it the right webhook? Read the bucket itself with --store"))]
    Odd { key: String, what: String },
    #[error("the logs take more than {most} MiB")]
    #[diagnostic(help("read the bucket itself with --store"))]
    TooMuch { most: usize },
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
    /// The webhook cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused or did not answer.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error("{path} cannot be read")]
    File { path: String, source: std::io::Error },
}

/// Opens the store that is named, or reads all that begins with `prefixes` through the webhook.
///
/// # Errors
/// When it is not there, or cannot be reached.
pub async fn open(args: &StoreArgs, prefixes: &[String]) -> Result<Store, ApprovalsError> {
    if let Some(store) = &args.store {
        return open_at(&store.parse()?, &args.access).await;
    }
    let ThroughArgs { webhook, context, secret_file } = &args.through;
    let (webhook, context, secret_file) = (webhook.clone(), context.clone(), secret_file.clone());
    let webhook = connect(&WebhookArgs { webhook, context, secret_file, json: false })?;
    remote::load(&webhook, prefixes).await
}

/// The keys by which logs are verified: those that are named, else that of the context.
///
/// # Errors
/// When there are none, or one of them cannot be used.
pub fn trusted(keys: &KeyArgs, store: &StoreArgs) -> Result<Verifiers, ApprovalsError> {
    if !keys.keys.is_empty() {
        return Ok(Verifiers::of(keys.keys.clone())?);
    }
    let contexts = ContextFile::own()?.load()?;
    let context = contexts.named(store.through.context.as_deref())?;
    let known = context.and_then(|(_, context)| context.verifier.as_deref()).ok_or(ApprovalsError::NoVerifier)?;
    Ok(known.parse()?)
}

/// Opens a store that is there, by its place.
///
/// # Errors
/// When it is not, or cannot be reached.
pub async fn open_at(location: &Location, access: &AccessArgs) -> Result<Store, ApprovalsError> {
    match location {
        // Opening a folder would make it.
        Location::Folder { path } if !Path::new(path).is_dir() => Err(ApprovalsError::NoFolder(path.clone())),
        Location::Folder { path } => Ok(Store::in_folder(path, Io::system()?.clock)?),
        Location::Oss { bucket } => Ok(Store::in_oss(bucket, oss_access(access).await?)?),
    }
}

/// How to reach a bucket, with the keys of whoever runs the command.
///
/// # Errors
/// When the region or the keys are missing.
pub async fn oss_access(args: &AccessArgs) -> Result<OssAccess, ApprovalsError> {
    let io = Io::system()?;
    let given = args.endpoint.as_deref().filter(|text| !text.is_empty());
    let region = args.region.clone().or_else(|| given.and_then(region_of)).ok_or(ApprovalsError::NoRegion)?;
    let endpoint = given.map_or_else(|| format!("https://oss-{region}.aliyuncs.com"), str::to_owned);
    let path_style = !endpoint.ends_with(".aliyuncs.com");
    let gateway = if path_style { Some(Gateway::new(&endpoint)?) } else { None };
    let found = keys::find(&io, gateway, args.profile.as_deref()).await?;
    let credentials = found.provider.credentials().await.map_err(KeylessError::from)?;
    Ok(OssAccess { region, path_style, endpoint, credentials, transport: io.transport, clock: io.clock })
}

/// The region that an address of OSS names: `https://oss-cn-hangzhou.aliyuncs.com`, also of the internal network.
fn region_of(endpoint: &str) -> Option<String> {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let region = host.strip_suffix(".aliyuncs.com")?.strip_prefix("oss-")?;
    Some(region.strip_suffix("-internal").unwrap_or(region).to_owned())
}

/// `causeway why`: the log of an endpoint, a connection, the policy, the configuration or dead letters in words. Whether there is one.
///
/// # Errors
/// When the store cannot be read.
pub async fn why(args: &Why) -> Result<bool, ApprovalsError> {
    let trusted = trusted(&args.keys, &args.store)?;
    let prefixes = match args.about.as_str() {
        "policy" | "config" | "dead-letters" => vec![format!("acts/{}/", args.about)],
        about => vec![format!("acts/connections/{about}/"), "decisions/".to_owned(), store::REPORT.to_owned()],
    };
    let store = open(&args.store, &prefixes).await?;
    let is_meant = |subject: &Subject| match subject {
        Subject::Endpoint { endpoint, .. } => *endpoint == args.about,
        Subject::Connection(name) => *name == args.about,
        Subject::Policy => args.about == "policy",
        Subject::Config => args.about == "config",
        Subject::DeadLetters => args.about == "dead-letters",
    };
    let mut found = false;
    for subject in store.logs().await?.into_iter().filter(is_meant) {
        found = true;
        let log = store.log(&subject).await?;
        match &subject {
            Subject::Endpoint { service, endpoint } => {
                say!("endpoint {endpoint} of service {service}");
                check::<DecisionContent>(&subject, &log, &trusted).iter().for_each(|one| tell(one, decided));
            }
            Subject::Connection(name) => {
                say!("connection {name}");
                check::<ConnectionAct>(&subject, &log, &trusted).iter().for_each(|one| tell(one, asked));
            }
            Subject::Policy => {
                say!("approval policy");
                check::<PolicyAct>(&subject, &log, &trusted).iter().for_each(|one| tell(one, put));
            }
            Subject::Config => {
                say!("configuration");
                check::<ConfigAct>(&subject, &log, &trusted).iter().for_each(|one| tell(one, configured));
            }
            Subject::DeadLetters => {
                say!("dead letters");
                check::<DeadLetterAct>(&subject, &log, &trusted).iter().for_each(|one| tell(one, given_up));
            }
        }
    }
    let report = store.report().await?;
    for waiting in report.iter().flat_map(|report| &report.waiting) {
        if waiting.request.endpoint_id == args.about {
            found = true;
            say!("now it is not connected: {}", waiting.verdict.detail);
        }
    }
    for finding in report.iter().flat_map(|report| &report.findings) {
        if finding.request.endpoint_id == args.about {
            found = true;
            let detail: &str = match (&finding.verdict, finding.lease_ends_at) {
                (Some(verdict), _) => &verdict.detail,
                (None, Some(_)) => "its lease ends soon",
                (None, None) => "no decision says so; decide on it by POST /v1/approvals",
            };
            let cut = finding.cut_after.map_or(String::new(), |after| format!("; it may be cut after {after}"));
            say!("now it is connected, and since {}: {detail}{cut}", finding.since);
        }
    }
    if !found {
        say!("nothing is known of {}", args.about);
    }
    Ok(found)
}

/// What stands in the place of an entry, in words.
fn tell<T>(checked: &Checked<T>, what: impl Fn(&Entry<T>) -> String) {
    let Checked { sequence, entry, .. } = checked;
    match entry {
        Ok(entry) => {
            let unsigned = if entry.is_signed() { "" } else { " (not signed: of an earlier release)" };
            say!("  {sequence:>3}  {}  {}{unsigned}", entry.at, what(entry));
        }
        Err(fault) => say!("  {sequence:>3}  not to be trusted: {fault}"),
    }
}

/// What was decided of an endpoint.
pub(crate) fn decided(entry: &Decision) -> String {
    let what = match &entry.event {
        Event::Decided { verdict } => format!("decided to {}: {}", verdict.effect, verdict.detail),
        Event::Said { word } => {
            format!("{} says {}: {}", word.by, render::word(&word.decision), word.reason)
        }
        Event::Intended { act, verdict } => format!("is about to {}: {}", act, verdict.detail),
        Event::Asked { act } => format!("asked the cloud to {act}"),
        Event::Done { act } => format!("the cloud did {act} it"),
        Event::Failed { act, detail, .. } => format!("could not {act} it: {detail}"),
        Event::Dropped { act, detail } => format!("no longer wants to {act} it: {detail}"),
    };
    let requests = if entry.request_ids.is_empty() {
        String::new()
    } else {
        format!(" [request {}]", entry.request_ids.join(", "))
    };
    format!("{what}{requests}")
}

/// What was asked of a connection.
fn asked(entry: &Entry<ConnectionAct>) -> String {
    let ConnectionAct { asked, uid, generation, revision, .. } = &entry.content;
    format!(
        "{} asked to {asked} it: generation {generation}, revision {revision} of the record [uid {uid}]",
        entry.actor
    )
}

/// What became of the policy.
fn put(entry: &Entry<PolicyAct>) -> String {
    let PolicyAct { policy, revision, policy_sha256 } = &entry.content;
    match policy {
        PolicyStep::Put => format!("{} puts revision {revision} [hash {policy_sha256}]", entry.actor),
        PolicyStep::InForce => format!("revision {revision} is in force"),
    }
}

/// Who puts a document.
fn configured(entry: &Entry<ConfigAct>) -> String {
    let ConfigAct { document, sha256 } = &entry.content;
    format!("{} puts {document} [hash {sha256}]", entry.actor)
}

/// What somebody does with a message that was given up.
fn given_up(entry: &Entry<DeadLetterAct>) -> String {
    let DeadLetterAct { letter, id, queues, connections, reason, .. } = &entry.content;
    let to = if queues.is_empty() { String::new() } else { format!(" to {}", queues.join(", ")) };
    let of = if connections.is_empty() { String::new() } else { format!(", about {}", connections.join(", ")) };
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{} asked to {letter} message {id}{to}{of}{reason}", entry.actor)
}

/// `causeway policy`: checks a policy, replays past requests against it, and puts it in force.
///
/// # Errors
/// When the file or the store cannot be read.
pub async fn policy(args: &PolicyCommand) -> Result<bool, ApprovalsError> {
    let (file, store, webhook) = match args {
        PolicyCommand::Check { file } => (file, None, None),
        PolicyCommand::Test { file, store, keys } => (file, Some((store, keys)), None),
        PolicyCommand::Put { file, if_match, webhook } => (file, None, Some((webhook, if_match.as_deref()))),
    };
    let policy = match read(file)? {
        Ok(policy) => policy,
        Err(problems) => {
            problems.iter().for_each(|problem| println!("{problem}"));
            return Ok(false);
        }
    };
    println!("{} rules; hash {}", policy.rules.len(), policy.hash());
    if policy.is_empty() {
        say!("it has no rules: nothing would be approved and nothing cut");
    }
    if let Some((webhook, if_match)) = webhook {
        put_in_force(webhook, if_match, &policy).await?;
    }
    let Some((store, keys)) = store else { return Ok(true) };
    let trusted = trusted(keys, store)?;
    let store = open(store, &["decisions/".to_owned()]).await?;
    let (mut looked_at, mut changes) = (0, 0);
    for (service, endpoint) in store.decided_endpoints().await? {
        let subject = subject_of(service.as_str(), endpoint.as_str());
        let log = match verify::<DecisionContent>(&subject, &store.log(&subject).await?, &trusted) {
            Ok(log) => log,
            Err(broken) => {
                say!("{endpoint} of {service}: passed over, its log is not whole: {broken}");
                continue;
            }
        };
        looked_at += 1;
        if let Some(change) = replay(&log, &policy) {
            changes += 1;
            let account = change.request.account_id.as_deref().unwrap_or("an unknown account");
            let loses = if change.loses_connection { "; it is connected, and would be reported or cut" } else { "" };
            say!(
                "{endpoint} of {service}, account {account}: was {} ({}), would be {} ({}){loses}",
                change.was.effect,
                change.was.detail,
                change.would_be.effect,
                change.would_be.detail
            );
        }
    }
    say!("{changes} of {looked_at} past requests would be judged otherwise");
    Ok(true)
}

/// Puts a policy that reads in force, in the place of the one with this hash, or of the one that is in force now. Nobody's change
/// is lost unseen: what was replaced is what is printed.
async fn put_in_force(args: &WebhookArgs, if_match: Option<&str>, policy: &Policy) -> Result<(), ApprovalsError> {
    const PATH: &str = "/v1/approval-policy";
    let webhook = connect(args)?;
    let before = match webhook.get::<StoredPolicy>(PATH).await {
        Ok(before) => Some(before),
        Err(WebhookError::Refused(problem)) if problem.kind == ProblemKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let hash = if_match.or(before.as_ref().map(|before| before.hash.as_str()));
    let condition = match hash {
        Some(hash) => ("if-match", format!("\"{hash}\"")),
        None => ("if-none-match", "*".to_owned()),
    };
    let stored: StoredPolicy = webhook.replace(PATH, (condition.0, &condition.1), policy).await?;
    match before {
        Some(before) if before.hash == stored.hash => {
            say!("in force already: revision {}, put by {} at {}", stored.revision, stored.put_by, stored.put_at);
        }
        before => {
            say!("in force as revision {}, put by {} at {}", stored.revision, stored.put_by, stored.put_at);
            if let Some(StoredPolicy { revision, hash, put_by, put_at, .. }) =
                before.filter(|before| if_match.is_none_or(|hash| before.hash == hash))
            {
                say!("replaced: revision {revision}, put by {put_by} at {put_at}; hash {hash}");
            }
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Result<Policy, Vec<strict::Problem>>, ApprovalsError> {
    let text =
        std::fs::read(file).map_err(|source| ApprovalsError::File { path: file.display().to_string(), source })?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Ok(if is_json { Policy::from_json(&text) } else { Policy::from_yaml(&text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_found_in_the_address_of_oss_and_nowhere_else() {
        for (endpoint, region) in [
            ("https://oss-cn-hangzhou.aliyuncs.com", Some("cn-hangzhou")),
            ("https://oss-cn-hangzhou-internal.aliyuncs.com", Some("cn-hangzhou")),
            ("http://127.0.0.1:4600", None),
            ("https://oss-cn-hangzhou.aliyuncs.com.example", None),
        ] {
            assert_eq!(region_of(endpoint).as_deref(), region, "{endpoint}");
        }
    }

    #[test]
    fn a_file_is_read_by_its_name_and_of_two_equal_keys_neither_counts() {
        let folder = std::env::temp_dir().join(format!("causeway-policies-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str, text: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let json = br#"{"version":1,"rules":[{"id":"r1","effect":"reject","effect":"approve","accounts":["1000000000000001"]}]}"#;
        for (name, text, at) in [
            ("a.json", &json[..], "/rules/0/effect"),
            ("a.yml", json, "/rules/0/effect"),
            ("b.yaml", b"version: 1\nversion: 1\nrules: []\n", "/version"),
            (
                "c.yml",
                b"version: 1\nrules: [{id: r, effect: approve, accounts: [0100000000000001]}]",
                "/rules/0/accounts/0",
            ),
            ("d.json", b"version: 1", ""),
            ("e.yml", b"\xff", ""),
        ] {
            let problems = read(&path(name, text)).unwrap().unwrap_err();
            assert_eq!((problems.len(), problems[0].pointer.as_str()), (1, at), "{name}: {problems:?}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_example_reads() {
        let text = include_bytes!("../../examples/approval-policy.yml");
        let policy = Policy::from_yaml(text).unwrap();
        assert!(!policy.is_empty());
    }
}

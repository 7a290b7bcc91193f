//! `causeway check`, `plan`, `apply` and `export`: connections and documents kept as files.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`folder`], [`variables`] | files become connections and documents |
//! | [`mod@plan`], [`report`] | what it takes, and how it is shown |
//! | [`mod@apply`] | carries a plan out |
//! | [`mod@export`] | what is live becomes files |
//! | [`schemas`] | JSON Schemas of the files |

pub mod apply;
pub mod export;
pub mod folder;
pub mod plan;
pub mod report;
pub mod schemas;
pub mod variables;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use crate::args::{ApplyArgs, CheckArgs, ExportArgs, FolderArgs, PlanArgs, PlanFormat, PruneArgs};
use crate::ask::{AskError, confirm};
use crate::remote::{RemoteError, connect};
use crate::render::{counted, json, say};
use crate::webhook::{Webhook, WebhookError};

use apply::{How, carry_out, still_holds};
use folder::{Choice, Folder};
use plan::{Action, Plan, Prune};

/// What `plan` ends with where there is something to do.
const CHANGES: u8 = 2;

/// Why files could not be planned or applied.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FilesError {
    #[error("{path} cannot be read or written")]
    File { path: String, source: std::io::Error },
    #[error("there is no {0}")]
    #[diagnostic(help("--env NAME takes the variables of variables.NAME.yml"))]
    NoEnvironment(String),
    #[error("{0:?} is no name of a variable: it has letters, digits and underscores")]
    VariableName(String),
    #[error("{0} is not empty")]
    #[diagnostic(help("export into a new folder, and compare it with this one"))]
    NotEmpty(String),
    #[error("{path} is no plan")]
    #[diagnostic(help("`causeway plan DIR --out FILE` writes one"))]
    NoPlan { path: String, source: serde_json::Error },
    #[error("the plan is of version {0}, which this program does not know")]
    #[diagnostic(help("plan again with this program"))]
    Version(u32),
    #[error("the plan is for the webhook at {planned}, and this is {asked}")]
    #[diagnostic(help("name the context that it was planned with"))]
    OtherWebhook { planned: String, asked: String },
    #[error("the world has moved since this plan was made; nothing was done:{}", .0.iter().map(|line| format!("\n  {line}")).collect::<String>())]
    #[diagnostic(help("plan again, and look at what it is now"))]
    Moved(Vec<String>),
    #[error("something would stop this plan; nothing was done")]
    #[diagnostic(help("put right what is marked ✗ above, and plan again"))]
    Stopped,
    /// The webhook is not known, or a secret is missing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Remote(#[from] RemoteError),
    /// The webhook refused.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Nobody answered.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ask(#[from] AskError),
}

impl FilesError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { path, source }
    }
}

/// `causeway check`. Whether nothing is wrong.
///
/// # Errors
/// When something cannot be read at all.
pub fn check(args: &CheckArgs) -> Result<bool, FilesError> {
    let Some(folder) = read(&args.path, &args.folder)? else { return Ok(false) };
    say!(
        "{} and {}: nothing is wrong with them",
        counted(folder.connections.len(), "connection"),
        counted(folder.documents.len(), "document")
    );
    Ok(true)
}

/// What files ask for; nothing where something is wrong, which is told.
fn read(path: &Path, args: &FolderArgs) -> Result<Option<Folder>, FilesError> {
    let choice = Choice { environment: args.env.clone(), set: args.variables.clone() };
    match Folder::read(path, &choice)? {
        Ok(folder) => Ok(Some(folder)),
        Err(faults) => {
            faults.iter().for_each(|fault| eprintln!("{}", strict::escaped(&fault.to_string())));
            Ok(None)
        }
    }
}

/// `causeway plan`: 0 where there is nothing to do, 2 where there is, 1 where something is wrong or would stop it.
///
/// # Errors
/// When something cannot be read, or the webhook does not tell.
pub async fn plan(args: &PlanArgs) -> Result<ExitCode, FilesError> {
    let Some(folder) = read(&args.path, &args.folder)? else { return Ok(ExitCode::FAILURE) };
    let webhook = connect(&args.webhook)?;
    let plan = Plan::of(&webhook, &folder, &prune(&args.prune)).await?;
    match args.format {
        _ if args.webhook.json => println!("{}", json(&plan)),
        PlanFormat::Text => anstream::print!("{}", plan.text()),
        PlanFormat::Markdown => print!("{}", plan.markdown()),
    }
    if let Some(file) = &args.out {
        save(&plan, file)?;
    }
    Ok(match (plan.is_stopped(), plan.is_empty()) {
        (true, _) => ExitCode::FAILURE,
        (false, false) => ExitCode::from(CHANGES),
        (false, true) => ExitCode::SUCCESS,
    })
}

fn prune(args: &PruneArgs) -> Prune {
    Prune { labels: if args.prune { args.labels.clone() } else { Vec::new() } }
}

/// A plan holds documents, which are for their readers alone.
fn save(plan: &Plan, file: &Path) -> Result<(), FilesError> {
    let text = format!("{:#}\n", serde_json::to_value(plan).unwrap_or_default());
    let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(FilesError::file(file))
}

/// `causeway apply`. Ends with 1 where the person did not want it, or something did not come to what was asked for.
///
/// # Errors
/// When something cannot be read, the world has moved since the plan was made, or the webhook refuses.
pub async fn apply(args: &ApplyArgs) -> Result<bool, FilesError> {
    let webhook = connect(&args.webhook)?;
    let saved = args.path.is_file().then(|| load(&args.path)).transpose()?.flatten();
    let is_saved = saved.is_some();
    let plan = match saved {
        Some(plan) => plan,
        None => {
            let Some(folder) = read(&args.path, &args.folder)? else { return Ok(false) };
            Plan::of(&webhook, &folder, &prune(&args.prune)).await?
        }
    };
    if plan.webhook != webhook.url() {
        return Err(FilesError::OtherWebhook { planned: plan.webhook, asked: webhook.url().to_owned() });
    }
    if !is_saved && !args.webhook.json {
        anstream::print!("{}", plan.text());
    }
    if plan.is_stopped() {
        return Err(FilesError::Stopped);
    }
    // Whoever saved a plan has seen it; what cuts something is asked about all the same.
    let asks = !args.yes && !plan.is_empty() && (!is_saved || plan.count(Action::Remove) > 0);
    if asks && !confirm(&format!("Do this ({})?", plan.summary()))? {
        say!("nothing was done");
        return Ok(false);
    }
    let plan = if is_saved || asks { hold(&webhook, &plan).await? } else { plan };
    let how = How { side_by_side: args.max_unavailable.unwrap_or(How::default().side_by_side), ..How::default() };
    let tell = |line: &str| eprintln!("{}", strict::escaped(line));
    let applied = carry_out(&webhook, &plan, how, &tell).await?;
    if args.webhook.json {
        println!("{}", json(&applied));
    } else {
        let (done, left): (Vec<_>, Vec<_>) = applied.connections.iter().partition(|ended| ended.done);
        say!("{} done, {} unchanged", counted(done.len(), "connection"), plan.unchanged);
        if !left.is_empty() {
            say!("{} not done", counted(left.len(), "connection"));
            say!("nothing is lost: put right what is told above, and run the same command again");
        }
    }
    Ok(applied.is_done())
}

async fn hold(webhook: &Webhook, plan: &Plan) -> Result<Plan, FilesError> {
    still_holds(webhook, plan).await?.map_err(FilesError::Moved)
}

/// A saved plan. Nothing where the file is one of connections or documents.
fn load(file: &Path) -> Result<Option<Plan>, FilesError> {
    let text = std::fs::read_to_string(file).map_err(FilesError::file(file))?;
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { return Ok(None) };
    if value.get("unchanged").is_none() || value.get("webhook").is_none() {
        return Ok(None);
    }
    match value["version"].as_u64() {
        Some(version) if version == u64::from(plan::VERSION) => {
            let path = file.display().to_string();
            serde_json::from_value(value).map(Some).map_err(|source| FilesError::NoPlan { path, source })
        }
        version => Err(FilesError::Version(version.and_then(|version| u32::try_from(version).ok()).unwrap_or(0))),
    }
}

/// `causeway export`.
///
/// # Errors
/// When the folder is not empty, or the webhook does not tell.
pub async fn export(args: &ExportArgs) -> Result<bool, FilesError> {
    let webhook = connect(&args.webhook)?;
    let exported = export::export(&webhook, &args.folder).await?;
    if args.webhook.json {
        println!("{}", json(&exported));
        return Ok(true);
    }
    let folder = args.folder.display();
    say!(
        "{} and {} are in {folder}",
        counted(exported.connections, "connection"),
        counted(exported.documents.len(), "document")
    );
    if !exported.hidden.is_empty() {
        say!("not seen by this caller, so not there: {}", exported.hidden.join(", "));
    }
    Ok(true)
}

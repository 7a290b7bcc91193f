//! `causeway audit`: verifies the logs, exports them, makes a key.
//!
//! | file | what it does |
//! | --- | --- |
//! | `verify` | holds logs, policy and checkpoints against each other and against the keys |
//! | `kept` | checkpoints that were kept elsewhere: notes, and copies |
//! | `export` | everything that this takes in one file |
//! | `remote` | everything that this takes, through the webhook |
//!
//! They read the store itself, or what the webhook gives of it. Whoever checks a log need not trust the function that writes it: what it
//! gives proves itself, and what it leaves out is missed by a checkpoint that was kept elsewhere.

mod export;
pub mod kept;
pub mod remote;
pub mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use audit::checkpoint::BadCheckpoint;
use audit::key::BadKey;
use audit::{SigningKey, Verifiers};
use secrecy::ExposeSecret as _;
use store::{NoRetention, NotUnversioned, Store, StoreError};
use transport::Io;

use crate::approvals::{ApprovalsError, open, trusted};
use crate::args::{Audit, VerifyArgs};
use crate::deployment::random;
use crate::render::{counted, say};
use kept::Elsewhere;
use verify::verify;

/// Why something could not be checked, exported or made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AuditError {
    /// The store cannot be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Open(#[from] ApprovalsError),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    #[error("the keys cannot be used")]
    Keys(#[from] BadKey),
    #[error("there is nothing to verify: no log and no checkpoint")]
    #[diagnostic(help("is it the right store? A deployment makes its first checkpoint within a minute"))]
    Empty,
    #[error("{path} cannot be read or written")]
    File { path: String, source: std::io::Error },
    #[error("{path} is no whole export: {why}")]
    #[diagnostic(help("export again: causeway audit export --store ... --out FILE"))]
    NoExport { path: String, why: String },
    #[error("{path} holds no checkpoint to hold the logs against: {bad}")]
    #[diagnostic(help(
        "it must hold a note as GET /v1/audit/checkpoint or a notice gives it, or a copy of a checkpoint, signed by a key that --key names"
    ))]
    NoCheckpoint { path: String, bad: BadCheckpoint },
    #[error("there are no copies of checkpoints in {0}")]
    #[diagnostic(help("is it the right place? The stack's output CheckpointCopies names the bucket"))]
    NoCopies(String),
    #[error(transparent)]
    Versioning(#[from] NotUnversioned),
    #[error(transparent)]
    #[diagnostic(help(
        "whoever verifies needs oss:GetBucketVersioning, oss:GetBucketWorm, oss:ListObjects and oss:GetObject there"
    ))]
    Retention(#[from] NoRetention),
    /// The system's randomness cannot be had.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
}

/// Carries out a command. Verifying ends with 0 where all is whole and with 1 where it is not; an error ends with 2.
///
/// # Errors
/// When something could not be checked, exported or made.
pub async fn audit(args: &Audit) -> Result<ExitCode, AuditError> {
    match args {
        Audit::Verify(args) => {
            let whole = verified(args).await?;
            return Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Audit::Export { store, out } => {
            let objects = export::export(&open(store, &everything()).await?, out).await?;
            say!("{} written to {}", counted(objects, "object"), out.display());
        }
        Audit::Key { name } => {
            let key = SigningKey::from_seed(name, random(&Io::system()?))?;
            println!("AuditKey        {}", key.to_text().expose_secret());
            println!("AuditVerifiers  {}", key.verifier());
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verified(args: &VerifyArgs) -> Result<bool, AuditError> {
    let trusted = trusted(&args.keys, &args.store)?;
    let mut elsewhere = Elsewhere::default();
    if args.file.is_none() && args.store.store.is_none() && args.checkpoint.is_empty() {
        elsewhere.notes.push(
            "read through the webhook, which could leave the newest entries out; --checkpoint with one that was kept elsewhere shows that"
                .to_owned(),
        );
    }
    // Before the store: what is copied in the meantime is in the store, too.
    elsewhere.take(&args.checkpoint, &args.store.access, &trusted).await?;
    let store = match &args.file {
        Some(path) => export::load(path).await?,
        None => open(&args.store, &everything()).await?,
    };
    told(&store, &trusted, elsewhere).await
}

/// Where all that verifying takes stands.
fn everything() -> Vec<String> {
    store::EVIDENCE.map(str::to_owned).to_vec()
}

fn file(path: &Path, source: std::io::Error) -> AuditError {
    AuditError::File { path: PathBuf::from(path).display().to_string(), source }
}

/// Verifies and says what was found; whether all is whole.
async fn told(store: &Store, trusted: &Verifiers, elsewhere: Elsewhere) -> Result<bool, AuditError> {
    let mut found = verify(store, trusted, &elsewhere.kept).await?;
    if found.is_empty() && elsewhere.kept.is_empty() {
        return Err(AuditError::Empty);
    }
    found.problems.extend(elsewhere.problems);
    found.notes.extend(elsewhere.notes);
    let largest = elsewhere.kept.iter().map(|kept| kept.checkpoint.size).max();
    for problem in &found.problems {
        say!("BROKEN  {}: {}", problem.place, problem.what);
    }
    for note in &found.notes {
        say!("note    {note}");
    }
    say!(
        "{} with {}, {} of the policy, {}",
        counted(found.logs, "log"),
        entries(found.entries),
        counted(found.policies, "version"),
        counted(found.checkpoints, "checkpoint"),
    );
    say!("{} in a checkpoint, {} not yet", entries(found.covered), found.waiting);
    if let Some(newest) = &found.newest {
        say!("newest checkpoint: {} entries, root {}", newest.size, newest.root);
    }
    match (found.problems.len(), largest) {
        (0, None) => say!("whole: nothing was changed, moved or taken away that these checkpoints cover"),
        (0, Some(size)) => say!("whole: and nothing is gone that the checkpoint over {} covers", entries_u64(size)),
        (count, _) => say!("not whole: {} found", counted(count, "fault")),
    }
    Ok(found.problems.is_empty())
}

fn entries(count: usize) -> String {
    entries_u64(u64::try_from(count).unwrap_or(u64::MAX))
}

fn entries_u64(count: u64) -> String {
    format!("{count} entr{}", if count == 1 { "y" } else { "ies" })
}

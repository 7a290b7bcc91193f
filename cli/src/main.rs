//! The command `causeway`.

use std::process::ExitCode;

use causeway_cli::args::{Cli, Command};
use causeway_cli::verbs::Verb;
use causeway_cli::{
    accounts, approvals, audit, config, consents, dead_letters, demo, deploy, doctor, drift, endpoints, files, login,
    logs, notices, reference, render, status, up, verbs,
};
use clap::Parser as _;
use tracing_subscriber::filter::LevelFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = log() {
        return report(error.into());
    }
    let ended = match &cli.command {
        Command::Demo(args) => demo::run(args).await.map_err(miette::Report::from),
        Command::Up(args) => up::run(args).await.map(|()| true).map_err(miette::Report::from),
        Command::Deploy(args) => deploy::deploy(args).await.map_err(miette::Report::from),
        Command::Rollback(args) => deploy::rollback::rollback(args).await.map_err(miette::Report::from),
        Command::Uninstall(args) => deploy::uninstall::uninstall(args).await.map_err(miette::Report::from),
        Command::Secrets(args) => deploy::secrets::secrets(args).await.map_err(miette::Report::from),
        Command::Create(args) => verbs::create(args).await.map_err(miette::Report::from),
        Command::Change(args) => verbs::change(args).await.map_err(miette::Report::from),
        Command::Pause(args) => verbs::act(Verb::Pause, args).await.map_err(miette::Report::from),
        Command::Resume(args) => verbs::act(Verb::Resume, args).await.map_err(miette::Report::from),
        Command::Retry(args) => verbs::act(Verb::Retry, args).await.map_err(miette::Report::from),
        Command::Abandon(args) => verbs::act(Verb::Abandon, args).await.map_err(miette::Report::from),
        Command::Remove(args) => verbs::act(Verb::Remove, args).await.map_err(miette::Report::from),
        Command::Check(args) => files::check(args).map_err(miette::Report::from),
        Command::Plan(args) => return files::plan(args).await.unwrap_or_else(|error| report(error.into())),
        Command::Apply(args) => files::apply(args).await.map_err(miette::Report::from),
        Command::Export(args) => files::export(args).await.map_err(miette::Report::from),
        Command::List(args) => status::list(args).await.map_err(miette::Report::from),
        Command::Status(args) => status::status(args).await.map_err(miette::Report::from),
        Command::Drift(args) => return drift::drift(args).await.unwrap_or_else(|error| report(error.into())),
        Command::Consents(args) => consents::consents(args).await.map_err(miette::Report::from),
        Command::Approvals(args) => endpoints::approvals(args).await.map_err(miette::Report::from),
        Command::Login(args) => login::login(args).await.map_err(miette::Report::from),
        Command::Context(command) => login::context(command).await.map_err(miette::Report::from),
        Command::Completions { shell } => {
            reference::completions(*shell);
            Ok(true)
        }
        Command::Man { folder } => reference::man(folder).map_err(miette::Report::from),
        Command::Notices(args) => notices::notices(args).await.map_err(miette::Report::from),
        Command::DeadLetters(args) => dead_letters::dead_letters(args).await.map_err(miette::Report::from),
        Command::Logs(args) => logs::logs(args).await.map_err(miette::Report::from),
        Command::Audit(args) => {
            return audit::audit(args).await.unwrap_or_else(|error| {
                report(error.into());
                ExitCode::from(UNCHECKED)
            });
        }
        Command::Why(args) => approvals::why(args).await.map_err(miette::Report::from),
        Command::Config(args) => config::config(args).await.map_err(miette::Report::from),
        Command::Doctor(args) => return doctor::run(args).await.unwrap_or_else(|error| report(error.into())),
        Command::Accounts(args) => accounts::accounts(args).await.map_err(miette::Report::from),
        Command::Policy(args) => approvals::policy(args).await.map_err(miette::Report::from),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => report(error),
    }
}

/// What `causeway audit` ends with where it could not do what it was asked to.
const UNCHECKED: u8 = 2;

fn report(error: miette::Report) -> ExitCode {
    eprintln!("{:?}", render::report(&error));
    ExitCode::FAILURE
}

/// The variable with the level of the log.
const LOG: &str = "CAUSEWAY_LOG";

/// A level that there is not.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{LOG} is {0:?}; it must be off, error, warn, info, debug or trace")]
struct BadLevel(String);

/// Logs go to stderr, so that stdout holds what was asked for. Only errors unless `CAUSEWAY_LOG` names a level.
fn log() -> Result<(), BadLevel> {
    let named = std::env::var_os(LOG).map(|level| level.to_string_lossy().into_owned());
    let level = match named.filter(|level| !level.is_empty()) {
        Some(level) => level.parse().map_err(|_| BadLevel(level))?,
        None => LevelFilter::ERROR,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(|| render::Lines(std::io::stderr())).init();
    Ok(())
}

//! `causeway doctor`: looks at an account and at the deployment in it, and changes nothing.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`table`] | every check, and the page that describes them |
//! | [`check`] | what a check is, what it looks at, and what comes of it |
//! | `before` | what has to be so before anything is deployed |
//! | `after` | what has to be so of a deployment that stands |
//!
//! Checks run side by side. Each has a limit, and what is over it is not known.

mod after;
mod before;
pub mod check;
pub mod table;

use std::process::ExitCode;

use causeway_local::oss::crc64;
use futures::future::join_all;
use operate::ros::Parameters;
use secrecy::SecretString;
use serde::Serialize;
use tokio::time::timeout;
use transport::Chain;

use crate::args::{Doctor, WebhookArgs};
use crate::deployment::TEMPLATE;
use crate::operator::{self, Operator};
use crate::remote;
use crate::render::{json, say};
use crate::webhook::Webhook;
use check::{Check, Found, Moment, Outcome, Patient, Trouble};
use table::CHECKS;

/// Where the entries of checks are.
const HINTS: &str = "docs/doctor.md#";
/// What the command ends with where nothing failed and not all is well.
const DOUBTFUL: u8 = 2;

/// Why the doctor cannot begin.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DoctorError {
    #[error("{path} cannot be read")]
    File { path: String, source: std::io::Error },
}

/// What came of all checks.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    /// Whether nothing failed, nothing is doubtful, and all is known.
    pub healthy: bool,
    /// Each check.
    pub checks: Vec<Checked>,
}

/// What came of one check.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Its name.
    pub id: &'static str,
    /// Where it is listed.
    pub group: &'static str,
    /// What is so when it passes.
    pub title: &'static str,
    /// Where its entry is.
    pub hint: String,
    /// What came of it.
    pub found: Vec<Found>,
}

impl Report {
    fn new(checks: Vec<Checked>) -> Self {
        let all = || checks.iter().flat_map(|check| &check.found).map(|found| &found.outcome);
        let is_well = |outcome: &Outcome| matches!(outcome, Outcome::Passed { .. } | Outcome::Skipped { .. });
        let healthy = all().all(is_well);
        Self { version: 1, healthy, checks }
    }

    /// Everything that failed, each with the check that says so.
    pub fn failures(&self) -> impl Iterator<Item = (&Checked, &Trouble)> {
        self.checks.iter().flat_map(|check| {
            check.found.iter().filter_map(move |found| match &found.outcome {
                Outcome::Failed(trouble) => Some((check, trouble)),
                _ => None,
            })
        })
    }

    /// The number that the command ends with: 0 if all is well, 2 if something is doubtful or not known, 1 if something failed.
    #[must_use]
    pub fn code(&self) -> u8 {
        match (self.failures().next().is_some(), self.healthy) {
            (true, _) => 1,
            (false, true) => 0,
            (false, false) => DOUBTFUL,
        }
    }
}

/// `causeway doctor`.
///
/// # Errors
/// When the package that is named cannot be read.
pub async fn run(args: &Doctor) -> Result<ExitCode, DoctorError> {
    let package = match &args.package {
        Some(path) => {
            let bytes =
                std::fs::read(path).map_err(|source| DoctorError::File { path: path.display().to_string(), source })?;
            Some(crc64(&bytes).to_string())
        }
        None => None,
    };
    let report = match operator::connect(&args.operator).await {
        Ok(operator) => {
            let parameters = parameters(&operator);
            let webhook = webhook(args);
            let patient = Patient { webhook, package, ..Patient::new(&operator, TEMPLATE, &parameters).await };
            examine(&patient, |_| true).await
        }
        Err(error) => unknown_operator(&error),
    };
    if args.json {
        println!("{}", json(&report));
    } else {
        show(&report);
    }
    Ok(ExitCode::from(report.code()))
}

/// What is known of the parameters before anybody has deployed.
#[must_use]
pub fn parameters(operator: &Operator) -> Parameters {
    let names = crate::deploy::names::Names::of(operator);
    let known = [("CodeBucket", names.code), ("StoreBucket", names.records), ("Release", "0".repeat(16))];
    known.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect()
}

fn webhook(args: &Doctor) -> Result<Webhook, String> {
    let args = WebhookArgs {
        webhook: args.webhook.clone(),
        context: args.context.clone(),
        secret_file: args.secret_file.clone(),
        json: args.json,
    };
    remote::connect(&args).map_err(|error| Chain(&error).to_string())
}

/// Looks at what matters before a deployment: whether it would come about.
pub async fn before_deploying(operator: &Operator, template: &str, parameters: &Parameters) -> Report {
    examine(&Patient::new(operator, template, parameters).await, |check| check.moment == Moment::Before).await
}

/// Looks at a deployment that was made or changed just now.
pub async fn after_deploying(operator: &Operator, webhook: Option<Webhook>, package: Option<&[u8]>) -> Report {
    let patient = Patient {
        webhook: webhook.ok_or_else(|| "the secrets of this deployment are on another machine".to_owned()),
        package: package.map(|package| crc64(package).to_string()),
        ..Patient::new(operator, TEMPLATE, &parameters(operator)).await
    };
    examine(&patient, |check| check.moment == Moment::After).await
}

/// Makes the checks that are wanted, side by side.
pub async fn examine(patient: &Patient, is_wanted: impl Fn(&Check) -> bool) -> Report {
    let looks = CHECKS.iter().filter(|check| is_wanted(check)).map(|check| async {
        let found = match patient.hinders(check.needs) {
            Some(outcome) => outcome.into(),
            None => timeout(check.limit, (check.run)(patient)).await.unwrap_or_else(|_| {
                Outcome::unknown(format!("it took longer than {} s", check.limit.as_secs())).into()
            }),
        };
        checked(check, found)
    });
    Report::new(join_all(looks).await)
}

fn checked(check: &Check, found: Vec<Found>) -> Checked {
    let hint = format!("{HINTS}{}", check.id);
    Checked { id: check.id, group: check.group, title: check.title, hint, found }
}

/// Without keys one thing is known: that there are none.
fn unknown_operator(error: &operator::OperatorError) -> Report {
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    let each = CHECKS.iter().map(|check| {
        let outcome = match check.id {
            "identity" => Outcome::Failed(Trouble { command: help.clone(), ..Trouble::new(Chain(error).to_string()) }),
            _ => Outcome::Skipped { why: "it is not known who deploys".to_owned() },
        };
        checked(check, outcome.into())
    });
    Report::new(each.collect())
}

/// Tells on stderr what failed of the checks that matter, and whether anything did.
pub fn tell_failures(report: &Report, matters: impl Fn(&str) -> bool) -> bool {
    let mut any = false;
    for (check, trouble) in report.failures().filter(|(check, _)| matters(check.id)) {
        any = true;
        for line in trouble_lines("✗", check.title, trouble, &check.hint) {
            eprintln!("{}", strict::escaped(&line));
        }
    }
    any
}

fn show(report: &Report) {
    let mut group = "";
    for check in &report.checks {
        if check.group != group {
            group = check.group;
            say!("{group}");
        }
        for found in &check.found {
            let about = found.about.as_ref().map(|about| format!(" ({about})")).unwrap_or_default();
            let title = check.title;
            match &found.outcome {
                Outcome::Passed { note: None } => say!("  ✓ {title}{about}"),
                Outcome::Passed { note: Some(note) } => say!("  ✓ {title}{about}: {note}"),
                Outcome::Warning(trouble) | Outcome::Failed(trouble) => {
                    let sign = if matches!(found.outcome, Outcome::Failed(_)) { "✗" } else { "!" };
                    let lines = trouble_lines(sign, &format!("{title}{about}"), trouble, &check.hint);
                    lines.iter().for_each(|line| say!("{line}"));
                }
                Outcome::Unknown { why } => say!("  ? {title}{about}: not known: {why}"),
                Outcome::Skipped { why } => say!("  - {title}{about}: {why}"),
            }
        }
    }
    let failures = report.failures().count();
    match (failures, report.healthy) {
        (0, true) => say!("all is well"),
        (0, false) => say!("nothing failed; look at what is marked ! or ?"),
        (number, _) => say!("{}", crate::render::counted(number, "failure")),
    }
}

fn trouble_lines(sign: &str, title: &str, trouble: &Trouble, hint: &str) -> Vec<String> {
    let mut lines = vec![format!("  {sign} {title}"), format!("      {}", trouble.what)];
    if !trouble.permissions.is_empty() {
        lines.push(format!("      missing permissions: {}", trouble.permissions.join(", ")));
    }
    let parts = [("product", &trouble.product), ("request id", &trouble.request_id), ("do", &trouble.command)];
    let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    lines.extend(parts.map(|(name, value)| format!("      {name}: {value}")));
    lines.push(format!("      see {hint}"));
    lines
}

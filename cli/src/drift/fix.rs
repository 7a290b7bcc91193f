//! Approves the plans that wait, and follows every repair that is under way, one connection after the other.

use api::connections::{Connection, Failure, Summary};
use api::drift::DriftFindings;
use api::problem::ProblemKind;
use connection::record::{Entry, EntryEvent, Phase};
use connection::words::ConnectionName;
use drift::findings::Subject;
use serde::Serialize;

use super::{DriftError, LOOK_EVERY};
use crate::demo::follow::{follow_after, is_under_way};
use crate::demo::progress;
use crate::render::say;
use crate::webhook::{Webhook, WebhookError, in_words};

/// What became of the repair of one connection.
#[derive(Serialize)]
pub struct Repaired {
    connection: ConnectionName,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    /// It was not begun, and why.
    Refused { refused: String },
    /// It was followed to the end; how the connection is then.
    Ended { phase: Phase, failure: Option<Box<Failure>> },
}

impl Repaired {
    /// The webhook refused to begin it.
    pub fn refused(connection: ConnectionName, refused: String) -> Self {
        Self { connection, outcome: Outcome::Refused { refused } }
    }

    /// It ended in this phase.
    pub fn ended(connection: ConnectionName, phase: Phase, failure: Option<Failure>) -> Self {
        Self { connection, outcome: Outcome::Ended { phase, failure: failure.map(Box::new) } }
    }

    /// Whether anything was changed, so that it is worth looking again.
    pub fn was_begun(&self) -> bool {
        matches!(self.outcome, Outcome::Ended { .. })
    }

    /// Whether it was begun and came to nothing.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Ended { phase: Phase::Failed | Phase::Stuck | Phase::RolledBack, .. })
    }

    /// Why the repair of connection `name` was refused, if it was.
    pub fn refusal(&self, name: &ConnectionName) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused { refused } if self.connection == *name => Some(refused),
            Outcome::Refused { .. } | Outcome::Ended { .. } => None,
        }
    }
}

/// Repairs what was found, as far as a plan waits for approval or the connection is being repaired already. A refused repair
/// does not keep the others from being begun.
///
/// # Errors
/// When the webhook does not answer, or a repair does not end.
pub async fn fix(webhook: &Webhook, found: &[DriftFindings], json: bool) -> Result<Vec<Repaired>, DriftError> {
    let mut all = Vec::new();
    for findings in found {
        let Subject::Connection(name) = &findings.subject else { continue };
        let under_way = findings.phase.filter(|phase| is_under_way(*phase));
        let waits = findings.proposal.is_some() && findings.not_repaired.is_none();
        if !waits && under_way.is_none() {
            continue;
        }
        if waits && let Err(why) = approve(webhook, name).await? {
            all.push(Repaired::refused(name.clone(), why));
            continue;
        }
        match (json, waits, under_way) {
            (false, true, _) => say!("repairing {name}"),
            (false, false, Some(phase)) => say!("following {name}, which is {phase}"),
            (true, _, _) | (false, false, None) => {}
        }
        let history = webhook.connection(name).await?.history;
        let before = before_repair(&history).cloned();
        let Connection { summary: Summary { phase, failure, .. }, .. } =
            follow_after(webhook, name, before, LOOK_EVERY, progress::listener(json).as_mut()).await?;
        if !json {
            progress::print_failure(failure.as_ref());
        }
        all.push(Repaired::ended(name.clone(), phase, failure));
    }
    Ok(all)
}

/// Approves the plan of a connection; or why the webhook does not let it be carried out now.
async fn approve(webhook: &Webhook, name: &ConnectionName) -> Result<Result<(), String>, WebhookError> {
    match webhook.post::<Summary>(&format!("/v1/drift/{name}/repair")).await {
        Ok(_) => Ok(Ok(())),
        Err(WebhookError::Refused(problem))
            if matches!(problem.kind, ProblemKind::Conflict | ProblemKind::NotFound) =>
        {
            Ok(Err(in_words(&problem)))
        }
        Err(error) => Err(error),
    }
}

/// The entry of the history that stands before the newest repair: what came earlier is no news.
fn before_repair(history: &[Entry]) -> Option<&Entry> {
    let asked = history.iter().rposition(|entry| entry.event == EntryEvent::RepairAsked);
    history.get(asked.unwrap_or(history.len()).checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use crate::demo::follow::tests::entry;

    use super::*;

    #[test]
    fn what_stands_before_the_newest_repair_is_no_news() {
        let history = [
            entry(EntryEvent::Accepted, 0),
            entry(EntryEvent::RepairAsked, 1),
            entry(EntryEvent::Arrived, 2),
            entry(EntryEvent::RepairAsked, 3),
            entry(EntryEvent::StepDone, 4),
        ];
        assert_eq!(before_repair(&history), Some(&history[2]));
        assert_eq!(before_repair(&history[..1]), Some(&history[0]), "other movement is followed from here on");
        assert_eq!(before_repair(&history[1..2]), None);
        assert_eq!(before_repair(&[]), None);
    }
}

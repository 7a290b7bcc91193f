//! A plan is carried out: documents first, then connections side by side, each followed until it comes to rest.
//!
//! Whoever dies in between loses nothing: what was asked for goes on in the cloud, and the same command finds it under way. Whether the
//! world is as the plan saw it is asked before anything is done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::config::ConfigPut;
use connection::record::{Entry, Phase};
use connection::words::{ConnectionName, StepName};
use futures::StreamExt as _;
use http::Method;
use serde::Serialize;

use super::FilesError;
use super::folder::Document;
use super::plan::{self, Action, Change, Plan, Put, is_free};
use crate::demo::follow::{FollowError, Listener, follow};
use crate::webhook::{Webhook, WebhookError};

/// How often a connection is looked at that is followed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What became of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// Its name.
    pub name: ConnectionName,
    /// What was to be done.
    pub action: Action,
    /// The phase in which it came to rest; none where nobody knows, or it was not begun.
    pub phase: Option<Phase>,
    /// Whether that is what was asked for.
    pub done: bool,
    /// Why it is not done.
    pub why: Option<String>,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The version of this document.
    pub version: u32,
    /// The documents that were put.
    pub documents: Vec<String>,
    /// Each connection of the plan.
    pub connections: Vec<Ended>,
}

impl Applied {
    /// Whether all of the plan is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.connections.iter().all(|ended| ended.done)
    }
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// The most connections that are under way at a time.
    pub side_by_side: usize,
    /// How often a connection is looked at.
    pub every: Duration,
}

impl Default for How {
    fn default() -> Self {
        Self { side_by_side: 16, every: LOOK_EVERY }
    }
}

/// What is no longer as a plan saw it, a line each; what is left of the plan otherwise.
///
/// # Errors
/// When the webhook does not tell.
pub async fn still_holds(webhook: &Webhook, plan: &Plan) -> Result<Result<Plan, Vec<String>>, WebhookError> {
    let mut moved = Vec::new();
    let mut documents = Vec::new();
    for put in &plan.documents {
        let Some(document) = Document::named(&put.document) else {
            moved.push(format!("document {} is not known", put.document));
            continue;
        };
        match plan::put(webhook, document, &put.content).await? {
            // It is in force already.
            None => {}
            Some(now) if now == *put => documents.push(now),
            Some(_) => moved.push(format!("document {} was put by somebody else", put.document)),
        }
    }
    let again = plan.connections.iter().map(|change| now(webhook, change));
    let again: Vec<_> = futures::stream::iter(again).buffered(8).collect().await;
    let (mut connections, mut unchanged) = (Vec::new(), plan.unchanged);
    for (before, now) in plan.connections.iter().zip(again) {
        match now? {
            // It is done already.
            None => unchanged += 1,
            // What was begun by an earlier run of this plan.
            Some(now) if now.action == Action::Wait => connections.push(now),
            Some(now) if now == *before => connections.push(now),
            Some(now) => moved.push(how_it_moved(before, &now)),
        }
    }
    Ok(if moved.is_empty() { Ok(Plan { documents, connections, unchanged, ..plan.clone() }) } else { Err(moved) })
}

fn how_it_moved(before: &Change, now: &Change) -> String {
    let name = &before.name;
    if before.before != now.before {
        return match (&before.before, &now.before) {
            (None, _) => format!("connection {name} is there now"),
            (Some(_), None) => format!("connection {name} is gone"),
            (Some(old), Some(new)) if old.uid != new.uid => format!("connection {name} was removed and created again"),
            (Some(old), Some(new)) if old.generation != new.generation => {
                format!(
                    "connection {name} was changed: it is at generation {} and was at {}",
                    new.generation, old.generation
                )
            }
            (Some(old), Some(new)) => format!("connection {name} is {} and was {}", new.phase, old.phase),
        };
    }
    format!("connection {name} would take other calls than the plan shows")
}

/// What a change would be if it were planned now. Nothing where it is done.
async fn now(webhook: &Webhook, change: &Change) -> Result<Option<Change>, WebhookError> {
    let phase = match webhook.connection(&change.name).await {
        Ok(connection) => Some(connection.summary.phase),
        Err(WebhookError::Refused(problem)) if problem.kind == api::problem::ProblemKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let is_there = phase.is_some_and(|phase| !is_free(phase));
    match &change.spec {
        Some(spec) => plan::towards(webhook, spec, is_there).await,
        None if !is_there => Ok(None),
        None if phase == Some(Phase::Removing) => {
            Ok(Some(Change { action: Action::Wait, calls: None, ..change.clone() }))
        }
        None => plan::removal(webhook, &change.name).await.map(Some),
    }
}

/// Carries a plan out. After the first connection that does not come to what was asked for, no other one is begun.
///
/// # Errors
/// When a document cannot be put; nothing was done to connections then.
pub async fn carry_out(
    webhook: &Webhook,
    plan: &Plan,
    how: How,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Applied, FilesError> {
    let mut documents = Vec::new();
    for put in &plan.documents {
        put_document(webhook, put).await?;
        say(&format!("document {} is stored; it counts within a minute", put.document));
        documents.push(put.document.clone());
    }
    let has_failed = AtomicBool::new(false);
    let work = plan.connections.iter().map(|change| async {
        if has_failed.load(Ordering::Relaxed) {
            let why = Some("not begun, as another one failed before".to_owned());
            return Ended { name: change.name.clone(), action: change.action, phase: None, done: false, why };
        }
        let ended = one(webhook, change, how.every, say).await;
        if !ended.done {
            has_failed.store(true, Ordering::Relaxed);
        }
        let why = ended.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        match ended.phase {
            Some(phase) => say(&format!("{} is {phase}{why}", ended.name)),
            None => say(&format!("{}{why}", ended.name)),
        }
        ended
    });
    let mut connections: Vec<Ended> =
        futures::stream::iter(work).buffer_unordered(how.side_by_side.max(1)).collect().await;
    connections.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Applied { version: plan::VERSION, documents, connections })
}

async fn put_document(webhook: &Webhook, put: &Put) -> Result<(), FilesError> {
    let document = Document::named(&put.document).ok_or_else(|| FilesError::Moved(vec![put.document.clone()]))?;
    let condition = put.before.as_deref().map_or(("if-none-match", "*"), |tag| ("if-match", tag));
    let path = plan::path(document);
    match document {
        Document::Config(_) => webhook.replace::<ConfigPut>(&path, condition, &put.content).await.map(drop)?,
        Document::Policy => {
            webhook.replace::<api::approvals::StoredPolicy>(&path, condition, &put.content).await.map(drop)?;
        }
    }
    Ok(())
}

async fn one(webhook: &Webhook, change: &Change, every: Duration, say: &(dyn Fn(&str) + Sync)) -> Ended {
    let aim = if change.spec.is_some() { Phase::Active } else { Phase::Removed };
    let ended = |phase, done, why| Ended { name: change.name.clone(), action: change.action, phase, done, why };
    if change.action != Action::Wait {
        say(&format!("{}: {}", change.name, change.action.word()));
    }
    if let Err(error) = ask(webhook, change).await {
        return ended(None, false, Some(transport::Chain(&error).to_string()));
    }
    let mut listener = Named { name: &change.name, say };
    match follow(webhook, &change.name, every, &mut listener).await {
        Ok(connection) => {
            let phase = connection.summary.phase;
            // What was paused stays so, with its new spec.
            let done = phase == aim || aim == Phase::Active && phase == Phase::Paused;
            let failure = connection.summary.failure.map(|failure| {
                let failure = failure.failure;
                format!("{}. {}", failure.what, failure.advice)
            });
            ended(Some(phase), done, failure.filter(|_| !done))
        }
        // Whoever is removed may be forgotten by the time it is asked for.
        Err(FollowError::Webhook(WebhookError::Refused(problem)))
            if aim == Phase::Removed && problem.kind == api::problem::ProblemKind::NotFound =>
        {
            ended(Some(Phase::Removed), true, None)
        }
        Err(error) => ended(None, false, Some(transport::Chain(&error).to_string())),
    }
}

/// Asks for a change. Who asks twice for a connection is told that its name is taken; the next run finds it under way.
async fn ask(webhook: &Webhook, change: &Change) -> Result<(), WebhookError> {
    let path = format!("/v1/connections/{}", change.name);
    let body = change.spec.as_ref().map(serde_json::to_string).transpose()?.unwrap_or_default();
    let (method, path) = match change.action {
        Action::Wait => return Ok(()),
        Action::Create => (Method::POST, "/v1/connections".to_owned()),
        Action::Change => (Method::PUT, path),
        Action::Remove => (Method::DELETE, path),
    };
    webhook.ask::<serde_json::Value>(method, &path, &[], &body).await.map(drop)
}

/// Tells of one of many connections.
struct Named<'a> {
    name: &'a ConnectionName,
    say: &'a (dyn Fn(&str) + Sync),
}

impl Listener for Named<'_> {
    fn entry(&mut self, _: &Entry) {}

    fn waiting(&mut self, step: StepName, why: &str) {
        (self.say)(&format!("{}: {} waits: {why}", self.name, step.word()));
    }
}

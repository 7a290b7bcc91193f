//! The timer's call: begins the check of everything when it is due, and sends again what runs under way have lost.
//!
//! What a run still waits for follows from which of its documents are missing. A message is sent again, alone, when the
//! document before it has been there for longer than any message takes; if the first one was only slow, one of the two finds
//! its document written and stops.

use std::time::Duration;

use connection::words::AccountAlias;
use drift::check::{self, Check, CheckId, Layout, Scope, Task};
use drift::store::DriftStore;
use engine::services::Services;
use jiff::{SignedDuration, Timestamp};

use crate::{CheckError, Done, compare, send, send_all};

/// After how long without its successor a document counts as the last one of a message that was lost.
const LOST: SignedDuration = SignedDuration::from_secs(180);
/// Who asks for the checks that are due.
const TIMER: &str = "timer";

/// Sweeps all runs, and begins one when `every` so long has passed.
///
/// # Errors
/// See [`CheckError`].
pub async fn sweep(services: &Services, every: SignedDuration) -> Result<Done, CheckError> {
    let (drift, now) = (DriftStore(&services.store), services.io.clock.now());
    let mut done = Done::default();
    for id in drift.under_way().await? {
        done.sent_again += again(services, &id, now).await?;
    }
    let id = CheckId::new(now, services.io.entropy.next_u64());
    if let Some(id) = drift.due(now, every, id, services.io.entropy.nonce()).await? {
        begin(services, &Check { version: check::VERSION, id, scope: Scope::All, asked_by: TIMER.to_owned(), at: now })
            .await?;
        done.begun = 1;
    }
    drift.forget_checks(now).await?;
    Ok(done)
}

/// Begins a run.
///
/// # Errors
/// See [`CheckError`].
pub async fn begin(services: &Services, check: &Check) -> Result<(), CheckError> {
    DriftStore(&services.store).begin(check).await?;
    send(services, &check.id, Task::Plan { part: 0 }, Duration::ZERO).await
}

/// Sends again what a run has lost. Returns how many messages.
async fn again(services: &Services, id: &CheckId, now: Timestamp) -> Result<usize, CheckError> {
    let drift = DriftStore(&services.store);
    let is_late = |at: Timestamp| now.duration_since(at) > LOST;
    let Some(check) = drift.check(id).await? else {
        // Marked by a process that died before it wrote what was asked for: nobody was told that it began.
        if id.began().is_none_or(is_late) {
            drift.unmark(id).await?;
        }
        return Ok(0);
    };
    if drift.ended(id).await?.is_some() {
        drift.unmark(id).await?;
        return Ok(0);
    }
    let tasks = match drift.layout(id).await? {
        None => planning(services, &check, is_late).await?,
        Some(layout) => match drift.comparing_since(id).await? {
            None => looking(services, id, &layout, is_late).await?,
            Some(since) if is_late(since) => {
                let compared = drift.compared(id).await?;
                let left = compare::messages(&layout).into_iter().filter(|(name, _)| !compared.contains(name));
                let left: Vec<Task> = left.map(|(_, task)| task).collect();
                if left.is_empty() {
                    compare::end_if_done(services, id).await?;
                }
                left
            }
            Some(_) => Vec::new(),
        },
    };
    for task in &tasks {
        tracing::warn!(check = %id, ?task, "a message of a drift check is sent again");
    }
    Ok(send_all(services, id, tasks).await)
}

async fn planning(
    services: &Services,
    check: &Check,
    is_late: impl Fn(Timestamp) -> bool,
) -> Result<Vec<Task>, CheckError> {
    let drift = DriftStore(&services.store);
    let Some(last) = drift.plan_parts(&check.id).await?.checked_sub(1) else {
        return Ok(if is_late(check.at) { vec![Task::Plan { part: 0 }] } else { Vec::new() });
    };
    // The last part is carried out again: it sends the next one, or lays the run out.
    let late = drift.plan_part(&check.id, last).await?.is_some_and(|part| is_late(part.at));
    Ok(if late { vec![Task::Plan { part: last }] } else { Vec::new() })
}

async fn looking(
    services: &Services,
    id: &CheckId,
    layout: &Layout,
    is_late: impl Fn(Timestamp) -> bool,
) -> Result<Vec<Task>, CheckError> {
    let drift = DriftStore(&services.store);
    let finished = drift.finished(id).await?;
    let left: Vec<&AccountAlias> = layout.tracks.iter().filter(|account| !finished.contains(*account)).collect();
    if left.is_empty() {
        compare::begin(services, id, layout).await?;
        return Ok(Vec::new());
    }
    let mut tasks = Vec::new();
    for account in left {
        let last = drift.track_parts(id, account).await?.checked_sub(1);
        let (part, at) = match last {
            None => (0, Some(layout.at)),
            Some(last) => (last, drift.track_part(id, account, last).await?.map(|part| part.at)),
        };
        // As with planning: the last part is carried out again and sends the next one.
        if at.is_some_and(&is_late) {
            tasks.push(Task::Fetch { account: account.clone(), part, tries: 0 });
        }
    }
    Ok(tasks)
}

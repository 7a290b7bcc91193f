//! What another policy would have said of past requests.

use crate::decide::{decide, recheck};
use crate::decision::{Act, Entry, Event};
use crate::policy::Policy;
use crate::request::{Request, Status};
use crate::verdict::Verdict;

/// A past request that another policy judges otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The request as it was.
    pub request: Request,
    /// What was decided.
    pub was: Verdict,
    /// What the other policy says.
    pub would_be: Verdict,
    /// Whether the endpoint was connected by that decision, and would be reported or cut now.
    pub loses_connection: bool,
}

/// Judges the last decided request of a log anew, by the facts of its time.
#[must_use]
pub fn replay(log: &[Entry], policy: &Policy) -> Option<Change> {
    let decided = log.iter().rev().find(|entry| {
        let connects = !matches!(entry.event, Event::Intended { act: Act::Cut, .. });
        connects && entry.event.verdict().is_some() && entry.request.is_some() && entry.facts.is_some()
    })?;
    let (request, facts) = (decided.request.as_ref()?, decided.facts.as_ref()?);
    let was = decided.event.verdict()?;
    let would_be = decide(Some(policy), request, facts);
    let stands = log.last().is_some_and(|last| last.state.approval.is_some() && last.state.cut.is_none());
    let approval = log.last().and_then(|last| last.state.approval.as_ref());
    let connected = Request { status: Status::Connected, ..request.clone() };
    let loses_connection = stands && recheck(Some(policy), &connected, facts, approval).is_some();
    let differs = !was.says_the_same(&would_be) || loses_connection;
    differs.then(|| Change { request: request.clone(), was: was.clone(), would_be, loses_connection })
}

//! The record: all that is known of one connection.
//!
//! A record changes only by the [decider](crate::decide) and only by compare-and-set in the store, which
//! keeps every version. What is not in the record (or in the cloud) is not true.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chain;
use crate::consent::{self, Awaited, Consents};
use crate::message::{self, StepMessage};
use crate::not_done::{FailedCall, NotDone};
use crate::outputs::Outputs;
use crate::spec::Spec;
use crate::trace::TraceParent;
use crate::words::{CallerName, ConnectionName, Side, StepName};

/// The version of the record's schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// The most history entries a record carries; older ones live on in its earlier versions.
const MAX_HISTORY: usize = 200;

/// The stored state of a connection. Unknown fields are refused: a newer record must not be rewritten by older code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The schema's version: 1.
    pub version: u32,
    /// Unique for ever, also when the name is used again. Random, 32 hexadecimal digits.
    pub uid: String,
    /// What was asked for.
    pub spec: Spec,
    /// Grows with each change of the spec.
    pub generation: u32,
    /// Grows each time somebody resumes the connection.
    pub attempt: u32,
    /// Grows with each message sent; a message with a smaller number is stale.
    pub sequence: u64,
    /// Which way the chain is walked, or was when it stopped.
    pub course: Course,
    /// Whether it is under way, arrived, or stopped in between.
    pub status: Status,
    /// The current step, or the last one.
    pub step: StepName,
    /// When the current step began in this course.
    pub step_since: Timestamp,
    /// From when the limit of the current step counts, where that is later: waiting in a lane does not use it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_since: Option<Timestamp>,
    /// The furthest step that was ever begun for this spec or an earlier one. Undoing begins there.
    pub reached: StepName,
    /// When the message that is under way should be handled. `None` unless the status is [`Status::Moving`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What the current step waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Somebody asked for removal while a step was under way; it begins when that step reports.
    #[serde(default)]
    pub removal_asked: bool,
    /// Why it stopped, while it is failed or stuck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Why it was rolled back, or why a change was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Failure>,
    /// What was active before the change that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Box<ResolvedSpec>>,
    /// What to build once what stands is cleared away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Box<ResolvedSpec>>,
    /// Who asked for the spec, by creating or changing the connection. None in a record that an earlier release made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec_by: Option<CallerName>,
    /// Who asked for what happened last: the same, or who removed, paused, resumed, retried, abandoned or repaired it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<CallerName>,
    /// Where that request belongs in the traces of whoever sent it, if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
    /// What waits for the consent of owners: the connection itself, or a change of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited: Option<Box<Awaited>>,
    /// By which consents the spec stands.
    #[serde(default, skip_serializing_if = "Consents::is_empty")]
    pub consents: Consents,
    /// What is known of each side.
    pub sides: BTreeMap<Side, SideRecord>,
    /// What happened, oldest first.
    pub history: Vec<Entry>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which way the chain is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// Forwards, with `apply`.
    Build,
    /// Backwards, with `undo`, because a step failed.
    RollBack,
    /// Backwards, with `undo`, because somebody asked for removal.
    Remove,
    /// Backwards, with `undo`, to make room for a connection of another kind between the same VPCs, or for the same one
    /// built anew.
    Clear,
    /// The one step that switches traffic off, with `pause`.
    Pause,
}

/// A spec together with the networks that were found for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSpec {
    /// What is asked for.
    pub spec: Spec,
    /// What is known of each side's network.
    pub networks: BTreeMap<Side, Network>,
}

/// How far the course got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing was made yet: an owner has to agree first.
    AwaitingConsent,
    /// A message for the current step is under way.
    Moving,
    /// The course is complete.
    Arrived,
    /// The cloud refused, and will refuse again until something changes.
    Failed,
    /// A wait passed its limit, or nobody reported.
    Stuck,
    /// Somebody gave it up: nobody works on it, and what was made stays.
    Abandoned,
}

/// Course and status in one word, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Accepted; nothing is made before the owners of the accounts agree.
    AwaitingConsent,
    /// Being built.
    Applying,
    /// Built: traffic flows.
    Active,
    /// Being undone after a failure.
    RollingBack,
    /// Undone after a failure.
    RolledBack,
    /// Being removed.
    Removing,
    /// Removed.
    Removed,
    /// Refused by the cloud: see `failure`.
    Failed,
    /// Waited too long: see `failure`.
    Stuck,
    /// Being replaced by a connection of another kind, or built anew.
    Migrating,
    /// Being switched off.
    Pausing,
    /// Switched off.
    Paused,
    /// Given up with whatever was made.
    Abandoned,
}

impl Phase {
    /// Every phase there is.
    pub const ALL: [Self; 13] = [
        Self::AwaitingConsent,
        Self::Applying,
        Self::Active,
        Self::RollingBack,
        Self::RolledBack,
        Self::Removing,
        Self::Removed,
        Self::Failed,
        Self::Stuck,
        Self::Migrating,
        Self::Pausing,
        Self::Paused,
        Self::Abandoned,
    ];

    /// Whether nothing is left to be done: the name may be used again.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Removed | Self::Abandoned)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AwaitingConsent => "awaiting-consent",
            Self::Applying => "applying",
            Self::Active => "active",
            Self::RollingBack => "rolling-back",
            Self::RolledBack => "rolled-back",
            Self::Removing => "removing",
            Self::Removed => "removed",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
            Self::Migrating => "migrating",
            Self::Pausing => "pausing",
            Self::Paused => "paused",
            Self::Abandoned => "abandoned",
        })
    }
}

/// What a step waits for, and how often it has looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StepWaiting")]
pub struct Waiting {
    /// In words, by side.
    pub why: String,
    /// How many times in a row the step has reported that it waits.
    pub times: u32,
    /// How many times in a row the cloud has pushed back.
    #[serde(default)]
    pub pushed_back: u32,
}

/// Why a record stands still, with all that a person needs to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The step that stopped.
    pub step: StepName,
    /// The side it stopped on; `None` when it concerns both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// What happened.
    pub what: String,
    /// The cloud call behind it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<FailedCall>,
    /// What to do.
    pub advice: String,
    /// When it stopped.
    pub since: Timestamp,
}

/// What is known of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideRecord {
    /// The account's id, looked up when the connection was accepted.
    pub account_id: String,
    /// The network found when the spec was accepted.
    pub network: Network,
    /// What the steps made here.
    #[serde(default)]
    pub outputs: Outputs,
}

/// A side's network as it was found when the spec was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The ranges that the other side routes here.
    #[schemars(with = "Vec<String>")]
    pub cidr_blocks: Vec<Ipv4Net>,
    /// The VPC's router, such as `vrt-…`, where the cloud has such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router_id: Option<String>,
    /// The route tables that get the routes to the other side, such as `vtb-…`; none where the kind has no routes, or makes a
    /// table of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<String>,
}

impl Network {
    /// The VPC's router.
    ///
    /// # Errors
    /// When the record does not know it.
    pub fn router(&self) -> Result<&str, NotDone> {
        self.router_id.as_deref().ok_or_else(|| {
            NotDone::failed("the VPC's router is not recorded", "remove the connection and post it again")
        })
    }
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HistoryEntry")]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The sequence number at that time.
    pub sequence: u64,
    /// Which way the chain was walked.
    pub course: Course,
    /// The step concerned.
    pub step: StepName,
    /// What happened.
    pub event: EntryEvent,
    /// Who asked for it. None where nobody did, as when a step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CallerName>,
    /// More in words, for failures and waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How long the step took from its first message to this event, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<u64>,
}

/// What a line of history says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "HistoryEvent")]
pub enum EntryEvent {
    /// The connection was accepted.
    Accepted,
    /// The step is done on both sides.
    StepDone,
    /// The step failed for good.
    StepFailed,
    /// The step waited longer than it may.
    StepStuck,
    /// What was made is being undone because a step failed.
    RollbackBegan,
    /// Somebody asked for removal.
    RemovalAsked,
    /// Somebody resumed it.
    RetryAsked,
    /// What was changed by hand is set right.
    RepairAsked,
    /// Somebody asked for another spec.
    ChangeAsked,
    /// The change is being taken back because a step failed.
    RevertBegan,
    /// Everything is cleared away; what comes next begins.
    Cleared,
    /// Somebody asked to switch it off.
    PauseAsked,
    /// Somebody asked to switch it on again.
    ResumeAsked,
    /// Somebody gave it up.
    Abandoned,
    /// It waits for the consent of owners.
    ConsentAsked,
    /// An owner agreed.
    ConsentGiven,
    /// An owner refused, or took its consent back.
    ConsentRefused,
    /// The owners did not answer in time.
    ConsentOverdue,
    /// The course is complete.
    Arrived,
}

impl EntryEvent {
    /// Whether it happens because somebody asks for it.
    #[must_use]
    pub fn is_asked_for(self) -> bool {
        match self {
            Self::Accepted
            | Self::RemovalAsked
            | Self::RetryAsked
            | Self::RepairAsked
            | Self::ChangeAsked
            | Self::PauseAsked
            | Self::ResumeAsked
            | Self::Abandoned
            | Self::ConsentAsked
            | Self::ConsentGiven
            | Self::ConsentRefused => true,
            Self::StepDone
            | Self::StepFailed
            | Self::StepStuck
            | Self::RollbackBegan
            | Self::RevertBegan
            | Self::Cleared
            | Self::ConsentOverdue
            | Self::Arrived => false,
        }
    }
}

/// Who asks for something.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The caller.
    pub caller: &'a CallerName,
    /// Where the request belongs in the caller's traces.
    pub trace: Option<&'a TraceParent>,
}

impl Record {
    /// The record of a newly accepted connection: at the beginning of its chain, with the first message due now.
    #[must_use]
    pub fn accepted(spec: Spec, uid: String, sides: BTreeMap<Side, SideRecord>, now: Timestamp) -> Self {
        let step = chain::first(spec.kind()).step;
        let mut record = Self {
            version: VERSION,
            uid,
            spec,
            generation: 1,
            attempt: 1,
            sequence: 1,
            course: Course::Build,
            status: Status::Moving,
            step,
            step_since: now,
            limit_since: None,
            reached: step,
            due: Some(now),
            waiting: None,
            removal_asked: false,
            failure: None,
            cause: None,
            former: None,
            next: None,
            spec_by: None,
            asked_by: None,
            trace: None,
            awaited: None,
            consents: Consents::new(),
            sides,
            history: Vec::new(),
            created_at: now,
            updated_at: now,
        };
        record.note(now, EntryEvent::Accepted, None);
        record
    }

    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &ConnectionName {
        &self.spec.name
    }

    /// Course and status in one word.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match (self.status, self.course) {
            (Status::AwaitingConsent, _) => Phase::AwaitingConsent,
            (Status::Failed, _) => Phase::Failed,
            (Status::Stuck, _) => Phase::Stuck,
            (Status::Abandoned, _) => Phase::Abandoned,
            (Status::Moving, Course::Build) => Phase::Applying,
            (Status::Moving, Course::RollBack) => Phase::RollingBack,
            (Status::Moving, Course::Remove) => Phase::Removing,
            // Clearing never arrives: building what comes next, or the same anew, begins in the same move.
            (Status::Moving | Status::Arrived, Course::Clear) => Phase::Migrating,
            (Status::Moving, Course::Pause) => Phase::Pausing,
            (Status::Arrived, Course::Pause) => Phase::Paused,
            (Status::Arrived, Course::Build) => Phase::Active,
            (Status::Arrived, Course::RollBack) => Phase::RolledBack,
            (Status::Arrived, Course::Remove) => Phase::Removed,
        }
    }

    /// What is known of each side's network.
    #[must_use]
    pub fn networks(&self) -> BTreeMap<Side, Network> {
        self.sides.iter().map(|(side, known)| (*side, known.network.clone())).collect()
    }

    /// What is asked for, with the networks that were found for it.
    #[must_use]
    pub fn wanted(&self) -> ResolvedSpec {
        ResolvedSpec { spec: self.spec.clone(), networks: self.networks() }
    }

    /// Whether it was ever active, as far as the history goes back.
    #[must_use]
    pub fn was_active(&self) -> bool {
        self.history.iter().any(|entry| entry.event == EntryEvent::Arrived && entry.course == Course::Build)
    }

    /// Whether what is under way sets right what somebody changed by hand. Resuming it changes nothing about that.
    #[must_use]
    pub fn is_repairing(&self) -> bool {
        let turns = [EntryEvent::RepairAsked, EntryEvent::Arrived, EntryEvent::ChangeAsked, EntryEvent::Accepted];
        let last = self.history.iter().rev().find(|entry| turns.contains(&entry.event));
        last.is_some_and(|entry| entry.event == EntryEvent::RepairAsked)
    }

    /// The message that carries the current step on.
    #[must_use]
    pub fn message(&self) -> StepMessage {
        StepMessage {
            version: message::VERSION,
            connection: self.name().clone(),
            generation: self.generation,
            step: self.step,
            sequence: self.sequence,
        }
    }

    /// Whether it is under way, or waits for somebody's consent: the sweep looks after it.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        let waits_with_a_change = self.awaited.as_ref().is_some_and(|awaited| awaited.change.is_some());
        matches!(self.status, Status::Moving | Status::AwaitingConsent) || waits_with_a_change
    }

    /// Whether nothing was made because owners have not agreed.
    #[must_use]
    pub fn was_never_begun(&self) -> bool {
        self.awaited.as_ref().is_some_and(|awaited| awaited.change.is_none())
    }

    /// The same record, waiting until every owner agrees. Nothing is made before.
    #[must_use]
    pub fn awaiting(mut self, awaited: Awaited) -> Self {
        let (since, by, note) = (awaited.since, awaited.by.clone(), awaited.waits_for());
        self.status = Status::AwaitingConsent;
        self.due = None;
        self.awaited = Some(Box::new(awaited));
        self.note_by(since, EntryEvent::ConsentAsked, &by);
        if let Some(entry) = self.history.last_mut() {
            entry.note = Some(note);
        }
        self
    }

    /// What waits for consent, as an owner is shown it: all that is asked for.
    #[must_use]
    pub fn awaited_spec(&self) -> Option<ResolvedSpec> {
        let awaited = self.awaited.as_ref()?;
        Some(awaited.change.as_ref().map_or_else(|| self.wanted(), |change| (**change).clone()))
    }

    /// What an owner who agrees agrees to.
    #[must_use]
    pub fn awaited_digest(&self) -> Option<String> {
        self.awaited_spec().map(|wanted| consent::digest(&self.uid, self.attempt, &wanted))
    }

    /// Whether `message` is the one that this record waits for.
    #[must_use]
    pub fn expects(&self, message: &StepMessage) -> bool {
        self.status == Status::Moving && *message == self.message()
    }

    /// How long the current step may wait in the current course.
    #[must_use]
    pub fn limit(&self) -> Duration {
        // A record of an older chain may name a step that is no longer in it: it gets no patience and becomes stuck.
        chain::stage_of(self.spec.kind(), self.step).map_or(Duration::ZERO, |stage| match self.course {
            Course::Build => stage.apply_limit,
            Course::RollBack | Course::Remove | Course::Clear | Course::Pause => stage.undo_limit,
        })
    }

    /// The record as `asker` asked for it, by what came after `before`: a request that changed nothing is nobody's. `None`
    /// where a rule asked.
    #[must_use]
    pub fn asked_for_by(mut self, asker: Option<Asker<'_>>, before: Option<&Self>) -> Self {
        if before == Some(&self) {
            return self;
        }
        let known = before.and_then(|before| before.history.last());
        let begins =
            known.and_then(|known| self.history.iter().rposition(|entry| entry == known)).map_or(0, |at| at + 1);
        let asked = self.history[begins..].iter_mut().find(|entry| entry.event.is_asked_for());
        let Some(entry) = asked else { return self };
        let caller = asker.map(|asker| asker.caller.clone());
        entry.by.clone_from(&caller);
        // An owner who agrees asks for nothing.
        if matches!(entry.event, EntryEvent::ConsentGiven | EntryEvent::ConsentAsked) {
            return self;
        }
        if matches!(entry.event, EntryEvent::Accepted | EntryEvent::ChangeAsked) {
            self.spec_by.clone_from(&caller);
        }
        self.asked_by = caller;
        self.trace = asker.and_then(|asker| asker.trace.cloned());
        self
    }

    /// Adds a line of history for what this caller asked for earlier.
    pub(crate) fn note_by(&mut self, now: Timestamp, event: EntryEvent, by: &CallerName) {
        self.note(now, event, None);
        if let Some(entry) = self.history.last_mut() {
            entry.by = Some(by.clone());
        }
    }

    /// Adds a line of history.
    pub(crate) fn note(&mut self, now: Timestamp, event: EntryEvent, note: Option<String>) {
        let took_ms = match event {
            EntryEvent::StepDone | EntryEvent::StepFailed | EntryEvent::StepStuck => {
                u64::try_from(now.duration_since(self.step_since).as_millis()).ok()
            }
            _ => None,
        };
        let (sequence, course, step) = (self.sequence, self.course, self.step);
        self.history.push(Entry { at: now, sequence, course, step, event, by: None, note, took_ms });
        if self.history.len() > MAX_HISTORY {
            self.history.remove(0);
        }
    }
}

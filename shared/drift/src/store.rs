//! Where findings, checks and proposals are kept: in the store of the records.
//!
//! - `config/drift.json`: the settings, which the operator writes;
//! - `drift/findings/…/REVISION.json`: the findings of a connection or an account, by compare-and-set;
//! - `drift/open/…`: a marker for each of them that has open ones, so that these are found by one listing;
//! - `drift/proposals/NAME/REVISION.json`: the newest plan of a connection's repair;
//! - `drift/schedule/REVISION.json`: when a check of everything was begun last;
//! - `checks/ID/…`: the documents of a run, each written once; `checks-open/ID` while it is under way.

use std::collections::{BTreeMap, BTreeSet};

use ::store::{Document, Revision, Store, StoreError};
use connection::config::ConfigDocument;
use connection::plan::{Obstacle, Planned};
use connection::words::{AccountAlias, ConnectionName};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::check::{Batch, Check, CheckId, Ended, LaidOut, Layout, PlanPart, Tally, Track, TrackPart};
use crate::findings::{self, Findings, Merged, Observed, Subject};
use crate::repair::Walk;
use crate::settings::Settings;

/// How often a lost race is run again.
const MOST_RACES: usize = 16;
/// How many versions of a subject's findings stay.
const KEPT_VERSIONS: u64 = 50;
/// How long the documents of a run stay.
const KEPT_CHECK: SignedDuration = SignedDuration::from_hours(24);
const SCHEDULE: &str = "drift/schedule/";
const OPEN: &str = "drift/open/";

/// The version of a proposal's schema that this code writes and reads.
const PROPOSAL_VERSION: u32 = 1;

impl Document for Findings {
    const FIELD: &'static str = "findings";
    const SCHEMA: u32 = findings::VERSION;
}

/// A plan of a repair that a person may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The schema's version: 1.
    pub version: u32,
    /// The connection.
    pub connection: ConnectionName,
    /// Its unique id.
    pub uid: String,
    /// The generation of its spec, and the attempt: a plan for another one is no plan any more.
    pub generation: u32,
    /// The attempt.
    pub attempt: u32,
    /// The step from which the chain would be walked.
    pub step: connection::words::StepName,
    /// Whether what joins the sides would be cleared away first.
    pub rebuild: bool,
    /// The findings that it would set right, by id.
    pub findings: Vec<String>,
    /// What each step would do, line by line.
    pub plan: Vec<Planned>,
    /// What would stop it.
    pub obstacles: Vec<Obstacle>,
    /// When it was made.
    pub at: Timestamp,
    /// Who approved it and when, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approved>,
}

/// The word of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Whose.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Document for Proposal {
    const FIELD: &'static str = "proposal";
    const SCHEMA: u32 = PROPOSAL_VERSION;
}

impl Proposal {
    /// The version that this code writes.
    pub const VERSION: u32 = PROPOSAL_VERSION;

    /// Whether it plans the same for the same state.
    #[must_use]
    pub fn is_for(&self, uid: &str, generation: u32, attempt: u32, walk: &Walk) -> bool {
        let Walk { step, rebuild, findings } = walk;
        self.uid == uid
            && (self.generation, self.attempt) == (generation, attempt)
            && (self.step, self.rebuild, &self.findings) == (*step, *rebuild, findings)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    version: u32,
    /// When a check of everything was due last.
    last: Timestamp,
    check: Option<CheckId>,
}

impl Document for Schedule {
    const FIELD: &'static str = "schedule";
    const SCHEMA: u32 = 1;
}

/// Drift's part of the store.
#[derive(Clone, Copy)]
pub struct DriftStore<'a>(pub &'a Store);

/// The folder of a connection's proposals.
fn proposals(connection: &ConnectionName) -> String {
    format!("drift/proposals/{connection}/")
}

fn path(subject: &Subject) -> String {
    match subject {
        Subject::Connection(name) => format!("connections/{name}"),
        Subject::Account(alias) => format!("accounts/{alias}"),
    }
}

fn of_path(path: &str) -> Option<Subject> {
    match path.split_once('/')? {
        ("connections", name) => name.parse().ok().map(Subject::Connection),
        ("accounts", alias) => alias.parse().ok().map(Subject::Account),
        _ => None,
    }
}

impl DriftStore<'_> {
    /// The settings; the default where the operator wrote none.
    ///
    /// # Errors
    /// When the store fails, or the document does not read: nothing may be changed then.
    pub async fn settings(self) -> Result<Settings, StoreError> {
        Ok(self.0.config(ConfigDocument::Drift, Settings::from_json).await?.unwrap_or_default())
    }

    /// The findings of a subject; none when nothing was ever found.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn findings(self, subject: &Subject) -> Result<Option<Findings>, StoreError> {
        let folder = format!("drift/findings/{}/", path(subject));
        Ok(self.0.latest::<Findings>(&folder).await?.map(|(findings, _)| findings))
    }

    /// Merges what a check observed of a subject into what is kept of it. `uid` is that of the connection now.
    ///
    /// # Errors
    /// When the store fails, or so many change it at once that this one never gets through.
    pub async fn merge(
        self,
        subject: &Subject,
        uid: &str,
        observed: &Observed,
        now: Timestamp,
        writer: impl Fn() -> String,
    ) -> Result<Merged, StoreError> {
        let folder = format!("drift/findings/{}/", path(subject));
        let marker = format!("{OPEN}{}", path(subject));
        for _ in 0..MOST_RACES {
            let (before, newest) = match self.0.latest::<Findings>(&folder).await? {
                Some((findings, newest)) if findings.uid == uid => (findings, Some(newest)),
                Some((_, newest)) => (Findings::none(subject.clone(), uid, now), Some(newest)),
                None => (Findings::none(subject.clone(), uid, now), None),
            };
            let merged = before.merge(observed.clone(), now);
            if !merged.is_worth_keeping(&before) {
                // A process may have died between the last version and this.
                if newest.is_some() {
                    self.0.delete(&marker).await?;
                }
                return Ok(merged);
            }
            // The marker first: one too many is found out by reading, one too few never would be.
            if !merged.findings.open.is_empty() {
                self.0.create(&marker, b"open".to_vec()).await?;
            }
            let revision = newest.map_or(Revision::FIRST, Revision::next);
            match self.0.put(&folder, &merged.findings, revision, writer()).await {
                Ok(()) => {
                    if merged.findings.open.is_empty() {
                        self.0.delete(&marker).await?;
                    }
                    self.0.forget_before(&folder, revision, KEPT_VERSIONS).await?;
                    return Ok(merged);
                }
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict { key: folder })
    }

    /// The subjects that have open findings, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(self) -> Result<Vec<Subject>, StoreError> {
        let keys = self.0.files_below(OPEN).await?;
        let mut subjects: Vec<_> = keys.iter().filter_map(|key| of_path(key.strip_prefix(OPEN)?)).collect();
        subjects.sort();
        Ok(subjects)
    }

    /// The newest plan of a connection's repair.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn proposal(self, name: &ConnectionName) -> Result<Option<(Proposal, Revision)>, StoreError> {
        self.0.latest::<Proposal>(&proposals(name)).await
    }

    /// Writes a plan, if nobody has written that version yet.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody has.
    pub async fn put_proposal(self, proposal: &Proposal, revision: Revision, writer: String) -> Result<(), StoreError> {
        self.0.put(&proposals(&proposal.connection), proposal, revision, writer).await
    }

    /// Forgets old proposals of a connection, of which `revision` is the newest. A proposal takes two versions at most: it is made,
    /// and approved.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_proposals(self, connection: &ConnectionName, revision: Revision) -> Result<(), StoreError> {
        let folder = proposals(connection);
        self.0.forget_before(&folder, revision, KEPT_VERSIONS).await?;
        self.0.forget_before(&folder, revision, KEPT_VERSIONS + 1).await
    }

    /// Whether a check of everything is due at `now`, `every` so long; then it counts as begun, and its id is returned. The
    /// first one is due when that time has passed once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn due(
        self,
        now: Timestamp,
        every: SignedDuration,
        id: CheckId,
        writer: String,
    ) -> Result<Option<CheckId>, StoreError> {
        let latest = self.0.latest::<Schedule>(SCHEDULE).await?;
        let (next, revision) = match latest {
            None => (Schedule { version: 1, last: now, check: None }, Revision::FIRST),
            Some((schedule, _)) if now.duration_since(schedule.last) < every => return Ok(None),
            Some((_, newest)) => (Schedule { version: 1, last: now, check: Some(id) }, newest.next()),
        };
        match self.0.put(SCHEDULE, &next, revision, writer).await {
            Ok(()) => {
                self.0.forget_before(SCHEDULE, revision, KEPT_VERSIONS).await?;
                Ok(next.check)
            }
            // Another copy of the timer's call was faster.
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn document<T: DeserializeOwned>(self, key: &str) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.0.get(key).await? else { return Ok(None) };
        let unreadable =
            |error: serde_json::Error| StoreError::Unreadable { key: key.to_owned(), reason: error.to_string() };
        serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
    }

    async fn create<T: Serialize>(self, key: &str, document: &T) -> Result<bool, StoreError> {
        let bytes = serde_json::to_vec(document).expect("a document is plain data and always serialises");
        self.0.create(key, bytes).await
    }

    /// Begins a run: its marker first, so that the sweep finds it whatever happens.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(self, check: &Check) -> Result<(), StoreError> {
        let id = &check.id;
        self.0.create(&format!("checks-open/{id}"), check.at.to_string().into_bytes()).await?;
        self.create(&format!("checks/{id}/check.json"), check).await.map(drop)
    }

    /// The runs that are under way.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn under_way(self) -> Result<Vec<CheckId>, StoreError> {
        let keys = self.0.files_below("checks-open/").await?;
        let mut ids: Vec<CheckId> = keys.iter().filter_map(|key| key.rsplit('/').next()?.parse().ok()).collect();
        ids.sort();
        Ok(ids)
    }

    /// A run as it was asked for.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn check(self, id: &CheckId) -> Result<Option<Check>, StoreError> {
        self.document(&format!("checks/{id}/check.json")).await
    }

    /// One part of a run's plan.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn plan_part(self, id: &CheckId, part: usize) -> Result<Option<PlanPart>, StoreError> {
        self.document(&format!("checks/{id}/plan/{part:06}.json")).await
    }

    /// Writes one part of a run's plan. `false` when somebody else was faster.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_plan_part(self, id: &CheckId, part: usize, plan: &PlanPart) -> Result<bool, StoreError> {
        self.create(&format!("checks/{id}/plan/{part:06}.json"), plan).await
    }

    /// How many parts of its plan a run has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan_parts(self, id: &CheckId) -> Result<usize, StoreError> {
        Ok(self.0.files_below(&format!("checks/{id}/plan/")).await?.len())
    }

    /// Writes what a run is laid out into; the whole comes last, and with it the run goes on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_layout(self, id: &CheckId, laid: &LaidOut) -> Result<(), StoreError> {
        for (account, track) in &laid.tracks {
            self.create(&format!("checks/{id}/tracks/{account}.json"), track).await?;
        }
        for (number, batch) in laid.batches.iter().enumerate() {
            self.create(&format!("checks/{id}/batches/{number:06}.json"), batch).await?;
        }
        self.create(&format!("checks/{id}/layout.json"), &laid.layout).await.map(drop)
    }

    /// What a run comes to, once it is planned.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn layout(self, id: &CheckId) -> Result<Option<Layout>, StoreError> {
        self.document(&format!("checks/{id}/layout.json")).await
    }

    /// What an account is asked for.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn track(self, id: &CheckId, account: &AccountAlias) -> Result<Option<Track>, StoreError> {
        self.document(&format!("checks/{id}/tracks/{account}.json")).await
    }

    /// A batch of connections.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn batch(self, id: &CheckId, batch: usize) -> Result<Option<Batch>, StoreError> {
        self.document(&format!("checks/{id}/batches/{batch:06}.json")).await
    }

    /// What one message of a track fetched.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn track_part(
        self,
        id: &CheckId,
        account: &AccountAlias,
        part: usize,
    ) -> Result<Option<TrackPart>, StoreError> {
        self.document(&format!("checks/{id}/parts/{account}/{part:06}.json")).await
    }

    /// Writes what one message of a track fetched. `false` when somebody else was faster.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_track_part(
        self,
        id: &CheckId,
        account: &AccountAlias,
        part: usize,
        fetched: &TrackPart,
    ) -> Result<bool, StoreError> {
        self.create(&format!("checks/{id}/parts/{account}/{part:06}.json"), fetched).await
    }

    /// How many parts a track has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn track_parts(self, id: &CheckId, account: &AccountAlias) -> Result<usize, StoreError> {
        Ok(self.0.files_below(&format!("checks/{id}/parts/{account}/")).await?.len())
    }

    /// Notes that a track is at its end, with its index and what it took.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish_track(self, id: &CheckId, account: &AccountAlias, end: &TrackEnd) -> Result<(), StoreError> {
        self.create(&format!("checks/{id}/finished/{account}.json"), end).await.map(drop)
    }

    /// The end of a track, if it is there.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn track_end(self, id: &CheckId, account: &AccountAlias) -> Result<Option<TrackEnd>, StoreError> {
        self.document(&format!("checks/{id}/finished/{account}.json")).await
    }

    /// The tracks that are at their end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finished(self, id: &CheckId) -> Result<BTreeSet<AccountAlias>, StoreError> {
        let keys = self.0.files_below(&format!("checks/{id}/finished/")).await?;
        let alias = |key: &String| key.rsplit('/').next()?.strip_suffix(".json")?.parse().ok();
        Ok(keys.iter().filter_map(alias).collect())
    }

    /// Notes that comparing began, and when. `false` when it had begun before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin_comparing(self, id: &CheckId, now: Timestamp) -> Result<bool, StoreError> {
        self.create(&format!("checks/{id}/comparing.json"), &now).await
    }

    /// When comparing began.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn comparing_since(self, id: &CheckId) -> Result<Option<Timestamp>, StoreError> {
        self.document(&format!("checks/{id}/comparing.json")).await
    }

    /// Notes that a message of comparing was carried out. `what` is unique in the run.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_compared(self, id: &CheckId, what: &str, tally: &Tally) -> Result<(), StoreError> {
        self.create(&format!("checks/{id}/compared/{what}.json"), tally).await.map(drop)
    }

    /// Whether a message of comparing was carried out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_compared(self, id: &CheckId, what: &str) -> Result<bool, StoreError> {
        Ok(self.0.get(&format!("checks/{id}/compared/{what}.json")).await?.is_some())
    }

    /// The messages of comparing that were carried out, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn compared(self, id: &CheckId) -> Result<BTreeSet<String>, StoreError> {
        let keys = self.0.files_below(&format!("checks/{id}/compared/")).await?;
        let name = |key: &String| key.rsplit('/').next()?.strip_suffix(".json").map(str::to_owned);
        Ok(keys.iter().filter_map(name).collect())
    }

    /// Ends a run: adds up what it came to, and takes its marker away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(self, id: &CheckId, layout: &Layout, now: Timestamp) -> Result<(), StoreError> {
        let mut ended = Ended { at: now, requests: 0, pages: 0, tally: Tally::default() };
        for account in &layout.tracks {
            if let Some(end) = self.track_end(id, account).await? {
                ended.requests += end.requests;
                ended.pages += end.pages;
            }
        }
        for what in self.compared(id).await? {
            let tally: Option<Tally> = self.document(&format!("checks/{id}/compared/{what}.json")).await?;
            ended.tally.add(tally.unwrap_or_default());
        }
        self.create(&format!("checks/{id}/ended.json"), &ended).await?;
        self.0.delete(&format!("checks-open/{id}")).await
    }

    /// What a run came to, if it has ended.
    ///
    /// # Errors
    /// When the store fails or the document does not read.
    pub async fn ended(self, id: &CheckId) -> Result<Option<Ended>, StoreError> {
        self.document(&format!("checks/{id}/ended.json")).await
    }

    /// Takes the marker of a run away that has nothing else.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unmark(self, id: &CheckId) -> Result<(), StoreError> {
        self.0.delete(&format!("checks-open/{id}")).await
    }

    /// Forgets runs that began long ago, one of them at a time. Returns how many documents went.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_checks(self, now: Timestamp) -> Result<usize, StoreError> {
        let mut old: BTreeMap<CheckId, Vec<String>> = BTreeMap::new();
        for key in self.0.files_below("checks/").await? {
            let id = key.split('/').nth(1).and_then(|id| id.parse::<CheckId>().ok());
            if let Some(id) = id.filter(|id| id.began().is_some_and(|began| now.duration_since(began) > KEPT_CHECK)) {
                old.entry(id).or_default().push(key);
            }
        }
        let Some((id, keys)) = old.pop_first() else { return Ok(0) };
        for key in &keys {
            self.0.delete(key).await?;
        }
        self.unmark(&id).await?;
        Ok(keys.len())
    }
}

/// The end of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackEnd {
    /// How many units were finished after each part.
    pub index: Vec<usize>,
    /// How many pages were asked for.
    pub requests: u64,
    /// How many of them were needed.
    pub pages: u64,
}

#[cfg(test)]
mod tests;

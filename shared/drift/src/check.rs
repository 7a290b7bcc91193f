//! A check run as documents: what is looked at in which order, and how far it has come. Pure.
//!
//! ```text
//! plan, part by part ──► a track an account, side by side ──► batches of connections, and orphans by account ──► ended
//! ```
//!
//! Every document of a run is written once. So a message may come twice, and a lost one is found by what is missing.

use std::collections::{BTreeMap, BTreeSet};

use connection::inventory::reading::Reading;
use connection::inventory::{AccountRegion, Listing, ListingId};
use connection::message::{self, Message};
use connection::queue::Queue;
use connection::record::Record;
use connection::words::{AccountAlias, ConnectionName, RegionId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the documents' schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// How many connections are compared by one message.
pub const BATCH: usize = 100;

/// The id of a run: when it began, and something random. In the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9-]{1,64}$"))]
pub struct CheckId(String);

impl CheckId {
    /// The id of a run that begins at `now`.
    #[must_use]
    pub fn new(now: Timestamp, random: u64) -> Self {
        Self(format!("{}-{random:016x}", now.strftime("%Y%m%dt%H%M%Sz")))
    }

    /// When the run of this id began, to the second.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        let (day, time) = self.0.split_once('-')?.0.strip_suffix('z')?.split_once('t')?;
        let text = format!(
            "{}-{}-{}T{}:{}:{}Z",
            day.get(..4)?,
            day.get(4..6)?,
            day.get(6..8)?,
            time.get(..2)?,
            time.get(2..4)?,
            time.get(4..6)?
        );
        text.parse().ok()
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CheckId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let id = Self(text);
        if id.0.len() <= 64 && id.0.bytes().all(fits) && id.began().is_some() {
            Ok(id)
        } else {
            Err(format!("{:?} is no id of a drift check", id.0))
        }
    }
}

impl std::str::FromStr for CheckId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::try_from(text.to_owned())
    }
}

impl From<CheckId> for String {
    fn from(id: CheckId) -> Self {
        id.0
    }
}

impl std::fmt::Display for CheckId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which connections are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DriftScope")]
pub enum Scope {
    /// All of them, and what stands in their accounts and nobody owns.
    All,
    /// Those that carry all of these labels.
    Labels(BTreeMap<String, String>),
    /// This one.
    Connection(ConnectionName),
}

impl Scope {
    /// Whether a record is meant.
    #[must_use]
    pub fn takes(&self, record: &Record) -> bool {
        match self {
            Self::All => true,
            Self::Labels(labels) => labels.iter().all(|(key, value)| record.spec.labels.get(key) == Some(value)),
            Self::Connection(name) => record.name() == name,
        }
    }
}

/// A run as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The schema's version: 1.
    pub version: u32,
    /// Its id.
    pub id: CheckId,
    /// What it is about.
    pub scope: Scope,
    /// Who asked for it.
    pub asked_by: String,
    /// When.
    pub at: Timestamp,
}

/// A connection that is to be compared, with what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The connection.
    pub connection: ConnectionName,
    /// Its unique id.
    pub uid: String,
    /// The listings.
    pub listing_ids: Vec<(AccountRegion, ListingId)>,
}

/// A connection that is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SkippedConnection")]
pub struct Skipped {
    /// The connection.
    pub connection: ConnectionName,
    /// Why.
    pub why: String,
}

/// What one planning message found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanPart {
    /// When it was written.
    pub at: Timestamp,
    /// The connections to compare.
    pub targets: Vec<Target>,
    /// Those that are not.
    pub skipped: Vec<Skipped>,
    /// What records own, by account.
    pub owned: Vec<(AccountAlias, Vec<String>)>,
    /// Behind which name to go on; none at the end.
    pub after: Option<ConnectionName>,
}

/// What one account is asked for, in this order: what connections that are compared together need lies close together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Region and listing.
    pub units: Vec<(RegionId, ListingId)>,
    /// What records own in the account.
    pub owned: BTreeSet<String>,
}

/// Connections that are compared by one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The connections.
    pub targets: Vec<Target>,
    /// Which units of which track they need.
    pub units: BTreeMap<AccountAlias, BTreeSet<usize>>,
}

/// What the run comes to, once it is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// When it was written.
    pub at: Timestamp,
    /// The accounts that are looked at.
    pub tracks: Vec<AccountAlias>,
    /// How many batches there are.
    pub batches: usize,
    /// Whether it is looked for what nobody owns.
    pub orphans: bool,
    /// How many connections are compared.
    pub connections: usize,
    /// Those that are not, by why.
    pub skipped: Vec<Skipped>,
}

/// What one message of a track fetched, and how far the track is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackPart {
    /// When it was written.
    pub at: Timestamp,
    /// The listings that were finished: the unit, and what it shows or why it does not.
    pub done: Vec<(usize, ListingResult)>,
    /// The next unit, perhaps begun.
    pub next: usize,
    /// The next unit, as far as it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// How many units were finished after each part so far, this one included.
    pub index: Vec<usize>,
    /// How many pages were asked for so far.
    pub requests: u64,
    /// How many of them were needed: what was read anew, or asked again, counts once.
    pub pages: u64,
}

impl TrackPart {
    /// The unit is done.
    pub fn finish(&mut self, sight: ListingResult) {
        self.done.push((self.next, sight));
        self.next += 1;
    }
}

/// What came of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListingResult {
    /// It was read to its end.
    StepFinding(Listing),
    /// It could not be looked at, and why.
    Unavailable(String),
}

/// What one message of comparing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Connections that were compared.
    pub compared: usize,
    /// Those that were skipped because they changed since the check began.
    pub skipped_changed: Vec<Skipped>,
    /// Findings that are open now.
    pub open: usize,
    /// New ones.
    pub opened: usize,
    /// Those that are gone.
    pub cleared: usize,
    /// Listings that could not be looked at.
    pub unknown: usize,
    /// Plans that were stored.
    pub proposed: usize,
    /// Repairs that were begun.
    pub repaired: usize,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// When it ended.
    pub at: Timestamp,
    /// How many page requests it took.
    pub requests: u64,
    /// How many there have to be.
    pub pages: u64,
    /// What comparing came to.
    pub tally: Tally,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        let Self { compared, skipped_changed, open, opened, cleared, unknown, proposed, repaired } = other;
        self.compared += compared;
        self.skipped_changed.extend(skipped_changed);
        self.open += open;
        self.opened += opened;
        self.cleared += cleared;
        self.unknown += unknown;
        self.proposed += proposed;
        self.repaired += repaired;
    }
}

/// A message about a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// The run.
    pub check: CheckId,
    /// What is to be done.
    pub task: Task,
}

/// One unit of work of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Read some more records and say what they need.
    Plan {
        /// Which part, from 0.
        part: usize,
    },
    /// Fetch some more pages of an account.
    Fetch {
        /// The account.
        account: AccountAlias,
        /// Which part, from 0.
        part: usize,
        /// How often the cloud pushed back in a row.
        tries: u32,
    },
    /// Compare some connections.
    Compare {
        /// Which batch, from 0.
        batch: usize,
    },
    /// Look for what nobody owns in an account.
    Orphans {
        /// The account.
        account: AccountAlias,
    },
}

impl CheckMessage {
    /// A message about a run.
    #[must_use]
    pub fn new(check: &CheckId, task: Task) -> Self {
        Self { version: message::VERSION, check: check.clone(), task }
    }
}

impl Message for CheckMessage {
    const ABOUT: &'static str = "a drift check";

    fn queue(&self) -> Queue {
        Queue::CheckDrift
    }
}

/// Everything a run is laid out into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidOut {
    /// The whole.
    pub layout: Layout,
    /// By account.
    pub tracks: BTreeMap<AccountAlias, Track>,
    /// In order.
    pub batches: Vec<Batch>,
}

/// Lays a run out: each listing once, in one track for each account; connections between the same accounts side by side, so
/// that what a batch needs was fetched by few messages.
///
/// For the sake of what nobody owns, a check of everything also looks at `managed` places, and wherever it looks at anything,
/// at the listings that `everywhere` names of the place.
#[must_use]
pub fn lay_out(
    parts: Vec<PlanPart>,
    scope: &Scope,
    now: Timestamp,
    managed: &BTreeSet<AccountRegion>,
    everywhere: impl Fn(&AccountRegion) -> Vec<ListingId>,
) -> LaidOut {
    let orphans = *scope == Scope::All;
    let (mut targets, mut skipped): (Vec<Target>, Vec<Skipped>) = (Vec::new(), Vec::new());
    let mut owned: BTreeMap<AccountAlias, BTreeSet<String>> = BTreeMap::new();
    for part in parts {
        targets.extend(part.targets);
        skipped.extend(part.skipped);
        for (account, ids) in part.owned {
            owned.entry(account).or_default().extend(ids);
        }
    }
    let accounts = |target: &Target| {
        target.listing_ids.iter().map(|(account_region, _)| account_region.account.clone()).collect::<BTreeSet<_>>()
    };
    targets.sort_by_cached_key(|target| (accounts(target), target.connection.clone()));
    let mut places: BTreeMap<(AccountRegion, ListingId), usize> = BTreeMap::new();
    let mut tracks: BTreeMap<AccountAlias, Track> = BTreeMap::new();
    let mut place =
        |tracks: &mut BTreeMap<AccountAlias, Track>, account_region: &AccountRegion, listing_id: &ListingId| {
            *places.entry((account_region.clone(), listing_id.clone())).or_insert_with(|| {
                let track = tracks
                    .entry(account_region.account.clone())
                    .or_insert_with(|| Track { units: Vec::new(), owned: BTreeSet::new() });
                track.units.push((account_region.region.clone(), listing_id.clone()));
                track.units.len() - 1
            })
        };
    if orphans {
        // The long listings first, in every region in which there is anything at all.
        let looked_at = targets.iter().flat_map(|target| &target.listing_ids).map(|(account_region, _)| account_region);
        let account_regions: BTreeSet<&AccountRegion> = looked_at.chain(managed).collect();
        for account_region in account_regions {
            for listing_id in everywhere(account_region) {
                place(&mut tracks, account_region, &listing_id);
            }
        }
    }
    let mut batches = Vec::new();
    for some in targets.chunks(BATCH) {
        let mut units: BTreeMap<AccountAlias, BTreeSet<usize>> = BTreeMap::new();
        for (account_region, listing_id) in some.iter().flat_map(|target| &target.listing_ids) {
            units.entry(account_region.account.clone()).or_default().insert(place(
                &mut tracks,
                account_region,
                listing_id,
            ));
        }
        batches.push(Batch { targets: some.to_vec(), units });
    }
    for (account, track) in &mut tracks {
        track.owned = owned.remove(account).unwrap_or_default();
    }
    let layout = Layout {
        at: now,
        tracks: tracks.keys().cloned().collect(),
        batches: batches.len(),
        orphans,
        connections: targets.len(),
        skipped,
    };
    LaidOut { layout, tracks, batches }
}

/// The parts of a track that hold these units, by the track's index.
#[must_use]
pub fn parts_of(index: &[usize], units: &BTreeSet<usize>) -> BTreeSet<usize> {
    units.iter().map(|unit| index.partition_point(|finished| finished <= unit)).collect()
}

#[cfg(test)]
mod tests;

//! Many connections between twenty accounts, and what a drift check of all of them costs.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`shape`] | which VPCs there are, and who is joined with whom |
//! | [`build`](mod@build) | the same in the local cloud, by calls of its owners, and in the store |
//! | [`edits`] | what is changed by hand, and what a check must find of it |
//! | [`pages`] | how many page requests it takes at the least |
//! | [`meter`] | counts requests, each of which takes its time |
//! | [`documents`] | how large the documents of a check are |
//! | here | a check, and what it came to |
//!
//! Functions, queues, store, signatures and listings are the ones of every other test; only that the chains did not build
//! the network themselves.

pub mod build;
pub mod documents;
pub mod edits;
pub mod meter;
pub mod pages;
pub mod shape;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use causeway_local::faults::FaultPlan;
use causeway_local::fc::Invocation;
use connection::record::Record;
use connection::words::Side;
use serde_json::json;

use self::edits::Found;
use self::meter::{Counted, Meter};
use crate::fragile::Mishaps;
use crate::system::{EndedCheck, System};

/// The function that checks.
const FUNCTION: &str = "causeway-check-drift";

/// Connections that stand, some of which somebody edited.
pub struct Scale {
    /// The world in which they stand.
    pub system: System,
    records: Vec<Record>,
    edited: usize,
    expected: Vec<Found>,
    unavoidable: usize,
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Checked {
    /// As the API shows it.
    pub check: EndedCheck,
    /// Connections that stand.
    pub connections: usize,
    /// Those that were edited by hand.
    pub edited: usize,
    /// Accounts that have a side of one.
    pub accounts: usize,
    /// Accounts and regions that have a side of one.
    pub account_regions: usize,
    /// Page requests that there have to be.
    pub unavoidable: usize,
    /// Requests that reached the cloud.
    pub counted: Counted,
    /// How long it took, in the cloud's time.
    pub took: Duration,
    /// The invocations of the function.
    pub invocations: Vec<Invocation>,
    /// What there is to find.
    pub expected: Vec<Found>,
    /// What was found.
    pub found: Vec<Found>,
}

impl Scale {
    /// A world with so many connections, of which some were edited by hand.
    ///
    /// # Panics
    /// When the cloud or the store refuses.
    pub async fn stand(connections: usize) -> Self {
        let system = System::of(shape::seed(connections), 1, Mishaps::none()).await;
        let records = build::build(&system, connections).await;
        let (edited, expected) = edits::edit(&system, &records).await;
        let unavoidable = pages::unavoidable(&system, &records).await.expect("the cloud refuses no owner");
        Self { system, records, edited, expected, unavoidable }
    }

    /// Checks everything for drift, while things go wrong as `chaos` says.
    ///
    /// # Panics
    /// When the check never ends.
    pub async fn check(&self, chaos: Option<Arc<dyn FaultPlan>>) -> Checked {
        let cloud = &self.system.cloud;
        let meter = Meter::new(chaos);
        cloud.shared().faults.set_plan(meter.clone());
        let (sequence, began) = (*cloud.fc().watch_invocations().borrow(), tokio::time::Instant::now());
        let check = self.system.check_drift(&json!({})).await;
        let (took, counted) = (began.elapsed(), meter.counted());
        let invocations = cloud.fc().invocations_since(sequence);
        let places = || {
            self.records.iter().flat_map(|record| {
                [Side::Initiator, Side::Acceptor].map(|side| {
                    let place = record.spec.place(side);
                    (place.account.as_str(), place.region_id.as_str())
                })
            })
        };
        Checked {
            connections: self.records.len(),
            edited: self.edited,
            accounts: places().map(|(account, _)| account).collect::<BTreeSet<_>>().len(),
            account_regions: places().collect::<BTreeSet<_>>().len(),
            unavoidable: self.unavoidable,
            counted,
            took,
            invocations: invocations.into_iter().filter(|invocation| invocation.function == FUNCTION).collect(),
            expected: self.expected.clone(),
            found: edits::found(&self.system.drift().await),
            check,
        }
    }
}

impl Checked {
    /// Page requests by unavoidable ones.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "not that many")]
    pub fn ratio(&self) -> f64 {
        self.counted.pages as f64 / self.unavoidable.max(1) as f64
    }

    /// The invocation that took longest.
    #[must_use]
    pub fn longest(&self) -> Duration {
        self.invocations.iter().map(|invocation| invocation.duration).max().unwrap_or_default()
    }

    /// What the check did not see as it is: it must have compared every connection, seen every listing, and found what was
    /// edited and nothing else.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let result = self.check.end.result;
        let missed: Vec<&Found> = self.expected.iter().filter(|one| !self.found.contains(one)).collect();
        let excess: Vec<&Found> = self.found.iter().filter(|one| !self.expected.contains(one)).collect();
        let (found, expected) = (self.found.len(), self.expected.len());
        broken([
            (result.compared == self.connections, format!("not all of {} were compared: {result:?}", self.connections)),
            (result.unknown == 0, format!("some listings were not seen: {result:?}")),
            (
                self.found == self.expected,
                format!("{found} findings where there are {expected}; missed {missed:?}, not expected {excess:?}"),
            ),
        ])
    }

    /// What the check cost that it need not: it must have asked for a tenth more pages than it had to at the most, have
    /// counted them right, and every invocation must have come to its end.
    #[must_use]
    pub fn excesses(&self) -> Vec<String> {
        let (pages, least, told) = (self.counted.pages, self.unavoidable, self.check.end.requests);
        let failed = self.invocations.iter().find(|invocation| !invocation.outcome.is_success());
        broken([
            (pages * 10 <= least * 11, format!("{pages} page requests where {least} had to be")),
            (told == pages as u64, format!("the check tells of {told} requests, and the cloud had {pages}")),
            (failed.is_none(), format!("an invocation failed: {failed:?}")),
        ])
    }
}

/// What does not hold.
fn broken<const N: usize>(promises: [(bool, String); N]) -> Vec<String> {
    promises.into_iter().filter(|(holds, _)| !holds).map(|(_, broken)| broken).collect()
}

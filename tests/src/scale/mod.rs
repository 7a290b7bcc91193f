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
use serde_json::{Value, json};

use self::edits::Found;
use self::meter::{Counted, Meter};
use crate::fragile::Mishaps;
use crate::world::World;

/// The function that checks.
const FUNCTION: &str = "check-drift";

/// Connections that stand, some of which somebody edited.
pub struct Scale {
    /// The world in which they stand.
    pub world: World,
    records: Vec<Record>,
    edited: usize,
    expected: Vec<Found>,
    unavoidable: usize,
}

/// What a check came to.
#[derive(Debug, Clone)]
pub struct Checked {
    /// As the API shows it.
    pub check: Value,
    /// Connections that stand.
    pub connections: usize,
    /// Those that were edited by hand.
    pub edited: usize,
    /// Accounts that have a side of one.
    pub accounts: usize,
    /// Accounts and regions that have a side of one.
    pub spots: usize,
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
        let world = World::of(shape::seed(connections), 1, Mishaps::none()).await;
        let records = build::build(&world, connections).await;
        let (edited, expected) = edits::edit(&world, &records).await;
        let unavoidable = pages::unavoidable(&world, &records).await.expect("the cloud refuses no owner");
        Self { world, records, edited, expected, unavoidable }
    }

    /// Checks everything for drift, while things go wrong as `weather` says.
    ///
    /// # Panics
    /// When the check never ends.
    pub async fn check(&self, weather: Option<Arc<dyn FaultPlan>>) -> Checked {
        let cloud = &self.world.cloud;
        let meter = Meter::new(weather);
        cloud.shared().faults.set_plan(meter.clone());
        let (sequence, began) = (*cloud.fc().watch_invocations().borrow(), tokio::time::Instant::now());
        let check = self.world.check_drift(&json!({})).await;
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
            spots: places().collect::<BTreeSet<_>>().len(),
            unavoidable: self.unavoidable,
            counted,
            took,
            invocations: invocations.into_iter().filter(|invocation| invocation.function == FUNCTION).collect(),
            expected: self.expected.clone(),
            found: edits::found(&self.world.drift().await),
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

    /// Why the check is not as it should be: it must have compared every connection, found what was edited and nothing else,
    /// asked for a tenth more pages than it had to at the most, and seen every invocation succeed.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut must = |holds: bool, fault: String| faults.extend((!holds).then_some(fault));
        let (result, count) = (&self.check["result"], |value: &Value| value.as_u64().map(|count| count as usize));
        must(
            count(&result["compared"]) == Some(self.connections),
            format!("{} of {} connections were compared: {:#}", result["compared"], self.connections, self.check),
        );
        must(count(&result["unknown"]) == Some(0), format!("{} listings were not seen", result["unknown"]));
        let missed: Vec<&Found> = self.expected.iter().filter(|one| !self.found.contains(one)).collect();
        let excess: Vec<&Found> = self.found.iter().filter(|one| !self.expected.contains(one)).collect();
        must(
            self.found == self.expected,
            format!(
                "{} findings where {} were to be found; missed {missed:#?}, not expected {excess:#?}",
                self.found.len(),
                self.expected.len()
            ),
        );
        must(
            count(&self.check["requests"]) == Some(self.counted.pages),
            format!("the check says {} requests, the cloud had {}", self.check["requests"], self.counted.pages),
        );
        must(
            self.counted.pages * 10 <= self.unavoidable * 11,
            format!("{} page requests where {} were unavoidable", self.counted.pages, self.unavoidable),
        );
        for invocation in self.invocations.iter().filter(|invocation| !invocation.outcome.is_success()) {
            must(false, format!("an invocation failed after {:?}: {:?}", invocation.duration, invocation.outcome));
        }
        faults
    }
}

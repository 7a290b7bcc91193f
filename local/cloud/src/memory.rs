//! What the cloud remembers of itself from one run to the next: its seed, how often it ran, and how late it was.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use local_core::clock::Clock;
use local_core::table::{Storage, StorageError, Table};
use serde::{Deserialize, Serialize};

use crate::seed::Seed;

const ROW: &str = "cloud";

/// How often the time is noted at most, in real time.
const BEAT: Duration = Duration::from_secs(1);

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    seed: Seed,
    runs: u64,
    cloud_time: Timestamp,
    speed: f64,
}

struct State {
    table: Table<Row>,
    noted: Timestamp,
}

/// The cloud's memory of itself.
pub(crate) struct Memory {
    state: Mutex<State>,
    storage: Storage,
    seed: Seed,
    runs: u64,
    before: Option<(Timestamp, f64)>,
}

impl Memory {
    /// Reads it; a cloud without one is new and begins with `seed`.
    pub(crate) fn open(storage: &Storage, seed: Seed) -> Result<Self, StorageError> {
        let table: Table<Row> = Table::load(storage, "cloud")?;
        let (seed, runs, before) = match table.get(ROW) {
            Some(row) => (row.seed.clone(), row.runs, Some((row.cloud_time, row.speed))),
            None => (seed, 0, None),
        };
        let state = Mutex::new(State { table, noted: Timestamp::MIN });
        Ok(Self { state, storage: storage.clone(), seed, runs, before })
    }

    /// The seed it began with.
    pub(crate) fn seed(&self) -> Seed {
        self.seed.clone()
    }

    /// How often it ran before.
    pub(crate) fn runs_before(&self) -> u64 {
        self.runs
    }

    /// A cloud time that no earlier run has passed: the last one noted, and as much more as may have gone by until the next
    /// note would have been due.
    pub(crate) fn cloud_time_before(&self) -> Timestamp {
        self.before.map_or(Timestamp::MIN, |(time, speed)| time + (2 * BEAT).mul_f64(speed))
    }

    /// Counts this run, once all that the seed asks for is made.
    pub(crate) fn begin_run(&self, clock: &Clock) -> Result<(), StorageError> {
        let row = Row { seed: self.seed.clone(), runs: self.runs + 1, cloud_time: clock.now(), speed: clock.speed() };
        let state = &mut *self.state();
        state.table.insert(ROW, row);
        state.noted = clock.wall();
        self.storage.commit(&mut [&mut state.table])
    }

    /// Notes the cloud's time, unless that was done a moment ago.
    pub(crate) fn note_time(&self, clock: &Clock) {
        let state = &mut *self.state();
        if clock.wall().duration_since(state.noted).unsigned_abs() < BEAT {
            return;
        }
        state.noted = clock.wall();
        if let Some(row) = state.table.get_mut(ROW) {
            row.cloud_time = clock.now();
        }
        if let Err(error) = self.storage.commit(&mut [&mut state.table]) {
            tracing::warn!(%error, "the cloud's time could not be noted");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

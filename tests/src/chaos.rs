//! Bad weather by seed: what the cloud and the queues do to everybody.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan};

/// Throttling, server errors, slowness, duplicates and lateness, each by chance.
pub struct Chaos {
    rng: Mutex<fastrand::Rng>,
    bad: AtomicBool,
}

impl Chaos {
    /// The weather of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { rng: Mutex::new(fastrand::Rng::with_seed(seed)), bad: AtomicBool::new(true) }
    }

    /// From now on the weather is bad, or the sun shines.
    pub fn set_bad(&self, bad: bool) {
        self.bad.store(bad, Ordering::Relaxed);
    }

    fn roll(&self, chances: u64) -> Option<u64> {
        if !self.bad.load(Ordering::Relaxed) {
            return None;
        }
        let roll = self.rng.lock().expect("no test thread panicked here").u64(..1000);
        (roll < chances).then_some(roll)
    }
}

impl FaultPlan for Chaos {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        // Requests of the test itself to the webhook go through; what the webhook does for them does not always.
        if call.product == Product::Fc {
            return None;
        }
        let roll = self.roll(60)?;
        Some(match roll % 6 {
            0 | 1 => Fault::Throttle,
            2 => Fault::ServerError,
            3 => Fault::Unavailable,
            4 => Fault::LoseAnswer,
            _ => Fault::Slow { milliseconds: 100 + roll * 40 },
        })
    }

    fn on_delivery(&self, _queue: &str, _message: &str) -> Delivery {
        let Some(roll) = self.roll(300) else { return Delivery::default() };
        Delivery { copies: if roll % 3 == 0 { 3 } else { 2 }, delay: Duration::from_millis((roll % 7) * 2_500) }
    }
}

/// Every message comes three times, the copies side by side or one after the other.
pub struct Threefold;

impl FaultPlan for Threefold {
    fn on_delivery(&self, _queue: &str, _message: &str) -> Delivery {
        Delivery { copies: 3, ..Delivery::default() }
    }
}

//! The local cloud's own time, which may run faster than ours.
//!
//! Two clocks tick here. *Cloud time* drives everything the cloud does by itself: state changes, message delays,
//! visibility timeouts, timer triggers. It runs `speed` times as fast as real time, so a wait of five seconds passes in half
//! a second at speed 10. *Wall time* is what a client's signature is dated with; it always runs at real speed.
//!
//! Both are read from tokio's clock: in a runtime with paused time the whole cloud runs on virtual time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Tells cloud time and wall time, and sleeps in cloud time.
#[derive(Debug, Clone)]
pub struct Clock {
    began: Instant,
    wall_start: Timestamp,
    cloud_start: Timestamp,
    speed: f64,
}

impl Clock {
    /// A clock that reads `wall_start` now and runs `speed` times as fast as real time from then on.
    ///
    /// Cloud time begins at `cloud_start`, which may lie ahead of the wall clock: state kept from an earlier, faster run must
    /// not lie in the future.
    ///
    /// # Panics
    /// When `speed` is not a positive number.
    #[must_use]
    pub fn new(wall_start: Timestamp, cloud_start: Timestamp, speed: f64) -> Self {
        assert!(speed.is_finite() && speed > 0.0, "speed must be a positive number");
        Self { began: Instant::now(), wall_start, cloud_start, speed }
    }

    /// A clock at real speed that begins at the system's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the local cloud's time begins at the system's")]
    pub fn system() -> Self {
        let now = Timestamp::now();
        Self::new(now, now, 1.0)
    }

    /// Cloud time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.cloud_start + self.began.elapsed().mul_f64(self.speed)
    }

    /// Wall time: what signatures are checked against.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.wall_start + self.began.elapsed()
    }

    /// How many times faster than real time the cloud runs.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The real duration of `cloud` time.
    #[must_use]
    pub fn real(&self, cloud: Duration) -> Duration {
        cloud.div_f64(self.speed)
    }

    /// Sleeps for `cloud` time.
    pub async fn sleep(&self, cloud: Duration) {
        tokio::time::sleep(self.real(cloud)).await;
    }

    /// Sleeps until cloud time reaches `instant`.
    pub async fn sleep_until(&self, instant: Timestamp) {
        let left = instant.duration_since(self.now());
        if left.is_positive() {
            // A millisecond more, so that rounding never wakes the sleeper early.
            self.sleep(left.unsigned_abs() + Duration::from_millis(1)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn cloud_time_runs_ahead_of_wall_time_by_the_speed() {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let clock = Clock::new(start, start, 10.0);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(clock.now().duration_since(start).as_secs(), 30);
        assert_eq!(clock.wall().duration_since(start).as_secs(), 3);
        clock.sleep_until(start + Duration::from_secs(60)).await;
        assert_eq!(clock.now().duration_since(start).as_secs(), 60);
    }
}

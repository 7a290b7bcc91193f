//! Nonces that were used, so that a captured request cannot be sent again.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// How far a request's time may lie from ours, either way.
pub const SKEW: Duration = Duration::from_secs(15 * 60);

/// How many nonces are remembered at most. Beyond it the oldest are forgotten, so that a flood cannot eat the memory.
const MOST: usize = 200_000;

#[derive(Debug, Default)]
struct Seen {
    nonces: HashSet<String>,
    by_age: VecDeque<(Timestamp, String)>,
}

/// The nonces of the last half hour: no request is accepted for longer, since its time may lie a quarter ahead.
#[derive(Debug, Default)]
pub struct Nonces(Mutex<Seen>);

impl Nonces {
    /// Notes `nonce` of `access_key_id`. Returns whether it is new.
    pub fn is_new(&self, access_key_id: &str, nonce: &str, now: Timestamp) -> bool {
        let seen = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while seen.by_age.front().is_some_and(|(at, _)| *at < now - 2 * SKEW || seen.by_age.len() >= MOST) {
            if let Some((_, old)) = seen.by_age.pop_front() {
                seen.nonces.remove(&old);
            }
        }
        let key = format!("{access_key_id}/{nonce}");
        let is_new = seen.nonces.insert(key.clone());
        if is_new {
            seen.by_age.push_back((now, key));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_new_once_for_each_key_until_its_time_has_passed() {
        let nonces = Nonces::default();
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert!(nonces.is_new("a", "1", start));
        assert!(!nonces.is_new("a", "1", start + Duration::from_secs(60)));
        assert!(nonces.is_new("b", "1", start));
        assert!(nonces.is_new("a", "1", start + Duration::from_secs(3600)));
    }
}

//! Places that did not answer in time.
//!
//! A queue brings its next batch when this one is answered, so a message that waits for a cloud to answer holds up all behind it,
//! for as long as a message may take. An instance remembers where that happened: whoever comes there next is put back at once, and
//! everybody else goes on. After a while one message tries again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use connection::inventory::AccountRegion;
use jiff::{SignedDuration, Timestamp};
use transport::Clock;

/// For how long nobody goes where somebody's time ran out.
const REST: SignedDuration = SignedDuration::from_secs(60);

/// The places that did not answer in time, as an instance remembers them. Clones are the same memory.
#[derive(Debug, Clone, Default)]
pub struct SlowPlaces(Arc<Mutex<BTreeMap<AccountRegion, Timestamp>>>);

impl SlowPlaces {
    /// Whether nobody should go there now.
    #[must_use]
    pub fn is_slow(&self, place: &AccountRegion, now: Timestamp) -> bool {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(place).is_some_and(|until| now < *until)
    }

    /// Goes there. Whoever is stopped before [`Visit::end`] found it slow.
    #[must_use]
    pub fn visit(&self, place: AccountRegion, clock: Arc<dyn Clock>) -> Visit {
        Visit { places: self.clone(), place: Some(place), clock }
    }
}

/// Somebody who waits for a place to answer.
pub struct Visit {
    places: SlowPlaces,
    place: Option<AccountRegion>,
    clock: Arc<dyn Clock>,
}

impl Visit {
    /// It answered.
    pub fn end(mut self) {
        self.place = None;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else { return };
        let until = self.clock.now() + REST;
        self.places.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Timestamp);

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    #[test]
    fn a_place_is_slow_for_a_while_where_somebody_was_stopped_and_only_there() {
        let (places, now) = (SlowPlaces::default(), Timestamp::UNIX_EPOCH);
        let place =
            |alias: &str| AccountRegion { account: alias.parse().unwrap(), region: "cn-beijing".parse().unwrap() };
        let clock: Arc<dyn Clock> = Arc::new(Fixed(now));
        places.visit(place("a"), clock.clone()).end();
        assert!(!places.is_slow(&place("a"), now), "it answered");
        drop(places.visit(place("a"), clock));
        assert!(places.is_slow(&place("a"), now + SignedDuration::from_secs(59)));
        assert!(!places.is_slow(&place("a"), now + REST), "then somebody tries again");
        assert!(!places.is_slow(&place("b"), now));
    }
}

//! Lanes: where the cloud lets one change happen at a time, connections and endpoints wait their turn.
//!
//! A lane is a small document in the store, changed by compare-and-set like a record: who is at work, until
//! when that counts, and who waits, in the order of their coming. Deciding is pure and stands here; `store/lanes.rs` reads
//! and writes.
//!
//! # Guarantees
//! At most one holder at a time, as long as whoever holds the lane comes back before its lease ends. First come, first
//! served. Nobody waits for ever for a holder that died: its lease ends, and the next one who looks passes it over.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::EndpointMessage;
use crate::share::SideRef;
use crate::words::StepName;

/// How long a turn counts without a sign of life. Holders look in every few seconds.
const LEASE: Duration = Duration::from_secs(120);

/// The version of the lane's schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// The name of a resource in which one change happens at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Lane(String);

impl Lane {
    /// Changes of the routes of one VPC.
    #[must_use]
    pub fn of_routes(account_id: &str, region_id: &str, vpc_id: &str) -> Self {
        Self(format!("routes-{account_id}-{region_id}-{vpc_id}"))
    }

    /// Changes of the endpoint connections of all services of one main account, in all its regions.
    #[must_use]
    pub fn of_approvals(account_id: &str) -> Self {
        Self(format!("approvals-{account_id}"))
    }

    /// Whether connections come to it at several of their steps.
    #[must_use]
    pub fn is_of_approvals(&self) -> bool {
        self.0.starts_with("approvals-")
    }

    /// Whether this step works in it. Another one that finds a turn in the record leaves it to that step, or to the lease: it may
    /// neither read nor write the lane.
    #[must_use]
    pub fn is_of(&self, step: StepName) -> bool {
        let of_approvals =
            matches!(step, StepName::CreateEndpointService | StepName::CreateEndpoint | StepName::ApproveEndpoint);
        if self.is_of_approvals() { of_approvals } else { step == StepName::AddRoute }
    }

    /// The name: letters, digits and hyphens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who wants the lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Waiter {
    /// One side of one connection.
    Side(SideRef),
    /// An endpoint that asks to be connected, or is to be cut: the message to wake it by.
    Endpoint(EndpointMessage),
}

impl fmt::Display for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Side(side) => side.fmt(f),
            Self::Endpoint(message) => write!(f, "{} of {}", message.endpoint_id, message.service_id),
        }
    }
}

/// Who is at work and who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The schema's version: 1.
    pub version: u32,
    /// Who is at work.
    pub holder: Option<Holder>,
    /// Who waits, first come first.
    pub queue: Vec<Waiter>,
}

/// Who is at work, and until when that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Who.
    pub waiter: Waiter,
    /// Until when, unless there is a sign of life.
    pub until: Timestamp,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// The one who asked.
    Granted,
    /// Somebody else's, with so many ahead of the one who asked.
    Wait {
        /// How many come first.
        ahead: usize,
    },
}

impl Default for State {
    fn default() -> Self {
        Self { version: VERSION, holder: None, queue: Vec::new() }
    }
}

impl State {
    /// `waiter` asks for its turn. The state is to be written only where it differs.
    pub fn ask(&mut self, waiter: &Waiter, now: Timestamp) -> Grant {
        self.pass_over_the_dead(now);
        match &mut self.holder {
            Some(holder) if holder.waiter == *waiter => {
                // Not at every look: half a lease is time enough to look in again.
                if holder.until < now + LEASE / 2 {
                    holder.until = now + LEASE;
                }
                return Grant::Granted;
            }
            Some(_) => {}
            None if self.queue.is_empty() => {
                self.holder = Some(Holder { waiter: waiter.clone(), until: now + LEASE });
                return Grant::Granted;
            }
            None => {}
        }
        let place = self.queue.iter().position(|waiting| waiting == waiter).unwrap_or_else(|| {
            self.queue.push(waiter.clone());
            self.queue.len() - 1
        });
        Grant::Wait { ahead: place + 1 }
    }

    /// `waiter` is done, or gives up its place. Whoever is next holds the lane from now on and should be woken.
    pub fn leave(&mut self, waiter: &Waiter, now: Timestamp) -> Option<Waiter> {
        self.queue.retain(|waiting| waiting != waiter);
        if self.holder.as_ref().is_some_and(|holder| holder.waiter == *waiter) {
            self.holder = None;
            self.next_one(now);
            return self.holder.as_ref().map(|holder| holder.waiter.clone());
        }
        None
    }

    fn pass_over_the_dead(&mut self, now: Timestamp) {
        if self.holder.as_ref().is_some_and(|holder| holder.until <= now) {
            self.holder = None;
        }
        if self.holder.is_none() {
            self.next_one(now);
        }
    }

    fn next_one(&mut self, now: Timestamp) {
        if !self.queue.is_empty() {
            self.holder = Some(Holder { waiter: self.queue.remove(0), until: now + LEASE });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Side;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn waiter(name: &str) -> Waiter {
        side(name, Side::Initiator)
    }

    fn side(name: &str, side: Side) -> Waiter {
        Waiter::Side(SideRef { connection: name.parse().unwrap(), uid: format!("uid-{name}"), side })
    }

    #[test]
    fn the_lane_goes_round_in_the_order_of_coming() {
        let mut lane = State::default();
        assert_eq!(lane.ask(&waiter("a"), at(0)), Grant::Granted);
        assert_eq!(lane.ask(&waiter("b"), at(1)), Grant::Wait { ahead: 1 });
        assert_eq!(lane.ask(&waiter("c"), at(2)), Grant::Wait { ahead: 2 });
        assert_eq!(lane.ask(&waiter("b"), at(3)), Grant::Wait { ahead: 1 }, "asking again changes no place");
        assert_eq!(lane.leave(&waiter("a"), at(4)), Some(waiter("b")));
        assert_eq!(lane.ask(&waiter("c"), at(5)), Grant::Wait { ahead: 1 });
        assert_eq!(lane.ask(&waiter("b"), at(6)), Grant::Granted);
        assert_eq!(lane.leave(&waiter("b"), at(7)), Some(waiter("c")));
        assert_eq!(lane.leave(&waiter("c"), at(8)), None);
        assert_eq!(lane, State::default());
    }

    #[test]
    fn a_holder_without_a_sign_of_life_is_passed_over_and_one_with_is_not() {
        let mut lane = State::default();
        lane.ask(&waiter("a"), at(0));
        lane.ask(&waiter("b"), at(1));
        assert_eq!(lane.ask(&waiter("a"), at(100)), Grant::Granted, "it looked in");
        assert_eq!(lane.ask(&waiter("b"), at(150)), Grant::Wait { ahead: 1 });
        assert_eq!(lane.ask(&waiter("b"), at(230)), Grant::Granted);
        assert_eq!(lane.ask(&waiter("a"), at(231)), Grant::Wait { ahead: 1 });
    }

    #[test]
    fn who_gives_up_its_place_lets_the_others_move_up() {
        let mut lane = State::default();
        for (second, name) in ["a", "b", "c"].into_iter().enumerate() {
            lane.ask(&waiter(name), at(i64::try_from(second).unwrap()));
        }
        assert_eq!(lane.leave(&waiter("b"), at(4)), None, "nobody need be woken");
        assert_eq!(lane.ask(&waiter("c"), at(5)), Grant::Wait { ahead: 1 });
    }

    #[test]
    fn two_sides_of_one_connection_are_two_visitors() {
        let mut lane = State::default();
        let (one, other) = (waiter("a"), side("a", Side::Acceptor));
        assert_eq!(lane.ask(&one, at(0)), Grant::Granted);
        assert_eq!(lane.ask(&other, at(0)), Grant::Wait { ahead: 1 });
    }

    #[test]
    fn who_was_written_down_before_endpoints_came_still_reads() {
        let written = r#"{"version":1,"holder":{"waiter":{"connection":"a","uid":"uid-a","side":"initiator"},
            "until":"2027-01-15T08:00:00Z"},"queue":[{"connection":"b","uid":"uid-b","side":"acceptor"}]}"#;
        let lane: State = serde_json::from_str(written).unwrap();
        assert_eq!(lane.holder.unwrap().waiter, waiter("a"));
        assert_eq!(lane.queue, [side("b", Side::Acceptor)]);
        let endpoint = Waiter::Endpoint(EndpointMessage::new("b", "eu-central-1", "epsrv-1", "ep-1"));
        let text = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(serde_json::from_str::<Waiter>(&text).unwrap(), endpoint);
    }
}

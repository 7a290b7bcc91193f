//! How far the delivery of one event has got, sink by sink, and when it is tried again.
//!
//! An attempt is written down before it is made, so that of two processes with the same message one makes it. Whoever dies
//! after that leaves an attempt that counts as unanswered when its time is over; it is made once more with the same id, which
//! is all that can be done: whether the sink has it, nobody knows.
//!
//! The waits are those that Standard Webhooks suggests: at once, then after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and
//! 24 hours. Ten attempts over three days, then the event is given up for that sink. A sink that refuses gets four attempts,
//! one that says it is gone gets no other.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::SinkAnswer;
use crate::event::EventId;
use crate::sinks::Name;

/// The version of the document's schema that this code writes and reads.
pub const VERSION: u32 = 1;

/// How long to wait after each attempt that came to nothing, in seconds.
pub const WAITS: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How many attempts an event gets in all.
pub const MOST_ATTEMPTS: u32 = 10;
/// How many times a sink may refuse an event.
pub const MOST_REFUSALS: u32 = 4;
/// How long an attempt may be under way before it counts as unanswered: longer than the function that makes it can live.
pub const LEASE: Duration = Duration::from_secs(90);

/// Of how many times that somebody had an event sent again the document tells; the oldest are forgotten.
const MOST_REDELIVERIES: usize = 10;

/// How much too early a message may come, by another clock than the one that sent it, and still count as on time.
const EARLY: SignedDuration = SignedDuration::from_secs(2);

/// How far one event has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deliveries {
    /// The schema's version: 1.
    pub version: u32,
    /// The event.
    pub event: EventId,
    /// The instant under which the store lists it as due, so that whoever comes later finds and clears that entry.
    pub listed: Timestamp,
    /// The sinks that wanted it when it was first looked at.
    pub sinks: BTreeMap<Name, Delivery>,
}

/// How far one event has got with one sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// How many attempts were begun.
    pub attempts: u32,
    /// How many of them were refused.
    #[serde(default)]
    pub refusals: u32,
    /// Where it is.
    pub state: State,
    /// What the sink said last, if that was not yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<String>,
    /// Who had it sent again after it was given up; the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redeliveries: Vec<Redelivery>,
}

/// Somebody had an event sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redelivery {
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why it had been given up.
    pub why: Why,
    /// How many attempts had been made.
    pub attempts: u32,
}

/// Where a delivery is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum State {
    /// It is tried at this instant.
    Waiting {
        /// When.
        due: Timestamp,
    },
    /// An attempt is being made.
    Underway {
        /// From when on it counts as unanswered.
        until: Timestamp,
    },
    /// The sink has it.
    Delivered {
        /// Since when.
        at: Timestamp,
    },
    /// It is not tried any more: the dead letter.
    DeadLetter {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: Why,
    },
}

/// What a state comes to, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DeliveryStatus")]
pub enum Status {
    /// It is tried now or later.
    Waiting,
    /// The sink has it.
    Delivered,
    /// It was given up.
    DeadLetter,
}

impl Status {
    /// Every status there is.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::DeadLetter];

    /// The status as it is named in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::DeadLetter => "dead-letter",
        }
    }
}

/// A text is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of waiting, delivered, dead-letter")]
pub struct BadStatus;

impl FromStr for Status {
    type Err = BadStatus;

    fn from_str(text: &str) -> Result<Self, BadStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(BadStatus)
    }
}

impl State {
    /// What it comes to.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Waiting { .. } | Self::Underway { .. } => Status::Waiting,
            Self::Delivered { .. } => Status::Delivered,
            Self::DeadLetter { .. } => Status::DeadLetter,
        }
    }
}

/// Why an event was given up for a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "DeadLetterReason")]
pub enum Why {
    /// The sink says that it is gone.
    Gone,
    /// The sink refused too often.
    Refused,
    /// The sink never said yes.
    NoAnswer,
    /// The sink is no longer in the operator's document.
    NoSuchSink,
}

/// An attempt that is to be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// With which sink.
    pub sink: Name,
    /// Its number, from 1.
    pub number: u32,
}

impl Deliveries {
    /// Nothing is delivered yet; all is due `now`. The store lists the event under `listed`.
    #[must_use]
    pub fn begin(event: EventId, listed: Timestamp, sinks: impl IntoIterator<Item = Name>, now: Timestamp) -> Self {
        let fresh = || Delivery::due(now, Vec::new());
        Self { version: VERSION, event, listed, sinks: sinks.into_iter().map(|name| (name, fresh())).collect() }
    }

    /// Takes on what is due. What this returns may be tried once the document is written.
    pub fn take(&mut self, now: Timestamp) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for (name, delivery) in &mut self.sinks {
            let is_due = match delivery.state {
                State::Waiting { due } => due.duration_since(now) <= EARLY,
                State::Underway { until } => until <= now,
                State::Delivered { .. } | State::DeadLetter { .. } => false,
            };
            if !is_due {
                continue;
            }
            if delivery.attempts >= MOST_ATTEMPTS {
                delivery.state = State::DeadLetter { at: now, why: Why::NoAnswer };
                continue;
            }
            delivery.attempts += 1;
            delivery.state = State::Underway { until: now.checked_add(LEASE).unwrap_or(Timestamp::MAX) };
            attempts.push(Attempt { sink: name.clone(), number: delivery.attempts });
        }
        attempts
    }

    /// Notes what became of an attempt. `roll` is a random number; it spreads the next attempts of many.
    ///
    /// An attempt that is not the last one says nothing any more, unless the sink took the event.
    pub fn note(&mut self, attempt: &Attempt, heard: &SinkAnswer, now: Timestamp, roll: u64) {
        let Some(delivery) = self.sinks.get_mut(&attempt.sink) else { return };
        if matches!(delivery.state, State::Delivered { .. }) {
            return;
        }
        if *heard == SinkAnswer::Taken {
            delivery.state = State::Delivered { at: now };
            delivery.last_answer = None;
            return;
        }
        if delivery.attempts != attempt.number || !matches!(delivery.state, State::Underway { .. }) {
            return;
        }
        let dead_letter = |why| State::DeadLetter { at: now, why };
        let (after, what, why) = match heard {
            SinkAnswer::Taken => return,
            SinkAnswer::Gone => {
                delivery.last_answer = Some("HTTP 410".to_owned());
                delivery.state = dead_letter(Why::Gone);
                return;
            }
            SinkAnswer::Later { after, what } => (*after, what, Why::NoAnswer),
            SinkAnswer::Refused { what } => {
                delivery.refusals += 1;
                (None, what, Why::Refused)
            }
        };
        delivery.last_answer = Some(what.clone());
        delivery.state = match wait(delivery.attempts, roll) {
            Some(usual) if delivery.refusals < MOST_REFUSALS => {
                let rest = after.map_or(usual, |after| after.max(usual));
                State::Waiting { due: now.checked_add(rest).unwrap_or(Timestamp::MAX) }
            }
            _ => dead_letter(why),
        };
    }

    /// Gives up what waits for sinks that are no longer known.
    pub fn forget(&mut self, is_known: impl Fn(&Name) -> bool, now: Timestamp) {
        for (name, delivery) in &mut self.sinks {
            if matches!(delivery.state, State::Waiting { .. }) && !is_known(name) {
                delivery.state = State::DeadLetter { at: now, why: Why::NoSuchSink };
            }
        }
    }

    /// Begins anew with the sinks that the event was given up for, or with the one that is named, as `by` asks. One that is no longer
    /// known would only be given up again, and stays so. Returns those with which it begins.
    pub fn redeliver(
        &mut self,
        only: Option<&Name>,
        is_known: impl Fn(&Name) -> bool,
        by: &str,
        now: Timestamp,
    ) -> Vec<Name> {
        let mut begun = Vec::new();
        for (name, delivery) in &mut self.sinks {
            let State::DeadLetter { why, .. } = delivery.state else { continue };
            if only.is_some_and(|only| only != name) || !is_known(name) {
                continue;
            }
            let mut redeliveries = std::mem::take(&mut delivery.redeliveries);
            redeliveries.push(Redelivery { by: by.to_owned(), at: now, why, attempts: delivery.attempts });
            redeliveries.drain(..redeliveries.len().saturating_sub(MOST_REDELIVERIES));
            *delivery = Delivery::due(now, redeliveries);
            begun.push(name.clone());
        }
        begun
    }

    /// When there is something to do next; never again where every delivery has come to its end.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        let due = |delivery: &Delivery| match delivery.state {
            State::Waiting { due: at } | State::Underway { until: at } => Some(at),
            State::Delivered { .. } | State::DeadLetter { .. } => None,
        };
        self.sinks.values().filter_map(due).min()
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.next().is_none()
    }
}

impl Delivery {
    /// No attempt was made; the first is due at `due`.
    fn due(due: Timestamp, redeliveries: Vec<Redelivery>) -> Self {
        Self { attempts: 0, refusals: 0, state: State::Waiting { due }, last_answer: None, redeliveries }
    }
}

/// How long to wait after so many attempts, a little longer each time by chance so that many do not come back in step. `None`
/// when there shall be no other.
fn wait(attempts: u32, roll: u64) -> Option<Duration> {
    let number = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let base = Duration::from_secs(*WAITS.get(number)?);
    let thousandths = u32::try_from(1000 + roll % 101).expect("at most 1100");
    Some(base * thousandths / 1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::tests::sample;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn begun() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn deliveries(sinks: &[&str]) -> Deliveries {
        Deliveries::begin(sample().id, sample().time, sinks.iter().map(|sink| name(sink)), begun())
    }

    fn later() -> SinkAnswer {
        SinkAnswer::Later { after: None, what: "HTTP 503".to_owned() }
    }

    fn refused() -> SinkAnswer {
        SinkAnswer::Refused { what: "HTTP 400".to_owned() }
    }

    /// Tries until there is nothing left to do; returns the seconds between attempts.
    fn until_over(deliveries: &mut Deliveries, heard: &SinkAnswer) -> Vec<i64> {
        let mut seconds = Vec::new();
        let mut last = begun();
        while let Some(due) = deliveries.next() {
            seconds.push(due.duration_since(last).as_secs());
            last = due;
            for attempt in deliveries.take(due) {
                deliveries.note(&attempt, heard, due, 0);
            }
        }
        seconds
    }

    #[test]
    fn a_sink_that_never_says_yes_gets_ten_attempts_over_three_days() {
        let mut all = deliveries(&["one"]);
        let waits = until_over(&mut all, &later());
        assert_eq!(waits, [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        let delivery = &all.sinks[&name("one")];
        assert!(matches!(delivery.state, State::DeadLetter { why: Why::NoAnswer, .. }), "{delivery:?}");
        assert_eq!((delivery.attempts, delivery.last_answer.as_deref()), (MOST_ATTEMPTS, Some("HTTP 503")));
    }

    #[test]
    fn a_sink_that_refuses_gets_four_and_one_that_is_gone_no_other() {
        let mut all = deliveries(&["one"]);
        assert_eq!(until_over(&mut all, &refused()), [0, 5, 300, 1800]);
        assert!(matches!(all.sinks[&name("one")].state, State::DeadLetter { why: Why::Refused, .. }));
        let mut all = deliveries(&["one"]);
        assert_eq!(until_over(&mut all, &SinkAnswer::Gone), [0]);
        assert!(matches!(all.sinks[&name("one")].state, State::DeadLetter { why: Why::Gone, .. }));
    }

    #[test]
    fn a_sink_that_asks_for_more_patience_gets_it_and_no_less_than_usual() {
        for (asked, waited) in [(600, 600), (1, 5)] {
            let mut all = deliveries(&["one"]);
            let attempts = all.take(begun());
            let after = Some(Duration::from_secs(asked));
            all.note(&attempts[0], &SinkAnswer::Later { after, what: String::new() }, begun(), 0);
            assert_eq!(all.next().unwrap().duration_since(begun()), SignedDuration::from_secs(waited));
        }
    }

    #[test]
    fn what_is_under_way_is_taken_by_nobody_else_until_its_time_is_over() {
        let mut all = deliveries(&["one", "two"]);
        assert_eq!(all.take(begun()).len(), 2);
        assert_eq!(all.take(begun()), []);
        let later = begun() + LEASE;
        let again = all.take(later);
        assert_eq!(again.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn an_attempt_that_was_given_for_dead_counts_only_when_it_succeeded() {
        let mut all = deliveries(&["one"]);
        let first = all.take(begun()).remove(0);
        let second = all.take(begun() + LEASE).remove(0);
        all.note(&first, &refused(), begun() + LEASE, 0);
        assert!(matches!(all.sinks[&name("one")].state, State::Underway { .. }), "the second decides");
        all.note(&first, &SinkAnswer::Taken, begun() + LEASE, 0);
        all.note(&second, &refused(), begun() + LEASE, 0);
        assert!(matches!(all.sinks[&name("one")].state, State::Delivered { .. }));
    }

    #[test]
    fn one_sink_does_not_hold_up_another() {
        let mut all = deliveries(&["bad", "good"]);
        for attempt in all.take(begun()) {
            let heard = if attempt.sink == name("good") { SinkAnswer::Taken } else { later() };
            all.note(&attempt, &heard, begun(), 0);
        }
        let due = all.next().unwrap();
        let again = all.take(due);
        assert_eq!(again, [Attempt { sink: name("bad"), number: 2 }]);
    }

    #[test]
    fn what_was_given_up_begins_anew_when_somebody_says_so_once_and_that_is_kept() {
        let mut all = deliveries(&["one"]);
        assert_eq!(all.redeliver(None, |_| true, "ann", begun()), [], "nothing is given up");
        until_over(&mut all, &SinkAnswer::Gone);
        assert!(all.is_over());
        assert_eq!(all.redeliver(None, |_| false, "ann", begun()), [], "nobody could be told");
        assert_eq!(all.redeliver(None, |_| true, "ann", begun()), [name("one")]);
        assert_eq!(all.redeliver(None, |_| true, "ann", begun()), [], "it is on its way");
        assert_eq!(all.take(begun())[0].number, 1);
        let again = Redelivery { by: "ann".to_owned(), at: begun(), why: Why::Gone, attempts: 1 };
        assert_eq!(all.sinks[&name("one")].redeliveries, [again]);
        for _ in 0..2 * MOST_REDELIVERIES {
            until_over(&mut all, &SinkAnswer::Gone);
            all.redeliver(None, |_| true, "bob", begun());
        }
        let again = &all.sinks[&name("one")].redeliveries;
        assert!(again.len() == MOST_REDELIVERIES && again.iter().all(|again| again.by == "bob"), "{again:?}");
    }

    #[test]
    fn one_sink_may_be_named_and_what_is_delivered_or_waits_is_left_alone() {
        let mut all = deliveries(&["dead", "gone", "good", "late"]);
        for attempt in all.take(begun()) {
            let heard = match attempt.sink.as_str() {
                "good" => SinkAnswer::Taken,
                "late" => later(),
                _ => SinkAnswer::Gone,
            };
            all.note(&attempt, &heard, begun(), 0);
        }
        let before = all.clone();
        for other in ["good", "late", "nobody"] {
            assert_eq!(all.redeliver(Some(&name(other)), |_| true, "ann", begun()), []);
        }
        assert_eq!(all, before);
        assert_eq!(all.redeliver(Some(&name("gone")), |_| true, "ann", begun()), [name("gone")]);
        assert_eq!(all.sinks[&name("dead")], before.sinks[&name("dead")]);
        assert_eq!(all.redeliver(None, |_| true, "ann", begun()), [name("dead")]);
    }

    #[test]
    fn every_status_reads_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!("given-up".parse::<Status>(), Err(BadStatus));
    }

    #[test]
    fn a_sink_that_is_no_longer_known_is_given_up() {
        let mut all = deliveries(&["one", "two"]);
        all.forget(|known| *known == name("two"), begun());
        assert!(matches!(all.sinks[&name("one")].state, State::DeadLetter { why: Why::NoSuchSink, .. }));
        assert_eq!(all.take(begun()).len(), 1);
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut all = deliveries(&["one", "two"]);
        let attempts = all.take(begun());
        all.note(&attempts[0], &refused(), begun(), 7);
        let value = serde_json::to_value(&all).unwrap();
        assert_eq!(serde_json::from_value::<Deliveries>(value).unwrap(), all);
    }

    proptest! {
        /// Whatever sinks say and whoever dies: it ends, within the attempts there are, and what is delivered stays so.
        #[test]
        fn every_delivery_ends(says in proptest::collection::vec(0_u8..5, 1..60), roll in any::<u64>()) {
            let mut all = deliveries(&["one"]);
            let mut says = says.into_iter().cycle();
            let mut rounds = 0;
            while let Some(due) = all.next() {
                rounds += 1;
                prop_assert!(rounds <= 2 * MOST_ATTEMPTS, "{all:?}");
                for attempt in all.take(due) {
                    prop_assert!(attempt.number <= MOST_ATTEMPTS);
                    match says.next() {
                        Some(0) => all.note(&attempt, &SinkAnswer::Taken, due, roll),
                        Some(1) => all.note(&attempt, &SinkAnswer::Gone, due, roll),
                        Some(2) => all.note(&attempt, &refused(), due, roll),
                        Some(3) => all.note(&attempt, &later(), due, roll),
                        // Whoever tried it died.
                        _ => {}
                    }
                }
            }
        }
    }
}

//! Merging, by example and by law.

use connection::finding::{Finding, FindingKind};
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn seen(kind: FindingKind, resource: &str, actual: &str) -> StepFinding {
    let finding = Finding::differs(kind, Side::Initiator, resource, ("Field", "expected", actual));
    StepFinding { step: Some(StepName::AddRoute), finding }
}

fn none() -> Findings {
    Findings::none(Subject::Connection("a-b".parse().unwrap()), "uid", at(0))
}

fn observed(seen: Vec<StepFinding>) -> Observed {
    Observed { seen, unknown: Vec::new() }
}

fn unknown(step: Option<StepName>) -> Unknown {
    Unknown {
        side: Some(Side::Initiator),
        step,
        listing_id: ListingId::RouterInterfaces,
        why: "no permission".to_owned(),
    }
}

#[test]
fn a_finding_that_stays_keeps_its_id_and_since_when_also_when_what_is_found_changes() {
    let first = none().merge(observed(vec![seen(FindingKind::RouteMissing, "r", "missing")]), at(1));
    assert_eq!((first.opened.len(), first.still.len(), first.cleared.len()), (1, 0, 0));
    let second = first.findings.merge(observed(vec![seen(FindingKind::RouteOtherNextHop, "r", "ri-2")]), at(2));
    assert_eq!((second.opened.len(), second.still.len(), second.cleared.len()), (0, 1, 0));
    let stored = &second.findings.open[0];
    assert_eq!((stored.since, stored.last_seen, &stored.id), (at(1), at(2), &first.opened[0].id));
    assert_eq!(stored.kind(), FindingKind::RouteOtherNextHop);
    let third = second.findings.merge(Observed::default(), at(3));
    assert_eq!((third.findings.open.len(), third.cleared[0].cleared), (0, Some(at(3))));
    assert_eq!(third.findings.cleared.len(), 1);
    // What comes back is new.
    let fourth = third.findings.merge(observed(vec![seen(FindingKind::RouteMissing, "r", "missing")]), at(4));
    assert_eq!((fourth.opened.len(), fourth.opened[0].since), (1, at(4)));
}

#[test]
fn what_could_not_be_looked_at_stays_open() {
    let first = none().merge(observed(vec![seen(FindingKind::RouteMissing, "r", "missing")]), at(1));
    let blind = Observed { seen: Vec::new(), unknown: vec![unknown(Some(StepName::AddRoute))] };
    let second = first.findings.merge(blind, at(2));
    assert_eq!((second.cleared.len(), second.findings.open[0].last_seen), (0, at(1)));
    let other = Observed { seen: Vec::new(), unknown: vec![unknown(Some(StepName::Connect))] };
    assert_eq!(second.findings.merge(other, at(3)).cleared.len(), 1);
}

#[test]
fn the_worst_comes_first() {
    let all = vec![
        seen(FindingKind::RuleWider, "1", ""),
        seen(FindingKind::RouteMissing, "2", ""),
        seen(FindingKind::RouteShadowed, "3", ""),
    ];
    let merged = none().merge(observed(all), at(1));
    let order: Vec<_> = merged.findings.open.iter().map(|stored| stored.severity).collect();
    assert_eq!(order, [Severity::Down, Severity::Degraded, Severity::Cosmetic]);
    assert_eq!(merged.findings.worst(), Some(Severity::Down));
}

#[test]
fn the_id_tells_connection_side_resource_and_field_apart_and_nothing_else() {
    let base = seen(FindingKind::RouteMissing, "r", "x").finding;
    let same =
        Finding { kind: FindingKind::RouteShadowed, expected: "y".to_owned(), actual: "z".to_owned(), ..base.clone() };
    assert_eq!(id("uid", &base), id("uid", &same));
    let others = [
        (id("other", &base)),
        id("uid", &Finding { side: Side::Acceptor, ..base.clone() }),
        id("uid", &Finding { resource: "s".to_owned(), ..base.clone() }),
        id("uid", &Finding { field: "g".to_owned(), ..base.clone() }),
    ];
    assert!(others.iter().all(|other| *other != id("uid", &base)));
}

#[test]
fn findings_of_a_newer_schema_are_refused() {
    let mut value = serde_json::to_value(none()).unwrap();
    value["more"] = true.into();
    assert!(serde_json::from_value::<Findings>(value).is_err());
}

fn any_seen() -> impl Strategy<Value = Vec<StepFinding>> {
    let kind = (0..FindingKind::ALL.len()).prop_map(|place| FindingKind::ALL[place]);
    let one = (kind, 0..5_u8, 0..3_u8)
        .prop_map(|(kind, resource, actual)| seen(kind, &format!("r-{resource}"), &format!("a-{actual}")));
    proptest::collection::vec(one, 0..8)
}

proptest! {
    /// Whatever a row of checks sees: what is open is what was seen last, each thing once; opened, still and cleared tell
    /// each change of that exactly once; and a repeated check changes nothing but when it was seen.
    #[test]
    fn what_is_open_is_what_was_seen_last(checks in proptest::collection::vec(any_seen(), 1..6)) {
        let mut findings = none();
        for (number, seen) in checks.into_iter().enumerate() {
            let now = at(i64::try_from(number).unwrap() + 1);
            let before: Vec<_> = findings.open.iter().map(|stored| stored.id.clone()).collect();
            let merged = findings.merge(observed(seen.clone()), now);
            let mut expected: Vec<_> = seen.iter().map(|seen| id("uid", &seen.finding)).collect();
            expected.sort();
            expected.dedup();
            let mut open: Vec<_> = merged.findings.open.iter().map(|stored| stored.id.clone()).collect();
            open.sort();
            prop_assert_eq!(&open, &expected);
            prop_assert!(merged.opened.iter().all(|stored| !before.contains(&stored.id) && stored.since == now));
            prop_assert!(merged.still.iter().all(|stored| before.contains(&stored.id) && stored.since < now));
            prop_assert!(merged.cleared.iter().all(|stored| before.contains(&stored.id) && !open.contains(&stored.id)));
            prop_assert_eq!(merged.opened.len() + merged.still.len(), open.len());
            prop_assert_eq!(merged.still.len() + merged.cleared.len(), before.len());
            let again = merged.findings.merge(observed(seen), now);
            prop_assert!(again.opened.is_empty() && again.cleared.is_empty());
            prop_assert_eq!(&again.findings, &merged.findings);
            findings = merged.findings;
        }
    }
}

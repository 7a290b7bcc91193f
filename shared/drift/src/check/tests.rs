//! Laying a run out.

use connection::message::BadMessage;
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-21T10:45:02Z".parse().unwrap()
}

fn account_region(account: &str) -> AccountRegion {
    AccountRegion { account: account.parse().unwrap(), region: "cn-beijing".parse().unwrap() }
}

fn target(name: &str, listing_ids: Vec<(AccountRegion, ListingId)>) -> Target {
    Target { connection: name.parse().unwrap(), uid: name.to_owned(), listing_ids }
}

fn part(targets: Vec<Target>) -> PlanPart {
    PlanPart { at: now(), targets, skipped: Vec::new(), owned: Vec::new(), after: None }
}

#[test]
fn an_id_says_when_its_run_began_and_sorts_by_that() {
    let id = CheckId::new(now(), 7);
    assert_eq!(id.as_str(), "20261121t104502z-0000000000000007");
    assert_eq!(id.began(), Some(now()));
    assert_eq!(id.as_str().parse(), Ok(id));
    for bad in ["", "x", "../x", "20261121t104502z/..", "2026-1"] {
        assert!(bad.parse::<CheckId>().is_err(), "{bad}");
    }
}

#[test]
fn a_message_that_is_newer_or_has_more_is_refused() {
    let message =
        CheckMessage::new(&CheckId::new(now(), 7), Task::Fetch { account: "a".parse().unwrap(), part: 2, tries: 1 });
    let mut value: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
    assert_eq!(CheckMessage::from_value(value.clone()).unwrap(), message);
    value["more"] = 1.into();
    assert!(matches!(CheckMessage::from_value(value.clone()), Err(BadMessage::Shape { .. })));
    value["version"] = 2.into();
    assert!(matches!(CheckMessage::from_value(value), Err(BadMessage::Version(2))));
}

#[test]
fn each_listing_is_fetched_once_and_those_of_one_batch_lie_together() {
    let table = |id: usize| ListingId::RouteTable(format!("vtb-{id}"));
    let targets: Vec<_> = (0..250)
        .map(|number| {
            let (one, other) = (account_region("a"), account_region(if number % 2 == 0 { "b" } else { "c" }));
            let listing_ids = vec![
                (one.clone(), ListingId::RouterInterfaces),
                (one, table(number)),
                (other.clone(), ListingId::RouterInterfaces),
                (other, table(number)),
            ];
            target(&format!("n-{number:03}"), listing_ids)
        })
        .collect();
    let LaidOut { layout, tracks, batches } =
        lay_out(vec![part(targets)], &Scope::All, now(), &BTreeSet::new(), |_| vec![ListingId::RouterInterfaces]);
    assert_eq!((layout.tracks.len(), layout.batches, layout.connections), (3, 3, 250));
    assert_eq!(tracks[&"a".parse().unwrap()].units.len(), 251);
    assert_eq!(tracks[&"b".parse().unwrap()].units.len(), 126);
    for batch in &batches {
        let units = &batch.units[&"a".parse().unwrap()];
        let tables: Vec<_> = units.iter().filter(|unit| **unit > 0).collect();
        assert_eq!(*tables[tables.len() - 1] - *tables[0], tables.len() - 1, "there is a gap");
    }
}

#[test]
fn the_parts_that_hold_units_are_found_by_the_index() {
    // Part 0 finished units 0 to 2, part 1 none, part 2 units 3 and 4.
    let index = [3, 3, 5];
    assert_eq!(parts_of(&index, &BTreeSet::from([0, 2])), BTreeSet::from([0]));
    assert_eq!(parts_of(&index, &BTreeSet::from([2, 3])), BTreeSet::from([0, 2]));
}

proptest! {
    /// Whatever connections need: no listing is in a track twice, and every batch finds all that its connections need.
    #[test]
    fn nothing_is_fetched_twice_and_nothing_is_left_out(
        wants in proptest::collection::vec(proptest::collection::vec((0..4_u8, 0..6_u8), 1..6), 0..230)
    ) {
        let targets: Vec<_> = wants.iter().enumerate().map(|(number, listing_ids)| {
            let listing_ids = listing_ids.iter().map(|(account, table)| {
                (account_region(&format!("a{account}")), ListingId::RouteTable(format!("vtb-{table}")))
            });
            target(&format!("n-{number}"), listing_ids.collect())
        }).collect();
        let laid = lay_out(vec![part(targets.clone())], &Scope::All, now(), &BTreeSet::new(), |_| vec![ListingId::Peerings]);
        for track in laid.tracks.values() {
            let each: BTreeSet<_> = track.units.iter().collect();
            prop_assert_eq!(each.len(), track.units.len());
        }
        let compared: usize = laid.batches.iter().map(|batch| batch.targets.len()).sum();
        prop_assert_eq!(compared, targets.len());
        for batch in &laid.batches {
            for (account_region, listing_id) in batch.targets.iter().flat_map(|target| &target.listing_ids) {
                let units = &batch.units[&account_region.account];
                let track = &laid.tracks[&account_region.account];
                let is_there = units.iter().any(|unit| track.units[*unit] == (account_region.region.clone(), listing_id.clone()));
                prop_assert!(is_there);
            }
        }
    }
}

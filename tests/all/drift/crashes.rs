//! A check and a repair, with a death at every request.
//!
//! Every request that functions make from the moment the check is asked for is tried in turn, at some in CI and at each with
//! `CAUSEWAY_EVERY_REQUEST`. Whatever dies: the check ends, the repair is begun once, traffic flows again.

use std::ops::Range;

use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::manual_edits::Edit;
use causeway_tests::often;
use causeway_tests::shown::Shown as _;
use connection::record::{EntryEvent, Phase};
use connection::words::{Kind, Side};

use crate::drift::bench::{Bench, with_mishaps};

/// Every so manieth request is tried in CI.
const STRIDE: usize = 11;

async fn drifts(bench: &Bench) {
    assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Initiator)).await);
    assert!(bench.manual_edits().does(Edit::RevokeRule(Side::Acceptor)).await);
}

async fn is_found_and_mended(bench: &Bench, mishaps: &Mishaps) {
    let check = bench.check().await;
    // A request that was heard and not answered is sent again: then there are two checks, and the other one may be repairing.
    let by_the_other = check.extent.skipped.iter().any(|skipped| skipped.why == "it is moving");
    assert!(check.end.result.compared == 1 || by_the_other, "{:?} {check:#?}", mishaps.log());
    bench.rests(Phase::Active).await;
    bench.check().await;
    let record = bench.rests(Phase::Active).await;
    assert_eq!(bench.findings().await, [], "{:?}", mishaps.log());
    assert_eq!(record.times(EntryEvent::RepairAsked), 1, "{:?} {record:#?}", mishaps.log());
    assert!(bench.manual_edits().both_answer().await);
    bench.system.inventory().await.is_one_connection().unwrap();
}

/// The requests of a check and a repair.
fn requests(kind: Kind) -> Range<usize> {
    let (mishaps, mut range) = (Mishaps::none(), 0..0);
    with_mishaps(kind, "auto", mishaps.clone(), async |bench| {
        drifts(bench).await;
        range.start = mishaps.requests();
        bench.check().await;
        bench.rests(Phase::Active).await;
        range.end = mishaps.requests();
    });
    range
}

fn dies(kind: Kind, mishap: Mishap) {
    let stride = often::stride(STRIDE);
    let offset = if mishap == Mishap::DiesAfter { 0 } else { stride / 2 };
    for number in requests(kind).skip(offset).step_by(stride) {
        let mishaps = Mishaps::at(number, mishap);
        with_mishaps(kind, "auto", mishaps.clone(), async |bench| {
            drifts(bench).await;
            is_found_and_mended(bench, &mishaps).await;
        });
    }
}

#[test]
fn dying_behind_any_request_loses_nothing() {
    dies(Kind::RouterInterface, Mishap::DiesAfter);
}

#[test]
fn dying_before_any_request_loses_nothing() {
    dies(Kind::RouterInterface, Mishap::DiesBefore);
}

#[test]
fn a_lost_answer_to_any_request_loses_nothing() {
    dies(Kind::VpcPeering, Mishap::LostAfter);
}

#[test]
fn dying_behind_any_request_on_jd_cloud_loses_nothing() {
    dies(Kind::JdcloudPeering, Mishap::DiesAfter);
}

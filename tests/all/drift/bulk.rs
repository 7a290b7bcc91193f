//! Many connections between twenty accounts: each listing once, in bounded messages, with nobody left out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan};
use causeway_local::identity::Principal;
use causeway_tests::on_virtual_time;
use causeway_tests::scale::documents::sizes;
use causeway_tests::scale::{Checked, Scale};
use jiff::Timestamp;
use serde_json::json;

/// More than fit into two planning messages, and into four batches.
const CONNECTIONS: usize = 450;

/// How long an invocation of check-drift may take, as template.yml says.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Of the messages that are sent, some are lost and some are delivered twice.
struct Forgetful {
    rng: Mutex<fastrand::Rng>,
    twice: AtomicUsize,
}

impl Forgetful {
    fn of(seed: u64) -> Arc<Self> {
        Arc::new(Self { rng: Mutex::new(fastrand::Rng::with_seed(seed)), twice: AtomicUsize::new(0) })
    }

    fn happens(&self) -> bool {
        self.rng.lock().unwrap().u8(..) < 12
    }
}

impl FaultPlan for Forgetful {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let sent = call.product == Product::Mns && call.action == "SendMessage";
        (sent && self.happens()).then_some(Fault::DropBefore)
    }

    fn on_delivery(&self, _: &str, _: &str) -> Delivery {
        let copies = if self.happens() { 2 } else { 1 };
        self.twice.fetch_add(copies - 1, Ordering::Relaxed);
        Delivery { copies: u32::try_from(copies).unwrap(), ..Delivery::default() }
    }
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The most pages that an account was asked for in any time of this length.
fn most_within(scale: &Scale, span: Duration) -> usize {
    let mut times: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for call in scale.system.cloud.calls() {
        // Only what functions ask for: they come with a role.
        let by_role = matches!(&call.caller, Some(Principal::Role { .. }));
        if by_role && matches!(call.info.product, Product::Vpc | Product::VpcPeer | Product::Ecs) {
            times.entry(call.info.account).or_default().push(call.at);
        }
    }
    let within =
        |times: &[Timestamp], from: usize| times[from..].iter().take_while(|at| **at < times[from] + span).count();
    times.values().flat_map(|times| (0..times.len()).map(|from| within(times, from))).max().unwrap_or_default()
}

#[test]
fn every_page_is_asked_for_once_and_every_edit_is_found_and_nothing_else() {
    on_virtual_time(async {
        let scale = Scale::stand(CONNECTIONS).await;
        let checked = scale.check(None).await;
        none(&checked.mistakes());
        none(&checked.excesses());
        assert_eq!((checked.counted.pages, checked.accounts), (checked.unavoidable, 20));
        let (pages, batches) = (checked.check.end.pages, checked.check.extent.batches);
        assert_eq!((pages, batches), (checked.unavoidable as u64, 5));
        assert!(checked.found.len() >= checked.edited && checked.edited >= 12, "{:#?}", checked.found);
        assert!(checked.longest() < TIMEOUT / 3, "{:?}", checked.longest());
        let sizes = sizes(&scale, &checked).await.unwrap();
        assert!(sizes.largest < 1 << 20 && sizes.largest_batch < 4 << 20, "{sizes:?}");

        let of_a_hub = scale.system.check_drift(&json!({"labels": {"hub": "hub-07"}})).await;
        assert_eq!((of_a_hub.extent.connections, of_a_hub.end.result.compared), (12, 12));
        scale.system.end().await;
    });
}

#[test]
fn no_account_is_asked_for_more_than_300_pages_a_minute() {
    on_virtual_time(async {
        // Enough for a second message about each account.
        let scale = Scale::stand(1300).await;
        let checked = scale.check(None).await;
        none(&checked.mistakes());
        let (in_a_turn, in_all) =
            (most_within(&scale, Duration::from_secs(4)), most_within(&scale, Duration::from_secs(3600)));
        assert!(in_all > 20, "{in_all}");
        assert_eq!(in_a_turn, 20);
        // The accounts are looked at side by side: all of them take hardly longer than one.
        assert!(checked.took < Duration::from_secs(45), "{:?}", checked.took);
        scale.system.end().await;
    });
}

#[test]
fn a_bench_that_expects_something_else_says_so() {
    on_virtual_time(async {
        let scale = Scale::stand(200).await;
        let checked = scale.check(None).await;
        none(&checked.mistakes());
        let mut less = checked.clone();
        let missed = less.expected.pop().unwrap();
        assert!(less.mistakes()[0].ends_with(&format!("not expected [{missed:?}]")), "{:?}", less.mistakes());
        let dear = Checked { unavoidable: checked.unavoidable * 9 / 10, ..checked };
        assert_eq!(dear.excesses().len(), 1, "{:?}", dear.excesses());
        scale.system.end().await;
    });
}

#[test]
fn messages_that_are_lost_or_come_twice_cost_little_and_leave_nobody_out() {
    for seed in 0..3 {
        on_virtual_time(async {
            let (scale, chaos) = (Scale::stand(CONNECTIONS).await, Forgetful::of(seed));
            let checked = scale.check(Some(chaos.clone())).await;
            none(&checked.mistakes());
            // Two copies that are carried out at the same time ask for the pages of one message twice.
            let twice = chaos.twice.load(Ordering::Relaxed);
            let (pages, least) = (checked.counted.pages, checked.unavoidable);
            assert!(twice > 0 && pages <= least + 20 * twice, "{pages} of {least}, {twice} twice");
            scale.system.end().await;
        });
    }
}

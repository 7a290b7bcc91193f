//! A check changes nothing, and asks for no page twice.

use std::time::Duration;

use api::connections::Summary;
use api::drift::DriftCheck;
use api::problem::ProblemKind;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::faults::{Fault, FaultRule};
use causeway_tests::manual_edits::Edit;
use causeway_tests::shown::Shown as _;
use connection::finding::FindingKind;
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::Method;
use serde_json::json;

use crate::drift::bench::{Bench, NAME, with};

/// The calls of the connected accounts' clouds since the `before`th.
fn calls(bench: &Bench, before: usize) -> Vec<Call> {
    let of_clouds =
        |call: &Call| matches!(call.info.product, Product::Vpc | Product::Ecs | Product::VpcPeer | Product::Jdcloud);
    bench.system.cloud.calls().into_iter().skip(before).filter(of_clouds).collect()
}

fn seen(bench: &Bench) -> usize {
    bench.system.cloud.calls().len()
}

#[test]
fn a_check_only_reads_whatever_it_finds() {
    for kind in [Kind::RouterInterface, Kind::VpcPeering, Kind::JdcloudPeering] {
        with(kind, "never", async |bench| {
            for edit in Edit::all().filter(|edit| edit.fits(kind)) {
                bench.manual_edits().does(edit).await;
            }
            let before = seen(bench);
            bench.check().await;
            assert!(!bench.findings().await.is_empty());
            let calls = calls(bench, before);
            assert!(!calls.is_empty());
            for call in calls {
                assert!(!call.is_write, "{call:?}");
                let action = call.info.action.as_str();
                assert!(
                    ["Describe", "describe", "List", "Get"].iter().any(|verb| action.starts_with(verb)),
                    "{action}"
                );
            }
        });
    }
}

#[test]
fn each_listing_is_asked_for_once() {
    with(Kind::RouterInterface, "never", async |bench| {
        let before = seen(bench);
        let check = bench.check().await;
        let calls = calls(bench, before);
        // A side: interfaces, peerings, VPCs, vSwitches, one table, one group.
        assert_eq!(calls.len(), 2 * 6, "{:?}", calls.iter().map(|call| &call.info).collect::<Vec<_>>());
        assert_eq!((check.end.requests, check.end.pages), (12, 12));
        assert_eq!((check.extent.accounts, check.extent.connections), (2, 1));
    });
}

#[test]
fn each_listing_of_jd_cloud_is_asked_for_once() {
    with(Kind::JdcloudPeering, "never", async |bench| {
        let before = seen(bench);
        let check = bench.check().await;
        let mut actions: Vec<_> = calls(bench, before).into_iter().map(|call| call.info.action).collect();
        actions.sort();
        let listings =
            ["describeNetworkSecurityGroups", "describeRouteTables", "describeSubnets", "describeVpcPeerings"];
        assert_eq!(actions, listings.map(|listing| [listing; 2]).concat(), "of each side one");
        assert_eq!((check.end.requests, check.end.pages), (8, 8));
    });
}

#[test]
fn what_is_paused_is_held_against_being_off_and_never_woken() {
    with(Kind::RouterInterface, "never", async |bench| {
        bench.system.command(NAME, "pause").await.unwrap();
        bench.rests(Phase::Paused).await;
        let check = bench.check().await;
        assert_eq!((check.end.result.compared, bench.findings().await), (1, Vec::new()));
        let record = bench.rests(Phase::Paused).await;
        for (alias, side, region) in [("a", Side::Initiator, "cn-qingdao"), ("b", Side::Acceptor, "cn-beijing")] {
            let id = record.interface(side);
            let vpc = bench.system.client(alias).vpc(&region.parse().unwrap());
            vpc.activate_router_interface(id).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        bench.check().await;
        let kinds: Vec<_> = bench.findings().await.into_iter().map(|found| found.kind).collect();
        assert_eq!(kinds, [FindingKind::InterfaceAwake; 2]);
        bench.rests(Phase::Paused).await;
    });
}

#[test]
fn what_moves_is_passed_over_and_said_so_and_what_is_removed_promises_nothing() {
    with(Kind::RouterInterface, "never", async |bench| {
        let _: Summary = bench.system.ask(Method::DELETE, &format!("/v1/connections/{NAME}")).await.unwrap();
        let check = bench.check().await;
        assert_eq!(check.end.result.compared, 0);
        assert_eq!(check.extent.skipped[0].connection.as_str(), NAME, "{check:#?}");
        bench.rests(Phase::Removed).await;
        let check = bench.check().await;
        assert_eq!((check.extent.connections, check.extent.skipped), (0, Vec::new()));
        assert_eq!(bench.system.drift().await, []);
    });
}

#[test]
fn a_check_is_of_one_connection_of_some_or_of_all() {
    with(Kind::VpcPeering, "never", async |bench| {
        let one = bench.system.check_drift(&json!({"connection": NAME})).await;
        assert_eq!(one.end.result.compared, 1);
        let none = bench.system.check_drift(&json!({"labels": {"team": "other"}})).await;
        assert_eq!(none.end.result.compared, 0);
        let refused = async |body| {
            let begun: Result<DriftCheck, _> = bench.system.tell(Method::POST, "/v1/drift-checks", &body).await;
            begun.unwrap_err().kind
        };
        assert_eq!(refused(json!({"connection": "nobody"})).await, ProblemKind::NotFound);
        assert_eq!(refused(json!({"connection": NAME, "labels": {"a": "b"}})).await, ProblemKind::Malformed);
        assert_eq!(refused(json!({"names": [NAME]})).await, ProblemKind::Malformed);
    });
}

#[test]
fn what_cannot_be_looked_at_is_unknown_and_neither_missing_nor_cleared() {
    with(Kind::RouterInterface, "auto", async |bench| {
        assert!(bench.manual_edits().does(Edit::SwitchOff(Side::Acceptor)).await);
        bench.freeze("the test looks on").await;
        bench.check().await;
        let found = async || bench.findings().await.into_iter().map(|one| (one.id, one.kind)).collect::<Vec<_>>();
        let before = found().await;
        assert_eq!(before.len(), 1, "{before:?}");
        let refusal = Fault::Refuse { status: 403, code: "Forbidden.RAM".to_owned() };
        let mut rule = FaultRule::once("DescribeRouterInterfaces", refusal);
        rule.times = None;
        bench.system.cloud.shared().faults.add(rule);
        let check = bench.check().await;
        assert!(check.end.result.unknown > 0, "{check:#?}");
        assert_eq!(found().await, before);
        let unknown = &bench.system.drift().await[0].unknown;
        assert!(unknown.iter().any(|listing| listing.why.contains("Forbidden.RAM")), "{unknown:?}");
    });
}

#[test]
fn a_cloud_that_pushes_back_is_asked_again_later() {
    with(Kind::RouterInterface, "never", async |bench| {
        let mut rule = FaultRule::once("DescribeRouteEntryList", Fault::Throttle);
        rule.times = Some(5);
        bench.system.cloud.shared().faults.add(rule);
        let check = bench.check().await;
        assert_eq!((check.end.result.unknown, check.end.result.compared), (0, 1));
        let (requests, pages) = (check.end.requests, check.end.pages);
        assert_eq!(pages, 12);
        assert!(requests > pages, "{requests}");
    });
}

#[test]
fn everything_is_checked_once_an_hour_by_itself() {
    with(Kind::RouterInterface, "never", async |bench| {
        assert!(bench.manual_edits().does(Edit::DeleteRoute(Side::Initiator)).await);
        let before = seen(bench);
        tokio::time::sleep(Duration::from_secs(3 * 3600 - 600)).await;
        assert_eq!(bench.findings().await.len(), 1);
        let listings = calls(bench, before)
            .into_iter()
            .filter(|call| call.info.action == "DescribeRouterInterfaces" && call.outcome == Outcome::Done);
        assert_eq!(listings.count(), 2 * 2, "two checks, two accounts");
    });
}

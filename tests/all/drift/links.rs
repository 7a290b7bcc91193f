//! Private links: one test for each kind of finding; what is the connection's own is set right, and requests are answered again.

use std::collections::BTreeSet;

use api::approvals::Decision;
use approval::request::PersonSays;
use causeway_local::calls::{Call, Product};
use causeway_local::privatelink::Settings;
use causeway_tests::manual_edits::Edit;
use causeway_tests::manual_edits::link::LinkEdit;
use causeway_tests::shown::Shown as _;
use connection::finding::{FindingKind, Severity};
use connection::record::Phase;
use connection::words::{Kind, Side};
use serde_json::json;

use crate::drift::bench::{Bench, NAME, with};

const KIND: Kind = Kind::PrivateLink;

/// After `edit` there are findings of these kinds, on these sides, and of this severity at worst; before it there are none.
fn is_found(edit: LinkEdit, expected: &[(FindingKind, Side)], severity: Severity) {
    with(KIND, "never", async |bench| {
        bench.check().await;
        assert_eq!(bench.system.drift().await, [], "before");
        assert!(bench.manual_edits().does(Edit::Link(edit)).await, "{edit:?} was refused");
        bench.check().await;
        let found = bench.findings().await;
        let kinds: BTreeSet<_> = found.iter().map(|one| (one.kind, one.side)).collect();
        assert_eq!(kinds, expected.iter().copied().collect(), "{edit:?}");
        assert_eq!(found[0].severity, severity, "{edit:?}");
        bench.rests(Phase::Active).await;
    });
}

#[test]
fn servers_that_stand_behind_the_load_balancer_no_longer_or_get_less() {
    is_found(LinkEdit::TakeServer, &[(FindingKind::BackendChanged, Side::Provider)], Severity::Degraded);
    is_found(LinkEdit::WeighServer, &[(FindingKind::BackendChanged, Side::Provider)], Severity::Degraded);
    is_found(LinkEdit::TakeServers, &[(FindingKind::BackendsDown, Side::Provider)], Severity::Down);
}

#[test]
fn a_load_balancer_that_is_off_or_does_not_listen() {
    is_found(LinkEdit::SwitchOffBalancer, &[(FindingKind::BalancerOff, Side::Provider)], Severity::Down);
    is_found(LinkEdit::StopListener, &[(FindingKind::BalancerOff, Side::Provider)], Severity::Down);
    is_found(LinkEdit::DeleteListener, &[(FindingKind::BalancerOff, Side::Provider)], Severity::Down);
}

#[test]
fn a_load_balancer_that_is_gone_or_stands_elsewhere() {
    let cut = (FindingKind::EndpointConnectionOff, Side::Provider);
    is_found(LinkEdit::TakeBalancer, &[cut, (FindingKind::ServiceUnserved, Side::Provider)], Severity::Down);
    let gone = [(FindingKind::BalancerMissing, Side::Provider), cut, (FindingKind::ServiceUnserved, Side::Provider)];
    is_found(LinkEdit::DeleteBalancer, &gone, Severity::Down);
}

#[test]
fn a_service_that_accepts_by_itself_or_was_described_anew() {
    is_found(LinkEdit::AutoAccept, &[(FindingKind::AutoAcceptOn, Side::Provider)], Severity::Cosmetic);
    is_found(LinkEdit::DescribeService, &[(FindingKind::Renamed, Side::Provider)], Severity::Cosmetic);
}

#[test]
fn a_whitelist_with_somebody_too_many_or_too_few() {
    is_found(LinkEdit::ListStranger, &[(FindingKind::WhitelistUnknown, Side::Provider)], Severity::Cosmetic);
    is_found(LinkEdit::StrikeConsumer, &[(FindingKind::ServiceChanged, Side::Provider)], Severity::Degraded);
}

#[test]
fn an_endpoint_that_is_cut_or_throttled() {
    is_found(LinkEdit::Cut, &[(FindingKind::EndpointConnectionOff, Side::Provider)], Severity::Down);
    is_found(LinkEdit::Throttle, &[(FindingKind::EndpointChanged, Side::Provider)], Severity::Degraded);
}

#[test]
fn an_endpoint_that_is_gone_or_in_no_zone_or_renamed() {
    let off = (FindingKind::EndpointConnectionOff, Side::Provider);
    is_found(LinkEdit::DeleteEndpoint, &[off, (FindingKind::EndpointMissing, Side::Consumer)], Severity::Down);
    is_found(LinkEdit::RemoveZones, &[(FindingKind::EndpointMissing, Side::Consumer)], Severity::Down);
    is_found(LinkEdit::RenameEndpoint, &[(FindingKind::Renamed, Side::Consumer)], Severity::Cosmetic);
    let gone = [off, (FindingKind::EndpointMissing, Side::Consumer), (FindingKind::ServiceMissing, Side::Provider)];
    is_found(LinkEdit::DeleteService, &gone, Severity::Down);
}

#[test]
fn clients_that_nobody_lets_in_any_more() {
    is_found(LinkEdit::RevokeRule, &[(FindingKind::RuleMissing, Side::Consumer)], Severity::Down);
}

#[test]
fn what_is_the_connections_own_is_set_right_and_requests_are_answered_again() {
    for edit in LinkEdit::ALL.into_iter().filter(|edit| edit.is_mended()) {
        with(KIND, "auto", async |bench| {
            assert!(bench.manual_edits().does(Edit::Link(edit)).await, "{edit:?} was refused");
            let mut check = bench.check().await;
            if edit.cuts() {
                assert_eq!(check.end.result.repaired, 0, "an owner's cut stands: {edit:?}");
                // A person's approval connects it by itself, where the service is whole.
                bench.manual_edits().takes_it_back().await;
                check = bench.check().await;
            }
            let repaired = usize::from(edit != LinkEdit::Cut);
            assert_eq!(check.end.result.repaired, repaired, "{edit:?}: {check:#?} {:?}", bench.findings().await);
            bench.rests(Phase::Active).await;
            assert!(bench.manual_edits().both_answer().await, "{edit:?}");
            bench.check().await;
            assert_eq!(bench.findings().await, [], "{edit:?}");
            bench.system.inventory().await.is_one_connection().unwrap();
            bench.system.removed(NAME).await;
            bench.system.inventory().await.is_empty().unwrap();
        });
    }
}

#[test]
fn a_load_balancer_that_somebody_switched_off_stays_off_and_the_connection_active() {
    with(KIND, "auto", async |bench| {
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::SwitchOffBalancer)).await);
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::TakeServer)).await);
        assert_eq!(bench.repaired().await, 0);
        bench.rests(Phase::Active).await;
        assert!(!bench.manual_edits().both_answer().await);
        bench.manual_edits().takes_it_back().await;
        assert_eq!(bench.repaired().await, 1);
        bench.rests(Phase::Active).await;
        assert!(bench.manual_edits().both_answer().await);
    });
}

/// What is open of the account of the provider.
async fn strays(bench: &Bench) -> Vec<(FindingKind, String)> {
    bench.strays("b").await.into_iter().map(|found| (found.kind, found.resource)).collect()
}

/// A person's word on an endpoint.
async fn says(bench: &Bench, service: &str, endpoint: &str, decision: PersonSays) {
    let (path, word) =
        (format!("/v1/approvals/{service}/{endpoint}"), json!({"decision": decision, "reason": "an audit"}));
    let _: Decision = bench.system.tell(http::Method::POST, &path, &word).await.unwrap();
}

#[test]
fn an_endpoint_that_is_connected_although_no_decision_says_so() {
    with(KIND, "auto", async |bench| {
        let record = bench.rests(Phase::Active).await;
        let service = record.service();
        let endpoint = bench.system.endpoint("a", service).await;
        bench.check().await;
        assert_eq!(strays(bench).await, [], "who only asks is no finding");
        bench.system.connect_by_hand("b", service, &endpoint).await;
        bench.check().await;
        let undecided = (FindingKind::EndpointUndecided, format!("{endpoint} at {service}"));
        assert_eq!(strays(bench).await, [undecided]);
        assert_eq!(bench.findings().await, []);
        bench.system.cut_by_hand("b", service, &endpoint).await;
        bench.check().await;
        assert_eq!(strays(bench).await, []);
    });
}

#[test]
fn what_a_person_rejected_stays_off_and_is_no_reason_to_fail_until_that_person_says_otherwise() {
    with(KIND, "auto", async |bench| {
        let record = bench.rests(Phase::Active).await;
        let decides = async |decision| {
            says(bench, record.service(), record.endpoint(), decision).await;
            tokio::time::sleep(std::time::Duration::from_secs(180)).await;
        };
        decides(PersonSays::Reject).await;
        assert!(!bench.manual_edits().both_answer().await);
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::RenameEndpoint)).await);
        assert_eq!(bench.repaired().await, 0);
        bench.rests(Phase::Active).await;
        let row = &bench.system.drift().await[0];
        let off = &row.findings[0];
        assert_eq!((off.kind, off.repairable), (FindingKind::EndpointConnectionOff, false));
        assert!(row.not_repaired.as_ref().unwrap().contains("is for a person to set right first"), "{row:#?}");
        decides(PersonSays::Approve).await;
        let repaired = bench.repaired().await;
        let record = bench.rests(Phase::Active).await;
        assert!(bench.manual_edits().both_answer().await, "{repaired:?} {record:#?}");
        bench.check().await;
        assert_eq!(bench.findings().await, []);
    });
}

#[test]
fn a_cloud_that_lists_connections_only_service_by_service_shows_the_same() {
    with(KIND, "never", async |bench| {
        let links = bench.system.cloud.private_link();
        links.set_settings(Settings { listing_needs_service: true, ..links.settings() });
        let check = bench.check().await;
        assert_eq!((bench.system.drift().await, check.end.result.unknown), (Vec::new(), 0));
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::Cut)).await);
        bench.check().await;
        assert_eq!(bench.findings().await[0].kind, FindingKind::EndpointConnectionOff);
    });
}

#[test]
fn an_endpoint_at_a_service_that_nobody_owns_counts_until_it_is_decided_on() {
    with(KIND, "auto", async |bench| {
        let service = bench.system.endpoint_service("b", &["a"]).await;
        let endpoint = bench.system.endpoint("a", &service).await;
        bench.system.connect_by_hand("b", &service, &endpoint).await;
        bench.check().await;
        let rogue = (FindingKind::OrphanEndpointConnection, format!("{endpoint} at {service}"));
        assert_eq!(strays(bench).await, [rogue]);
        // The sweep shows it to whoever decides.
        tokio::time::sleep(std::time::Duration::from_secs(90)).await;
        says(bench, &service, &endpoint, PersonSays::Approve).await;
        bench.check().await;
        assert_eq!(strays(bench).await, []);
    });
}

#[test]
fn a_check_of_a_link_only_reads() {
    with(KIND, "never", async |bench| {
        for edit in [LinkEdit::TakeServer, LinkEdit::AutoAccept, LinkEdit::ListStranger, LinkEdit::RenameEndpoint] {
            assert!(bench.manual_edits().does(Edit::Link(edit)).await);
        }
        let before = bench.system.cloud.calls().len();
        bench.check().await;
        assert!(!bench.findings().await.is_empty());
        let of_clouds = |call: &&Call| {
            matches!(call.info.product, Product::Privatelink | Product::Slb | Product::Vpc | Product::Ecs)
        };
        let calls = bench.system.cloud.calls();
        let writes: Vec<_> = calls[before..].iter().filter(of_clouds).filter(|call| call.is_write).collect();
        assert!(writes.is_empty(), "{writes:?}");
    });
}

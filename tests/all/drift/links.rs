//! Private links: one test for each kind of finding; what is the connection's own is set right, and requests are answered again.

use causeway_local::calls::{Call, Product};
use causeway_local::privatelink::Settings;
use causeway_tests::manual_edits::Edit;
use causeway_tests::manual_edits::link::LinkEdit;
use connection::words::Kind;
use serde_json::{Value, json};

use crate::drift::bench::{Bench, with};

const KIND: Kind = Kind::PrivateLink;

/// After `edit` there are findings of these kinds, on these sides, and of this severity at worst; before it there are none.
fn is_found(edit: LinkEdit, expected: &[(&str, &str)], severity: &str) {
    with(KIND, "never", async |bench| {
        bench.check().await;
        assert_eq!(bench.drift().await, Vec::<Value>::new(), "before");
        assert!(bench.manual_edits().does(Edit::Link(edit)).await, "{edit:?} was refused");
        bench.check().await;
        let mut found: Vec<_> = bench.findings().await.into_iter().map(|found| (found.0, found.1)).collect();
        found.sort();
        found.dedup();
        let found: Vec<_> = found.iter().map(|(kind, side)| (kind.as_str(), side.as_str())).collect();
        assert_eq!(found, expected, "{edit:?}");
        assert_eq!(bench.drift().await[0]["findings"][0]["severity"], severity, "{edit:?}");
        bench.rests("active").await;
    });
}

#[test]
fn servers_that_stand_behind_the_load_balancer_no_longer_or_get_less() {
    is_found(LinkEdit::TakeServer, &[("backend-changed", "provider")], "degraded");
    is_found(LinkEdit::WeighServer, &[("backend-changed", "provider")], "degraded");
    is_found(LinkEdit::TakeServers, &[("backends-down", "provider")], "down");
}

#[test]
fn a_load_balancer_that_is_off_or_does_not_listen() {
    is_found(LinkEdit::SwitchOffBalancer, &[("balancer-off", "provider")], "down");
    is_found(LinkEdit::StopListener, &[("balancer-off", "provider")], "down");
    is_found(LinkEdit::DeleteListener, &[("balancer-off", "provider")], "down");
}

#[test]
fn a_load_balancer_that_is_gone_or_stands_elsewhere() {
    let cut = ("endpoint-connection-off", "provider");
    is_found(LinkEdit::TakeBalancer, &[cut, ("service-unserved", "provider")], "down");
    let gone = [("balancer-missing", "provider"), cut, ("service-unserved", "provider")];
    is_found(LinkEdit::DeleteBalancer, &gone, "down");
}

#[test]
fn a_service_that_accepts_by_itself_or_was_described_anew() {
    is_found(LinkEdit::AutoAccept, &[("auto-accept-on", "provider")], "cosmetic");
    is_found(LinkEdit::DescribeService, &[("renamed", "provider")], "cosmetic");
}

#[test]
fn a_whitelist_with_somebody_too_many_or_too_few() {
    is_found(LinkEdit::ListStranger, &[("whitelist-unknown", "provider")], "cosmetic");
    is_found(LinkEdit::StrikeConsumer, &[("service-changed", "provider")], "degraded");
}

#[test]
fn an_endpoint_that_is_cut_or_throttled() {
    is_found(LinkEdit::Cut, &[("endpoint-connection-off", "provider")], "down");
    is_found(LinkEdit::Throttle, &[("endpoint-changed", "provider")], "degraded");
}

#[test]
fn an_endpoint_that_is_gone_or_in_no_zone_or_renamed() {
    let off = ("endpoint-connection-off", "provider");
    is_found(LinkEdit::DeleteEndpoint, &[off, ("endpoint-missing", "consumer")], "down");
    is_found(LinkEdit::RemoveZones, &[("endpoint-missing", "consumer")], "down");
    is_found(LinkEdit::RenameEndpoint, &[("renamed", "consumer")], "cosmetic");
    let gone = [off, ("endpoint-missing", "consumer"), ("service-missing", "provider")];
    is_found(LinkEdit::DeleteService, &gone, "down");
}

#[test]
fn clients_that_nobody_lets_in_any_more() {
    is_found(LinkEdit::RevokeRule, &[("rule-missing", "consumer")], "down");
}

#[test]
fn what_is_the_connections_own_is_set_right_and_requests_are_answered_again() {
    for edit in LinkEdit::ALL.into_iter().filter(|edit| edit.is_mended()) {
        with(KIND, "auto", async |bench| {
            assert!(bench.manual_edits().does(Edit::Link(edit)).await, "{edit:?} was refused");
            let check = bench.check().await;
            assert_eq!(check["result"]["repaired"], 1, "{edit:?}: {check:#} {:?}", bench.findings().await);
            bench.rests("active").await;
            assert!(bench.manual_edits().both_answer().await, "{edit:?}");
            bench.check().await;
            assert_eq!(bench.findings().await, [], "{edit:?}");
            bench.system.inventory().await.is_one_connection().unwrap();
            assert_eq!(bench.system.remove(crate::drift::bench::NAME).await["phase"], "removed", "{edit:?}");
            bench.system.inventory().await.is_empty().unwrap();
        });
    }
}

#[test]
fn a_load_balancer_that_somebody_switched_off_stays_off_and_the_connection_active() {
    with(KIND, "auto", async |bench| {
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::SwitchOffBalancer)).await);
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::TakeServer)).await);
        assert_eq!(bench.check().await["result"]["repaired"], 0);
        bench.rests("active").await;
        assert!(!bench.manual_edits().both_answer().await);
        bench.manual_edits().takes_it_back().await;
        assert_eq!(bench.check().await["result"]["repaired"], 1);
        bench.rests("active").await;
        assert!(bench.manual_edits().both_answer().await);
    });
}

/// What is open of the account of the provider.
async fn strays(bench: &Bench) -> Vec<(String, String)> {
    bench.strays("b").await.into_iter().map(|found| (found.0, found.2)).collect()
}

#[test]
fn an_endpoint_that_is_connected_although_no_decision_says_so() {
    with(KIND, "auto", async |bench| {
        let record = bench.rests("active").await;
        let service = record["sides"]["provider"]["outputs"]["private_link"]["service_id"].as_str().unwrap().to_owned();
        let endpoint = bench.system.endpoint("a", &service).await;
        bench.check().await;
        assert_eq!(strays(bench).await, [], "who only asks is no finding");
        bench.system.connect_by_hand("b", &service, &endpoint).await;
        bench.check().await;
        let undecided = ("endpoint-undecided".to_owned(), format!("{endpoint} at {service}"));
        assert_eq!(strays(bench).await, [undecided]);
        assert_eq!(bench.findings().await, []);
        bench.system.cut_by_hand("b", &service, &endpoint).await;
        bench.check().await;
        assert_eq!(strays(bench).await, []);
    });
}

#[test]
fn what_a_person_rejected_stays_off_and_is_no_reason_to_fail_until_that_person_says_otherwise() {
    with(KIND, "auto", async |bench| {
        let record = bench.rests("active").await;
        let made = |side: &str, what: &str| {
            record["sides"][side]["outputs"]["private_link"][what].as_str().unwrap().to_owned()
        };
        let path = format!("/v1/approvals/{}/{}", made("provider", "service_id"), made("consumer", "endpoint_id"));
        let says = async |decision: &str| {
            let word = json!({"decision": decision, "reason": "an audit"});
            bench.system.tell(http::Method::POST, &path, &word).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_secs(180)).await;
        };
        says("reject").await;
        assert!(!bench.manual_edits().both_answer().await);
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::RenameEndpoint)).await);
        assert_eq!(bench.check().await["result"]["repaired"], 0);
        bench.rests("active").await;
        let row = &bench.drift().await[0];
        let off = &row["findings"][0];
        assert_eq!((&off["kind"], &off["repairable"]), (&json!("endpoint-connection-off"), &json!(false)));
        assert!(row["not_repaired"].as_str().unwrap().contains("is for a person to set right first"), "{row:#}");
        says("approve").await;
        let repaired = bench.check().await["result"]["repaired"].as_u64();
        let record = bench.rests("active").await;
        assert!(bench.manual_edits().both_answer().await, "{repaired:?} {record:#}");
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
        assert_eq!((bench.drift().await, &check["result"]["unknown"]), (Vec::new(), &json!(0)));
        assert!(bench.manual_edits().does(Edit::Link(LinkEdit::Cut)).await);
        bench.check().await;
        assert_eq!(bench.findings().await[0].0, "endpoint-connection-off");
    });
}

#[test]
fn an_endpoint_at_a_service_that_nobody_owns_counts_until_it_is_decided_on() {
    with(KIND, "auto", async |bench| {
        let service = bench.system.endpoint_service("b", &["a"]).await;
        let endpoint = bench.system.endpoint("a", &service).await;
        bench.system.connect_by_hand("b", &service, &endpoint).await;
        bench.check().await;
        let rogue = ("orphan-endpoint-connection".to_owned(), format!("{endpoint} at {service}"));
        assert_eq!(strays(bench).await, [rogue]);
        // The sweep shows it to whoever decides.
        tokio::time::sleep(std::time::Duration::from_secs(90)).await;
        let word = json!({"decision": "approve", "reason": "it is the auditors'"});
        let path = format!("/v1/approvals/{service}/{endpoint}");
        bench.system.tell(http::Method::POST, &path, &word).await.unwrap();
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

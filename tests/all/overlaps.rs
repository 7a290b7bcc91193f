//! Connections whose ranges overlap: refused by name, or allowed by a word in the spec; and the advice of the refusal works.

use causeway_local::seed::{Seed, SeedAccount};
use causeway_tests::fragile::Mishaps;
use causeway_tests::on_virtual_time;
use causeway_tests::shown::{Shown as _, details};
use causeway_tests::system::System;
use connection::finding::FindingKind;
use connection::record::Phase;
use connection::words::Kind;
use serde_json::{Value, json};

/// The tutorial's accounts, and `d` with a VPC like the first one of `b`.
fn seed() -> Seed {
    let mut seed = Seed::tutorial();
    let like = seed.accounts.iter().find(|account| account.alias == "b").unwrap().vpcs[0].clone();
    seed.accounts.push(SeedAccount::managed("d", "1000000000000004", vec![like]));
    seed
}

/// From the same VPC of `a`: `spoke-1` to `b`, or another one to `d`; of the acceptor these ranges.
fn spec(system: &System, name: &str, account: &str, ranges: &[&str]) -> Value {
    let mut spec = system.tutorial_by(Kind::VpcPeering);
    spec["name"] = name.into();
    let of = system.accounts().iter().find(|known| known.alias == account).unwrap();
    spec["acceptor"] = json!({
        "account": account, "region_id": of.vpcs[0].region_id, "vpc_id": of.vpcs[0].vpc_id, "cidr_blocks": ranges,
    });
    spec["initiator"].as_object_mut().unwrap().remove("security_groups");
    spec["verify"] = "report".into();
    spec
}

/// A connection `spoke-1` stands that routes `standing`; another one wants `wanted`.
fn with(standing: &[&str], test: impl AsyncFnOnce(&System)) {
    on_virtual_time(async {
        let system = System::of(seed(), 1, Mishaps::none()).await;
        system.built(&spec(&system, "spoke-1", "b", standing)).await;
        test(&system).await;
        system.end().await;
    });
}

async fn refused(system: &System, wanted: &[&str]) -> String {
    details(&system.post(&spec(system, "spoke-2", "d", wanted)).await.unwrap_err())
}

#[test]
fn the_very_same_range_is_refused_by_the_name_of_the_connection_that_has_it() {
    with(&[], async |system| {
        let detail = refused(system, &[]).await;
        assert!(detail.contains("connection spoke-1 routes 172.16.0.0/16"), "{detail}");
        assert!(!detail.contains("delete it") && !detail.contains("adopt_routes"), "{detail}");
        let mut allowed = spec(system, "spoke-2", "d", &[]);
        allowed["initiator"]["overlaps_with"] = json!(["spoke-1"]);
        let still = details(&system.post(&allowed).await.unwrap_err());
        assert!(
            still.contains("connection spoke-1 routes 172.16.0.0/16"),
            "one table has one route to a range: {still}"
        );
        system.removed("spoke-1").await;
        system.built(&spec(system, "spoke-2", "d", &[])).await;
    });
}

#[test]
fn a_narrower_range_is_refused_unless_the_spec_allows_it_by_name() {
    with(&[], async |system| {
        let detail = refused(system, &["172.16.7.0/24"]).await;
        assert!(detail.contains("a route to 172.16.7.0/24 would take a part of its traffic"), "{detail}");
        assert!(detail.contains("put spoke-1 into overlaps_with"), "{detail}");
        let mut allowed = spec(system, "spoke-2", "d", &["172.16.7.0/24"]);
        allowed["initiator"]["overlaps_with"] = json!(["spoke-1"]);
        system.built(&allowed).await;
        system.check_drift(&json!({})).await;
        let found: Vec<_> = system.drift().await.into_iter().flat_map(|row| row.findings).collect();
        let kinds: Vec<_> = found.iter().map(|found| found.kind).collect();
        assert_eq!(kinds, [FindingKind::RouteNarrowed], "{found:#?}");
        assert!(found[0].actual.contains("of connection spoke-2"), "{found:#?}");
    });
}

#[test]
fn a_wider_range_is_refused_and_one_that_leaves_the_other_out_is_taken() {
    with(&["172.16.0.0/24"], async |system| {
        let detail = refused(system, &[]).await;
        assert!(detail.contains("would take a part of the traffic meant for 172.16.0.0/16"), "{detail}");
        assert!(detail.contains("name cidr_blocks of the acceptor that do not overlap 172.16.0.0/24"), "{detail}");
        system.built(&spec(system, "spoke-2", "d", &["172.16.1.0/24"])).await;
        system.check_drift(&json!({})).await;
        assert_eq!(system.drift().await.len(), 0);
    });
}

/// Both pass the check before anything is made; the one whose route comes second says so, and changes nothing of the other.
#[test]
fn of_two_that_are_posted_at_once_the_second_stops_and_names_the_first() {
    on_virtual_time(async {
        let system = System::of(seed(), 1, Mishaps::none()).await;
        system.post(&spec(&system, "spoke-1", "b", &[])).await.unwrap();
        system.post(&spec(&system, "spoke-2", "d", &["172.16.7.0/24"])).await.unwrap();
        let (one, two) = (system.at_rest("spoke-1").await, system.at_rest("spoke-2").await);
        let (active, stopped) = if one.phase() == Phase::Active { (one, two) } else { (two, one) };
        assert_eq!(active.phase(), Phase::Active, "{active:#?}");
        assert_eq!(stopped.phase(), Phase::Failed, "{stopped:#?}");
        let stop = stopped.stop();
        assert!(stop.what.contains(&format!("connection {} routes", active.summary.name)), "{stop:#?}");
        system.end().await;
    });
}

//! Drift as a person meets it: a route deleted by hand, found, explained, and set right by `causeway drift`.

use causeway_tests::process::{Api, Up};
use serde_json::{Value, json};

use crate::end_to_end::common::{A, asks_webhook, moment, routes_of, start};

const NAME: &str = "drifts";
/// The range of the other side, to which the route leads that is deleted.
const RANGE: &str = "172.16.0.0/16";

/// What `causeway drift` prints, and what it ends with.
fn drift(up: &Up, arguments: &[&str]) -> (Option<i32>, String) {
    asks_webhook(up, "drift", arguments)
}

/// Deletes the route of account a, with its own keys.
async fn delete_route(api: &Api) {
    let table = &api.vpc(A.0, A.1).route_table_id;
    let vpc = api.client(A.0).vpc(&A.1.parse().unwrap());
    let entries = vpc.all_route_entries(table).await.unwrap();
    let ours =
        entries.iter().find(|entry| entry.destination_cidr_block.to_string() == RANGE).expect("there is a route");
    let id = ours.route_entry_id.clone().unwrap();
    let gone = [("RegionId", A.1), ("RouteTableId", table), ("RouteEntryId", &id)];
    api.vpc_call(A.0, "DeleteRouteEntry", &gone).await;
    moment().await;
    assert_eq!(routes_of(api, A).await, Vec::<String>::new());
}

fn repairing(api: &Api, how: &str) -> Value {
    let mut spec = api.tutorial(NAME);
    spec["repair"] = how.into();
    spec
}

#[tokio::test]
async fn a_deleted_route_is_found_and_fixed_and_only_the_repair_is_told() {
    let (up, api) = start();
    api.built(&repairing(&api, "propose")).await;
    assert_eq!(drift(&up, &[NAME]).0, Some(0));
    delete_route(&api).await;

    let (code, printed) = drift(&up, &[NAME]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("route-missing") && printed.contains("drifts: a plan waits"), "{printed}");
    assert!(printed.contains("initiator add-route: CreateRouteEntry"), "{printed}");
    for arguments in [&[NAME][..], &[], &[NAME, "--json"], &["--json"]] {
        let (code, printed) = asks_webhook(&up, "status", arguments);
        assert_eq!(code, Some(1), "no traffic flows: {printed}");
        assert!(printed.contains("route-missing") && printed.contains("active"), "{printed}");
    }

    let (code, printed) = drift(&up, &[NAME, "--fix"]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(printed.matches("✓ add-route").count(), 1, "{printed}");
    let old = ["✓ accepted", "✓ create-interface", "✓ connect"];
    assert!(old.iter().all(|line| !printed.contains(line)), "what came before the repair is told again: {printed}");
    assert!(printed.contains("↻ repair asked for by "), "{printed}");
    assert!(printed.ends_with("nothing differs from what was promised\n"), "{printed}");
    assert_eq!(routes_of(&api, A).await.len(), 1);
    let (code, printed) = asks_webhook(&up, "status", &[NAME]);
    assert!(code == Some(0) && !printed.contains("route-missing"), "{printed}");

    delete_route(&api).await;
    let (code, printed) = drift(&up, &["--fix", "--json"]);
    assert_eq!(code, Some(0), "{printed}");
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(told["repairs"], json!([{"connection": NAME, "phase": "active", "failure": null}]), "{told:#?}");
    assert_eq!(told["drift"], json!([]), "{told:#?}");
}

#[tokio::test]
async fn what_is_not_repaired_says_why_and_what_to_do() {
    let (up, api) = start();
    api.built(&repairing(&api, "never")).await;
    delete_route(&api).await;
    let (code, printed) = drift(&up, &[NAME, "--fix"]);
    assert_eq!(code, Some(2), "{printed}");
    let why = "drifts: not repaired: the spec says repair: never; put it again with propose or auto";
    assert!(printed.contains(why), "{printed}");

    // A plan is made, and then changes are frozen.
    api.changed(&repairing(&api, "propose")).await;
    delete_route(&api).await;
    assert_eq!(drift(&up, &[NAME]).0, Some(2));
    let freeze =
        json!({"from": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "reason": "the auditors are here"});
    write_settings(&api, &json!({"version": 1, "freeze": [freeze]})).await;
    let (code, printed) = drift(&up, &["--label", "team=net", "--fix"]);
    assert_eq!(code, Some(0), "no connection has the label: {printed}");
    let (code, printed) = drift(&up, &[NAME, "--fix"]);
    assert_eq!(code, Some(2), "{printed}");
    let why = "drifts: not repaired: changes are frozen until 2099-01-01T00:00:00Z: the auditors are here";
    assert!(printed.contains(why), "{printed}");

    write_settings(&api, &json!({"version": 1})).await;
    api.paused(NAME).await;
    let (code, printed) = drift(&up, &[NAME, "--fix"]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("not repaired: the connection is paused"), "{printed}");

    let (code, printed) = drift(&up, &["nobody"]);
    assert_eq!(code, Some(1), "{printed}");
    let (code, printed) = drift(&up, &[NAME, "--webhook", "http://127.0.0.1:9"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("the webhook does not answer"), "{printed}");
}

#[tokio::test]
async fn what_is_set_right_by_itself_is_followed_too() {
    let (up, api) = start();
    api.built(&repairing(&api, "auto")).await;
    delete_route(&api).await;
    let (code, printed) = drift(&up, &[NAME, "--fix"]);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(routes_of(&api, A).await.len(), 1);
}

/// Writes `config/drift.json` as the operator does.
async fn write_settings(api: &Api, settings: &Value) {
    let (store, key) = (api.store(), "config/drift.json");
    store.delete(key).await.unwrap();
    assert!(store.create(key, settings.to_string().into_bytes()).await.unwrap());
}

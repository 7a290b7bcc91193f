//! A connection from the first request to the last.

use causeway_tests::process::{Api, Options, Up};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Follows the tutorial's connection until it is active, and holds what is recorded against what the cloud shows.
async fn becomes_active(up: &Up) {
    let api = up.api();
    let accepted = api.send(Method::POST, "/v1/connections", &[], &api.tutorial("first").to_string()).await;
    assert_eq!(accepted.headers["location"], "/v1/connections/first");
    assert_eq!(accepted.accepted()["phase"], "applying");

    let record = api.settled("first", "active").await;
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    let interface = |side: &str| record["sides"][side]["outputs"]["router_interface_id"].as_str().unwrap().to_owned();
    let (initiator, acceptor) = (interface("initiator"), interface("acceptor"));
    assert_eq!(
        inventory.interfaces,
        [format!("a {initiator} Active -> {acceptor}"), format!("b {acceptor} Active -> {initiator}")]
    );
    let table = |account, region| api.vpc(account, region)["route_table_id"].as_str().unwrap();
    assert_eq!(
        inventory.routes,
        [
            format!("a {} 172.16.0.0/16 -> {initiator} Available", table("a", "cn-qingdao")),
            format!("b {} 192.168.0.0/16 -> {acceptor} Available", table("b", "cn-beijing")),
        ]
    );

    let told: Vec<_> = history(&record).iter().map(|entry| (text(&entry["step"]), text(&entry["event"]))).collect();
    let expected = [
        ("create-interface", "accepted"),
        ("create-interface", "step-done"),
        ("set-peer-info", "step-done"),
        ("connect", "step-done"),
        ("add-route", "step-done"),
        ("authorize-security-group", "step-done"),
        ("verify-reachability", "step-done"),
        ("verify-reachability", "arrived"),
    ];
    assert_eq!(told, expected);
    assert!(
        history(&record).iter().filter(|entry| entry["event"] == "step-done").all(|entry| entry["took_ms"].is_u64())
    );
}

fn history(record: &Value) -> &Vec<Value> {
    record["history"].as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn gone(api: &Api, name: &str) {
    let record = api.settled(name, "removed").await;
    api.inventory().await.is_empty().unwrap();
    for side in ["initiator", "acceptor"] {
        assert_eq!(record["sides"][side]["outputs"], json!({}), "{record:#}");
    }
}

#[tokio::test]
async fn with_functions_in_process_a_posted_connection_becomes_one_pair_and_two_routes_and_is_removed_again() {
    let up = Up::start(&Options::default());
    let api = up.api();
    becomes_active(&up).await;

    assert_eq!(api.remove("first").await.accepted()["phase"], "removing");
    assert_eq!(api.remove("first").await.accepted()["name"], "first", "asking twice is no error");
    gone(&api, "first").await;
    assert_eq!(api.remove("first").await.accepted()["phase"], "removed", "nor is asking once more");

    api.create(&api.tutorial("first")).await;
    let again = api.settled("first", "active").await;
    assert_eq!(history(&again)[0]["event"], "accepted", "a name that is used again begins a new history");
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn with_functions_as_processes_a_posted_connection_becomes_one_pair_and_two_routes_and_is_removed_again() {
    let up = Up::start(&Options::spawning());
    becomes_active(&up).await;
    up.api().remove("first").await.accepted();
    gone(&up.api(), "first").await;
}

#[tokio::test]
async fn a_removal_that_is_asked_for_in_the_middle_of_building_leaves_nothing() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (place, wait) in [0, 150, 400, 700].into_iter().enumerate() {
        let name = format!("short-{place}");
        api.create(&api.tutorial(&name)).await;
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        api.remove(&name).await.accepted();
        gone(&api, &name).await;
    }
}

#[tokio::test]
async fn what_does_not_exist_or_stands_in_the_wrong_phase_is_told_apart() {
    let up = Up::start(&Options::default());
    let api = up.api();
    for (method, path) in [
        (Method::GET, "/v1/connections/nobody"),
        (Method::DELETE, "/v1/connections/nobody"),
        (Method::POST, "/v1/connections/nobody/retry"),
    ] {
        api.send(method, path, &[], "").await.problem(404, "not-found");
    }
    api.create(&api.tutorial("one")).await;
    let taken = api.send(Method::POST, "/v1/connections", &[], &api.tutorial("one").to_string()).await;
    assert!(text(&taken.problem(409, "conflict")["detail"]).contains("one exists and is applying"));
    api.settled("one", "active").await;
    let nothing_failed = api.retry("one").await.problem(409, "conflict");
    assert!(text(&nothing_failed["detail"]).contains("active"), "{nothing_failed}");
}

#[tokio::test]
async fn connections_side_by_side_do_not_disturb_each_other_and_are_listed_page_by_page() {
    let up = Up::start(&Options::default());
    let api = up.api();
    let (aq, ab, bb, bq) = (("a", "cn-qingdao"), ("a", "cn-beijing"), ("b", "cn-beijing"), ("b", "cn-qingdao"));
    let pairs = [("c-1", aq, bb), ("c-2", aq, bq), ("c-3", ab, bb), ("c-4", ab, bq), ("c-5", aq, ab)];
    for (name, one, other) in pairs {
        api.create(&api.spec(name, one, other)).await;
    }
    for (name, ..) in pairs {
        api.settled(name, "active").await;
    }
    let inventory = api.inventory().await;
    assert_eq!((inventory.interfaces.len(), inventory.routes.len()), (10, 10), "{inventory:#?}");

    let mut listed = Vec::new();
    let mut path = "/v1/connections?limit=2".to_owned();
    for expected in [2, 2, 1] {
        let page = api.send(Method::GET, &path, &[], "").await;
        assert_eq!(page.status, StatusCode::OK);
        let names: Vec<_> =
            page.body["items"].as_array().unwrap().iter().map(|one| text(&one["name"]).to_owned()).collect();
        assert_eq!(names.len(), expected, "{:#}", page.body);
        assert_eq!(page.body.get("next").is_some(), expected == 2, "{:#}", page.body);
        path = format!("/v1/connections?limit=2&after={}", page.body["next"].as_str().unwrap_or_default());
        listed.extend(names);
    }
    assert_eq!(listed, pairs.map(|(name, ..)| name));

    api.remove("c-3").await.accepted();
    api.settled("c-3", "removed").await;
    let inventory = api.inventory().await;
    assert_eq!((inventory.interfaces.len(), inventory.routes.len()), (8, 8), "only its own: {inventory:#?}");
}

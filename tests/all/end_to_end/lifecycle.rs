//! A connection from the first request to the last.

use api::Page;
use api::connections::Summary;
use api::problem::ProblemKind;
use causeway_tests::process::{Api, Options, Up};
use causeway_tests::shown::Shown as _;
use connection::record::{EntryEvent, Phase};
use connection::words::{Side, StepName};
use http::Method;

use crate::end_to_end::common::start;

/// Follows the tutorial's connection until it is active, and holds what is recorded against what the cloud shows.
async fn becomes_active(up: &Up) {
    let api = up.api();
    let accepted = api.post(&api.tutorial("first")).await;
    assert_eq!(accepted.headers["location"], "/v1/connections/first");
    assert_eq!(accepted.accepted().phase, Phase::Applying);

    let record = api.settled("first", Phase::Active).await;
    let inventory = api.inventory().await;
    inventory.is_one_connection().unwrap();
    let (initiator, acceptor) = (record.interface(Side::Initiator), record.interface(Side::Acceptor));
    assert_eq!(
        inventory.interfaces,
        [format!("a {initiator} Active -> {acceptor}"), format!("b {acceptor} Active -> {initiator}")]
    );
    let table = |account, region| &api.vpc(account, region).route_table_id;
    assert_eq!(
        inventory.routes,
        [
            format!("a {} 172.16.0.0/16 -> {initiator} Available", table("a", "cn-qingdao")),
            format!("b {} 192.168.0.0/16 -> {acceptor} Available", table("b", "cn-beijing")),
        ]
    );

    let history = &record.history;
    assert_eq!((history[0].step, history[0].event), (StepName::CreateInterface, EntryEvent::Accepted));
    let chain = [
        StepName::CreateInterface,
        StepName::SetPeerInfo,
        StepName::Connect,
        StepName::AddRoute,
        StepName::AuthorizeSecurityGroup,
        StepName::VerifyReachability,
    ];
    assert_eq!(record.steps_done(), chain);
    let last = history.last().unwrap();
    assert_eq!((last.step, last.event), (StepName::VerifyReachability, EntryEvent::Arrived));
    assert_eq!(history.len(), chain.len() + 2, "{history:#?}");
    assert!(history[1..=chain.len()].iter().all(|done| done.took_ms.is_some()), "{history:#?}");
}

async fn gone(api: &Api, name: &str) {
    let record = api.settled(name, Phase::Removed).await;
    api.inventory().await.is_empty().unwrap();
    assert!(record.owns_nothing(), "{record:#?}");
}

#[tokio::test]
async fn with_functions_in_process_a_posted_connection_becomes_one_pair_and_two_routes_and_is_removed_again() {
    let (up, api) = start();
    becomes_active(&up).await;

    assert_eq!(api.remove("first").await.accepted().phase, Phase::Removing);
    assert_eq!(api.remove("first").await.accepted().name.as_str(), "first", "asking twice is no error");
    gone(&api, "first").await;
    assert_eq!(api.remove("first").await.accepted().phase, Phase::Removed, "nor is asking once more");

    let again = api.built(&api.tutorial("first")).await;
    assert_eq!(again.history[0].event, EntryEvent::Accepted, "a name that is used again begins a new history");
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
    let (_up, api) = start();
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
    let (_up, api) = start();
    for (method, path) in [
        (Method::GET, "/v1/connections/nobody"),
        (Method::DELETE, "/v1/connections/nobody"),
        (Method::POST, "/v1/connections/nobody/retry"),
    ] {
        api.send(method, path, &[], "").await.problem(ProblemKind::NotFound);
    }
    api.create(&api.tutorial("one")).await;
    let taken = api.post(&api.tutorial("one")).await.problem(ProblemKind::Conflict);
    assert!(taken.detail.contains("one exists and is applying"), "{taken:#?}");
    api.settled("one", Phase::Active).await;
    let nothing_failed = api.command("one", "retry").await.problem(ProblemKind::Conflict);
    assert!(nothing_failed.detail.contains("active"), "{nothing_failed:#?}");
}

#[tokio::test]
async fn connections_side_by_side_do_not_disturb_each_other_and_are_listed_page_by_page() {
    let (_up, api) = start();
    let (aq, ab, bb, bq) = (("a", "cn-qingdao"), ("a", "cn-beijing"), ("b", "cn-beijing"), ("b", "cn-qingdao"));
    let pairs = [("c-1", aq, bb), ("c-2", aq, bq), ("c-3", ab, bb), ("c-4", ab, bq), ("c-5", aq, ab)];
    for (name, one, other) in pairs {
        api.create(&api.spec(name, one, other)).await;
    }
    for (name, ..) in pairs {
        api.settled(name, Phase::Active).await;
    }
    let inventory = api.inventory().await;
    assert_eq!((inventory.interfaces.len(), inventory.routes.len()), (10, 10), "{inventory:#?}");

    let mut listed = Vec::new();
    let mut path = "/v1/connections?limit=2".to_owned();
    for expected in [2, 2, 1] {
        let page: Page<Summary> = api.get(&path).await.ok();
        assert_eq!((page.items.len(), page.next.is_some()), (expected, expected == 2), "{page:#?}");
        path = format!("/v1/connections?limit=2&after={}", page.next.unwrap_or_default());
        listed.extend(page.items.into_iter().map(|one| one.name.to_string()));
    }
    assert_eq!(listed, pairs.map(|(name, ..)| name));

    api.removed("c-3").await;
    let inventory = api.inventory().await;
    assert_eq!((inventory.interfaces.len(), inventory.routes.len()), (8, 8), "only its own: {inventory:#?}");
}

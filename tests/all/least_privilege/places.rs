//! Journeys that walk what functions do in the store and nowhere else: what is told, shared, forgotten and found there.

use std::time::Duration;

use alicloud::private_link::ConnectionStatus::{Connected, Disconnected};
use api::drift::DriftCheck;
use causeway_cli::tutorial::private_link_spec;
use causeway_local::cloud::Cloud;
use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::manual_edits::{Edit, ManualEdits};
use causeway_tests::on_virtual_time;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::Method;
use jiff::SignedDuration;
use notice::{Event, EventId, EventType, Severity};
use serde_json::{Value, json};

use crate::least_privilege::journeys::{NAME, once, refusal, travel};
use crate::sharing;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// All of them, as the clouds that they left behind.
pub fn all() -> Vec<Cloud> {
    let mut clouds =
        vec![a_day_passes(), checkpoints_are_copied(), an_old_event_is_no_longer_listed(), a_link_is_cut_by_hand()];
    clouds.push(rules_are_left_to_the_next());
    clouds.push(endpoints(json!({"lease": {"hours": 2, "warn_hours": 1}}), is_told_that_its_lease_ends));
    clouds.push(endpoints(json!({}), no_longer_passes));
    clouds.push(endpoints(json!({}), is_forged));
    clouds.extend(sharing::shared_by_two(Mishaps::of_first_writes));
    clouds
}

/// Something drifts and is set right, and the checks of a day are forgotten.
fn a_day_passes() -> Cloud {
    travel(async |system| {
        let mut spec = system.tutorial_by(Kind::RouterInterface);
        spec["repair"] = "auto".into();
        system.built(&spec).await;
        assert!(ManualEdits::of(system, NAME).does(Edit::DeleteRoute(Side::Initiator)).await);
        let begun: Result<DriftCheck, _> = system.tell(Method::POST, "/v1/drift-checks", &json!({})).await;
        begun.expect("a check begins");
        tokio::time::sleep(26 * HOUR).await;
        system.settled(NAME, Phase::Active).await;
    })
}

/// Policies are put one after the other, so there are several checkpoints, each of which is copied and compared.
fn checkpoints_are_copied() -> Cloud {
    on_virtual_time(async {
        let system = System::copying(30, 1, Mishaps::of_first_writes()).await;
        put(&system, "a", &json!({})).await;
        tokio::time::sleep(2 * MINUTE).await;
        put(&system, "b", &json!({})).await;
        tokio::time::sleep(2 * MINUTE).await;
        system.end().await;
        system.cloud
    })
}

/// A connection is given up while its rules stand, and the next one goes by them.
fn rules_are_left_to_the_next() -> Cloud {
    travel(async |system| {
        system.built(&system.tutorial_by(Kind::VpcPeering)).await;
        once(system, "RevokeSecurityGroup", refusal());
        assert_eq!(system.remove(NAME).await.phase(), Phase::Failed);
        assert!(ManualEdits::of(system, NAME).does(Edit::DeleteJoint(Side::Initiator)).await);
        system.command(NAME, "abandon").await.expect("it can be given up");
        let mut next = system.tutorial_by(Kind::VpcPeering);
        next["name"] = "next".into();
        system.built(&next).await;
        system.removed("next").await;
    })
}

fn an_old_event_is_no_longer_listed() -> Cloud {
    travel(async |system| {
        let old = SignedDuration::from_hours(24 * 100);
        let what = EventType::ConnectionActive;
        let event = Event {
            version: notice::event::VERSION,
            id: EventId::of(what, &["long-ago"]),
            what,
            subject: "long-ago".to_owned(),
            time: system.io().clock.now().checked_sub(old).expect("there was time before"),
            severity: Severity::Info,
            data: notice::Data::default(),
        };
        system.store().put_notice(&event).await.expect("the store takes it");
        // An answer to a signed request of long ago.
        assert!(system.store().create("seen/1/long-ago", b"{}".to_vec()).await.expect("the store takes it"));
        tokio::time::sleep(3 * MINUTE).await;
        let listed = system.store().newest_notices(None, 10).await.expect("it lists");
        assert!(listed.iter().all(|one| one.event != event.id), "{listed:?}");
    })
}

/// A connection of a private link is cut in the console, and another is made there: both are found and held against the logs.
fn a_link_is_cut_by_hand() -> Cloud {
    on_virtual_time(async {
        let system = System::looking_after(&[REGION], Seed::tutorial(), 1, Mishaps::of_first_writes()).await;
        let mut spec = private_link_spec(system.accounts(), "b").expect("the seed has it");
        spec["name"] = NAME.into();
        let record = system.built(&spec).await;
        let (service, endpoint) = (record.service().to_owned(), record.endpoint().to_owned());
        system.cut_by_hand("b", &service, &endpoint).await;
        let other = system.endpoint_service("b", &["a"]).await;
        let nobodys = system.endpoint("a", &other).await;
        system.connect_by_hand("b", &other, &nobodys).await;
        system.check_drift(&json!({})).await;
        system.end().await;
        system.cloud
    })
}

/// An endpoint of a is connected to a service of b by a rule with these conditions, in mode enforce; then something happens.
fn endpoints(more: Value, happens: impl AsyncFnOnce(&System, &str, &str)) -> Cloud {
    on_virtual_time(async {
        let system = System::looking_after(&[REGION], Seed::tutorial(), 1, Mishaps::of_first_writes()).await;
        put(&system, "a", &more).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, 10 * MINUTE).await.is_some());
        happens(&system, &service, &endpoint).await;
        system.stop().await;
        system.cloud
    })
}

async fn put(system: &System, alias: &str, more: &Value) {
    let mut rule = json!({"id": "partner", "effect": "approve", "accounts": [system.account_id(alias)]});
    rule.as_object_mut().expect("it is an object").extend(more.as_object().expect("it is an object").clone());
    system.put_policy(json!({"version": 1, "mode": "enforce", "grace_minutes": 0, "rules": [rule]})).await;
}

async fn is_told_that_its_lease_ends(_: &System, _: &str, _: &str) {
    tokio::time::sleep(HOUR + 10 * MINUTE).await;
}

async fn no_longer_passes(system: &System, service: &str, endpoint: &str) {
    put(system, "b", &json!({})).await;
    assert!(system.becomes("b", service, endpoint, &Disconnected, 15 * MINUTE).await.is_some());
}

async fn is_forged(system: &System, service: &str, endpoint: &str) {
    let key = format!("decisions/{service}/{endpoint}/{:020}.json", u64::MAX - 99);
    system.store().create(&key, b"{}".to_vec()).await.expect("the operator may write anything");
    tokio::time::sleep(3 * MINUTE).await;
}

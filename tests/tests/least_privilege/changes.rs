//! Journeys by the other kind, and of connections that change, rest, move and meet.

use std::time::Duration;

use causeway_local::cloud::Cloud;
use causeway_local::delays::Wait;
use causeway_local::faults::{Fault, FaultRule};
use causeway_tests::editor::{Edit, Editor};
use causeway_tests::kinds::BETWEEN_VPCS;
use causeway_tests::world::World;
use connection::words::{Kind, Side};
use http::Method;
use serde_json::{Value, json};

use crate::journeys::{NAME, ends, once, refusal, retry, travel};

/// One call of each step of a peering that stops it when it is refused.
const CALLS_OF_STEPS: [&str; 4] =
    ["CreateVpcPeerConnection", "AcceptVpcPeerConnection", "CreateRouteEntry", "AuthorizeSecurityGroup"];
/// The same for undoing.
const CALLS_OF_UNDOS: [&str; 3] = ["RevokeSecurityGroup", "DeleteRouteEntry", "DeleteVpcPeerConnection"];

/// All of them, as the clouds that they left behind.
pub fn all() -> Vec<Cloud> {
    let mut clouds = vec![there_and_back()];
    for call in CALLS_OF_STEPS {
        clouds.push(fails(call, "keep"));
        clouds.push(fails(call, "rollback"));
        clouds.push(migration_fails(call));
    }
    clouds.extend(CALLS_OF_UNDOS.map(undoing_fails));
    clouds.extend(BETWEEN_VPCS.map(changes));
    clouds.extend(BETWEEN_VPCS.map(is_asked_for_by_the_other_account));
    clouds.push(pauses());
    clouds.push(migrates());
    clouds.push(is_refused_and_asked_anew());
    clouds.push(is_abandoned());
    clouds.push(two_meet_in_one_vpc());
    clouds.extend(BETWEEN_VPCS.map(plans));
    clouds.push(plans_what_waits());
    clouds.extend(["auto", "propose"].map(drifts));
    clouds
}

async fn post(world: &World, kind: Kind, on_failure: &str) {
    let mut spec = world.tutorial_by(kind);
    spec["on_failure"] = on_failure.into();
    world.post(&spec).await.expect("it is accepted");
}

async fn wish(world: &World, wish: &str) {
    world.ask(Method::POST, &format!("/v1/connections/{NAME}/{wish}")).await.expect("it can be done");
}

async fn put(world: &World, spec: &Value) {
    world.put(spec).await.expect("the change is accepted");
    ends(world, "active").await;
}

fn migrating(world: &World) -> Value {
    let mut spec = world.tutorial_by(Kind::VpcPeering);
    spec["migrate"] = true.into();
    spec
}

fn there_and_back() -> Cloud {
    travel(async |world| {
        post(world, Kind::VpcPeering, "keep").await;
        ends(world, "active").await;
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

fn fails(call: &'static str, on_failure: &'static str) -> Cloud {
    travel(async |world| {
        let rule = FaultRule {
            // The dry run before anything is made is the first call of creating.
            skip: u64::from(call == "CreateVpcPeerConnection"),
            ..FaultRule::once(call, refusal())
        };
        world.cloud.shared().faults.add(rule);
        post(world, Kind::VpcPeering, on_failure).await;
        ends(world, if on_failure == "keep" { "failed" } else { "rolled-back" }).await;
        retry(world).await;
        ends(world, "active").await;
    })
}

fn undoing_fails(call: &'static str) -> Cloud {
    travel(async |world| {
        post(world, Kind::VpcPeering, "keep").await;
        ends(world, "active").await;
        once(world, call, refusal());
        assert_eq!(world.remove(NAME).await["phase"], "failed");
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

/// Bandwidth, ranges and groups, there and back; the last change fails and is taken back.
fn changes(kind: Kind) -> Cloud {
    travel(async |world| {
        post(world, kind, "rollback").await;
        ends(world, "active").await;
        let mut spec = world.tutorial_by(kind);
        spec["on_failure"] = "rollback".into();
        match kind {
            Kind::RouterInterface => spec["spec"] = "Small.1".into(),
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        spec["initiator"]["cidr_blocks"] = json!(["192.168.0.0/24"]);
        spec["acceptor"]["security_groups"][0]["protocol"] = "icmp".into();
        put(world, &spec).await;
        let mut wide = spec.clone();
        wide["initiator"]["cidr_blocks"] = json!(["192.168.0.0/16"]);
        once(world, "CreateRouteEntry", refusal());
        put(world, &wide).await;
        put(world, &wide).await;
    })
}

/// Account b asks, account a is asked, and both do what the other one does elsewhere.
fn is_asked_for_by_the_other_account(kind: Kind) -> Cloud {
    travel(async |world| {
        let mut spec = world.tutorial_by(kind);
        let initiator = spec["initiator"].take();
        spec["initiator"] = std::mem::replace(&mut spec["acceptor"], initiator);
        world.post(&spec).await.expect("it is accepted");
        ends(world, "active").await;
        match kind {
            Kind::RouterInterface => spec["spec"] = "Small.1".into(),
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        put(world, &spec).await;
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

fn pauses() -> Cloud {
    travel(async |world| {
        post(world, Kind::RouterInterface, "keep").await;
        ends(world, "active").await;
        wish(world, "pause").await;
        ends(world, "paused").await;
        wish(world, "resume").await;
        ends(world, "active").await;
        wish(world, "pause").await;
        ends(world, "paused").await;
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

fn migrates() -> Cloud {
    travel(async |world| {
        post(world, Kind::RouterInterface, "keep").await;
        ends(world, "active").await;
        put(world, &migrating(world)).await;
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

/// The peering fails, and the pair comes back.
fn migration_fails(call: &'static str) -> Cloud {
    travel(async |world| {
        post(world, Kind::RouterInterface, "keep").await;
        ends(world, "active").await;
        // The rules stay as they are: nothing is called that could be refused.
        if call != "AuthorizeSecurityGroup" {
            once(world, call, refusal());
        }
        put(world, &migrating(world)).await;
    })
}

/// Nobody accepts for so long that the request expires; the next one is accepted.
fn is_refused_and_asked_anew() -> Cloud {
    travel(async |world| {
        world.cloud.shared().delays.set(Wait::PeeringExpire, Duration::from_secs(20));
        let mut throttle = FaultRule::once("AcceptVpcPeerConnection", Fault::Throttle);
        throttle.times = None;
        world.cloud.shared().faults.add(throttle);
        post(world, Kind::VpcPeering, "keep").await;
        ends(world, "failed").await;
        world.cloud.shared().faults.clear();
        world.cloud.shared().delays.clear();
        retry(world).await;
        ends(world, "active").await;
    })
}

/// Somebody changes it by hand; it is found, and set right by itself or once a person approves the plan.
fn drifts(repair: &'static str) -> Cloud {
    travel(async |world| {
        let mut spec = world.tutorial_by(Kind::RouterInterface);
        spec["repair"] = repair.into();
        world.post(&spec).await.expect("it is accepted");
        ends(world, "active").await;
        assert!(Editor::of(world, NAME).does(Edit::DeleteRoute(Side::Initiator)).await);
        world.tell(Method::POST, "/v1/drift-checks", &json!({})).await.expect("a check begins");
        tokio::time::sleep(Duration::from_secs(120)).await;
        if repair == "propose" {
            let path = format!("/v1/drift/{NAME}/repair");
            world.ask(Method::POST, &path).await.expect("the plan is approved");
        }
        ends(world, "active").await;
        assert!(Editor::of(world, NAME).both_answer().await);
    })
}

fn is_abandoned() -> Cloud {
    travel(async |world| {
        once(world, "CreateRouteEntry", refusal());
        post(world, Kind::RouterInterface, "keep").await;
        ends(world, "failed").await;
        wish(world, "abandon").await;
        assert_eq!(world.remove(NAME).await["phase"], "removed");
    })
}

/// Two connections want routes in one VPC at once, and the sweep tidies the lane up in the hours after.
fn two_meet_in_one_vpc() -> Cloud {
    travel(async |world| {
        let mut second = world.tutorial();
        second["name"] = "second".into();
        let account = world.accounts().iter().find(|account| account.alias == "b").expect("the seed has it");
        let vpc = account.vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("and this VPC");
        second["acceptor"] = json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": vpc.vpc_id});
        world.cloud.shared().delays.set(Wait::RouteCreate, Duration::from_secs(30));
        post(world, Kind::RouterInterface, "keep").await;
        world.post(&second).await.expect("it is accepted");
        for name in [NAME, "second"] {
            assert_eq!(world.at_rest(name).await["phase"], "active");
        }
        let (one, other) = (world.remove(NAME).await, world.remove("second").await);
        assert_eq!((&one["phase"], &other["phase"]), (&json!("removed"), &json!("removed")));
        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    })
}

async fn dry(world: &World, method: Method, path: &str) {
    let path = format!("/v1/connections/{NAME}{path}?dry_run=true");
    world.ask(method, &path).await.expect("a plan");
}

/// Every dry run there is.
fn plans(kind: Kind) -> Cloud {
    travel(async |world| {
        let mut spec = world.tutorial_by(kind);
        spec["dry_run"] = true.into();
        world.post(&spec).await.expect("a plan");
        post(world, kind, "keep").await;
        ends(world, "active").await;
        spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
        match kind {
            Kind::RouterInterface => dry(world, Method::POST, "/pause").await,
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        world.put(&spec).await.expect("a plan");
        dry(world, Method::DELETE, "").await;
    })
}

/// A request that waits to be accepted is asked about, too.
fn plans_what_waits() -> Cloud {
    travel(async |world| {
        once(world, "AcceptVpcPeerConnection", refusal());
        post(world, Kind::VpcPeering, "keep").await;
        ends(world, "failed").await;
        dry(world, Method::POST, "/retry").await;
    })
}

//! Journeys by the other kind, and of connections that change, rest, move and meet.

use std::time::Duration;

use api::connections::{Plan, Summary};
use api::drift::DriftCheck;
use causeway_local::cloud::Cloud;
use causeway_local::delays::Wait;
use causeway_local::faults::{Fault, FaultRule};
use causeway_tests::kinds::between_vpcs;
use causeway_tests::manual_edits::{Edit, ManualEdits};
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::Method;
use serde_json::{Value, json};

use crate::least_privilege::journeys::{NAME, once, refusal, travel};
use crate::refused_early::across_the_border;

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
    clouds.extend(between_vpcs().into_iter().map(changes));
    clouds.extend(between_vpcs().into_iter().map(is_asked_for_by_the_other_account));
    clouds.push(lets_a_group_in());
    clouds.push(pauses());
    clouds.push(migrates());
    clouds.push(is_refused_and_asked_anew());
    clouds.push(is_changed_before_it_is_accepted());
    clouds.push(is_abandoned());
    clouds.push(two_meet_in_one_vpc());
    clouds.extend(between_vpcs().into_iter().map(plans));
    clouds.push(plans_what_waits());
    clouds.push(plans_across_the_border());
    clouds.extend(["auto", "propose"].map(drifts));
    clouds.push(travel(crate::adopted::pair_there_and_back));
    clouds
}

async fn post(system: &System, kind: Kind, on_failure: &str) {
    let mut spec = system.tutorial_by(kind);
    spec["on_failure"] = on_failure.into();
    system.post(&spec).await.expect("it is accepted");
}

async fn command(system: &System, command: &str) {
    system.command(NAME, command).await.expect("it can be done");
}

fn migrating(system: &System) -> Value {
    let mut spec = system.tutorial_by(Kind::VpcPeering);
    spec["migrate"] = true.into();
    spec
}

fn there_and_back() -> Cloud {
    travel(async |system| {
        post(system, Kind::VpcPeering, "keep").await;
        system.settled(NAME, Phase::Active).await;
        system.removed(NAME).await;
    })
}

fn fails(call: &'static str, on_failure: &'static str) -> Cloud {
    travel(async |system| {
        once(system, call, refusal());
        post(system, Kind::VpcPeering, on_failure).await;
        system.settled(NAME, if on_failure == "keep" { Phase::Failed } else { Phase::RolledBack }).await;
        system.retried(NAME).await;
    })
}

fn undoing_fails(call: &'static str) -> Cloud {
    travel(async |system| {
        post(system, Kind::VpcPeering, "keep").await;
        system.settled(NAME, Phase::Active).await;
        once(system, call, refusal());
        assert_eq!(system.remove(NAME).await.phase(), Phase::Failed);
        system.removed(NAME).await;
    })
}

/// Bandwidth, ranges and groups, there and back; the last change fails and is taken back.
fn changes(kind: Kind) -> Cloud {
    travel(async |system| {
        post(system, kind, "rollback").await;
        system.settled(NAME, Phase::Active).await;
        let mut spec = system.tutorial_by(kind);
        spec["on_failure"] = "rollback".into();
        match kind {
            Kind::RouterInterface => spec["spec"] = "Small.1".into(),
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        spec["initiator"]["cidr_blocks"] = json!(["192.168.0.0/24"]);
        spec["acceptor"]["security_groups"][0]["protocol"] = "icmp".into();
        system.changed(&spec).await;
        let mut wide = spec.clone();
        wide["initiator"]["cidr_blocks"] = json!(["192.168.0.0/16"]);
        once(system, "CreateRouteEntry", refusal());
        system.changed(&wide).await;
        system.changed(&wide).await;
    })
}

/// Account b asks, account a is asked, and both do what the other one does elsewhere.
fn is_asked_for_by_the_other_account(kind: Kind) -> Cloud {
    travel(async |system| {
        let mut spec = system.tutorial_by(kind);
        let initiator = spec["initiator"].take();
        spec["initiator"] = std::mem::replace(&mut spec["acceptor"], initiator);
        system.built(&spec).await;
        match kind {
            Kind::RouterInterface => spec["spec"] = "Small.1".into(),
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        system.changed(&spec).await;
        system.removed(NAME).await;
    })
}

/// Rules name the other side's group.
fn lets_a_group_in() -> Cloud {
    travel(async |system| {
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        let vpc = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("and this VPC");
        let group = &vpc.security_groups[0].security_group_id;
        let rule = &mut spec["initiator"]["security_groups"][0];
        rule["source"] = json!({"group": {"security_group_id": group}});
        let other =
            json!({"security_group_id": group, "source": {"group": {"security_group_id": rule["security_group_id"]}}});
        spec["acceptor"] =
            json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": vpc.vpc_id, "security_groups": [other]});
        system.built(&spec).await;
        system.removed(NAME).await;
    })
}

fn pauses() -> Cloud {
    travel(async |system| {
        post(system, Kind::RouterInterface, "keep").await;
        system.settled(NAME, Phase::Active).await;
        command(system, "pause").await;
        system.settled(NAME, Phase::Paused).await;
        command(system, "resume").await;
        system.settled(NAME, Phase::Active).await;
        command(system, "pause").await;
        system.settled(NAME, Phase::Paused).await;
        system.removed(NAME).await;
    })
}

fn migrates() -> Cloud {
    travel(async |system| {
        post(system, Kind::RouterInterface, "keep").await;
        system.settled(NAME, Phase::Active).await;
        system.changed(&migrating(system)).await;
        system.removed(NAME).await;
    })
}

/// The peering fails, and the pair comes back.
fn migration_fails(call: &'static str) -> Cloud {
    travel(async |system| {
        post(system, Kind::RouterInterface, "keep").await;
        system.settled(NAME, Phase::Active).await;
        // The rules stay as they are: nothing is called that could be refused.
        if call != "AuthorizeSecurityGroup" {
            once(system, call, refusal());
        }
        system.changed(&migrating(system)).await;
    })
}

/// Nobody accepts for so long that the request expires; the next one is accepted.
fn is_refused_and_asked_anew() -> Cloud {
    travel(async |system| {
        system.cloud.shared().delays.set(Wait::PeeringExpire, Duration::from_secs(20));
        let mut throttle = FaultRule::once("AcceptVpcPeerConnection", Fault::Throttle);
        throttle.times = None;
        system.cloud.shared().faults.add(throttle);
        post(system, Kind::VpcPeering, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        system.cloud.shared().faults.clear();
        system.cloud.shared().delays.clear();
        system.retried(NAME).await;
    })
}

/// It gets its bandwidth once it is accepted.
fn is_changed_before_it_is_accepted() -> Cloud {
    travel(async |system| {
        once(system, "AcceptVpcPeerConnection", refusal());
        post(system, Kind::VpcPeering, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        spec["bandwidth_mbps"] = json!(100);
        system.changed(&spec).await;
    })
}

/// Somebody changes it by hand; it is found, and set right by itself or once a person approves the plan.
fn drifts(repair: &'static str) -> Cloud {
    travel(async |system| {
        let mut spec = system.tutorial_by(Kind::RouterInterface);
        spec["repair"] = repair.into();
        system.built(&spec).await;
        assert!(ManualEdits::of(system, NAME).does(Edit::DeleteRoute(Side::Initiator)).await);
        let begun: Result<DriftCheck, _> = system.tell(Method::POST, "/v1/drift-checks", &json!({})).await;
        begun.expect("a check begins");
        tokio::time::sleep(Duration::from_secs(120)).await;
        if repair == "propose" {
            let path = format!("/v1/drift/{NAME}/repair");
            system.ask::<Summary>(Method::POST, &path).await.expect("the plan is approved");
        }
        system.settled(NAME, Phase::Active).await;
        assert!(ManualEdits::of(system, NAME).both_answer().await);
    })
}

fn is_abandoned() -> Cloud {
    travel(async |system| {
        once(system, "CreateRouteEntry", refusal());
        post(system, Kind::RouterInterface, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        command(system, "abandon").await;
        system.removed(NAME).await;
    })
}

/// Two connections want routes in one VPC at once, and the sweep tidies the lane up in the hours after.
fn two_meet_in_one_vpc() -> Cloud {
    travel(async |system| {
        let mut second = system.tutorial();
        second["name"] = "second".into();
        let vpc = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("and this VPC");
        second["acceptor"] = json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": vpc.vpc_id});
        system.cloud.shared().delays.set(Wait::RouteCreate, Duration::from_secs(30));
        post(system, Kind::RouterInterface, "keep").await;
        system.post(&second).await.expect("it is accepted");
        for name in [NAME, "second"] {
            system.settled(name, Phase::Active).await;
        }
        system.removed(NAME).await;
        system.removed("second").await;
        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    })
}

async fn dry(system: &System, method: Method, path: &str) {
    let path = format!("/v1/connections/{NAME}{path}?dry_run=true");
    system.ask::<Plan>(method, &path).await.expect("a plan");
}

/// Every dry run there is.
fn plans(kind: Kind) -> Cloud {
    travel(async |system| {
        let mut spec = system.tutorial_by(kind);
        spec["dry_run"] = true.into();
        system.tell::<Plan>(Method::POST, "/v1/connections", &spec).await.expect("a plan");
        post(system, kind, "keep").await;
        system.settled(NAME, Phase::Active).await;
        spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
        match kind {
            Kind::RouterInterface => dry(system, Method::POST, "/pause").await,
            _ => spec["bandwidth_mbps"] = json!(100),
        }
        let path = format!("/v1/connections/{NAME}");
        system.tell::<Plan>(Method::PUT, &path, &spec).await.expect("a plan");
        dry(system, Method::DELETE, "").await;
    })
}

/// Such a peering is billed by a part of CDT of its own.
fn plans_across_the_border() -> Cloud {
    travel(async |system| {
        let mut spec = across_the_border(system);
        spec["dry_run"] = true.into();
        system.tell::<Plan>(Method::POST, "/v1/connections", &spec).await.expect("a plan");
    })
}

/// A request that waits to be accepted is asked about, too.
fn plans_what_waits() -> Cloud {
    travel(async |system| {
        once(system, "AcceptVpcPeerConnection", refusal());
        post(system, Kind::VpcPeering, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        dry(system, Method::POST, "/retry").await;
    })
}

//! Another spec for a connection that stands: changed in place, step by step, and taken back when it fails.

use api::problem::ProblemKind;
use causeway_local::calls::Outcome;
use causeway_tests::process::{Api, Up};
use causeway_tests::shown::{Shown as _, details, pointers, refused_call};
use connection::proof::Verdict;
use connection::record::{EntryEvent, Phase};
use connection::spec::{InterfaceSpec, KindSpec, Spec};
use connection::words::{Kind, Side, StepName};
use serde_json::{Value, json};

use crate::end_to_end::common::{A, B, both_answer, moment, refuse, routes_in, routes_of, start, text, writes};

async fn tutorial(kind: Kind) -> (Up, Api, Value) {
    let (up, api) = start();
    let spec = api.tutorial_by(kind, "one");
    api.built(&spec).await;
    both_answer(&api).await;
    (up, api, spec)
}

/// The bandwidth class that a pair of router interfaces is asked to have.
fn class(spec: &Spec) -> InterfaceSpec {
    let KindSpec::RouterInterface(pair) = &spec.kind else { panic!("no pair: {spec:#?}") };
    pair.spec
}

#[tokio::test]
async fn a_wider_bandwidth_class_is_set_on_the_interface_that_stands() {
    let (_up, api, mut spec) = tutorial(Kind::RouterInterface).await;
    let before = api.show("one").await;
    spec["spec"] = json!("Small.1");
    let record = api.changed(&spec).await;
    assert_eq!((record.summary.generation, class(&record.spec)), (2, InterfaceSpec::Small1));
    assert_eq!(before.interface(Side::Initiator), record.interface(Side::Initiator), "it is the same one");
    let vpc = api.client("a").vpc(&"cn-qingdao".parse().unwrap());
    let found = vpc.all_router_interfaces(&[]).await.unwrap();
    assert_eq!(found[0].spec.as_ref().map(ToString::to_string).as_deref(), Some("Small.1"));
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
    assert!(record.events().contains(&EntryEvent::ChangeAsked), "{record:#?}");
}

#[tokio::test]
async fn narrower_ranges_take_the_place_of_a_wide_one_only_once_they_stand() {
    let (_up, api, mut spec) = tutorial(Kind::RouterInterface).await;
    let hop = api.show("one").await.interface(Side::Initiator).to_owned();
    assert_eq!(routes_of(&api, A).await, [format!("172.16.0.0/16 -> {hop} Available")]);
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24", "172.16.1.0/24"]);
    api.changed(&spec).await;
    let narrow = ["172.16.0.0/24", "172.16.1.0/24"].map(|range| format!("{range} -> {hop} Available"));
    assert_eq!(routes_of(&api, A).await, narrow);
    both_answer(&api).await;
    // Every change of a route in this VPC, in the order in which the cloud carried them out.
    let calls = api.calls().await;
    let account = &api.account("a").account_id;
    let order: Vec<_> = calls
        .iter()
        .filter(|call| call.info.account == *account && call.outcome == Outcome::Done)
        .map(|call| call.info.action.as_str())
        .filter(|action| action.ends_with("RouteEntry"))
        .collect();
    assert_eq!(order, ["CreateRouteEntry", "CreateRouteEntry", "CreateRouteEntry", "DeleteRouteEntry"]);

    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/16"]);
    api.changed(&spec).await;
    assert_eq!(routes_of(&api, A).await, [format!("172.16.0.0/16 -> {hop} Available")]);
    both_answer(&api).await;
}

#[tokio::test]
async fn while_a_new_route_does_not_come_to_stand_the_old_one_stays_and_traffic_flows() {
    let (_up, api, mut spec) = tutorial(Kind::RouterInterface).await;
    let hop = api.show("one").await.interface(Side::Initiator).to_owned();
    api.set_delays(&json!([{"wait": "route_create", "milliseconds": null}])).await;
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
    api.put(&spec).await.accepted();
    moment().await;
    moment().await;
    assert_eq!(api.show("one").await.phase(), Phase::Applying);
    let both = [format!("172.16.0.0/16 -> {hop} Available"), format!("172.16.0.0/24 -> {hop} Pending")];
    assert_eq!(routes_of(&api, A).await, both);
    both_answer(&api).await;
    api.set_delays(&json!([])).await;
    api.settled("one", Phase::Active).await;
    assert_eq!(routes_of(&api, A).await, [format!("172.16.0.0/24 -> {hop} Available")]);
    both_answer(&api).await;
}

#[tokio::test]
async fn other_groups_and_tables_are_taken_up_and_the_former_ones_are_left_as_they_were() {
    let (_up, api, mut spec) = tutorial(Kind::VpcPeering).await;
    let peering = api.show("one").await.peering().to_owned();
    let (vpc, old_group) =
        (api.vpc("a", "cn-qingdao"), spec["initiator"]["security_groups"][0]["security_group_id"].clone());
    let table = api.vpc_call("a", "CreateRouteTable", &[("RegionId", "cn-qingdao"), ("VpcId", &vpc.vpc_id)]).await;
    let table = text(&table["RouteTableId"]).to_owned();
    let group = api.ecs_call("a", "CreateSecurityGroup", &[("RegionId", "cn-qingdao"), ("VpcId", &vpc.vpc_id)]).await;
    moment().await;
    spec["initiator"]["route_tables"] = json!([table]);
    spec["initiator"]["security_groups"] = json!([{"security_group_id": group["SecurityGroupId"], "protocol": "icmp"}]);
    // The instance is in the old group and its vSwitch uses the old table: the ping must fail, and that is only reported.
    spec["verify"] = json!("report");
    let record = api.changed(&spec).await;
    assert_eq!(routes_in(&api, A, &table).await, [format!("172.16.0.0/16 -> {peering} Available")]);
    assert_eq!(routes_of(&api, A).await, Vec::<String>::new());
    let opened: Vec<_> = record.outputs(Side::Initiator).rules.iter().map(|rule| &rule.security_group_id).collect();
    assert_eq!(opened, [text(&group["SecurityGroupId"])]);
    let left = api.inventory().await.rules;
    assert!(left.iter().all(|rule| !rule.contains(text(&old_group))), "{left:?}");
    let proof = record.proof(Side::Initiator);
    assert_eq!((proof.verdict, proof.method), (Verdict::NotReached, connection::proof::Method::Ping), "{proof:#?}");

    spec["initiator"]["security_groups"] = json!([{"security_group_id": old_group}]);
    spec["initiator"].as_object_mut().unwrap().remove("route_tables");
    spec["verify"] = json!("require");
    api.changed(&spec).await;
    assert_eq!(routes_in(&api, A, &table).await, Vec::<String>::new());
    both_answer(&api).await;
    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn the_bandwidth_and_the_link_of_a_peering_between_regions_change_while_traffic_flows() {
    let (_up, api, mut spec) = tutorial(Kind::VpcPeering).await;
    for (bandwidth, link) in [(500, "Gold"), (500, "Platinum"), (1024, "Gold")] {
        spec["bandwidth_mbps"] = json!(bandwidth);
        spec["link_type"] = json!(link);
        let record = api.changed(&spec).await;
        let id = record.peering();
        let shown = api.peering_call("a", "GetVpcPeerConnectionAttribute", &[("InstanceId", id)]).await;
        assert_eq!((&shown["Bandwidth"], &shown["LinkType"]), (&json!(bandwidth), &json!(link)), "{shown:#?}");
        both_answer(&api).await;
    }
}

#[tokio::test]
async fn the_same_spec_again_changes_nothing() {
    let (_up, api, spec) = tutorial(Kind::RouterInterface).await;
    let (record, written) = (api.show("one").await, writes(&api).await);
    let answer = api.put(&spec).await.accepted();
    assert_eq!((answer.phase, answer.generation), (Phase::Active, 1));
    moment().await;
    let after = api.show("one").await;
    assert_eq!((after.history, after.summary.updated_at), (record.history, record.summary.updated_at));
    assert_eq!(writes(&api).await, written);
}

#[tokio::test]
async fn what_cannot_change_in_place_is_refused_with_every_reason_and_nothing_happens() {
    let (_up, api, spec) = tutorial(Kind::RouterInterface).await;
    let (before, written) = (api.show("one").await, writes(&api).await);
    let other = api.spec("one", ("a", "cn-beijing"), ("b", "cn-qingdao"));
    let problem = api.put(&other).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator", "/acceptor"], "{problem:#?}");
    assert!(details(&problem).contains("remove it and post a new one to join another VPC"), "{problem:#?}");

    let mut turned = spec.clone();
    (turned["initiator"], turned["acceptor"]) = (spec["acceptor"].clone(), spec["initiator"].clone());
    assert_eq!(pointers(&api.put(&turned).await.problem(ProblemKind::Impossible)), ["/initiator", "/acceptor"]);

    let named = api.send(http::Method::PUT, "/v1/connections/one", &[], &api.tutorial("other").to_string()).await;
    assert_eq!(pointers(&named.problem(ProblemKind::Impossible)), ["/name"]);

    let unasked = api.tutorial_by(Kind::VpcPeering, "one");
    let problem = api.put(&unasked).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/kind"], "{problem:#?}");
    assert!(details(&problem).contains("put migrate: true into the spec"), "{problem:#?}");
    let after = api.show("one").await;
    assert_eq!((after.history, writes(&api).await), (before.history, written));
    both_answer(&api).await;
}

#[tokio::test]
async fn a_connection_that_moves_or_rests_elsewhere_takes_no_other_spec() {
    let (_up, api) = start();
    let mut spec = api.tutorial("one");
    api.set_delays(&json!([{"wait": "interface_connect", "milliseconds": null}])).await;
    api.create(&spec).await;
    spec["spec"] = json!("Small.1");
    let problem = api.put(&spec).await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("is applying"), "{problem:#?}");
    api.set_delays(&json!([])).await;
    api.settled("one", Phase::Active).await;
    api.paused("one").await;
    let problem = api.put(&spec).await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("is paused"), "{problem:#?}");
    api.removed("one").await;
    let problem = api.put(&spec).await.problem(ProblemKind::Conflict);
    assert!(problem.detail.contains("is removed"), "{problem:#?}");
    api.put(&api.tutorial("nobody")).await.problem(ProblemKind::NotFound);
}

/// A change whose new route is refused in account b.
async fn refused_change(on_failure: &str) -> (Up, Api, Value) {
    let (up, api) = start();
    let mut spec = api.tutorial("one");
    spec["on_failure"] = json!(on_failure);
    api.built(&spec).await;
    refuse(&api, "CreateRouteEntry", "b", "QuotaExceeded").await;
    spec["initiator"]["cidr_blocks"] = json!(["192.168.0.0/24"]);
    spec["spec"] = json!("Small.1");
    api.put(&spec).await.accepted();
    (up, api, spec)
}

#[tokio::test]
async fn a_change_that_fails_stops_where_it_is_if_the_spec_says_keep_and_traffic_goes_on() {
    let (_up, api, spec) = refused_change("keep").await;
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert_eq!((stop.step, stop.side), (StepName::AddRoute, Some(Side::Acceptor)), "{stop:#?}");
    assert!(stop.advice.contains("The route table is full"), "{stop:#?}");
    let former = record.former_spec.as_ref().map(class);
    assert_eq!(former, Some(InterfaceSpec::Mini2), "what was active before is remembered: {record:#?}");
    both_answer(&api).await;

    api.clear_faults().await;
    let record = api.retried("one").await;
    assert_eq!((Ok(record.spec.clone()), &record.former_spec), (Spec::from_value(spec), &None));
    let hop = record.interface(Side::Acceptor);
    assert_eq!(routes_of(&api, B).await, [format!("192.168.0.0/24 -> {hop} Available")]);
    both_answer(&api).await;
}

#[tokio::test]
async fn a_failed_change_can_be_given_up_by_putting_the_former_spec_again() {
    let (_up, api, _) = refused_change("keep").await;
    api.settled("one", Phase::Failed).await;
    let record = api.changed(&api.tutorial("one")).await;
    assert_eq!((class(&record.spec), record.summary.generation), (InterfaceSpec::Mini2, 3));
    let hop = record.interface(Side::Acceptor);
    assert_eq!(routes_of(&api, B).await, [format!("192.168.0.0/16 -> {hop} Available")]);
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
}

#[tokio::test]
async fn a_change_that_fails_is_taken_back_if_the_spec_says_rollback() {
    let (_up, api, _) = refused_change("rollback").await;
    let record = api.settled("one", Phase::Active).await;
    assert_eq!((class(&record.spec), record.summary.generation), (InterfaceSpec::Mini2, 3), "{record:#?}");
    assert!(record.events().contains(&EntryEvent::RevertBegan), "{record:#?}");
    assert_eq!(refused_call(record.cause()).1, "QuotaExceeded", "why it was taken back stays to be seen");
    let hop = record.interface(Side::Acceptor);
    assert_eq!(routes_of(&api, B).await, [format!("192.168.0.0/16 -> {hop} Available")]);
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
}

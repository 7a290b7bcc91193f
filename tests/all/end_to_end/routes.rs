//! Which tables and ranges get routes, and whose routes are left alone.

use api::problem::ProblemKind;
use causeway_tests::process::Api;
use causeway_tests::shown::{Shown as _, details, pointers};
use connection::proof::Verdict;
use connection::record::Phase;
use connection::words::{Side, StepName};
use serde_json::{Value, json};

use crate::end_to_end::common::{A, B, both_answer, moment, refuse, routes_in, routes_of, start, text};

const QINGDAO: (&str, &str) = ("RegionId", "cn-qingdao");

/// A custom route table in account a's VPC in Qingdao, used by the vSwitch of its instance.
async fn custom_table(api: &Api) -> String {
    let vpc = api.vpc("a", "cn-qingdao");
    let made = api.vpc_call("a", "CreateRouteTable", &[QINGDAO, ("VpcId", &vpc.vpc_id)]).await;
    let table = text(&made["RouteTableId"]).to_owned();
    moment().await;
    let vswitch = &vpc.instances[0].vswitch_id;
    api.vpc_call("a", "AssociateRouteTable", &[QINGDAO, ("RouteTableId", &table), ("VSwitchId", vswitch)]).await;
    moment().await;
    table
}

async fn leaves_nothing(api: &Api, table: &str) {
    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
    assert_eq!(routes_in(api, A, table).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_table_that_a_vswitch_uses_gets_its_route_beside_the_systems_own() {
    let (_up, api) = start();
    let table = custom_table(&api).await;
    let record = api.built(&api.tutorial("one")).await;
    let expected = [format!("172.16.0.0/16 -> {} Available", record.interface(Side::Initiator))];
    // The other vSwitch still uses the system's table.
    assert_eq!((routes_in(&api, A, &table).await, routes_of(&api, A).await), (expected.to_vec(), expected.to_vec()));
    both_answer(&api).await;
    leaves_nothing(&api, &table).await;
}

#[tokio::test]
async fn of_the_vswitches_that_are_named_only_their_tables_and_ranges_are_routed() {
    let (_up, api) = start();
    let table = custom_table(&api).await;
    let mut spec = api.tutorial("one");
    spec["initiator"]["vswitch_ids"] = json!([api.vpc("a", "cn-qingdao").instances[0].vswitch_id]);
    let record = api.built(&spec).await;
    let expected = [format!("172.16.0.0/16 -> {} Available", record.interface(Side::Initiator))];
    assert_eq!((routes_in(&api, A, &table).await, routes_of(&api, A).await), (expected.to_vec(), Vec::new()));
    assert_eq!(routes_of(&api, B).await, [format!("192.168.0.0/24 -> {} Available", record.interface(Side::Acceptor))]);
    both_answer(&api).await;
    leaves_nothing(&api, &table).await;
}

#[tokio::test]
async fn named_tables_get_routes_and_no_others_and_system_means_the_systems_alone() {
    let (_up, api) = start();
    let table = custom_table(&api).await;
    let mut spec = api.tutorial("one");
    spec["initiator"]["route_tables"] = json!([table]);
    let record = api.built(&spec).await;
    let expected = [format!("172.16.0.0/16 -> {} Available", record.interface(Side::Initiator))];
    assert_eq!((routes_in(&api, A, &table).await, routes_of(&api, A).await), (expected.to_vec(), Vec::new()));
    both_answer(&api).await;

    spec["initiator"]["route_tables"] = json!("system");
    spec["verify"] = json!("report");
    let record = api.changed(&spec).await;
    assert_eq!((routes_in(&api, A, &table).await, routes_of(&api, A).await), (Vec::new(), expected.to_vec()));
    // The instance's vSwitch uses the other table: packets find no way out, and the record says so.
    let proof = record.proof(Side::Initiator);
    assert_eq!(proof.verdict, Verdict::NotReached, "{proof:#?}");
    assert_eq!(api.lost_ping(A, B).await.as_deref(), Some("no-route"));

    spec["initiator"]["route_tables"] = json!(["vtb-nowhere"]);
    let problem = api.put(&spec).await.problem(ProblemKind::Impossible);
    assert_eq!(pointers(&problem), ["/initiator/route_tables/0"], "{problem:#?}");
    leaves_nothing(&api, &table).await;
}

#[tokio::test]
async fn several_ranges_a_side_each_get_a_route() {
    let (_up, api) = start();
    let mut spec = api.tutorial("one");
    spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24", "172.16.128.0/17"]);
    spec["initiator"]["cidr_blocks"] = json!(["192.168.0.0/25", "192.168.1.0/24", "192.168.64.0/18"]);
    let record = api.built(&spec).await;
    let routes = |ranges: &[&str], side| {
        ranges.iter().map(|range| format!("{range} -> {} Available", record.interface(side))).collect::<Vec<_>>()
    };
    assert_eq!(routes_of(&api, A).await, routes(&["172.16.0.0/24", "172.16.128.0/17"], Side::Initiator));
    let of_b = ["192.168.0.0/25", "192.168.1.0/24", "192.168.64.0/18"];
    assert_eq!(routes_of(&api, B).await, routes(&of_b, Side::Acceptor));
    both_answer(&api).await;
    // One rule for each range of the other side.
    assert_eq!(api.inventory().await.rules.len(), 5);
    leaves_nothing(&api, &api.vpc("a", "cn-qingdao").route_table_id).await;
}

/// A VPC of account b in Qingdao whose range overlaps that of account a's there, with one vSwitch. Returns the connection.
async fn overlapping(api: &Api, vswitch: &str) -> Value {
    let vpc = api.vpc_call("b", "CreateVpc", &[QINGDAO, ("CidrBlock", "192.168.0.0/16")]).await;
    let id = text(&vpc["VpcId"]);
    moment().await;
    let subnet = [QINGDAO, ("VpcId", id), ("ZoneId", "cn-qingdao-b"), ("CidrBlock", vswitch)];
    api.vpc_call("b", "CreateVSwitch", &subnet).await;
    moment().await;
    let mut spec = api.spec("one", A, ("b", "cn-qingdao"));
    spec["acceptor"] = json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": id});
    spec["initiator"].as_object_mut().unwrap().remove("instance_id");
    spec
}

#[tokio::test]
async fn vpcs_whose_ranges_overlap_are_joined_vswitch_by_vswitch() {
    let (_up, api) = start();
    let spec = overlapping(&api, "192.168.77.0/24").await;
    let record = api.built(&spec).await;
    assert_eq!(
        routes_of(&api, A).await,
        [format!("192.168.77.0/24 -> {} Available", record.interface(Side::Initiator))]
    );
    let table = &record.sides[&Side::Acceptor].network.route_tables[0];
    let of_a = ["192.168.0.0/24", "192.168.1.0/24"];
    let expected = of_a.map(|range| format!("{range} -> {} Available", record.interface(Side::Acceptor)));
    assert_eq!(routes_in(&api, ("b", "cn-qingdao"), table).await, expected);
    // Without instances nothing is sent; the configuration is what was looked at.
    let proof = record.proof(Side::Initiator);
    assert_eq!(
        (proof.verdict, proof.method),
        (Verdict::Reached, connection::proof::Method::Configuration),
        "{proof:#?}"
    );
}

#[tokio::test]
async fn vswitches_that_overlap_are_refused_before_anything_is_made() {
    let (_up, api) = start();
    let spec = overlapping(&api, "192.168.0.128/25").await;
    let problem = api.post(&spec).await.problem(ProblemKind::Impossible);
    assert!(details(&problem).contains("192.168.0.128/25 overlaps vSwitch"), "{problem:#?}");
    assert!(details(&problem).contains("addresses there would be ambiguous"), "{problem:#?}");
    assert!(pointers(&problem).iter().all(|pointer| pointer.ends_with("/vpc_id")), "{problem:#?}");
    api.inventory().await.is_empty().unwrap();
}

/// A connection that failed before its route in account a was made, and somebody's route by the same way.
async fn foreign_route(api: &Api) -> String {
    refuse(api, "CreateRouteEntry", "a", "QuotaExceeded").await;
    api.create(&api.tutorial("one")).await;
    let record = api.settled("one", Phase::Failed).await;
    api.clear_faults().await;
    let hop = record.interface(Side::Initiator).to_owned();
    let route = [
        QINGDAO,
        ("RouteTableId", &api.vpc("a", "cn-qingdao").route_table_id),
        ("DestinationCidrBlock", "172.16.0.0/16"),
        ("NextHopType", "RouterInterface"),
        ("NextHopId", &hop),
    ];
    api.vpc_call("a", "CreateRouteEntry", &route).await;
    moment().await;
    hop
}

#[tokio::test]
async fn a_route_of_somebody_else_is_not_taken_over_unless_that_is_asked_for() {
    let (_up, api) = start();
    let hop = foreign_route(&api).await;
    api.command("one", "retry").await.accepted();
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert_eq!((stop.step, stop.side), (StepName::AddRoute, Some(Side::Initiator)), "{stop:#?}");
    assert!(stop.what.contains("172.16.0.0/16") && stop.what.contains("somebody else made it"), "{stop:#?}");
    assert!(stop.advice.contains("adopt_routes"), "{stop:#?}");

    let mut spec = api.tutorial("one");
    let problem = api.put(&spec).await.problem(ProblemKind::Impossible);
    assert!(details(&problem).contains(&format!("has a route to 172.16.0.0/16 by {hop}")), "{problem:#?}");
    assert!(details(&problem).contains("adopt_routes: true"), "{problem:#?}");
    spec["initiator"]["adopt_routes"] = json!(true);
    let record = api.changed(&spec).await;
    assert_eq!(record.outputs(Side::Initiator).routes.len(), 1);
    api.inventory().await.is_one_connection().unwrap();
    both_answer(&api).await;
    api.removed("one").await;
    api.inventory().await.is_empty().unwrap();
}

#[tokio::test]
async fn a_route_of_somebody_else_that_is_not_taken_over_outlives_the_connection() {
    let (_up, api) = start();
    foreign_route(&api).await;
    api.remove("one").await.accepted();
    moment().await;
    moment().await;
    // The interface cannot go while a route leads to it, and the route is not ours to delete.
    let record = api.show("one").await;
    assert_eq!(record.phase(), Phase::Removing, "{record:#?}");
    let why = &record.summary.waiting.as_ref().unwrap().why;
    assert!(why.contains("A route still points to the interface") || why.contains("ReferredByRouteEntry"), "{why}");
    let routes = api.inventory().await.routes;
    assert_eq!(routes.iter().filter(|route| route.starts_with("a ")).count(), 1, "{routes:?}");
}

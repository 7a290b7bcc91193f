//! A route that was turned elsewhere, against a table that behaves as the cloud's.

use std::sync::{Arc, Mutex};

use connection::not_done::NotDone;
use connection::record::{Course, Entry, EntryEvent};
use connection::words::Side;
use serde_json::{Value, json};
use step_rig::{Answer, Call, Rig};

use super::*;
use crate::AddRoute;

const SIDE: Side = Side::Initiator;
const MARK: &str = "causeway connection=a-b uid=00c0ffee";

type Table = Arc<Mutex<Vec<Value>>>;

fn answer(table: &Table, call: &Call) -> Answer {
    let mut routes = table.lock().unwrap();
    match call.action.as_str() {
        "DescribeRouteEntryList" => Ok(json!({"RouteEntrys": {"RouteEntry": *routes}})),
        "DeleteRouteEntry" => {
            routes.retain(|route| route["RouteEntryId"] != call.param("RouteEntryId"));
            Ok(json!({}))
        }
        "CreateRouteEntry" => {
            routes.push(route("rte-2", call.param("NextHopId"), call.param("Description")));
            Ok(json!({"RouteEntryId": "rte-2"}))
        }
        "DescribeVpcs" => Ok(json!({"Vpcs": {"Vpc": []}, "TotalCount": 0})),
        "DescribeVSwitches" => Ok(json!({"VSwitches": [], "TotalCount": 0})),
        other => panic!("nobody calls {other} here"),
    }
}

fn route(id: &str, hop: &str, description: &str) -> Value {
    json!({
        "RouteEntryId": id, "DestinationCidrBlock": "172.16.0.0/16", "Status": "Available", "Type": "Custom",
        "NextHops": {"NextHop": [{"NextHopId": hop, "NextHopType": "RouterInterface"}]}, "Description": description,
    })
}

/// A connection whose route `rte-1` is recorded and leads to `ri-other`.
fn turned(description: &str) -> (Rig, Table) {
    let spec = json!({
        "name": "a-b", "kind": "router-interface", "spec": "Mini.2",
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    });
    let table = Table::new(Mutex::new(vec![route("rte-1", "ri-other", description)]));
    let cloud = table.clone();
    let mut rig = Rig::new(spec, move |call| answer(&cloud, call));
    let outputs = rig.outputs(SIDE);
    outputs.router_interface_id = Some("ri-1".to_owned());
    outputs.routes = vec![Route {
        route_table_id: "vtb-a".to_owned(),
        destination: "172.16.0.0/16".parse().unwrap(),
        route_entry_id: "rte-1".to_owned(),
    }];
    (rig, table)
}

fn repair(rig: &mut Rig) {
    let at = rig.record.updated_at;
    let (course, step, event) = (Course::Build, StepName::AddRoute, EntryEvent::RepairAsked);
    rig.record.history.push(Entry { at, sequence: 1, course, step, event, by: None, note: None, took_ms: None });
}

fn hops(table: &Table) -> Vec<Value> {
    table.lock().unwrap().iter().map(|route| route["NextHops"]["NextHop"][0]["NextHopId"].clone()).collect()
}

async fn apply(rig: &mut Rig) -> Result<(), NotDone> {
    for _ in 0..5 {
        match rig.apply(&AddRoute, SIDE).await {
            Err(NotDone::Retry(_)) => rig.pass(3),
            ended => return ended,
        }
    }
    panic!("it goes on and on")
}

#[tokio::test]
async fn a_repair_makes_a_route_anew_that_is_surely_the_connections_own() {
    let (mut rig, table) = turned(MARK);
    repair(&mut rig);
    apply(&mut rig).await.unwrap();
    assert_eq!(hops(&table), ["ri-1"]);
    assert_eq!(rig.outputs(SIDE).routes[0].route_entry_id, "rte-2");
    assert_eq!(rig.observe(&AddRoute, SIDE).await.len(), 0);
}

#[tokio::test]
async fn what_only_the_record_or_only_the_mark_says_is_ours_is_left_to_a_person() {
    let (mut rig, table) = turned("somebody else's words");
    repair(&mut rig);
    assert!(matches!(apply(&mut rig).await, Err(NotDone::Failed(_))));
    let (mut other, others) = turned(MARK);
    repair(&mut other);
    other.outputs(SIDE).routes.clear();
    assert!(matches!(apply(&mut other).await, Err(NotDone::Failed(_))));
    assert_eq!((hops(&table), hops(&others)), (vec![json!("ri-other")], vec![json!("ri-other")]));
}

#[tokio::test]
async fn outside_a_repair_nothing_is_taken_away() {
    let (mut rig, table) = turned(MARK);
    assert!(matches!(apply(&mut rig).await, Err(NotDone::Failed(_))));
    assert_eq!(hops(&table), ["ri-other"]);
}

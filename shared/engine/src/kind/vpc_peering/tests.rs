//! What follows from what the cloud shows, without a cloud.

use alicloud::vpc_peer::LinkType;
use serde_json::json;

use super::desired::Desired;
use super::*;
use connection::spec::Spec;

fn inventory(id: &str, status: &str) -> PeerConnection {
    serde_json::from_value(json!({"InstanceId": id, "Status": status, "Bandwidth": 1024, "LinkType": "Gold"})).unwrap()
}

fn desired(extra: serde_json::Value, acceptor_region: &str) -> Desired {
    let mut body = json!({
        "name": "a-b", "kind": "vpc-peering",
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": acceptor_region, "vpc_id": "vpc-b"},
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    match Spec::from_value(body).unwrap().kind {
        KindSpec::VpcPeering(spec) => Desired::of(&spec),
        _ => unreachable!(),
    }
}

#[test]
fn one_that_is_alive_counts_before_the_dead_and_the_dead_before_what_goes() {
    let (going, dead, alive) =
        (inventory("pcc-1", "Deleting"), inventory("pcc-2", "Expired"), inventory("pcc-3", "Accepting"));
    let all = vec![going.clone(), dead.clone(), alive.clone()];
    assert_eq!(Standing::of(all).unwrap(), Standing::Stands(alive));
    assert_eq!(Standing::of(vec![going.clone(), dead.clone()]).unwrap(), Standing::Dead(dead));
    assert_eq!(Standing::of(vec![going.clone()]).unwrap(), Standing::Going(going));
    assert_eq!(Standing::of(vec![inventory("pcc-4", "Deleted")]).unwrap(), Standing::Nothing);
}

#[test]
fn two_that_are_alive_are_for_a_person_to_choose_from_and_an_unknown_status_counts_as_alive() {
    let Err(NotDone::Failed(failure)) =
        Standing::of(vec![inventory("pcc-1", "Activated"), inventory("pcc-2", "Pondering")])
    else {
        panic!("one of them was chosen");
    };
    assert!(failure.what.ends_with("pcc-1, pcc-2"), "{}", failure.what);
}

#[test]
fn what_the_spec_says_of_the_line_is_compared_with_what_is_there() {
    let desired = desired(json!({"bandwidth_mbps": 200, "link_type": "Platinum"}), "cn-beijing");
    let found = inventory("pcc-1", "Activated");
    assert_eq!(
        (desired.other_bandwidth(&found), desired.other_link_type(&found)),
        (Some(200), Some(LinkType::Platinum))
    );
    let fields: Vec<_> = desired.differences(&found).into_iter().map(|found| (found.field, found.actual)).collect();
    assert_eq!(fields, [("Bandwidth", "1024".to_owned()), ("LinkType", "Gold".to_owned())]);
    let as_wished = PeerConnection { bandwidth: Some(200), link_type: Some(LinkType::Platinum), ..found };
    assert_eq!(desired.differences(&as_wished), []);
}

#[test]
fn what_an_earlier_spec_said_and_this_one_leaves_open_becomes_usual_again() {
    let desired = desired(json!({}), "cn-beijing");
    let usual = inventory("pcc-1", "Activated");
    assert_eq!(desired.differences(&usual), []);
    let former = PeerConnection { bandwidth: Some(200), link_type: Some(LinkType::Platinum), ..usual.clone() };
    assert_eq!(
        (desired.other_bandwidth(&former), desired.other_link_type(&former)),
        (Some(1024), Some(LinkType::Gold))
    );
    let silent = PeerConnection { bandwidth: None, link_type: None, ..usual };
    assert_eq!(desired.differences(&silent), []);
}

#[test]
fn within_a_region_there_is_nothing_to_change() {
    let unlimited =
        PeerConnection { bandwidth: Some(-1), link_type: Some(LinkType::Platinum), ..inventory("pcc-1", "Activated") };
    assert_eq!(desired(json!({}), "cn-qingdao").differences(&unlimited), []);
}

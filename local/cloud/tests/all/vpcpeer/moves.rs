//! States and who moves them.

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn another_account_is_asked_and_accepts() {
    let two = Two::new();
    let id = two.ask(&two.b, THERE, &[("Name", "joined")]).await.unwrap();
    assert_eq!(two.a.status(&id).await, "Creating");
    pass(Duration::from_secs(6)).await;
    let asked = two.b.see(&id).await;
    assert_eq!((&asked["Status"], &asked["Name"]), (&"Accepting".into(), &"joined".into()));
    assert!(asked["GmtExpired"].is_string(), "{asked}");
    two.b.on("AcceptVpcPeerConnection", &id).await.unwrap();
    assert_eq!(two.a.status(&id).await, "Updating");
    pass(Duration::from_secs(6)).await;
    let (of_a, of_b) = (two.a.see(&id).await, two.b.see(&id).await);
    for (field, value) in [
        ("Status", Value::from("Activated")),
        ("BizStatus", "Normal".into()),
        ("OwnerId", 1_000_000_000_000_001_u64.into()),
        ("AcceptingOwnerUid", 1_000_000_000_000_002_u64.into()),
        ("RegionId", HERE.into()),
        ("AcceptingRegionId", THERE.into()),
        ("Bandwidth", 1024.into()),
        ("LinkType", "Gold".into()),
    ] {
        assert_eq!((&of_a[field], &of_b[field]), (&value, &value), "{field}");
    }
    assert_eq!(of_b["Vpc"]["Ipv4Cidrs"], serde_json::json!(["192.168.0.0/16"]));
    assert_eq!(of_a["AcceptingVpc"]["Ipv4Cidrs"], serde_json::json!(["172.16.0.0/16"]));
    assert!(of_a["GmtExpired"].is_null());
}

#[tokio::test(start_paused = true)]
async fn what_an_account_asks_of_itself_is_accepted_by_the_service() {
    let two = Two::new();
    let id = two.ask(&two.a, THERE, &[("Bandwidth", "100"), ("LinkType", "Platinum")]).await.unwrap();
    pass(Duration::from_secs(6)).await;
    let seen = two.a.see(&id).await;
    assert_eq!((&seen["Status"], &seen["Bandwidth"]), (&"Activated".into(), &100.into()));
    assert_eq!(two.a.on("AcceptVpcPeerConnection", &id).await, refused(400, "IncorrectStatus.VpcPeer"));
    assert_eq!(two.b.on("GetVpcPeerConnectionAttribute", &id).await, refused(400, "ResourceNotFound.InstanceId"));
}

#[tokio::test(start_paused = true)]
async fn within_a_region_nothing_limits_the_bandwidth() {
    let two = Two::new();
    let id = two.ask(&two.b, HERE, &[]).await.unwrap();
    let seen = two.a.see(&id).await;
    assert_eq!((&seen["Bandwidth"], &seen["LinkType"]), (&(-1).into(), &"".into()));
    for (name, value) in [("Bandwidth", "10"), ("LinkType", "Gold")] {
        let refusal = refused(400, &format!("IllegalParam.{name}"));
        assert_eq!(two.ask(&two.b, HERE, &[(name, value)]).await, refusal);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_rejected_or_not_answered_for_seven_days_joins_nothing_and_may_be_asked_anew() {
    let two = Two::new();
    let first = two.asked().await;
    assert_eq!(two.a.on("RejectVpcPeerConnection", &first).await, refused(400, "Forbidden.NoPermission"));
    two.b.on("RejectVpcPeerConnection", &first).await.unwrap();
    assert_eq!(two.a.status(&first).await, "Rejected");
    assert_eq!(two.b.on("AcceptVpcPeerConnection", &first).await, refused(400, "IncorrectStatus.VpcPeer"));

    let second = two.asked().await;
    pass(Duration::from_secs(7 * 24 * 3600 - 10)).await;
    assert_eq!(two.a.status(&second).await, "Accepting");
    pass(Duration::from_secs(20)).await;
    let expired = two.a.see(&second).await;
    assert_eq!(expired["Status"], "Expired");
    assert!(expired["GmtExpired"].is_string());
    assert_eq!(two.b.on("AcceptVpcPeerConnection", &second).await, refused(400, "IncorrectStatus.VpcPeer"));
    two.joined().await;
    for id in [first, second] {
        two.a.on("DeleteVpcPeerConnection", &id).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_takes_time_and_does_not_interrupt() {
    let two = Two::new();
    let id = two.joined().await;
    let change = [("InstanceId", id.as_str()), ("Bandwidth", "50"), ("Name", "renamed")];
    two.a.peer("ModifyVpcPeerConnection", &change).await.unwrap();
    assert_eq!(two.a.status(&id).await, "Updating");
    assert_eq!(two.a.peer("ModifyVpcPeerConnection", &change).await, refused(400, "IncorrectStatus.VpcPeer"));
    assert_eq!(two.a.on("DeleteVpcPeerConnection", &id).await, refused(400, "IncorrectStatus.VpcPeer"));
    pass(Duration::from_secs(4)).await;
    let seen = two.b.see(&id).await;
    assert_eq!((&seen["Bandwidth"], &seen["Name"]), (&50.into(), &"renamed".into()));
}

#[tokio::test(start_paused = true)]
async fn either_account_deletes_and_then_it_is_gone() {
    let two = Two::new();
    let id = two.joined().await;
    two.b.on("DeleteVpcPeerConnection", &id).await.unwrap();
    assert_eq!(two.a.status(&id).await, "Deleting");
    pass(Duration::from_secs(4)).await;
    for action in ["GetVpcPeerConnectionAttribute", "DeleteVpcPeerConnection", "AcceptVpcPeerConnection"] {
        assert_eq!(two.a.on(action, &id).await, refused(400, "ResourceNotFound.InstanceId"), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_account_lists_what_it_has_a_part_in() {
    let two = Two::new();
    let own = two.ask(&two.a, THERE, &[("Name", "own")]).await.unwrap();
    pass(Duration::from_secs(6)).await;
    let shared = two.asked().await;
    let list = async |client: &Client, params: &[(&str, &str)]| {
        let answer = client.peer("ListVpcPeerConnections", params).await.unwrap();
        let ids = answer["VpcPeerConnects"].as_array().unwrap().iter();
        let mut ids: Vec<String> = ids.map(|one| one["InstanceId"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let mut both = vec![own.clone(), shared.clone()];
    both.sort();
    assert_eq!(list(&two.a, &[]).await, both);
    assert_eq!(list(&two.b, &[]).await, [shared.as_str()]);
    assert_eq!(list(&two.b, &[("RegionId", HERE)]).await, Vec::<String>::new(), "its end is in Beijing");
    let vpc = two.b.vpc(THERE).vpc_id;
    let several = format!("vpc-none,{vpc}");
    let json = format!("[\"{vpc}\"]");
    for params in [[("VpcId", several.as_str())], [("VpcId", &json)], [("VpcId.1", &vpc)], [("InstanceId", &shared)]] {
        assert_eq!(list(&two.a, &params).await, [shared.as_str()], "{params:?}");
    }
    let first = two.a.peer("ListVpcPeerConnections", &[("MaxResults", "1")]).await.unwrap();
    assert_eq!((&first["TotalCount"], first["VpcPeerConnects"].as_array().unwrap().len()), (&2.into(), 1));
    let next = first["NextToken"].as_str().unwrap();
    let second = two.a.peer("ListVpcPeerConnections", &[("MaxResults", "1"), ("NextToken", next)]).await.unwrap();
    assert_eq!(second["NextToken"], "");
    assert_ne!(first["VpcPeerConnects"], second["VpcPeerConnects"]);
}

#[tokio::test(start_paused = true)]
async fn a_form_body_is_read_as_well_and_a_token_makes_one_connection_of_two_calls() {
    let two = Two::new();
    let (own, other) = (two.a.vpc(HERE).vpc_id, two.b.vpc(THERE).vpc_id);
    let params = [
        ("RegionId", HERE),
        ("VpcId", own.as_str()),
        ("AcceptingAliUid", &two.b.account_id),
        ("AcceptingRegionId", THERE),
        ("AcceptingVpcId", &other),
        ("ClientToken", "t-1"),
    ];
    let mut ids = Vec::new();
    for in_form in [true, false] {
        let request = two.a.v1(causeway_local::vpcpeer::VERSION, "CreateVpcPeerConnection", &params, in_form);
        ids.push(two.a.send(request).await.unwrap().unwrap()["InstanceId"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let changed = two.ask(&two.b, THERE, &[("ClientToken", "t-1"), ("Name", "other")]).await;
    assert_eq!(changed, refused(400, "IdempotentParameterMismatch"));
}

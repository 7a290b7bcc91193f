use super::*;
use crate::names::ClientToken;
use crate::scripted::refusal;
use crate::vpc::*;
use crate::{Call, Kind};

const DONE: &str = r#"{"RequestId":"R-0"}"#;

fn token() -> ClientToken {
    "t-1".parse().unwrap()
}

fn peer() -> Peer {
    Peer {
        interface_id: "ri-acc0demo1".to_owned(),
        router_id: "vrt-acc0demo1".to_owned(),
        router_type: RouterType::VRouter,
        owner_id: "1000000000000002".to_owned(),
    }
}

fn initiator() -> CreateRouterInterface {
    CreateRouterInterface {
        role: Role::Initiating,
        spec: Spec::Mini2,
        router_type: RouterType::VRouter,
        router_id: "vrt-ini0demo1".to_owned(),
        opposite_region: "cn-beijing".parse().unwrap(),
        peer: None,
        name: Some("to Beijing + back".to_owned()),
        description: None,
        client_token: token(),
    }
}

fn listing(total: usize, ids: impl IntoIterator<Item = String>) -> String {
    let rows: Vec<_> =
        ids.into_iter().map(|id| format!(r#"{{"RouterInterfaceId":"{id}","Status":"Active"}}"#)).collect();
    format!(
        r#"{{"TotalCount":{total},"PageSize":50,"RouterInterfaceSet":{{"RouterInterfaceType":[{}]}}}}"#,
        rows.join(",")
    )
}

#[tokio::test]
async fn creating_sends_every_parameter_and_returns_the_id() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R","RouterInterfaceId":"ri-ini0demo1","OrderId":0}"#);
    assert_eq!(vpc(&cloud).create_router_interface(&initiator()).await.unwrap(), "ri-ini0demo1");
    assert_asked(
        &cloud.only(),
        "CreateRouterInterface",
        &[
            ("Role", "InitiatingSide"),
            ("Spec", "Mini.2"),
            ("RouterType", "VRouter"),
            ("RouterId", "vrt-ini0demo1"),
            ("OppositeRegionId", "cn-beijing"),
            ("Name", "to Beijing + back"),
            ("ClientToken", "t-1"),
        ],
    );
}

#[tokio::test]
async fn creating_with_a_known_peer_sends_all_four_facts() {
    let cloud = Cloud::new().says(200, r#"{"RouterInterfaceId":"ri-1"}"#);
    let request = CreateRouterInterface { peer: Some(peer()), name: None, ..initiator() };
    vpc(&cloud).create_router_interface(&request).await.unwrap();
    let seen = cloud.only();
    for (name, value) in [
        ("OppositeInterfaceId", "ri-acc0demo1"),
        ("OppositeRouterId", "vrt-acc0demo1"),
        ("OppositeRouterType", "VRouter"),
        ("OppositeInterfaceOwnerId", "1000000000000002"),
    ] {
        assert_eq!(seen.parameter(name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn an_answer_without_an_id_is_malformed_and_not_to_be_repeated_blindly() {
    for body in [DONE, r#"{"RouterInterfaceId":""}"#, r#"{"RouterInterfaceId":null}"#] {
        let cloud = Cloud::new().says(200, body);
        let error = vpc(&cloud).create_router_interface(&initiator()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Malformed, "{body}");
        assert!(!error.may_repeat());
    }
}

#[tokio::test]
async fn setting_the_peer_always_names_the_router_type() {
    let cloud = Cloud::new().says(200, DONE);
    let request = ModifyRouterInterfaceAttribute {
        router_interface_id: "ri-ini0demo1".to_owned(),
        peer: Some(peer()),
        ..ModifyRouterInterfaceAttribute::default()
    };
    vpc(&cloud).modify_router_interface_attribute(&request).await.unwrap();
    assert_asked(
        &cloud.only(),
        "ModifyRouterInterfaceAttribute",
        &[
            ("RouterInterfaceId", "ri-ini0demo1"),
            ("OppositeInterfaceId", "ri-acc0demo1"),
            ("OppositeRouterId", "vrt-acc0demo1"),
            ("OppositeRouterType", "VRouter"),
            ("OppositeInterfaceOwnerId", "1000000000000002"),
        ],
    );
}

#[tokio::test]
async fn connecting_activating_and_deactivating_name_the_interface_only() {
    let cloud = Cloud::new().says(200, DONE).says(200, DONE).says(200, DONE);
    let vpc = vpc(&cloud);
    vpc.connect_router_interface("ri-1").await.unwrap();
    vpc.activate_router_interface("ri-1").await.unwrap();
    vpc.deactivate_router_interface("ri-1").await.unwrap();
    let actions = ["ConnectRouterInterface", "ActivateRouterInterface", "DeactivateRouterInterface"];
    for (seen, action) in cloud.seen().iter().zip(actions) {
        assert_asked(seen, action, &[("RouterInterfaceId", "ri-1")]);
    }
}

#[tokio::test]
async fn deleting_and_resizing_carry_a_token() {
    let cloud = Cloud::new().says(200, DONE).says(200, r#"{"RequestId":"R-0","Spec":"Small.1"}"#);
    let vpc = vpc(&cloud);
    vpc.delete_router_interface("ri-1", &token()).await.unwrap();
    vpc.modify_router_interface_spec("ri-1", &Spec::Small1, &token()).await.unwrap();
    let [delete, resize] = &cloud.seen()[..] else { panic!("two requests") };
    assert_asked(delete, "DeleteRouterInterface", &[("RouterInterfaceId", "ri-1"), ("ClientToken", "t-1")]);
    assert_asked(
        resize,
        "ModifyRouterInterfaceSpec",
        &[("RouterInterfaceId", "ri-1"), ("Spec", "Small.1"), ("ClientToken", "t-1")],
    );
}

#[tokio::test]
async fn the_same_code_means_another_thing_on_another_call() {
    let code = refusal("IncorrectRIStatus");
    let cloud = Cloud::new().says(400, &code).says(400, &code);
    let vpc = vpc(&cloud);
    assert_eq!(vpc.connect_router_interface("ri-1").await.unwrap_err().kind(), Kind::AlreadyThere);
    assert_eq!(vpc.delete_router_interface("ri-1", &token()).await.unwrap_err().kind(), Kind::Busy);
}

#[tokio::test]
async fn filters_are_numbered_from_one() {
    let cloud = Cloud::new().says(200, &listing(0, []));
    let request = DescribeRouterInterfaces {
        filters: vec![
            Filter::new(FilterKey::RouterId, "vrt-1"),
            Filter { key: FilterKey::Status, values: vec!["Active".to_owned(), "Idle".to_owned()] },
        ],
        page_number: 2,
        page_size: 10,
    };
    vpc(&cloud).describe_router_interfaces(&request).await.unwrap();
    assert_asked(
        &cloud.only(),
        "DescribeRouterInterfaces",
        &[
            ("Filter.1.Key", "RouterId"),
            ("Filter.1.Value.1", "vrt-1"),
            ("Filter.2.Key", "Status"),
            ("Filter.2.Value.1", "Active"),
            ("Filter.2.Value.2", "Idle"),
            ("PageNumber", "2"),
            ("PageSize", "10"),
        ],
    );
}

#[tokio::test]
async fn more_filters_than_the_cloud_takes_are_refused_before_sending() {
    let cloud = Cloud::new();
    let filter = Filter::new(FilterKey::Status, "Idle");
    let empty = Filter { key: FilterKey::Status, values: Vec::new() };
    let full = Filter { key: FilterKey::Status, values: vec!["Idle".to_owned(); 6] };
    for filters in [vec![filter; 6], vec![empty], vec![full]] {
        let error = vpc(&cloud).all_router_interfaces(&filters).await.unwrap_err();
        assert_eq!((error.kind(), error.call()), (Kind::Refused, Call::DescribeRouterInterfaces));
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn the_documented_sample_of_an_idle_interface_is_read() {
    let cloud = Cloud::new().says(
        200,
        r#"{"RequestId":"0F0E0D0C-0000-4000-8000-000000000001","PageNumber":1,"PageSize":10,"TotalCount":1,
            "RouterInterfaceSet":{"RouterInterfaceType":[{"RouterInterfaceId":"ri-ini0demo1","Role":"InitiatingSide",
            "Status":"Idle","BusinessStatus":"Normal","Spec":"Small.1","Bandwidth":10,"RouterType":"VRouter",
            "RouterId":"vrt-ini0demo1","VpcInstanceId":"vpc-ini0demo1","OppositeRegionId":"eu-central-1",
            "OppositeInterfaceId":"","OppositeRouterId":"","OppositeRouterType":"","OppositeInterfaceOwnerId":""}]}}"#,
    );
    let interface = vpc(&cloud).router_interface("ri-ini0demo1").await.unwrap().unwrap();
    assert_eq!(interface.status, InterfaceStatus::Idle);
    assert_eq!((interface.role.clone(), interface.spec.clone()), (Some(Role::Initiating), Some(Spec::Small1)));
    assert_eq!(interface.bandwidth, Some(10));
    assert_eq!(interface.opposite_region_id.as_deref(), Some("eu-central-1"));
    assert_eq!(interface.peer(), None);
}

#[tokio::test]
async fn both_spellings_of_prepaid_bare_booleans_and_both_forms_of_a_time_are_read() {
    let cloud = Cloud::new().says(
        200,
        r#"{"TotalCount":"2","RouterInterfaceSet":{"RouterInterfaceType":[
            {"RouterInterfaceId":"ri-1","Status":"Active","ChargeType":"Prepaid","HasReservationData":false,
             "CrossBorder":"false","Bandwidth":"100","CreationTime":"2026-01-02T03:04:05Z",
             "OppositeInterfaceId":"ri-acc0demo1","OppositeRouterId":"vrt-acc0demo1","OppositeRouterType":"VRouter",
             "OppositeInterfaceOwnerId":1000000000000002,"OppositeInterfaceStatus":"Deleted"},
            {"RouterInterfaceId":"ri-2","Status":"Thinking","ChargeType":"PrePaid","HasReservationData":"true",
             "CreationTime":"2026-01-02T03:04Z","Tags":{"Tags":[{"Key":"k","Value":"v"}]}}]}}"#,
    );
    let listed = vpc(&cloud).all_router_interfaces(&[]).await.unwrap();
    let [first, second] = &listed[..] else { panic!("two interfaces: {listed:?}") };
    assert_eq!(first.charge_type, second.charge_type);
    assert_eq!(first.charge_type, Some(ChargeType::PrePaid));
    assert_eq!((first.has_reservation_data, second.has_reservation_data), (Some(false), Some(true)));
    assert_eq!(first.creation_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(second.creation_time, Some("2026-01-02T03:04:00Z".parse().unwrap()));
    assert_eq!((first.cross_border, first.bandwidth), (Some(false), Some(100)));
    assert_eq!(first.peer(), Some(peer()));
    assert_eq!(first.opposite_interface_status, Some(InterfaceStatus::Deleted));
    assert_eq!(second.status, InterfaceStatus::Unknown("Thinking".to_owned()));
    assert!(!second.status.is_settled());
}

#[tokio::test]
async fn all_pages_are_read() {
    let page = |from: usize, to: usize| listing(120, (from..to).map(|n| format!("ri-{n}")));
    let cloud = Cloud::new().says(200, &page(0, 50)).says(200, &page(50, 100)).says(200, &page(100, 120));
    let listed = vpc(&cloud).all_router_interfaces(&[]).await.unwrap();
    assert_eq!(listed.len(), 120);
    let pages: Vec<_> = cloud.seen().iter().map(|seen| seen.parameter("PageNumber").unwrap()).collect();
    assert_eq!(pages, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_cloud_that_repeats_a_page_does_not_hold_the_caller() {
    let page = listing(1000, (0..50).map(|n| format!("ri-{n}")));
    let cloud = Cloud::answering(move |_| Ok((200, page.clone())));
    let error = vpc(&cloud).all_router_interfaces(&[]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert_eq!(cloud.seen().len(), 2);
}

#[tokio::test]
async fn an_interface_is_found_even_when_the_cloud_ignores_the_filter() {
    let cloud = Cloud::new().says(200, &listing(2, ["ri-other".to_owned(), "ri-1".to_owned()]));
    assert_eq!(vpc(&cloud).router_interface("ri-1").await.unwrap().unwrap().router_interface_id, "ri-1");
    let cloud = Cloud::new().says(200, &listing(1, ["ri-other".to_owned()]));
    assert_eq!(vpc(&cloud).router_interface("ri-1").await.unwrap(), None);
}

#[tokio::test]
async fn an_interface_is_locked_when_either_side_is() {
    let row = |id: &str, own: &str, other: &str| {
        format!(
            r#"{{"RouterInterfaceId":"{id}","Status":"Active","BusinessStatus":"{own}",
                "OppositeInterfaceBusinessStatus":"{other}"}}"#
        )
    };
    let rows = [
        row("ri-1", "Normal", ""),
        row("ri-2", "FinancialLocked", "Normal"),
        row("ri-3", "Normal", "SecurityLocked"),
        row("ri-4", "Normal", "LockedByNews"),
    ];
    let body = format!(r#"{{"TotalCount":4,"RouterInterfaceSet":{{"RouterInterfaceType":[{}]}}}}"#, rows.join(","));
    let listed = vpc(&Cloud::new().says(200, &body)).all_router_interfaces(&[]).await.unwrap();
    let locked: Vec<_> = listed.iter().map(RouterInterface::is_locked).collect();
    assert_eq!(locked, [false, true, true, true]);
}

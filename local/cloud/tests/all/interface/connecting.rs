//! What must hold before two sides are connected, and before one is made.

use std::time::Duration;

use super::{HERE, Pair, THERE, create, see, tell, try_create};
use crate::testing::{Client, cloud, pass, refused};

#[tokio::test(start_paused = true)]
async fn both_sides_must_be_told_before_they_are_connected() {
    let pair = Pair::strangers().await;
    let not_set = refused(400, "IncorrectOppositeInterfaceInfo.NotSet");
    assert_eq!(pair.on_a("ConnectRouterInterface").await, not_set);
    pair.tell_initiator().await.unwrap();
    assert_eq!(pair.on_a("ConnectRouterInterface").await, not_set, "the acceptor has not been told");
    pair.tell_acceptor().await.unwrap();
    assert!(pair.on_a("ConnectRouterInterface").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_acceptor_cannot_connect() {
    let pair = Pair::acquainted().await;
    assert_eq!(pair.on_b("ConnectRouterInterface").await, refused(400, "IncorrectRole.NotInitiatingSide"));
}

#[tokio::test(start_paused = true)]
async fn each_of_the_four_facts_about_the_peer_counts() {
    for (field, wrong) in [
        ("OppositeInterfaceId", "ri-elsewhere"),
        ("OppositeRouterId", "vrt-elsewhere"),
        ("OppositeRouterType", "VBR"),
        ("OppositeInterfaceOwnerId", "1000000000000009"),
    ] {
        for spoil_acceptor in [false, true] {
            let pair = Pair::acquainted().await;
            let (client, region, id) = match spoil_acceptor {
                false => (&pair.a, HERE, &pair.initiator),
                true => (&pair.b, THERE, &pair.acceptor),
            };
            // Nothing is checked when it is set.
            let router_type = if field == "OppositeRouterType" { wrong } else { "VRouter" };
            let params = [("RouterInterfaceId", id.as_str()), (field, wrong), ("OppositeRouterType", router_type)];
            client.vpc_call(region, "ModifyRouterInterfaceAttribute", &params).await.unwrap();
            let answer = pair.on_a("ConnectRouterInterface").await;
            assert_eq!(answer, refused(400, "IncorrectOppositeInterfaceInfo"), "{field} of acceptor: {spoil_acceptor}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_named_without_its_router_type_is_taken_for_a_vbr() {
    let pair = Pair::acquainted().await;
    let params = [("RouterInterfaceId", pair.initiator.as_str()), ("OppositeInterfaceId", &pair.acceptor)];
    pair.a.vpc_call(HERE, "ModifyRouterInterfaceAttribute", &params).await.unwrap();
    assert_eq!(pair.see_a().await["OppositeRouterType"], "VBR");
    assert_eq!(pair.on_a("ConnectRouterInterface").await, refused(400, "IncorrectOppositeInterfaceInfo"));
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_leaves_the_peer_as_it_is_even_when_active() {
    let pair = Pair::active().await;
    let params = [("RouterInterfaceId", pair.initiator.as_str()), ("Name", "tutorial")];
    pair.a.vpc_call(HERE, "ModifyRouterInterfaceAttribute", &params).await.unwrap();
    let seen = pair.see_a().await;
    assert_eq!((&seen["Name"], &seen["OppositeRouterType"]), (&"tutorial".into(), &"VRouter".into()));
    let params = [("RouterInterfaceId", pair.initiator.as_str()), ("Name", "1")];
    let answer = pair.a.vpc_call(HERE, "ModifyRouterInterfaceAttribute", &params).await;
    assert_eq!(answer, refused(400, "InvalidName.Malformd"));
}

#[tokio::test(start_paused = true)]
async fn two_routers_are_joined_once() {
    let pair = Pair::active().await;
    let second = create(&pair.a, HERE, THERE, "InitiatingSide", "Mini.2").await;
    let other = create(&pair.b, THERE, HERE, "AcceptingSide", "Negative").await;
    tell(&pair.a, HERE, &second, &pair.b, THERE, &other).await.unwrap();
    tell(&pair.b, THERE, &other, &pair.a, HERE, &second).await.unwrap();
    let connect = async || pair.a.vpc_call(HERE, "ConnectRouterInterface", &[("RouterInterfaceId", &second)]).await;
    assert_eq!(connect().await, refused(400, "Forbidden.OnlyOneConnection"));
    // Once the first pair is taken apart on both sides, the second may come.
    for (client, region, id) in [(&pair.a, HERE, &pair.initiator), (&pair.b, THERE, &pair.acceptor)] {
        for (action, seconds) in [("DeactivateRouterInterface", 5), ("DeleteRouterInterface", 5)] {
            let status = see(client, region, id).await.unwrap()["Status"].clone();
            if !(action == "DeactivateRouterInterface" && status == "Inactive") {
                client.vpc_call(region, action, &[("RouterInterfaceId", id)]).await.unwrap();
            }
            pass(Duration::from_secs(seconds)).await;
        }
    }
    assert!(connect().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_router_cannot_be_joined_with_itself() {
    let a = Client::new(&cloud(), "a");
    let one = create(&a, HERE, HERE, "InitiatingSide", "Mini.2").await;
    let other = create(&a, HERE, HERE, "AcceptingSide", "Negative").await;
    tell(&a, HERE, &one, &a, HERE, &other).await.unwrap();
    tell(&a, HERE, &other, &a, HERE, &one).await.unwrap();
    let answer = a.vpc_call(HERE, "ConnectRouterInterface", &[("RouterInterfaceId", &one)]).await;
    assert_eq!(answer, refused(400, "IncorrectOppositeInterfaceInfo"));
}

#[tokio::test(start_paused = true)]
async fn one_sees_neither_other_accounts_nor_other_regions() {
    let pair = Pair::strangers().await;
    assert!(see(&pair.b, HERE, &pair.initiator).await.is_none());
    assert!(see(&pair.a, THERE, &pair.initiator).await.is_none());
    let connect = [("RouterInterfaceId", pair.initiator.as_str())];
    for (client, region) in [(&pair.b, HERE), (&pair.a, THERE)] {
        let answer = client.vpc_call(region, "ConnectRouterInterface", &connect).await;
        assert_eq!(answer, refused(404, "InvalidRouterInterfaceId.NotFound"));
    }
}

#[tokio::test(start_paused = true)]
async fn each_bad_request_to_create_has_its_code() {
    let a = Client::new(&cloud(), "a");
    let router = a.vpc(HERE).vrouter_id;
    for (router, opposite, role, spec, status, code) in [
        (router.as_str(), THERE, "Middle", "Mini.2", 400, "InvalidRole.ValueNotSupported"),
        (&router, THERE, "InitiatingSide", "Mini.3", 400, "InvalidSpec.ValudNotSupported"),
        (&router, THERE, "InitiatingSide", "Negative", 400, "InvalidSpec.ValudNotSupported"),
        (&router, THERE, "AcceptingSide", "Mini.2", 400, "InvalidSpec.ValudNotSupported"),
        (&router, "cn-atlantis", "InitiatingSide", "Mini.2", 404, "InvalidRegionId.NotFound"),
        ("vrt-none", THERE, "InitiatingSide", "Mini.2", 404, "InvalidRouterId.NotFound"),
        (&router, THERE, "", "Mini.2", 400, "MissingParameter"),
    ] {
        let answer = try_create(&a, HERE, router, opposite, role, spec).await;
        assert_eq!(answer, refused(status, code), "{role} {spec} {opposite}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_router_takes_five_interfaces() {
    let a = Client::new(&cloud(), "a");
    let router = a.vpc(HERE).vrouter_id;
    for _ in 0..5 {
        try_create(&a, HERE, &router, THERE, "InitiatingSide", "Mini.2").await.unwrap();
    }
    let sixth = try_create(&a, HERE, &router, THERE, "InitiatingSide", "Mini.2").await;
    assert_eq!(sixth, refused(400, "QuotaExceeded"));
}

#[tokio::test(start_paused = true)]
async fn one_paid_in_advance_cannot_be_deleted() {
    let a = Client::new(&cloud(), "a");
    let router = a.vpc(HERE).vrouter_id;
    let params = |period: &'static str| {
        [
            ("Role", "InitiatingSide"),
            ("OppositeRegionId", THERE),
            ("Spec", "Mini.2"),
            ("RouterType", "VRouter"),
            ("RouterId", router.as_str()),
            ("InstanceChargeType", "PrePaid"),
            ("PricingCycle", "Year"),
            ("Period", period),
        ]
    };
    let four_years = a.vpc_call(HERE, "CreateRouterInterface", &params("4")).await;
    assert_eq!(four_years, refused(400, "InvalidParameter"));
    let answer = a.vpc_call(HERE, "CreateRouterInterface", &params("1")).await.unwrap();
    assert!(answer["OrderId"].is_u64());
    let id = answer["RouterInterfaceId"].as_str().unwrap();
    let answer = a.vpc_call(HERE, "DeleteRouterInterface", &[("RouterInterfaceId", id)]).await;
    assert_eq!(answer, refused(500, "InvalidRouterInterfaceChargeType.Malformed"));
}

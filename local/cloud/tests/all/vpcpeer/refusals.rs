//! What is refused, and with which code.

use causeway_local::cdt::State;
use causeway_local::vpc::BusinessStatus;
use causeway_local::vpcpeer::Settings;

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn a_request_that_makes_no_sense_names_the_parameter() {
    let two = Two::new();
    let own = two.a.vpc(HERE).vpc_id;
    for (more, code) in [
        (vec![("VpcId", "vpc-none")], "IllegalParam.VpcId"),
        (vec![("AcceptingVpcId", "vpc-none")], "IllegalParam.AcceptingVpcId"),
        (vec![("AcceptingVpcId", &own), ("AcceptingRegionId", HERE)], "IllegalParam.AcceptingVpcId"),
        (vec![("AcceptingAliUid", "b")], "IllegalParam.AcceptingAliUid"),
        (vec![("AcceptingRegionId", "cn-atlantis")], "UnsupportedRegion"),
        (vec![("AcceptingRegionId", "")], "MissingParameter"),
        (vec![("Bandwidth", "0")], "IllegalParam.Bandwidth"),
        (vec![("Bandwidth", "1025")], "IllegalParam.Bandwidth"),
        (vec![("LinkType", "Silver")], "IllegalParam.LinkType"),
        (vec![("Name", "x")], "IllegalParam.Name"),
        (vec![("Description", "http://x")], "IllegalParam.Description"),
        (vec![("DryRun", "true")], "DryRunOperation"),
    ] {
        assert_eq!(two.ask(&two.b, THERE, &more).await, refused(400, code), "{more:?}");
    }
    let none = two.a.peer("ListVpcPeerConnections", &[]).await.unwrap();
    assert_eq!(none["TotalCount"], 0, "a dry run makes nothing");
}

#[tokio::test(start_paused = true)]
async fn two_vpcs_are_joined_once_in_either_direction() {
    let two = Two::new();
    let id = two.ask(&two.b, THERE, &[]).await.unwrap();
    assert_eq!(two.ask(&two.b, THERE, &[]).await, refused(400, "ResourceAlreadyExist.VpcPeer"));
    assert_eq!(two.ask(&two.a, THERE, &[]).await, refused(400, "Conflict.Operation"), "one of the VPC is in creation");
    pass(Duration::from_secs(6)).await;
    let (own, other) = (two.b.vpc(THERE).vpc_id, two.a.vpc(HERE).vpc_id);
    let back = [
        ("RegionId", THERE),
        ("VpcId", own.as_str()),
        ("AcceptingAliUid", &two.a.account_id),
        ("AcceptingRegionId", HERE),
        ("AcceptingVpcId", &other),
    ];
    let back = two.b.peer("CreateVpcPeerConnection", &back).await;
    assert_eq!(back, refused(400, "ResourceAlreadyExist.VpcPeer"));
    assert_eq!(two.a.on("DeleteVpcPeerConnection", &id).await.map(|_| ()), Ok(()), "before it is answered");
}

#[tokio::test(start_paused = true)]
async fn a_pair_of_router_interfaces_between_the_same_vpcs_stands_in_the_way() {
    let two = Two::new();
    crate::vpc::join(&two.a, &two.b).await;
    assert_eq!(two.ask(&two.b, THERE, &[]).await, refused(400, "ResourceAlreadyExist.RouterInterface"));
    two.ask(&two.b, HERE, &[]).await.expect("another VPC");
}

#[tokio::test(start_paused = true)]
async fn between_regions_both_accounts_need_cdt() {
    let two = Two::new();
    let opened = two.a.cloud.cdt();
    for (account, state, code) in [
        (&two.a.account_id, State::Closed, Some("OperationFailed.CdtNotOpened")),
        (&two.b.account_id, State::Closed, Some("OperationFailed.AcceptUserCdtNotOpened")),
        (&two.a.account_id, State::WithoutCrossBorder, None),
    ] {
        opened.set(account, state).unwrap();
        let dry = two.ask(&two.b, THERE, &[("DryRun", "true")]).await;
        assert_eq!(dry, refused(400, code.unwrap_or("DryRunOperation")));
        assert_eq!(two.ask(&two.b, HERE, &[("DryRun", "true")]).await, refused(400, "DryRunOperation"));
        opened.set(account, State::Open).unwrap();
    }
    let id = two.asked().await;
    opened.set(&two.b.account_id, State::Closed).unwrap();
    assert_eq!(two.b.on("AcceptVpcPeerConnection", &id).await, refused(400, "OperationFailed.CdtNotOpened"));
}

#[tokio::test(start_paused = true)]
async fn across_the_border_cdt_must_be_open_for_that() {
    let two = Two::new();
    let abroad = two.b.vpc_call("eu-central-1", "CreateVpc", &[("CidrBlock", "10.0.0.0/16")]).await.unwrap();
    let plan = [
        ("AcceptingRegionId", "eu-central-1"),
        ("AcceptingVpcId", abroad["VpcId"].as_str().unwrap()),
        ("DryRun", "true"),
    ];
    assert_eq!(two.ask(&two.b, THERE, &plan).await, refused(400, "IncorrectStatus.AcceptingVpc"), "Pending");
    pass(Duration::from_secs(3)).await;
    let opened = two.a.cloud.cdt();
    for (account, code) in [
        (&two.a.account_id, "OperationFailed.CrossBorderCdtNotOpened"),
        (&two.b.account_id, "OperationFailed.AcceptUserCrossBorderCdtNotOpened"),
    ] {
        opened.set(account, State::WithoutCrossBorder).unwrap();
        assert_eq!(two.ask(&two.b, THERE, &plan).await, refused(400, code));
        opened.set(account, State::OnlyCrossBorder).unwrap();
        let both = code.replace("CrossBorderCdt", "Cdt");
        assert_eq!(two.ask(&two.b, THERE, &plan).await, refused(400, &both), "both parts are needed");
        opened.set(account, State::Open).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_count_what_is_alive() {
    let two = Two::new();
    let peers = two.a.cloud.vpc_peer();
    let few = |in_region, across, of_account| Settings {
        per_vpc_in_region: in_region,
        per_vpc_across_regions: across,
        per_account_and_region: of_account,
    };
    for (settings, region, code) in [
        (few(0, 9, 9), HERE, "QuotaExceeded.IntraRegionVpcPeerCountPerVpc"),
        (few(9, 0, 9), THERE, "QuotaExceeded.CrossRegionVpcPeerCountPerVpc"),
        (few(9, 9, 0), THERE, "QuotaExceeded.VpcPeerCountPerUserPerRegion"),
    ] {
        peers.set_settings(settings);
        assert_eq!(two.ask(&two.b, region, &[]).await, refused(400, code));
    }
    peers.set_settings(few(1, 1, 1));
    let id = two.asked().await;
    assert_eq!(two.ask(&two.a, THERE, &[]).await, refused(400, "QuotaExceeded.CrossRegionVpcPeerCountPerVpc"));
    two.b.on("RejectVpcPeerConnection", &id).await.unwrap();
    two.ask(&two.a, THERE, &[]).await.expect("a rejected one does not count");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_pay_can_neither_change_nor_ask() {
    let two = Two::new();
    let id = two.joined().await;
    let peers = two.a.cloud.vpc_peer();
    assert!(peers.set_business_status(&id, BusinessStatus::FinancialLocked).unwrap());
    assert!(!peers.set_business_status("pcc-none", BusinessStatus::FinancialLocked).unwrap());
    let change = [("InstanceId", id.as_str()), ("Name", "renamed")];
    assert_eq!(two.a.peer("ModifyVpcPeerConnection", &change).await, refused(400, "IncorrectBusinessStatus.VpcPeer"));
    assert_eq!(two.ask(&two.b, HERE, &[]).await, refused(400, "IncorrectBusinessStatus.VpcPeer"));
    assert_eq!(two.b.see(&id).await["BizStatus"], "FinancialLocked");
}

#[tokio::test(start_paused = true)]
async fn every_writing_call_can_be_tried_without_effect() {
    let two = Two::new();
    let id = two.asked().await;
    let dry = [("InstanceId", id.as_str()), ("DryRun", "true")];
    for action in ["AcceptVpcPeerConnection", "RejectVpcPeerConnection", "DeleteVpcPeerConnection"] {
        assert_eq!(two.b.peer(action, &dry).await, refused(400, "DryRunOperation"), "{action}");
    }
    assert_eq!(two.a.peer("ModifyVpcPeerConnection", &dry).await, refused(400, "IncorrectStatus.VpcPeer"));
    assert_eq!(two.a.status(&id).await, "Accepting");
}

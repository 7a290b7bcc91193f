//! Exact requests, and the answers of the documents.

use std::sync::Arc;

use super::*;
use crate::scripted::{Cloud, refusal};
use crate::vpc::BusinessStatus;
use crate::{Error, Kind};

const DONE: &str = r#"{"RequestId":"R-0"}"#;

fn peer(cloud: &Arc<Cloud>) -> VpcPeer {
    cloud.client().vpc_peer(&"cn-qingdao".parse().unwrap())
}

fn request() -> CreateVpcPeerConnection {
    CreateVpcPeerConnection {
        vpc_id: "vpc-ini0demo1".to_owned(),
        accepting_account: "1000000000000002".parse().unwrap(),
        accepting_region: "cn-beijing".parse().unwrap(),
        accepting_vpc_id: "vpc-acc0demo1".to_owned(),
        bandwidth: Some(100),
        link_type: Some(LinkType::Platinum),
        name: Some("to Beijing + back".to_owned()),
        description: None,
        client_token: "t-1".parse().unwrap(),
    }
}

/// The parameters of [`request`] that travel as a form.
const FORM: [(&str, &str); 8] = [
    ("RegionId", "cn-qingdao"),
    ("VpcId", "vpc-ini0demo1"),
    ("AcceptingAliUid", "1000000000000002"),
    ("AcceptingRegionId", "cn-beijing"),
    ("AcceptingVpcId", "vpc-acc0demo1"),
    ("Bandwidth", "100"),
    ("Name", "to Beijing + back"),
    ("ClientToken", "t-1"),
];

fn connection(id: &str, status: &str) -> String {
    format!(
        r#"{{"RequestId":"R","InstanceId":"{id}","Name":"a","Description":"","Status":"{status}","BizStatus":"Normal",
            "RegionId":"cn-qingdao","OwnerId":1000000000000001,
            "Vpc":{{"VpcId":"vpc-ini0demo1","Ipv4Cidrs":["192.168.0.0/16","10.1.0.0/16"],"Ipv6Cidrs":[]}},
            "AcceptingRegionId":"cn-beijing","AcceptingOwnerUid":1000000000000002,
            "AcceptingVpc":{{"VpcId":"vpc-acc0demo1","Ipv4Cidrs":["172.16.0.0/16"]}},
            "Bandwidth":-1,"LinkType":"Gold","GmtCreate":"2026-01-02T03:04:05Z","GmtModified":"2026-01-02T03:04Z",
            "GmtExpired":"2026-01-09T03:04:05Z","ManagedService":"","Tags":[]}}"#
    )
}

#[tokio::test]
async fn creating_sends_a_form_to_the_central_address_with_the_link_type_in_the_query() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R","InstanceId":"pcc-1"}"#);
    assert_eq!(peer(&cloud).create_vpc_peer_connection(&request()).await.unwrap(), "pcc-1");
    let seen = cloud.only();
    assert_eq!(seen.line(), "POST https://vpcpeer.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-version"), Some("2022-01-01"));
    seen.assert_form("CreateVpcPeerConnection", &FORM, &[("LinkType", "Platinum")]);
}

#[tokio::test]
async fn a_dry_run_of_each_call_passes_by_its_error() {
    let cloud = Cloud::answering(|_| Ok((400, refusal("DryRunOperation"))));
    let peer = peer(&cloud);
    peer.dry_run_create_vpc_peer_connection(&request()).await.unwrap();
    peer.dry_run_accept_vpc_peer_connection("pcc-1").await.unwrap();
    let token = || "t-2".parse().unwrap();
    let modify = ModifyVpcPeerConnection {
        instance_id: "pcc-1".to_owned(),
        bandwidth: Some(200),
        link_type: None,
        name: None,
        description: None,
        client_token: token(),
    };
    peer.dry_run_modify_vpc_peer_connection(&modify).await.unwrap();
    let delete = DeleteVpcPeerConnection { instance_id: "pcc-1".to_owned(), force: false, client_token: token() };
    peer.dry_run_delete_vpc_peer_connection(&delete).await.unwrap();

    let [create, accept, modify, delete] = &cloud.seen()[..] else { panic!("four requests") };
    let dry = ("DryRun", "true");
    let form: Vec<_> = FORM.into_iter().chain([dry]).collect();
    create.assert_form("CreateVpcPeerConnection", &form, &[("LinkType", "Platinum")]);
    accept.assert_form("AcceptVpcPeerConnection", &[("InstanceId", "pcc-1"), dry], &[]);
    let form = [("InstanceId", "pcc-1"), ("Bandwidth", "200"), ("ClientToken", "t-2"), dry];
    modify.assert_form("ModifyVpcPeerConnection", &form, &[]);
    delete.assert_form("DeleteVpcPeerConnection", &[("InstanceId", "pcc-1"), ("ClientToken", "t-2"), dry], &[]);
}

#[tokio::test]
async fn answering_and_deleting_name_the_connection_and_no_region() {
    let cloud = Cloud::answering(|_| Ok((200, DONE.to_owned())));
    let peer = peer(&cloud);
    let token = "t-3".parse().unwrap();
    peer.accept_vpc_peer_connection("pcc-1", &token).await.unwrap();
    peer.reject_vpc_peer_connection("pcc-1", &token).await.unwrap();
    let delete = DeleteVpcPeerConnection { instance_id: "pcc-1".to_owned(), force: true, client_token: token };
    peer.delete_vpc_peer_connection(&delete).await.unwrap();

    let [accept, reject, delete] = &cloud.seen()[..] else { panic!("three requests") };
    let form = [("InstanceId", "pcc-1"), ("ClientToken", "t-3")];
    accept.assert_form("AcceptVpcPeerConnection", &form, &[]);
    reject.assert_form("RejectVpcPeerConnection", &form, &[]);
    delete.assert_form("DeleteVpcPeerConnection", &[form[0], form[1], ("Force", "true")], &[]);
}

#[tokio::test]
async fn a_connection_is_read_with_the_ranges_of_both_vpcs() {
    let cloud = Cloud::new().says(200, &connection("pcc-1", "Accepting"));
    let read = peer(&cloud).connection("pcc-1").await.unwrap().unwrap();
    cloud.only().assert_form("GetVpcPeerConnectionAttribute", &[("InstanceId", "pcc-1")], &[]);
    assert_eq!(read.status, PeerStatus::Accepting);
    assert!(read.status.is_settled());
    assert_eq!(read.business_status, Some(BusinessStatus::Normal));
    let nets = |vpc: &Option<PeerVpc>| -> Vec<_> {
        vpc.as_ref().unwrap().ipv4_cidrs.iter().map(ToString::to_string).collect()
    };
    assert_eq!(nets(&read.vpc), ["192.168.0.0/16", "10.1.0.0/16"]);
    assert_eq!(nets(&read.accepting_vpc), ["172.16.0.0/16"]);
    assert_eq!(read.owner_id.as_deref(), Some("1000000000000001"));
    assert_eq!(read.accepting_owner_uid.as_deref(), Some("1000000000000002"));
    assert_eq!((read.bandwidth, read.link_type.clone()), (Some(-1), Some(LinkType::Gold)));
    assert_eq!(read.expires, Some("2026-01-09T03:04:05Z".parse().unwrap()));
    assert!(read.joins("vpc-acc0demo1", "vpc-ini0demo1") && !read.joins("vpc-acc0demo1", "vpc-acc0demo1"));
}

#[tokio::test]
async fn a_connection_that_is_gone_is_none_and_another_failure_stays_one() {
    let cloud = Cloud::new().says(400, &refusal("ResourceNotFound.InstanceId")).says(403, &refusal("Forbidden.RAM"));
    let peer = peer(&cloud);
    assert_eq!(peer.connection("pcc-1").await.unwrap(), None);
    assert_eq!(peer.connection("pcc-1").await.unwrap_err().kind(), Kind::Denied);
}

#[tokio::test]
async fn all_pages_of_a_listing_are_read() {
    let page = |ids: &[&str], token: &str| {
        let rows: Vec<_> = ids.iter().map(|id| connection(id, "Activated")).collect();
        format!(r#"{{"RequestId":"R","TotalCount":3,"NextToken":"{token}","VpcPeerConnects":[{}]}}"#, rows.join(","))
    };
    let cloud = Cloud::new().says(200, &page(&["pcc-1", "pcc-2"], "n+1")).says(200, &page(&["pcc-3"], ""));
    let request = ListVpcPeerConnections { vpc_ids: vec!["vpc-1".to_owned(), "vpc-2".to_owned()], name: None };
    let listed = peer(&cloud).list_vpc_peer_connections(&request).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|row| row.instance_id.as_str()).collect();
    assert_eq!(ids, ["pcc-1", "pcc-2", "pcc-3"]);

    let [first, second] = &cloud.seen()[..] else { panic!("two pages") };
    let form = [("RegionId", "cn-qingdao"), ("VpcId", "vpc-1,vpc-2"), ("MaxResults", "100")];
    first.assert_form("ListVpcPeerConnections", &form, &[]);
    let form: Vec<_> = form.into_iter().chain([("NextToken", "n+1")]).collect();
    second.assert_form("ListVpcPeerConnections", &form, &[]);
}

#[tokio::test]
async fn a_refusal_says_whose_account_has_to_act() {
    async fn refused(code: &str) -> Error {
        let cloud = Cloud::new().says(400, &refusal(code));
        peer(&cloud).create_vpc_peer_connection(&request()).await.unwrap_err()
    }
    let own = refused("OperationFailed.CdtNotOpened").await;
    let other = refused("OperationFailed.AcceptUserCdtNotOpened").await;
    assert_eq!((own.kind(), other.kind()), (Kind::Commercial, Kind::Commercial));
    assert!(own.advice().contains("this account") && other.advice().contains("accepting account"));
    let pair = refused("ResourceAlreadyExist.RouterInterface").await;
    assert_eq!(pair.kind(), Kind::RuledOut);
    assert!(pair.advice().contains("router interfaces"), "{}", pair.advice());
}

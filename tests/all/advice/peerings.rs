//! Peering connections.

use alicloud::vpc_peer::{CreateVpcPeerConnection, DeleteVpcPeerConnection, PeerStatus, VpcPeer};
use alicloud::{Call, Error};
use causeway_local::cdt::State;
use causeway_local::vpc::BusinessStatus;
use causeway_local::vpcpeer::Settings;
use causeway_tests::system::System;

use super::interfaces::Pair;
use super::{routes, settle, stories};

stories! { Call;
    CreateVpcPeerConnection "ResourceAlreadyExist.RouterInterface" RuledOut "Remove the pair first" => a_pair_in_the_way;
    CreateVpcPeerConnection "ResourceAlreadyExist.VpcPeer" AlreadyThere
        "joins these two VPCs already. If somebody else made it, delete it" => a_peering_that_is_there;
    CreateVpcPeerConnection "Conflict.Operation" Busy "the cloud makes one at a time. Wait" => two_at_once;
    AcceptVpcPeerConnection "IncorrectStatus.VpcPeer" AlreadyThere "it may be active already" => accepted_twice;
    CreateVpcPeerConnection "OperationFailed.CdtNotOpened" Commercial
        "which this account has not opened" => nothing_is_paid_for;
    CreateVpcPeerConnection "OperationFailed.AcceptUserCdtNotOpened" Commercial
        "which the accepting account has not opened" => the_acceptor_pays_for_nothing;
    CreateVpcPeerConnection "OperationFailed.CrossBorderCdtNotOpened" Commercial
        "for which this account needs the cross-border part" => the_border_is_not_paid_for;
    CreateVpcPeerConnection "OperationFailed.AcceptUserCrossBorderCdtNotOpened" Commercial
        "for which the accepting account needs the cross-border part" => the_acceptor_pays_for_no_border;
    CreateVpcPeerConnection "IncorrectBusinessStatus.AcceptUserVpcPeer" Commercial
        "Its owner has to settle them" => the_acceptor_owes;
    CreateVpcPeerConnection "QuotaExceeded.CrossRegionVpcPeerCountPerVpc" Quota
        "One of the two VPCs has as many peering connections as it may" => a_full_vpc;
    CreateVpcPeerConnection "QuotaExceeded.VpcPeerCountPerUserPerRegion" Quota
        "as many peering connections in this region as it may" => a_full_region;
    DeleteVpcPeerConnection "OperationDenied.RouteEntryExist" Busy
        "A route still points to it. Delete the route" => a_route_in_the_way;
}

fn peers(system: &System, alias: &str) -> VpcPeer {
    system.client(alias).vpc_peer(&super::vpc(system, alias).region_id.parse().unwrap())
}

/// A request of `a`'s first VPC to the one of `b` in this region.
async fn asked_of(system: &System, region: &str) -> Result<String, Error> {
    let theirs = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == region).unwrap();
    let request = CreateVpcPeerConnection {
        vpc_id: super::vpc(system, "a").vpc_id.clone(),
        accepting_account: system.account_id("b").parse().unwrap(),
        accepting_region: region.parse().unwrap(),
        accepting_vpc_id: theirs.vpc_id.clone(),
        bandwidth: None,
        link_type: None,
        name: None,
        description: None,
        client_token: system.token(),
    };
    peers(system, "a").create_vpc_peer_connection(&request).await
}

async fn asked(system: &System) -> Result<String, Error> {
    let id = asked_of(system, "cn-beijing").await?;
    settle().await;
    Ok(id)
}

async fn accepted(system: &System) -> String {
    let id = asked(system).await.unwrap();
    peers(system, "b").accept_vpc_peer_connection(&id, &system.token()).await.unwrap();
    settle().await;
    id
}

async fn delete(system: &System, id: &str) -> Result<(), Error> {
    let request = DeleteVpcPeerConnection { instance_id: id.to_owned(), force: false, client_token: system.token() };
    peers(system, "a").delete_vpc_peer_connection(&request).await?;
    settle().await;
    Ok(())
}

async fn a_pair_in_the_way(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = asked(system).await.unwrap_err();
    pair.remove().await;
    asked(system).await.unwrap();
    refused
}

async fn a_peering_that_is_there(system: &System) -> Error {
    let id = accepted(system).await;
    let refused = asked(system).await.unwrap_err();
    delete(system, &id).await.unwrap();
    asked(system).await.unwrap();
    refused
}

async fn two_at_once(system: &System) -> Error {
    asked_of(system, "cn-beijing").await.unwrap();
    let refused = asked_of(system, "cn-qingdao").await.unwrap_err();
    settle().await;
    asked_of(system, "cn-qingdao").await.unwrap();
    refused
}

async fn accepted_twice(system: &System) -> Error {
    let id = accepted(system).await;
    let refused = peers(system, "b").accept_vpc_peer_connection(&id, &system.token()).await.unwrap_err();
    let seen = peers(system, "b").connection(&id).await.unwrap().unwrap();
    assert_eq!(seen.status, PeerStatus::Activated);
    refused
}

/// Refused while `alias` has opened no more of CDT than that, and made once it has.
async fn opens_cdt(system: &System, alias: &str, cdt: State, region: &str) -> Error {
    let account = system.account_id(alias);
    system.cloud.cdt().set(account, cdt).unwrap();
    let refused = asked_of(system, region).await.unwrap_err();
    system.cloud.cdt().set(account, State::Open).unwrap();
    asked_of(system, region).await.unwrap();
    refused
}

async fn nothing_is_paid_for(system: &System) -> Error {
    opens_cdt(system, "a", State::Closed, "cn-beijing").await
}

async fn the_acceptor_pays_for_nothing(system: &System) -> Error {
    opens_cdt(system, "b", State::Closed, "cn-beijing").await
}

async fn the_border_is_not_paid_for(system: &System) -> Error {
    opens_cdt(system, "a", State::WithoutCrossBorder, "eu-central-1").await
}

async fn the_acceptor_pays_for_no_border(system: &System) -> Error {
    opens_cdt(system, "b", State::WithoutCrossBorder, "eu-central-1").await
}

async fn the_acceptor_owes(system: &System) -> Error {
    let peers = system.cloud.vpc_peer();
    let other = by_acceptor(system).await;
    assert!(peers.set_business_status(&other, BusinessStatus::FinancialLocked).unwrap());
    let refused = asked(system).await.unwrap_err();
    assert!(peers.set_business_status(&other, BusinessStatus::Normal).unwrap());
    asked(system).await.unwrap();
    refused
}

/// A connection that `b` asked for, between two VPCs of its own.
async fn by_acceptor(system: &System) -> String {
    let [one, other, ..] = &system.account("b").vpcs[..] else { panic!("the seed gives b two VPCs") };
    let request = CreateVpcPeerConnection {
        vpc_id: one.vpc_id.clone(),
        accepting_account: system.account_id("b").parse().unwrap(),
        accepting_region: other.region_id.parse().unwrap(),
        accepting_vpc_id: other.vpc_id.clone(),
        bandwidth: None,
        link_type: None,
        name: None,
        description: None,
        client_token: system.token(),
    };
    let id = peers(system, "b").create_vpc_peer_connection(&request).await.unwrap();
    settle().await;
    id
}

/// Refused while `settings` leave room for one, and made once that one is gone.
async fn makes_room(system: &System, settings: impl FnOnce(Settings) -> Settings) -> Error {
    let peers = system.cloud.vpc_peer();
    peers.set_settings(settings(peers.settings()));
    let first = asked_of(system, "eu-central-1").await.unwrap();
    settle().await;
    let refused = asked(system).await.unwrap_err();
    delete(system, &first).await.unwrap();
    asked(system).await.unwrap();
    refused
}

async fn a_full_vpc(system: &System) -> Error {
    makes_room(system, |settings| Settings { per_vpc_across_regions: 1, ..settings }).await
}

async fn a_full_region(system: &System) -> Error {
    makes_room(system, |settings| Settings { per_account_and_region: 1, ..settings }).await
}

async fn a_route_in_the_way(system: &System) -> Error {
    let id = accepted(system).await;
    let route = routes::made(system, "172.16.0.0/16", &id).await.unwrap();
    let refused = delete(system, &id).await.unwrap_err();
    routes::deleted(system, &route).await;
    delete(system, &id).await.unwrap();
    refused
}

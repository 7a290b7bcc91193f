//! Router interfaces.

use alicloud::vpc::{
    CreateRouterInterface, InterfaceStatus, ModifyRouterInterfaceAttribute, Peer, Role, RouterType, Spec, Vpc,
};
use alicloud::{Call, Error};
use causeway_local::vpc::{BusinessStatus, Settings};
use causeway_tests::system::System;

use super::{routes, settle, stories, vpc, vpc_client};

stories! { Call;
    CreateRouterInterface "QuotaExceeded" Quota "Remove what is not needed, or raise the quota in the console" => a_full_router;
    CreateRouterInterface "InvalidSpec.ValudNotSupported" Refused "An accepting side has no class but Negative" => a_spec;
    ConnectRouterInterface "Forbidden.OnlyOneConnection" AlreadyThere "remove that one first" => a_second_pair;
    ConnectRouterInterface "IncorrectOppositeInterfaceInfo.NotSet" Busy "Set what is missing" => both_are_told;
    ConnectRouterInterface "IncorrectOppositeInterfaceInfo" Refused "Compare the peer information" => a_wrong_peer;
    ConnectRouterInterface "IncorrectRole.NotInitiatingSide" Refused "Only the initiating side can connect" => an_acceptor;
    ModifyRouterInterfaceAttribute "InvalidParam.ModifyRouterInterface" Refused "deleted and made anew" => a_late_peer;
    ActivateRouterInterface "IncorrectRIStatus" AlreadyThere "Only an Inactive interface can be activated" => an_active_one;
    DeleteRouterInterface "InvalidInstance.StatusError" Busy "deactivate it first" => an_active_one_must_go;
    DeleteRouterInterface "RouterInterfaceReferredByRouteEntry" Busy
        "A route still points to the interface. Delete the route" => a_route_in_the_way;
    ModifyRouterInterfaceSpec "InvalidOpposite.NotFound" Refused "Make the pair anew" => a_widow;
    ActivateRouterInterface "Forbidden.FinancileLocked" Commercial "Settle them; the lock goes by itself" => unpaid;
}

/// An interface of one account.
struct End {
    vpc: Vpc,
    peer: Peer,
}

/// A pair between the tutorial's VPCs, initiated by `a`.
pub(super) struct Pair<'a> {
    system: &'a System,
    a: End,
    b: End,
}

async fn made(system: &System, alias: &str, role: Role, spec: Spec) -> Result<End, Error> {
    let (own, other) = (vpc(system, alias), vpc(system, if alias == "a" { "b" } else { "a" }));
    let request = CreateRouterInterface {
        role,
        spec,
        router_type: RouterType::VRouter,
        router_id: own.vrouter_id.clone(),
        opposite_region: other.region_id.parse().unwrap(),
        peer: None,
        name: None,
        description: None,
        client_token: system.token(),
    };
    let vpc = vpc_client(system, alias);
    let interface_id = vpc.create_router_interface(&request).await?;
    let (router_id, owner_id) = (own.vrouter_id.clone(), system.account_id(alias).to_owned());
    Ok(End { vpc, peer: Peer { interface_id, router_id, router_type: RouterType::VRouter, owner_id } })
}

impl End {
    fn id(&self) -> &str {
        &self.peer.interface_id
    }

    async fn is_told(&self, peer: &Peer) -> Result<(), Error> {
        let request = ModifyRouterInterfaceAttribute {
            router_interface_id: self.id().to_owned(),
            peer: Some(peer.clone()),
            name: None,
            description: None,
        };
        self.vpc.modify_router_interface_attribute(&request).await
    }

    async fn deactivate(&self) {
        self.vpc.deactivate_router_interface(self.id()).await.unwrap();
        settle().await;
    }
}

impl<'a> Pair<'a> {
    async fn of_strangers(system: &'a System) -> Self {
        let a = made(system, "a", Role::Initiating, Spec::Mini2).await.unwrap();
        let b = made(system, "b", Role::Accepting, Spec::Negative).await.unwrap();
        Self { system, a, b }
    }

    async fn of_acquainted(system: &'a System) -> Self {
        let pair = Self::of_strangers(system).await;
        pair.b.is_told(&pair.a.peer).await.unwrap();
        pair.a.is_told(&pair.b.peer).await.unwrap();
        pair
    }

    /// Connected.
    pub(super) async fn active(system: &'a System) -> Self {
        let pair = Self::of_acquainted(system).await;
        pair.connect().await.unwrap();
        settle().await;
        pair
    }

    /// The initiator, which belongs to `a`.
    pub(super) fn initiator(&self) -> &str {
        self.a.id()
    }

    /// The acceptor, which belongs to `b`.
    pub(super) fn acceptor(&self) -> &str {
        self.b.id()
    }

    async fn connect(&self) -> Result<(), Error> {
        self.a.vpc.connect_router_interface(self.a.id()).await
    }

    async fn delete(&self, end: &End) -> Result<(), Error> {
        end.vpc.delete_router_interface(end.id(), &self.system.token()).await?;
        settle().await;
        Ok(())
    }

    /// Takes it apart as its owners would.
    pub(super) async fn remove(&self) {
        for end in [&self.a, &self.b] {
            end.deactivate().await;
        }
        for end in [&self.a, &self.b] {
            self.delete(end).await.unwrap();
        }
    }
}

async fn a_full_router(system: &System) -> Error {
    let vpcs = system.cloud.vpc();
    vpcs.set_settings(Settings { interfaces_per_router: 1, ..vpcs.settings() });
    let one = made(system, "a", Role::Initiating, Spec::Mini2).await.unwrap();
    let refused = made(system, "a", Role::Initiating, Spec::Mini2).await.map(|_| ()).unwrap_err();
    one.vpc.delete_router_interface(one.id(), &system.token()).await.unwrap();
    settle().await;
    assert!(made(system, "a", Role::Initiating, Spec::Mini2).await.is_ok());
    refused
}

async fn a_spec(system: &System) -> Error {
    let refused = made(system, "b", Role::Accepting, Spec::Mini2).await.map(|_| ()).unwrap_err();
    assert!(made(system, "b", Role::Accepting, Spec::Negative).await.is_ok());
    refused
}

async fn a_second_pair(system: &System) -> Error {
    let first = Pair::active(system).await;
    let second = Pair::of_acquainted(system).await;
    let refused = second.connect().await.unwrap_err();
    first.remove().await;
    second.connect().await.unwrap();
    refused
}

async fn both_are_told(system: &System) -> Error {
    let pair = Pair::of_strangers(system).await;
    let refused = pair.connect().await.unwrap_err();
    pair.b.is_told(&pair.a.peer).await.unwrap();
    pair.a.is_told(&pair.b.peer).await.unwrap();
    pair.connect().await.unwrap();
    refused
}

async fn a_wrong_peer(system: &System) -> Error {
    let pair = Pair::of_acquainted(system).await;
    pair.b.is_told(&pair.b.peer).await.unwrap();
    let refused = pair.connect().await.unwrap_err();
    let seen = pair.b.vpc.router_interface(pair.b.id()).await.unwrap().unwrap();
    assert_ne!(seen.peer().as_ref(), Some(&pair.a.peer), "this is the side that points elsewhere");
    pair.b.is_told(&pair.a.peer).await.unwrap();
    pair.connect().await.unwrap();
    refused
}

async fn an_acceptor(system: &System) -> Error {
    let pair = Pair::of_acquainted(system).await;
    let refused = pair.b.vpc.connect_router_interface(pair.b.id()).await.unwrap_err();
    pair.connect().await.unwrap();
    refused
}

async fn a_late_peer(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = pair.a.is_told(&pair.b.peer).await.unwrap_err();
    pair.remove().await;
    Pair::active(system).await;
    refused
}

async fn an_active_one(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = pair.a.vpc.activate_router_interface(pair.a.id()).await.unwrap_err();
    let seen = pair.a.vpc.router_interface(pair.a.id()).await.unwrap().unwrap();
    assert_eq!(seen.status, InterfaceStatus::Active);
    refused
}

async fn an_active_one_must_go(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let refused = pair.delete(&pair.a).await.unwrap_err();
    pair.a.deactivate().await;
    pair.delete(&pair.a).await.unwrap();
    refused
}

async fn a_route_in_the_way(system: &System) -> Error {
    let pair = Pair::active(system).await;
    let route = routes::made(system, "172.16.0.0/16", pair.initiator()).await.unwrap();
    pair.a.deactivate().await;
    let refused = pair.delete(&pair.a).await.unwrap_err();
    routes::deleted(system, &route).await;
    pair.delete(&pair.a).await.unwrap();
    refused
}

async fn a_widow(system: &System) -> Error {
    let pair = Pair::active(system).await;
    pair.b.deactivate().await;
    pair.delete(&pair.b).await.unwrap();
    let resized = pair.a.vpc.modify_router_interface_spec(pair.a.id(), &Spec::Small1, &system.token()).await;
    pair.delete(&pair.a).await.unwrap();
    let anew = Pair::active(system).await;
    anew.a.vpc.modify_router_interface_spec(anew.a.id(), &Spec::Small1, &system.token()).await.unwrap();
    resized.unwrap_err()
}

async fn unpaid(system: &System) -> Error {
    let pair = Pair::active(system).await;
    pair.a.deactivate().await;
    let bill = |status| {
        let region = &vpc(system, "a").region_id;
        let there = system.cloud.vpc().set_business_status(system.account_id("a"), region, pair.initiator(), status);
        assert!(there.unwrap());
    };
    bill(BusinessStatus::FinancialLocked);
    let refused = pair.a.vpc.activate_router_interface(pair.a.id()).await.unwrap_err();
    bill(BusinessStatus::Normal);
    pair.a.vpc.activate_router_interface(pair.a.id()).await.unwrap();
    refused
}

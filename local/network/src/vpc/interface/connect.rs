//! ConnectRouterInterface: the one call that looks across accounts and regions.

use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::world::World;
use super::{BusinessStatus, Event, Interface, Role, RouterType, refusal};

pub(in crate::vpc) fn connect(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let own = world.interface(&place, &request.params, "RouterInterfaceId")?;
    let peer = check(world, own)?;
    let (own, peer) = (place.key(&own.id), peer.place().key(&peer.id));
    world.move_interface(&own, Event::Connect, Some(Wait::InterfaceConnect));
    world.move_interface(&peer, Event::BeConnected, Some(Wait::InterfaceConnect));
    Ok(json!({}))
}

/// Everything that must hold, cheapest and most telling first. Returns the peer.
fn check<'a>(world: &'a World, own: &Interface) -> Result<&'a Interface, RpcError> {
    refuse_if!(own.role != Role::Initiator, refusal::not_initiator(&own.id));
    if own.status.after(Event::Connect).is_none() {
        return Err(refusal::wrong_status(wrong_status(world), &own.id, own.status, "Idle"));
    }
    refuse_if!(!own.opposite.is_complete(), refusal::peer_not_set(&own.id));
    if world.has_overdue(&own.account) || own.business == BusinessStatus::FinancialLocked {
        return Err(refusal::bills_outstanding());
    }
    refuse_if!(own.opposite.router_id == own.router_id, refusal::wrong_peer("both sides are the same router"));
    if own.opposite.router_type != Some(RouterType::VRouter) {
        return Err(refusal::wrong_peer("the opposite router is said to be a VBR, and it is not"));
    }
    let peer = world
        .opposite_of(own)
        .filter(|peer| own.points_to(peer))
        .ok_or_else(|| refusal::wrong_peer("there is no such interface at that router, in that account and region"))?;
    refuse_if!(peer.role != Role::Acceptor, refusal::wrong_peer("the opposite interface is not an accepting side"));
    refuse_if!(has_pair(world, own), refusal::only_one_connection());
    // The acceptor may not have been told yet, which is worth a retry, or may have been told of somebody else.
    refuse_if!(!peer.opposite.is_complete(), refusal::peer_not_set(&peer.id));
    refuse_if!(!peer.points_to(own), refusal::wrong_peer("the opposite interface does not point back"));
    if peer.status.after(Event::BeConnected).is_none() {
        return Err(refusal::wrong_status(wrong_status(world), &peer.id, peer.status, "Idle"));
    }
    Ok(peer)
}

/// Whether some pair joins the two routers already, or is about to. A pair whose other side is gone joins nothing.
fn has_pair(world: &World, own: &Interface) -> bool {
    world.interfaces.at(&own.place()).any(|(_, other)| {
        other.router_id == own.router_id
            && other.opposite.router_id == own.opposite.router_id
            && other.status.is_paired()
            && !other.opposite.is_deleted
    })
}

fn wrong_status(world: &World) -> &'static str {
    if world.settings.older_codes { "IncorrectStatus" } else { "IncorrectRIStatus" }
}

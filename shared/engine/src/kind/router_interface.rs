//! A connection's router interface on one side.

use alicloud::vpc::{Filter, FilterKey, InterfaceStatus, Peer, RouterInterface, RouterType, Vpc};

use crate::adopted::Found;
use crate::step::SideContext;
use connection::inventory::Inventory;
use connection::not_done::NotDone;
use connection::outputs::Outputs;

/// What a plan calls an interface that is not made yet.
pub const NEW: &str = "the new router interface";

/// One as something that may have been made by hand.
#[must_use]
pub fn as_found(found: &RouterInterface) -> Found<'_> {
    Found { id: &found.router_interface_id, description: found.description.as_deref() }
}

/// Every router interface on the side's router that is this connection's: the recorded one first, or that the spec takes over, then
/// any that carries the connection's mark, as one does that was made by a process that died before it could record it.
///
/// # Errors
/// When the listing fails.
pub async fn all_own(side: &SideContext<'_>, vpc: &Vpc, outputs: &Outputs) -> Result<Vec<RouterInterface>, NotDone> {
    let on_router = Filter::new(FilterKey::RouterId, side.network().router()?);
    let recorded = |found: &RouterInterface| {
        outputs.router_interface_id.as_ref() == Some(&found.router_interface_id) || as_found(found).is_adopted(side)
    };
    let mark = side.mark();
    let mut own = vpc.all_router_interfaces(&[on_router]).await?;
    own.retain(|found| recorded(found) || found.description.as_deref().is_some_and(|text| mark.is_on(text)));
    own.retain(|found| found.status != InterfaceStatus::Deleted && !as_found(found).is_anothers(side));
    own.sort_by_key(|found| (!recorded(found), found.router_interface_id.clone()));
    Ok(own)
}

/// The same of what was listed before, by the record alone; `None` when the listing could not be looked at. The one that
/// the record knows is found on another router too.
#[must_use]
pub fn all_own_shown<'s>(side: &SideContext<'_>, inventory: &'s Inventory) -> Option<Vec<&'s RouterInterface>> {
    let (view, mark, outputs) = (side.view(inventory), side.mark(), side.outputs());
    let recorded = |found: &RouterInterface| outputs.router_interface_id.as_ref() == Some(&found.router_interface_id);
    let mut own = view.router_interfaces(side.network().router_id.as_deref()?)?;
    own.retain(|found| !recorded(found) && found.description.as_deref().is_some_and(|text| mark.is_on(text)));
    if let Some(id) = &outputs.router_interface_id {
        own.extend(view.router_interfaces(id)?.into_iter().filter(|found| recorded(found)));
    }
    own.retain(|found| found.status != InterfaceStatus::Deleted);
    own.sort_by_key(|found| (!recorded(found), found.router_interface_id.clone()));
    Some(own)
}

/// The one router interface of this connection, or `None` if there is none yet.
///
/// # Errors
/// When the listing fails, or there are several: then a person must say which one goes.
pub async fn own(side: &SideContext<'_>, vpc: &Vpc, outputs: &Outputs) -> Result<Option<RouterInterface>, NotDone> {
    let mut own = all_own(side, vpc, outputs).await?;
    if own.len() > 1 {
        let ids: Vec<_> = own.iter().map(|found| found.router_interface_id.as_str()).collect();
        return Err(NotDone::failed(
            format!("several router interfaces carry the mark of this connection: {}", ids.join(", ")),
            "delete all but one of them, then retry; or remove the connection, which deletes them all",
        ));
    }
    Ok(own.pop())
}

/// The router interface that an earlier step made.
///
/// # Errors
/// When it is gone: somebody deleted it.
pub async fn existing(side: &SideContext<'_>, vpc: &Vpc, outputs: &Outputs) -> Result<RouterInterface, NotDone> {
    own(side, vpc, outputs).await?.ok_or_else(|| {
        let id = outputs.router_interface_id.as_deref().unwrap_or("of this side");
        NotDone::failed(
            format!("the router interface {id} is gone; somebody deleted it"),
            "remove the connection and post it again",
        )
    })
}

/// What this side's interface must know of the other side, or a wait until the other side's interface is known.
///
/// # Errors
/// A wait when the other side's interface is not recorded.
pub fn expected_peer(side: &SideContext<'_>) -> Result<Peer, NotDone> {
    let peer = side.peer();
    let adopted = || side.record().spec.adopted(side.side().peer()).map(ToString::to_string);
    let interface_id = peer.outputs.router_interface_id.clone().or_else(adopted).ok_or_else(|| {
        NotDone::failed(
            "the other side's router interface is not recorded",
            "retry from the beginning: remove the connection and post it again",
        )
    })?;
    Ok(Peer {
        interface_id,
        router_id: peer.network.router()?.to_owned(),
        router_type: RouterType::VRouter,
        owner_id: peer.account_id.clone(),
    })
}

//! What joins the two VPCs already. The cloud allows one pair of router interfaces between two routers, one peering between
//! two VPCs, and not both.

use alicloud::vpc::{BusinessStatus, Filter, FilterKey, InterfaceStatus, Role, RouterInterface};
use alicloud::vpc_peer::{CreateVpcPeerConnection, ListVpcPeerConnections, PeerConnection, PeerStatus, PeerVpc};
use connection::mark::Mark;
use connection::spec::{KindSpec, Spec, VpcPeeringSpec};
use connection::words::{ConnectionName, Kind, ResourceId};
use futures::future::join;

use super::{Meant, PreflightError, billing, flatten};

/// What stands in the way of joining the two sides as the spec wants. `may_try` says whether the initiator's roles allow to try the
/// call that joins them.
pub(crate) async fn obstacles(spec: &Spec, one: &Meant<'_>, other: &Meant<'_>, may_try: bool) -> Vec<PreflightError> {
    let (first, second) = join(interfaces(spec, one, other), interfaces(spec, other, one)).await;
    let mut errors: Vec<_> = flatten(first).into_iter().chain(flatten(second)).collect();
    if let KindSpec::VpcPeering(peering) = &spec.kind {
        errors.extend(flatten(peerings(peering, one, other, may_try).await));
    }
    errors
}

async fn interfaces(spec: &Spec, own: &Meant<'_>, peer: &Meant<'_>) -> Result<Vec<PreflightError>, PreflightError> {
    let pointer = format!("/{}/vpc_id", own.found.side);
    let on_router = Filter::new(FilterKey::RouterId, &own.found.network.router_id);
    let listed = own.found.client.vpc(&own.found.region).all_router_interfaces(&[on_router]).await;
    let listed = listed.map_err(|error| PreflightError::of(pointer.clone(), error))?;
    let mut errors = Vec::new();
    let locked = |interface: &&RouterInterface| interface.business_status == Some(BusinessStatus::FinancialLocked);
    if let (KindSpec::RouterInterface(_), Some(locked)) = (&spec.kind, listed.iter().find(locked)) {
        let detail = format!(
            "router interface {} is locked for unpaid bills, and until they are paid the account can make none; \
             settle them first",
            locked.router_interface_id
        );
        errors.push(PreflightError::at(pointer.clone(), detail));
    }
    let own_id = made_of(own).and_then(|outputs| outputs.router_interface_id.as_deref());
    let adopted = spec.adopted(own.found.side).filter(|_| spec.kind() == Kind::RouterInterface).map(ResourceId::as_str);
    if let (Some(id), None) = (adopted, own_id)
        && let Some(detail) = why_not_pair(spec, id, own, &listed)
    {
        errors.push(PreflightError::at(format!("/adopt/{}", own.found.side), detail));
    }
    let joins = |interface: &&RouterInterface| {
        interface.opposite_router_id.as_ref() == Some(&peer.found.network.router_id)
            && interface.opposite_interface_status != Some(InterfaceStatus::Deleted)
            && ![own_id, adopted].contains(&Some(&interface.router_interface_id))
    };
    for interface in listed.iter().filter(joins) {
        let mut detail = format!(
            "router interface {} ({}) joins the two VPCs already; the cloud allows one pair between two routers, and no \
             peering beside it",
            interface.router_interface_id, interface.status
        );
        detail.push_str(&match (maker(interface.description.as_deref()), spec.kind()) {
            (Some(name), Kind::VpcPeering) => format!(
                "; it is that of connection {name}: PUT this spec with migrate: true and the name {name} in its place \
                 (PUT /v1/connections/{name})"
            ),
            (Some(name), _) => format!("; it is that of connection {name}: change or remove that one"),
            (None, Kind::VpcPeering) => "; nobody told Causeway of it: take the pair over by a connection of kind router-interface with \
                                         adopt, which this one may then replace, or delete the pair first"
                .to_owned(),
            (None, _) => "; nobody told Causeway of it: put the ids of both interfaces into adopt to take the pair over, or delete it \
                          first"
                .to_owned(),
        });
        errors.push(PreflightError::at(pointer.clone(), detail));
    }
    Ok(errors)
}

async fn peerings(
    spec: &VpcPeeringSpec,
    own: &Meant<'_>,
    peer: &Meant<'_>,
    may_try: bool,
) -> Result<Vec<PreflightError>, PreflightError> {
    let pointer = format!("/{}/vpc_id", own.found.side);
    let failed = |error: alicloud::Error| PreflightError::of(pointer.clone(), error);
    let api = own.found.client.vpc_peer(&own.found.region);
    let (own_vpc, peer_vpc) = (own.found.place.vpc_id.as_str(), peer.found.place.vpc_id.as_str());
    let of_vpc = ListVpcPeerConnections { vpc_ids: vec![own_vpc.to_owned()], ..ListVpcPeerConnections::default() };
    let listed = api.list_vpc_peer_connections(&of_vpc).await.map_err(failed)?;
    let own_id = made_of(own).and_then(|outputs| outputs.peering_id.as_deref());
    let adopted = spec.adopt.as_ref().map(ResourceId::as_str);
    let is_over = |status: &PeerStatus| {
        matches!(status, PeerStatus::Deleted | PeerStatus::Deleting | PeerStatus::Rejected | PeerStatus::Expired)
    };
    let joining = listed.iter().filter(|found| found.joins(own_vpc, peer_vpc) && !is_over(&found.status));
    if let (Some(id), None) = (adopted, own_id)
        && let Some(detail) = why_not(id, &listed, [own_vpc, peer_vpc])
    {
        return Ok(vec![PreflightError::at("/adopt", detail)]);
    }
    let foreign: Vec<_> = joining
        .filter(|found| ![own_id, adopted].contains(&Some(&found.instance_id)))
        .map(|found| {
            let id = &found.instance_id;
            let way_out = match maker(found.description.as_deref()) {
                Some(name) => format!("it is that of connection {name}: change or remove that one"),
                None => format!(
                    "nobody told Causeway of it: put adopt: {id} into the spec to take it over, or delete it first"
                ),
            };
            let detail = format!("peering {id} ({}) joins the two VPCs already; {way_out}", found.status);
            PreflightError::at(pointer.clone(), detail)
        })
        .collect();
    if !foreign.is_empty() {
        return Ok(foreign);
    }
    // Who has a peering is billed for it already.
    if adopted.is_some() {
        return Ok(Vec::new());
    }
    if own_id.is_none() {
        let closed = billing::closed(own.found, peer.found).await;
        if !closed.is_empty() {
            return Ok(closed);
        }
    }
    // The cloud itself tells of quotas, money and forbidden pairs of regions. Where something is made already, or a pair
    // has to go first, it could only say that. Where the role may only read, create-peering hears it.
    if own.record.is_some() || !may_try {
        return Ok(Vec::new());
    }
    let accepting_account = peer.found.account_id.parse().map_err(|error| {
        PreflightError::at(format!("/{}/account", peer.found.side), format!("its account id does not read: {error}"))
    })?;
    let request = CreateVpcPeerConnection {
        vpc_id: own_vpc.to_owned(),
        accepting_account,
        accepting_region: peer.found.region.clone(),
        accepting_vpc_id: peer_vpc.to_owned(),
        bandwidth: spec.bandwidth_mbps,
        link_type: None,
        name: None,
        description: None,
        client_token: "causeway-preflight".parse().expect("a constant token"),
    };
    match api.dry_run_create_vpc_peer_connection(&request).await {
        Ok(()) => Ok(Vec::new()),
        Err(error) => Ok(vec![failed(error)]),
    }
}

/// The connection whose mark a description is.
fn maker(description: Option<&str>) -> Option<ConnectionName> {
    Some(Mark::maker(description?)?.connection)
}

/// Why an interface cannot be taken over; nothing where it can.
fn why_not_pair(spec: &Spec, id: &str, own: &Meant<'_>, listed: &[RouterInterface]) -> Option<String> {
    let side = own.found.side;
    let Some(found) = listed.iter().find(|found| found.router_interface_id == id) else {
        return Some(format!("{} has no router interface {id}", own.found.place.vpc_id));
    };
    let opposite = spec.adopted(side.peer()).map(ResourceId::as_str);
    if found.opposite_interface_id.as_deref() != opposite {
        let other = found.opposite_interface_id.as_deref().unwrap_or("nothing");
        return Some(format!("{id} is paired with {other}"));
    }
    if found.role.as_ref().is_some_and(|role| *role != side.choose(Role::Initiating, Role::Accepting)) {
        return Some(format!("{id} is the other end of its pair; let the initiator be the side that connected"));
    }
    if let Some(connection) = maker(found.description.as_deref()) {
        return Some(format!(
            "{id} is that of connection {connection}; if that one is gone, change its description first"
        ));
    }
    let is_half_built = found.status != InterfaceStatus::Active;
    is_half_built.then(|| format!("{id} is {}, not Active; connect or switch it on first", found.status))
}

/// Why the peering cannot be taken over; nothing where it can.
fn why_not(id: &str, listed: &[PeerConnection], [own, peer]: [&str; 2]) -> Option<String> {
    let Some(found) = listed.iter().find(|found| found.instance_id == id) else {
        return Some(format!("{own} has no peering {id}"));
    };
    let vpc = |side: &Option<PeerVpc>| side.as_ref().and_then(|vpc| vpc.vpc_id.clone()).unwrap_or_default();
    let (from, to) = (vpc(&found.vpc), vpc(&found.accepting_vpc));
    if (from.as_str(), to.as_str()) == (peer, own) {
        return Some(format!("{id} leads from {from} to {to}; let the initiator be the side with {from}"));
    }
    if (from.as_str(), to.as_str()) != (own, peer) {
        return Some(format!("{id} joins {from} with {to}"));
    }
    if let Some(connection) = maker(found.description.as_deref()) {
        return Some(format!(
            "{id} is that of connection {connection}; if that one is gone, change its description first"
        ));
    }
    let is_half_built = found.status != PeerStatus::Activated;
    is_half_built
        .then(|| format!("{id} is {}, not Activated; accept it, or delete it and leave adopt out", found.status))
}

/// What the connection that is to change made on this side.
fn made_of<'a>(side: &Meant<'a>) -> Option<&'a connection::outputs::Outputs> {
    let record = side.record?;
    record.sides.get(&side.found.side).map(|known| &known.outputs)
}

//! The endpoint itself: making, changing and deleting it.
//!
//! Its zones and security groups change one at a time, what is wanted before what is not, so that a client always has a way.

use std::time::Duration;

use alicloud::Kind;
use alicloud::private_link::{
    AddZoneToVpcEndpoint, ConnectionStatus, CreateVpcEndpoint, Endpoint, EndpointStatus, NewZone, PrivateLink,
    ServiceRef, UpdateVpcEndpointAttribute,
};
use alicloud::{ClientToken, Error};
use connection::finding::Finding;
use connection::inventory::{self, Inventory, LinkListing, LinkListingId};
use connection::not_done::NotDone;
use connection::outputs::{Outputs, ZoneOutputs};
use connection::plan::{Operation, Planned};
use engine::kind::private_link::endpoint::own_endpoints;
use engine::kind::private_link::service::service_id;
use engine::kind::private_link::{lane, spec};
use engine::step::SideContext;

use crate::current::{Current, Desired, DesiredZone, Next};
use crate::drift;

/// How soon to look again at an endpoint that is being made or changed.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// What it is called while it does not exist.
const NEW: &str = "endpoint";

/// Brings the endpoint to what is wanted; one that does not exist is made.
///
/// # Errors
/// A wait until it is so; a failure where the cloud refuses.
pub async fn bring(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let api = side.links()?;
    let desired = desired(side, outputs)?;
    let Some(found) = own_endpoints(side, &api, outputs).await?.into_iter().next() else {
        if let Some(id) = outputs.private_link.endpoint_id.take().filter(|_| !side.record().is_repairing()) {
            return Err(NotDone::failed(
                format!("the endpoint {id} is gone; somebody deleted it"),
                "find out who, then retry, which makes it anew; or remove the connection",
            ));
        }
        return ask(side, &api, outputs, &desired).await;
    };
    let id = found.endpoint_id.clone();
    outputs.private_link.endpoint_id = Some(id.clone());
    if side.record().is_repairing() && is_lost(&found, &desired) {
        return delete(side, outputs).await;
    }
    settled(&found)?;
    let look = look(&api, found).await?;
    record(outputs, &look);
    let next = look.next(&desired);
    if next != Next::Nothing && !matches!(next, Next::Wait(_)) {
        lane::take(side, outputs).await?;
    }
    let token = |what: &str| side.client_token(&format!("{what} {id}"));
    match next {
        Next::Nothing => return Ok(()),
        Next::Wait(why) => return Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {id}: {why}"))),
        Next::Rename { name, description } => {
            let request = UpdateVpcEndpointAttribute {
                endpoint_id: id.clone(),
                name,
                description,
                zone_affinity_enabled: None,
                client_token: token("rename"),
            };
            api.update_vpc_endpoint_attribute(&request).await?;
        }
        Next::Attach(group) => {
            let token = token(&format!("attach {group}"));
            unless(Kind::AlreadyThere, api.attach_security_group_to_vpc_endpoint(&id, &group, &token).await)?;
        }
        Next::Add(zone) => {
            let request = AddZoneToVpcEndpoint {
                endpoint_id: id.clone(),
                client_token: token(&format!("add {}", zone.zone_id)),
                zone: new_zone(&zone),
            };
            unless(Kind::AlreadyThere, api.add_zone_to_vpc_endpoint(&request).await)?;
        }
        Next::Detach(group) => {
            let token = token(&format!("detach {group}"));
            unless(Kind::Gone, api.detach_security_group_from_vpc_endpoint(&id, &group, &token).await)?;
        }
        Next::Remove(zone) => {
            let token = token(&format!("remove {zone}"));
            unless(Kind::Gone, api.remove_zone_from_vpc_endpoint(&id, &zone, &token).await)?;
        }
    }
    Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {id} to be changed")))
}

/// What a call was for is so already.
fn unless(so: Kind, answer: Result<(), Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.kind() == so => Ok(()),
        answer => answer,
    }
}

/// Makes the endpoint, once the service shows itself to this account.
async fn ask(
    side: &SideContext<'_>,
    api: &PrivateLink,
    outputs: &mut Outputs,
    desired: &Desired,
) -> Result<(), NotDone> {
    lane::take(side, outputs).await?;
    let request = request(side, desired)?;
    // A moment ago it was put on the service's list; asking before that has come through would be refused for good.
    if api.list_vpc_endpoint_services_by_end_user(Some(&request.service), None).await?.is_empty() {
        let why = format!("service {} to show itself to account {}", desired.service_id, side.place().account);
        return Err(NotDone::retry(LOOK_AGAIN, why));
    }
    let created = api.create_vpc_endpoint(&request).await?;
    let why = format!("endpoint {} to be Active", created.endpoint_id);
    outputs.private_link.endpoint_id = Some(created.endpoint_id);
    outputs.private_link.domain = created.endpoint_domain;
    Err(NotDone::retry(LOOK_AGAIN, why))
}

fn request(side: &SideContext<'_>, desired: &Desired) -> Result<CreateVpcEndpoint, NotDone> {
    Ok(CreateVpcEndpoint {
        service: ServiceRef::Id(desired.service_id.clone()),
        service_region: None,
        vpc_id: side.place().vpc_id.to_string(),
        security_group_ids: desired.groups.clone(),
        zones: desired.zones.iter().map(new_zone).collect(),
        zone_affinity_enabled: spec(side)?.provider.offered().is_some_and(|service| service.zone_affinity),
        name: Some(desired.name.clone()),
        description: Some(desired.description.clone()),
        tags: side.mark().tags(),
        client_token: side.client_token("endpoint"),
    })
}

fn new_zone(zone: &DesiredZone) -> NewZone {
    NewZone { zone_id: zone.zone_id.clone(), vswitch_id: zone.vswitch_id.clone(), ip: None }
}

/// What it is compared with.
#[must_use]
pub fn listings(side: &SideContext<'_>) -> Vec<inventory::ListingId> {
    let Some(id) = &side.outputs().private_link.endpoint_id else { return Vec::new() };
    let looks =
        [LinkListingId::Endpoints, LinkListingId::EndpointZones(id.clone()), LinkListingId::EndpointGroups(id.clone())];
    looks.map(inventory::ListingId::Link).into()
}

/// How it differs from what is promised.
#[must_use]
pub fn observe(side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
    let view = side.view(inventory);
    let Some((id, desired)) = side.outputs().private_link.endpoint_id.as_ref().zip(desired(side, side.outputs()).ok())
    else {
        return Vec::new();
    };
    let look = match view.endpoint(id) {
        None => return Vec::new(),
        Some(None) => None,
        Some(Some(endpoint)) => {
            let parts = (
                view.link(LinkListingId::EndpointZones(id.clone())),
                view.link(LinkListingId::EndpointGroups(id.clone())),
            );
            // Without its parts it went in between: the next check tells.
            let (Some(LinkListing::EndpointZones(Some(zones))), Some(LinkListing::EndpointGroups(Some(groups)))) =
                parts
            else {
                return Vec::new();
            };
            Some(Current { endpoint: endpoint.clone(), zones: zones.clone(), groups: groups.clone() })
        }
    };
    drift::findings(side.side(), id, &desired, look.as_ref())
}

/// What the endpoint shall be like, by the vSwitches that were made.
fn desired(side: &SideContext<'_>, outputs: &Outputs) -> Result<Desired, NotDone> {
    let consumer = &spec(side)?.consumer;
    let mut zones = Vec::new();
    for zone in &consumer.zones {
        let id = zone.zone_id.as_str();
        let named = zone.vswitch_id.as_ref().map(ToString::to_string);
        let vswitch_id = named.or_else(|| outputs.private_link.vswitches.get(id).cloned()).unwrap_or_default();
        zones.push(DesiredZone { zone_id: id.to_owned(), vswitch_id });
    }
    Ok(Desired {
        service_id: service_id(side, &side.peer().outputs).unwrap_or_default(),
        name: consumer.endpoint_name.clone().unwrap_or_else(|| side.mark().name().to_owned()),
        description: consumer.description.clone().unwrap_or_else(|| side.mark().description().to_owned()),
        groups: consumer.security_groups.iter().map(ToString::to_string).collect(),
        zones,
    })
}

/// Whether the endpoint never leads to its service again: that is gone, or was replaced by another one.
fn is_lost(found: &Endpoint, desired: &Desired) -> bool {
    found.connection_status == Some(ConnectionStatus::ServiceDeleted)
        || found.service_id.as_ref().is_some_and(|id| *id != desired.service_id)
}

/// Whether the endpoint is at rest, and still leads somewhere.
fn settled(found: &Endpoint) -> Result<(), NotDone> {
    let id = &found.endpoint_id;
    match (&found.status, &found.connection_status) {
        (_, Some(ConnectionStatus::ServiceDeleted)) => Err(NotDone::failed(
            format!("the service of endpoint {id} is gone; somebody deleted it"),
            "remove the connection and post it again",
        )),
        (EndpointStatus::Active, _) => Ok(()),
        (status, _) => Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {id} to be Active (was {status})"))),
    }
}

async fn look(api: &PrivateLink, endpoint: Endpoint) -> Result<Current, NotDone> {
    let zones = api.list_vpc_endpoint_zones(&endpoint.endpoint_id).await?;
    let groups = api.list_vpc_endpoint_security_groups(&endpoint.endpoint_id).await?;
    Ok(Current { endpoint, zones, groups })
}

/// Notes how the endpoint is reached.
fn record(outputs: &mut Outputs, look: &Current) {
    outputs.private_link.domain.clone_from(&look.endpoint.endpoint_domain);
    let zone = |zone: &alicloud::private_link::EndpointZone| {
        (zone.zone_id.clone(), ZoneOutputs { domain: zone.zone_domain.clone(), ip: zone.eni_ip })
    };
    outputs.private_link.zones = look.zones.iter().map(zone).collect();
}

/// Deletes the endpoint: first its zones, one at a time, then itself.
///
/// # Errors
/// A wait until it is gone.
pub async fn delete(side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
    let api = side.links()?;
    let own = own_endpoints(side, &api, outputs).await?;
    let Some(found) = own.first() else {
        let link = &mut outputs.private_link;
        (link.endpoint_id, link.domain) = (None, None);
        link.zones.clear();
        return Ok(());
    };
    let id = &found.endpoint_id;
    outputs.private_link.endpoint_id = Some(id.clone());
    if found.status == EndpointStatus::Deleting {
        return Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {id} to be gone")));
    }
    lane::take(side, outputs).await?;
    let zones = match api.list_vpc_endpoint_zones(id).await {
        Err(error) if error.kind() == Kind::Gone => Vec::new(),
        zones => zones?,
    };
    let token = |what: &str| -> ClientToken { side.client_token(&format!("{what} {id}")) };
    let goes = |status: &Option<alicloud::private_link::ZoneStatus>| {
        *status == Some(alicloud::private_link::ZoneStatus::Deleting)
    };
    match zones.iter().find(|zone| !goes(&zone.status)) {
        _ if zones.iter().any(|zone| goes(&zone.status)) => {}
        Some(zone) => {
            let token = token(&format!("remove {}", zone.zone_id));
            unless(Kind::Gone, api.remove_zone_from_vpc_endpoint(id, &zone.zone_id, &token).await)?;
        }
        None => unless(Kind::Gone, api.delete_vpc_endpoint(id, &token("delete")).await)?,
    }
    Err(NotDone::retry(LOOK_AGAIN, format!("endpoint {id} to be gone")))
}

/// What would be done about it.
///
/// # Errors
/// When the cloud does not answer.
pub async fn plan(side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
    let api = side.links()?;
    let own = own_endpoints(side, &api, side.outputs()).await?;
    if operation == Operation::Undo {
        let mut plan = Vec::new();
        for found in &own {
            let id = &found.endpoint_id;
            let zones = api.list_vpc_endpoint_zones(id).await?;
            plan.extend(zones.iter().map(|zone| {
                let what = format!("it leaves {}", zone.zone_id);
                side.planned(Some("RemoveZoneFromVpcEndpoint"), id, &what)
            }));
            plan.push(side.planned(Some("DeleteVpcEndpoint"), id, "it is deleted"));
        }
        return Ok(plan);
    }
    let desired = desired(side, side.outputs())?;
    let Some(found) = own.into_iter().next() else {
        let zones: Vec<_> = desired.zones.iter().map(|zone| zone.zone_id.as_str()).collect();
        let what = format!("{} is made in {}", desired.name, zones.join(", "));
        return Ok(vec![side.planned(Some("CreateVpcEndpoint"), NEW, &what)]);
    };
    let look = look(&api, found).await?;
    let id = look.endpoint.endpoint_id.clone();
    let mut plan = vec![side.planned(None, &id, &format!("it stands ({})", look.endpoint.status))];
    for next in look.all(&desired) {
        let (call, what) = next.told();
        plan.push(side.planned(call, &id, &what));
    }
    Ok(plan)
}

/// What this side is shown of the endpoint's connection, where the provider is shown something else.
#[must_use]
pub fn disagreement(side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
    let Some(id) = side.outputs().private_link.endpoint_id.as_deref() else { return Vec::new() };
    let seen = (side.view(inventory).endpoint(id), side.peer_view(inventory).endpoint_connection(id));
    let (Some(Some(endpoint)), Some(Some(connection))) = seen else { return Vec::new() };
    drift::disagreement(side.side(), id, endpoint.connection_status.as_ref(), &connection.status)
}

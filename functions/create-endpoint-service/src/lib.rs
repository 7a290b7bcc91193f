//! create-endpoint-service: puts an endpoint service in front of the load balancer and lists who may ask for it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`current`] | what the cloud shows of the service, and what follows from it: pure |
//! | [`drift`] | how it differs from what the record promises: pure |
//! | here | the calls |
//!
//! The service accepts nobody by itself: who may ask is on its list, who is connected is decided elsewhere. It is the
//! connection's own, so its list is exactly its owner, the consumer, the accounts that the spec allows, and those of other
//! connections that use it. An existing service that the spec names is looked at and left as it is. The consumer's side has nothing to do here.
//!
//! Undoing hands the service over to another connection that uses it. Where there is none it takes the load balancers away and
//! deletes the service; one that others have endpoints to stays, and the failure says whose they are.

pub mod current;
pub mod drift;

use std::collections::BTreeSet;
use std::time::Duration;

use alicloud::Kind;
use alicloud::private_link::{
    ConnectionStatus, CreateVpcEndpointService, EndpointConnection, EndpointService, ListVpcEndpointConnections,
    NewResource, PrivateLink, ServiceStatus, UpdateVpcEndpointServiceAttribute,
};
use alicloud::vpc::BusinessStatus;
use alicloud::{AccountId, ClientToken};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{self, Inventory, LinkListing, LinkListingId};
use connection::mark::Mark;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::share::{Fate, Thing};
use connection::spec::{Payer, ServiceSpec};
use connection::words::{Side, StepName};
use engine::kind::private_link::service::{own_services, resource_type, resources, service_id, uses_service};
use engine::kind::private_link::{lane, spec};
use engine::share;
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::current::{Current, Desired, Listed};

/// How soon to look again at a service that is being made or changed.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// What it is called while it does not exist.
const NEW: &str = "endpoint service";

/// Puts an endpoint service in front of the load balancer and keeps the list of who may ask for it.
pub struct CreateEndpointService;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreateEndpointService, environment, io)
}

#[async_trait]
impl Step for CreateEndpointService {
    fn name(&self) -> StepName {
        StepName::CreateEndpointService
    }

    fn acts_on(&self, side: Side) -> bool {
        !side.asks()
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        let api = side.links()?;
        let Some(offered) = spec(side)?.provider.offered() else {
            return stands(side, &api, outputs).await;
        };
        outputs.private_link.guests = guests(side, outputs).await?;
        let desired = desired(side, &offered, &outputs.private_link.guests)?;
        let look = existing(side, &api, outputs, &desired).await?;
        let id = look.service.service_id.clone();
        if let Some(change) = desired.change(&look.service) {
            lane::take(side, outputs).await?;
            let request = UpdateVpcEndpointServiceAttribute {
                service_id: id.clone(),
                description: change.description,
                auto_accept_enabled: change.auto_accept,
                zone_affinity_enabled: change.zone_affinity,
                connect_bandwidth: None,
                client_token: token(side, "update", &id),
            };
            api.update_vpc_endpoint_service_attribute(&request).await?;
            return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be changed")));
        }
        let wanted = resources(side, outputs)?;
        if let Some(missing) = look.missing(&wanted).first() {
            lane::take(side, outputs).await?;
            let intent = format!("attach {} {:?}", missing.resource_id, missing.zone_id);
            match api.attach_resource_to_vpc_endpoint_service(&id, missing, &token(side, &intent, &id)).await {
                Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
            return Err(NotDone::retry(LOOK_AGAIN, format!("{} to stand behind {id}", missing.resource_id)));
        }
        list(side, &api, outputs, &id, &look.listed(&desired)).await?;
        lane::end(side, outputs);
        Ok(())
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        lane::keep(side, outputs).await?;
        let api = side.links()?;
        let own = own_services(side, &api, outputs).await?;
        let Some(found) = own.first() else {
            outputs.private_link.service_id = None;
            outputs.private_link.guests.clear();
            share::forget_all(side, outputs, Thing::is_endpoint_service).await?;
            lane::end(side, outputs);
            return Ok(());
        };
        let id = &found.service_id;
        let uses = |other: &SideContext<'_>| uses_service(other, id);
        if let Fate::HandedTo(heir) = share::give_up(side, outputs, Thing::endpoint_service(id), id, uses).await? {
            lane::take(side, outputs).await?;
            let tags = Mark::of_connection(&heir.connection, &heir.uid).tags();
            match api.tag_service(id, &tags, &token(side, &format!("hand over to {}", heir.uid), id)).await {
                Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
            return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be {}'s", heir.connection)));
        }
        match found.status {
            ServiceStatus::Active => {}
            ServiceStatus::Deleting | ServiceStatus::Deleted => {
                return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be gone (was {})", found.status)));
            }
            _ => return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to settle (was {})", found.status))),
        }
        if let Some(own) = own_endpoint(side, &api, id).await? {
            let why = format!("endpoint {} to be gone (is {})", own.endpoint_id, own.status);
            return Err(NotDone::retry(LOOK_AGAIN, why));
        }
        lane::take(side, outputs).await?;
        let behind = api.list_vpc_endpoint_service_resources(id).await?;
        let Some(resource) = behind.into_iter().next() else {
            match api.delete_vpc_endpoint_service(id, &token(side, "delete", id)).await {
                Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
            return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be gone")));
        };
        let Some(kind) = resource.resource_type.or_else(|| found.resource_type.clone()) else {
            let what = format!("the cloud does not tell what {} behind {id} is", resource.resource_id);
            return Err(NotDone::failed(what, "take it away from the service in the console, then retry"));
        };
        let gone = NewResource { resource_type: kind, resource_id: resource.resource_id, zone_id: resource.zone_id };
        let intent = format!("detach {} {:?}", gone.resource_id, gone.zone_id);
        match api.detach_resource_from_vpc_endpoint_service(id, &gone, &token(side, &intent, id)).await {
            Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        Err(NotDone::retry(LOOK_AGAIN, format!("{} to stand behind {id} no longer", gone.resource_id)))
    }

    async fn check_undo(&self, side: &SideContext<'_>) -> Result<(), NotDone> {
        let api = side.links()?;
        for found in own_services(side, &api, side.outputs()).await? {
            let id = &found.service_id;
            let uses = |other: &SideContext<'_>| uses_service(other, id);
            if share::heir(side, &Thing::endpoint_service(id), &uses).await?.is_none() {
                own_endpoint(side, &api, id).await?;
            }
        }
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation == Operation::Pause {
            return Ok(Vec::new());
        }
        let api = side.links()?;
        let link = spec(side)?;
        let own = own_services(side, &api, side.outputs()).await?;
        if operation == Operation::Undo {
            let mut plan = Vec::new();
            for found in &own {
                let id = &found.service_id;
                let uses = |other: &SideContext<'_>| uses_service(other, id);
                if let Some(heir) = share::heir(side, &Thing::endpoint_service(id), &uses).await? {
                    let what = format!("it is handed over to {}, which uses it too", heir.connection);
                    plan.push(side.planned(Some("TagResources"), id, &what));
                    continue;
                }
                own_endpoint(side, &api, id).await?;
                let detach = Some("DetachResourceFromVpcEndpointService");
                plan.push(side.planned(detach, &found.service_id, "it loses its load balancers"));
                plan.push(side.planned(Some("DeleteVpcEndpointService"), &found.service_id, "it is deleted"));
            }
            return Ok(plan);
        }
        let Some(offered) = link.provider.offered() else {
            let id = link.consumer.service.as_ref().map(ToString::to_string).unwrap_or_default();
            return Ok(vec![side.planned(None, &id, "the existing service is used")]);
        };
        let desired = desired(side, &offered, &side.outputs().private_link.guests)?;
        let Some(found) = own.into_iter().next() else {
            let what = format!("{} is made in front of the load balancer", desired.description);
            let mut plan = vec![side.planned(Some("CreateVpcEndpointService"), NEW, &what)];
            let listed = desired.users.iter().filter(|user| user.as_str() != desired.owner);
            plan.extend(listed.map(|user| {
                side.planned(Some("AddUserToVpcEndpointService"), NEW, &format!("account {user} may ask for it"))
            }));
            return Ok(plan);
        };
        let look = look(&api, found).await?;
        let id = look.service.service_id.as_str();
        let mut plan = vec![side.planned(None, id, &format!("it stands ({})", look.service.status))];
        if let Some(change) = desired.change(&look.service) {
            plan.push(side.planned(Some("UpdateVpcEndpointServiceAttribute"), id, &change.to_string()));
        }
        for missing in look.missing(&resources(side, side.outputs())?) {
            let what = format!("{} comes to stand behind it", missing.resource_id);
            plan.push(side.planned(Some("AttachResourceToVpcEndpointService"), id, &what));
        }
        let listed = look.listed(&desired);
        plan.extend(listed.missing.iter().map(|user| {
            side.planned(Some("AddUserToVpcEndpointService"), id, &format!("account {user} may ask for it"))
        }));
        plan.extend(listed.surplus.iter().map(|user| {
            let what = format!("account {user} may no longer ask for it");
            side.planned(Some("RemoveUserFromVpcEndpointService"), id, &what)
        }));
        Ok(plan)
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<inventory::ListingId> {
        let Some((id, is_own)) = promised(side) else { return Vec::new() };
        let mut looks = vec![LinkListingId::Services];
        if is_own {
            looks.extend([LinkListingId::ServiceResources(id.clone()), LinkListingId::ServiceUsers(id)]);
        }
        looks.into_iter().map(inventory::ListingId::Link).collect()
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let (Some((id, is_own)), view) = (promised(side), side.view(inventory)) else { return Vec::new() };
        let Some(found) = view.endpoint_service(&id) else { return Vec::new() };
        let Some(service) = found else { return drift::gone(side.side(), &id, is_own) };
        if !is_own {
            return drift::of_existing(side.side(), &id, service);
        }
        // Without its parts it went in between: the next check tells.
        let (Some(LinkListing::ServiceResources(Some(resources))), Some(LinkListing::ServiceUsers(Some(users)))) = (
            view.link(LinkListingId::ServiceResources(id.clone())),
            view.link(LinkListingId::ServiceUsers(id.clone())),
        ) else {
            return Vec::new();
        };
        let look = Current { service: service.clone(), resources: resources.clone(), users: users.clone() };
        let offered = spec(side).ok().and_then(|link| link.provider.offered());
        let wished = offered
            .and_then(|offered| desired(side, &offered, &side.outputs().private_link.guests).ok())
            .zip(self::resources(side, side.outputs()).ok());
        let Some((desired, wanted)) = wished else { return Vec::new() };
        drift::findings(side.side(), &id, &desired, &wanted, &look)
    }
}

/// The service that the endpoint leads to, and whether it is the connection's own.
fn promised(side: &SideContext<'_>) -> Option<(String, bool)> {
    let id = service_id(side, side.outputs()).ok()?;
    Some((id, spec(side).ok()?.consumer.service.is_none()))
}

fn token(side: &SideContext<'_>, intent: &str, id: &str) -> ClientToken {
    side.client_token(&format!("{intent} {id}"))
}

/// What the service shall be like.
fn desired(side: &SideContext<'_>, offered: &ServiceSpec, guests: &BTreeSet<String>) -> Result<Desired, NotDone> {
    let consumer = &side.peer().account_id;
    let owner = side.record().sides.get(&side.side()).map(|own| own.account_id.clone()).unwrap_or_default();
    Ok(Desired {
        description: offered.description.clone().unwrap_or_else(|| side.mark().description().to_owned()),
        zone_affinity: offered.zone_affinity,
        users: std::iter::once(owner.clone())
            .chain([consumer.clone()])
            .chain(offered.allowed_accounts.iter().map(ToString::to_string))
            .chain(guests.iter().cloned())
            .collect(),
        owner,
        payer: match offered.payer {
            Payer::Consumer => alicloud::private_link::Payer::Endpoint,
            Payer::Provider => alicloud::private_link::Payer::EndpointService,
        },
    })
}

/// The existing service that the spec names, if it is ready to be used.
async fn stands(side: &SideContext<'_>, api: &PrivateLink, outputs: &mut Outputs) -> Result<(), NotDone> {
    let Some(named) = &spec(side)?.consumer.service else { return Err(side.foreign()) };
    let id = named.id();
    let Some(found) = api.service(id).await? else {
        let what =
            format!("account {} has no endpoint service {id} in {}", side.place().account, side.place().region_id);
        return Err(NotDone::failed(what, "remove the connection and post it again with a service that is there"));
    };
    outputs.private_link.service_id = Some(found.service_id.clone());
    if let Some(maker) = side.mark().other_among(&found.tags) {
        // Whoever gets the service gets what stands behind it.
        for resource in api.list_vpc_endpoint_service_resources(id).await? {
            share::note(side, outputs, &Thing::load_balancer(&resource.resource_id)).await?;
        }
        let uses = |other: &SideContext<'_>| uses_service(other, id);
        share::rely_on(side, outputs, &Thing::endpoint_service(id), &maker, &uses).await?;
    }
    locked(&found)?;
    match found.status {
        ServiceStatus::Active => {
            lane::end(side, outputs);
            Ok(())
        }
        status => Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be Active (was {status})"))),
    }
}

fn locked(found: &EndpointService) -> Result<(), NotDone> {
    match &found.business_status {
        Some(status) if *status != BusinessStatus::Normal => {
            Err(NotDone::failed(format!("{} is {status}", found.service_id), "pay what is due, then retry"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The connection's service, once it is Active. One that does not exist is asked for.
async fn existing(
    side: &SideContext<'_>,
    api: &PrivateLink,
    outputs: &mut Outputs,
    desired: &Desired,
) -> Result<Current, NotDone> {
    let Some(found) = own_services(side, api, outputs).await?.into_iter().next() else {
        if let Some(id) = outputs.private_link.service_id.take().filter(|_| !side.record().is_repairing()) {
            return Err(NotDone::failed(
                format!("the endpoint service {id} is gone; somebody deleted it"),
                "find out who, then retry, which makes it anew; or remove the connection",
            ));
        }
        lane::take(side, outputs).await?;
        let created = api.create_vpc_endpoint_service(&request(side, outputs, desired)?).await?;
        let why = format!("{} to be Active", created.service_id);
        outputs.private_link.service_id = Some(created.service_id);
        return Err(NotDone::retry(LOOK_AGAIN, why));
    };
    outputs.private_link.service_id = Some(found.service_id.clone());
    locked(&found)?;
    match &found.status {
        ServiceStatus::Active => look(api, found).await,
        status => Err(NotDone::retry(LOOK_AGAIN, format!("{} to be Active (was {status})", found.service_id))),
    }
}

async fn look(api: &PrivateLink, service: EndpointService) -> Result<Current, NotDone> {
    let resources = api.list_vpc_endpoint_service_resources(&service.service_id).await?;
    let users = api.list_vpc_endpoint_service_users(&service.service_id).await?;
    Ok(Current { service, resources, users })
}

fn request(side: &SideContext<'_>, outputs: &Outputs, desired: &Desired) -> Result<CreateVpcEndpointService, NotDone> {
    let link = spec(side)?;
    let kind = link.provider.load_balancer.as_ref().map(connection::spec::LoadBalancerSpec::balancer_type);
    let resources = resources(side, outputs)?;
    Ok(CreateVpcEndpointService {
        resource_type: kind.map(resource_type).ok_or_else(|| side.foreign())?,
        resources,
        description: Some(desired.description.clone()),
        // Whoever asks is decided on; a service that accepts by itself would go past that.
        auto_accept_enabled: false,
        zone_affinity_enabled: desired.zone_affinity,
        payer: Some(desired.payer.clone()),
        tags: side.mark().tags(),
        client_token: side.client_token("service"),
    })
}

/// Brings the whitelist to what is wanted, and reads it back.
async fn list(
    side: &SideContext<'_>,
    api: &PrivateLink,
    outputs: &mut Outputs,
    id: &str,
    listed: &Listed,
) -> Result<(), NotDone> {
    if listed.is_exact() {
        return Ok(());
    }
    lane::take(side, outputs).await?;
    for user in &listed.missing {
        match api.add_user_to_vpc_endpoint_service(id, &account(user)?, &token(side, &format!("list {user}"), id)).await
        {
            Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    for user in &listed.surplus {
        let token = token(side, &format!("strike {user}"), id);
        match api.remove_user_from_vpc_endpoint_service(id, &account(user)?, &token).await {
            Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Err(NotDone::retry(Duration::from_secs(1), format!("the whitelist of {id} to be as it should be")))
}

fn account(id: &str) -> Result<AccountId, NotDone> {
    id.parse().map_err(|error| {
        NotDone::failed(
            format!("the account id {id:?} cannot be used: {error}"),
            "correct config/accounts.json of the store, then remove the connection and post it again",
        )
    })
}

/// The accounts of other connections that use the service: they stay on its whitelist, whatever the spec says of them.
async fn guests(side: &SideContext<'_>, outputs: &Outputs) -> Result<BTreeSet<String>, NotDone> {
    let Some(id) = &outputs.private_link.service_id else { return Ok(BTreeSet::new()) };
    let uses = |other: &SideContext<'_>| uses_service(other, id);
    let users = share::users(side, &Thing::endpoint_service(id), &uses).await?;
    Ok(users.into_iter().filter_map(|record| Some(record.sides.get(&Side::Consumer)?.account_id.clone())).collect())
}

/// Whether the connection's own endpoint to the service is still there. Fails where others have endpoints to it: deleting it would
/// cut them off for good.
async fn own_endpoint(
    side: &SideContext<'_>,
    api: &PrivateLink,
    id: &str,
) -> Result<Option<EndpointConnection>, NotDone> {
    let wanted =
        ListVpcEndpointConnections { service_id: Some(id.to_owned()), ..ListVpcEndpointConnections::default() };
    let all = api.list_vpc_endpoint_connections(&wanted).await?.into_iter();
    let recorded = side.peer().outputs.private_link.endpoint_id.as_ref();
    let (mut own, others): (Vec<_>, Vec<_>) = all.partition(|one| Some(&one.endpoint_id) == recorded);
    let stays =
        |one: &&EndpointConnection| !matches!(one.status, ConnectionStatus::Deleting | ConnectionStatus::Deleted);
    let named = |one: &EndpointConnection| {
        let owner = one.endpoint_owner_id.as_deref().unwrap_or("an unknown account");
        format!("{} of account {owner} ({})", one.endpoint_id, one.status)
    };
    let others: Vec<_> = others.iter().filter(stays).map(named).collect();
    if others.is_empty() {
        return Ok(own.pop());
    }
    Err(NotDone::failed(
        format!("the service {id} still has endpoints of others: {}", others.join(", ")),
        "ask their owners to delete them, then remove the connection; or abandon the connection to keep the service",
    ))
}

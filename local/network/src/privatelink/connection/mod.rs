//! Connections: what lies between an endpoint and its service, and is the provider's to allow.
//!
//! `Disconnected` is a request that waits, one that was refused, and a connection that was ended, all the same.

mod decide;
mod list;
mod zones;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};
use serde::{Deserialize, Serialize};

use super::refusal;
use super::resource::Resource;
use super::service::{self, Service};
use super::zone::Zone;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World};

pub(super) use decide::{accept_waiting, disable, enable, end_unlisted, update};
pub(super) use list::list;
pub(super) use zones::{choose_resource, disable_zone, enable_zone};

/// A connection. There is one as long as there is its endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Connection {
    pub endpoint_id: String,
    /// The endpoint's account.
    pub consumer: String,
    /// The endpoint's region.
    pub region: String,
    pub vpc_id: String,
    pub service_id: String,
    /// The service's account.
    pub provider: String,
    pub service_region: String,
    pub is_connected: bool,
    pub service_is_gone: bool,
    /// Mbit/s.
    pub bandwidth: u32,
    /// Whether the bandwidth is a limit; else the connection grows with its traffic.
    pub is_limited: bool,
    pub modified: Timestamp,
    /// Whether what is under way was asked for by the provider.
    pub by_call: bool,
    /// On its way while it waits. One that is accepted by itself waits for its endpoint first.
    pub waiting: Option<Waiting>,
}

impl Settles for Connection {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.endpoint_id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        let ended = self.waiting.take().map(|ended| ended.wait);
        self.by_call = false;
        self.modified = at;
        match ended {
            Some(Wait::EndpointCreate) => self.waiting = Some(Waiting { wait: Wait::ConnectionEnable, since: at }),
            Some(Wait::ConnectionEnable) => self.is_connected = true,
            Some(Wait::ConnectionDisable) => self.is_connected = false,
            _ => {}
        }
        ended != Some(Wait::EndpointDelete)
    }
}

impl Connection {
    /// Where the endpoint is.
    pub(super) fn place(&self) -> Place {
        Place::new(&self.consumer, &self.region)
    }

    pub(super) fn key(&self) -> String {
        self.place().key(&self.endpoint_id)
    }

    pub(super) fn status(&self) -> &'static str {
        if self.service_is_gone {
            return "ServiceDeleted";
        }
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::EndpointDelete) => "Deleting",
            Some(Wait::ConnectionEnable) => "Connecting",
            Some(Wait::ConnectionDisable) => "Disconnecting",
            Some(Wait::ConnectionModify) => "Pending",
            _ if self.is_connected => "Connected",
            _ => "Disconnected",
        }
    }

    /// Whether nothing passes it and nothing is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.service_is_gone || !self.is_connected && self.waiting.is_none()
    }

    pub(super) fn is_connecting(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.wait == Wait::ConnectionEnable)
    }
}

/// The provider's service and the connection that a call names.
fn named<'a>(world: &'a World, place: &Place, params: &Params) -> Result<(&'a Service, &'a Connection), RpcError> {
    let service = service::own(world, place, params)?;
    let id = params.required("EndpointId")?;
    let found = world.links.connections_of(&place.account, &service.id).find(|own| own.endpoint_id == id);
    Ok((service, found.ok_or_else(|| refusal::no_connection(id))?))
}

/// The same to be changed: both paid for, the service and the endpoint there, and no change under way, neither of this
/// connection nor, by the provider's call, of another one of the account.
fn changeable<'a>(world: &'a World, place: &Place, params: &Params) -> Result<(&'a Service, &'a Connection), RpcError> {
    let (service, connection) = named(world, place, params)?;
    refuse_if!(matches!(service.status(), "Creating" | "Deleting"), refusal::wrong_service_status(service.status()));
    if let Some(endpoint) = world.links.endpoints.get(&connection.key())
        && endpoint.waiting.is_some()
    {
        return Err(refusal::endpoint_busy());
    }
    refuse_if!(connection.waiting.is_some(), refusal::connection_busy());
    let is_other = |other: &Connection| other.provider == place.account && other.by_call;
    refuse_if!(world.links.connections.waiting().any(is_other), refusal::concurrent());
    Ok((service, connection))
}

/// Whether the service's resources can serve a zone of an endpoint: one of the same zone, or from another region any.
fn resource_for<'a>(service: &'a Service, connection: &Connection, zone: &Zone) -> Option<&'a Resource> {
    let is_here = connection.region == connection.service_region;
    let fits = |resource: &&Resource| !is_here || resource.zone == zone.id;
    let chosen = service.resources.iter().filter(fits).find(|own| zone.is_chosen && own.id == zone.resource_id);
    chosen.or_else(|| service.resources.iter().filter(fits).find(|resource| resource.auto_allocated))
}

/// Begins to connect a zone by the resource that fits it. A zone that none fits stays as it is.
pub(super) fn connect_zone(world: &mut World, connection: &Connection, zone: &Zone, since: Timestamp) {
    let provider = Place::new(&connection.provider, &connection.service_region);
    let service = world.links.services.get(&provider.key(&connection.service_id));
    let Some(resource_id) =
        service.and_then(|service| resource_for(service, connection, zone)).map(|resource| resource.id.clone())
    else {
        return;
    };
    world.links.zones.change(&zone.key(), |zone| {
        zone.resource_id = resource_id;
        zone.waiting = Some(Waiting { wait: Wait::ConnectionEnable, since });
    });
}

//! Zones of endpoints: in each an interface with an address in a vSwitch of the consumer.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::endpoint::{changeable, own};
use super::service::Service;
use super::{refusal, text};
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World};

words! {
    /// Where a zone stands while nothing happens to it.
    pub(super) enum State {
        /// It was never connected.
        Wait = "Wait",
        Connected = "Connected",
        /// It was connected, or refused.
        Disconnected = "Disconnected",
        /// It is connected by another resource than before.
        Migrated = "Migrated",
    }
}

/// An endpoint in a zone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Zone {
    pub endpoint_id: String,
    pub consumer: String,
    pub region: String,
    pub id: String,
    pub vswitch_id: String,
    pub eni_id: String,
    pub address: Ipv4Addr,
    pub service_id: String,
    /// The load balancer it is connected by; nothing while it was never connected.
    pub resource_id: String,
    /// The load balancer before a migration.
    pub replaced_resource_id: String,
    /// Whether the provider chose the resource.
    pub is_chosen: bool,
    pub state: State,
    /// On its way while it waits.
    pub waiting: Option<Waiting>,
}

impl Settles for Zone {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.endpoint_id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        let ended = self.waiting.take().map(|ended| ended.wait);
        match ended {
            Some(Wait::ConnectionEnable) => self.state = State::Connected,
            Some(Wait::ConnectionDisable) => self.state = State::Disconnected,
            _ => {}
        }
        ended != Some(Wait::ZoneDelete)
    }
}

impl Zone {
    pub(super) fn key(&self) -> String {
        key(&Place::new(&self.consumer, &self.region), &self.endpoint_id, &self.id)
    }

    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::ZoneCreate) => "Creating",
            Some(Wait::ZoneDelete) => "Deleting",
            Some(Wait::ConnectionEnable) => "Connecting",
            Some(Wait::ConnectionDisable) => "Disconnecting",
            Some(_) | None => self.state.word(),
        }
    }

    /// Whether it holds on to its resource.
    pub(super) fn is_in_use(&self) -> bool {
        self.waiting.is_some_and(|waiting| waiting.wait == Wait::ConnectionEnable) || self.carries()
    }

    /// Whether traffic passes it.
    pub(super) fn carries(&self) -> bool {
        self.waiting.is_none() && matches!(self.state, State::Connected | State::Migrated)
    }

    /// The domain that leads to it alone.
    pub(super) fn domain(&self) -> String {
        let Self { endpoint_id, id, service_id, region, .. } = self;
        format!("{endpoint_id}-{id}.{service_id}.{region}.privatelink.aliyuncs.com")
    }
}

pub(super) fn key(place: &Place, endpoint_id: &str, zone: &str) -> String {
    place.key(&format!("{endpoint_id}/{zone}"))
}

/// The zone that `ZoneId`, `VSwitchId` and `ip` describe, for an endpoint that already has `others`.
pub(super) fn wanted(
    world: &World,
    place: &Place,
    vpc_id: &str,
    endpoint_id: &str,
    (provider, service): (&Place, &Service),
    params: &Params,
    others: &[Zone],
) -> Result<Zone, RpcError> {
    let vswitch_id = params.required("VSwitchId")?;
    let vswitch =
        world.vswitch_site(place, vswitch_id).filter(|vswitch| vswitch.vpc_id == vpc_id).ok_or_else(|| {
            RpcError::bad("VSwitchNotFound", format!("The specified VSwitch does not exist: {vswitch_id}."))
        })?;
    refuse_if!(!vswitch.is_available, bad "VSwitchStatusNotAllowed", "The specified vswitch status is not Available.");
    let id = params.get("ZoneId").unwrap_or(&vswitch.zone);
    refuse_if!(!Region::find(&place.region).is_some_and(|region| region.zones().any(|known| known == id)), bad "UnsupportedZone",
        "The zone is not supported: {id}.");
    refuse_if!(id != vswitch.zone, bad "Mismatch.ZoneId", "ZoneId is mismatched for {vswitch_id} and {id}.");
    refuse_if!(others.iter().any(|other| other.id == id), bad "EndpointZoneDuplicated", "The zone is duplicated for the Endpoint.");
    // Zones of another region are none of the service's.
    let must_match = world.links.settings.zones_must_match && provider.region == place.region;
    refuse_if!(must_match && !service.zones().contains(&id), refusal::zone_not_served(id));
    let asked = params.parsed::<Ipv4Addr>("ip", "an IPv4 address")?;
    let is_taken_here = asked.is_some_and(|asked| others.iter().any(|other| other.address == asked));
    let address = world.free_address(place, vswitch_id, asked).filter(|_| !is_taken_here);
    let address = address.ok_or_else(|| match asked {
        Some(asked) => RpcError::bad("EniIpUnavailable", format!("The specified IP address is unavailable: {asked}.")),
        None => RpcError::bad("ResourceNotEnough.VSwitchIp", "The specified resource of VSwitchIp is not enough."),
    })?;
    Ok(Zone {
        endpoint_id: endpoint_id.to_owned(),
        consumer: place.account.clone(),
        region: place.region.clone(),
        id: id.to_owned(),
        vswitch_id: vswitch_id.to_owned(),
        eni_id: world.shared.ids.resource("eni"),
        address,
        service_id: service.id.clone(),
        resource_id: String::new(),
        replaced_resource_id: String::new(),
        is_chosen: false,
        state: State::Wait,
        waiting: world.begin(Wait::ZoneCreate),
    })
}

/// Zones of one endpoint come and go one after the other.
fn must_be_alone(world: &World, place: &Place, endpoint_id: &str) -> Result<(), RpcError> {
    let in_change =
        |zone: &Zone| zone.waiting.is_some_and(|waiting| matches!(waiting.wait, Wait::ZoneCreate | Wait::ZoneDelete));
    if world.links.zones_of(place, endpoint_id).any(in_change) { Err(refusal::concurrent()) } else { Ok(()) }
}

pub(super) fn add(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    params.required("ZoneId")?;
    let (endpoint, connection) = changeable(world, &place, request)?;
    must_be_alone(world, &place, &endpoint.id)?;
    let provider = Place::new(&connection.provider, &connection.service_region);
    let service = world.links.services.get(&provider.key(&connection.service_id));
    let service = service.ok_or_else(refusal::service_deleted)?;
    let others: Vec<Zone> = world.links.zones_of(&place, &endpoint.id).cloned().collect();
    let zone = wanted(world, &place, &endpoint.vpc_id, &endpoint.id, (&provider, service), params, &others)?;
    text::unless_dry(params)?;
    world.links.zones.insert(zone.key(), zone);
    Ok(json!({}))
}

pub(super) fn remove(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let zone = params.required("ZoneId")?;
    let (endpoint, connection) = own(world, &place, params)?;
    endpoint.must_be_open_to(request)?;
    refuse_if!(endpoint.waiting.is_some(), refusal::endpoint_busy());
    refuse_if!(connection.waiting.is_some(), refusal::connection_busy());
    let key = key(&place, &endpoint.id, zone);
    let zone = world.links.zones.get(&key).ok_or_else(|| refusal::no_zone(zone))?;
    must_be_alone(world, &place, &endpoint.id)?;
    refuse_if!(zone.waiting.is_some(), refusal::connection_busy());
    text::unless_dry(params)?;
    let waiting = world.begin(Wait::ZoneDelete);
    world.links.zones.change(&key, |zone| zone.waiting = waiting);
    Ok(json!({}))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let cursor = Cursor::named("MaxResults", 1..=1000, 50, params)?;
    let (endpoint, _) = own(world, &place, params)?;
    let found = world.links.zones_of(&place, &endpoint.id).map(|zone| {
        let view = json!({
            "ZoneId": zone.id,
            "VSwitchId": zone.vswitch_id,
            "EniId": zone.eni_id,
            "EniIp": zone.address,
            "ZoneDomain": zone.domain(),
            "ZoneIpv6Address": "",
            "ZoneStatus": zone.status(),
            "RegionId": zone.region,
        });
        (zone.id.clone(), view)
    });
    let found: Vec<(String, Value)> = found.collect();
    let total = found.len();
    let (page, token) = cursor.cut(found);
    Ok(json!({ "Zones": page, "NextToken": token, "MaxResults": cursor.most(), "TotalCount": total }))
}

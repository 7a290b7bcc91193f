//! Endpoint services.

mod change;
mod create;
mod list;

use std::collections::BTreeMap;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::{Params, RpcError};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal;
use super::resource::{Resource, ResourceType};
use super::state::BusinessStatus;
use super::user::Users;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World, text};

pub(super) use change::{delete, update};
pub(super) use create::create;
pub(super) use list::{attribute, list, list_visible};

words! {
    /// Who pays for a connection.
    pub(super) enum Payer {
        /// The consumer.
        Endpoint = "Endpoint",
        /// The provider.
        Service = "EndpointService",
    }
}

words! {
    /// Which kinds of addresses there are.
    pub(super) enum IpVersion {
        V4 = "IPv4",
        Dual = "DualStack",
    }
}

/// An endpoint service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Service {
    pub id: String,
    pub description: String,
    pub auto_accept: bool,
    pub zone_affinity: bool,
    pub resource_type: ResourceType,
    pub payer: Payer,
    pub ip_version: IpVersion,
    pub supports_v6: bool,
    /// Mbit/s that a new connection gets.
    pub bandwidth: u32,
    pub resources: Vec<Resource>,
    pub users: Users,
    /// Regions beside its own in which endpoints may be.
    pub regions: Vec<String>,
    pub resource_group: String,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    pub business: BusinessStatus,
    /// Creating, Pending or Deleting while it waits, Active after.
    pub waiting: Option<Waiting>,
    /// What makes it Pending is a change of its resources.
    pub resources_change: bool,
}

impl Settles for Service {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        self.resources_change = false;
        self.waiting.take().is_none_or(|ended| ended.wait != Wait::ServiceDelete)
    }
}

impl Service {
    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::ServiceCreate) => "Creating",
            Some(Wait::ServiceDelete) => "Deleting",
            Some(_) => "Pending",
            None => "Active",
        }
    }

    /// The zones in which it has a resource.
    pub(super) fn zones(&self) -> Vec<&str> {
        let mut zones: Vec<&str> = self.resources.iter().map(|resource| resource.zone.as_str()).collect();
        zones.sort_unstable();
        zones.dedup();
        zones
    }

    /// What may be changed is neither locked nor in change.
    pub(super) fn must_be_free(&self) -> Result<(), RpcError> {
        match (self.business.is_locked(), self.waiting) {
            (true, _) => Err(refusal::service_locked()),
            (false, Some(_)) => Err(refusal::service_busy()),
            (false, None) => Ok(()),
        }
    }

    /// What provider and consumer both see.
    fn public_view(&self, place: &Place) -> Value {
        json!({
            "ServiceId": self.id,
            "ServiceName": name(&place.region, &self.id),
            "ServiceDomain": format!("{}.{}.privatelink.aliyuncs.com", self.id, place.region),
            "ServiceType": self.resource_type.service_type(),
            "ServiceResourceType": self.resource_type.word(),
            "ServiceSupportIPv6": self.supports_v6,
            "AddressIpVersion": self.ip_version.word(),
            "AutoAcceptEnabled": self.auto_accept,
            "ZoneAffinityEnabled": self.zone_affinity,
            "Payer": self.payer.word(),
            "ResourceGroupId": self.resource_group,
            "Tags": super::tag::view(&self.tags),
            "Zones": self.zones(),
        })
    }

    /// What the provider sees.
    fn view(&self, place: &Place) -> Value {
        let mut view = self.public_view(place);
        let (least, most) = self.resource_type.bandwidths();
        let regions: Vec<Value> = self
            .regions
            .iter()
            .map(|region| json!({ "RegionId": region, "RegionServiceStatus": "Available" }))
            .collect();
        let more = json!({
            "RegionId": place.region,
            "ServiceDescription": self.description,
            "ServiceStatus": self.status(),
            "ServiceBusinessStatus": self.business.word(),
            "ConnectBandwidth": self.bandwidth,
            "MinBandwidth": least,
            "MaxBandwidth": most,
            "CreateTime": text::time(self.created),
            "SupportedRegionSet": regions,
        });
        if let (Value::Object(fields), Value::Object(more)) = (&mut view, more) {
            fields.extend(more);
        }
        view
    }
}

/// The name under which consumers may ask for a service.
pub(super) fn name(region: &str, id: &str) -> String {
    format!("com.aliyuncs.privatelink.{region}.{id}")
}

/// The id in a service's name.
pub(super) fn id_in_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The service of the caller that `ServiceId` names.
pub(super) fn own<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Service, RpcError> {
    let id = params.required("ServiceId")?;
    world.links.services.get(&place.key(id)).ok_or_else(|| refusal::no_service(id))
}

/// The service with this id in a region, whoever owns it, and its owner's place.
pub(super) fn find<'a>(world: &'a World, region: &str, id: &str) -> Option<(Place, &'a Service)> {
    let ending = format!("/{region}/{id}");
    let (key, service) = world.links.services.rows.iter().find(|(key, _)| key.ends_with(&ending))?;
    let account = key.split('/').next()?;
    Some((Place::new(account, region), service))
}

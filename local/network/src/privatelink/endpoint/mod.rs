//! Endpoints: how a consumer asks for a service, and the way in once it is accepted.

mod change;
mod create;
mod list;

use std::collections::BTreeMap;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::identity::Principal;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connection::Connection;
use super::group::Membership;
use super::service::{self, IpVersion};
use super::state::BusinessStatus;
use super::{refusal, tag};
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World, text};

pub(super) use change::{delete, update};
pub(super) use create::create;
pub(super) use list::{attribute, list};

/// An endpoint. Its connection and its zones stand in tables of their own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub id: String,
    pub name: String,
    pub description: String,
    pub vpc_id: String,
    pub kind: String,
    pub zone_affinity: bool,
    pub policy: String,
    /// The role that alone may change it, if it is protected.
    pub protected_for: Option<String>,
    /// Mbit/s, where the service is in another region.
    pub cross_region_bandwidth: Option<u32>,
    pub ip_version: IpVersion,
    pub groups: Vec<Membership>,
    pub resource_group: String,
    pub tags: BTreeMap<String, String>,
    pub created: Timestamp,
    pub business: BusinessStatus,
    /// Creating, Pending or Deleting while it waits, Active after.
    pub waiting: Option<Waiting>,
}

impl Settles for Endpoint {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        self.groups.retain_mut(Membership::settle);
        self.waiting.take().is_none_or(|ended| ended.wait != Wait::EndpointDelete)
    }
}

impl Endpoint {
    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::EndpointCreate) => "Creating",
            Some(Wait::EndpointDelete) => "Deleting",
            Some(_) => "Pending",
            None => "Active",
        }
    }

    /// The domain that leads to all its zones.
    pub(super) fn domain(&self, place: &Place, connection: &Connection) -> String {
        format!("{}.{}.{}.privatelink.aliyuncs.com", self.id, connection.service_id, place.region)
    }

    fn view(&self, place: &Place, connection: &Connection) -> Value {
        let mut view = json!({
            "EndpointId": self.id,
            "EndpointName": self.name,
            "EndpointDescription": self.description,
            "EndpointDomain": self.domain(place, connection),
            "EndpointStatus": self.status(),
            "EndpointBusinessStatus": self.business.word(),
            "EndpointType": self.kind,
            "ConnectionStatus": connection.status(),
            "Bandwidth": connection.bandwidth,
            "ServiceId": connection.service_id,
            "ServiceName": service::name(&connection.service_region, &connection.service_id),
            "ServiceRegionId": connection.service_region,
            "RegionId": place.region,
            "VpcId": self.vpc_id,
            "ZoneAffinityEnabled": self.zone_affinity,
            "AddressIpVersion": self.ip_version.word(),
            "ResourceOwner": connection.provider == place.account,
            "ResourceGroupId": self.resource_group,
            "PolicyDocument": self.policy,
            "ProtectedEnabled": self.protected_for.is_some(),
            "CreateTime": text::time(self.created),
            "Tags": tag::view(&self.tags),
        });
        if let (Value::Object(fields), Some(bandwidth)) = (&mut view, self.cross_region_bandwidth) {
            fields.insert("CrossRegionBandwidth".to_owned(), bandwidth.into());
        }
        view
    }

    /// Whether the caller may change it: a protected one only by the role that made it.
    pub(super) fn must_be_open_to(&self, request: &RpcRequest) -> Result<(), RpcError> {
        let is_its_role =
            |role: &String| matches!(&request.caller.principal, Principal::Role { name, .. } if name == role);
        match &self.protected_for {
            Some(role) if !is_its_role(role) => {
                Err(RpcError::bad("EndpointProtected", "The specified Endpoint is protected."))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// The endpoint of the caller that `EndpointId` names, with its connection.
pub(super) fn own<'a>(
    world: &'a World,
    place: &Place,
    params: &Params,
) -> Result<(&'a Endpoint, &'a Connection), RpcError> {
    let id = params.required("EndpointId")?;
    let key = place.key(id);
    let (endpoint, connection) = (world.links.endpoints.get(&key), world.links.connections.get(&key));
    endpoint.zip(connection).ok_or_else(|| refusal::no_endpoint(id))
}

/// The same to be changed: open to the caller, paid for, with a service, and neither it nor its connection in change.
pub(super) fn changeable<'a>(
    world: &'a World,
    place: &Place,
    request: &RpcRequest,
) -> Result<(&'a Endpoint, &'a Connection), RpcError> {
    let (endpoint, connection) = own(world, place, &request.params)?;
    endpoint.must_be_open_to(request)?;
    refuse_if!(endpoint.business.is_locked(), refusal::endpoint_locked());
    refuse_if!(endpoint.waiting.is_some(), refusal::endpoint_busy());
    refuse_if!(connection.service_is_gone, refusal::service_deleted());
    refuse_if!(connection.waiting.is_some(), refusal::connection_busy());
    Ok((endpoint, connection))
}

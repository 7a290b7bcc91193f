//! The side that uses the service.

use std::fmt;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::{Fields, range};

use super::text;
use crate::words::{AccountAlias, RegionId, ResourceId, VpcId};

/// The cloud takes at most this many zones, and this many security groups, of an endpoint.
const MOST: usize = 10;
/// The most ranges that are let in.
const MOST_CLIENTS: usize = 50;
/// What a service's name begins with; its region and its id follow.
const SERVICE_NAME: &str = "com.aliyuncs.privatelink.";

/// The side that uses the service: an endpoint in its VPC, and who may reach that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerSide {
    /// The alias of the account that owns the VPC.
    pub account: AccountAlias,
    /// The region the VPC lies in, which is also the service's.
    pub region_id: RegionId,
    /// The VPC.
    pub vpc_id: VpcId,
    /// Where the endpoint gets an address: zones in which the service is.
    #[schemars(length(min = 1, max = 10))]
    pub zones: Vec<EndpointZone>,
    /// The security groups of the endpoint. They are opened for `clients`, on the service's port.
    #[schemars(length(min = 1, max = 10))]
    pub security_groups: Vec<ResourceId>,
    /// The ranges that may reach the endpoint; those of the VPC unless named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>", inner(regex(pattern = strict::range::PATTERN)), length(max = 50))]
    pub clients: Vec<Ipv4Net>,
    /// The endpoint's name: 2 to 128 letters, digits, `-` and `_`, a letter first. Made of the connection's unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_name: Option<String>,
    /// The endpoint's description: 2 to 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// An existing service of the provider, by id or name. Nothing is made on the provider's side then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
    /// An instance of this side with a running Cloud Assistant, to try the endpoint from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<ResourceId>,
}

/// A zone in which an endpoint gets an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointZone {
    /// The zone.
    pub zone_id: ResourceId,
    /// The vSwitch of the VPC in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vswitch_id: Option<ResourceId>,
    /// The range of a vSwitch that is made in it where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("pattern" = strict::range::PATTERN))]
    pub cidr_block: Option<Ipv4Net>,
}

/// An endpoint service: `epsrv-…`, or `com.aliyuncs.privatelink.REGION.epsrv-…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^(com\\.aliyuncs\\.privatelink\\.[a-z0-9-]+\\.)?epsrv-[A-Za-z0-9-]{1,58}$"))]
pub struct ServiceId {
    region: Option<String>,
    id: String,
}

impl ServiceId {
    /// `epsrv-…`
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The region that its name tells, where it was given by name.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

impl TryFrom<String> for ServiceId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{} must be epsrv-… or {SERVICE_NAME}REGION.epsrv-…", strict::quoted(&text));
        let (region, id) = match text.strip_prefix(SERVICE_NAME) {
            Some(rest) => {
                let (region, id) = rest.split_once('.').ok_or_else(bad)?;
                region.parse::<RegionId>().map_err(|_| bad())?;
                (Some(region.to_owned()), id)
            }
            None => (None, text.as_str()),
        };
        let is_id = id.strip_prefix("epsrv-").is_some_and(|rest| !rest.is_empty());
        match id.parse::<ResourceId>() {
            Ok(id) if is_id => Ok(Self { region, id: id.to_string() }),
            _ => Err(bad()),
        }
    }
}

impl From<ServiceId> for String {
    fn from(service: ServiceId) -> Self {
        service.to_string()
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{SERVICE_NAME}{region}.{}", self.id),
            None => f.write_str(&self.id),
        }
    }
}

impl ConsumerSide {
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let zones: Option<Vec<_>> = fields.objects("zones", MOST, EndpointZone::read);
        check_zones(zones.as_deref(), fields);
        let security_groups: Option<Vec<ResourceId>> = fields.list("security_groups", MOST);
        check_groups(security_groups.as_deref(), fields);
        let clients = fields.ranges("clients", MOST_CLIENTS);
        let endpoint_name: Option<Option<String>> = fields.optional("endpoint_name", None);
        let description: Option<Option<String>> = fields.optional("description", None);
        let service = fields.optional("service", None);
        let instance_id = fields.optional("instance_id", None);
        if let Some(Some(Err(rule))) = endpoint_name.as_ref().map(|name| name.as_deref().map(text::name)) {
            fields.problem("endpoint_name", rule);
        }
        if let Some(Some(Err(rule))) = description.as_ref().map(|text| text.as_deref().map(text::description)) {
            fields.problem("description", rule);
        }
        // What does not read is told; the rest stays to be held against the other side.
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            zones: zones?.into_iter().collect::<Option<_>>()?,
            security_groups: security_groups.unwrap_or_default(),
            clients: clients.unwrap_or_default(),
            endpoint_name: endpoint_name.unwrap_or_default(),
            description: description.unwrap_or_default(),
            service: service?,
            instance_id: instance_id.unwrap_or_default(),
        })
    }

    /// The zone of that id, if the endpoint shall be in it.
    #[must_use]
    pub fn zone(&self, id: &str) -> Option<&EndpointZone> {
        self.zones.iter().find(|zone| zone.zone_id.as_str() == id)
    }
}

impl EndpointZone {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let zone_id = fields.required("zone_id");
        let vswitch_id: Option<Option<ResourceId>> = fields.optional("vswitch_id", None);
        let block: Option<Option<String>> = fields.optional("cidr_block", None);
        match (&vswitch_id, &block) {
            (Some(None), Some(None)) => {
                let detail =
                    "name a vSwitch of the VPC in this zone (vswitch_id), or the range of one to make (cidr_block)";
                fields.problem("", detail);
            }
            (Some(Some(_)), Some(Some(_))) => {
                fields.problem("cidr_block", "a vSwitch is named, so none is made: leave this out");
            }
            _ => {}
        }
        let mut cidr_block = None;
        if let (Some(None), Some(Some(text))) = (&vswitch_id, &block) {
            cidr_block = range::v4(text).map_err(|why| fields.problem("cidr_block", why)).ok();
            if range::lenient(text).is_some_and(|net| !(16..=29).contains(&net.prefix_len())) {
                let detail =
                    format!("{} is no range of a vSwitch: its prefix is from /16 to /29", strict::quoted(text));
                fields.problem("cidr_block", detail);
            }
        }
        Some(Self { zone_id: zone_id?, vswitch_id: vswitch_id.unwrap_or_default(), cidr_block })
    }
}

fn check_zones(zones: Option<&[Option<EndpointZone>]>, fields: &mut Fields<'_>) {
    let Some(zones) = zones else { return };
    if zones.is_empty() {
        fields.problem("zones", format!("name 1 to {MOST} zones"));
    }
    for (index, zone) in zones.iter().enumerate() {
        let Some(EndpointZone { zone_id, .. }) = zone else { continue };
        if zones[..index].iter().flatten().any(|other| other.zone_id == *zone_id) {
            fields.problem(&format!("zones/{index}/zone_id"), format!("zone {zone_id} is named twice; name it once"));
        }
    }
}

fn check_groups(groups: Option<&[ResourceId]>, fields: &mut Fields<'_>) {
    let Some(groups) = groups else { return };
    if groups.is_empty() {
        let detail = format!("name 1 to {MOST} security groups; an endpoint made without one can have none later");
        fields.problem("security_groups", detail);
    }
    for (index, group) in groups.iter().enumerate().filter(|(index, group)| groups[..*index].contains(group)) {
        fields.problem(&format!("security_groups/{index}"), format!("{group} is named twice; name it once"));
    }
}

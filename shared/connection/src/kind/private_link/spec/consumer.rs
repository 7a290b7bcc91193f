//! The side that uses the service.

use std::fmt;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text;
use crate::spec::fields::Fields;
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
    #[schemars(with = "Vec<String>", length(max = 50))]
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
    #[schemars(with = "Option<String>")]
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
        let bad = || format!("{text:?} must be epsrv-… or {SERVICE_NAME}REGION.epsrv-…");
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
    pub(super) fn read(mut fields: Fields<'_>) -> Option<Self> {
        let account = fields.required("account");
        let region_id = fields.required("region_id");
        let vpc_id = fields.required("vpc_id");
        let zones: Option<Vec<EndpointZone>> = fields.required("zones");
        let security_groups: Option<Vec<ResourceId>> = fields.required("security_groups");
        let clients: Option<Vec<Ipv4Net>> = fields.optional("clients", Vec::new());
        let endpoint_name: Option<Option<String>> = fields.optional("endpoint_name", None);
        let description: Option<Option<String>> = fields.optional("description", None);
        let service = fields.optional("service", None);
        let instance_id = fields.optional("instance_id", None);
        check_zones(zones.as_deref().unwrap_or_default(), zones.is_some(), &mut fields);
        if let Some(groups) = &security_groups {
            if !(1..=MOST).contains(&groups.len()) {
                let detail =
                    format!("name 1 to {MOST} security groups; an endpoint made without one can have none later");
                fields.problem("security_groups", detail);
            }
            for (index, group) in groups.iter().enumerate().filter(|(index, group)| groups[..*index].contains(group)) {
                fields.problem_within(&format!("security_groups/{index}"), format!("{group} is named twice"));
            }
        }
        let clients_given = clients.as_deref().unwrap_or_default();
        if clients_given.len() > MOST_CLIENTS {
            fields.problem("clients", format!("at most {MOST_CLIENTS}"));
        }
        for (index, block) in clients_given.iter().enumerate().filter(|(_, block)| block.trunc() != **block) {
            let detail = format!("{block} has bits behind its prefix; did you mean {}?", block.trunc());
            fields.problem_within(&format!("clients/{index}"), detail);
        }
        if let Some(Some(Err(rule))) = endpoint_name.as_ref().map(|name| name.as_deref().map(text::name)) {
            fields.problem("endpoint_name", rule);
        }
        if let Some(Some(Err(rule))) = description.as_ref().map(|text| text.as_deref().map(text::description)) {
            fields.problem("description", rule);
        }
        fields.refuse_the_rest();
        Some(Self {
            account: account?,
            region_id: region_id?,
            vpc_id: vpc_id?,
            zones: zones?,
            security_groups: security_groups?,
            clients: clients?,
            endpoint_name: endpoint_name?,
            description: description?,
            service: service?,
            instance_id: instance_id?,
        })
    }

    /// The zone of that id, if the endpoint shall be in it.
    #[must_use]
    pub fn zone(&self, id: &str) -> Option<&EndpointZone> {
        self.zones.iter().find(|zone| zone.zone_id.as_str() == id)
    }
}

fn check_zones(zones: &[EndpointZone], given: bool, fields: &mut Fields<'_>) {
    if given && !(1..=MOST).contains(&zones.len()) {
        fields.problem("zones", format!("name 1 to {MOST} zones"));
    }
    for (index, zone) in zones.iter().enumerate() {
        let at = format!("zones/{index}");
        if zones[..index].iter().any(|other| other.zone_id == zone.zone_id) {
            fields.problem_within(&format!("{at}/zone_id"), format!("zone {} is named twice", zone.zone_id));
        }
        match (&zone.vswitch_id, zone.cidr_block) {
            (None, None) => {
                let detail =
                    "name a vSwitch of the VPC in this zone (vswitch_id), or the range of one to make (cidr_block)";
                fields.problem_within(&at, detail);
            }
            (Some(_), Some(_)) => {
                let detail = "a vSwitch is named, so none is made: leave this out";
                fields.problem_within(&format!("{at}/cidr_block"), detail);
            }
            (None, Some(block)) => {
                if block.trunc() != block {
                    let detail = format!("{block} has bits behind its prefix; did you mean {}?", block.trunc());
                    fields.problem_within(&format!("{at}/cidr_block"), detail);
                }
                if !(16..=29).contains(&block.prefix_len()) {
                    let detail = "the mask of a vSwitch has 16 to 29 bits";
                    fields.problem_within(&format!("{at}/cidr_block"), detail);
                }
            }
            (Some(_), None) => {}
        }
    }
}

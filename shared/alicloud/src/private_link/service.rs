//! An endpoint service as the cloud shows it: what it offers and to whom.

use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tag::Tag;
use crate::vpc::BusinessStatus;

words! {
    /// What stands behind an endpoint service.
    ResourceType {
        /// A classic load balancer.
        Clb = "slb",
        /// An application load balancer.
        Alb = "alb",
        /// A network load balancer.
        Nlb = "nlb",
        /// A gateway load balancer.
        Gwlb = "gwlb",
    }
}

words! {
    /// Who pays for the connections.
    Payer {
        /// The consumer.
        Endpoint = "Endpoint",
        /// The provider.
        EndpointService = "EndpointService",
    }
}

words! {
    /// Where an endpoint service is in its life.
    ServiceStatus {
        /// Being made.
        Creating = "Creating",
        /// Being changed.
        Pending = "Pending",
        /// Ready.
        Active = "Active",
        /// Going.
        Deleting = "Deleting",
        /// Gone.
        Deleted = "Deleted",
    }
}

/// An endpoint service, as its provider sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointService {
    /// `epsrv-…`
    pub service_id: String,
    /// `com.aliyuncs.privatelink.{region}.{id}`
    pub service_name: Option<String>,
    /// Its domain name.
    pub service_domain: Option<String>,
    /// Where it is in its life.
    #[serde(rename = "ServiceStatus")]
    pub status: ServiceStatus,
    /// Whether it is locked.
    #[serde(rename = "ServiceBusinessStatus")]
    pub business_status: Option<BusinessStatus>,
    /// Its description.
    #[serde(rename = "ServiceDescription")]
    pub description: Option<String>,
    /// Whether the cloud accepts every endpoint of a whitelisted account by itself, so that nobody is asked.
    pub auto_accept_enabled: Option<bool>,
    /// Whether names lead to the zone of the one who asks first.
    pub zone_affinity_enabled: Option<bool>,
    /// What a connection gets when nothing else is said, in Mbit/s. Not to be read of some kinds of resource.
    pub connect_bandwidth: Option<i64>,
    /// Who pays.
    pub payer: Option<Payer>,
    /// What stands behind it.
    #[serde(rename = "ServiceResourceType")]
    pub resource_type: Option<ResourceType>,
    /// The zones it serves. Not in listings.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub zones: Vec<String>,
    /// When it was made.
    pub create_time: Option<Timestamp>,
    /// Its tags, where the listing tells them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub tags: Vec<Tag>,
}

/// An endpoint service, as an account on its whitelist sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OfferedService {
    /// `epsrv-…`
    pub service_id: String,
    /// `com.aliyuncs.privatelink.{region}.{id}`
    pub service_name: Option<String>,
    /// Its domain name.
    pub service_domain: Option<String>,
    /// Whether the cloud accepts every endpoint by itself.
    pub auto_accept_enabled: Option<bool>,
    /// Who pays.
    pub payer: Option<Payer>,
    /// What stands behind it.
    #[serde(rename = "ServiceResourceType")]
    pub resource_type: Option<ResourceType>,
    /// The zones it serves: an endpoint needs a vSwitch in one of them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub zones: Vec<String>,
}

/// A load balancer behind an endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceResource {
    /// `lb-…`, `nlb-…`, `alb-…`
    pub resource_id: String,
    /// What it is.
    pub resource_type: Option<ResourceType>,
    /// The zone it serves.
    pub zone_id: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Its vSwitch.
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: Option<String>,
    /// Its address.
    pub ip: Option<String>,
}

/// Somebody on the whitelist of an endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceUser {
    /// A main account's id.
    Account(String),
    /// `acs:ram:*:{account}:*`
    Arn(String),
}

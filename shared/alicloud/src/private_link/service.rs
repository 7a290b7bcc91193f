//! An endpoint service as the cloud shows it: what it offers and to whom.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lenient;
use crate::tag::Tag;
use crate::vpc::BusinessStatus;
use crate::words::words;

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
    #[serde(deserialize_with = "lenient::required")]
    pub service_id: String,
    /// `com.aliyuncs.privatelink.{region}.{id}`
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_name: Option<String>,
    /// Its domain name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_domain: Option<String>,
    /// Where it is in its life.
    #[serde(rename = "ServiceStatus")]
    pub status: ServiceStatus,
    /// Whether it is locked.
    #[serde(default, rename = "ServiceBusinessStatus", deserialize_with = "lenient::word")]
    pub business_status: Option<BusinessStatus>,
    /// Its description.
    #[serde(default, rename = "ServiceDescription", deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// Whether the cloud accepts every endpoint of a whitelisted account by itself, so that nobody is asked.
    #[serde(default, deserialize_with = "lenient::boolean")]
    pub auto_accept_enabled: Option<bool>,
    /// Whether names lead to the zone of the one who asks first.
    #[serde(default, deserialize_with = "lenient::boolean")]
    pub zone_affinity_enabled: Option<bool>,
    /// What a connection gets when nothing else is said, in Mbit/s. Not to be read of some kinds of resource.
    #[serde(default, deserialize_with = "lenient::parsed")]
    pub connect_bandwidth: Option<i64>,
    /// Who pays.
    #[serde(default, deserialize_with = "lenient::word")]
    pub payer: Option<Payer>,
    /// What stands behind it.
    #[serde(default, rename = "ServiceResourceType", deserialize_with = "lenient::word")]
    pub resource_type: Option<ResourceType>,
    /// The zones it serves. Not in listings.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub zones: Vec<String>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
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
    #[serde(deserialize_with = "lenient::required")]
    pub service_id: String,
    /// `com.aliyuncs.privatelink.{region}.{id}`
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_name: Option<String>,
    /// Its domain name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_domain: Option<String>,
    /// Whether the cloud accepts every endpoint by itself.
    #[serde(default, deserialize_with = "lenient::boolean")]
    pub auto_accept_enabled: Option<bool>,
    /// Who pays.
    #[serde(default, deserialize_with = "lenient::word")]
    pub payer: Option<Payer>,
    /// What stands behind it.
    #[serde(default, rename = "ServiceResourceType", deserialize_with = "lenient::word")]
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
    #[serde(deserialize_with = "lenient::required")]
    pub resource_id: String,
    /// What it is.
    #[serde(default, deserialize_with = "lenient::word")]
    pub resource_type: Option<ResourceType>,
    /// The zone it serves.
    #[serde(default, deserialize_with = "lenient::text")]
    pub zone_id: Option<String>,
    /// Its VPC.
    #[serde(default, deserialize_with = "lenient::text")]
    pub vpc_id: Option<String>,
    /// Its vSwitch.
    #[serde(default, rename = "VSwitchId", deserialize_with = "lenient::text")]
    pub vswitch_id: Option<String>,
    /// Its address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub ip: Option<String>,
    /// How many endpoints use it.
    #[serde(default, deserialize_with = "lenient::parsed")]
    pub related_endpoint_count: Option<u64>,
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

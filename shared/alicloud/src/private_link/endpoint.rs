//! An endpoint as the cloud shows it, its zones and security groups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConnectionStatus, Payer, ZoneStatus};
use crate::lenient;
use crate::tag::Tag;
use crate::vpc::BusinessStatus;
use crate::words::words;

words! {
    /// Where an endpoint is in its life.
    EndpointStatus {
        /// Being made.
        Creating = "Creating",
        /// Ready; whether it is connected is another matter.
        Active = "Active",
        /// Being changed.
        Pending = "Pending",
        /// Going.
        Deleting = "Deleting",
    }
}

words! {
    /// Whether a security group holds for an endpoint.
    AttachmentStatus {
        /// Not yet.
        Attaching = "Attaching",
        /// Yes.
        Attached = "Attached",
        /// Not much longer.
        Detaching = "Detaching",
    }
}

/// An endpoint, as its consumer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// `ep-…`
    #[serde(deserialize_with = "lenient::required")]
    pub endpoint_id: String,
    /// Where it is in its life.
    #[serde(rename = "EndpointStatus")]
    pub status: EndpointStatus,
    /// Whether it is connected to its service.
    #[serde(default, deserialize_with = "lenient::word")]
    pub connection_status: Option<ConnectionStatus>,
    /// Whether it is locked.
    #[serde(default, rename = "EndpointBusinessStatus", deserialize_with = "lenient::word")]
    pub business_status: Option<BusinessStatus>,
    /// Its name.
    #[serde(default, rename = "EndpointName", deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// Its description.
    #[serde(default, rename = "EndpointDescription", deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// Its domain name, which leads to all its zones.
    #[serde(default, deserialize_with = "lenient::text")]
    pub endpoint_domain: Option<String>,
    /// The VPC it is in.
    #[serde(default, deserialize_with = "lenient::text")]
    pub vpc_id: Option<String>,
    /// `epsrv-…`
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_id: Option<String>,
    /// The service's name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_name: Option<String>,
    /// The service's region.
    #[serde(default, deserialize_with = "lenient::text")]
    pub service_region_id: Option<String>,
    /// In Mbit/s.
    #[serde(default, deserialize_with = "lenient::parsed")]
    pub bandwidth: Option<i64>,
    /// Who pays. Not in listings.
    #[serde(default, deserialize_with = "lenient::word")]
    pub payer: Option<Payer>,
    /// Whether endpoint and service belong to one account.
    #[serde(default, deserialize_with = "lenient::boolean")]
    pub resource_owner: Option<bool>,
    /// When it was made.
    #[serde(default, deserialize_with = "lenient::time")]
    pub create_time: Option<Timestamp>,
    /// Its tags, where the listing tells them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub tags: Vec<Tag>,
}

/// An endpoint in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointZone {
    /// The zone.
    #[serde(deserialize_with = "lenient::required")]
    pub zone_id: String,
    /// Its vSwitch in it.
    #[serde(default, rename = "VSwitchId", deserialize_with = "lenient::text")]
    pub vswitch_id: Option<String>,
    /// Its network interface in it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub eni_id: Option<String>,
    /// The address of that.
    #[serde(default, rename = "EniIp", deserialize_with = "lenient::parsed")]
    pub eni_ip: Option<std::net::IpAddr>,
    /// Its domain name, which leads to this zone only.
    #[serde(default, deserialize_with = "lenient::text")]
    pub zone_domain: Option<String>,
    /// Where it is.
    #[serde(default, rename = "ZoneStatus", deserialize_with = "lenient::word")]
    pub status: Option<ZoneStatus>,
}

/// A security group of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedGroup {
    /// `sg-…`
    #[serde(deserialize_with = "lenient::required")]
    pub security_group_id: String,
    /// Whether it holds.
    #[serde(default, rename = "SecurityGroupStatus", deserialize_with = "lenient::word")]
    pub status: Option<AttachmentStatus>,
}

//! An endpoint as the cloud shows it, its zones and security groups.

use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConnectionStatus, Payer, ZoneStatus};
use crate::tag::Tag;
use crate::vpc::BusinessStatus;

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
    pub endpoint_id: String,
    /// Where it is in its life.
    #[serde(rename = "EndpointStatus")]
    pub status: EndpointStatus,
    /// Whether it is connected to its service.
    pub connection_status: Option<ConnectionStatus>,
    /// Whether it is locked.
    #[serde(rename = "EndpointBusinessStatus")]
    pub business_status: Option<BusinessStatus>,
    /// Its name.
    #[serde(rename = "EndpointName")]
    pub name: Option<String>,
    /// Its description.
    #[serde(rename = "EndpointDescription")]
    pub description: Option<String>,
    /// Its domain name, which leads to all its zones.
    pub endpoint_domain: Option<String>,
    /// The VPC it is in.
    pub vpc_id: Option<String>,
    /// `epsrv-…`
    pub service_id: Option<String>,
    /// The service's name.
    pub service_name: Option<String>,
    /// In Mbit/s.
    pub bandwidth: Option<i64>,
    /// Who pays. Not in listings.
    pub payer: Option<Payer>,
    /// Whether endpoint and service belong to one account.
    pub resource_owner: Option<bool>,
    /// When it was made.
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
    pub zone_id: String,
    /// Its vSwitch in it.
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: Option<String>,
    /// Its network interface in it.
    pub eni_id: Option<String>,
    /// The address of that.
    #[serde(rename = "EniIp")]
    pub eni_ip: Option<std::net::IpAddr>,
    /// Its domain name, which leads to this zone only.
    pub zone_domain: Option<String>,
    /// Where it is.
    #[serde(rename = "ZoneStatus")]
    pub status: Option<ZoneStatus>,
}

/// A security group of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedGroup {
    /// `sg-…`
    pub security_group_id: String,
    /// Whether it holds.
    #[serde(rename = "SecurityGroupStatus")]
    pub status: Option<AttachmentStatus>,
}

//! Load balancers.

mod change;
mod create;
mod list;
mod tag;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::Backend;
use super::refusal;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World, text};

pub(super) use change::{delete, set_delete_protection, set_modification_protection, set_name, set_status};
pub(super) use create::{create, on_or_off};
pub(super) use list::{attribute, list};
pub(super) use tag::{list_tags, tag, untag};

words! {
    /// From where a balancer is reached.
    pub(crate) enum AddressType {
        /// From everywhere.
        Internet = "internet",
        /// From its VPC.
        Intranet = "intranet",
    }
}

words! {
    /// How a balancer is paid.
    pub(crate) enum PayType {
        /// Pay as you go.
        OnDemand = "PayOnDemand",
        /// Subscription.
        Prepaid = "PrePay",
    }
}

words! {
    /// What a pay-as-you-go balancer's price depends on.
    pub(super) enum ChargeType {
        /// Its spec.
        BySpec = "PayBySpec",
        /// What it carries.
        ByUse = "PayByCLCU",
    }
}

words! {
    /// What internet traffic is paid by.
    pub(super) enum TrafficCharge {
        /// What flows.
        ByTraffic = "paybytraffic",
        /// What might flow.
        ByBandwidth = "paybybandwidth",
    }
}

words! {
    /// Whether a balancer works.
    pub(crate) enum Status {
        /// It does.
        Active = "active",
        /// It was switched off.
        Inactive = "inactive",
        /// It is not paid for.
        Locked = "locked",
    }
}

/// A load balancer with the default group of its backends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Balancer {
    pub id: String,
    pub name: String,
    pub address: Ipv4Addr,
    pub address_type: AddressType,
    /// Nothing for one without a VPC, which is reached from the internet.
    pub vpc_id: String,
    pub vswitch_id: String,
    /// The primary zone: where traffic goes in.
    pub master_zone: String,
    /// The standby zone; nothing if there is none.
    pub slave_zone: String,
    pub pay_type: PayType,
    pub(super) charge: ChargeType,
    pub(super) traffic_charge: TrafficCharge,
    /// Such as `slb.s1.small`.
    pub(super) spec: String,
    /// Mbit/s.
    pub(super) bandwidth: u32,
    pub status: Status,
    pub(super) delete_protection: bool,
    /// Why it may not be modified in the console, where it may not.
    pub(super) modification_protection: Option<String>,
    pub(super) resource_group: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created: Timestamp,
    pub(super) backends: Vec<Backend>,
    /// Its backends are being configured while it waits.
    pub(super) waiting: Option<Waiting>,
}

impl Settles for Balancer {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        self.waiting = None;
        true
    }
}

impl Balancer {
    fn network_type(&self) -> &'static str {
        if self.vpc_id.is_empty() { "classic" } else { "vpc" }
    }

    /// What is told of it in a list as well as alone.
    fn view(&self, place: &Place) -> Value {
        let tags: Vec<Value> =
            self.tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
        json!({
            "LoadBalancerId": self.id,
            "LoadBalancerName": self.name,
            "LoadBalancerStatus": self.status.word(),
            "LoadBalancerSpec": self.spec,
            "Address": self.address,
            "AddressType": self.address_type.word(),
            "AddressIPVersion": "ipv4",
            "NetworkType": self.network_type(),
            "VpcId": self.vpc_id,
            "VSwitchId": self.vswitch_id,
            "MasterZoneId": self.master_zone,
            "SlaveZoneId": self.slave_zone,
            "RegionId": place.region,
            "RegionIdAlias": place.region,
            "PayType": self.pay_type.word(),
            "InstanceChargeType": self.charge.word(),
            "InternetChargeType": self.traffic_charge.word(),
            "Bandwidth": self.bandwidth,
            "DeleteProtection": if self.delete_protection { "on" } else { "off" },
            "ModificationProtectionStatus":
                if self.modification_protection.is_some() { "ConsoleProtection" } else { "NonProtection" },
            "ModificationProtectionReason": self.modification_protection.as_deref().unwrap_or_default(),
            "ResourceGroupId": self.resource_group,
            "CreateTime": text::time(self.created),
            "CreateTimeStamp": self.created.as_millisecond(),
            "Tags": { "Tag": tags },
        })
    }
}

/// The balancer that `LoadBalancerId` names, in any state.
pub(super) fn named<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Balancer, RpcError> {
    let id = params.required("LoadBalancerId")?;
    world.clb.balancer(place, id).ok_or_else(|| refusal::no_balancer(id))
}

/// The same to be changed: not while it is locked or configured.
pub(super) fn changeable<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Balancer, RpcError> {
    let balancer = named(world, place, params)?;
    refuse_if!(balancer.status == Status::Locked, refusal::not_allowed("the load balancer is locked"));
    refuse_if!(balancer.waiting.is_some(), refusal::busy());
    Ok(balancer)
}

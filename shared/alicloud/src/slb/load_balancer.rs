//! Load balancers: making, reading, deleting.

use cloud_wire::{lenient, words};
use serde::{Deserialize, Serialize};

use super::{BackendServer, ListenerProtocol, Slb, of_balancer};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::names::ClientToken;
use crate::paging::Position;
use crate::params::Params;
use crate::tag::{self, Tag};

/// The largest page the cloud gives.
const PAGE: u32 = 100;

words! {
    /// Whether a load balancer works.
    LoadBalancerStatus {
        /// It does.
        Active = "active",
        /// It was switched off.
        Inactive = "inactive",
        /// It is locked, for debt mostly.
        Locked = "locked",
    }
}

words! {
    /// Where a load balancer's address is. An endpoint service wants `Intranet`.
    AddressType {
        /// In the VPC.
        Intranet = "intranet",
        /// In the internet.
        Internet = "internet",
    }
}

words! {
    /// How it is paid for. An endpoint service wants `PayOnDemand`.
    PayType {
        /// By use.
        PayOnDemand = "PayOnDemand" | "PostPaid",
        /// In advance.
        PrePay = "PrePay" | "PrePaid",
    }
}

words! {
    /// What is counted.
    InstanceCharge {
        /// What it does (LCU): the only way in which new ones are sold since June 2025.
        ByUse = "PayByCLCU",
        /// Its size.
        BySpec = "PayBySpec",
    }
}

/// A load balancer to be made: with an address in a VPC, and paid for by use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateLoadBalancer {
    /// A name, 1 to 80 characters.
    pub name: Option<String>,
    /// The VPC its address is in.
    pub vpc_id: String,
    /// The vSwitch its address is in.
    pub vswitch_id: String,
    /// The zone that serves; that of an endpoint service.
    pub master_zone_id: Option<String>,
    /// The zone that serves while the other does not.
    pub slave_zone_id: Option<String>,
    /// What is counted. Without it the cloud takes `BySpec`, which is sold no longer.
    pub instance_charge: Option<InstanceCharge>,
    /// Its size, such as `slb.s1.small`; with `BySpec` only.
    pub spec: Option<String>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// What a load balancer just made is known by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatedLoadBalancer {
    /// `lb-…`
    pub load_balancer_id: String,
    /// Its address.
    pub address: Option<String>,
}

/// A port that a load balancer listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerPort {
    /// The port.
    #[serde(rename = "ListenerPort")]
    pub port: Option<u16>,
    /// What is spoken on it.
    #[serde(rename = "ListenerProtocol", alias = "ListenerProtocal")]
    pub protocol: Option<ListenerProtocol>,
}

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LoadBalancer {
    /// `lb-…`
    pub load_balancer_id: String,
    /// Its name.
    #[serde(rename = "LoadBalancerName")]
    pub name: Option<String>,
    /// Whether it works.
    #[serde(rename = "LoadBalancerStatus")]
    pub status: LoadBalancerStatus,
    /// Its address.
    pub address: Option<String>,
    /// Where that is.
    pub address_type: Option<AddressType>,
    /// The VPC of the address.
    pub vpc_id: Option<String>,
    /// The vSwitch of the address.
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: Option<String>,
    /// The zone that serves.
    pub master_zone_id: Option<String>,
    /// The zone that serves while the other does not.
    pub slave_zone_id: Option<String>,
    /// Its size; `slb.lcu.elastic` where use is counted.
    #[serde(rename = "LoadBalancerSpec")]
    pub spec: Option<String>,
    /// How it is paid for.
    pub pay_type: Option<PayType>,
    /// What is counted.
    #[serde(rename = "InstanceChargeType")]
    pub instance_charge: Option<InstanceCharge>,
    /// Whether it is protected from being deleted.
    #[serde(default, deserialize_with = "on_or_off")]
    pub delete_protection: Option<bool>,
    /// The servers behind all its listeners. Not in listings.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub backend_servers: Vec<BackendServer>,
    /// Its tags, where the listing tells them.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub tags: Vec<Tag>,
    #[serde(default, deserialize_with = "lenient::wrapped")]
    listener_ports_and_protocol: Vec<ListenerPort>,
    /// The same, in a spelling that the cloud still sends.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    listener_ports_and_protocal: Vec<ListenerPort>,
}

impl LoadBalancer {
    /// The ports it listens on. Not in listings.
    #[must_use]
    pub fn listeners(&self) -> &[ListenerPort] {
        if self.listener_ports_and_protocol.is_empty() {
            &self.listener_ports_and_protocal
        } else {
            &self.listener_ports_and_protocol
        }
    }
}

/// A switch that the cloud writes as `on` and `off`.
pub(super) fn on_or_off<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text: Option<String> = lenient::value(deserializer)?;
    Ok(text.map(|text| text.eq_ignore_ascii_case("on") || text.eq_ignore_ascii_case("true")))
}

/// Which load balancers to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeLoadBalancers {
    /// This one.
    pub load_balancer_id: Option<String>,
    /// Those of this name.
    pub name: Option<String>,
    /// Those in this VPC.
    pub vpc_id: Option<String>,
    /// Those with this tag.
    pub tag: Option<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    load_balancers: Vec<LoadBalancer>,
    total_count: Option<u64>,
    page_size: Option<u64>,
}

impl Slb {
    /// Makes a load balancer.
    ///
    /// # Errors
    /// `Commercial` where this way to pay is not sold to the account, `Quota`, `Refused` where zone and vSwitch do not fit.
    pub async fn create_load_balancer(&self, request: &CreateLoadBalancer) -> Result<CreatedLoadBalancer, Error> {
        let params = Params::new()
            .maybe("LoadBalancerName", request.name.as_ref())
            .with("AddressType", AddressType::Intranet)
            .with("AddressIPVersion", "ipv4")
            .with("VpcId", &request.vpc_id)
            .with("VSwitchId", &request.vswitch_id)
            .maybe("MasterZoneId", request.master_zone_id.as_ref())
            .maybe("SlaveZoneId", request.slave_zone_id.as_ref())
            .with("PayType", PayType::PayOnDemand)
            .with("InternetChargeType", "paybytraffic")
            .maybe("InstanceChargeType", request.instance_charge.as_ref())
            .maybe("LoadBalancerSpec", request.spec.as_ref())
            .with("ClientToken", &request.client_token);
        self.0.call(Call::CreateLoadBalancer, tag::write(params, &request.tags)).await
    }

    /// One load balancer, with its listeners and servers.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn describe_load_balancer_attribute(&self, id: &str) -> Result<LoadBalancer, Error> {
        self.0.call(Call::DescribeLoadBalancerAttribute, of_balancer(id)).await
    }

    /// The load balancer with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn load_balancer(&self, id: &str) -> Result<Option<LoadBalancer>, Error> {
        match self.describe_load_balancer_attribute(id).await {
            Ok(balancer) => Ok(Some(balancer)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The load balancers asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_load_balancers(&self, request: &DescribeLoadBalancers) -> Result<Vec<LoadBalancer>, Error> {
        let params = || {
            let params = Params::new()
                .maybe("LoadBalancerId", request.load_balancer_id.as_ref())
                .maybe("LoadBalancerName", request.name.as_ref())
                .maybe("VpcId", request.vpc_id.as_ref());
            tag::write(params, &request.tag)
        };
        let page = |page: Page| {
            let position = Position { total_count: page.total_count, page_size: page.page_size };
            (page.load_balancers, position)
        };
        let call = Call::DescribeLoadBalancers;
        self.0.all_by_number(call, PAGE, params, page, |balancer| &balancer.load_balancer_id).await
    }

    /// Puts tags on a load balancer. A key that is there gets the new value.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn tag_load_balancer(&self, id: &str, tags: &[Tag]) -> Result<(), Error> {
        let params = Params::new().with("ResourceType", "instance").with("ResourceId.1", id);
        self.0.done(Call::TagLoadBalancer, tag::write(params, tags)).await
    }

    /// Deletes a load balancer with its listeners. It takes no client token.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while it is being changed, `Refused` for one that is
    /// protected or paid for in advance.
    pub async fn delete_load_balancer(&self, id: &str) -> Result<(), Error> {
        self.0.done(Call::DeleteLoadBalancer, of_balancer(id)).await
    }
}

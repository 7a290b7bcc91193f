//! Load balancers: their row, their calls, their view.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{self, Tags, among, is, required};
use super::flavour::Flavour;
use super::refusal;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World, text};

words! {
    /// From where a load balancer is reached.
    pub(super) enum AddressType {
        /// From everywhere.
        Internet = "Internet",
        /// From its VPC.
        Intranet = "Intranet",
    }
}

words! {
    /// Which features an application load balancer has.
    pub(super) enum Edition {
        /// Few.
        Basic = "Basic",
        /// Most.
        Standard = "Standard",
        /// All of them, with a firewall.
        Firewalled = "StandardWithWaf",
    }
}

/// A load balancer in a zone: an address in one of its vSwitches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ZoneMapping {
    /// The zone.
    pub zone: String,
    pub vswitch_id: String,
    pub address: Ipv4Addr,
    pub eni_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LoadBalancer {
    pub(super) flavour: Flavour,
    pub id: String,
    pub(super) name: String,
    pub(super) address_type: AddressType,
    pub vpc_id: String,
    /// In the order in which they were asked for.
    pub zones: Vec<ZoneMapping>,
    pub(super) edition: Edition,
    pub(super) delete_protection: bool,
    pub(super) resource_group: String,
    pub(super) tags: Tags,
    pub(super) created: Timestamp,
    /// Being made or deleted while it waits.
    pub(super) waiting: Option<Waiting>,
}

impl Settles for LoadBalancer {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, _: Timestamp) -> bool {
        self.waiting.take().is_none_or(|ended| ended.wait != Wait::BalancerDelete)
    }
}

impl LoadBalancer {
    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::BalancerDelete) => "Deleting",
            Some(_) => "Provisioning",
            None => "Active",
        }
    }

    /// Whether it takes connections.
    pub(crate) fn is_active(&self) -> bool {
        self.waiting.is_none()
    }

    /// The domain that leads to its addresses, from everywhere.
    pub(crate) fn domain(&self, place: &Place) -> String {
        format!("{}.{}.{}.aliyuncs.com", self.id, place.region, self.flavour.label())
    }

    fn zones_view(&self) -> Vec<Value> {
        let address = |mapping: &ZoneMapping| match self.flavour {
            Flavour::Nlb => json!({
                "PrivateIPv4Address": mapping.address,
                "EniId": mapping.eni_id,
                "PrivateIPv4HcStatus": "Healthy",
            }),
            Flavour::Alb => json!({ "Address": mapping.address, "IntranetAddress": mapping.address }),
        };
        let zone = |mapping: &ZoneMapping| {
            json!({
                "ZoneId": mapping.zone,
                "VSwitchId": mapping.vswitch_id,
                "Status": "Active",
                "LoadBalancerAddresses": [address(mapping)],
            })
        };
        self.zones.iter().map(zone).collect()
    }

    /// What is told of it in a list as well as alone.
    fn view(&self, place: &Place) -> Value {
        let mut view = json!({
            "LoadBalancerId": self.id,
            "LoadBalancerName": self.name,
            "LoadBalancerStatus": self.status(),
            "AddressType": self.address_type.word(),
            "AddressIpVersion": self.flavour.spells("ipv4", "IPv4"),
            "DNSName": self.domain(place),
            "VpcId": self.vpc_id,
            "ResourceGroupId": self.resource_group,
            "CreateTime": text::time(self.created),
            "LoadBalancerBillingConfig": { "PayType": "PostPay" },
            "DeletionProtectionConfig": { "Enabled": self.delete_protection },
            "ModificationProtectionConfig": { "Status": "NonProtection" },
            "SecurityGroupIds": [],
            "Tags": fields::tags_view(&self.tags, "Key", "Value"),
        });
        match self.flavour {
            Flavour::Nlb => {
                view["LoadBalancerType"] = "Network".into();
                view["LoadBalancerBusinessStatus"] = "Normal".into();
                view["CrossZoneEnabled"] = true.into();
                view["RegionId"] = place.region.as_str().into();
                view["ZoneMappings"] = self.zones_view().into();
                view["OperationLocks"] = json!([]);
            }
            // The product's own spelling.
            Flavour::Alb => {
                view["LoadBalancerBussinessStatus"] = "Normal".into();
                view["LoadBalancerEdition"] = self.edition.word().into();
                view["AddressAllocatedMode"] = "Fixed".into();
                view["LoadBalancerOperationLocks"] = json!([]);
            }
        }
        view
    }

    /// What is told of it alone.
    fn full_view(&self, place: &Place) -> Value {
        let mut view = self.view(place);
        view["RegionId"] = place.region.as_str().into();
        view["ZoneMappings"] = self.zones_view().into();
        if self.flavour == Flavour::Nlb {
            view["Tags"] = fields::tags_view(&self.tags, "TagKey", "TagValue").into();
        }
        view
    }

    fn fits(&self, place: &Place, params: &Params) -> bool {
        among(params, "LoadBalancerIds", &self.id)
            && among(params, "LoadBalancerNames", &self.name)
            && among(params, "VpcIds", &self.vpc_id)
            && is(params, "LoadBalancerStatus", self.status())
            && is(params, "AddressType", self.address_type.word())
            && is(params, "DNSName", &self.domain(place))
            && is(params, "ResourceGroupId", &self.resource_group)
            && params.get("ZoneId").is_none_or(|wanted| self.zones.iter().any(|own| own.zone == wanted))
            && crate::tags::fit(&self.tags, params)
    }
}

/// The load balancer that `LoadBalancerId` names, in any state.
pub(super) fn named<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a LoadBalancer, RpcError> {
    let (place, flavour) = (Place::of(request), Flavour::of(request));
    let id = required(&request.params, "LoadBalancerId")?;
    world.nlb_alb.balancer(&place, flavour, id).ok_or_else(|| refusal::no_balancer(flavour, id))
}

/// The same to be changed: not while it is made or deleted.
pub(super) fn changeable<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a LoadBalancer, RpcError> {
    let balancer = named(world, request)?;
    if balancer.is_active() { Ok(balancer) } else { Err(refusal::balancer_status(balancer.flavour, balancer.status())) }
}

pub(super) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    Ok(named(world, request)?.full_view(&Place::of(request)))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    let own = world.nlb_alb.balancers.at(&place).map(|(_, own)| own).filter(|own| own.flavour == flavour);
    let found = own.filter(|own| own.fits(&place, params)).map(|own| (own.id.clone(), own.view(&place)));
    fields::page(params, "LoadBalancers", found.collect())
}

/// Its listeners go along.
pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer = changeable(world, request)?;
    refuse_if!(balancer.delete_protection, refusal::protected());
    // That it is refused at all, and with which code, is not confirmed.
    if !world.nlb_alb.settings.deletes_attached && world.links.holds(&place, &balancer.id) {
        return Err(refusal::balancer_status(balancer.flavour, "attached to an endpoint service"));
    }
    let id = balancer.id.clone();
    let listeners: Vec<String> =
        world.nlb_alb.listeners_of(&place, &id).map(|listener| place.key(&listener.id)).collect();
    fields::unless_dry(params)?;
    for key in listeners {
        world.nlb_alb.listeners.remove(&key);
    }
    let waiting = world.begin(Wait::BalancerDelete);
    world.nlb_alb.balancers.change(&place.key(&id), |balancer| balancer.waiting = waiting);
    Ok(json!({ "JobId": world.shared.ids.uuid() }))
}

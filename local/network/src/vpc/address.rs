//! Addresses in vSwitches: who has which, and which are free.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::{Place, World};

/// A vSwitch as other products see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VSwitchSite {
    pub vpc_id: String,
    pub zone: String,
    pub is_available: bool,
}

impl World {
    /// Whether the account has this VPC here.
    pub(crate) fn has_vpc(&self, place: &Place, vpc_id: &str) -> bool {
        self.networks.get(&place.key(vpc_id)).is_some()
    }

    /// The vSwitch with this id.
    pub(crate) fn vswitch_site(&self, place: &Place, id: &str) -> Option<VSwitchSite> {
        let vswitch = self.vswitches.get(&place.key(id))?;
        let (vpc_id, zone) = (vswitch.vpc_id.clone(), vswitch.zone.clone());
        Some(VSwitchSite { vpc_id, zone, is_available: vswitch.waiting.is_none() })
    }

    /// The addresses of a vSwitch that instances, load balancers and endpoints have.
    pub(super) fn taken(&self, place: &Place, vswitch_id: &str) -> BTreeSet<Ipv4Addr> {
        let balancers = self.clb.at(place).filter(|own| own.vswitch_id == vswitch_id).map(|own| own.address);
        let instances = self.ecs.instances.at(place).map(|(_, own)| own).filter(|own| own.vswitch_id == vswitch_id);
        let instances = instances.map(|own| own.address);
        let newer = self.nlb_alb.addresses_in(place, vswitch_id);
        instances.chain(balancers).chain(newer).chain(self.links.addresses_in(place, vswitch_id)).collect()
    }

    /// An address of a vSwitch that nobody has: `wanted`, or the first. The first address of the range and the last three
    /// are the cloud's own.
    pub(crate) fn free_address(&self, place: &Place, vswitch_id: &str, wanted: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        let cidr = self.vswitches.get(&place.key(vswitch_id))?.cidr;
        let taken = self.taken(place, vswitch_id);
        let (first, last) = (u32::from(cidr.network()) + 1, u32::from(cidr.broadcast()).checked_sub(3)?);
        let is_free = |address: &Ipv4Addr| (first..=last).contains(&u32::from(*address)) && !taken.contains(address);
        match wanted {
            Some(address) => Some(address).filter(is_free),
            None => (first..=last).map(Ipv4Addr::from).find(is_free),
        }
    }
}

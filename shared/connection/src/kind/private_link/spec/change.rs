//! What of a private link cannot change once it stands: what the cloud has no call for, and what would cut everybody off.
//!
//! Each struct of the spec is taken apart: a new field does not compile until somebody has said here whether it can change.

use super::{ConsumerSide, CreateBalancer, LoadBalancerSpec, PrivateLinkSpec, ProviderSide, ServiceSpec};
use crate::problem::Problem;

const ANEW: &str = "remove the connection and post a new one";

/// What would have to change from `now` to `next` that cannot.
pub(super) fn immovable(now: &PrivateLinkSpec, next: &PrivateLinkSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let PrivateLinkSpec { consumer, provider, probe: _ } = next;
    of_consumer(&now.consumer, consumer, &mut problems);
    of_provider(&now.provider, provider, &mut problems);
    problems
}

fn fixed(same: bool, pointer: &str, what: &str, problems: &mut Vec<Problem>) {
    if !same {
        problems.push(Problem::at(pointer, format!("{what} cannot change in place; {ANEW}")));
    }
}

fn of_consumer(now: &ConsumerSide, next: &ConsumerSide, problems: &mut Vec<Problem>) {
    let ConsumerSide {
        account: _,
        region_id: _,
        vpc_id: _,
        zones,
        security_groups: _,
        clients: _,
        endpoint_name: _,
        description: _,
        service,
        instance_id: _,
    } = next;
    fixed(now.service == *service, "/consumer/service", "the service", problems);
    for (index, zone) in zones.iter().enumerate() {
        let before = now.zone(zone.zone_id.as_str());
        let what = "the endpoint's vSwitch in a zone it is in";
        fixed(before.is_none_or(|before| before == zone), &format!("/consumer/zones/{index}"), what, problems);
    }
}

fn of_provider(now: &ProviderSide, next: &ProviderSide, problems: &mut Vec<Problem>) {
    let ProviderSide { account: _, region_id: _, vpc_id: _, load_balancer, service: _, bandwidth_mbps: _ } = next;
    match (&now.load_balancer, load_balancer) {
        (Some(LoadBalancerSpec::Create(before)), Some(LoadBalancerSpec::Create(after))) => {
            of_balancer(before, after, problems);
        }
        (before, after) => {
            fixed(before == after, "/provider/load_balancer", "what stands behind the service", problems);
        }
    }
    let payer = |side: &ProviderSide| {
        let offered = side.offered();
        offered.map(|ServiceSpec { description: _, zone_affinity: _, payer, allowed_accounts: _ }| payer)
    };
    fixed(payer(now) == payer(next), "/provider/service/payer", "who pays", problems);
}

fn of_balancer(now: &CreateBalancer, next: &CreateBalancer, problems: &mut Vec<Problem>) {
    let CreateBalancer { name, primary_zone, standby_zone, vswitch_id, listener, health_check, backends: _ } = next;
    for (same, field, what) in [
        (now.name == *name, "name", "the load balancer's name"),
        (now.primary_zone == *primary_zone, "primary_zone", "the load balancer's zone"),
        (now.standby_zone == *standby_zone, "standby_zone", "the load balancer's standby zone"),
        (now.vswitch_id == *vswitch_id, "vswitch_id", "the load balancer's vSwitch"),
        (now.listener == *listener, "listener", "the listener"),
        (now.health_check == *health_check, "health_check", "the health check"),
    ] {
        fixed(same, &format!("/provider/load_balancer/create/{field}"), what, problems);
    }
}

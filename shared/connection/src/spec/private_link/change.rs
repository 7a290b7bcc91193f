//! What of a private link cannot change once it stands: what the cloud has no call for, and what would cut everybody off.

use super::{LoadBalancerSpec, PrivateLinkSpec};
use crate::problem::Problem;

const ANEW: &str = "remove the connection and post a new one";

/// What would have to change from `now` to `next` that cannot.
pub(super) fn immovable(now: &PrivateLinkSpec, next: &PrivateLinkSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut fixed = |same: bool, pointer: String, what: &str| {
        if !same {
            problems.push(Problem::at(pointer, format!("{what} cannot change in place; {ANEW}")));
        }
    };
    fixed(now.consumer.service == next.consumer.service, "/consumer/service".to_owned(), "the service");
    for (index, zone) in next.consumer.zones.iter().enumerate() {
        let before = now.consumer.zone(zone.zone_id.as_str());
        let what = "the endpoint's vSwitch in a zone it is in";
        fixed(before.is_none_or(|before| before == zone), format!("/consumer/zones/{index}"), what);
    }
    let balancer = |part: &str| format!("/provider/load_balancer{part}");
    match (&now.provider.load_balancer, &next.provider.load_balancer) {
        (Some(LoadBalancerSpec::Create(before)), Some(LoadBalancerSpec::Create(after))) => {
            let at = |part: &str| balancer(&format!("/create/{part}"));
            fixed(before.name == after.name, at("name"), "the load balancer's name");
            fixed(before.primary_zone == after.primary_zone, at("primary_zone"), "the load balancer's zone");
            fixed(before.standby_zone == after.standby_zone, at("standby_zone"), "the load balancer's standby zone");
            fixed(before.vswitch_id == after.vswitch_id, at("vswitch_id"), "the load balancer's vSwitch");
            fixed(before.listener == after.listener, at("listener"), "the listener");
            fixed(before.health_check == after.health_check, at("health_check"), "the health check");
        }
        (before, after) => fixed(before == after, balancer(""), "what stands behind the service"),
    }
    let payer = |spec: &PrivateLinkSpec| spec.provider.offered().map(|service| service.payer);
    fixed(payer(now) == payer(next), "/provider/service/payer".to_owned(), "who pays");
    problems
}

//! How a load balancer differs from what the record promises. Pure.

use alicloud::slb::LoadBalancerStatus;
use connection::resource::private_link::Findings;
use connection::spec::CreateBalancer;
use connection::step::{Finding, FindingKind};
use connection::words::Side;

use crate::look::{Look, Readiness, Servers, named, unhealthy};

/// Every difference. `id` is what it is recorded as.
#[must_use]
pub fn findings(side: Side, id: &str, wanted: &CreateBalancer, look: Option<&Look>) -> Vec<Finding> {
    let mut findings = Findings::of(side, FindingKind::BalancerMissing, FindingKind::BalancerChanged);
    let Some(look) = look else {
        findings.missing(id);
        return findings.all();
    };
    let balancer = &look.balancer;
    findings.compare(id, "LoadBalancerStatus", LoadBalancerStatus::Active.to_string(), balancer.status.to_string());
    if let (Some(wanted), Some(found)) = (&wanted.name, &balancer.name) {
        findings.compare(id, "LoadBalancerName", wanted, found);
    }
    let servers = Servers::of(&balancer.backend_servers, &wanted.backends);
    for missing in &servers.missing {
        findings.missing(&format!("{} behind {id}", missing.server_id));
    }
    for changed in &servers.changed {
        let there = balancer.backend_servers.iter().find(|known| known.server_id == changed.server_id);
        let weight = |weight: Option<u8>| weight.map(|weight| weight.to_string()).unwrap_or_default();
        let actual = weight(there.and_then(|known| known.weight));
        findings.compare(&format!("{} behind {id}", changed.server_id), "Weight", weight(changed.weight), actual);
    }
    for surplus in &servers.surplus {
        let resource = format!("{} behind {id}", named(std::slice::from_ref(surplus)));
        findings.compare(&resource, "", "gone", "exists");
    }
    let port = format!("port {} of {id}", wanted.listener.port);
    match look.readiness() {
        Readiness::Missing => findings.missing(&port),
        Readiness::Stopped => findings.compare(&port, "Status", "running", "stopped"),
        Readiness::OnItsWay(status) => findings.compare(&port, "Status", "running", status.to_string()),
        Readiness::Runs => {
            let at = look.listener.as_ref().and_then(|listener| listener.backend_port);
            let wanted_port = wanted.listener.servers_port();
            let found = at.unwrap_or(wanted_port);
            findings.compare(&port, "BackendServerPort", wanted_port.to_string(), found.to_string());
            if let Some(why) = unhealthy(&look.health, &wanted.backends) {
                findings.compare(&format!("servers behind {id}"), "ServerHealthStatus", "normal", why);
            }
        }
    }
    findings.all()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted() -> CreateBalancer {
        serde_json::from_value(json!({
            "name": "shop", "primary_zone": "z-b", "vswitch_id": "vsw-1", "listener": {"port": 80},
            "backends": [{"instance_id": "i-1"}, {"instance_id": "i-2", "weight": 50}],
        }))
        .unwrap()
    }

    fn look(change: impl FnOnce(&mut serde_json::Value, &mut serde_json::Value)) -> Look {
        let mut balancer = json!({
            "LoadBalancerId": "lb-1", "LoadBalancerName": "shop", "LoadBalancerStatus": "active",
            "BackendServers": {"BackendServer": [{"ServerId": "i-1", "Weight": 100}, {"ServerId": "i-2", "Weight": 50}]},
        });
        let mut listener = json!({"Status": "running", "ListenerPort": 80, "BackendServerPort": 80});
        change(&mut balancer, &mut listener);
        let healthy = |id: &str| json!({"ServerId": id, "ServerHealthStatus": "normal"});
        Look {
            balancer: serde_json::from_value(balancer).unwrap(),
            listener: (!listener.is_null()).then(|| serde_json::from_value(listener).unwrap()),
            health: ["i-1", "i-2"].map(|id| serde_json::from_value(healthy(id)).unwrap()).into(),
        }
    }

    fn told(look: Option<&Look>) -> Vec<String> {
        let found = findings(Side::Provider, "lb-1", &wanted(), look).into_iter();
        found.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn one_that_is_as_promised_has_nothing_to_tell_and_one_that_is_gone_tells_so() {
        assert_eq!(told(Some(&look(|_, _| {}))), Vec::<String>::new());
        assert_eq!(told(None), ["lb-1 : missing not exists"]);
    }

    #[test]
    fn every_field_that_somebody_changed_is_named() {
        let changed = look(|balancer, listener| {
            balancer["LoadBalancerStatus"] = "inactive".into();
            balancer["BackendServers"]["BackendServer"] =
                json!([{"ServerId": "i-2", "Weight": 0}, {"ServerId": "i-9", "Weight": 1}]);
            listener["BackendServerPort"] = 8080.into();
        });
        let expected = [
            "lb-1 LoadBalancerStatus: inactive not active",
            "i-1 behind lb-1 : missing not exists",
            "i-2 behind lb-1 Weight: 0 not 50",
            "i-9 at weight 1 behind lb-1 : exists not gone",
            "port 80 of lb-1 BackendServerPort: 8080 not 80",
        ];
        assert_eq!(told(Some(&changed)), expected);
        let stopped = look(|_, listener| listener["Status"] = "stopped".into());
        assert_eq!(told(Some(&stopped)), ["port 80 of lb-1 Status: stopped not running"]);
        assert_eq!(told(Some(&look(|_, listener| *listener = json!(null)))), ["port 80 of lb-1 : missing not exists"]);
    }
}

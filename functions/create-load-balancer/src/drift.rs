//! How a load balancer differs from what the record promises. Pure.

use alicloud::slb::LoadBalancerStatus;
use connection::finding::{Finding, FindingKind};
use connection::spec::CreateBalancer;
use connection::words::Side;
use engine::kind::private_link::Findings;

use crate::current::{Current, Readiness, Servers, named, unhealthy};

/// Every difference. `id` is what it is recorded as.
///
/// Its name is not compared: it is given once, and nothing depends on it.
#[must_use]
pub fn findings(side: Side, id: &str, wanted: &CreateBalancer, look: Option<&Current>) -> Vec<Finding> {
    let mut findings = Findings::of(side);
    let Some(look) = look else {
        findings.missing(FindingKind::BalancerMissing, id);
        return findings.all();
    };
    let (active, status) = (LoadBalancerStatus::Active.to_string(), look.balancer.status.to_string());
    findings.for_a_person(|findings| {
        findings.compare(FindingKind::BalancerOff, id, ("LoadBalancerStatus", active, status));
    });
    servers(&mut findings, id, wanted, look);
    let port = format!("port {} of {id}", wanted.listener.port);
    let mut listens = |status: &str| findings.compare(FindingKind::BalancerOff, &port, ("Status", "running", status));
    match look.readiness() {
        Readiness::Missing => findings.missing(FindingKind::BalancerOff, port),
        Readiness::Stopped => listens("stopped"),
        Readiness::OnItsWay(status) => listens(&status.to_string()),
        Readiness::Runs => {
            let wanted_port = wanted.listener.servers_port();
            let at = look.listener.as_ref().and_then(|listener| listener.backend_port).unwrap_or(wanted_port);
            let ports = ("BackendServerPort", wanted_port.to_string(), at.to_string());
            findings.for_a_person(|findings| findings.compare(FindingKind::BalancerOff, &port, ports));
            health(&mut findings, id, wanted, look);
        }
    }
    findings.all()
}

/// The servers that stand behind it.
fn servers(findings: &mut Findings, id: &str, wanted: &CreateBalancer, look: &Current) {
    let there = &look.balancer.backend_servers;
    let servers = Servers::of(there, &wanted.backends);
    if servers.missing.len() == wanted.backends.len() {
        findings.missing(FindingKind::BackendsDown, format!("servers behind {id}"));
    } else {
        for missing in &servers.missing {
            findings.missing(FindingKind::BackendChanged, format!("{} behind {id}", missing.server_id));
        }
    }
    for changed in &servers.changed {
        let known = there.iter().find(|known| known.server_id == changed.server_id);
        let weight = |weight: Option<u8>| weight.map(|weight| weight.to_string()).unwrap_or_default();
        let weights = ("Weight", weight(changed.weight), weight(known.and_then(|known| known.weight)));
        findings.compare(FindingKind::BackendChanged, &format!("{} behind {id}", changed.server_id), weights);
    }
    for surplus in &servers.surplus {
        let resource = format!("{} behind {id}", named(std::slice::from_ref(surplus)));
        findings.left(FindingKind::BackendChanged, resource);
    }
}

/// What the health checks say of those that stand behind it. What is wrong with them no step can know.
fn health(findings: &mut Findings, id: &str, wanted: &CreateBalancer, look: &Current) {
    let stands = |server: &str| look.balancer.backend_servers.iter().any(|known| known.server_id == server);
    let standing: Vec<_> =
        wanted.backends.iter().filter(|backend| stands(backend.instance_id.as_str())).cloned().collect();
    let Some(why) = unhealthy(&look.health, &standing) else { return };
    let is_down =
        standing.iter().all(|one| one.weight == 0 || unhealthy(&look.health, std::slice::from_ref(one)).is_some());
    let kind = if is_down { FindingKind::BackendsDown } else { FindingKind::BackendChanged };
    let health = ("ServerHealthStatus", "normal", why);
    findings.for_a_person(|findings| findings.compare(kind, &format!("servers behind {id}"), health));
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

    fn look(change: impl FnOnce(&mut serde_json::Value, &mut serde_json::Value)) -> Current {
        let mut balancer = json!({
            "LoadBalancerId": "lb-1", "LoadBalancerName": "shop", "LoadBalancerStatus": "active",
            "BackendServers": {"BackendServer": [{"ServerId": "i-1", "Weight": 100}, {"ServerId": "i-2", "Weight": 50}]},
        });
        let mut listener = json!({"Status": "running", "ListenerPort": 80, "BackendServerPort": 80});
        change(&mut balancer, &mut listener);
        let healthy = |id: &str| json!({"ServerId": id, "ServerHealthStatus": "normal"});
        Current {
            balancer: serde_json::from_value(balancer).unwrap(),
            listener: (!listener.is_null()).then(|| serde_json::from_value(listener).unwrap()),
            health: ["i-1", "i-2"].map(|id| serde_json::from_value(healthy(id)).unwrap()).into(),
        }
    }

    fn told(look: Option<&Current>) -> Vec<String> {
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
        let repairable: Vec<_> =
            findings(Side::Provider, "lb-1", &wanted(), Some(&changed)).iter().map(|found| found.repairable).collect();
        assert_eq!(repairable, [false, true, true, true, false]);
        let stopped = look(|_, listener| listener["Status"] = "stopped".into());
        assert_eq!(told(Some(&stopped)), ["port 80 of lb-1 Status: stopped not running"]);
        assert_eq!(told(Some(&look(|_, listener| *listener = json!(null)))), ["port 80 of lb-1 : missing not exists"]);
    }

    #[test]
    fn when_no_server_can_answer_that_is_worse_than_when_some_cannot() {
        let kinds = |look: &Current| -> Vec<FindingKind> {
            findings(Side::Provider, "lb-1", &wanted(), Some(look)).iter().map(|found| found.kind).collect()
        };
        let without = look(|balancer, _| balancer["BackendServers"] = json!({}));
        assert_eq!(kinds(&without), [FindingKind::BackendsDown]);
        let ill = |count: usize| {
            let mut look = look(|_, _| {});
            for health in look.health.iter_mut().take(count) {
                health.status = alicloud::slb::HealthStatus::Abnormal;
            }
            look
        };
        assert_eq!(kinds(&ill(1)), [FindingKind::BackendChanged]);
        assert_eq!(kinds(&ill(2)), [FindingKind::BackendsDown]);
    }
}

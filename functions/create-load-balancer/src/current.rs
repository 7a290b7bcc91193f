//! What the cloud shows of the load balancer, and what follows from it. Pure.

use alicloud::slb::{BackendHealth, BackendServer, HealthStatus, Listener, ListenerStatus, LoadBalancer};
use connection::not_done::NotDone;
use connection::spec::{Backend, CreateBalancer};

/// A load balancer with its listener on the wanted port, and the health of its servers.
#[derive(Debug, Clone)]
pub struct Current {
    /// The load balancer.
    pub balancer: LoadBalancer,
    /// The listener, if there is one.
    pub listener: Option<Listener>,
    /// What its health check says.
    pub health: Vec<BackendHealth>,
}

/// How far the listener has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// There is none.
    Missing,
    /// It has to be started.
    Stopped,
    /// It is being changed.
    OnItsWay(ListenerStatus),
    /// It listens.
    Runs,
}

impl Current {
    /// How far the listener has come.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        match self.listener.as_ref().map(|listener| listener.status.clone()) {
            None => Readiness::Missing,
            Some(ListenerStatus::Stopped) => Readiness::Stopped,
            Some(ListenerStatus::Running) => Readiness::Runs,
            Some(status) => Readiness::OnItsWay(status),
        }
    }

    /// Fails where somebody gave the listener another port of the servers: that is not changed back unasked.
    ///
    /// # Errors
    /// When the ports differ.
    pub fn check(&self, wanted: &CreateBalancer) -> Result<(), NotDone> {
        let (port, at) = (wanted.listener.port, wanted.listener.servers_port());
        match self.listener.as_ref().and_then(|listener| listener.backend_port).filter(|found| *found != at) {
            None => Ok(()),
            Some(found) => Err(NotDone::failed(
                format!(
                    "port {port} of {} leads to port {found} of its servers, not {at}",
                    self.balancer.load_balancer_id
                ),
                "find out who changed it and delete the listener, then retry, which makes it anew",
            )),
        }
    }
}

/// What has to be done about the servers behind a load balancer. It is the connection's own, so what is behind it is what the
/// spec says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Servers {
    /// To be added.
    pub missing: Vec<BackendServer>,
    /// To get another weight.
    pub changed: Vec<BackendServer>,
    /// To be taken away.
    pub surplus: Vec<BackendServer>,
}

impl Servers {
    /// What leads from those that are there to those that are wanted.
    #[must_use]
    pub fn of(there: &[BackendServer], wanted: &[Backend]) -> Self {
        let mut servers = Self::default();
        for backend in wanted {
            let server = BackendServer { server_id: backend.instance_id.to_string(), weight: Some(backend.weight) };
            match there.iter().find(|known| known.server_id == server.server_id) {
                None => servers.missing.push(server),
                Some(known) if known.weight.is_some_and(|weight| weight != backend.weight) => {
                    servers.changed.push(server);
                }
                Some(_) => {}
            }
        }
        let is_wanted = |server: &BackendServer| wanted.iter().any(|one| one.instance_id.as_str() == server.server_id);
        servers.surplus = there.iter().filter(|server| !is_wanted(server)).cloned().collect();
        servers
    }
}

/// Servers in words.
#[must_use]
pub fn named(servers: &[BackendServer]) -> String {
    let one = |server: &BackendServer| match server.weight {
        Some(weight) => format!("{} at weight {weight}", server.server_id),
        None => server.server_id.clone(),
    };
    servers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Which of the servers that shall get traffic is not healthy, in words; `None` when all are.
#[must_use]
pub fn unhealthy(health: &[BackendHealth], wanted: &[Backend]) -> Option<String> {
    let served = wanted.iter().filter(|backend| backend.weight > 0);
    let ill = served.filter_map(|backend| {
        let id = backend.instance_id.as_str();
        match health.iter().find(|known| known.server_id == id).map(|known| &known.status) {
            Some(HealthStatus::Normal) => None,
            Some(status) => Some(format!("{id} is {status}")),
            None => Some(format!("{id} is not checked yet")),
        }
    });
    let ill: Vec<_> = ill.collect();
    (!ill.is_empty()).then(|| ill.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(all: &[(&str, u8)]) -> Vec<BackendServer> {
        all.iter().map(|(id, weight)| BackendServer { server_id: (*id).to_owned(), weight: Some(*weight) }).collect()
    }

    fn wanted(all: &[(&str, u8)]) -> Vec<Backend> {
        all.iter().map(|(id, weight)| Backend { instance_id: id.parse().unwrap(), weight: *weight }).collect()
    }

    fn health(id: &str, status: &str) -> BackendHealth {
        serde_json::from_value(serde_json::json!({"ServerId": id, "ServerHealthStatus": status})).unwrap()
    }

    #[test]
    fn servers_are_added_weighed_anew_and_taken_away_until_they_are_as_wanted() {
        let servers = Servers::of(
            &there(&[("i-1", 100), ("i-2", 50), ("i-3", 100)]),
            &wanted(&[("i-1", 100), ("i-2", 0), ("i-4", 7)]),
        );
        assert_eq!(named(&servers.missing), "i-4 at weight 7");
        assert_eq!(named(&servers.changed), "i-2 at weight 0");
        assert_eq!(named(&servers.surplus), "i-3 at weight 100");
        assert_eq!(Servers::of(&there(&[("i-1", 5)]), &wanted(&[("i-1", 5)])), Servers::default());
    }

    #[test]
    fn a_server_without_traffic_need_not_be_healthy_and_every_other_must() {
        let wanted = wanted(&[("i-1", 100), ("i-2", 0), ("i-3", 1)]);
        let seen = [health("i-1", "normal"), health("i-2", "abnormal"), health("i-3", "unavailable")];
        assert_eq!(unhealthy(&seen, &wanted).unwrap(), "i-3 is unavailable");
        assert_eq!(unhealthy(&seen[..1], &wanted).unwrap(), "i-3 is not checked yet");
        assert_eq!(unhealthy(&[health("i-1", "normal"), health("i-3", "normal")], &wanted), None);
    }
}

//! The servers behind a load balancer, and whether those are healthy.

use cloud_wire::{lenient, words};
use serde::{Deserialize, Serialize};

use super::{ListenerProtocol, Slb, of_balancer};
use crate::call::Call;
use crate::error::Error;

/// The cloud takes at most this many servers at once.
const LIMIT: usize = 20;

words! {
    /// What the health check of a listener says of a server.
    HealthStatus {
        /// Healthy.
        Normal = "normal",
        /// Not healthy.
        Abnormal = "abnormal",
        /// The check has not finished.
        Unavailable = "unavailable",
    }
}

/// A server behind a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackendServer {
    /// `i-…`
    pub server_id: String,
    /// 0 to 100: how much of the traffic is for it. 0 is none, and the cloud's own default is 100.
    pub weight: Option<u8>,
}

/// What the health check of one listener says of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackendHealth {
    /// `i-…`
    pub server_id: String,
    /// Its port.
    pub port: Option<u16>,
    /// The listener's port.
    pub listener_port: Option<u16>,
    /// What is spoken on that.
    pub protocol: Option<ListenerProtocol>,
    /// Whether it is healthy.
    #[serde(rename = "ServerHealthStatus")]
    pub status: HealthStatus,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"), rename_all = "PascalCase")]
struct Servers<T> {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    backend_servers: Vec<T>,
}

/// The servers as the JSON text the calls want. Numbers are text in it.
fn json(servers: &[BackendServer]) -> String {
    let row = |server: &BackendServer| {
        let mut row = serde_json::json!({ "ServerId": server.server_id, "Type": "ecs" });
        if let Some(weight) = server.weight {
            row["Weight"] = weight.to_string().into();
        }
        row
    };
    serde_json::Value::from_iter(servers.iter().map(row)).to_string()
}

impl Slb {
    /// Puts servers behind a load balancer and returns those that are behind it now. They must be running.
    ///
    /// # Errors
    /// `AlreadyThere` when one of them is behind it, `Busy` while the load balancer is being changed, `Quota` for too many,
    /// `Refused` for none or more than 20 at once.
    pub async fn add_backend_servers(&self, id: &str, servers: &[BackendServer]) -> Result<Vec<BackendServer>, Error> {
        self.change_backends(Call::AddBackendServers, id, servers).await
    }

    /// Changes the weights of servers that are behind a load balancer, and returns all that are.
    ///
    /// # Errors
    /// `Busy` while the load balancer is being changed, `Refused` for one that is not behind it, and for none or more than 20
    /// at once.
    pub async fn set_backend_servers(&self, id: &str, servers: &[BackendServer]) -> Result<Vec<BackendServer>, Error> {
        self.change_backends(Call::SetBackendServers, id, servers).await
    }

    /// Takes servers away from a load balancer and returns those that are left. One that is not behind it is no error.
    ///
    /// # Errors
    /// `Busy` while the load balancer is being changed, `Refused` for none or more than 20 at once.
    pub async fn remove_backend_servers(
        &self,
        id: &str,
        servers: &[BackendServer],
    ) -> Result<Vec<BackendServer>, Error> {
        self.change_backends(Call::RemoveBackendServers, id, servers).await
    }

    async fn change_backends(
        &self,
        call: Call,
        id: &str,
        servers: &[BackendServer],
    ) -> Result<Vec<BackendServer>, Error> {
        if !(1..=LIMIT).contains(&servers.len()) {
            return Err(self.0.refuse(call, "one to 20 servers at once"));
        }
        let params = of_balancer(id).with("BackendServers", json(servers));
        let answer: Servers<BackendServer> = self.0.call(call, params).await?;
        Ok(answer.backend_servers)
    }

    /// The health of the servers behind a load balancer: of one listener, or of all.
    ///
    /// # Errors
    /// `Gone` when there is no such load balancer or listener, `Refused` for a listener without health checks.
    pub async fn describe_health_status(
        &self,
        id: &str,
        listener: Option<(u16, &ListenerProtocol)>,
    ) -> Result<Vec<BackendHealth>, Error> {
        let params = of_balancer(id)
            .maybe("ListenerPort", listener.map(|(port, _)| port))
            .maybe("ListenerProtocol", listener.map(|(_, protocol)| protocol));
        let answer: Servers<BackendHealth> = self.0.call(Call::DescribeHealthStatus, params).await?;
        Ok(answer.backend_servers)
    }
}

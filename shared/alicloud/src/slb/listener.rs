//! The ports a load balancer listens on, and the health checks of each.
//!
//! None of these calls takes a client token: look whether the listener is there before making it.

use cloud_wire::words;
use serde::{Deserialize, Serialize};

use super::load_balancer::on_or_off;
use super::{Slb, of_balancer};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::params::Params;

/// What the cloud calls "no limit".
const UNLIMITED: &str = "-1";

words! {
    /// What is spoken on a listener.
    ListenerProtocol {
        /// TCP.
        Tcp = "tcp",
        /// HTTP.
        Http = "http",
        /// UDP.
        Udp = "udp",
        /// HTTPS.
        Https = "https",
    }
}

words! {
    /// Whether a listener listens.
    ListenerStatus {
        /// On its way to Running.
        Starting = "starting",
        /// It does.
        Running = "running",
        /// Being changed.
        Configuring = "configuring",
        /// On its way to Stopped.
        Stopping = "stopping",
        /// It does not; a new one starts out so.
        Stopped = "stopped",
    }
}

/// How a health check asks a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthCheckKind {
    /// Whether it takes a TCP connection.
    Tcp,
    /// Whether it answers a request for this path with a status of 2xx.
    Http {
        /// Such as `/health`.
        path: String,
    },
}

/// How a server's health is found out. What is `None` is the cloud's own default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// How it is asked. A listener for HTTP always asks by HTTP, at `/` when told to ask by TCP.
    pub kind: HealthCheckKind,
    /// How often, 1 to 50 seconds.
    pub interval_seconds: Option<u8>,
    /// How long it may take, 1 to 300 seconds.
    pub timeout_seconds: Option<u16>,
    /// How many answers in a row make it healthy, 2 to 10.
    pub healthy_threshold: Option<u8>,
    /// How many failures in a row make it unhealthy, 2 to 10.
    pub unhealthy_threshold: Option<u8>,
}

impl HealthCheck {
    /// Asks by TCP, with the cloud's own defaults.
    #[must_use]
    pub const fn tcp() -> Self {
        Self {
            kind: HealthCheckKind::Tcp,
            interval_seconds: None,
            timeout_seconds: None,
            healthy_threshold: None,
            unhealthy_threshold: None,
        }
    }

    /// Asks for `path` by HTTP, with the cloud's own defaults.
    pub fn http(path: impl Into<String>) -> Self {
        Self { kind: HealthCheckKind::Http { path: path.into() }, ..Self::tcp() }
    }
}

/// A listener to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateListener {
    /// `lb-…`
    pub load_balancer_id: String,
    /// TCP or HTTP; the others cannot be made here.
    pub protocol: ListenerProtocol,
    /// The port it listens on.
    pub port: u16,
    /// The port of the servers.
    pub backend_port: u16,
    /// How their health is found out.
    pub health_check: HealthCheck,
    /// A description.
    pub description: Option<String>,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Listener {
    /// Whether it listens.
    pub status: ListenerStatus,
    /// The port it listens on.
    #[serde(rename = "ListenerPort")]
    pub port: Option<u16>,
    /// The port of the servers.
    #[serde(rename = "BackendServerPort")]
    pub backend_port: Option<u16>,
    /// Whether their health is found out at all.
    #[serde(default, deserialize_with = "on_or_off")]
    pub health_check: Option<bool>,
    /// Its description.
    pub description: Option<String>,
}

impl CreateListener {
    fn common(&self) -> Params {
        of_balancer(&self.load_balancer_id)
            .with("ListenerPort", self.port)
            .with("BackendServerPort", self.backend_port)
            .with("Bandwidth", UNLIMITED)
            .maybe("HealthyThreshold", self.health_check.healthy_threshold)
            .maybe("UnhealthyThreshold", self.health_check.unhealthy_threshold)
            .maybe("Description", self.description.as_ref())
    }

    /// The interval's name begins in lower case here, and in upper case with HTTP: that is how the cloud has it.
    fn tcp(&self) -> Params {
        let params = self
            .common()
            .with("HealthCheckSwitch", "on")
            .maybe("healthCheckInterval", self.health_check.interval_seconds)
            .maybe("HealthCheckConnectTimeout", self.health_check.timeout_seconds);
        match &self.health_check.kind {
            HealthCheckKind::Tcp => params.with("HealthCheckType", "tcp"),
            HealthCheckKind::Http { path } => params.with("HealthCheckType", "http").with("HealthCheckURI", path),
        }
    }

    fn http(&self) -> Params {
        let path = match &self.health_check.kind {
            HealthCheckKind::Tcp => "/",
            HealthCheckKind::Http { path } => path,
        };
        self.common()
            .with("StickySession", "off")
            .with("HealthCheck", "on")
            .with("HealthCheckURI", path)
            .maybe("HealthCheckInterval", self.health_check.interval_seconds)
            .maybe("HealthCheckTimeout", self.health_check.timeout_seconds)
    }
}

fn at_port(id: &str, port: u16) -> Params {
    of_balancer(id).with("ListenerPort", port)
}

impl Slb {
    /// Makes a listener. It starts out stopped: start it.
    ///
    /// # Errors
    /// `AlreadyThere` when something listens on the port, `Busy` while the load balancer is being changed, `Refused` for
    /// anything but TCP and HTTP.
    pub async fn create_listener(&self, request: &CreateListener) -> Result<(), Error> {
        match request.protocol {
            ListenerProtocol::Tcp => self.0.done(Call::CreateLoadBalancerTCPListener, request.tcp()).await,
            ListenerProtocol::Http => self.0.done(Call::CreateLoadBalancerHTTPListener, request.http()).await,
            ListenerProtocol::Udp | ListenerProtocol::Https | ListenerProtocol::Unknown(_) => {
                Err(self.0.refuse(Call::CreateLoadBalancerTCPListener, "only listeners for TCP and HTTP can be made"))
            }
        }
    }

    /// Starts a listener that is stopped. It goes through starting to running.
    ///
    /// # Errors
    /// `Gone` when there is none such, `Busy` while the load balancer is being changed.
    pub async fn start_listener(&self, id: &str, port: u16, protocol: &ListenerProtocol) -> Result<(), Error> {
        let params = at_port(id, port).with("ListenerProtocol", protocol);
        self.0.done(Call::StartLoadBalancerListener, params).await
    }

    /// A listener for TCP or HTTP; `None` when the load balancer has none such, or does not exist.
    ///
    /// # Errors
    /// `Refused` for anything but TCP and HTTP.
    pub async fn listener(&self, id: &str, port: u16, protocol: &ListenerProtocol) -> Result<Option<Listener>, Error> {
        let call = match protocol {
            ListenerProtocol::Tcp => Call::DescribeLoadBalancerTCPListenerAttribute,
            ListenerProtocol::Http => Call::DescribeLoadBalancerHTTPListenerAttribute,
            ListenerProtocol::Udp | ListenerProtocol::Https | ListenerProtocol::Unknown(_) => {
                let call = Call::DescribeLoadBalancerTCPListenerAttribute;
                return Err(self.0.refuse(call, "only listeners for TCP and HTTP can be read"));
            }
        };
        match self.0.call(call, at_port(id, port)).await {
            Ok(listener) => Ok(Some(listener)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }
}

//! A load balancer to be made, or one that is there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use super::ProbeProtocol;
use super::{check_path, text};
use crate::words::ResourceId;

/// The most servers behind a load balancer that a spec may name.
const MOST_BACKENDS: usize = 100;

/// What stands behind the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoadBalancerSpec {
    /// A classic load balancer that is made, and goes when the connection goes.
    Create(CreateBalancer),
    /// One that is there, and stays as it is.
    Existing(ExistingBalancer),
}

/// A load balancer that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExistingBalancer {
    /// Which product it is of.
    pub r#type: BalancerType,
    /// `lb-…`, `nlb-…`, `alb-…`
    pub id: ResourceId,
}

/// Which product a load balancer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BalancerType {
    /// A classic one: serves its primary zone.
    Clb,
    /// A network load balancer: serves each of its zones.
    Nlb,
    /// An application load balancer: likewise.
    Alb,
}

impl BalancerType {
    /// The most that a connection to one may carry, in Mbit/s (PrivateLink API, EnableVpcEndpointConnection).
    #[must_use]
    pub fn most_bandwidth(self) -> u32 {
        match self {
            Self::Clb => 10_240,
            Self::Alb => 25_000,
            Self::Nlb => 50_000,
        }
    }
}

/// A classic load balancer to be made: private, IPv4, and paid for by what it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateBalancer {
    /// Its name: 1 to 80 letters, digits and `-/._`. That of the connection unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The zone that serves, which is also the service's.
    pub primary_zone: ResourceId,
    /// The zone that serves while the other does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_zone: Option<ResourceId>,
    /// The vSwitch of the provider's VPC that its address is in.
    pub vswitch_id: ResourceId,
    /// The port it listens on.
    pub listener: ListenerSpec,
    /// How the health of its servers is found out.
    #[serde(default, skip_serializing_if = "HealthCheckSpec::is_default")]
    pub health_check: HealthCheckSpec,
    /// The servers behind it.
    #[schemars(length(min = 1, max = 100))]
    pub backends: Vec<Backend>,
}

/// A port that a load balancer listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenerSpec {
    /// What is spoken.
    #[serde(default)]
    pub protocol: ProbeProtocol,
    /// The port it listens on.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// The port of the servers; that of the listener unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub backend_port: Option<u16>,
}

impl ListenerSpec {
    /// The port of the servers.
    #[must_use]
    pub fn servers_port(&self) -> u16 {
        self.backend_port.unwrap_or(self.port)
    }
}

/// How the health of servers is found out. What is left out is the cloud's own default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HealthCheckSpec {
    /// Asked for by HTTP; without it a listener for TCP only looks whether the port takes connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^/[A-Za-z0-9/_.~%?&=-]{0,79}$"))]
    pub path: Option<String>,
    /// How often, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 50))]
    pub interval_seconds: Option<u8>,
    /// How long an answer may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 300))]
    pub timeout_seconds: Option<u16>,
    /// How many answers in a row make a server healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 10))]
    pub healthy_threshold: Option<u8>,
    /// How many failures in a row make it unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 10))]
    pub unhealthy_threshold: Option<u8>,
}

impl HealthCheckSpec {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A server behind a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// The instance, in the provider's VPC.
    pub instance_id: ResourceId,
    /// How much of the traffic is for it: 0, which is none, to 100.
    #[serde(default = "usual_weight")]
    #[schemars(range(min = 0, max = 100))]
    pub weight: u8,
}

fn usual_weight() -> u8 {
    100
}

impl LoadBalancerSpec {
    /// Which product it is of.
    #[must_use]
    pub fn balancer_type(&self) -> BalancerType {
        match self {
            Self::Create(_) => BalancerType::Clb,
            Self::Existing(existing) => existing.r#type,
        }
    }

    /// Says what is wrong with it; `fields` are those of the provider.
    pub(super) fn check(&self, fields: &mut Fields<'_>) {
        let Self::Create(made) = self else { return };
        let at = |path: &str| format!("load_balancer/create/{path}");
        if let Some(Err(rule)) = made.name.as_deref().map(text::balancer_name) {
            fields.problem(&at("name"), rule);
        }
        if made.standby_zone.as_ref() == Some(&made.primary_zone) {
            fields.problem(
                &at("standby_zone"),
                format!("{} is the primary zone; name another, or leave this out", made.primary_zone),
            );
        }
        for (name, port) in [("port", Some(made.listener.port)), ("backend_port", made.listener.backend_port)] {
            if port == Some(0) {
                fields.problem(&at(&format!("listener/{name}")), "0: a port is from 1 to 65535");
            }
        }
        made.health_check.check(fields);
        made.check_backends(fields);
    }
}

impl CreateBalancer {
    fn check_backends(&self, fields: &mut Fields<'_>) {
        let at = |path: &str| format!("load_balancer/create/backends{path}");
        if !(1..=MOST_BACKENDS).contains(&self.backends.len()) {
            fields.problem(&at(""), format!("{} servers; name 1 to {MOST_BACKENDS}", self.backends.len()));
        }
        for (index, backend) in self.backends.iter().enumerate() {
            if backend.weight > 100 {
                let detail = format!("{}: a weight is from 0 to 100", backend.weight);
                fields.problem(&at(&format!("/{index}/weight")), detail);
            }
            if self.backends[..index].iter().any(|other| other.instance_id == backend.instance_id) {
                fields.problem(
                    &at(&format!("/{index}/instance_id")),
                    format!("{} is named twice; name it once", backend.instance_id),
                );
            }
        }
        if !self.backends.is_empty() && self.backends.iter().all(|backend| backend.weight == 0) {
            fields.problem(&at(""), "at least one server must have a weight of more than 0: all others get nothing");
        }
    }
}

impl HealthCheckSpec {
    fn check(&self, fields: &mut Fields<'_>) {
        let at = |name: &str| format!("load_balancer/create/health_check/{name}");
        if let Some(path) = &self.path {
            check_path(&at("path"), path, fields);
        }
        for (name, value, low, high) in [
            ("interval_seconds", self.interval_seconds.map(u16::from), 1, 50),
            ("timeout_seconds", self.timeout_seconds, 1, 300),
            ("healthy_threshold", self.healthy_threshold.map(u16::from), 2, 10),
            ("unhealthy_threshold", self.unhealthy_threshold.map(u16::from), 2, 10),
        ] {
            if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
                fields.problem(&at(name), format!("{value}: this is from {low} to {high}"));
            }
        }
    }
}

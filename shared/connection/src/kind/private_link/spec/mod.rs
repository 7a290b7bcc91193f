//! The spec of a `private-link` connection.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `consumer` | the side that uses the service: zones, security groups, who is let in |
//! | `provider` | the side that offers it: the load balancer and the service in front of it |
//! | `balancer` | a load balancer to be made, or one that is there |
//! | `text` | the cloud's rules of names and descriptions |
//! | `change` | what of it cannot change once it stands |

mod balancer;
mod change;
mod consumer;
mod provider;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strict::Fields;

use crate::kind::Room;
use crate::problem::Problem;
use crate::spec::SideSpec;
use crate::words::Side;

pub use balancer::{
    Backend, BalancerType, CreateBalancer, ExistingBalancer, HealthCheckSpec, ListenerSpec, LoadBalancerSpec,
};
pub use consumer::{ConsumerSide, EndpointZone, ServiceId};
pub use provider::{Payer, ProviderSide, ServiceSpec};

/// What a private link needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateLinkSpec {
    /// The side that uses the service.
    pub consumer: ConsumerSide,
    /// The side that offers it.
    pub provider: ProviderSide,
    /// What the endpoint is opened for, and how it is tried. The listener's protocol and port where the load balancer is made
    /// here; needed where it is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

/// A request to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// What is spoken.
    #[serde(default)]
    pub protocol: ProbeProtocol,
    /// The port.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// What is asked for by HTTP.
    #[serde(default = "root")]
    #[schemars(extend("pattern" = "^/[A-Za-z0-9/_.~%?&=-]{0,79}$"))]
    pub path: String,
}

/// What is spoken on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeProtocol {
    /// Anything over TCP.
    #[default]
    Tcp,
    /// HTTP.
    Http,
}

fn root() -> String {
    "/".to_owned()
}

/// The longest path that is asked for.
const LONGEST_PATH: usize = 80;

impl PrivateLinkSpec {
    /// Whether the service is the connection's own; the consumer names an existing one otherwise.
    #[must_use]
    pub fn has_service_made(&self) -> bool {
        self.consumer.service.is_none()
    }

    /// What both sides together must fulfil.
    fn check(&self, fields: &mut Fields<'_>) {
        let (consumer, provider) = (&self.consumer, &self.provider);
        if consumer.region_id != provider.region_id {
            let detail =
                format!("endpoint and service must be in one region; write {}, the provider's", provider.region_id);
            fields.problem("consumer/region_id", detail);
        }
        if consumer.account == provider.account && consumer.vpc_id == provider.vpc_id {
            fields.problem("consumer/vpc_id", "consumer and provider are in the same VPC; name another one");
        }
        match (&consumer.service, &provider.load_balancer) {
            (None, None) => {
                let detail =
                    "name a load balancer to create or an existing one, or an existing service (consumer/service)";
                fields.problem("provider/load_balancer", detail);
            }
            (Some(_), Some(_)) => {
                let detail =
                    "the consumer names an existing service, which has load balancers of its own: leave this out";
                fields.problem("provider/load_balancer", detail);
            }
            (None, Some(balancer)) => self.check_zones(balancer, fields),
            (Some(service), None) => {
                if let Some(region) = service.region().filter(|region| *region != consumer.region_id.as_str()) {
                    let detail = format!(
                        "the service is in {region}, the endpoint in {}; name one of that region",
                        consumer.region_id
                    );
                    fields.problem("consumer/service", detail);
                }
            }
        }
        if consumer.service.is_some() && provider.service.is_some() {
            let detail = "the consumer names an existing service, which is left as it is: leave this out";
            fields.problem("provider/service", detail);
        }
        match (provider.created(), &self.probe) {
            (Some(made), Some(probe)) if probe.port != made.listener.port => {
                let detail = format!(
                    "the load balancer that is made listens on port {0} only; write {0}, or leave probe out",
                    made.listener.port
                );
                fields.problem("probe/port", detail);
            }
            (None, None) => {
                let detail = "name port and protocol of the service: they are not made here, and the endpoint is opened for them";
                fields.problem("probe", detail);
            }
            _ => {}
        }
    }

    /// A classic load balancer serves its primary zone only.
    fn check_zones(&self, balancer: &LoadBalancerSpec, fields: &mut Fields<'_>) {
        let LoadBalancerSpec::Create(made) = balancer else { return };
        for (index, zone) in self.consumer.zones.iter().enumerate() {
            if zone.zone_id != made.primary_zone {
                let detail = format!(
                    "the service will be in {}, the load balancer's primary zone, only; name that one",
                    made.primary_zone
                );
                fields.problem(&format!("consumer/zones/{index}/zone_id"), detail);
            }
        }
    }

    /// What the endpoint is opened for, and how it is tried.
    #[must_use]
    pub fn probe(&self) -> Probe {
        let made = self.provider.created().map(|made| Probe {
            protocol: made.listener.protocol,
            port: made.listener.port,
            path: root(),
        });
        self.probe.clone().or(made).unwrap_or(Probe { protocol: ProbeProtocol::Tcp, port: 80, path: root() })
    }
}

impl Room for PrivateLinkSpec {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let probe: Option<Option<Probe>> = fields.optional("probe", None);
        let consumer = fields.object("consumer", ConsumerSide::read);
        let provider = fields.object("provider", ProviderSide::read);
        if let Some(Some(probe)) = &probe {
            check_path("probe/path", &probe.path, fields);
            if probe.port == 0 {
                fields.problem("probe/port", "0: a port is from 1 to 65535");
            }
        }
        let spec = Self { consumer: consumer?, provider: provider?, probe: probe? };
        spec.check(fields);
        Some(spec)
    }

    fn side(&self, side: Side) -> SideSpec<'_> {
        side.choose(SideSpec::Consumer(&self.consumer), SideSpec::Provider(&self.provider))
    }

    fn immovable(&self, next: &Self) -> Vec<Problem> {
        change::immovable(self, next)
    }
}

fn check_path(at: &str, path: &str, fields: &mut Fields<'_>) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.~%?&=-".contains(&byte);
    if !path.starts_with('/') || path.len() > LONGEST_PATH || !path.bytes().all(fits) {
        let detail = format!(
            "{}: a path begins with / and has up to {LONGEST_PATH} letters, digits and /_.~%?&=-",
            strict::quoted(path)
        );
        fields.problem(at, detail);
    }
}

#[cfg(test)]
mod tests;

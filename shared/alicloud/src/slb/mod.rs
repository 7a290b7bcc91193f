//! Classic load balancers (SLB 2014-05-15) in one region.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `load_balancer` | load balancers: making, reading, deleting |
//! | `listener` | the ports they listen on, and the health checks of each |
//! | `backend` | the servers behind them, and whether those are healthy |

mod backend;
mod listener;
mod load_balancer;

pub use backend::{BackendHealth, BackendServer, HealthStatus};
pub use listener::{CreateListener, HealthCheck, HealthCheckKind, Listener, ListenerProtocol, ListenerStatus};
pub use load_balancer::{
    AddressType, CreateLoadBalancer, CreatedLoadBalancer, DescribeLoadBalancers, InstanceCharge, ListenerPort,
    LoadBalancer, LoadBalancerStatus, PayType,
};

use crate::client::Client;
use crate::names::Region;
use crate::params::Params;
use crate::regional::Regional;

/// Classic load balancers in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Slb(Regional);

impl Slb {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self(Regional::new(client, region))
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        self.0.region()
    }
}

fn of_balancer(id: &str) -> Params {
    Params::new().with("LoadBalancerId", id)
}

#[cfg(test)]
mod tests;

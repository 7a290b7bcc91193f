//! `private-link`: an endpoint of one VPC to a service of another.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `here` | its chain and its rules |
//! | `spec` | what a user asks for |
//! | `outputs` | what its steps make |

mod outputs;
mod spec;

pub use outputs::{PrivateLinkOutputs, ZoneOutputs};
pub use spec::{
    Backend, BalancerType, ConsumerSide, CreateBalancer, EndpointZone, ExistingBalancer, HealthCheckSpec, ListenerSpec,
    LoadBalancerSpec, Payer, PrivateLinkSpec, Probe, ProbeProtocol, ProviderSide, ServiceId, ServiceSpec,
};

use super::Rules;
use crate::chain::stage;
use crate::words::{Cloud, Side, StepName};

/// What the rest asks of the kind.
pub(super) const RULES: Rules = Rules {
    cloud: Cloud::Alicloud,
    sides: [Side::Consumer, Side::Provider],
    switch: None,
    clears_from: StepName::VerifyReachability,
    replaces: None,
    hindered_by: &[],
    // The first stage does nothing where the load balancer or the service is there already.
    chain: &[
        stage(StepName::CreateLoadBalancer, 600, 600),
        stage(StepName::CreateEndpointService, 600, 600),
        stage(StepName::CreateEndpoint, 600, 600),
        stage(StepName::ApproveEndpoint, 300, 300),
        stage(StepName::VerifyReachability, 300, 300),
    ],
};

//! Every step by its name, and what a walk of them would do: for whoever asks all of them, as dry runs and drift checks do.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@plan`] | what it would take to come from one record to where another is going |
//! | here | the step of a name |

#![warn(missing_docs)]

pub mod plan;

use connection::step::Step;
use connection::words::StepName;

/// The step of that name.
#[must_use]
pub fn step(name: StepName) -> &'static dyn Step {
    match name {
        StepName::CreateInterface => &create_interface::CreateInterface,
        StepName::SetPeerInfo => &set_peer_info::SetPeerInfo,
        StepName::Connect => &connect::Connect,
        StepName::CreatePeering => &create_peering::CreatePeering,
        StepName::AcceptPeering => &accept_peering::AcceptPeering,
        StepName::CreateLoadBalancer => &create_load_balancer::CreateLoadBalancer,
        StepName::CreateEndpointService => &create_endpoint_service::CreateEndpointService,
        StepName::CreateEndpoint => &create_endpoint::CreateEndpoint,
        StepName::ApproveEndpoint => &approve_endpoint::ApproveEndpoint,
        StepName::AddRoute => &add_route::AddRoute,
        StepName::AuthorizeSecurityGroup => &authorize_security_group::AuthorizeSecurityGroup,
        StepName::VerifyReachability => &verify_reachability::VerifyReachability,
    }
}

//! The steps, asked by a dry run what they would do.

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
        StepName::AddRoute => &add_route::AddRoute,
        StepName::AuthorizeSecurityGroup => &authorize_security_group::AuthorizeSecurityGroup,
        StepName::VerifyReachability => &verify_reachability::VerifyReachability,
    }
}

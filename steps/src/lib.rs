//! Every step by its name, and what a walk of them would do: for whoever asks all of them, as dry runs and drift checks do.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@plan`] | what it would take to come from one record to where another is going |
//! | here | the step of a name, and the function that owns it |

pub mod plan;

use connection::words::StepName;
use engine::step::Step;
use function::start::Build;

macro_rules! steps {
    ($($function:ident :: $step:ident,)+) => {
        /// The step of that name.
        #[must_use]
        pub fn step(name: StepName) -> &'static dyn Step {
            match name { $(StepName::$step => &$function::$step,)+ }
        }

        /// How the function that owns the step of that name is built.
        #[must_use]
        pub fn build(name: StepName) -> Build {
            match name { $(StepName::$step => $function::build,)+ }
        }
    };
}

// Who implements each step of the registry in `connection::words`.
steps! {
    fn_create_interface::CreateInterface,
    fn_set_peer_info::SetPeerInfo,
    fn_connect::Connect,
    fn_create_peering::CreatePeering,
    fn_accept_peering::AcceptPeering,
    fn_create_load_balancer::CreateLoadBalancer,
    fn_create_endpoint_service::CreateEndpointService,
    fn_create_endpoint::CreateEndpoint,
    fn_approve_endpoint::ApproveEndpoint,
    fn_add_route::AddRoute,
    fn_authorize_security_group::AuthorizeSecurityGroup,
    fn_verify_reachability::VerifyReachability,
}

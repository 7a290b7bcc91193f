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
    create_interface::CreateInterface,
    set_peer_info::SetPeerInfo,
    connect::Connect,
    create_peering::CreatePeering,
    accept_peering::AcceptPeering,
    create_load_balancer::CreateLoadBalancer,
    create_endpoint_service::CreateEndpointService,
    create_endpoint::CreateEndpoint,
    approve_endpoint::ApproveEndpoint,
    add_route::AddRoute,
    authorize_security_group::AuthorizeSecurityGroup,
    verify_reachability::VerifyReachability,
}

//! Every step by its name, and what a walk of them would do: for whoever asks all of them, as dry runs and drift checks do.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`mod@plan`] | what it would take to come from one record to where another is going |
//! | here | the step of a name, and the function that owns it |

#![warn(missing_docs)]

pub mod plan;

use connection::words::StepName;
use engine::step::Step;
use function::start::Build;

macro_rules! steps {
    ($($step:ident of $function:ident,)+) => {
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
    CreateInterface of create_interface,
    SetPeerInfo of set_peer_info,
    Connect of connect,
    CreatePeering of create_peering,
    AcceptPeering of accept_peering,
    CreateLoadBalancer of create_load_balancer,
    CreateEndpointService of create_endpoint_service,
    CreateEndpoint of create_endpoint,
    ApproveEndpoint of approve_endpoint,
    AddRoute of add_route,
    AuthorizeSecurityGroup of authorize_security_group,
    VerifyReachability of verify_reachability,
}

//! add-route: routes the peer's address ranges to what joins the two sides.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | entries in the route tables of a VPC |
//! | [`on_jdcloud`] | rules in route tables of a VPC, and subnets bound to a table of their own |
//! | `lane` | taking turns in the lane of a VPC's routes, and giving them back |

mod lane;
mod on_alicloud;
pub mod on_jdcloud;

use connection::words::{Cloud, StepName};
use engine::step::{ByCloud, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::on_alicloud::OnAlicloud;
use crate::on_jdcloud::OnJdcloud;

/// Routes the peer's address ranges to what joins the two sides.
pub struct AddRoute;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AddRoute, environment, io)
}

impl ByCloud for AddRoute {
    const NAME: StepName = StepName::AddRoute;

    fn room(cloud: Cloud) -> &'static dyn Step {
        match cloud {
            Cloud::Alicloud => &OnAlicloud,
            Cloud::Jdcloud => &OnJdcloud,
        }
    }
}

//! create-peering: the peering connection that joins the two VPCs.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | one peering, which the initiator asks for and both sides see |
//! | [`on_jdcloud`] | two halves, each made by its side; the second one is the consent |

mod on_alicloud;
pub mod on_jdcloud;

use connection::words::{Cloud, StepName};
use engine::step::{ByCloud, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::on_alicloud::OnAlicloud;
use crate::on_jdcloud::OnJdcloud;

/// Makes the peering connection that joins the two VPCs, or each side's half of it.
pub struct CreatePeering;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreatePeering, environment, io)
}

impl ByCloud for CreatePeering {
    const NAME: StepName = StepName::CreatePeering;

    fn room(cloud: Cloud) -> &'static dyn Step {
        match cloud {
            Cloud::Alicloud => &OnAlicloud,
            Cloud::Jdcloud => &OnJdcloud,
        }
    }
}

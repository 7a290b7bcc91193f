//! authorize-security-group: lets the other side in through the security groups that the spec names.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `on_alicloud` | rules of security groups, by range or by group |
//! | [`on_jdcloud`] | rules of network security groups, by range |
//!
//! A rule belongs to this connection when its id is recorded or its description carries the connection's mark; no other rule
//! is ever touched. Where somebody else's rule says the very same, none is asked for; should that rule go, observing finds it
//! missing. What a former spec wanted is taken away only once everything that is wanted now was read back.

mod on_alicloud;
pub mod on_jdcloud;

use connection::words::{Cloud, StepName};
use engine::step::{ByCloud, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::on_alicloud::OnAlicloud;
use crate::on_jdcloud::OnJdcloud;

/// Lets the other side in through the security groups that the spec names.
pub struct AuthorizeSecurityGroup;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AuthorizeSecurityGroup, environment, io)
}

impl ByCloud for AuthorizeSecurityGroup {
    const NAME: StepName = StepName::AuthorizeSecurityGroup;

    fn room(cloud: Cloud) -> &'static dyn Step {
        match cloud {
            Cloud::Alicloud => &OnAlicloud,
            Cloud::Jdcloud => &OnJdcloud,
        }
    }
}

//! Cloud Assistant: commands on instances, and what became of them.
//!
//! A command is Pending until the instance's agent has it, Running while its program takes, and then done. What a program
//! does follows from the network at the moment at which it begins.

mod deliver;
mod list;
mod request;
mod run;
mod status;
mod user;

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

pub(super) use deliver::interrupt;
pub(crate) use deliver::proceed;
pub(super) use list::{invocations, results};
pub(super) use request::{run_as, run_command};
pub(super) use run::Runs;
pub(super) use status::status;

/// One call of RunCommand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::ecs) struct Invocation {
    pub id: String,
    pub command_id: String,
    pub name: String,
    /// As text, whatever the request's encoding was.
    pub script: String,
    /// In seconds.
    pub timeout: u32,
    pub user: String,
    pub folder: String,
    pub created: Timestamp,
    /// In the order of the request.
    pub instances: Vec<String>,
}

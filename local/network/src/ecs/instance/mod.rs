//! Instances. The seed puts them there; they can be stopped and started.

mod list;
mod member;
mod power;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::RpcError;
use local_core::words;
use serde::{Deserialize, Serialize};

use crate::vpc::world::{Settles, Waiting};

pub(super) use list::list;
pub(super) use member::{join, leave};
pub(super) use power::{start, start_many, stop, stop_many};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub id: String,
    pub vpc_id: String,
    pub vswitch_id: String,
    pub zone: String,
    pub address: Ipv4Addr,
    pub name: String,
    pub groups: Vec<String>,
    pub status: Status,
    /// Whether its Cloud Assistant works while it runs.
    pub agent_alive: bool,
    /// When its Cloud Assistant was last heard of, while it is not to be heard now.
    pub agent_seen: Timestamp,
    pub created: Timestamp,
    pub started: Timestamp,
    pub waiting: Option<Waiting>,
    /// Users besides those that every image has.
    #[serde(default)]
    pub users: BTreeSet<String>,
}

words! {
    /// Where an instance stands.
    pub(crate) enum Status {
        Starting = "Starting",
        Running = "Running",
        Stopping = "Stopping",
        Stopped = "Stopped",
    }
}

impl Settles for Instance {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        match self.waiting.take().map(|ended| ended.wait) {
            Some(Wait::InstanceStart) => (self.status, self.started) = (Status::Running, at),
            Some(_) => self.status = Status::Stopped,
            None => {}
        }
        true
    }
}

impl Instance {
    pub(crate) fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    /// Whether Cloud Assistant takes commands for it.
    pub(super) fn has_agent(&self) -> bool {
        self.is_running() && self.agent_alive
    }
}

pub(super) fn no_such_instance(id: &str) -> RpcError {
    RpcError::missing("InvalidInstanceId.NotFound", format!("The specified InstanceId does not exist: {id}."))
}

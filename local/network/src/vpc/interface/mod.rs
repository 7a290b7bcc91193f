//! Router interfaces: each side of an Express Connect pair between two routers.
//!
//! The states and who may move them are one table, in [`status`]. What a call demands besides stands in the file of the call.

mod connect;
mod create;
mod lifecycle;
mod list;
mod modify;
pub(super) mod refusal;
mod spec;
mod status;
mod view;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::{Params, RpcError};
use local_core::words;
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::world::{Settles, Waiting, World};

pub(super) use connect::connect;
pub(super) use create::create;
pub(super) use lifecycle::{activate, deactivate, delete, modify_spec};
pub(super) use list::{attribute, list};
pub(super) use modify::modify;
use spec::Spec;
use status::Event;
pub use status::{BusinessStatus, Status};

words! {
    /// Which side of a pair.
    pub(super) enum Role {
        /// Connects.
        Initiator = "InitiatingSide",
        /// Is connected.
        Acceptor = "AcceptingSide",
    }
}

words! {
    /// What kind of router.
    pub(super) enum RouterType {
        /// The router of a VPC.
        VRouter = "VRouter",
        /// The router of a physical line.
        Vbr = "VBR",
    }
}

/// How it is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Charge {
    /// By use.
    AfterPay,
    /// In advance; such a one cannot be deleted.
    Prepaid,
}

/// What one side has been told of the other. Nothing of it is checked before connecting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opposite {
    pub interface_id: String,
    pub router_id: String,
    pub router_type: Option<RouterType>,
    pub owner: String,
    /// Whether the other side was deleted after both knew each other.
    pub is_deleted: bool,
}

impl Opposite {
    fn is_complete(&self) -> bool {
        self.router_type.is_some() && [&self.interface_id, &self.router_id, &self.owner].iter().all(|id| !id.is_empty())
    }
}

/// One side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Interface {
    pub id: String,
    pub account: String,
    pub region: String,
    pub router_id: String,
    pub vpc_id: String,
    pub role: Role,
    pub spec: Spec,
    pub status: Status,
    pub business: BusinessStatus,
    pub charge: Charge,
    pub opposite_region: String,
    pub opposite: Opposite,
    pub name: String,
    pub description: String,
    pub health_check: HealthCheck,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub connected: Option<Timestamp>,
    pub waiting: Option<Waiting>,
}

/// Probing of a physical line; kept and shown, never done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HealthCheck {
    pub source: String,
    pub target: String,
    pub rate: Option<u32>,
    pub threshold: Option<u32>,
}

impl Settles for Interface {
    /// Both sides of a pair become Active together: the initiator's delay counts for the acceptor too.
    fn waiting(&self) -> Option<(Waiting, &str)> {
        let resource = match self.status {
            Status::AcceptingConnecting => &self.opposite.interface_id,
            _ => &self.id,
        };
        Some((self.waiting?, resource))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        let ended = self.waiting.take();
        if ended.is_some_and(|ended| ended.wait == Wait::InterfaceConnect) {
            self.connected = Some(at);
        }
        self.modified = at;
        match self.status.after(Event::Settle) {
            Some(Status::Deleted) => false,
            Some(status) => {
                self.status = status;
                true
            }
            None => true,
        }
    }
}

impl Interface {
    fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }

    /// The key of what the other side is said to be.
    fn opposite_key(&self) -> String {
        Place::new(&self.opposite.owner, &self.opposite_region).key(&self.opposite.interface_id)
    }

    /// Whether what it was told of the other side fits `other`.
    pub(in crate::vpc) fn points_to(&self, other: &Self) -> bool {
        self.opposite.interface_id == other.id
            && self.opposite.router_id == other.router_id
            && self.opposite.router_type == Some(RouterType::VRouter)
            && self.opposite.owner == other.account
            && self.opposite_region == other.region
    }
}

impl World {
    /// The interface that `parameter` names.
    fn interface(&self, place: &Place, params: &Params, parameter: &str) -> Result<&Interface, RpcError> {
        let id = params.required(parameter)?;
        self.interfaces.get(&place.key(id)).ok_or_else(|| refusal::not_found(id))
    }

    /// The other side, if what is known of it leads to one.
    pub(in crate::vpc) fn opposite_of(&self, interface: &Interface) -> Option<&Interface> {
        self.interfaces.get(&interface.opposite_key())
    }

    /// Whether some interface of this account has not been paid for.
    fn has_overdue(&self, account: &str) -> bool {
        let prefix = format!("{account}/");
        let own = self.interfaces.rows.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        own.into_iter().any(|(_, interface)| interface.business == BusinessStatus::FinancialLocked)
    }

    /// Lets the other side know that `gone` was deleted: it ends up Inactive, and can never be activated again.
    pub(in crate::vpc) fn tell_peer_of_loss(&mut self, gone: &Interface) {
        let key = gone.opposite_key();
        if !self.interfaces.get(&key).is_some_and(|peer| peer.points_to(gone)) {
            return;
        }
        self.interfaces.change(&key, |peer| {
            peer.opposite.is_deleted = true;
            if let Some(status) = peer.status.after(Event::LosePeer) {
                peer.status = status;
                peer.waiting = None;
            }
        });
    }

    /// Moves an interface by `event`, which the caller knows to be legal, and lets it wait for the end of the change.
    fn move_interface(&mut self, key: &str, event: Event, wait: Option<Wait>) {
        let waiting = wait.and_then(|wait| self.begin(wait));
        let now = self.now;
        self.interfaces.change(key, |interface| {
            if let Some(status) = interface.status.after(event) {
                interface.status = status;
                interface.waiting = waiting;
                interface.modified = now;
            }
        });
    }
}

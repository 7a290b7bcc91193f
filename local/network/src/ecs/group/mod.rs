//! Security groups: who may enter the instances in them, and where these may go.

mod authorize;
mod create;
mod list;
mod modify;
mod refusal;
mod rule;

use jiff::Timestamp;
use local_core::rpc::{Params, RpcError};
use local_core::words;
use serde::{Deserialize, Serialize};

use crate::vpc::{Place, World};

pub(super) use authorize::{authorize, authorize_egress, revoke, revoke_egress};
pub(super) use create::{create, delete, rename, set_policy};
pub(super) use list::{attribute, by_page_or_token, id_list, list, references};
pub(super) use modify::{modify, modify_egress};
pub(super) use rule::{Direction, IpProtocol, Policy, Rule, Source, Term};

/// A security group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Group {
    pub id: String,
    pub account: String,
    pub region: String,
    pub vpc_id: String,
    pub kind: Kind,
    pub name: String,
    pub description: String,
    pub rules: Vec<Rule>,
    pub created: Timestamp,
    /// Whether its members were told not to reach each other.
    #[serde(default)]
    pub is_isolating: bool,
}

impl Group {
    /// Whether its members reach each other without a rule.
    pub fn joins_members(&self) -> bool {
        self.kind == Kind::Basic && !self.is_isolating
    }
}

words! {
    /// Which rules it can have.
    pub(super) enum Kind {
        /// Its members reach each other, and its rules may name other groups.
        Basic = "normal",
        /// For many members: each on its own, rules by address only.
        Enterprise = "enterprise",
    }
}

/// The group that `SecurityGroupId` names.
fn find<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Group, RpcError> {
    let id = params.required("SecurityGroupId")?;
    world.ecs.groups.get(&place.key(id)).ok_or_else(|| refusal::not_found(id))
}

/// How many instances are in a group.
fn members(world: &World, place: &Place, group_id: &str) -> usize {
    let is_in = |groups: &[String]| groups.iter().any(|id| id == group_id);
    world.ecs.instances.at(place).filter(|(_, instance)| is_in(&instance.groups)).count()
}

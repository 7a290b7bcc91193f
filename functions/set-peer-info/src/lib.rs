//! set-peer-info: tells each interface who its peer is.
//!
//! Four facts a side: interface, router, type of router and owner. The cloud checks them only when the pair is connected,
//! and takes them only while the interface is Idle. They need no undoing: they go with the interface.

use std::time::Duration;

use alicloud::vpc::{InterfaceStatus, ModifyRouterInterfaceAttribute};
use async_trait::async_trait;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::StepName;
use engine::kind::router_interface::{NEW, all_own_shown, existing, expected_peer, own};
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// Tells each router interface who its peer is.
pub struct SetPeerInfo;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(SetPeerInfo, environment, io)
}

#[async_trait]
impl Step for SetPeerInfo {
    fn name(&self) -> StepName {
        StepName::SetPeerInfo
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.vpc()?;
        let peer = expected_peer(side)?;
        let found = existing(side, &vpc, outputs).await?;
        if found.peer().as_ref() == Some(&peer) {
            return Ok(());
        }
        let id = found.router_interface_id;
        if found.status != InterfaceStatus::Idle {
            return Err(NotDone::failed(
                format!(
                    "{id} is {} and points to {}, not to {}",
                    found.status,
                    found.opposite_interface_id.unwrap_or_default(),
                    peer.interface_id
                ),
                "an interface that was connected once can never be pointed elsewhere: remove the connection and post it again",
            ));
        }
        let change = ModifyRouterInterfaceAttribute {
            router_interface_id: id.clone(),
            peer: Some(peer.clone()),
            ..Default::default()
        };
        vpc.modify_router_interface_attribute(&change).await?;
        if existing(side, &vpc, outputs).await?.peer() == Some(peer) {
            return Ok(());
        }
        Err(NotDone::retry(Duration::from_secs(2), format!("{id} to show its peer")))
    }

    async fn undo(&self, _side: &SideContext<'_>, _made: &mut Outputs) -> Result<(), NotDone> {
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation != Operation::Apply {
            return Ok(Vec::new());
        }
        let found = own(side, &side.vpc()?, side.outputs()).await?;
        let is_set = found.as_ref().and_then(|found| found.peer()).is_some_and(|peer| expected_peer(side) == Ok(peer));
        let id = found.map_or_else(|| NEW.to_owned(), |found| found.router_interface_id);
        let planned = if is_set {
            side.planned(None, &id, "its peer is set")
        } else {
            side.planned(Some("ModifyRouterInterfaceAttribute"), &id, "it is told the other side's interface")
        };
        Ok(vec![planned])
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::RouterInterfaces]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        // That it is missing, create-interface tells.
        let Some(own) = all_own_shown(side, inventory) else { return Vec::new() };
        let (Some(found), Ok(peer)) = (own.first(), expected_peer(side)) else { return Vec::new() };
        let actual = |field: &Option<String>| field.clone().unwrap_or_else(|| "nothing".to_owned());
        [
            ("OppositeInterfaceId", &peer.interface_id, &found.opposite_interface_id),
            ("OppositeRouterId", &peer.router_id, &found.opposite_router_id),
            ("OppositeInterfaceOwnerId", &peer.owner_id, &found.opposite_interface_owner_id),
        ]
        .into_iter()
        .filter(|(_, expected, inventory)| inventory.as_ref() != Some(*expected))
        .map(|(field, expected, inventory)| {
            let difference = (field, expected.as_str(), actual(inventory));
            Finding::differs(FindingKind::InterfaceRepointed, side.side(), &found.router_interface_id, difference)
        })
        .collect()
    }
}

//! set-peer-info: tells each interface who its peer is.
//!
//! Four facts a side: interface, router, type of router and owner. The cloud checks them only when the pair is connected,
//! and takes them only while the interface is Idle. They need no undoing: they go with the interface.

use alicloud::vpc::{InterfaceStatus, ModifyRouterInterfaceAttribute};
use async_trait::async_trait;
use connection::halt::Halt;
use connection::made::Made;
use connection::plan::{Direction, Planned};
use connection::resource::router_interface::{NEW, existing, expected_peer, own};
use connection::step::{Finding, SideContext, Step};
use connection::words::StepName;
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// The step.
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

    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        let vpc = side.vpc()?;
        let peer = expected_peer(side)?;
        let found = existing(side, &vpc, made).await?;
        if found.peer().as_ref() == Some(&peer) {
            return Ok(());
        }
        let id = found.router_interface_id;
        if found.status != InterfaceStatus::Idle {
            return Err(Halt::fail(
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
        if existing(side, &vpc, made).await?.peer() == Some(peer) {
            return Ok(());
        }
        Err(Halt::wait(2, format!("{id} to show its peer")))
    }

    async fn undo(&self, _side: &SideContext<'_>, _made: &mut Made) -> Result<(), Halt> {
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, direction: Direction) -> Result<Vec<Planned>, Halt> {
        if direction != Direction::Apply {
            return Ok(Vec::new());
        }
        let found = own(side, &side.vpc()?, side.made()).await?;
        let is_set = found.as_ref().and_then(|found| found.peer()).is_some_and(|peer| expected_peer(side) == Ok(peer));
        let id = found.map_or_else(|| NEW.to_owned(), |found| found.router_interface_id);
        let planned = if is_set {
            side.planned(None, &id, "its peer is set")
        } else {
            side.planned(Some("ModifyRouterInterfaceAttribute"), &id, "it is told the other side's interface")
        };
        Ok(vec![planned])
    }

    async fn observe(&self, side: &SideContext<'_>) -> Result<Vec<Finding>, Halt> {
        let vpc = side.vpc()?;
        let peer = expected_peer(side)?;
        let found = existing(side, &vpc, side.made()).await?;
        if found.peer().as_ref() == Some(&peer) {
            return Ok(Vec::new());
        }
        Ok(vec![Finding {
            side: side.side(),
            resource: found.router_interface_id,
            field: "OppositeInterfaceId".to_owned(),
            expected: peer.interface_id,
            actual: found.opposite_interface_id.unwrap_or_default(),
        }])
    }
}

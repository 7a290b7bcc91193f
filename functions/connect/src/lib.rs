//! connect: connects the pair and waits until both sides are active.
//!
//! Only the initiator calls; the acceptor can but wait. The call takes no client token, so the state is read first, and
//! read again when the call is refused: a refusal may only mean that another copy of this message was faster.
//!
//! There is no disconnecting. Undoing switches the interfaces off, which is also all that pausing does.

use std::time::Duration;

use alicloud::vpc::{InterfaceStatus, RouterInterface, Vpc};
use alicloud::{Call, Kind};
use async_trait::async_trait;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::record::Phase;
use connection::words::{Side, StepName};
use engine::adopted::stays;
use engine::kind::router_interface::{NEW, all_own, all_own_shown, existing, expected_peer, own};
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// How soon to look again while the cloud connects: it takes six or seven seconds.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Connects the pair of router interfaces, and waits on both sides until they are active.
pub struct Connect;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(Connect, environment, io)
}

#[async_trait]
impl Step for Connect {
    fn name(&self) -> StepName {
        StepName::Connect
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.vpc()?;
        let found = existing(side, &vpc, outputs).await?;
        let id = &found.router_interface_id;
        match found.status {
            InterfaceStatus::Active => return points_to_peer(side, &found),
            InterfaceStatus::Idle if side.side() == Side::Initiator => {
                let called = vpc.connect_router_interface(id).await;
                moved_anyway(side, &vpc, outputs, &found.status, called).await?;
            }
            // Switched off by somebody while the connection was being built.
            InterfaceStatus::Inactive => {
                let called = vpc.activate_router_interface(id).await;
                moved_anyway(side, &vpc, outputs, &found.status, called).await?;
            }
            _ => {}
        }
        Err(NotDone::retry(LOOK_AGAIN, format!("{id} to become Active (was {})", found.status)))
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        if stays(side, outputs) {
            return Ok(());
        }
        self.pause(side, outputs).await
    }

    async fn pause(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.vpc()?;
        let mut waiting = Vec::new();
        for found in all_own(side, &vpc, outputs).await? {
            match found.status {
                InterfaceStatus::Idle | InterfaceStatus::Inactive | InterfaceStatus::Deleting => continue,
                InterfaceStatus::Active => {
                    let called = vpc.deactivate_router_interface(&found.router_interface_id).await;
                    moved_anyway(side, &vpc, outputs, &found.status, called).await?;
                }
                _ => {}
            }
            waiting.push(format!("{} (was {})", found.router_interface_id, found.status));
        }
        if waiting.is_empty() {
            Ok(())
        } else {
            Err(NotDone::retry(Duration::from_secs(3), format!("{} to be off", waiting.join(", "))))
        }
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let found = own(side, &side.vpc()?, side.outputs()).await?;
        let id = found.as_ref().map_or(NEW, |found| found.router_interface_id.as_str());
        let status = found.as_ref().map_or(&InterfaceStatus::Idle, |found| &found.status);
        let planned = match (operation, status) {
            (Operation::Apply, InterfaceStatus::Active) => side.planned(None, id, "it is Active"),
            (Operation::Apply, InterfaceStatus::Inactive) => {
                side.planned(Some("ActivateRouterInterface"), id, "it is switched on")
            }
            (Operation::Apply, InterfaceStatus::Idle) if side.side() == Side::Initiator => {
                side.planned(Some("ConnectRouterInterface"), id, "the pair is connected")
            }
            (Operation::Apply, status) => side.planned(None, id, &format!("it is {status} and will become Active")),
            (Operation::Undo, _) if stays(side, side.outputs()) => return Ok(Vec::new()),
            (Operation::Undo | Operation::Pause, InterfaceStatus::Active) => {
                side.planned(Some("DeactivateRouterInterface"), id, "it is switched off")
            }
            (Operation::Undo | Operation::Pause, _) if found.is_none() => return Ok(Vec::new()),
            (Operation::Undo | Operation::Pause, status) => side.planned(None, id, &format!("it is {status}")),
        };
        Ok(vec![planned])
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::RouterInterfaces]
    }

    /// A paused connection promises to be off.
    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        // That it is missing, create-interface tells.
        let Some(own) = all_own_shown(side, inventory) else { return Vec::new() };
        let Some(found) = own.first() else { return Vec::new() };
        let (kind, promised) = match side.record().phase() {
            Phase::Paused => (FindingKind::InterfaceAwake, InterfaceStatus::Inactive),
            _ => (FindingKind::InterfaceInactive, InterfaceStatus::Active),
        };
        let id = &found.router_interface_id;
        let mut findings = Vec::new();
        if found.status != promised {
            let difference = ("Status", promised.as_str(), found.status.as_str());
            findings.push(Finding::differs(kind, side.side(), id, difference));
        }
        findings.extend(disagreement(side, inventory, found));
        findings
    }
}

/// What this side shows of the other one, where that one shows something else of itself.
fn disagreement(side: &SideContext<'_>, inventory: &Inventory, found: &RouterInterface) -> Option<Finding> {
    let (told, peer_id) = (found.opposite_interface_status.as_ref()?, found.opposite_interface_id.as_deref()?);
    let peers = side.peer_view(inventory).router_interfaces(peer_id)?;
    let peer = peers.into_iter().find(|peer| peer.router_interface_id == peer_id)?;
    let settled = told.is_settled() && peer.status.is_settled();
    let difference = ("OppositeInterfaceStatus", peer.status.as_str(), told.as_str());
    (settled && *told != peer.status).then(|| {
        let id = &found.router_interface_id;
        Finding::differs(FindingKind::SidesDisagree, side.side(), id, difference).for_a_person()
    })
}

fn points_to_peer(side: &SideContext<'_>, found: &RouterInterface) -> Result<(), NotDone> {
    let expected = expected_peer(side)?;
    if found.opposite_interface_id.as_deref() == Some(expected.interface_id.as_str()) {
        return Ok(());
    }
    Err(NotDone::failed(
        format!(
            "{} is connected to {}, not to {}",
            found.router_interface_id,
            found.opposite_interface_id.as_deref().unwrap_or("nothing"),
            expected.interface_id
        ),
        "remove the connection and post it again",
    ))
}

/// Passes a refused call by when the interface has left the status it was called in.
async fn moved_anyway(
    side: &SideContext<'_>,
    vpc: &Vpc,
    outputs: &Outputs,
    before: &InterfaceStatus,
    called: Result<(), alicloud::Error>,
) -> Result<(), NotDone> {
    let Err(error) = called else { return Ok(()) };
    if existing(side, vpc, outputs).await?.status != *before {
        return Ok(());
    }
    // "There already" while ours has not moved: it is somebody else's pair that joins the two routers.
    let others = error.call() == Call::ConnectRouterInterface && error.kind() == Kind::AlreadyThere;
    if others { Err(NotDone::refused(&error)) } else { Err(error.into()) }
}

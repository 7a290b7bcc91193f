//! accept-peering: the acceptor accepts the peering connection, and both sides wait until it is active.
//!
//! Within one account the cloud accepts by itself, and nothing is called. A refused call may only mean that another copy of
//! this message was faster, so the status is read again.
//!
//! The initiator judges for both: what was rejected or ran out of time fails, and is asked for anew once somebody has
//! resumed the connection. There is nothing to undo: what was accepted goes when it is deleted.

use std::time::Duration;

use alicloud::Kind;
use alicloud::vpc_peer::PeerStatus;
use async_trait::async_trait;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::{Side, StepName};
use engine::kind::vpc_peering::ask::asked;
use engine::kind::vpc_peering::{
    self as peering, NEW, Standing, all_own_shown, desired, is_within_one_account, look, offered,
};
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// How soon to look again at a peering connection on its way.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// Accepts the peering connection for the acceptor, and waits on both sides until it is active.
pub struct AcceptPeering;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AcceptPeering, environment, io)
}

#[async_trait]
impl Step for AcceptPeering {
    fn name(&self) -> StepName {
        StepName::AcceptPeering
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let api = peering::api(side)?;
        let found = if side.side().asks() {
            let standing = look(side, &api, outputs).await?;
            still_there(&standing, outputs)?;
            asked(side, &api, outputs, standing).await?
        } else {
            offered(side, &api, outputs).await?
        };
        let id = &found.instance_id;
        match (side.side(), &found.status) {
            (Side::Initiator, PeerStatus::Activated) => return desired::tune(side, &api, &found).await,
            (Side::Acceptor, PeerStatus::Activated) => return Ok(()),
            (Side::Acceptor, PeerStatus::Accepting) if !is_within_one_account(side) => {
                let token = side.client_token(&format!("accept {id}"));
                match api.accept_vpc_peer_connection(id, &token).await {
                    Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                    _ => {}
                }
            }
            _ => {}
        }
        Err(NotDone::retry(LOOK_AGAIN, format!("{id} to become Activated (was {})", found.status)))
    }

    async fn undo(&self, _: &SideContext<'_>, _: &mut Outputs) -> Result<(), NotDone> {
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation != Operation::Apply {
            return Ok(Vec::new());
        }
        let api = peering::api(side)?;
        let standing = look(side, &api, side.outputs()).await?;
        let accepts = side.side() == Side::Acceptor && !is_within_one_account(side);
        let accepted = |id: &str| side.planned(Some("AcceptVpcPeerConnection"), id, "it is accepted");
        Ok(match standing {
            Standing::Stands(found) if accepts && found.status == PeerStatus::Accepting => {
                let mut planned = accepted(&found.instance_id);
                planned.verdict = side.verdict(api.dry_run_accept_vpc_peer_connection(&found.instance_id)).await;
                vec![planned]
            }
            Standing::Stands(found) if found.status == PeerStatus::Activated => {
                vec![side.planned(None, &found.instance_id, "it is Activated")]
            }
            Standing::Stands(found) => {
                let what = format!("it is {} and will become Activated", found.status);
                vec![side.planned(None, &found.instance_id, &what)]
            }
            _ if accepts => vec![accepted(NEW)],
            _ => vec![side.planned(None, NEW, "it will become Activated")],
        })
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::Peerings]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        // That it is missing, create-peering tells.
        let Some(own) = all_own_shown(side, inventory) else { return Vec::new() };
        let Some(found) = own.first() else { return Vec::new() };
        let id = &found.instance_id;
        let mut findings = Vec::new();
        if found.status != PeerStatus::Activated {
            let difference = ("Status", PeerStatus::Activated.as_str(), found.status.as_str());
            findings.push(Finding::differs(FindingKind::PeeringInactive, side.side(), id, difference));
        }
        // One thing that both see: the side that asked for it tells where the other sees it differently.
        if side.side() == Side::Initiator
            && let Some(theirs) = side.peer_view(inventory).peerings(id).and_then(|found| found.first().copied())
            && theirs.status != found.status
            && theirs.status.is_settled()
            && found.status.is_settled()
        {
            let difference = ("StatusOfOtherSide", found.status.as_str(), theirs.status.as_str());
            findings.push(Finding::differs(FindingKind::SidesDisagree, side.side(), id, difference).for_a_person());
        }
        findings
    }
}

/// Fails, and lets go of it, when what was asked for is gone: somebody deleted it, and a person must see that.
fn still_there(standing: &Standing, outputs: &mut Outputs) -> Result<(), NotDone> {
    match (standing, outputs.peering_id.as_deref()) {
        (Standing::Nothing, Some(id)) => {
            let what = format!("the peering connection {id} is gone; somebody deleted it");
            outputs.peering_id = None;
            Err(NotDone::failed(what, "find out who, then retry, which asks anew; or remove the connection"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

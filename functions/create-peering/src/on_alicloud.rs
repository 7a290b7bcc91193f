//! On Alibaba Cloud: the initiator asks for the peering connection, and both sides learn its id.
//!
//! It is one thing that both accounts see. A request within one account the cloud accepts by itself, any other waits to be
//! accepted, for seven days at most; for this step it stands as soon as it waits.
//!
//! Undoing deletes it. The initiator does that, and the acceptor waits until it does not see it any more. Routes that lead
//! to it are never deleted along with it: those of this connection are gone before, and others are somebody's.

use std::time::Duration;

use alicloud::vpc_peer::{PeerConnection, PeerStatus};
use async_trait::async_trait;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::{Side, StepName};
use engine::adopted::{refuse_to_make, stays};
use engine::kind::vpc_peering::ask::{self, asked};
use engine::kind::vpc_peering::desired::{self, Desired};
use engine::kind::vpc_peering::{
    self as peering, Difference, NEW, Standing, all_own, all_own_shown, as_found, look, offered,
};
use engine::step::{SideContext, Step};

/// The step between VPCs of Alibaba Cloud.
pub(crate) struct OnAlicloud;

#[async_trait]
impl Step for OnAlicloud {
    fn name(&self) -> StepName {
        StepName::CreatePeering
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let api = peering::api(side)?;
        if side.side() == Side::Acceptor {
            return offered(side, &api, outputs).await.map(drop);
        }
        let standing = look(side, &api, outputs).await?;
        let found = asked(side, &api, outputs, standing).await?;
        match found.status {
            PeerStatus::Accepting | PeerStatus::Updating => Ok(()),
            PeerStatus::Activated => {
                let describe = async |text| ask::describe(side, &api, &found, text).await;
                as_found(&found).mark(side, outputs, describe).await?;
                desired::tune(side, &api, &found).await
            }
            status => {
                Err(NotDone::retry(Duration::from_secs(2), format!("{} to be made (was {status})", found.instance_id)))
            }
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let api = peering::api(side)?;
        let mut left = all_own(side, &api, outputs).await?;
        if stays(side, outputs) {
            for found in left.extract_if(.., |found| as_found(found).is_adopted(side)) {
                if side.side() == Side::Initiator {
                    let describe = async |text| ask::describe(side, &api, &found, text).await;
                    as_found(&found).give_back(side, outputs, describe).await?;
                    if !found.status.is_settled() {
                        return Err(NotDone::retry(Duration::from_secs(2), format!("{} to settle", found.instance_id)));
                    }
                }
            }
        }
        if left.is_empty() {
            outputs.peering_id = None;
            if stays(side, outputs) {
                outputs.former_description = None;
            }
            return Ok(());
        }
        for found in left.iter().filter(|found| side.side() == Side::Initiator && found.status.is_settled()) {
            ask::delete(side, &api, found).await?;
        }
        Err(NotDone::retry(Duration::from_secs(3), format!("{} to be gone", named(&left))))
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if side.side() == Side::Acceptor || operation == Operation::Pause {
            return Ok(Vec::new());
        }
        let api = peering::api(side)?;
        let deleted = async |found: &PeerConnection| {
            let mut planned = side.planned(Some("DeleteVpcPeerConnection"), &found.instance_id, "it is deleted");
            planned.verdict = side.verdict(api.dry_run_delete_vpc_peer_connection(&ask::deletion(side, found))).await;
            planned
        };
        if operation == Operation::Undo {
            let mut plan = Vec::new();
            for found in &all_own(side, &api, side.outputs()).await? {
                plan.push(if stays(side, side.outputs()) && as_found(found).is_adopted(side) {
                    let what = "it stays; its description is given back";
                    side.planned(Some("ModifyVpcPeerConnection"), &found.instance_id, what)
                } else {
                    deleted(found).await
                });
            }
            return Ok(plan);
        }
        let request = ask::request(side)?;
        let what =
            format!("{} asks {} of account {}", request.vpc_id, request.accepting_vpc_id, side.peer_place().account);
        let mut outputs = side.planned(Some("CreateVpcPeerConnection"), NEW, &what);
        Ok(match look(side, &api, side.outputs()).await? {
            // While the pair stands that is to give way, the cloud could only say that it does.
            Standing::Nothing if side.is_cleared_first() => vec![outputs],
            Standing::Nothing => {
                refuse_to_make(side, side.outputs())?;
                outputs.verdict = side.verdict(api.dry_run_create_vpc_peer_connection(&request)).await;
                vec![outputs]
            }
            Standing::Going(_) => vec![outputs],
            Standing::Dead(found) => vec![deleted(&found).await, outputs],
            Standing::Stands(found) => {
                peering::check(side, &found)?;
                let id = &found.instance_id;
                let marked = as_found(&found).is_to_be_marked(side).then(|| {
                    side.planned(Some("ModifyVpcPeerConnection"), id, "its description becomes that of the connection")
                });
                marked
                    .into_iter()
                    .chain([match desired::change(side, &found)? {
                        None => side.planned(None, id, &format!("it stands ({})", found.status)),
                        Some(change) => {
                            let what = format!("it becomes {}", desired::aim(&change));
                            let mut planned = side.planned(Some("ModifyVpcPeerConnection"), id, &what);
                            planned.verdict = side.verdict(api.dry_run_modify_vpc_peer_connection(&change)).await;
                            planned
                        }
                    }])
                    .collect()
            }
        })
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::Peerings]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let Some(own) = all_own_shown(side, inventory) else { return Vec::new() };
        let Some((found, others)) = own.split_first() else {
            let id = side.outputs().peering_id.as_deref().unwrap_or("peering connection");
            return vec![Finding::missing(FindingKind::PeeringMissing, side.side(), id)];
        };
        let mut findings = peering::findings(side, found);
        // Both see the same line; the side that asked for it tells.
        if let (Side::Initiator, Ok(spec)) = (side.side(), peering::spec(side)) {
            let differences = Desired::of(spec).differences(found).into_iter();
            let other =
                |difference: Difference| difference.found_on(side, FindingKind::PeeringOtherSpec, &found.instance_id);
            findings.extend(differences.map(other));
            // Several carry the mark: one of them is nobody's.
            let is_alive = |other: &&&PeerConnection| {
                !matches!(other.status, PeerStatus::Deleting | PeerStatus::Rejected | PeerStatus::Expired)
            };
            let left = |other: &&PeerConnection| {
                Finding::left(FindingKind::OrphanPeering, side.side(), &other.instance_id).for_a_person()
            };
            findings.extend(others.iter().filter(is_alive).map(left));
        }
        findings
    }
}

fn named(all: &[PeerConnection]) -> String {
    all.iter().map(|found| format!("{} ({})", found.instance_id, found.status)).collect::<Vec<_>>().join(", ")
}

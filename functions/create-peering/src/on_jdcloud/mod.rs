//! On JD Cloud: each side makes its half with its own account's key, and both wait until the cloud calls them connected.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`halves`] | whose a half is, and how it differs from what is promised: pure |
//! | here | the calls |
//!
//! The call that makes a half takes no token, so whoever makes one looks first. Two processes that looked at the same moment
//! are told apart by the cloud: a half has a name of its own in the account, and there is one for each pair of VPCs and side.
//! The second one is refused, looks again, and finds the half by its mark.
//!
//! Undoing deletes the own half and waits until it is gone; whether the other one still stands is the other side's business.

pub mod halves;

use std::time::Duration;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::spec::Place;
use connection::words::StepName;
use engine::step::{SideContext, Step};
use jdcloud::Kind;
use jdcloud::vpc::{CreateVpcPeering, DescribeVpcPeerings, PeeringState, Vpc, VpcPeering};
use jiff::SignedDuration;
use transport::Chain;

use self::halves::{between, is_own, standing};

/// How soon to look again at a half on its way.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long the cloud is given to join a half again whose other half was made anew. Whether it does so is not documented.
const JOINS_AGAIN_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// The step between VPCs of JD Cloud.
pub(crate) struct OnJdcloud;

#[async_trait]
impl Step for OnJdcloud {
    fn name(&self) -> StepName {
        StepName::CreatePeering
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.jd_vpc()?;
        let halves = look(&vpc, side.place(), side.peer_place()).await?;
        let Some(half) = standing(&halves, &side.mark(), outputs)? else { return make(side, &vpc, outputs).await };
        let id = &half.vpc_peering_id;
        outputs.peering_id = Some(id.clone());
        match half.state {
            PeeringState::Connected => Ok(()),
            PeeringState::Disconnected => join_again(side, &vpc, id).await,
            PeeringState::Initiated | PeeringState::Unknown(_) => Err(NotDone::retry(
                LOOK_AGAIN,
                format!("{id} to be connected with the other half (was {})", half.state),
            )),
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.jd_vpc()?;
        let left = own(side, look(&vpc, side.place(), side.peer_place()).await?, outputs);
        let Some(half) = left.first() else {
            outputs.peering_id = None;
            return Ok(());
        };
        delete(&vpc, &half.vpc_peering_id).await?;
        Err(NotDone::retry(LOOK_AGAIN, format!("{} to be gone", half.vpc_peering_id)))
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let (vpc, outputs) = (side.jd_vpc()?, side.outputs());
        let halves = look(&vpc, side.place(), side.peer_place()).await?;
        let deleted = |id: &str| side.planned(Some("deleteVpcPeering"), id, "it is deleted");
        match operation {
            Operation::Pause => Ok(Vec::new()),
            Operation::Undo => {
                Ok(own(side, halves, outputs).iter().map(|half| deleted(&half.vpc_peering_id)).collect())
            }
            Operation::Apply => Ok(vec![match standing(&halves, &side.mark(), outputs)? {
                Some(half) if half.state == PeeringState::Disconnected => {
                    let what = "the other half was deleted; once that is made anew it joins again, or is made anew too";
                    side.planned(None, &half.vpc_peering_id, what)
                }
                Some(half) => side.planned(None, &half.vpc_peering_id, &format!("it stands ({})", half.state)),
                None => {
                    let request = request(side);
                    let what = format!("a half from {} to {}", request.vpc_id, request.remote_vpc_id);
                    side.planned(Some("createVpcPeering"), &request.name, &what)
                }
            }]),
        }
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::JdPeerings]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let (own, peer) = (side.place(), side.peer_place());
        let Some(listed) = side.view(inventory).jd_peerings(own.vpc_id.as_str()) else { return Vec::new() };
        let halves = between(listed.into_iter().cloned().collect(), own, peer);
        halves::findings(side.side(), &halves, &side.mark(), side.outputs())
    }
}

/// The halves that an account has from its VPC to the other one.
///
/// # Errors
/// As any call.
pub async fn look(vpc: &Vpc, own: Place<'_>, peer: Place<'_>) -> Result<Vec<VpcPeering>, jdcloud::Error> {
    let of_pair = DescribeVpcPeerings {
        vpc_id: Some(own.vpc_id.to_string()),
        remote_vpc_id: Some(peer.vpc_id.to_string()),
        ..DescribeVpcPeerings::default()
    };
    Ok(between(vpc.all_vpc_peerings(&of_pair).await?, own, peer))
}

fn own(side: &SideContext<'_>, halves: Vec<VpcPeering>, outputs: &Outputs) -> Vec<VpcPeering> {
    let mark = side.mark();
    halves.into_iter().filter(|half| is_own(half, &mark, outputs)).collect()
}

fn request(side: &SideContext<'_>) -> CreateVpcPeering {
    let mark = side.mark();
    CreateVpcPeering {
        name: mark.short_name(side.side()),
        vpc_id: side.place().vpc_id.to_string(),
        remote_vpc_id: side.peer_place().vpc_id.to_string(),
        description: Some(mark.description().to_owned()),
    }
}

async fn make(side: &SideContext<'_>, vpc: &Vpc, outputs: &mut Outputs) -> Result<(), NotDone> {
    let request = request(side);
    match vpc.create_vpc_peering(&request).await {
        Ok(half) => {
            let why = format!("{} to be connected with the other half", half.vpc_peering_id);
            outputs.peering_id = Some(half.vpc_peering_id);
            Err(NotDone::retry(LOOK_AGAIN, why))
        }
        Err(error) if error.kind() == Kind::AlreadyThere => {
            refuse_taken_name(side, vpc, &request).await?;
            Err(error.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Fails when the name belongs to another pair of VPCs. Else the half is there after all, and the next look finds it.
async fn refuse_taken_name(side: &SideContext<'_>, vpc: &Vpc, request: &CreateVpcPeering) -> Result<(), NotDone> {
    let named = DescribeVpcPeerings { names: vec![request.name.clone()], ..DescribeVpcPeerings::default() };
    let listed = vpc.all_vpc_peerings(&named).await?;
    let has_name = |half: &&VpcPeering| half.name.as_ref() == Some(&request.name);
    let joins = |half: &&VpcPeering| half.own.vpc_id == request.vpc_id && half.remote.vpc_id == request.remote_vpc_id;
    match listed.iter().find(|half| has_name(half) && !joins(half)) {
        None => Ok(()),
        Some(other) => Err(NotDone::failed(
            format!(
                "the name {} belongs to {} in account {} already",
                request.name,
                other.vpc_peering_id,
                side.place().account
            ),
            "rename that peering, then retry",
        )),
    }
}

/// The other half was deleted while this one stood. Once there is one again the cloud may join the two by itself; where it does
/// not, this half is made anew as well.
async fn join_again(side: &SideContext<'_>, vpc: &Vpc, id: &str) -> Result<(), NotDone> {
    let others = look(&side.peer_jd_vpc()?, side.peer_place(), side.place()).await?;
    if others.is_empty() {
        return Err(NotDone::retry(LOOK_AGAIN, format!("the other half to be made again ({id} is Disconnected)")));
    }
    if side.now().duration_since(side.record().step_since) < JOINS_AGAIN_WITHIN {
        return Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be connected again (was Disconnected)")));
    }
    match vpc.delete_vpc_peering(id).await {
        Ok(()) => Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be gone, so that it can be made anew"))),
        Err(error) if error.kind() == Kind::Gone => Err(NotDone::retry(LOOK_AGAIN, format!("{id} to be gone"))),
        Err(error) if error.kind() == Kind::Busy => Err(NotDone::failed(
            format!("{id} is Disconnected, does not connect again, and cannot be made anew: {}", Chain(&error)),
            "remove the rules of route tables that lead to it, then retry",
        )),
        Err(error) => Err(error.into()),
    }
}

async fn delete(vpc: &Vpc, id: &str) -> Result<(), jdcloud::Error> {
    let deleted = vpc.delete_vpc_peering(id).await;
    deleted.or_else(|error| if error.kind() == Kind::Gone { Ok(()) } else { Err(error) })
}

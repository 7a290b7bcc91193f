//! Asking for the peering connection as the initiator, and asking anew.
//!
//! A request that was rejected, or that nobody answered for seven days, fails the step: a person must see it. The step then
//! lets go of it, which is to say that its id leaves the record. When somebody has resumed the connection, one that was let
//! go of is deleted and asked for anew.

use std::time::Duration;

use alicloud::Kind;
use alicloud::vpc_peer::{
    CreateVpcPeerConnection, DeleteVpcPeerConnection, ModifyVpcPeerConnection, PeerConnection, PeerStatus, VpcPeer,
};
use transport::Chain;

use super::desired::Desired;
use super::{Standing, all_own, as_found, check, of_vpc, spec};
use crate::adopted::refuse_to_make;
use crate::step::SideContext;
use connection::not_done::{NotDone, StepFailure};
use connection::outputs::Outputs;

/// How long after one thing is gone the cloud may still see it in the way of another.
const AFTERMATH: Duration = Duration::from_secs(120);

/// The connection's peering connection, asked for if `standing` says that there is none. What is learned is left in `outputs`.
///
/// # Errors
/// A wait while a former one goes; a failure where one died, where the cloud refuses, or where it is not what the spec asks
/// for.
pub async fn asked(
    side: &SideContext<'_>,
    api: &VpcPeer,
    outputs: &mut Outputs,
    standing: Standing,
) -> Result<PeerConnection, NotDone> {
    let found = match standing {
        Standing::Stands(found) => found,
        Standing::Nothing => {
            refuse_to_make(side, outputs)?;
            ask(side, api, outputs).await?
        }
        Standing::Dead(found) if as_found(&found).is_adopted(side) => return Err(dead(side, &found)),
        Standing::Dead(found) => return Err(discard(side, api, outputs, &found).await?),
        Standing::Going(found) => {
            return Err(NotDone::retry(
                Duration::from_secs(3),
                format!("{} to be gone, to ask for it anew", found.instance_id),
            ));
        }
    };
    outputs.peering_id = Some(found.instance_id.clone());
    check(side, &found)?;
    Ok(found)
}

/// The request that the spec stands for.
///
/// # Errors
/// When an account id or a region does not read.
pub fn request(side: &SideContext<'_>) -> Result<CreateVpcPeerConnection, NotDone> {
    let (spec, asked, mark) = (spec(side)?, side.peer_place(), side.mark());
    let desired = Desired::of(spec);
    let accepting_account = side.peer().account_id.parse().map_err(|_| {
        NotDone::failed(
            format!(
                "the id of account {}, {:?}, is no number, and the cloud names accounts to peer with by number",
                asked.account,
                side.peer().account_id
            ),
            "correct the id in config/accounts.json of the store, then remove the connection and post it again",
        )
    })?;
    let accepting_region = asked.region_id.as_str().parse().map_err(|error| {
        NotDone::failed(
            format!("the other side's region does not read: {error}"),
            "remove the connection and post it again",
        )
    })?;
    Ok(CreateVpcPeerConnection {
        vpc_id: side.place().vpc_id.to_string(),
        accepting_account,
        accepting_region,
        accepting_vpc_id: asked.vpc_id.to_string(),
        bandwidth: desired.bandwidth,
        link_type: desired.link_type,
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: side.client_token("create"),
    })
}

/// How `found` is deleted: never with the routes that lead to it, which may be somebody's.
#[must_use]
pub fn deletion(side: &SideContext<'_>, found: &PeerConnection) -> DeleteVpcPeerConnection {
    DeleteVpcPeerConnection {
        instance_id: found.instance_id.clone(),
        force: false,
        client_token: side.client_token(&format!("delete {}", found.instance_id)),
    }
}

/// Deletes one of the connection's own, as far as that is one call.
///
/// # Errors
/// A wait while the cloud is busy with it. When it still is long after the routes of this connection are gone, a failure with
/// what the cloud says: most likely somebody else's route leads to it.
pub async fn delete(side: &SideContext<'_>, api: &VpcPeer, found: &PeerConnection) -> Result<(), NotDone> {
    match api.delete_vpc_peer_connection(&deletion(side, found)).await {
        Err(error) if error.kind() == Kind::Gone => Ok(()),
        Err(error) if error.kind() == Kind::Busy && !is_aftermath(side) => Err(NotDone::refused(&error)),
        deleted => Ok(deleted?),
    }
}

async fn ask(side: &SideContext<'_>, api: &VpcPeer, outputs: &Outputs) -> Result<PeerConnection, NotDone> {
    match api.create_vpc_peer_connection(&request(side)?).await {
        // Recorded once it is seen. Until then asking again, with the same token, gives the same one.
        Ok(id) => {
            api.connection(&id).await?.ok_or_else(|| NotDone::retry(Duration::from_secs(2), format!("{id} to be seen")))
        }
        Err(error) => Err(match error.kind() {
            Kind::AlreadyThere => taken(side, api, outputs, &error).await?,
            Kind::RuledOut => in_the_way(side, &error),
            _ => error.into(),
        }),
    }
}

/// The VPCs are joined already: by another copy of this very message, by one that goes, or by somebody else's.
async fn taken(
    side: &SideContext<'_>,
    api: &VpcPeer,
    outputs: &Outputs,
    error: &alicloud::Error,
) -> Result<NotDone, NotDone> {
    if !all_own(side, api, outputs).await?.is_empty() {
        return Ok(NotDone::retry(
            Duration::from_secs(1),
            "another look at the peering connection, which has just been made",
        ));
    }
    let (one, other) = (side.place().vpc_id.as_str(), side.peer_place().vpc_id.as_str());
    let others = of_vpc(side, api).await?;
    let stays = |found: &&PeerConnection| !matches!(found.status, PeerStatus::Deleting | PeerStatus::Deleted);
    Ok(match others.iter().filter(|found| found.joins(one, other)).find(stays) {
        Some(found) => advised(
            error,
            format!(
                "{} ({}) joins these two VPCs, and this connection did not make it",
                found.instance_id, found.status
            ),
            "delete it if nobody needs it, then retry; or keep it and remove this connection",
        ),
        None if is_aftermath(side) => {
            NotDone::retry(Duration::from_secs(3), format!("a former peering connection to be gone: {}", Chain(error)))
        }
        None => NotDone::refused(error),
    })
}

/// A pair of router interfaces joins the VPCs. It may be the one that this connection has just been rid of.
fn in_the_way(side: &SideContext<'_>, error: &alicloud::Error) -> NotDone {
    let kind = side.record().spec.kind();
    let is_migrating = side.record().former.as_ref().is_some_and(|former| former.spec.kind() != kind);
    if is_migrating && is_aftermath(side) {
        return NotDone::retry(
            Duration::from_secs(3),
            format!("the former router interfaces to be gone: {}", Chain(error)),
        );
    }
    advised(
        error,
        Chain(error).to_string(),
        "if the pair is a connection of kind router-interface, remove this one and put that one's spec with kind vpc-peering \
         and migrate: true; otherwise delete the pair, then retry",
    )
}

/// What the cloud refused, with words of our own.
fn advised(error: &alicloud::Error, what: String, advice: &str) -> NotDone {
    match NotDone::refused(error) {
        NotDone::Failed(failure) => NotDone::Failed(StepFailure { what, advice: advice.to_owned(), ..failure }),
        wait @ NotDone::Retry(_) => wait,
    }
}

/// Lets go of a request that died, or deletes it when that was done before and somebody has resumed the connection since.
async fn discard(
    side: &SideContext<'_>,
    api: &VpcPeer,
    outputs: &mut Outputs,
    found: &PeerConnection,
) -> Result<NotDone, NotDone> {
    let id = &found.instance_id;
    if outputs.peering_id.is_none() && side.record().attempt > 1 {
        delete(side, api, found).await?;
        return Ok(NotDone::retry(
            Duration::from_secs(3),
            format!("{id} ({}) to be gone, to ask for it anew", found.status),
        ));
    }
    // Without the mark it could not be found again, to be deleted.
    if found.description.as_deref().is_some_and(|text| side.mark().is_on(text)) {
        outputs.peering_id = None;
    }
    Ok(dead(side, found))
}

fn dead(side: &SideContext<'_>, found: &PeerConnection) -> NotDone {
    let id = &found.instance_id;
    let what = match found.status {
        PeerStatus::Rejected => format!("account {} rejected {id}", side.peer_place().account),
        _ => format!("nobody accepted {id} within seven days: it is {}", found.status),
    };
    let advice = if as_found(found).is_adopted(side) {
        "remove the connection; post it without adopt to have a new peering connection made"
    } else {
        "agree with the owner of the other account, then retry, which asks anew; or remove the connection"
    };
    NotDone::failed(what, advice)
}

/// Whether the step began so recently that the cloud may still see what was there before.
fn is_aftermath(side: &SideContext<'_>) -> bool {
    side.now().duration_since(side.record().step_since).unsigned_abs() < AFTERMATH
}

/// Gives it another description.
///
/// # Errors
/// When the cloud refuses.
pub async fn describe(
    side: &SideContext<'_>,
    api: &VpcPeer,
    found: &PeerConnection,
    text: String,
) -> Result<(), alicloud::Error> {
    let change = ModifyVpcPeerConnection {
        instance_id: found.instance_id.clone(),
        bandwidth: None,
        link_type: None,
        name: None,
        client_token: side.client_token(&format!("describe {} {text}", found.instance_id)),
        description: Some(text),
    };
    api.modify_vpc_peer_connection(&change).await
}

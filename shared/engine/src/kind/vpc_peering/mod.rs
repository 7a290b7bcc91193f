//! A connection's peering connection: one thing that both accounts see, asked for by the initiator.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | finding it, and whether it is what both sides agreed on |
//! | `ask` | asking for it, and asking anew |
//! | `desired` | bandwidth and link type: what is wanted, what differs, changing it |

pub mod ask;
pub mod desired;

use std::time::Duration;

use alicloud::vpc::BusinessStatus;
use alicloud::vpc_peer::{ListVpcPeerConnections, PeerConnection, PeerStatus, PeerVpc, VpcPeer};

use crate::adopted::Found;
use crate::step::SideContext;
use connection::finding::{Finding, FindingKind};
use connection::inventory::Inventory;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::spec::{KindSpec, VpcPeeringSpec};
use connection::words::Side;

/// What a plan calls a peering connection that is not made yet.
pub const NEW: &str = "the new peering connection";

/// One thing about a peering connection that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The cloud's name of the field.
    pub field: &'static str,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub actual: String,
}

impl Difference {
    /// As a finding about `id` on this side.
    #[must_use]
    pub fn found_on(self, side: &SideContext<'_>, kind: FindingKind, id: &str) -> Finding {
        Finding::differs(kind, side.side(), id, (self.field, self.expected, self.actual))
    }
}

/// Where the connection stands with its peering connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Nothing,
    /// It is being deleted.
    Going(PeerConnection),
    /// It was rejected, or nobody answered in time: it will never be active.
    Dead(PeerConnection),
    /// It is on its way to being active, or is.
    Stands(PeerConnection),
}

impl Standing {
    /// What all of a connection's own amount to. One that is alive counts before one that is not.
    ///
    /// # Errors
    /// When several are alive: then a person must say which one goes.
    pub fn of(own: Vec<PeerConnection>) -> Result<Self, NotDone> {
        let (mut alive, mut dead, mut going) = (Vec::new(), None, None);
        for found in own {
            match found.status {
                PeerStatus::Rejected | PeerStatus::Expired => dead = dead.or(Some(found)),
                PeerStatus::Deleting => going = going.or(Some(found)),
                PeerStatus::Deleted => {}
                PeerStatus::Creating
                | PeerStatus::Accepting
                | PeerStatus::Updating
                | PeerStatus::Activated
                | PeerStatus::Unknown(_) => alive.push(found),
            }
        }
        if alive.len() > 1 {
            let ids: Vec<_> = alive.iter().map(|found| found.instance_id.as_str()).collect();
            return Err(NotDone::failed(
                format!("several peering connections carry the mark of this connection: {}", ids.join(", ")),
                "delete all but one of them, then retry; or remove the connection, which deletes them all",
            ));
        }
        let alive = alive.pop().map(Self::Stands);
        Ok(alive.or(dead.map(Self::Dead)).or(going.map(Self::Going)).unwrap_or(Self::Nothing))
    }
}

/// The peering API in this side's account, as its region sees it.
///
/// # Errors
/// When the account is not in the operator's list.
pub fn api(side: &SideContext<'_>) -> Result<VpcPeer, NotDone> {
    let (client, region) = side.client()?;
    Ok(client.vpc_peer(&region))
}

/// One as something that may have been made by hand.
#[must_use]
pub fn as_found(found: &PeerConnection) -> Found<'_> {
    Found { id: &found.instance_id, description: found.description.as_deref() }
}

/// The spec of the connection.
///
/// # Errors
/// When it is of another kind.
pub fn spec<'a>(side: &SideContext<'a>) -> Result<&'a VpcPeeringSpec, NotDone> {
    match &side.record().spec.kind {
        KindSpec::VpcPeering(spec) => Ok(spec),
        _ => Err(side.foreign()),
    }
}

/// Every peering connection of this side's VPC that is this connection's: the one that either side recorded first, or that the spec
/// takes over, then any that carries the connection's mark, as one does that was made by a process that died before it could
/// record it.
///
/// # Errors
/// When it cannot be looked up.
pub async fn all_own(side: &SideContext<'_>, api: &VpcPeer, outputs: &Outputs) -> Result<Vec<PeerConnection>, NotDone> {
    let adopted = side.record().spec.adopted(side.side()).map(|id| id.to_string());
    let recorded = [outputs.peering_id.as_ref(), side.peer().outputs.peering_id.as_ref(), adopted.as_ref()];
    let is_recorded = |found: &PeerConnection| recorded.contains(&Some(&found.instance_id));
    let mut own = of_vpc(side, api).await?;
    let mark = side.mark();
    own.retain(|found| is_recorded(found) || found.description.as_deref().is_some_and(|text| mark.is_on(text)));
    for id in recorded.into_iter().flatten() {
        if !own.iter().any(|found| found.instance_id == *id) {
            own.extend(api.connection(id).await?);
        }
    }
    own.retain(|found| found.status != PeerStatus::Deleted && !as_found(found).is_anothers(side));
    own.sort_by_key(|found| (!is_recorded(found), found.instance_id.clone()));
    Ok(own)
}

/// The same of what was listed before, by the record alone; `None` when the listing could not be looked at.
#[must_use]
pub fn all_own_shown<'s>(side: &SideContext<'_>, inventory: &'s Inventory) -> Option<Vec<&'s PeerConnection>> {
    let (view, mark) = (side.view(inventory), side.mark());
    let recorded = [side.outputs().peering_id.as_ref(), side.peer().outputs.peering_id.as_ref()];
    let is_recorded = |found: &PeerConnection| recorded.contains(&Some(&found.instance_id));
    let mut own = view.peerings(side.place().vpc_id.as_str())?;
    own.retain(|found| !is_recorded(found) && found.description.as_deref().is_some_and(|text| mark.is_on(text)));
    let mut ids: Vec<&String> = recorded.into_iter().flatten().collect();
    ids.dedup();
    for id in ids {
        own.extend(view.peerings(id)?.into_iter().filter(|found| found.instance_id == *id));
    }
    own.retain(|found| found.status != PeerStatus::Deleted);
    own.sort_by_key(|found| (!is_recorded(found), found.instance_id.clone()));
    Some(own)
}

/// Where the connection stands, as this side sees it.
///
/// # Errors
/// When it cannot be looked up, or several are there.
pub async fn look(side: &SideContext<'_>, api: &VpcPeer, outputs: &Outputs) -> Result<Standing, NotDone> {
    Standing::of(all_own(side, api, outputs).await?)
}

/// The initiator's request as the acceptor sees it; what is learned of it is left in `outputs`.
///
/// A request that died is for the initiator to judge: the acceptor waits for another one.
///
/// # Errors
/// A wait while there is none, or when it is not what both sides agreed on.
pub async fn offered(side: &SideContext<'_>, api: &VpcPeer, outputs: &mut Outputs) -> Result<PeerConnection, NotDone> {
    match look(side, api, outputs).await? {
        Standing::Stands(found) => {
            outputs.peering_id = Some(found.instance_id.clone());
            check(side, &found)?;
            Ok(found)
        }
        Standing::Nothing => {
            Err(NotDone::retry(Duration::from_secs(1), "the initiator to ask for the peering connection"))
        }
        Standing::Dead(found) | Standing::Going(found) => {
            let why = format!("the initiator to ask anew ({} is {})", found.instance_id, found.status);
            Err(NotDone::retry(Duration::from_secs(3), why))
        }
    }
}

/// Whether both sides are of one account, whose requests to itself the cloud accepts by itself.
#[must_use]
pub fn is_within_one_account(side: &SideContext<'_>) -> bool {
    let own = side.record().sides.get(&side.side());
    own.is_some_and(|own| own.account_id == side.peer().account_id)
}

/// Refuses a peering connection that joins other VPCs than the spec says, or that is locked.
///
/// # Errors
/// When it is so.
pub fn check(side: &SideContext<'_>, found: &PeerConnection) -> Result<(), NotDone> {
    let id = &found.instance_id;
    if let Some(Difference { field, expected, actual }) = misfits(side, found).into_iter().next() {
        return Err(NotDone::failed(
            format!("{field} of {id} is {actual:?}, not {expected}: it joins something else"),
            "remove the connection and post it again",
        ));
    }
    match &found.business_status {
        Some(BusinessStatus::FinancialLocked) => Err(NotDone::failed(
            format!("{id} is locked because bills of its owner are outstanding"),
            "settle the bills of both accounts, then retry; the lock goes by itself",
        )),
        Some(BusinessStatus::SecurityLocked) => Err(NotDone::failed(
            format!("{id} is locked by the cloud's security team"),
            "ask the cloud's support, then retry",
        )),
        Some(BusinessStatus::Normal | BusinessStatus::Unknown(_)) | None => Ok(()),
    }
}

/// Everything by which a peering connection joins something else than the spec says, and the lock on it.
#[must_use]
pub fn findings(side: &SideContext<'_>, found: &PeerConnection) -> Vec<Finding> {
    let id = &found.instance_id;
    let misfit = |difference: Difference| difference.found_on(side, FindingKind::PeeringRepointed, id).for_a_person();
    let mut findings: Vec<_> = misfits(side, found).into_iter().map(misfit).collect();
    if let Some(status) = found.business_status.as_ref().filter(|status| **status != BusinessStatus::Normal) {
        let (expected, actual) = (BusinessStatus::Normal.to_string(), status.to_string());
        let locked = Difference { field: "BizStatus", expected, actual };
        findings.push(locked.found_on(side, FindingKind::PeeringLocked, id).for_a_person());
    }
    findings
}

fn misfits(side: &SideContext<'_>, found: &PeerConnection) -> Vec<Difference> {
    let vpc = |vpc: &Option<PeerVpc>| vpc.as_ref().and_then(|vpc| vpc.vpc_id.clone()).unwrap_or_default();
    let record = side.record();
    let place = |side| record.spec.place(side).vpc_id.to_string();
    // The cloud need not show the owners; the VPCs it always does.
    let owner = |side: Side, inventory: &Option<String>| {
        let expected = record.sides.get(&side).map(|known| known.account_id.clone()).unwrap_or_default();
        (inventory.clone().unwrap_or_else(|| expected.clone()), expected)
    };
    let (asking, asked) = (owner(Side::Initiator, &found.owner_id), owner(Side::Acceptor, &found.accepting_owner_uid));
    [
        ("VpcId", place(Side::Initiator), vpc(&found.vpc)),
        ("AcceptingVpcId", place(Side::Acceptor), vpc(&found.accepting_vpc)),
        ("OwnerId", asking.1, asking.0),
        ("AcceptingOwnerUid", asked.1, asked.0),
    ]
    .into_iter()
    .filter(|(_, expected, actual)| expected != actual)
    .map(|(field, expected, actual)| Difference { field, expected, actual })
    .collect()
}

/// Every peering connection that this side's VPC is part of.
async fn of_vpc(side: &SideContext<'_>, api: &VpcPeer) -> Result<Vec<PeerConnection>, alicloud::Error> {
    let vpc_ids = vec![side.place().vpc_id.to_string()];
    api.list_vpc_peer_connections(&ListVpcPeerConnections { vpc_ids, name: None }).await
}
#[cfg(test)]
mod tests;

//! The halves of a peering that one account has from its VPC to the other one, and what follows from them. Pure.

use connection::halt::Halt;
use connection::made::Made;
use connection::mark::Mark;
use connection::spec::Place;
use connection::step::{Finding, FindingKind};
use connection::words::Side;
use jdcloud::vpc::{PeeringState, VpcPeering};

/// Whether a half is this connection's: by its recorded id, or by the mark in its description.
#[must_use]
pub fn is_own(half: &VpcPeering, mark: &Mark, made: &Made) -> bool {
    made.peering_id.as_ref() == Some(&half.vpc_peering_id)
        || half.description.as_deref().is_some_and(|text| mark.is_on(text))
}

/// Of what the account has, what joins these two VPCs.
#[must_use]
pub fn between(listed: Vec<VpcPeering>, own: Place<'_>, peer: Place<'_>) -> Vec<VpcPeering> {
    let joins =
        |half: &VpcPeering| half.own.vpc_id == own.vpc_id.as_str() && half.remote.vpc_id == peer.vpc_id.as_str();
    listed.into_iter().filter(joins).collect()
}

/// The connection's own half, if it stands.
///
/// # Errors
/// When somebody else's stands in its place: the cloud has one for each pair and side.
pub fn standing<'a>(halves: &'a [VpcPeering], mark: &Mark, made: &Made) -> Result<Option<&'a VpcPeering>, Halt> {
    match halves.iter().find(|half| !is_own(half, mark, made)) {
        None => Ok(halves.first()),
        Some(foreign) => Err(Halt::fail(
            format!(
                "{} leads from {} to {} already; it is not this connection's",
                foreign.vpc_peering_id, foreign.own.vpc_id, foreign.remote.vpc_id
            ),
            "delete that peering if nobody needs it, then retry",
        )),
    }
}

/// How the half differs from what the record promises. While somebody else's stands in its place it cannot be made anew.
#[must_use]
pub fn findings(side: Side, halves: &[VpcPeering], mark: &Mark, made: &Made) -> Vec<Finding> {
    let (own, foreign): (Vec<_>, Vec<_>) = halves.iter().partition(|half| is_own(half, mark, made));
    let own = match own.first() {
        None => {
            let id = made.peering_id.as_deref().unwrap_or("this side's half of the peering");
            Some(Finding::missing(FindingKind::PeeringMissing, side, id))
        }
        Some(half) if half.state != PeeringState::Connected => {
            let difference = ("vpcPeeringState", PeeringState::Connected.as_str(), half.state.as_str());
            Some(Finding::differs(FindingKind::PeeringInactive, side, &half.vpc_peering_id, difference))
        }
        Some(_) => None,
    };
    let foreign = foreign
        .into_iter()
        .map(|half| Finding::left(FindingKind::RoguePeering, side, &half.vpc_peering_id).for_a_person());
    own.into_iter().chain(foreign).collect()
}

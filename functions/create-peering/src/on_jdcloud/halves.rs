//! The halves of a peering that one account has from its VPC to the other one, and what follows from them. Pure.

use connection::finding::{Finding, FindingKind};
use connection::mark::Mark;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::spec::Place;
use connection::words::Side;
use jdcloud::vpc::{PeeringState, VpcPeering};

/// Whether a half is this connection's: by its recorded id, or by the mark in its description.
#[must_use]
pub fn is_own(half: &VpcPeering, mark: &Mark, outputs: &Outputs) -> bool {
    outputs.peering_id.as_ref() == Some(&half.vpc_peering_id)
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
pub fn standing<'a>(
    halves: &'a [VpcPeering],
    mark: &Mark,
    outputs: &Outputs,
) -> Result<Option<&'a VpcPeering>, NotDone> {
    match halves.iter().find(|half| !is_own(half, mark, outputs)) {
        None => Ok(halves.first()),
        Some(foreign) => Err(NotDone::failed(
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
pub fn findings(side: Side, halves: &[VpcPeering], mark: &Mark, outputs: &Outputs) -> Vec<Finding> {
    let (own, foreign): (Vec<_>, Vec<_>) = halves.iter().partition(|half| is_own(half, mark, outputs));
    let own = match own.first() {
        None => {
            let id = outputs.peering_id.as_deref().unwrap_or("this side's half of the peering");
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
        .map(|half| Finding::left(FindingKind::OrphanPeering, side, &half.vpc_peering_id).for_a_person());
    own.into_iter().chain(foreign).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mark() -> Mark {
        let spec = json!({
            "name": "c", "kind": "jdcloud-peering",
            "initiator": {"account": "a", "region_id": "cn-north-1", "vpc_id": "vpc-a"},
            "acceptor": {"account": "b", "region_id": "cn-north-1", "vpc_id": "vpc-b"},
        });
        let (spec, none) = (connection::spec::Spec::from_value(spec).unwrap(), std::collections::BTreeMap::new());
        let at = jiff::Timestamp::UNIX_EPOCH;
        Mark::of(&connection::record::Record::accepted(spec, "0".repeat(32), none, at))
    }

    fn half(id: &str, state: &str) -> VpcPeering {
        let end = |id: &str| json!({"vpcId": id, "addressPrefix": []});
        let half = json!({
            "vpcPeeringId": id, "vpcPeeringState": state, "vpcInfo": end("vpc-a"), "remoteVpcInfo": end("vpc-b"),
        });
        serde_json::from_value(half).unwrap()
    }

    fn told(halves: &[VpcPeering]) -> Vec<(FindingKind, String, bool)> {
        let outputs = Outputs { peering_id: Some("vpcpr-1".to_owned()), ..Outputs::default() };
        let findings = findings(Side::Acceptor, halves, &mark(), &outputs).into_iter();
        findings.map(|found| (found.kind, found.resource, found.repairable)).collect()
    }

    #[test]
    fn a_half_is_missing_or_lost_the_other_one_and_somebody_elses_in_its_place_is_for_a_person() {
        let found = |kind, id: &str, repairable| (kind, id.to_owned(), repairable);
        assert_eq!(told(&[half("vpcpr-1", "Connected")]), []);
        let inactive = found(FindingKind::PeeringInactive, "vpcpr-1", true);
        assert_eq!(told(&[half("vpcpr-1", "Disconnected")]), [inactive]);
        let missing = found(FindingKind::PeeringMissing, "vpcpr-1", true);
        assert_eq!(told(&[]), std::slice::from_ref(&missing));
        let theirs = found(FindingKind::OrphanPeering, "vpcpr-9", false);
        assert_eq!(told(&[half("vpcpr-9", "Connected")]), [missing, theirs]);
    }
}

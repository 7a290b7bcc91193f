//! Two VPCs of JD Cloud that shall be peered.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `ranges` | which ranges are meant, and whether the two VPCs share any: pure |
//! | `tables` | which route tables are meant, and what stands in the way there: pure |
//! | `quotas` | whether there is room for what would be made |
//!
//! What it looks at is read in one go, and what the steps would make of it is asked of the steps' own pure rooms.

mod quotas;
mod ranges;
mod tables;

use std::collections::BTreeMap;

use connection::mark::Mark;
use connection::outputs::Outputs;
use connection::record::{Network, Record, SideRecord};
use connection::spec::{JdSide, Spec};
use connection::words::Side;
use engine::services::Services;
use fn_add_route::on_jdcloud::vpc_tables::VpcTables;
use fn_authorize_security_group::on_jdcloud::groups::Groups;
use fn_create_peering::on_jdcloud::halves;
use futures::future::{join, try_join3};
use ipnet::Ipv4Net;
use jdcloud::Kind;
use jdcloud::vpc::{Vpc, VpcPeering};

use super::{Checked, PreflightError, account, flatten, no_vpc};

/// One side, found.
struct Found<'a> {
    side: Side,
    given: &'a JdSide,
    account_id: String,
    vpc: Vpc,
    /// The ranges of the VPC.
    blocks: Vec<Ipv4Net>,
    view: VpcTables,
    halves: Vec<VpcPeering>,
    groups: Groups,
    record: Option<&'a Record>,
}

impl Found<'_> {
    fn at(&self, field: &str) -> String {
        format!("/{}/{field}", self.side)
    }

    /// What the connection that is to change made here.
    fn outputs(&self) -> Outputs {
        self.record
            .and_then(|record| record.sides.get(&self.side))
            .map(|known| known.outputs.clone())
            .unwrap_or_default()
    }

    fn mark(&self) -> Option<Mark> {
        self.record.map(Mark::of)
    }

    fn has_half(&self) -> bool {
        let (mark, outputs) = (self.mark(), self.outputs());
        mark.is_some_and(|mark| self.halves.iter().any(|half| halves::is_own(half, &mark, &outputs)))
    }
}

/// Looks at both sides and at what lies between them.
pub(super) async fn check(services: &Services, spec: &Spec, given: [&JdSide; 2], record: Option<&Record>) -> Checked {
    let [asking, asked] = spec.kind().sides();
    let [one, other] = given;
    let found = join(find(services, asking, one, other, record), find(services, asked, other, one, record)).await;
    let (one, other) = match found {
        (Ok(one), Ok(other)) => (one, other),
        (one, other) => return (BTreeMap::new(), [one.err(), other.err()].into_iter().flatten().collect()),
    };
    let mut errors = ranges::overlaps(&one, &other);
    let mut networks = Vec::new();
    for found in [&one, &other] {
        match ranges::of(found) {
            Ok(cidr_blocks) => networks.push(cidr_blocks),
            Err(wrong) => errors.extend(wrong),
        }
    }
    let Ok([ours, theirs]) = <[Vec<Ipv4Net>; 2]>::try_from(networks) else { return (BTreeMap::new(), errors) };
    let sides = [(one, ours.clone(), theirs.clone()), (other, theirs, ours)];
    let mut recorded = BTreeMap::new();
    for (found, own, peer) in sides {
        let route_tables = tables::meant(&found);
        errors.extend(foreign_halves(&found));
        errors.extend(missing_groups(&found));
        errors.extend(tables::obstacles(&found, &peer, &route_tables));
        errors.extend(flatten(quotas::exceeded(&found, &peer, &route_tables).await));
        let network = Network { cidr_blocks: own, router_id: None, route_tables };
        recorded.insert(found.side, SideRecord { account_id: found.account_id, network, outputs: Outputs::default() });
    }
    (recorded, errors)
}

async fn find<'a>(
    services: &Services,
    side: Side,
    given: &'a JdSide,
    peer: &JdSide,
    record: Option<&'a Record>,
) -> Result<Found<'a>, PreflightError> {
    let (place, peer) = (given.place(), peer.place());
    let account_id = account(services, side, place)?.id().to_owned();
    let vpc =
        services.clouds.jd_vpc(place).map_err(|not_done| PreflightError::of(format!("/{side}/account"), not_done))?;
    let pointer = format!("/{side}/vpc_id");
    let id = place.vpc_id.as_str();
    let network = vpc.describe_vpc(id).await.map_err(|error| match error.kind() {
        Kind::Gone => PreflightError::at(pointer.clone(), no_vpc(place)),
        Kind::Denied => PreflightError::of(format!("/{side}/account"), error),
        _ => PreflightError::of(pointer.clone(), error),
    })?;
    let (view, halves, groups) = try_join3(
        fn_add_route::on_jdcloud::look_at(&vpc, id),
        fn_create_peering::on_jdcloud::look(&vpc, place, peer),
        fn_authorize_security_group::on_jdcloud::look_at(&vpc, id),
    )
    .await
    .map_err(|error| PreflightError::of(pointer, error))?;
    let blocks = ranges::of_vpc(&network, &view);
    Ok(Found { side, given, account_id, vpc, blocks, view, halves, groups, record })
}

/// Peerings of somebody else between the two VPCs: the cloud has one for each pair and side.
fn foreign_halves(found: &Found<'_>) -> Vec<PreflightError> {
    let (mark, outputs) = (found.mark(), found.outputs());
    let is_own = |half: &&VpcPeering| mark.as_ref().is_some_and(|mark| halves::is_own(half, mark, &outputs));
    let foreign = found.halves.iter().filter(|half| !is_own(half)).map(|half| {
        let detail = format!(
            "{} ({}) leads from this VPC to the other already, and there can be only one; delete it if nobody needs it",
            half.vpc_peering_id, half.state
        );
        PreflightError::at(found.at("vpc_id"), detail)
    });
    foreign.collect()
}

fn missing_groups(found: &Found<'_>) -> Vec<PreflightError> {
    let named = found.given.security_groups.iter().enumerate();
    let missing = named.filter(|(_, rule)| found.groups.get(rule.security_group_id.as_str()).is_none());
    let missing = missing.map(|(index, rule)| {
        let detail =
            format!("{} has no security group {}; name one that it has", found.given.vpc_id, rule.security_group_id);
        PreflightError::at(found.at(&format!("security_groups/{index}")), detail)
    });
    missing.collect()
}

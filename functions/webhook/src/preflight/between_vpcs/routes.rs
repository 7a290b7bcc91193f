//! Routes that stand in the way of those that the connection would add.

use alicloud::vpc::RouteType;
use connection::mark::Mark;
use connection::overlap::overlaps;
use futures::future::join;
use ipnet::IpNet;

use super::ranges::overlap;
use super::{Meant, PreflightError, flatten};

/// What stands in the way on both sides.
pub(crate) async fn obstacles(one: &Meant<'_>, other: &Meant<'_>) -> Vec<PreflightError> {
    let (first, second) = join(on_side(one, other), on_side(other, one)).await;
    flatten(first).into_iter().chain(flatten(second)).collect()
}

/// A route to the very range, or a narrower one inside it that would win. Routes of the system are the own vSwitches, which
/// the check for overlaps covers.
async fn on_side(own: &Meant<'_>, peer: &Meant<'_>) -> Result<Vec<PreflightError>, PreflightError> {
    let side = own.found.side;
    let pointer = format!("/{side}/vpc_id");
    let vpc = own.found.client.vpc(&own.found.region);
    let mark = own.record.map(Mark::of);
    let adopted = own.record.and_then(|record| record.sides.get(&side)).map(|known| known.outputs.routes.as_slice());
    let mut errors = Vec::new();
    for table in &own.network.route_tables {
        let entries = vpc.all_route_entries(table).await.map_err(|error| PreflightError::of(pointer.clone(), error))?;
        let mut others = Vec::new();
        for entry in entries.iter().filter(|entry| entry.route_type != Some(RouteType::System)) {
            let Some(IpNet::V4(destination)) = entry.destination_cidr_block.net() else { continue };
            let text = entry.description.as_deref().unwrap_or_default();
            if Mark::is_of_any(text) && !mark.as_ref().is_some_and(|mark| mark.is_on(text)) {
                // Said by name below, whichever of the two is narrower.
                others.push((text, destination));
                continue;
            }
            let marked = |mark: &Mark| entry.description.as_deref().is_some_and(|text| mark.is_on(text));
            let recorded =
                |id: &String| adopted.is_some_and(|routes| routes.iter().any(|route| route.route_entry_id == *id));
            if mark.as_ref().is_some_and(marked) || entry.route_entry_id.as_ref().is_some_and(recorded) {
                continue;
            }
            for block in &peer.network.cidr_blocks {
                let is_same = destination == *block;
                let wins = overlap(block, &destination) && destination.prefix_len() >= block.prefix_len();
                // Whether a route to the very range can be taken over shows once there is a way to compare it with.
                if !wins || is_same && own.found.place.adopt_routes {
                    continue;
                }
                let by: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.as_deref()).collect();
                let advice = if is_same {
                    "delete it if nobody needs it; or, if it leads where this connection would lead, put adopt_routes: true \
                     into this side"
                } else {
                    "delete it if nobody needs it, or name cidr_blocks of the other side that leave it out"
                };
                let detail = format!(
                    "route table {table} has a route to {destination} by {}, which would take traffic meant for {block}; \
                     {advice}",
                    by.join(", ")
                );
                errors.push(PreflightError::at(pointer.clone(), detail));
            }
        }
        let allowed = &own.found.place.overlaps_with;
        for overlap in overlaps(others.iter().copied(), mark.as_ref(), &peer.network.cidr_blocks, allowed) {
            let detail = format!("in route table {table} {overlap}; {}", overlap.advice(peer.found.side));
            errors.push(PreflightError::at(pointer.clone(), detail));
        }
    }
    Ok(errors)
}

//! Which route tables are meant, and what stands in the way there. Pure.

use std::collections::BTreeSet;

use connection::outputs::Outputs;
use fn_add_route::on_jdcloud::vpc_tables::{Desired, Routes};
use ipnet::Ipv4Net;
use jdcloud::vpc::RouteTableType;

use super::super::PreflightError;
use super::Found;

/// The tables that get the rules: the named one, or those that the VPC's subnets use; none where one is made.
pub(super) fn meant(found: &Found<'_>) -> Vec<String> {
    if let Some(named) = &found.given.route_table {
        return vec![named.to_string()];
    }
    if found.given.has_table_made() {
        return Vec::new();
    }
    let (outputs, nothing) = (found.outputs(), Desired::default());
    let routes = routes(found, &nothing, &outputs);
    let view = &found.view;
    let default = || view.tables.iter().find(|table| table.route_table_type == Some(RouteTableType::Default));
    let in_use = view.subnets.iter().filter_map(|subnet| {
        let now = view.table_of(subnet)?;
        if !routes.may_have_bound_to(now) {
            return Some(now);
        }
        // A subnet that this connection bound elsewhere goes back to the table it used before.
        match routes.table_before(&subnet.subnet_id) {
            Some(before) => view.table(before).or_else(default),
            None => (!routes.owns_table(now)).then_some(now),
        }
    });
    let mut ids: BTreeSet<String> = in_use.map(|table| table.route_table_id.clone()).collect();
    if ids.is_empty() {
        ids.extend(default().map(|table| table.route_table_id.clone()));
    }
    ids.into_iter().collect()
}

/// Everything that stands in the way of the routes.
pub(super) fn obstacles(found: &Found<'_>, peer: &[Ipv4Net], tables: &[String]) -> Vec<PreflightError> {
    let (desired, outputs) = (desired(found, peer, tables), found.outputs());
    let routes = routes(found, &desired, &outputs);
    if let Some(failed) = made_by_a_connection(found, &routes) {
        return vec![failed];
    }
    let mut errors = Vec::new();
    for obstacle in routes.obstacles().into_iter().chain(routes.crossing()) {
        // Tables that are in use are not named.
        let is_named = obstacle.field != "route_table" || found.given.route_table.is_some();
        let pointer = found.at(if is_named { obstacle.field } else { "vpc_id" });
        errors.push(PreflightError::at(pointer, format!("{}; {}", obstacle.what, obstacle.advice)));
    }
    errors
}

/// A table that a connection made goes with it, so none is named.
fn made_by_a_connection(found: &Found<'_>, routes: &Routes<'_>) -> Option<PreflightError> {
    let named = found.given.route_table.as_ref().and_then(|id| found.view.table(id.as_str()));
    let table = named.filter(|table| routes.is_of_another(table) || routes.owns_table(table))?;
    let detail = format!(
        "a connection made {} and deletes it when it goes; name a table of your own, or leave route_table out",
        table.route_table_id
    );
    Some(PreflightError::at(found.at("route_table"), detail))
}

/// What the routes of a side shall become.
pub(super) fn desired(found: &Found<'_>, peer: &[Ipv4Net], tables: &[String]) -> Desired {
    Desired {
        ranges: peer.to_vec(),
        tables: tables.to_vec(),
        makes_table: found.given.has_table_made(),
        subnets: found.given.subnet_ids.iter().map(ToString::to_string).collect(),
        internet: found.given.internet_route,
        overlaps_with: found.given.overlaps_with.clone(),
    }
}

/// The routes of a side as its step sees them.
pub(super) fn routes<'a>(found: &'a Found<'_>, desired: &'a Desired, outputs: &'a Outputs) -> Routes<'a> {
    let known = found.record.and_then(|record| record.sides.get(&found.side));
    let lent = known.map(|known| known.network.route_tables.clone()).unwrap_or_default();
    let lent = lent.into_iter().chain(outputs.former.route_tables.iter().cloned()).collect();
    Routes { view: &found.view, desired, mark: found.mark(), outputs, lent, left: Vec::new() }
}

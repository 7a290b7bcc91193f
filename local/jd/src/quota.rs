//! How much of a kind there may be, and is.

use serde_json::{Value, json};

use super::error::JdError;
use super::request::JdRequest;
use super::rule::NextHop;
use super::world::{World, at};

pub(super) fn describe(world: &mut World, request: &JdRequest) -> Result<Value, JdError> {
    let kind = request.parameter("type").ok_or_else(|| JdError::invalid("type is missing"))?;
    let place = request.place();
    let parent = request.parameter("parentResourceId");
    let needed = || parent.ok_or_else(|| JdError::invalid(format!("parentResourceId is missing for type {kind}")));
    let settings = &world.settings;
    let vpc = || needed().and_then(|id| world.network(&place, id).map(|network| network.id.as_str()));
    let (limit, count) = match kind {
        "vpc" => (settings.vpcs_per_region, at(&world.networks, &place).count()),
        "subnet" => (settings.subnets_per_vpc, world.subnets_of(&place, vpc()?).count()),
        "routeTable" => (settings.route_tables_per_vpc, world.tables_of(&place, vpc()?).count()),
        "vpcpeering" => (settings.peerings_per_vpc, world.peerings_of(&place, vpc()?).count()),
        "security_group" => (settings.groups_per_vpc, world.groups_of(&place, vpc()?).count()),
        "staticRoute" => {
            let rules = &world.table(&place, needed()?)?.rules;
            (settings.rules_per_table, rules.iter().filter(|rule| rule.next_hop != NextHop::Local).count())
        }
        "securityGroupRule" => (settings.rules_per_group, world.group(&place, needed()?)?.rules.len()),
        _ => return Err(JdError::invalid(format!("type {kind} is not known"))),
    };
    Ok(json!({
        "quota": { "type": kind, "parentResourceId": parent.unwrap_or_default(), "maxLimit": limit, "count": count }
    }))
}

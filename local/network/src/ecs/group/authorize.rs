//! AuthorizeSecurityGroup and RevokeSecurityGroup, and the same for what goes out: rules in both forms, all of a call or
//! none.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::settings::GroupReferences;
use super::rule::{Direction, Rule, Source, Term, read_description};
use super::{Group, Kind, find, refusal};
use crate::vpc::{Place, World};

/// How many rules a call may hold.
const MOST: usize = 100;

pub(in crate::ecs) fn authorize(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    add(world, request, Direction::In)
}

pub(in crate::ecs) fn authorize_egress(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    add(world, request, Direction::Out)
}

pub(in crate::ecs) fn revoke(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    take(world, request, Direction::In)
}

pub(in crate::ecs) fn revoke_egress(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    take(world, request, Direction::Out)
}

fn add(world: &mut World, request: &RpcRequest, direction: Direction) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let group = find(world, &place, &request.params)?;
    let key = place.key(&group.id);
    let settings = world.ecs.settings;
    let mut rules = group.rules.clone();
    for wanted in permissions(direction, &request.params)? {
        let term = Term::read(direction, &wanted, request.account())?;
        let description = read_description(&wanted)?;
        check_source(world, group, &term)?;
        if rules.iter().any(|rule| rule.term == term) {
            if settings.refuse_repeated_rules {
                return Err(refusal::repeated());
            }
            continue;
        }
        rules.push(Rule { id: world.shared.ids.resource("sgr"), term, description, created: world.now });
    }
    refuse_if!(rules.len() > settings.rules_per_group, refusal::too_many("rules", settings.rules_per_group));
    let references = rules.iter().filter(|rule| matches!(rule.term.source, Source::Group { .. })).count();
    if references > settings.references_per_group {
        return Err(refusal::too_many("rules that name another group", settings.references_per_group));
    }
    put(world, &key, rules);
    Ok(json!({}))
}

fn take(world: &mut World, request: &RpcRequest, direction: Direction) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let group = find(world, &place, &request.params)?;
    let key = place.key(&group.id);
    let ids = request.params.list("SecurityGroupRuleId");
    let mut rules = group.rules.clone();
    if ids.is_empty() {
        for wanted in permissions(direction, &request.params)? {
            let term = Term::read(direction, &wanted, request.account())?;
            // No rule that says this: nothing to take away, and no error.
            rules.retain(|rule| rule.term != term);
        }
    } else {
        if request.params.get("IpProtocol").is_some() || !request.params.objects("Permissions").is_empty() {
            return Err(RpcError::invalid_parameter(
                "SecurityGroupRuleId",
                "name rules by id or by content, not by both",
            ));
        }
        for id in ids {
            let is_it = |rule: &Rule| rule.id == id && rule.term.direction == direction;
            let place = rules.iter().position(is_it).ok_or_else(|| refusal::no_such_rule(id))?;
            rules.remove(place);
        }
    }
    put(world, &key, rules);
    Ok(json!({}))
}

fn put(world: &mut World, key: &str, rules: Vec<Rule>) {
    if let Some(group) = world.ecs.groups.get_mut(key) {
        group.rules = rules;
    }
}

/// The rules of a call: `Permissions.N`, or the flat fields of one. Not both.
fn permissions(direction: Direction, params: &Params) -> Result<Vec<Params>, RpcError> {
    let flat = match direction {
        Direction::In => ["IpProtocol", "PortRange", "SourceCidrIp", "SourceGroupId", "Ipv6SourceCidrIp"],
        Direction::Out => ["IpProtocol", "PortRange", "DestCidrIp", "DestGroupId", "Ipv6DestCidrIp"],
    };
    let listed = params.objects("Permissions");
    if listed.is_empty() {
        return Ok(vec![params.clone()]);
    }
    if flat.iter().any(|name| params.get(name).is_some()) {
        return Err(RpcError::invalid_parameter("Permissions", "it cannot be mixed with the fields of a single rule"));
    }
    if listed.len() > MOST {
        return Err(RpcError::invalid_parameter("Permissions", &format!("it may hold at most {MOST} rules")));
    }
    Ok(listed)
}

/// Whether a rule of `group` may name its other side: a group that is there, in this region, perhaps of another account.
fn check_source(world: &World, group: &Group, term: &Term) -> Result<(), RpcError> {
    let Source::Group { id, owner } = &term.source else { return Ok(()) };
    refuse_if!(group.kind == Kind::Enterprise, refusal::enterprise_names_no_groups());
    refuse_if!(*id == group.id, refusal::source_is_target());
    let source = world.ecs.groups.get(&Place::new(owner, &group.region).key(id));
    let source = source.ok_or_else(|| refusal::source_not_found(term.direction, id))?;
    let fits = match world.ecs.settings.group_references {
        GroupReferences::SameRegion => true,
        GroupReferences::SameVpc => source.vpc_id == group.vpc_id,
    };
    if fits { Ok(()) } else { Err(refusal::source_of_another_vpc(term.direction, id)) }
}

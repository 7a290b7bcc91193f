//! ModifySecurityGroupRule, and the same for what goes out: one rule by its id, or by what it says. What a request leaves out
//! stays; the type of the other side cannot change.

use std::mem::discriminant;

use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::rule::{Direction, Rule, Term, read_description};
use super::{find, refusal};
use crate::vpc::{Place, World};

pub(in crate::ecs) fn modify(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    change(world, request, Direction::In)
}

pub(in crate::ecs) fn modify_egress(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    change(world, request, Direction::Out)
}

fn change(world: &mut World, request: &RpcRequest, direction: Direction) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let group = find(world, &place, &request.params)?;
    let (key, mut rules) = (place.key(&group.id), group.rules.clone());
    let (index, term) = match request.params.get("SecurityGroupRuleId") {
        Some(id) => {
            let is_it = |rule: &Rule| rule.id == id && rule.term.direction == direction;
            let index = rules.iter().position(is_it).ok_or_else(|| refusal::no_such_rule(id))?;
            let stated = rules[index].term.params();
            let given = request.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let stated = stated.into_iter().filter(|(name, _)| request.params.get(name).is_none());
            (index, Term::read(direction, &Params::new(stated.chain(given)), request.account())?)
        }
        // Without an id only the description can change.
        None => {
            let term = Term::read(direction, &request.params, request.account())?;
            let index =
                rules.iter().position(|rule| rule.term == term).ok_or_else(|| refusal::no_such_rule("like this"))?;
            (index, term)
        }
    };
    if discriminant(&term.source) != discriminant(&rules[index].term.source) {
        return Err(refusal::source_of_another_type());
    }
    if rules.iter().enumerate().any(|(other, rule)| other != index && rule.term == term) {
        return Err(refusal::repeated());
    }
    let description = read_description(&request.params)?;
    // A description that is given empty stays as it is: no field goes from something to nothing.
    if !description.is_empty() {
        rules[index].description = description;
    }
    rules[index].term = term;
    if let Some(group) = world.ecs.groups.get_mut(&key) {
        group.rules = rules;
    }
    Ok(json!({}))
}

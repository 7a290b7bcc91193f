//! The order of resources: everything a resource refers to comes before it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::error::RosError;
use super::evaluate::{Piece, get_att, intrinsic, pieces, sub_parts};
use super::pseudo::{NO_VALUE, Pseudo};
use super::template::Template;

/// The names of all resources, those that others need first; alphabetical where there is no other reason.
///
/// Every reference is looked at, also in branches that this stack does not take, so that a misspelled name is found whatever
/// the parameters are.
pub(crate) fn order(template: &Template, pseudo: &Pseudo) -> Result<Vec<String>, RosError> {
    sort(&needs(template, pseudo)?)
}

/// What each resource refers to or depends on.
pub(crate) fn needs<'t>(
    template: &'t Template,
    pseudo: &'t Pseudo,
) -> Result<BTreeMap<&'t str, BTreeSet<&'t str>>, RosError> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, declared) in &template.document.resources {
        let mut search = Search { template, pseudo, found: BTreeSet::new() };
        for (property, value) in &declared.properties {
            search.visit(value, &format!("Resources.{name}.Properties.{property}"))?;
        }
        for target in declared.depends_on.names() {
            if !template.document.resources.contains_key(target) {
                let (path, target) = (format!("Resources.{name}.DependsOn"), target.clone());
                return Err(RosError::Dangling { path, target });
            }
            search.found.insert(target);
        }
        if let Some(condition) = &declared.condition
            && !template.document.conditions.contains_key(condition)
        {
            return Err(RosError::shape(
                format!("Resources.{name}.Condition"),
                format!("there is no condition {condition:?}"),
            ));
        }
        needs.insert(name, search.found);
    }
    Ok(needs)
}

/// Looks at the references of one output.
pub(crate) fn check_output(template: &Template, pseudo: &Pseudo, name: &str, value: &Value) -> Result<(), RosError> {
    Search { template, pseudo, found: BTreeSet::new() }.visit(value, &format!("Outputs.{name}.Value"))
}

fn sort(needs: &BTreeMap<&str, BTreeSet<&str>>) -> Result<Vec<String>, RosError> {
    let mut done: Vec<String> = Vec::new();
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while placed.len() < needs.len() {
        let ready = needs.iter().find(|(name, needs)| !placed.contains(*name) && needs.is_subset(&placed));
        match ready {
            Some((name, _)) => {
                placed.insert(name);
                done.push((*name).to_owned());
            }
            None => return Err(RosError::Cycle { members: circle(needs, &placed) }),
        }
    }
    Ok(done)
}

/// One circle among those that could not be placed: follow needs until a name comes back.
fn circle(needs: &BTreeMap<&str, BTreeSet<&str>>, placed: &BTreeSet<&str>) -> Vec<String> {
    let mut walked: Vec<&str> = Vec::new();
    let mut at = needs.keys().copied().find(|name| !placed.contains(name)).unwrap_or_default();
    while !walked.contains(&at) {
        walked.push(at);
        at = needs
            .get(at)
            .and_then(|targets| targets.iter().copied().find(|target| !placed.contains(target)))
            .unwrap_or_default();
    }
    let start = walked.iter().position(|name| *name == at).unwrap_or_default();
    walked[start..].iter().copied().chain([at]).map(str::to_owned).collect()
}

struct Search<'a> {
    template: &'a Template,
    pseudo: &'a Pseudo,
    found: BTreeSet<&'a str>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, value: &'a Value, path: &str) -> Result<(), RosError> {
        match value {
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(at, item)| self.visit(item, &format!("{path}[{at}]")))
            }
            Value::Object(map) => match intrinsic(map, path)? {
                Some(("Ref", Value::String(target))) => self.need(target, path),
                Some(("Fn::GetAtt", argument)) => match get_att(argument) {
                    Some((target, _)) => self.need_resource(target, path),
                    // The evaluation says what is wrong with the argument.
                    None => Ok(()),
                },
                Some(("Fn::Sub", argument)) => self.visit_sub(argument, path),
                Some((_, argument)) => self.visit(argument, path),
                None => map.iter().try_for_each(|(key, value)| self.visit(value, &format!("{path}.{key}"))),
            },
            _ => Ok(()),
        }
    }

    fn visit_sub(&mut self, argument: &'a Value, path: &str) -> Result<(), RosError> {
        let Some((text, own)) = sub_parts(argument) else { return Ok(()) };
        if let Some(own) = own {
            own.values().try_for_each(|value| self.visit(value, path))?;
        }
        for piece in pieces(text).map_err(|problem| RosError::function(path, "Fn::Sub", problem))? {
            let Piece::Name(name) = piece else { continue };
            if own.is_some_and(|own| own.contains_key(name)) {
                continue;
            }
            match name.split_once('.') {
                Some((target, _)) => self.need_resource(target, path)?,
                None => self.need(name, path)?,
            }
        }
        Ok(())
    }

    fn need(&mut self, target: &'a str, path: &str) -> Result<(), RosError> {
        let known = target == NO_VALUE
            || self.pseudo.get(target).is_some()
            || self.template.document.parameters.contains_key(target);
        if known { Ok(()) } else { self.need_resource(target, path) }
    }

    fn need_resource(&mut self, target: &'a str, path: &str) -> Result<(), RosError> {
        if !self.template.document.resources.contains_key(target) {
            return Err(RosError::Dangling { path: path.to_owned(), target: target.to_owned() });
        }
        self.found.insert(target);
        Ok(())
    }
}

//! `Conditions`: named yes-or-no answers built from `Fn::Equals`, `Fn::Not`, `Fn::And` and `Fn::Or`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::RosError;
use super::evaluate::{Scope, as_text, intrinsic};

/// Decides all conditions of the template.
pub(crate) fn settle(scope: &mut Scope<'_>) -> Result<(), RosError> {
    let template = scope.template;
    // Each pass decides those whose own conditions are decided; a pass that decides none has met a circle.
    let mut open: BTreeMap<&String, &Value> = template.document.conditions.iter().collect();
    while !open.is_empty() {
        let mut decided = Vec::new();
        for (&name, &expression) in &open {
            let path = format!("Conditions.{name}");
            let mut needs = Vec::new();
            names_in(expression, &mut needs);
            if let Some(unknown) = needs.iter().find(|need| !template.document.conditions.contains_key(**need)) {
                return Err(RosError::shape(path, format!("there is no condition {unknown:?}")));
            }
            if needs.iter().all(|need| scope.conditions.contains_key(*need)) {
                decided.push((name, decide(scope, expression, &path)?));
            }
        }
        if decided.is_empty() {
            let mut members: Vec<String> = open.keys().map(|name| (*name).clone()).collect();
            members.extend(members.first().cloned());
            return Err(RosError::Cycle { members });
        }
        for (name, holds) in decided {
            open.remove(name);
            scope.conditions.insert(name.clone(), holds);
        }
    }
    Ok(())
}

/// Whether `expression` holds: the name of a condition, or a function of them.
pub(crate) fn decide(scope: &Scope<'_>, expression: &Value, path: &str) -> Result<bool, RosError> {
    match expression {
        Value::String(name) => named(scope, name, path),
        Value::Object(map) => match intrinsic(map, path)? {
            Some(("Fn::Equals", argument)) => equal(scope, argument, path),
            Some(("Fn::Not", argument)) => match argument.as_array().map(Vec::as_slice) {
                Some([one]) => decide(scope, one, path).map(|holds| !holds),
                Some(_) => Err(RosError::function(path, "Fn::Not", "takes one condition")),
                None => decide(scope, argument, path).map(|holds| !holds),
            },
            Some(("Fn::And", argument)) => Ok(each(scope, "Fn::And", argument, path)?.iter().all(|holds| *holds)),
            Some(("Fn::Or", argument)) => Ok(each(scope, "Fn::Or", argument, path)?.iter().any(|holds| *holds)),
            Some((other, _)) => Err(RosError::function(path, other, "does not say yes or no")),
            None => match map.get("Condition").and_then(Value::as_str) {
                Some(name) if map.len() == 1 => named(scope, name, path),
                _ => Err(RosError::shape(path, "is not a condition")),
            },
        },
        _ => Err(RosError::shape(path, "is not a condition")),
    }
}

fn named(scope: &Scope<'_>, name: &str, path: &str) -> Result<bool, RosError> {
    scope.conditions.get(name).copied().ok_or_else(|| RosError::shape(path, format!("there is no condition {name:?}")))
}

fn equal(scope: &Scope<'_>, argument: &Value, path: &str) -> Result<bool, RosError> {
    let Some([left, right]) = argument.as_array().map(Vec::as_slice) else {
        return Err(RosError::function(path, "Fn::Equals", "takes two values"));
    };
    let value = |side| scope.evaluate(side, path).map(|value| value.unwrap_or(Value::Null));
    let (left, right) = (value(left)?, value(right)?);
    // A number and its text are equal: which of them a parameter yields depends on its declared type only.
    let scalar = |value: &Value| !value.is_array() && !value.is_object();
    Ok(left == right || (scalar(&left) && scalar(&right) && as_text(&left) == as_text(&right)))
}

fn each(scope: &Scope<'_>, name: &str, argument: &Value, path: &str) -> Result<Vec<bool>, RosError> {
    match argument.as_array() {
        Some(list) if list.len() >= 2 => list.iter().map(|one| decide(scope, one, path)).collect(),
        _ => Err(RosError::function(path, name, "takes two or more conditions")),
    }
}

/// The names of conditions that `expression` uses.
fn names_in<'v>(expression: &'v Value, found: &mut Vec<&'v str>) {
    match expression {
        Value::String(name) => found.push(name),
        Value::Array(list) => list.iter().for_each(|one| names_in(one, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "Fn::Not" | "Fn::And" | "Fn::Or" | "Condition" => names_in(value, found),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

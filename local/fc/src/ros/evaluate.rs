//! Intrinsic functions: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::Replace`, `Fn::If`,
//! `Fn::FindInMap`, `Fn::Base64Encode`, `Fn::Str` and `Fn::Length`.
//!
//! Any other `Fn::` key is refused by name: a template that deploys here must not mean something else in the cloud.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Map, Value};

use super::error::RosError;
use super::parameter::Values;
use super::pseudo::{NO_VALUE, Pseudo};
use super::resource::Attributes;
use super::template::Template;

/// What names mean at one point of the evaluation.
pub(crate) struct Scope<'a> {
    pub(crate) template: &'a Template,
    pub(crate) parameters: Values,
    pub(crate) pseudo: &'a Pseudo,
    pub(crate) conditions: BTreeMap<String, bool>,
    /// The resources evaluated so far.
    pub(crate) resources: BTreeMap<String, Attributes>,
}

impl Scope<'_> {
    /// The value of `value`, or `None` where it is to be left out (`ALIYUN::NoValue`).
    pub(crate) fn evaluate(&self, value: &Value, path: &str) -> Result<Option<Value>, RosError> {
        match value {
            Value::Array(items) => {
                let mut evaluated = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    evaluated.extend(self.evaluate(item, &format!("{path}[{index}]"))?);
                }
                Ok(Some(Value::Array(evaluated)))
            }
            Value::Object(map) => match intrinsic(map, path)? {
                Some((name, argument)) => self.call(name, argument, path),
                None => self.object(map, path).map(|map| Some(Value::Object(map))),
            },
            plain => Ok(Some(plain.clone())),
        }
    }

    /// A map, value by value.
    pub(crate) fn object(&self, map: &Map<String, Value>, path: &str) -> Result<Map<String, Value>, RosError> {
        let mut evaluated = Map::new();
        for (key, value) in map {
            if let Some(value) = self.evaluate(value, &format!("{path}.{key}"))? {
                evaluated.insert(key.clone(), value);
            }
        }
        Ok(evaluated)
    }

    fn call(&self, name: &str, argument: &Value, path: &str) -> Result<Option<Value>, RosError> {
        let refuse = |problem: &str| RosError::function(path, name, problem);
        match name {
            "Ref" => {
                let target = argument.as_str().ok_or_else(|| refuse("takes a name"))?;
                if target == NO_VALUE { Ok(None) } else { self.reference(target, path).map(Some) }
            }
            "Fn::GetAtt" => {
                let (target, attribute) =
                    get_att(argument).ok_or_else(|| refuse("takes [resource, attribute] or \"resource.attribute\""))?;
                self.attribute(target, attribute, path).map(Some)
            }
            // Decided before its branches are evaluated: the other one may speak of resources that are left out.
            "Fn::If" => {
                let [condition, yes, no] = three(argument).ok_or_else(|| refuse("takes [condition, then, else]"))?;
                let holds = super::condition::decide(self, condition, path)?;
                self.evaluate(if holds { yes } else { no }, path)
            }
            "Fn::Sub" => self.substitute(argument, path).map(Some),
            _ => {
                let argument = self.evaluate(argument, path)?.unwrap_or(Value::Null);
                apply(self, name, &argument).map(Some).map_err(|problem| refuse(&self.parameters.redact(&problem)))
            }
        }
    }

    /// What `Ref` yields: the value of a parameter, or the name of a resource in the cloud.
    pub(crate) fn reference(&self, target: &str, path: &str) -> Result<Value, RosError> {
        if let Some(value) = self.parameters.values.get(target) {
            return Ok(value.clone());
        }
        if let Some(value) = self.pseudo.get(target) {
            return Ok(value);
        }
        self.resource(target, path).map(|resource| resource.id.clone())
    }

    fn attribute(&self, target: &str, attribute: &str, path: &str) -> Result<Value, RosError> {
        let resource = self.resource(target, path)?;
        resource.values.get(attribute).cloned().ok_or_else(|| RosError::Attribute {
            path: path.to_owned(),
            target: target.to_owned(),
            kind: resource.kind,
            attribute: attribute.to_owned(),
            known: match resource.values.keys().copied().collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "none".to_owned(),
                some => some,
            },
        })
    }

    fn resource(&self, target: &str, path: &str) -> Result<&Attributes, RosError> {
        self.resources.get(target).ok_or_else(|| {
            let (path, target) = (path.to_owned(), target.to_owned());
            if self.template.document.resources.contains_key(&target) {
                RosError::LeftOut { path, target }
            } else {
                RosError::Dangling { path, target }
            }
        })
    }

    fn substitute(&self, argument: &Value, path: &str) -> Result<Value, RosError> {
        const NAME: &str = "Fn::Sub";
        let (text, own) = sub_parts(argument)
            .ok_or_else(|| RosError::function(path, NAME, "takes a text or [text, {name: value}]"))?;
        let own = own.map_or_else(|| Ok(Map::new()), |own| self.object(own, path))?;
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text).map_err(|problem| RosError::function(path, NAME, problem))? {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Name(name) => {
                    let value = match (own.get(name), name.split_once('.')) {
                        (Some(value), _) => value.clone(),
                        (None, Some((target, attribute))) => self.attribute(target, attribute, path)?,
                        (None, None) => self.reference(name, path)?,
                    };
                    filled.push_str(&as_text(&value));
                }
            }
        }
        Ok(Value::String(filled))
    }
}

/// The functions that need nothing but their evaluated argument (and the mappings).
fn apply(scope: &Scope<'_>, name: &str, argument: &Value) -> Result<Value, String> {
    let list = argument.as_array().map(Vec::as_slice);
    match (name, list) {
        ("Fn::Join", Some([Value::String(separator), Value::Array(items)])) => {
            if items.iter().any(|item| item.is_object() || item.is_array()) {
                return Err("joins texts only".to_owned());
            }
            Ok(Value::String(items.iter().map(as_text).collect::<Vec<_>>().join(separator)))
        }
        ("Fn::Join", _) => Err("takes [separator, [text, …]]".to_owned()),
        ("Fn::Select", Some([index, collection, rest @ ..])) if rest.len() <= 1 => {
            let found = match collection {
                Value::Array(items) => as_text(index).parse().ok().and_then(|index: usize| items.get(index)),
                Value::Object(map) => map.get(&as_text(index)),
                _ => return Err("selects from a list or a map".to_owned()),
            };
            found.or(rest.first()).cloned().ok_or_else(|| format!("nothing at {}", as_text(index)))
        }
        ("Fn::Select", _) => Err("takes [index, list]".to_owned()),
        ("Fn::Split", Some([Value::String(separator), Value::String(text)])) if !separator.is_empty() => {
            Ok(text.split(separator.as_str()).collect())
        }
        ("Fn::Split", _) => Err("takes [separator, text]".to_owned()),
        ("Fn::Replace", Some([Value::Object(pairs), Value::String(text)])) => {
            Ok(Value::String(pairs.iter().fold(text.clone(), |text, (from, to)| text.replace(from, &as_text(to)))))
        }
        ("Fn::Replace", _) => Err("takes [{from: to}, text]".to_owned()),
        ("Fn::FindInMap", Some([Value::String(map), first, second])) => scope
            .template
            .document
            .mappings
            .get(map)
            .and_then(|map| map.get(&as_text(first)))
            .and_then(|row| row.get(&as_text(second)))
            .cloned()
            .ok_or_else(|| format!("no entry {map}.{}.{}", as_text(first), as_text(second))),
        ("Fn::FindInMap", _) => Err("takes [mapping, first key, second key]".to_owned()),
        ("Fn::Base64Encode", _) => match argument {
            Value::String(text) => Ok(Value::String(base64::engine::general_purpose::STANDARD.encode(text))),
            _ => Err("takes a text".to_owned()),
        },
        ("Fn::Str", _) => Ok(Value::String(as_text(argument))),
        ("Fn::Length", Some(items)) => Ok(items.len().into()),
        ("Fn::Length", None) => match argument {
            Value::String(text) => Ok(text.chars().count().into()),
            Value::Object(map) => Ok(map.len().into()),
            _ => Err("takes a list, a map or a text".to_owned()),
        },
        _ => Err("this function is not offered here".to_owned()),
    }
}

/// The call that a map stands for, if it stands for one.
pub(crate) fn intrinsic<'v>(map: &'v Map<String, Value>, path: &str) -> Result<Option<(&'v str, &'v Value)>, RosError> {
    let Some((key, value)) = map.iter().find(|(key, _)| *key == "Ref" || key.starts_with("Fn::")) else {
        return Ok(None);
    };
    match (map.len(), key.as_str()) {
        (1, key) => Ok(Some((key, value))),
        // A property may be called Ref; a function never stands beside other keys.
        (_, "Ref") => Ok(None),
        (_, key) => Err(RosError::function(path, key, "must be the only key of its map")),
    }
}

/// The two halves of the argument of `Fn::GetAtt`.
pub(crate) fn get_att(argument: &Value) -> Option<(&str, &str)> {
    match argument {
        Value::String(both) => both.split_once('.'),
        Value::Array(both) => match both.as_slice() {
            [Value::String(target), Value::String(attribute)] => Some((target, attribute)),
            _ => None,
        },
        _ => None,
    }
}

/// The text of `Fn::Sub` and its own names.
pub(crate) fn sub_parts(argument: &Value) -> Option<(&str, Option<&Map<String, Value>>)> {
    match argument {
        Value::String(text) => Some((text, None)),
        Value::Array(both) => match both.as_slice() {
            [Value::String(text)] => Some((text, None)),
            [Value::String(text), Value::Object(own)] => Some((text, Some(own))),
            _ => None,
        },
        _ => None,
    }
}

/// A stretch of the text of `Fn::Sub`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// To be kept as it is.
    Text(&'t str),
    /// To be replaced by a value.
    Name(&'t str),
}

/// Takes the text of `Fn::Sub` apart; `${!Name}` stands for `${Name}` itself.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let length = rest[start..].find('}').ok_or("a `${` without its `}`")?;
        found.push(Piece::Text(&rest[..start]));
        let name = rest[start + 2..start + length].trim();
        if let Some(literal) = name.strip_prefix('!') {
            found.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]);
        } else {
            found.push(Piece::Name(name));
        }
        rest = &rest[start + length + 1..];
    }
    found.push(Piece::Text(rest));
    Ok(found)
}

fn three(argument: &Value) -> Option<[&Value; 3]> {
    match argument.as_array()?.as_slice() {
        [first, second, third] => Some([first, second, third]),
        _ => None,
    }
}

/// A value as it appears inside a text.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

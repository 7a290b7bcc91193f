//! Variables in files: `${name}` within a text, or in the place of a whole value.

use std::collections::BTreeMap;

use serde_json::Value;
use strict::Problem;

/// Values by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, Value>);

/// Whether a text can name a variable.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Variables {
    /// Sets one, in the place of what it was.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Takes all of a document.
    ///
    /// # Errors
    /// When it is no object of texts, numbers and booleans.
    pub fn take(&mut self, document: Value) -> Result<(), Vec<Problem>> {
        let Value::Object(document) = document else {
            return Err(vec![Problem::at("", "variables are an object: a line each with NAME: VALUE")]);
        };
        let mut problems = Vec::new();
        for (name, value) in document {
            if !is_name(&name) {
                let detail = "a variable's name has letters, digits and underscores";
                problems.push(Problem::at(format!("/{name}"), detail));
            } else if matches!(value, Value::Array(_) | Value::Object(_) | Value::Null) {
                problems.push(Problem::at(format!("/{name}"), "a variable is a text, a number or a boolean"));
            } else {
                self.set(&name, value);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// Puts values in the place of their names. `$${` stays as `${`.
    ///
    /// # Errors
    /// Where a name has no value.
    pub fn fill(&self, mut value: Value) -> Result<Value, Vec<Problem>> {
        let mut problems = Vec::new();
        self.fill_in(&mut value, "", &mut problems);
        if problems.is_empty() { Ok(value) } else { Err(problems) }
    }

    fn fill_in(&self, value: &mut Value, pointer: &str, problems: &mut Vec<Problem>) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.fill_in(item, &format!("{pointer}/{index}"), problems);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.fill_in(field, &format!("{pointer}/{name}"), problems);
                }
            }
            Value::String(text) if text.contains("${") => match self.text(text) {
                Ok(filled) => *value = filled,
                Err(detail) => problems.push(Problem::at(pointer, detail)),
            },
            _ => {}
        }
    }

    fn text(&self, text: &str) -> Result<Value, String> {
        let value = |name: &str| {
            let known = || self.0.keys().cloned().collect::<Vec<_>>().join(", ");
            self.0.get(name).ok_or_else(|| match self.0.is_empty() {
                true => format!("there is no variable {name}: set it in variables.yml, or with --var {name}=VALUE"),
                false => format!("there is no variable {name}; there are {}", known()),
            })
        };
        // A value that is nothing but a variable keeps its type.
        if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
            && is_name(name)
        {
            return value(name).cloned();
        }
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                filled.extend([before, "${"]);
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or("a ${ has no } behind it; write $${ for these signs")?;
            filled.push_str(before);
            match value(name)? {
                Value::String(text) => filled.push_str(text),
                other => filled.push_str(&other.to_string()),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_value_keeps_its_type_and_a_piece_of_a_text_becomes_text() {
        let mut variables = Variables::default();
        variables.take(json!({"n": 7, "who": "a", "on": true})).unwrap();
        let filled = variables.fill(json!({"a": "${n}", "b": ["x-${who}-${n}", "$${who}", "${on}"]})).unwrap();
        assert_eq!(filled, json!({"a": 7, "b": ["x-a-7", "${who}", true]}));
    }

    #[test]
    fn what_has_no_value_is_told_by_its_place() {
        let mut variables = Variables::default();
        let wrong = variables.fill(json!({"a/b": ["${x}", "${", "$"]})).unwrap_err();
        let told: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("/a~1b/0: there is no variable x: set it in variables.yml"), "{told:?}");
        assert!(told[1].starts_with("/a~1b/1: a ${ has no }") && told.len() == 2, "{told:?}");
        assert!(variables.take(json!({"a-b": 1, "c": [1], "d": null})).unwrap_err().len() == 3);
    }
}

//! An object, field by field, so that one answer names everything that is wrong with it.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem::{Problem, Problems, segment};
use crate::range::Range;
use crate::shown::shown;
use crate::value::{REQUIRED, read_at, unknown};

/// Reads a whole document that is an object.
///
/// # Errors
/// Everything that is wrong with it, each with a pointer to the field.
pub fn object<T>(document: Value, read: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    let read = below(String::new(), document, &mut problems, read);
    match (read, problems.count()) {
        (Some(read), 0) => Ok(read),
        _ => Err(problems.finish()),
    }
}

/// The object of a document of `version`, whose form may be another in another version: then nothing else is told.
///
/// # Errors
/// When the document is of another version.
pub fn of_version(document: Value, version: u32) -> Result<Value, Vec<Problem>> {
    match document.get("version").and_then(Value::as_u64) {
        Some(other) if other != u64::from(version) => {
            let detail = format!("version {other} is not known; this version of Causeway reads version {version}");
            Err(vec![Problem::at("/version", detail)])
        }
        _ => Ok(document),
    }
}

/// Reads the object at `pointer`. What is wrong with it stands in `problems`, and what it reads as is only to be looked at then.
fn below<T>(
    pointer: String,
    value: Value,
    problems: &mut Problems,
    read: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let Value::Object(left) = value else {
        problems.push(Problem::at(pointer, format!("{} is not an object, which is written in {{ }}", shown(&value))));
        return None;
    };
    let mut fields = Fields { pointer, left, known: Vec::new(), given: Vec::new(), problems };
    let read = read(&mut fields);
    fields.refuse_the_rest();
    read
}

/// The fields of one object that have not been read yet.
pub struct Fields<'a> {
    /// JSON pointer to the object.
    pointer: String,
    left: Map<String, Value>,
    /// Every field that was asked for.
    known: Vec<&'static str>,
    /// Those of them that are there.
    given: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl Fields<'_> {
    /// Reads a field that must be there.
    pub fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name) {
            Some(Value::Null) | None => self.missing(name),
            Some(value) => self.read(name, &value),
        }
    }

    /// Reads a field that may be missing; `None` where it does not read.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &'static str, default: T) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, &value),
            None => Some(default),
        }
    }

    /// Reads a field that may be missing but not null, which could be taken for everything or for nothing.
    pub fn given<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<Option<T>> {
        match self.take(name) {
            Some(Value::Null) => {
                self.problem(name, "it has no value; leave it out");
                None
            }
            Some(value) => self.read(name, &value).map(Some),
            None => Some(None),
        }
    }

    /// Reads a list that may be missing, each item by itself.
    pub fn list<T: DeserializeOwned>(&mut self, name: &'static str, most: usize) -> Option<Vec<T>> {
        let items = self.items(name, most)?;
        let read = items.into_iter().map(|(at, item)| read_at(&at, &item, self.problems));
        // To the end, whatever the first ones are.
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// Reads a list of objects that may be missing, each field by field; `None` in the place of one that does not read at all.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        let items = self.items(name, most)?;
        Some(items.into_iter().map(|(at, item)| below(at, item, self.problems, &mut read)).collect())
    }

    /// Reads a list of address ranges that may be missing.
    pub fn ranges(&mut self, name: &'static str, most: usize) -> Option<Vec<Ipv4Net>> {
        let ranges: Vec<Range> = self.list(name, most)?;
        Some(ranges.into_iter().map(|Range(net)| net).collect())
    }

    /// Reads an object that may be missing, whose entries have names of the document's own.
    pub fn entries<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&str, &mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        let entries = match self.take(name) {
            Some(Value::Object(entries)) => entries,
            Some(other) => {
                self.read::<BTreeMap<String, ()>>(name, &other);
                return None;
            }
            None => Map::new(),
        };
        let at = self.at(name);
        let entries = entries.into_iter();
        Some(
            entries
                .map(|(key, entry)| {
                    below(format!("{at}{}", segment(&key)), entry, self.problems, |fields| read(&key, fields))
                })
                .collect(),
        )
    }

    /// The items of a list, each with its pointer.
    fn items(&mut self, name: &'static str, most: usize) -> Option<Vec<(String, Value)>> {
        let items = match self.take(name) {
            Some(Value::Array(items)) => items,
            Some(other) => {
                // Says what it is instead.
                self.read::<Vec<()>>(name, &other);
                return None;
            }
            None => Vec::new(),
        };
        if items.len() > most {
            self.problem(name, format!("it has {} entries; write at most {most}", items.len()));
            return None;
        }
        let at = self.at(name);
        Some(items.into_iter().enumerate().map(|(index, item)| (format!("{at}/{index}"), item)).collect())
    }

    /// Reads the fields of an object that must be there. Where `read` gives something though a field is wrong, others can be held
    /// against it; the document as a whole does not read then.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Option<T> {
        match self.take(name) {
            Some(Value::Null) | None => self.missing(name),
            Some(value) => below(self.at(name), value, self.problems, read),
        }
    }

    /// Whether a field is there, whether it reads or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.given.contains(&name) || self.left.contains_key(name)
    }

    /// Says what is wrong at a path of plain names, such as `load_balancer/create/name`; empty for the object itself.
    pub fn problem(&mut self, path: &str, detail: impl Into<String>) {
        let below = if path.is_empty() { String::new() } else { format!("/{path}") };
        self.problems.push(Problem::at(format!("{}{below}", self.pointer), detail));
    }

    /// Passes over what is left: a field that did not read decides what is known.
    pub fn leave_the_rest(&mut self) {
        self.left.clear();
    }

    /// Every field was asked for that there is: what is left is unknown, and refused.
    fn refuse_the_rest(&mut self) {
        for name in std::mem::take(&mut self.left).keys() {
            self.problems.push(Problem::at(self.at(name), unknown(name, &self.known)));
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        let value = self.left.remove(name)?;
        self.given.push(name);
        Some(value)
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.problem(name, REQUIRED);
        None
    }

    /// Reads a value; a failure names the innermost field.
    fn read<T: DeserializeOwned>(&mut self, name: &str, value: &Value) -> Option<T> {
        read_at(&self.at(name), value, self.problems)
    }

    fn at(&self, name: &str) -> String {
        format!("{}{}", self.pointer, segment(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_says_what_is_wrong_with_it_and_one_that_does_not_read_is_not_missing_too() {
        let document = json!({
            "name": 7, "list": ["a", 1, "b\n", null], "empty": null, "inner": {"more": 1}, "rows": [{"id": 1}, 7, {}], "a/b~": 0,
        });
        let problems = object(document, |fields| {
            let name = fields.required::<String>("name");
            fields.required::<String>("nowhere");
            assert_eq!(fields.list::<String>("list", 4), None);
            assert_eq!(fields.given::<String>("empty"), None);
            fields.object("inner", |inner| inner.optional("less", 0));
            let rows = fields.objects("rows", 3, |row| row.required::<u8>("id"));
            assert_eq!(rows, Some(vec![Some(1), None, None]));
            assert!(fields.has("name") && !fields.has("nowhere"));
            name
        });
        let told: Vec<_> = problems.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "/name: 7 is not a text; put it in quotes",
                "/nowhere: this field is required",
                "/list/1: 1 is not a text; put it in quotes",
                "/list/2: \"b\\n\" has a line break (U+000A); write it in one line",
                "/list/3: null is not a text; leave the field out if it has no value",
                "/empty: it has no value; leave it out",
                "/inner/more: unknown field `more`; known are `less`",
                "/rows/1: 7 is not an object, which is written in { }",
                "/rows/2/id: this field is required",
                "/a~1b~0: unknown field `a/b~`; known are `name`, `nowhere`, `list`, `empty`, `inner`, `rows`",
            ]
        );
    }

    #[test]
    fn a_list_that_is_too_long_is_told_once() {
        let read = object(json!({"list": vec![7; 1000]}), |fields| fields.list::<String>("list", 10));
        assert_eq!(read.unwrap_err(), [Problem::at("/list", "it has 1000 entries; write at most 10")]);
    }
}

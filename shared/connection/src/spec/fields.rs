//! Reading a posted document field by field, so that one answer names everything that is wrong with it.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use crate::problem::Problem;

/// The fields of one object that have not been read yet.
pub(crate) struct Fields<'a> {
    /// JSON pointer to the object.
    pointer: String,
    left: Map<String, Value>,
    /// Every field that was asked for.
    known: Vec<&'static str>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// The fields of the whole document; problems go to `problems`.
    pub(crate) fn of(document: Map<String, Value>, problems: &'a mut Vec<Problem>) -> Self {
        Self { pointer: String::new(), left: document, known: Vec::new(), problems }
    }

    /// Reads a field that must be there.
    pub(crate) fn required<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, value),
            None => self.missing(name),
        }
    }

    /// Reads a field that may be missing.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, name: &'static str, default: T) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, value),
            None => Some(default),
        }
    }

    /// The fields of an object that must be there.
    pub(crate) fn object(&mut self, name: &'static str) -> Option<Fields<'_>> {
        match self.take(name) {
            Some(Value::Object(left)) => {
                let pointer = self.at(name);
                Some(Fields { pointer, left, known: Vec::new(), problems: self.problems })
            }
            Some(_) => {
                self.problem(name, "this field must be an object");
                None
            }
            None => self.missing(name),
        }
    }

    /// Says what is wrong with a field that reads.
    pub(crate) fn problem(&mut self, name: &str, detail: impl Into<String>) {
        self.problems.push(Problem::at(self.at(name), detail));
    }

    /// Says what is wrong with a field of an object that reads.
    pub(crate) fn problem_below(&mut self, object: &str, name: &str, detail: impl Into<String>) {
        self.problems.push(Problem::at(format!("{}{}", self.at(object), segment_of(name)), detail));
    }

    /// Says what is wrong with a part of a field that reads: `load_balancer/create/name`.
    pub(crate) fn problem_within(&mut self, path: &str, detail: impl Into<String>) {
        self.problems.push(Problem::at(format!("{}/{path}", self.pointer), detail));
    }

    /// Whether nothing is wrong so far, here or anywhere else in the document.
    pub(crate) fn are_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// Every field was asked for that there is: what is left is unknown, and refused.
    pub(crate) fn refuse_the_rest(&mut self) {
        let known = self.known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        for name in std::mem::take(&mut self.left).keys() {
            self.problem(name, format!("unknown field `{name}`, expected one of {known}"));
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.left.remove(name)
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.problem(name, "this field is required");
        None
    }

    /// Reads a value; a failure names the innermost field.
    fn read<T: DeserializeOwned>(&mut self, name: &str, value: Value) -> Option<T> {
        let error = match serde_path_to_error::deserialize(value) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let mut pointer = self.at(name);
        for segment in error.path().iter() {
            match segment {
                Segment::Map { key } => pointer.push_str(&segment_of(key)),
                Segment::Seq { index } => pointer.push_str(&segment_of(&index.to_string())),
                // What is one of several things stands below the name of that which it is.
                Segment::Enum { variant } => pointer.push_str(&segment_of(variant)),
                Segment::Unknown => {}
            }
        }
        self.problems.push(Problem::at(pointer, error.inner().to_string()));
        None
    }

    fn at(&self, name: &str) -> String {
        format!("{}{}", self.pointer, segment_of(name))
    }
}

/// A name as a segment of a JSON pointer (RFC 6901).
fn segment_of(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

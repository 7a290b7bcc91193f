//! What is wrong with a document, place by place.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shown::{escaped, shortened};

/// The most problems that one answer names.
pub const MOST: usize = 50;
/// The longest pointer, and the longest segment of one, in characters: a document cannot make an answer larger than itself.
const LONGEST_POINTER: usize = 256;
const LONGEST_SEGMENT: usize = 80;

/// One thing wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FieldError")]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the field in the posted document; empty for the document as a whole.
    pub pointer: String,
    /// What is wrong and what to do, in words.
    pub detail: String,
}

impl Problem {
    /// A problem at `pointer`.
    #[must_use]
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let pointer = pointer.into();
        Self { pointer: shortened(&pointer, LONGEST_POINTER), detail: detail.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(f, "{}: {}", escaped(place), escaped(&self.detail))
    }
}

/// The problems of one document: the first [`MOST`], and how many more there are.
#[derive(Debug, Default)]
pub struct Problems {
    first: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Another one.
    pub fn push(&mut self, problem: Problem) {
        if self.first.len() < MOST {
            self.first.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.first.len() + self.more
    }

    /// All that are named, and at the end how many are not.
    #[must_use]
    pub fn finish(mut self) -> Vec<Problem> {
        if self.more > 0 {
            let detail = format!("{} more errors are not listed; correct these first", self.more);
            self.first.push(Problem::at("", detail));
        }
        self.first
    }
}

/// A document of the operator's does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub Vec<Problem>);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for Unreadable {}

/// Where something is wrong in a document of secrets, without what stands there.
#[must_use]
pub fn places(problems: &[Problem]) -> String {
    let places: Vec<_> = problems.iter().map(|problem| escaped(&problem.pointer)).filter(|at| !at.is_empty()).collect();
    if places.is_empty() { String::new() } else { format!(" (wrong at {})", places.join(", ")) }
}

/// A place within a document.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Root,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(above, key) => write!(f, "{above}{}", segment(key)),
            Self::Index(above, index) => write!(f, "{above}/{index}"),
        }
    }
}

/// A name as a segment of a JSON pointer (RFC 6901).
pub(crate) fn segment(name: &str) -> String {
    format!("/{}", shortened(name, LONGEST_SEGMENT).replace('~', "~0").replace('/', "~1"))
}

/// What to say of a key that is there twice.
pub(crate) fn twice(at: At<'_>) -> Problem {
    Problem::at(at.to_string(), "this key is there twice, and programs differ in which one counts; keep one of them")
}

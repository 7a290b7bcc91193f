//! What is wrong with a document, place by place.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shown::{escaped, shortened};

/// The most problems that one answer names.
pub const MOST: usize = 50;
/// The most that the problems of one answer come to, in bytes.
const MOST_BYTES: usize = 16 * 1024;
/// The longest detail, in characters.
const LONGEST_DETAIL: usize = 1024;
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
        let (pointer, detail) = (pointer.into(), detail.into());
        Self { pointer: shortened(&pointer, LONGEST_POINTER), detail: shortened(&detail, LONGEST_DETAIL) }
    }

    fn bytes(&self) -> usize {
        self.pointer.len() + self.detail.len()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(f, "{}: {}", escaped(place), escaped(&self.detail))
    }
}

/// The problems of one document: the first [`MOST`], as far as they fit into `MOST_BYTES`, and how many more there are.
#[derive(Debug, Default)]
pub struct Problems {
    first: Vec<Problem>,
    bytes: usize,
    more: usize,
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

impl Problems {
    /// Another one.
    pub fn push(&mut self, problem: Problem) {
        let bytes = self.bytes + problem.bytes();
        let fits = self.first.is_empty() || self.first.len() < MOST && bytes <= MOST_BYTES;
        if fits && self.more == 0 {
            self.bytes = bytes;
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

/// The problems that several readers found, as one answer names them. What one [`Problems::finish`] made stays as it is.
#[must_use]
pub fn bounded(problems: Vec<Problem>) -> Vec<Problem> {
    let bytes: usize = problems.iter().map(Problem::bytes).sum();
    if problems.len() <= MOST + 1 && bytes <= MOST_BYTES + LONGEST_POINTER {
        return problems;
    }
    let mut all = Problems::default();
    all.extend(problems);
    all.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded_in_number_and_in_bytes_whatever_is_wrong() {
        let told = |count: usize, pointer: &str, detail: &str| {
            let mut problems = Problems::default();
            problems.extend((0..count).map(|_| Problem::at(pointer, detail)));
            problems.finish()
        };
        let (small, long, wide) = ("s".to_owned(), "l".repeat(100_000), "🦀".repeat(100_000));
        for (pointer, detail) in [(&small, &small), (&small, &long), (&long, &small), (&wide, &wide)] {
            let problems = told(100_000, pointer, detail);
            let bytes: usize = problems.iter().map(Problem::bytes).sum();
            assert!(
                problems.len() <= MOST + 1 && bytes < MOST_BYTES + 100,
                "{} problems, {bytes} bytes",
                problems.len()
            );
            let named = problems.len() - 1;
            assert!(problems[named].detail.starts_with(&format!("{} more", 100_000 - named)), "{:?}", problems[named]);
        }
        assert_eq!(told(3, &small, &small).len(), 3);
        assert_eq!(told(1, &wide, &wide).len(), 1, "the first is always named");
        let finished = told(100_000, &small, &small);
        assert_eq!(bounded(finished.clone()), finished, "how many more there are is not forgotten");
        assert!(
            bounded(vec![Problem::at("", long); 1000]).iter().map(Problem::bytes).sum::<usize>() < MOST_BYTES + 100
        );
    }
}

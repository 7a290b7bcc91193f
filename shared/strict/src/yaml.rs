//! YAML text becomes the value that the same document in JSON would be.
//!
//! Of YAML that is read which every program reads alike. The rest is refused with what to write instead: numbers in other than
//! plain digits, words that are booleans to some, anchors and tags, several documents in one text.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};
use serde_json::{Map, Number, Value};

use crate::problem::{At, Problem, Problems, twice};
use crate::shown::quoted;
use crate::text::{done, utf8, whole};

/// How deep objects and lists may stand in each other.
const DEEPEST: usize = 64;

/// Where each field of a text stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<String, (usize, usize)>);

impl Lines {
    /// Line and column, from 1, of what a JSON pointer leads to, or else of the nearest field around it.
    #[must_use]
    pub fn find(&self, mut pointer: &str) -> Option<(usize, usize)> {
        loop {
            match (self.0.get(pointer), pointer.rsplit_once('/')) {
                (Some(place), _) => return Some(*place),
                (None, Some((around, _))) => pointer = around,
                (None, None) => return None,
            }
        }
    }
}

/// Reads YAML, of which JSON is a part.
///
/// # Errors
/// What is wrong with the text, or everything in it that programs read differently.
pub fn yaml(bytes: &[u8]) -> Result<Value, Vec<Problem>> {
    yaml_with_lines(bytes).0
}

/// The same, with the places of all fields that were read.
pub fn yaml_with_lines(bytes: &[u8]) -> (Result<Value, Vec<Problem>>, Lines) {
    let text = match utf8(bytes) {
        Ok(text) => text,
        Err(problems) => return (Err(problems), Lines::default()),
    };
    let mut loader =
        Loader { events: Parser::new_from_str(text), problems: Problems::default(), lines: Lines::default() };
    let read = match loader.document() {
        Err(Stopped::At(pointer, detail)) => Err(vec![Problem::at(pointer, detail)]),
        Err(Stopped::Text(error)) => {
            let marker = error.marker();
            loader.lines.0.insert(String::new(), (marker.line(), marker.col() + 1));
            Err(whole(format!("it is not YAML: {error}{}", advice(text, &error))))
        }
        Ok(value) => done(value, loader.problems),
    };
    (read, loader.lines)
}

/// What to do about an error where the line tells.
fn advice(text: &str, error: &ScanError) -> &'static str {
    let line = text.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
    let is_indented_by_tab = line.chars().take_while(|sign| sign.is_whitespace()).any(|sign| sign == '\t');
    if is_indented_by_tab { "; the line is indented with a tab: use spaces" } else { "" }
}

/// Why reading cannot go on.
enum Stopped {
    /// At a place, because of something that is not read.
    At(String, String),
    /// The text is no YAML.
    Text(ScanError),
}

struct Loader<'t> {
    events: Parser<'t, StrInput<'t>>,
    problems: Problems,
    lines: Lines,
}

impl<'t> Loader<'t> {
    /// The next event that means something.
    fn next(&mut self) -> Result<(Event<'t>, Span), Stopped> {
        loop {
            let Some(next) = self.events.next() else {
                return Err(Stopped::At(String::new(), "it ends too early".to_owned()));
            };
            let (event, span) = next.map_err(Stopped::Text)?;
            if event.is_node()
                || matches!(
                    event,
                    Event::DocumentStart(..)
                        | Event::DocumentEnd
                        | Event::StreamEnd
                        | Event::SequenceEnd
                        | Event::MappingEnd
                )
            {
                return Ok((event, span));
            }
        }
    }

    fn document(&mut self) -> Result<Value, Stopped> {
        match self.next()?.0 {
            Event::DocumentStart(..) => {}
            _ => return Err(Stopped::At(String::new(), "it is empty".to_owned())),
        }
        let first = self.next()?;
        let value = self.node(first, At::Root, 0)?;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(value),
                (Event::DocumentStart(..), span) => {
                    let line = span.start.line();
                    let detail = format!("a second document begins in line {line}; put each into a file of its own");
                    return Err(Stopped::At(String::new(), detail));
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, (event, span): (Event<'t>, Span), at: At<'_>, depth: usize) -> Result<Value, Stopped> {
        // Of a field the name counts, which was met before its value.
        self.lines.0.entry(at.to_string()).or_insert((span.start.line(), span.start.col() + 1));
        let refused = |detail: &str| Stopped::At(at.to_string(), format!("line {}: {detail}", span.start.line()));
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 || matches!(event, Event::Alias(_)) {
            return Err(refused("anchors (&) and aliases (*) are not read; write the value out"));
        }
        if tag {
            return Err(refused("tags (!) are not read; leave it out, and put texts in quotes"));
        }
        if depth > DEEPEST {
            return Err(refused(&format!("objects and lists stand more than {DEEPEST} deep in each other")));
        }
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => Ok(plain(&text).unwrap_or_else(|detail| {
                self.problems
                    .push(Problem::at(at.to_string(), format!("{} {detail}", quoted(&text).trim_matches('"'))));
                Value::Null
            })),
            Event::Scalar(text, ..) => Ok(text.into_owned().into()),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    let next = self.next()?;
                    if matches!(next.0, Event::SequenceEnd) {
                        return Ok(Value::Array(list));
                    }
                    let item = self.node(next, At::Index(&at, list.len()), depth + 1)?;
                    list.push(item);
                }
            }
            Event::MappingStart(..) => {
                let mut object = Map::new();
                loop {
                    let (event, span) = self.next()?;
                    let key = match event {
                        Event::MappingEnd => return Ok(Value::Object(object)),
                        Event::Scalar(text, _, 0, None) => text.into_owned(),
                        _ => {
                            let detail = format!("line {}: a key must be a plain text", span.start.line());
                            return Err(Stopped::At(at.to_string(), detail));
                        }
                    };
                    let place = At::Key(&at, &key);
                    self.lines.0.entry(place.to_string()).or_insert((span.start.line(), span.start.col() + 1));
                    let next = self.next()?;
                    let value = self.node(next, place, depth + 1)?;
                    if object.contains_key(&key) {
                        self.problems.push(twice(place));
                    }
                    object.insert(key, value);
                }
            }
            _ => Err(refused("a value is missing")),
        }
    }
}

/// What a scalar without quotes is.
fn plain(text: &str) -> Result<Value, &'static str> {
    const NUMBER: &str = "without quotes is a number to some programs and a text to others, and they do not agree on which \
                          number; put it in quotes, or write a number in plain digits";
    const BOOLEAN: &str = "without quotes is a boolean to some programs and a text to others; put it in quotes, or write true or \
                           false";
    match text {
        "" | "~" | "null" => return Ok(Value::Null),
        "true" => return Ok(true.into()),
        "false" => return Ok(false.into()),
        _ => {}
    }
    if ["yes", "no", "on", "off", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(BOOLEAN);
    }
    if text.eq_ignore_ascii_case("null") {
        return Err(
            "without quotes is null to some programs and a text to others; put it in quotes, or leave the field out",
        );
    }
    if !looks_like_a_number(text) {
        return Ok(text.into());
    }
    // JSON's numbers, but for exponents: those are how an id is mistaken for a number.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: Option<Number> = serde_json::from_str(text).ok().filter(|_| is_plain);
    // What is too large for a whole number would lose its last digits.
    let is_exact = |number: &Number| !number.is_f64() || digits.contains('.');
    number.filter(is_exact).map(Value::Number).ok_or(NUMBER)
}

/// Whether any version of YAML takes it for a number.
fn looks_like_a_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let lower = digits.to_ascii_lowercase();
    if [".inf", ".nan"].contains(&lower.as_str()) {
        return true;
    }
    let based = |prefix: &str, base: u32| {
        let rest = lower.strip_prefix(prefix);
        rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|sign| sign == '_' || sign.is_digit(base)))
    };
    if based("0x", 16) || based("0o", 8) || based("0b", 2) {
        return true;
    }
    let (mantissa, exponent) = lower.split_once('e').map_or((lower.as_str(), None), |(m, e)| (m, Some(e)));
    let is_exponent = |text: &str| {
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    mantissa.contains(|sign: char| sign.is_ascii_digit())
        && mantissa.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.')
        && mantissa.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.'))
        && mantissa.matches('.').count() <= 1
        && exponent.is_none_or(is_exponent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        yaml(text.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_every_program_reads_alike_is_read() {
        let text = "---\n# a comment\na: 1\nb: [x, 'y', \"z\", -7, 1.5, true, null]\nc: {d: 09:00, e: 2026-01-01T00:00:00Z, f: }\n\
                    g: >-\n  two\n  lines\nh: 10.0.0.0/8\ni: v1.2.3\nj: 1-2\nk: cn-1\n...\n";
        let expected = json!({
            "a": 1, "b": ["x", "y", "z", -7, 1.5, true, null], "c": {"d": "09:00", "e": "2026-01-01T00:00:00Z", "f": null},
            "g": "two lines", "h": "10.0.0.0/8", "i": "v1.2.3", "j": "1-2", "k": "cn-1",
        });
        assert_eq!(yaml(text.as_bytes()).unwrap(), expected);
        assert_eq!(yaml(expected.to_string().as_bytes()).unwrap(), expected, "JSON is a part of it");
    }

    #[test]
    fn every_field_has_a_line_and_a_column_and_what_is_missing_has_that_of_its_object() {
        let text = "# a comment\na: 1\nb:\n  - c: x\n    d/e: y\n";
        let (read, lines) = yaml_with_lines(text.as_bytes());
        read.unwrap();
        for (pointer, place) in
            [("/a", (2, 1)), ("/b/0/c", (4, 5)), ("/b/0/d~1e", (5, 5)), ("/b/0/missing/field", (4, 5)), ("", (2, 1))]
        {
            assert_eq!(lines.find(pointer), Some(place), "{pointer}");
        }
        let (read, lines) = yaml_with_lines(b"a: 1\nb: [\n");
        assert!(read.is_err() && lines.find("").is_some_and(|(line, _)| line > 1), "{lines:?}");
    }

    #[test]
    fn what_programs_read_differently_is_refused_where_it_stands() {
        for number in [
            "0100000000000001",
            "0x38D7EA4C68001",
            "0o17",
            "0b11",
            "1e15",
            "1E3",
            "1.5e3",
            "+7",
            "1_000",
            "00",
            "-01",
            ".5",
            "5.",
            ".inf",
            "-.INF",
            ".NaN",
            "18446744073709551616",
            "100000000000000000000000000001",
        ] {
            let told = told(&format!("rules:\n  - accounts: [1, {number}]\n"));
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with(&format!("/rules/0/accounts/1: {number} ")), "{told:?}");
            assert!(told[0].contains("put it in quotes"), "{told:?}");
            let quoted = yaml(format!("[\"{number}\"]").as_bytes()).unwrap();
            assert_eq!(quoted, json!([number]), "in quotes it is what it says");
        }
        for word in ["yes", "No", "ON", "off", "True", "FALSE", "Null"] {
            assert!(told(&format!("a: {word}"))[0].contains("put it in quotes"), "{word}");
        }
    }

    #[test]
    fn equal_keys_bombs_tags_and_second_documents_are_refused_by_their_place() {
        for (text, expected) in [
            ("a: 1\na: 2", "/a: this key is there twice"),
            ("x:\n  - a: 1\n    \"a\": 2", "/x/0/a: this key is there twice"),
            ("{a: {b: 1, \"\\x62\": 2}}", "/a/b: this key is there twice"),
            ("a: &x [1]\nb: *x", "/a: line 1: anchors"),
            ("a: 1\n<<: {b: 2}\nc: *d", "it is not YAML"),
            ("a: !!str 1", "/a: line 1: tags"),
            ("a: !include /etc/passwd", "/a: line 1: tags"),
            ("a: 1\n---\na: 2", "a second document begins in line 2"),
            ("? [a]\n: 1", "line 1: a key must be a plain text"),
            ("a:\n\t- 1", "use spaces"),
            ("a: [", "it is not YAML"),
            ("", "it is empty"),
            ("# nothing\n", "it is empty"),
            ("\u{feff}a: 1", "byte order mark"),
        ] {
            let told = told(text);
            assert!(told[0].contains(expected), "{text:?}: {told:?}");
        }
        assert!(yaml(b"a: \xff").unwrap_err()[0].detail.contains("UTF-8"));
        assert!(told(&"[".repeat(1000))[0].len() < 300);
        assert!(told(&format!("{}1{}", "[".repeat(100), "]".repeat(100)))[0].contains("64 deep"));
    }
}

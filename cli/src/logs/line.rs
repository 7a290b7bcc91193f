//! A line of the log store: what the platform says of it, and the function's own line of JSON within.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::render;

/// Fields that stand in front of a line, or that a person has asked for and knows.
const FAMILIAR: [&str; 7] = ["connection", "side", "step", "kind", "caller", "trace_id", "happened"];

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub connection: Option<String>,
    /// By its whole name.
    pub function: Option<String>,
    pub level: Option<LevelFilter>,
}

/// One line that a function printed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub at: Timestamp,
    pub function: String,
    /// What the function wrote: an object if it is one of JSON.
    pub written: Written,
}

/// What a function wrote.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Written {
    /// By its log.
    Logged(Map<String, Value>),
    /// Anything else: marker lines of the platform, the last words of a program.
    Text(String),
}

impl Wanted {
    /// What asks the log service for them, by fields of its index.
    pub(super) fn by_fields(&self) -> String {
        let connection = self.connection.iter().map(|name| format!("message.fields.connection: \"{name}\""));
        let function = self.function.iter().map(|name| format!("functionName: \"{name}\""));
        let level = self.levels().map(|levels| {
            let one = |level: &str| format!("message.level: {level}");
            format!("({})", levels.iter().map(|level| one(level)).collect::<Vec<_>>().join(" or "))
        });
        joined(connection.chain(function).chain(level))
    }

    /// What asks for them, and for some more, where the index knows no fields.
    pub(super) fn by_words(&self) -> String {
        let names = self.connection.iter().chain(&self.function).map(|name| format!("\"{name}\""));
        let level = self.levels().map(|levels| format!("({})", levels.join(" or ")));
        joined(names.chain(level))
    }

    fn levels(&self) -> Option<Vec<&'static str>> {
        let least = self.level?;
        let graver = |level: &(LevelFilter, &str)| level.0 <= least;
        let all = [
            (LevelFilter::ERROR, "ERROR"),
            (LevelFilter::WARN, "WARN"),
            (LevelFilter::INFO, "INFO"),
            (LevelFilter::DEBUG, "DEBUG"),
            (LevelFilter::TRACE, "TRACE"),
        ];
        Some(all.into_iter().filter(graver).map(|(_, word)| word).collect())
    }

    /// Whether a line is one of them.
    pub(super) fn has(&self, line: &Line) -> bool {
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|name| found == Some(name));
        is(&self.connection, line.field("connection"))
            && is(&self.function, Some(&line.function))
            && self.levels().is_none_or(|levels| line.own("level").is_some_and(|level| levels.contains(&level)))
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "*".to_owned() } else { parts.join(" and ") }
}

impl Line {
    /// The lines of one entry of the store, which may hold several.
    pub(super) fn of(entry: &BTreeMap<String, Value>) -> Vec<Self> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let seconds = match entry.get("__time__") {
            Some(Value::String(seconds)) => seconds.parse().ok(),
            Some(seconds) => seconds.as_i64(),
            None => None,
        };
        let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        let function = text("functionName");
        let lines = text("message").lines().filter(|line| !line.is_empty());
        lines.map(|line| Self { at, function: function.to_owned(), written: Written::of(line) }).collect()
    }

    /// A field that the log gives every line.
    fn own(&self, name: &str) -> Option<&str> {
        match &self.written {
            Written::Logged(logged) => logged.get(name)?.as_str(),
            Written::Text(_) => None,
        }
    }

    /// A field of what was logged.
    fn field(&self, name: &str) -> Option<&str> {
        match &self.written {
            Written::Logged(logged) => logged.get("fields")?.get(name)?.as_str(),
            Written::Text(_) => None,
        }
    }

    /// The line as one of JSON.
    pub(super) fn json(&self, prefix: &str) -> Value {
        let function = self.function.strip_prefix(prefix).unwrap_or(&self.function);
        let mut shown = match &self.written {
            Written::Logged(logged) => logged.clone(),
            Written::Text(text) => Map::from_iter([("message".to_owned(), json!(text))]),
        };
        shown.insert("function".to_owned(), json!(function));
        shown.entry("time").or_insert_with(|| json!(self.at));
        Value::Object(shown)
    }

    /// The line for a person: time, level, function, what it is about, message, and the other fields.
    pub(super) fn text(&self, prefix: &str) -> String {
        let function = self.function.strip_prefix(prefix).unwrap_or(&self.function);
        let at = self.own("time").and_then(|at| at.parse().ok()).unwrap_or(self.at);
        let at = render::time(at);
        let Written::Logged(logged) = &self.written else {
            let Written::Text(text) = &self.written else { return String::new() };
            return format!("{at}  {:5}  {function}  {text}", "");
        };
        let level = self.own("level").unwrap_or_default();
        let about = [self.field("connection"), self.field("side")];
        let about = about.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let message = self.own("message").unwrap_or_default();
        let others = logged.get("fields").and_then(Value::as_object).into_iter().flatten();
        let others = others.filter(|(name, _)| !FAMILIAR.contains(&name.as_str()));
        let others = others.map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        });
        let parts = [at, format!("{level:5}"), function.to_owned(), about, message.to_owned()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let others = others.collect::<Vec<_>>().join(" ");
        parts.chain(Some(others).filter(|others| !others.is_empty())).collect::<Vec<_>>().join("  ")
    }
}

impl Written {
    fn of(line: &str) -> Self {
        match serde_json::from_str(line) {
            Ok(Value::Object(logged)) => Self::Logged(logged),
            _ => Self::Text(line.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: &str) -> BTreeMap<String, Value> {
        let fields = [("__time__", "1800000000"), ("functionName", "causeway-connect"), ("message", message)];
        fields.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }

    fn logged(level: &str, connection: &str) -> Line {
        let line = json!({
            "time": "2027-01-15T08:00:01.5Z", "level": level, "request_id": "1-a", "target": "cloud_error", "message": "called the cloud",
            "fields": {"connection": connection, "side": "initiator", "step": "connect", "action": "ConnectRouterInterface", "count": 3},
        });
        Line::of(&entry(&line.to_string())).remove(0)
    }

    #[test]
    fn a_line_says_when_who_about_what_and_the_rest_of_its_fields() {
        let line = logged("INFO", "a-to-b");
        assert_eq!(
            line.text("causeway-"),
            "2027-01-15T08:00:01Z  INFO   connect  a-to-b initiator  called the cloud  action=ConnectRouterInterface count=3"
        );
        let shown = line.json("causeway-");
        assert_eq!((&shown["function"], &shown["fields"]["side"]), (&json!("connect"), &json!("initiator")));
    }

    #[test]
    fn an_entry_with_several_lines_is_several_and_what_is_no_json_is_text() {
        let lines = Line::of(&entry("FC Invoke Start RequestId: 1-a\n{\"level\":\"WARN\",\"message\":\"m\"}\n\n[1]\n"));
        let texts: Vec<String> = lines.iter().map(|line| line.text("causeway-")).collect();
        assert_eq!(
            texts,
            [
                "2027-01-15T08:00:00Z         connect  FC Invoke Start RequestId: 1-a",
                "2027-01-15T08:00:00Z  WARN   connect  m",
                "2027-01-15T08:00:00Z         connect  [1]",
            ]
        );
        assert_eq!(lines[0].json("")["message"], "FC Invoke Start RequestId: 1-a");
    }

    #[test]
    fn only_the_connection_itself_is_wanted_and_only_lines_that_are_grave_enough() {
        let wanted = Wanted {
            connection: Some("a-to-b".to_owned()),
            function: Some("causeway-connect".to_owned()),
            level: Some(LevelFilter::WARN),
        };
        assert!(wanted.has(&logged("WARN", "a-to-b")) && wanted.has(&logged("ERROR", "a-to-b")));
        assert!(!wanted.has(&logged("INFO", "a-to-b")) && !wanted.has(&logged("WARN", "a-to-b-2")));
        assert_eq!(
            wanted.by_fields(),
            "message.fields.connection: \"a-to-b\" and functionName: \"causeway-connect\" and (message.level: ERROR or message.level: WARN)"
        );
        assert_eq!(wanted.by_words(), "\"a-to-b\" and \"causeway-connect\" and (ERROR or WARN)");
        assert_eq!((Wanted::default().by_fields(), Wanted::default().by_words()), ("*".to_owned(), "*".to_owned()));
    }
}

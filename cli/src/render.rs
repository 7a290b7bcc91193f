//! What every command prints alike: tables, JSON documents, times and counts.

use std::error::Error;
use std::io::{self, Write};

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use miette::{Diagnostic, Report};
use serde::Serialize;
use strict::{escaped, is_unseen};

/// Prints one line. What others wrote may stand in it: it can neither end the line nor move the cursor.
macro_rules! say {
    ($($text:tt)*) => { println!("{}", strict::escaped(&format!($($text)*))) };
}
pub(crate) use say;

/// An empty table whose lines are as long as their cells: what stands in it can be copied.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    table
}

/// An empty table that fits the terminal.
#[must_use]
pub fn fitted_table(header: &[&str]) -> Table {
    let mut table = table(header);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Adds a row, of which others may have written a cell.
pub fn add_row(table: &mut Table, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    table.add_row(cells.into_iter().map(|cell| escaped(cell.as_ref())));
}

/// A JSON document, its fields in the order of the alphabet.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    let text = format!("{:#}", serde_json::to_value(document).unwrap_or_default());
    // JSON escapes only some of what a terminal acts on. The rest stands nowhere but in its texts.
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        let mut units = [0; 2];
        match sign {
            '\n' => shown.push(sign),
            _ if is_unseen(sign) => {
                shown.extend(sign.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")))
            }
            _ => shown.push(sign),
        }
    }
    shown
}

/// The word by which a value travels in JSON; empty where that is no string.
#[must_use]
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A time, to the second.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// So many connections, events or the like.
#[must_use]
pub fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// An error as it is printed. A cloud, a document or an answer may have given a piece of its text.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Printed {
    text: String,
    help: Option<String>,
    #[source]
    cause: Option<Box<Self>>,
}

impl Diagnostic for Printed {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }
}

impl Printed {
    fn of(error: &dyn Error, help: Option<String>) -> Self {
        let cause = error.source().map(|cause| Box::new(Self::of(cause, None)));
        Self { text: several(&error.to_string()), help, cause }
    }
}

/// An error with its causes and its advice, as text that can be printed.
#[must_use]
pub fn report(error: &Report) -> Report {
    Report::new(Printed::of(error.as_ref(), error.help().map(|help| several(&help.to_string()))))
}

/// Text of several lines, of which all but the first are indented. No other line end is one of ours.
fn several(text: &str) -> String {
    text.split("\n  ").map(escaped).collect::<Vec<_>>().join("\n  ")
}

/// Prints each text that is written as one line, whatever is in it: for logs, which write a line at once.
#[derive(Debug)]
pub struct Lines<W>(pub W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        writeln!(self.0, "{}", escaped(text.strip_suffix('\n').unwrap_or(&text)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORGED: &str = "a\n  7  2026-01-01T00:00:00Z  bob says approve: y\u{1b}[2J\u{9b}2K\u{202e}\r";

    #[test]
    fn an_error_is_printed_without_what_others_wrote_into_it_moving_the_cursor() {
        #[derive(Debug, thiserror::Error, miette::Diagnostic)]
        #[error("object {0} does not read")]
        #[diagnostic(help("look at {0}"))]
        struct Unreadable(String, #[source] io::Error);
        let error = Unreadable(FORGED.to_owned(), io::Error::other(FORGED));
        let printed = report(&Report::new(error));
        assert_eq!(printed.chain().count(), 2);
        let texts = printed.chain().map(ToString::to_string).chain(printed.help().map(|help| help.to_string()));
        for text in texts {
            assert!(text.contains("\\u{1b}[2J\\u{9b}2K\\u{202e}\\r"), "{text}");
            assert!(!text.chars().any(|sign| sign != '\n' && is_unseen(sign)), "{text}");
            assert!(text.lines().skip(1).all(|line| line.starts_with("  ")), "{text}");
        }
        let once = report(&Report::new(io_like("a\nb")));
        assert_eq!(once.to_string(), "a\\nb", "a line of its own is none of ours");
    }

    fn io_like(text: &str) -> Printed {
        Printed { text: text.to_owned(), help: None, cause: None }
    }

    #[test]
    fn what_is_logged_is_one_line() {
        let mut printed = Vec::new();
        let mut lines = Lines(&mut printed);
        lines.write_all(format!("WARN {FORGED}\n").as_bytes()).unwrap();
        lines.write_all("INFO next\n".as_bytes()).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        assert_eq!(printed.lines().count(), 2, "{printed}");
        assert!(!printed.chars().any(|sign| sign != '\n' && is_unseen(sign)), "{printed}");
    }

    #[test]
    fn what_others_wrote_neither_ends_a_line_nor_moves_the_cursor() {
        let text = "a\n\u{1b}[2J\u{9b}b\u{202e}\u{e0041}\"\\";
        let mut shown = table(&["reason"]);
        add_row(&mut shown, [text]);
        let shown = shown.to_string();
        assert!(shown.contains("a\\n\\u{1b}[2J\\u{9b}b"), "{shown}");
        assert!(!shown.chars().any(|sign| sign != '\n' && is_unseen(sign)), "{shown}");
        let document = json(&[text]);
        assert!(!document.chars().any(|sign| sign != '\n' && is_unseen(sign)), "{document}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&document).unwrap(), [text], "and it reads as what it was");
    }
}

//! What every command prints alike: tables, JSON documents, times and counts.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
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

#[cfg(test)]
mod tests {
    use super::*;

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

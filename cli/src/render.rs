//! What every command prints alike: tables, JSON documents, times and counts.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use jiff::Timestamp;
use serde::Serialize;

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

/// A JSON document, its fields in the order of the alphabet.
#[must_use]
pub fn json(document: &impl Serialize) -> String {
    format!("{:#}", serde_json::to_value(document).unwrap_or_default())
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

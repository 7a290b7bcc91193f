//! What a benchmark prints.

use comfy_table::{CellAlignment, Table};
use serde::Serialize;

/// A table of figures: the first column names, the others are numbers.
#[must_use]
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED).set_header(head).add_rows(rows);
    for index in 1..head.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The last line of every benchmark.
#[derive(Debug, Serialize)]
pub struct Headline<F> {
    /// The benchmark's name.
    pub bench: &'static str,
    /// Its headline figure.
    pub ratio: f64,
    /// What `ratio` compares.
    pub of: &'static str,
    /// All figures.
    #[serde(flatten)]
    pub figures: F,
}

/// Three decimals: what is behind them is noise.
#[must_use]
pub fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

//! Findings, plans, and what was not repaired, in words.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use super::{findings, text};
use crate::demo::follow::is_under_way;
use crate::drift::fix::Repaired;

/// Prints what a check came to.
pub fn print(check: &Value, found: &[Value], repairs: &[Repaired]) {
    let result = &check["result"];
    let is_whole = is_whole(check, found);
    if !check.is_null() {
        println!("{} compared, by {} requests to the clouds", counted(&result["compared"]), check["requests"]);
        for line in skipped_changed(check) {
            println!("not compared: {}: {}", text(&line["connection"]), text(&line["why"]));
        }
        if result["repaired"].as_u64().is_some_and(|number| number > 0) {
            println!("{} being set right, as its spec says repair: auto", counted(&result["repaired"]));
        }
        if result["unknown"].as_u64().is_some_and(|number| number > 0) {
            let hint = if found.iter().any(has_unknown) { "" } else { "; causeway drift NAME says why" };
            println!("{} of what was to be compared could not be looked at{hint}", result["unknown"]);
        }
    }
    match found.iter().flat_map(findings).next() {
        Some(_) => println!("{}", table(found)),
        None if result["compared"] == 0 => println!("nothing was compared"),
        None if !is_whole => println!("nothing differs from what was promised, as far as could be seen"),
        None => println!("nothing differs from what was promised"),
    }
    for row in found {
        for unknown in row["unknown"].as_array().into_iter().flatten() {
            println!("could not be looked at: {}", text(&unknown["why"]));
        }
        what_becomes(row, repairs);
    }
}

/// Whether everything that was to be compared could be looked at.
pub fn is_whole(check: &Value, found: &[Value]) -> bool {
    check["result"]["unknown"].as_u64().unwrap_or_default() == 0 && !found.iter().any(has_unknown)
}

fn has_unknown(row: &Value) -> bool {
    row["unknown"].as_array().is_some_and(|unknown| !unknown.is_empty())
}

/// Connections that a check did not compare, with the reason.
pub fn skipped_changed(check: &Value) -> impl Iterator<Item = &Value> {
    ["skipped", "skipped_changed"].into_iter().flat_map(|field| check[field].as_array().into_iter().flatten())
}

fn table(found: &[Value]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["severity", "of", "side", "what", "resource", "field", "expected", "actual", "since"]);
    for row in found {
        let subject = &row["subject"];
        let of = if subject["connection"].is_null() { &subject["account"] } else { &subject["connection"] };
        for finding in findings(row) {
            let fields = ["side", "kind", "resource", "field", "expected", "actual"].map(|field| text(&finding[field]));
            let severity = if finding["ignored"].is_null() { text(&finding["severity"]) } else { "ignored" };
            let since = crate::status::time(&finding["since"]);
            table.add_row([severity, text(of)].into_iter().chain(fields).chain([since.as_str()]));
        }
    }
    table
}

/// What is done about the findings of one subject, and what a person can do.
fn what_becomes(row: &Value, repairs: &[Repaired]) {
    let name = text(&row["subject"]["connection"]);
    if name.is_empty() {
        let account = text(&row["subject"]["account"]);
        println!(
            "account {account}: what no connection owns is never touched; take it away, or ignore it by config/drift.json"
        );
        return;
    }
    if let Some(refusal) = repairs.iter().find_map(|repaired| repaired.refusal(name)) {
        println!("{name}: not repaired: {refusal}");
        return;
    }
    let phase = text(&row["phase"]);
    if is_under_way(phase) {
        println!("{name}: it is {phase} now: causeway status {name} --watch, or --fix to follow it and look again");
        return;
    }
    let proposal = &row["proposal"];
    match row["not_repaired"].as_str() {
        Some(why) => println!("{name}: not repaired: {why}"),
        None if !proposal.is_null() => {
            println!("{name}: a plan waits; approve it with --fix, or by {}", text(&proposal["links"]["approve"]));
        }
        None => {}
    }
    for line in proposal["plan"].as_array().into_iter().flatten() {
        let call = line["call"].as_str().unwrap_or("nothing");
        println!(
            "  {} {}: {call}, {}: {}",
            text(&line["side"]),
            text(&line["step"]),
            text(&line["resource"]),
            text(&line["what"])
        );
    }
}

fn counted(number: &Value) -> String {
    if number == 1 { "1 connection".to_owned() } else { format!("{number} connections") }
}

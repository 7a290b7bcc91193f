//! Findings, plans, and what was not repaired, in words.

use api::drift::{CheckResult, DriftCheck, DriftFindings};
use comfy_table::Table;
use drift::check::Skipped;
use drift::findings::Subject;

use crate::demo::follow::is_under_way;
use crate::drift::fix::Repaired;
use crate::render::{add_row, counted, fitted_table, say, time};

/// Prints what a check came to.
pub fn print(check: Option<&DriftCheck>, found: &[DriftFindings], repairs: &[Repaired]) {
    let result = result(check);
    if let Some(end) = check.and_then(|check| check.end.as_ref()) {
        let CheckResult { compared, repaired, unknown, .. } = end.result;
        say!("{} compared, by {} requests to the clouds", counted(compared, "connection"), end.requests);
        for Skipped { connection, why } in skipped(check) {
            say!("not compared: {connection}: {why}");
        }
        if repaired > 0 {
            say!("{} being set right, as its spec says repair: auto", counted(repaired, "connection"));
        }
        if unknown > 0 {
            let hint = if found.iter().any(has_unknown) { "" } else { "; causeway drift NAME says why" };
            say!("{unknown} of what was to be compared could not be looked at{hint}");
        }
    }
    if found.iter().any(|of| !of.findings.is_empty()) {
        println!("{}", table(found));
    } else if result.is_some_and(|result| result.compared == 0) {
        say!("nothing was compared");
    } else if is_whole(check, found) {
        say!("nothing differs from what was promised");
    } else {
        say!("nothing differs from what was promised, as far as could be seen");
    }
    for of in found {
        for unknown in &of.unknown {
            say!("could not be looked at: {}", unknown.why);
        }
        print_repair(of, repairs);
    }
}

/// The counts of a check that has ended.
pub fn result(check: Option<&DriftCheck>) -> Option<CheckResult> {
    check?.end.as_ref().map(|end| end.result)
}

/// Whether everything that was to be compared could be looked at.
pub fn is_whole(check: Option<&DriftCheck>, found: &[DriftFindings]) -> bool {
    result(check).is_none_or(|result| result.unknown == 0) && !found.iter().any(has_unknown)
}

fn has_unknown(of: &DriftFindings) -> bool {
    !of.unknown.is_empty()
}

/// Connections that a check did not compare, with the reason.
pub fn skipped(check: Option<&DriftCheck>) -> impl Iterator<Item = &Skipped> {
    let planned = check.and_then(|check| check.extent.as_ref()).into_iter().flat_map(|extent| &extent.skipped);
    let changed = check.and_then(|check| check.end.as_ref()).into_iter().flat_map(|end| &end.skipped_changed);
    planned.chain(changed)
}

fn table(found: &[DriftFindings]) -> Table {
    let header = ["severity", "of", "side", "what", "resource", "field", "expected", "actual", "since"];
    let mut table = fitted_table(&header);
    for of in found {
        let subject = match &of.subject {
            Subject::Connection(name) => name.as_str(),
            Subject::Account(alias) => alias.as_str(),
        };
        for finding in &of.findings {
            let severity = if finding.ignored.is_none() { finding.severity.word() } else { "ignored" };
            let (side, since) = (finding.side.to_string(), time(finding.since));
            let [resource, field, expected, actual] =
                [&finding.resource, &finding.field, &finding.expected, &finding.actual].map(String::as_str);
            add_row(
                &mut table,
                [severity, subject, &side, finding.kind.word(), resource, field, expected, actual, &since],
            );
        }
    }
    table
}

/// Prints what is done about the findings of one subject, and what a person can do.
fn print_repair(of: &DriftFindings, repairs: &[Repaired]) {
    let name = match &of.subject {
        Subject::Connection(name) => name,
        Subject::Account(account) => {
            say!(
                "account {account}: Causeway never touches resources that no connection owns; delete them, or ignore them in config/drift.json"
            );
            return;
        }
    };
    if let Some(refusal) = repairs.iter().find_map(|repaired| repaired.refusal(name)) {
        say!("{name}: not repaired: {refusal}");
        return;
    }
    if let Some(phase) = of.phase.filter(|phase| is_under_way(*phase)) {
        say!("{name}: it is {phase} now: causeway status {name} --watch, or --fix to follow it and look again");
        return;
    }
    match (&of.not_repaired, &of.proposal) {
        (Some(why), _) => say!("{name}: not repaired: {why}"),
        (None, Some(proposal)) => {
            say!("{name}: a plan waits; approve it with --fix, or by {}", proposal.links.approve);
        }
        (None, None) => {}
    }
    for line in of.proposal.iter().flat_map(|proposal| &proposal.plan) {
        let call = line.call.as_deref().unwrap_or("nothing");
        say!("  {} {}: {call}, {}: {}", line.side, line.step, line.resource, line.what);
    }
}

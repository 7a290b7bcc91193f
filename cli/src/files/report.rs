//! A plan as people read it: on a terminal, and as Markdown under a change request.

use anstyle::{AnsiColor, Style};
use api::connections::Plan as Calls;
use serde_json::Value;
use strict::{escaped, shown};

use super::plan::{Action, Change, Field, Plan, Put};
use crate::render::counted;

const ADDED: Style = AnsiColor::Green.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();
const CUT: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

impl Action {
    const fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Change => '~',
            Self::Remove => '-',
            Self::Wait => '…',
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Create => ADDED,
            Self::Change => CHANGED,
            Self::Remove => CUT,
            Self::Wait => DIM,
        }
    }

    /// What is done.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Wait => "wait for",
        }
    }
}

/// How many calls a change takes.
fn calls(calls: Option<&Calls>) -> usize {
    calls.map_or(0, |calls| calls.plan.iter().filter(|planned| planned.call.is_some()).count())
}

/// A field that changes, on one line.
fn field(field: &Field) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), shown);
    let pointer = if field.pointer.is_empty() { "all of it" } else { &field.pointer };
    format!("{}: {} → {}", escaped(pointer), value(&field.before), value(&field.after))
}

/// What would stop a change, and what has to be agreed to, a line each.
fn doubts(change: &Change) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(problem) = &change.refused {
        lines.push(format!("✗ refused: {}", problem.detail));
        lines.extend(problem.errors.iter().map(|error| format!("  {error}")));
    }
    if let Some(calls) = &change.calls {
        for obstacle in &calls.obstacles {
            lines.push(format!("✗ {} ({}): {}", obstacle.step.word(), obstacle.side, obstacle.what));
            lines.push(format!("  {}", obstacle.advice));
        }
        let owners = calls.needs_consent.iter();
        lines.extend(owners.map(|(account, owner)| format!("{owner} has to agree first, for account {account}")));
    }
    lines.iter().map(|line| escaped(line).to_string()).collect()
}

impl Plan {
    /// What is done, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.is_empty() && self.count(Action::Wait) == 0 {
            return format!(
                "nothing to do: what is live is what the files say ({})",
                counted(self.unchanged, "connection")
            );
        }
        let counts = [Action::Create, Action::Change, Action::Remove, Action::Wait].map(|action| {
            let count = self.count(action);
            (count > 0).then(|| format!("{count} to {}", action.word()))
        });
        let documents = (!self.documents.is_empty()).then(|| counted(self.documents.len(), "document") + " to put");
        let mut parts: Vec<String> = documents.into_iter().chain(counts.into_iter().flatten()).collect();
        parts.push(format!("{} unchanged", self.unchanged));
        parts.join(", ")
    }

    /// For a terminal, in colours.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        for Put { document, before, fields, .. } in &self.documents {
            let (sign, style) = if before.is_some() { ('~', CHANGED) } else { ('+', ADDED) };
            lines.push(format!("{style}{sign} document {document}{style:#}"));
            lines.extend(fields.iter().map(|one| format!("    {}", field(one))));
        }
        for change in &self.connections {
            let (sign, style) = (change.action.sign(), change.action.style());
            let takes = change.calls.as_ref().map(|own| format!(": {}", counted(calls(Some(own)), "call")));
            let takes = takes.unwrap_or_default();
            lines.push(format!("{style}{sign} {} ({}){style:#}{takes}", change.name, change.kind));
            lines.extend(change.fields.iter().map(|one| format!("    {}", field(one))));
            for planned in change.calls.iter().flat_map(|calls| &calls.plan).filter(|planned| planned.call.is_some()) {
                let call = planned.call.as_deref().unwrap_or_default();
                let verdict = planned.verdict.as_ref().map(|verdict| format!("; the cloud's dry run: {verdict}"));
                let line = format!("{:<9} {call} {}", planned.side.to_string(), planned.what);
                let line = line + &verdict.unwrap_or_default();
                lines.push(format!("    {DIM}{}{DIM:#}", escaped(&line)));
            }
            lines.extend(doubts(change).into_iter().map(|line| format!("    {CUT}{line}{CUT:#}")));
        }
        if self.is_stopped() && !self.documents.is_empty() {
            let hint = "checks go by the documents in force; if they need those of this plan, put them first: causeway config put";
            lines.push(hint.to_owned());
        }
        if !self.unnamed.is_empty() {
            let names: Vec<_> = self.unnamed.iter().take(5).map(ToString::to_string).collect();
            let more = self.unnamed.len().saturating_sub(5);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("{DIM}in no file, so they stay: {}{more}{DIM:#}", names.join(", ")));
        }
        lines.push(self.summary());
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// For a change request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut lines = vec![format!("### Causeway: {}", markdown(&self.summary()))];
        if !self.connections.is_empty() || !self.documents.is_empty() {
            lines.extend(["", "| | what | kind | calls | |", "| --- | --- | --- | --- | --- |"].map(str::to_owned));
        }
        for put in &self.documents {
            lines.push(format!("| put | `{}` | document | | {} |", put.document, counted(put.fields.len(), "field")));
        }
        for change in &self.connections {
            let doubt = doubts(change).first().map(|line| markdown(line)).unwrap_or_default();
            let (word, count) = (change.action.word(), calls(change.calls.as_ref()));
            lines.push(format!("| {word} | `{}` | {} | {count} | {doubt} |", change.name, change.kind));
        }
        for put in &self.documents {
            lines.extend(details(&put.document, put.fields.iter().map(field)));
        }
        for change in &self.connections {
            let planned = change.calls.iter().flat_map(|calls| &calls.plan).filter(|planned| planned.call.is_some());
            let planned = planned.map(|planned| {
                format!("{} {}: {}", planned.side, planned.call.as_deref().unwrap_or_default(), planned.what)
            });
            let all = change.fields.iter().map(field).chain(planned).chain(doubts(change));
            lines.extend(details(change.name.as_str(), all));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// Lines that are shown when somebody opens them; nothing where there is none.
fn details(title: &str, lines: impl Iterator<Item = String>) -> Vec<String> {
    let items: Vec<String> = lines.map(|line| format!("- {}", markdown(&line))).collect();
    if items.is_empty() {
        return items;
    }
    let head = [String::new(), format!("<details><summary>{}</summary>", markdown(title)), String::new()];
    head.into_iter().chain(items).chain([String::new(), "</details>".to_owned()]).collect()
}

/// Text of others within Markdown: nothing in it is markup, and it stays on its line.
fn markdown(text: &str) -> String {
    let mut shown = String::new();
    for sign in escaped(text).to_string().chars() {
        match sign {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' => {
                shown.push('\\');
                shown.push(sign);
            }
            _ => shown.push(sign),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_markup() {
        let shown = markdown("a|b <img src=x> `x` [l](http://x) *b*\n# head @team");
        assert_eq!(shown, "a\\|b &lt;img src=x&gt; \\`x\\` \\[l\\](http://x) \\*b\\*\\\\n\\# head \\@team");
    }
}

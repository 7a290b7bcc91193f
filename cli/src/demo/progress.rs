//! Rendering the steps as they pass: a progress display on a terminal, plain lines otherwise.

use std::io::IsTerminal as _;
use std::time::Duration;

use api::connections::Failure;
use connection::record::{Course, Entry, EntryEvent};
use connection::words::StepName;
use indicatif::{ProgressBar, ProgressStyle};
use strict::escaped;

use super::follow::Listener;
use crate::render::say;

/// The listener that suits stdout and `--json`.
#[must_use]
pub fn listener(json: bool) -> Box<dyn Listener> {
    match (json, std::io::stdout().is_terminal()) {
        (true, _) => Box::new(Silent),
        (false, true) => Box::new(Live::new()),
        (false, false) => Box::new(Plain),
    }
}

/// Says nothing: for `--json`.
pub struct Silent;

impl Listener for Silent {
    fn entry(&mut self, _entry: &Entry) {}
    fn waiting(&mut self, _step: StepName, _why: &str) {}
}

/// One line an event.
pub struct Plain;

impl Listener for Plain {
    fn entry(&mut self, entry: &Entry) {
        if let Some(line) = line(entry) {
            say!("  {line}");
        }
    }

    fn waiting(&mut self, step: StepName, why: &str) {
        say!("  … {step}: waiting for {why}");
    }
}

/// A spinner for the current step above which finished steps pile up.
pub struct Live {
    spinner: ProgressBar,
}

impl Live {
    /// Starts spinning.
    #[must_use]
    pub fn new() -> Self {
        let spinner = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("  {spinner:.cyan} {wide_msg}") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(80));
        Self { spinner }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.spinner.finish_and_clear();
    }
}

impl Listener for Live {
    fn entry(&mut self, entry: &Entry) {
        if let Some(line) = line(entry) {
            self.spinner.println(format!("  {line}"));
            self.spinner.set_message(String::new());
        }
    }

    fn waiting(&mut self, step: StepName, why: &str) {
        self.spinner.set_message(escaped(&format!("{step}: waiting for {why}")));
    }
}

/// Prints why a connection stopped, and what to do; nothing if it did not.
pub fn print_failure(failure: Option<&Failure>) {
    let Some(Failure { failure, .. }) = failure else { return };
    let call = failure.call.as_ref();
    for (label, text) in [
        ("what", Some(failure.what.clone())),
        ("side", failure.side.map(|side| side.to_string())),
        ("call", call.map(|call| call.action.clone())),
        ("code", call.and_then(|call| call.code.clone())),
        ("request id", call.and_then(|call| call.request_id.clone())),
        ("advice", Some(failure.advice.clone())),
    ] {
        if let Some(text) = text {
            say!("  {label:<11} {text}");
        }
    }
}

/// An entry of the history in words.
#[must_use]
pub fn line(entry: &Entry) -> Option<String> {
    let step = match entry.course {
        Course::Build => entry.step.to_string(),
        Course::RollBack | Course::Remove | Course::Clear | Course::Pause => format!("undo {}", entry.step),
    };
    let took = entry.took_ms.map(super::seconds).unwrap_or_default();
    let note = escaped(entry.note.as_deref().unwrap_or_default());
    let by = entry.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    Some(match entry.event {
        EntryEvent::Accepted => {
            format!("✓ accepted{}", entry.by.as_ref().map(|by| format!(", asked for by {by}")).unwrap_or_default())
        }
        EntryEvent::StepDone => format!("✓ {step:<25} {took:>7}"),
        EntryEvent::StepFailed => format!("✗ {step:<25} failed: {note}"),
        EntryEvent::StepStuck => format!("✗ {step:<25} stuck: {note}"),
        EntryEvent::RollbackBegan => "↩ rolling back".to_owned(),
        EntryEvent::RemovalAsked => format!("↩ removal asked for{by}"),
        EntryEvent::RetryAsked => format!("↻ retry asked for{by}"),
        EntryEvent::RepairAsked => format!("↻ repair asked for by {note}"),
        EntryEvent::ChangeAsked => format!("↻ change asked for{by}"),
        EntryEvent::RevertBegan => "↩ taking the change back".to_owned(),
        EntryEvent::PauseAsked => format!("↻ pause asked for{by}"),
        EntryEvent::ResumeAsked => format!("↻ resume asked for{by}"),
        EntryEvent::Abandoned => format!("✗ abandoned{by}"),
        EntryEvent::ConsentAsked => format!("… waits for {note}"),
        EntryEvent::ConsentGiven => format!("✓ consent given{by} {note}"),
        EntryEvent::ConsentRefused => format!("✗ consent refused{by} {note}"),
        EntryEvent::ConsentOverdue => format!("✗ no consent: {note}"),
        EntryEvent::Cleared | EntryEvent::Arrived => return None,
    })
}

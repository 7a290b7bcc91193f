//! Telling the steps as they pass: a progress display on a terminal, plain lines otherwise.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::follow::Listener;

/// Whoever suits where the story is told.
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
    fn entry(&mut self, _entry: &Value) {}
    fn waiting(&mut self, _step: &str, _why: &str) {}
}

/// One line an event.
pub struct Plain;

impl Listener for Plain {
    fn entry(&mut self, entry: &Value) {
        if let Some(line) = line(entry) {
            println!("  {line}");
        }
    }

    fn waiting(&mut self, step: &str, why: &str) {
        println!("  … {step}: waiting for {why}");
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
    fn entry(&mut self, entry: &Value) {
        if let Some(line) = line(entry) {
            self.spinner.println(format!("  {line}"));
            self.spinner.set_message(String::new());
        }
    }

    fn waiting(&mut self, step: &str, why: &str) {
        self.spinner.set_message(format!("{step}: waiting for {why}"));
    }
}

/// Why a connection stands still, and what to do; nothing if it does not.
pub fn stop(stop: &Value) {
    for (label, value) in [
        ("what", &stop["what"]),
        ("side", &stop["side"]),
        ("call", &stop["call"]["action"]),
        ("code", &stop["call"]["code"]),
        ("request id", &stop["call"]["request_id"]),
        ("advice", &stop["advice"]),
        ("to go on", &stop["links"]["retry"]),
    ] {
        if let Some(text) = value.as_str() {
            println!("  {label:<11} {text}");
        }
    }
}

/// An entry of the history in words.
#[must_use]
pub fn line(entry: &Value) -> Option<String> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let step = match text("course") {
        "build" => text("step").to_owned(),
        _ => format!("undo {}", text("step")),
    };
    let took = entry["took_ms"].as_u64().map(super::seconds).unwrap_or_default();
    let note = text("note");
    match text("event") {
        "accepted" => Some("✓ accepted".to_owned()),
        "step-done" => Some(format!("✓ {step:<25} {took:>7}")),
        "step-failed" => Some(format!("✗ {step:<25} failed: {note}")),
        "step-stuck" => Some(format!("✗ {step:<25} stuck: {note}")),
        "rollback-began" => Some("↩ rolling back".to_owned()),
        "removal-asked" => Some("↩ removal asked for".to_owned()),
        "retry-asked" => Some("↻ retry asked for".to_owned()),
        "repair-asked" => Some(format!("↻ repair asked for by {note}")),
        "change-asked" => Some("↻ change asked for".to_owned()),
        "revert-began" => Some("↩ taking the change back".to_owned()),
        "pause-asked" => Some("↻ pause asked for".to_owned()),
        "resume-asked" => Some("↻ resume asked for".to_owned()),
        "abandoned" => Some("✗ given up".to_owned()),
        _ => None,
    }
}

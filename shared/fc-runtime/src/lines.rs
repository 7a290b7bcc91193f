//! The marker lines by which FC finds the log of a call.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use crate::CallKind;

/// Where the marker lines of FC go: `FC Invoke Start RequestId: …` and `FC Invoke End RequestId: …`.
///
/// FC wants them on stdout, flushed before the answer. Functions that share a process leave them out.
#[derive(Clone, Default)]
pub struct LogLines(Sink);

#[derive(Clone, Default)]
enum Sink {
    #[default]
    Stdout,
    Off,
    Custom(Arc<dyn Fn(&str) + Send + Sync>),
}

impl LogLines {
    /// To stdout, each flushed at once.
    #[must_use]
    pub const fn stdout() -> Self {
        Self(Sink::Stdout)
    }

    /// Nowhere.
    #[must_use]
    pub const fn off() -> Self {
        Self(Sink::Off)
    }

    /// To a function, which gets each line without its line end.
    pub fn to(sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Sink::Custom(Arc::new(sink)))
    }

    pub(crate) fn write(&self, line: fmt::Arguments<'_>) {
        match &self.0 {
            Sink::Off => {}
            Sink::Custom(sink) => sink(&line.to_string()),
            Sink::Stdout => {
                let line = format!("{line}\n");
                let mut stdout = std::io::stdout().lock();
                // A closed stdout must not fail the call: there is nobody left to tell.
                let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
            }
        }
    }

    /// Writes the start line; the mark it returns writes the end line.
    pub(crate) fn start(&self, kind: CallKind, request_id: &str) -> Mark {
        let marker = kind.marker();
        self.write(format_args!("FC {marker} Start RequestId: {request_id}"));
        Mark { lines: self.clone(), marker, request_id: request_id.to_owned(), open: true }
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Sink::Stdout => "LogLines(stdout)",
            Sink::Off => "LogLines(off)",
            Sink::Custom(_) => "LogLines(custom)",
        })
    }
}

/// A call that has started. Dropped before its end, as when the caller hangs up, it counts as failed.
pub(crate) struct Mark {
    lines: LogLines,
    marker: &'static str,
    request_id: String,
    open: bool,
}

impl Mark {
    pub(crate) fn succeeded(mut self) {
        self.open = false;
        self.lines.write(format_args!("FC {} End RequestId: {}", self.marker, self.request_id));
    }

    /// The request id of the call.
    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if self.open {
            let Self { marker, request_id, .. } = self;
            self.lines.write(format_args!("FC {marker} End RequestId: {request_id}, Error: Unhandled function error"));
        }
    }
}

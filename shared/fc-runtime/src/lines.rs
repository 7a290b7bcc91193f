//! The marker lines by which FC finds the log of a call.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use crate::{CallKind, Context};

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

    /// Writes a line made of these parts.
    pub(crate) fn write(&self, parts: &[&str]) {
        match &self.0 {
            Sink::Off => {}
            Sink::Custom(sink) => sink(&parts.concat()),
            Sink::Stdout => {
                // In one piece: other lines may come from other threads, and stdout may be a pipe.
                let mut line = String::with_capacity(parts.iter().map(|part| part.len()).sum::<usize>() + 1);
                line.extend(parts.iter().copied());
                line.push('\n');
                let mut stdout = std::io::stdout().lock();
                // A closed stdout must not fail the call: there is nobody left to tell.
                let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
            }
        }
    }

    /// Warns: in the log where one is set up, else among the marker lines.
    pub(crate) fn warn(&self, request_id: Option<&str>, text: &str) {
        if tracing::dispatcher::has_been_set() {
            tracing::warn!(request_id, "{text}");
        } else {
            let (id, gap) = request_id.map_or(("", ""), |id| (id, " "));
            self.write(&[id, gap, "[WARN] ", text]);
        }
    }

    /// Writes the start line; the mark it returns writes the end line.
    pub(crate) fn start(&self, kind: CallKind, context: &Context) -> Mark {
        let mark = Mark { lines: self.clone(), kind, context: context.clone(), open: true };
        mark.write(" Start RequestId: ", "");
        mark
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
    kind: CallKind,
    context: Context,
    open: bool,
}

impl Mark {
    pub(crate) fn succeeded(mut self) {
        self.open = false;
        self.write(" End RequestId: ", "");
    }

    /// The reason is in the log already.
    pub(crate) fn failed(mut self) {
        self.open = false;
        self.write_failed();
    }

    /// The request id of the call.
    pub(crate) fn request_id(&self) -> &str {
        self.context.request_id()
    }

    fn write_failed(&self) {
        self.write(" End RequestId: ", ", Error: Unhandled function error");
    }

    fn write(&self, what: &str, suffix: &str) {
        self.lines.write(&["FC ", self.kind.marker(), what, self.request_id(), suffix]);
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if self.open {
            let dropped =
                "the call was dropped before its answer was complete: the caller left, or the runtime stopped";
            self.lines.warn(Some(self.request_id()), dropped);
            self.write_failed();
        }
    }
}

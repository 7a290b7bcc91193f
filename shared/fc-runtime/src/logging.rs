//! Logs for the Simple Log Service: one JSON object a line on stdout, with UTC time and the request id in each.
//!
//! ```json
//! {"time":"2026-03-04T05:06:07.089012Z","level":"INFO","request_id":"1-65aa0b07-1520aa26-bf73aabb1b69","target":"orders","message":"stored","fields":{"kind":"event","order":7}}
//! ```
//!
//! The request id is that of the span that [`TracingLayer`](crate::layers::TracingLayer) puts around each call. Other fields
//! of the spans around a line stand among its own fields; of two with the same name, the inner one.
//!
//! The variable `LOG_LEVEL`, else `RUST_LOG`, holds the level: `off`, `error`, `warn`, `info`, `debug` or `trace`; `info` when
//! neither is set.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::Environment;
use crate::diagnostic::panic_message;

/// Starts logging by the level in the process's environment, and logs panics too. Does nothing if a subscriber is set
/// already.
pub fn init() {
    init_from(&Environment::process());
}

/// Like [`init`], with the level from this environment.
pub fn init_from(environment: &Environment) {
    let (level, misread) = level(environment);
    let subscriber = tracing_subscriber::registry().with(level).with(JsonLines::new(io::stdout));
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panicked: {}", panic_message(panic.payload()).unwrap_or("without a message"));
    }));
    if let Some(misread) = misread {
        tracing::warn!("there is no log level {misread:?}: it stays at {level}");
    }
}

/// The level, and the text that was none.
fn level(environment: &Environment) -> (LevelFilter, Option<String>) {
    let Some(text) = environment.get("LOG_LEVEL").or_else(|| environment.get("RUST_LOG")) else {
        return (LevelFilter::INFO, None);
    };
    match LevelFilter::from_str(text) {
        Ok(level) => (level, None),
        Err(_) => (LevelFilter::INFO, Some(text.to_owned())),
    }
}

/// The layer that writes the lines, to be put together with others.
#[derive(Debug, Clone)]
pub struct JsonLines<W> {
    writer: W,
}

impl<W: for<'a> MakeWriter<'a>> JsonLines<W> {
    /// Lines to this writer, such as [`std::io::stdout`].
    pub const fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// A line, in the order in which it is written.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<Value>,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'static str, Value>,
}

/// What a span holds, kept with the span.
struct SpanFields(Fields);

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(SpanFields(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(SpanFields(fields)) = span.extensions_mut().get_mut() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut all = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(SpanFields(fields)) = span.extensions().get() {
                all.merge(fields);
            }
        }
        event.record(&mut all);

        let metadata = event.metadata();
        let mut time = String::new();
        // Writing to a string cannot fail.
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let line = Line {
            time,
            level: metadata.level().as_str(),
            request_id: all.request_id,
            target: metadata.target(),
            message: all.message,
            // Of two with the same name the later one stays, which is the inner one.
            fields: all.rest.into_iter().collect(),
        };
        let Ok(text) = serde_json::to_string(&line) else { return };
        let mut text = escaped(&text);
        text.push('\n');
        // There is nowhere else to say that the log cannot be written.
        let mut writer = self.writer.make_writer_for(metadata);
        let _ = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
    }
}

/// JSON with the rest of what a terminal acts on written out: JSON itself escapes line ends and the control characters of ASCII,
/// and neither those of Latin-1 nor marks that turn the direction of writing. They stand nowhere but in its texts.
fn escaped(json: &str) -> String {
    let acts = |sign: char| {
        sign.is_control()
            || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(json.len());
    for sign in json.chars() {
        if acts(sign) { shown.push_str(&format!("\\u{:04x}", u32::from(sign))) } else { shown.push(sign) }
    }
    shown
}

/// The fields of a span or of a line, those with a place of their own apart.
#[derive(Default)]
struct Fields {
    request_id: Option<Value>,
    message: Option<String>,
    rest: Vec<(&'static str, Value)>,
}

impl Fields {
    fn merge(&mut self, inner: &Self) {
        if inner.request_id.is_some() {
            self.request_id.clone_from(&inner.request_id);
        }
        self.rest.extend_from_slice(&inner.rest);
    }

    fn put(&mut self, field: &Field, value: Value) {
        match field.name() {
            "request_id" => self.request_id = Some(value),
            "message" => self.message = Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            name => self.rest.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // A value whose Debug fails is logged as far as it came.
        let _ = write!(text, "{value:?}");
        self.put(field, text.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, what: impl FnOnce()) -> Vec<Value> {
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = tracing_subscriber::registry().with(level).with(JsonLines::new(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, what);
        let bytes = memory.0.lock().unwrap().clone();
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn what_is_logged_forges_no_line_and_moves_no_cursor_and_reads_as_it_was() {
        let text = "a\nERROR b\r\u{1b}[2J\u{9b}2K\u{7f}\u{202e}\u{2028}终端 é";
        let memory = Memory::default();
        let writer = memory.clone();
        let subscriber = tracing_subscriber::registry().with(JsonLines::new(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, || tracing::info!(reason = text, "{text}"));
        let line = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        let line = line.strip_suffix('\n').unwrap();
        assert!(!line.chars().any(|sign| sign.is_control() || ('\u{2028}'..='\u{202e}').contains(&sign)), "{line}");
        assert!(line.contains("终端 é"), "{line}");
        let read: Value = serde_json::from_str(line).unwrap();
        assert_eq!((read["message"].as_str(), read["fields"]["reason"].as_str()), (Some(text), Some(text)));
    }

    #[test]
    fn a_line_in_nested_spans_carries_the_request_id_of_the_outer_one() {
        let lines = logged(LevelFilter::INFO, || {
            let call = tracing::info_span!("call", request_id = "1-a", retry = tracing::field::Empty);
            call.record("retry", 2);
            call.in_scope(|| {
                tracing::info_span!("step", side = "acceptor").in_scope(|| tracing::info!(count = 3, "made {}", "it"));
            });
        });
        let line = &lines[0];
        assert_eq!(line["request_id"], "1-a");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "made it");
        assert_eq!(line["fields"], serde_json::json!({"retry": 2, "side": "acceptor", "count": 3}));
        let time = line["time"].as_str().unwrap();
        assert_eq!(line.as_object().unwrap().len(), 6);
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }

    #[test]
    fn a_line_with_line_breaks_stays_one_line() {
        let lines = logged(LevelFilter::INFO, || tracing::info!(text = "a\nb", "c\nd"));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "c\nd");
    }

    #[test]
    fn the_level_comes_from_the_environment() {
        let of = |name: &str, value: &str| level(&Environment::from([(name, value)]));
        assert_eq!(level(&Environment::default()), (LevelFilter::INFO, None));
        assert_eq!(of("LOG_LEVEL", "debug"), (LevelFilter::DEBUG, None));
        assert_eq!(of("RUST_LOG", "OFF"), (LevelFilter::OFF, None));
        assert_eq!(of("LOG_LEVEL", "loud"), (LevelFilter::INFO, Some("loud".to_owned())));
        assert!(logged(LevelFilter::WARN, || tracing::info!("quiet")).is_empty());
    }
}

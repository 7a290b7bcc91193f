//! [`Diagnostic`]: a failure in the form in which FC reports it to the caller.
//!
//! A handler may fail with anything that turns into a boxed error: the runtime names the type, takes the message and follows
//! the chain of sources. To choose type and message yourself, return a `Diagnostic`, or an error that converts into one.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::Error;

/// A failure, as `{"errorMessage": …, "errorType": …, "stackTrace": […]}` in the answer: the convention of FC's own runtimes.
///
/// ```
/// use fc_runtime::{Context, Diagnostic, Event};
///
/// #[derive(Debug, thiserror::Error)]
/// enum Stock {
///     #[error("{0} is sold out")]
///     SoldOut(String),
/// }
///
/// // A caller can now tell the two apart by `errorType`.
/// impl From<Stock> for Diagnostic {
///     fn from(error: Stock) -> Self {
///         match &error {
///             Stock::SoldOut(_) => Diagnostic::new("SoldOut", error.to_string()),
///         }
///     }
/// }
///
/// async fn order(event: Event<String>) -> Result<(), Diagnostic> {
///     Err(Stock::SoldOut(event.payload))?
/// }
/// ```
#[derive(Debug, Serialize)]
pub struct Diagnostic {
    #[serde(rename = "errorMessage")]
    message: String,
    #[serde(rename = "errorType")]
    error_type: Cow<'static, str>,
    #[serde(rename = "stackTrace", skip_serializing_if = "Vec::is_empty")]
    trace: Vec<String>,
    #[serde(skip)]
    error: Option<Error>,
}

impl Diagnostic {
    /// A failure of this type with this message. Both reach the caller: no secrets in them.
    pub fn new(error_type: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { message: message.into(), error_type: error_type.into(), trace: Vec::new(), error: None }
    }

    /// What any error says: its own type's name, its message, and the messages of its sources as the trace.
    ///
    /// A `Diagnostic`, boxed or not, stays what it is.
    pub fn of<E: Into<Error>>(error: E) -> Self {
        let error = match error.into().downcast::<Self>() {
            Ok(diagnostic) => return *diagnostic,
            Err(error) => error,
        };
        Self {
            message: error.to_string(),
            error_type: type_name(std::any::type_name::<E>()).into(),
            trace: causes(&*error).map(|cause| format!("caused by: {cause}")).collect(),
            error: Some(error),
        }
    }

    /// What a caught panic says. Where it happened is printed by the panic hook.
    pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        Self::new("Panic", panic_message(payload).unwrap_or("the handler panicked without a message"))
    }

    /// The same failure with these lines as its trace.
    #[must_use]
    pub fn with_trace(mut self, lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.trace = lines.into_iter().map(Into::into).collect();
        self
    }

    /// The type, `ParseError`.
    #[must_use]
    pub fn error_type(&self) -> &str {
        &self.error_type
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The lines that say what led to it: one for each source of the error.
    #[must_use]
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// The error that this was made of, if it was made of one.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.error.as_deref()
    }

    /// Type, message and trace in one line.
    pub(crate) fn in_full(&self) -> String {
        self.trace.iter().fold(self.to_string(), |told, line| told + "; " + line)
    }

    /// The answer's body.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Strings alone cannot fail to serialise.
        serde_json::to_vec(self).expect("strings serialise")
    }
}

/// What led to an error, from its source on.
pub(crate) fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// An error with its causes in one line. An error's own text does not repeat them.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

/// The message that a panic was given, unless it was given something else than text.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&'static str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// `ParseError` for `my_crate::rows::ParseError`; the whole path where the last word says nothing.
fn type_name(full: &'static str) -> &'static str {
    let path = full.split('<').next().unwrap_or(full);
    if path.starts_with('&') || path.starts_with("alloc::") || path.starts_with("dyn ") {
        return "Error";
    }
    match path.rsplit("::").next() {
        Some("Error") | None => path,
        Some(last) => last,
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for Diagnostic {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.as_deref()?.source()
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self::of(error)
    }
}

impl From<String> for Diagnostic {
    fn from(message: String) -> Self {
        Self::new("Error", message)
    }
}

impl From<&str> for Diagnostic {
    fn from(message: &str) -> Self {
        Self::new("Error", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("bad row")]
    struct ParseError(#[source] std::num::ParseIntError);

    fn parse_error() -> ParseError {
        ParseError("x".parse::<u8>().unwrap_err())
    }

    #[test]
    fn an_error_tells_its_type_message_and_sources() {
        let json: serde_json::Value = serde_json::from_slice(&Diagnostic::of(parse_error()).to_json()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "errorMessage": "bad row",
                "errorType": "ParseError",
                "stackTrace": ["caused by: invalid digit found in string"],
            })
        );
    }

    #[test]
    fn a_message_without_a_type_is_an_error_and_has_no_trace() {
        for diagnostic in [Diagnostic::of("no"), Diagnostic::of(String::from("no")), Diagnostic::of(Error::from("no"))]
        {
            let json: serde_json::Value = serde_json::from_slice(&diagnostic.to_json()).unwrap();
            assert_eq!(json, serde_json::json!({"errorMessage": "no", "errorType": "Error"}));
        }
        let io = Diagnostic::of(std::io::Error::other("no"));
        assert_eq!(io.error_type(), "std::io::error::Error");
    }

    #[test]
    fn a_diagnostic_passes_unchanged_even_boxed() {
        let boxed: Error = Diagnostic::new("Mine", "so").with_trace(["here"]).into();
        let back = Diagnostic::of(boxed);
        assert_eq!((back.error_type(), back.message(), back.trace()), ("Mine", "so", &["here".to_owned()][..]));
    }

    #[test]
    fn the_error_and_its_source_stay_reachable_and_are_told_once() {
        let diagnostic = Diagnostic::of(parse_error());
        assert!(diagnostic.error().is_some_and(|error| error.is::<ParseError>()));
        assert!(std::error::Error::source(&diagnostic).is_some_and(|source| source.is::<std::num::ParseIntError>()));
        assert_eq!(with_causes(&diagnostic), "ParseError: bad row: invalid digit found in string");
        assert_eq!(diagnostic.in_full(), "ParseError: bad row; caused by: invalid digit found in string");
    }
}

//! Whether a request only asks what would happen: `dry_run` as a field of the body, or as `?dry_run=true`.

use connection::problem::Problem;
use serde_json::{Map, Value};

use crate::problem_json::Refusal;

/// The name of the field and of the query parameter.
pub const NAME: &str = "dry_run";

/// Whether a dry run is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flag(bool);

impl Flag {
    /// The value of a query parameter.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn of_query(value: &str) -> Result<Self, Refusal> {
        value.parse().map(Self).map_err(|_| Refusal::malformed("dry_run: must be true or false", Vec::new()))
    }

    /// Takes the field out of a document, which then holds what is asked for and nothing else.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn take_from(document: &mut Map<String, Value>) -> Result<Self, Refusal> {
        match document.remove(NAME) {
            None => Ok(Self(false)),
            Some(Value::Bool(flag)) => Ok(Self(flag)),
            Some(_) => Err(Refusal::malformed(
                "dry_run does not read",
                vec![Problem::at(format!("/{NAME}"), "this field must be true or false")],
            )),
        }
    }

    /// Set if either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 || other.0)
    }

    /// Whether a dry run is asked for.
    #[must_use]
    pub fn is_set(self) -> bool {
        self.0
    }
}

/// The flag of a request whose body holds nothing else: empty, or an object with this one field.
///
/// # Errors
/// When there is anything else in it.
pub fn of_body(body: &[u8]) -> Result<Flag, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(Flag::default());
    }
    let only = "the body must be empty, or an object with dry_run and nothing else";
    let Ok(Value::Object(mut document)) = serde_json::from_slice(body) else {
        return Err(Refusal::malformed(only, Vec::new()));
    };
    let flag = Flag::take_from(&mut document)?;
    if document.is_empty() { Ok(flag) } else { Err(Refusal::malformed(only, Vec::new())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_true_is_a_dry_run_and_anything_unclear_is_refused() {
        assert!(of_body(br#"{"dry_run": true}"#).unwrap().is_set());
        for none in [&b""[..], b" \n", b"{}", br#"{"dry_run": false}"#] {
            assert!(!of_body(none).unwrap().is_set());
        }
        for bad in [&b"x"[..], b"[]", br#"{"dry_run": "yes"}"#, br#"{"dry_run": true, "force": true}"#] {
            assert!(of_body(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(Flag::of_query("true").unwrap().is_set() && Flag::of_query("1").is_err());
    }
}

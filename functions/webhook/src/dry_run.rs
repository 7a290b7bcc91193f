//! Reading bodies, and whether one asks for a dry run: by its field `dry_run`. The query's parameter is read by the router.

use api::DryRun;
use api::route::DRY_RUN;
use connection::problem::Problem;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::problem_json::Refusal;

/// Takes the field out of a document, which then holds what is asked for and nothing else.
///
/// # Errors
/// When it is neither `true` nor `false`.
pub fn take_from(document: &mut Map<String, Value>) -> Result<bool, Refusal> {
    match document.remove(DRY_RUN) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(Refusal::malformed(
            "dry_run cannot be read",
            vec![Problem::at(format!("/{DRY_RUN}"), "this field must be true or false")],
        )),
    }
}

/// Reads a body that must be a JSON object: serde takes an array for a struct too.
///
/// # Errors
/// What is wrong with it, in words.
pub fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err("it is not a JSON object".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// The flag of a request whose body holds nothing else: empty, or an object with this one field.
///
/// # Errors
/// When there is anything else in it.
pub fn of_body(body: &[u8]) -> Result<bool, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(false);
    }
    object(body).map(|DryRun { dry_run }| dry_run).map_err(|error| {
        let only = "the body must be empty, or an object with dry_run (true or false) and nothing else";
        Refusal::malformed(format!("{only}: {error}"), Vec::new())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_true_is_a_dry_run_and_anything_unclear_is_refused() {
        assert!(of_body(br#"{"dry_run": true}"#).unwrap());
        for none in [&b""[..], b" \n", b"{}", br#"{"dry_run": false}"#] {
            assert!(!of_body(none).unwrap());
        }
        for bad in [&b"x"[..], b"[]", br#"{"dry_run": "yes"}"#, br#"{"dry_run": true, "force": true}"#] {
            assert!(of_body(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        let mut document = Map::from_iter([(DRY_RUN.to_owned(), Value::from("yes"))]);
        assert!(take_from(&mut document).is_err());
    }
}

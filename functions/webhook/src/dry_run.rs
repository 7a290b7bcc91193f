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
        Some(other) => Err(Refusal::malformed(
            "dry_run cannot be read",
            vec![Problem::at(format!("/{DRY_RUN}"), format!("{} is not true or false", strict::shown(&other)))],
        )),
    }
}

/// The value that a body is.
///
/// # Errors
/// When it is no JSON, or one of its keys is there twice.
pub fn value(body: &[u8]) -> Result<Value, Refusal> {
    strict::json(body).map_err(|problems| Refusal::malformed("the body cannot be read; errors says where", problems))
}

/// Reads a body, which must be `what`.
///
/// # Errors
/// What is wrong with it.
pub fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Refusal> {
    let read = strict::json(body).and_then(strict::read);
    read.map_err(|problems| {
        Refusal::malformed(format!("the body must be {what}; errors says where it is not"), problems)
    })
}

/// The flag of a request whose body holds nothing else: empty, or an object with this one field.
///
/// # Errors
/// When there is anything else in it.
pub fn of_body(body: &[u8]) -> Result<bool, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(false);
    }
    let DryRun { dry_run } = read(body, "empty, or an object with dry_run (true or false) and nothing else")?;
    Ok(dry_run)
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
        for bad in [
            &b"x"[..],
            b"[]",
            b"[true]",
            b"null",
            br#"{"dry_run": "yes"}"#,
            br#"{"dry_run": true, "force": true}"#,
            br#"{"dry_run": true, "dry_run": false}"#,
        ] {
            assert!(of_body(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        let mut document = Map::from_iter([(DRY_RUN.to_owned(), Value::from("yes"))]);
        assert!(take_from(&mut document).is_err());
    }
}

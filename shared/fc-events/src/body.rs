//! Message bodies that should be JSON and may be wrapped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a message body is not what the handler expects. A message like this does not get better by delivering it again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// A text that is neither JSON nor base64 of JSON.
    #[error("the message body is a text that contains no JSON")]
    NotJson(#[source] serde_json::Error),
    /// JSON of another shape.
    #[error("the message body has another shape: {0}")]
    Shape(#[source] serde_json::Error),
}

/// The body as `T`: the value itself, what its text contains, or what its text contains in base64.
pub(crate) fn read<T: DeserializeOwned>(body: &Value) -> Result<T, BodyError> {
    let direct = T::deserialize(body);
    let Value::String(text) = body else { return direct.map_err(BodyError::Shape) };
    if let Ok(value) = direct {
        return Ok(value);
    }
    let not_json = match serde_json::from_str::<Value>(text) {
        Ok(value) => return T::deserialize(value).map_err(BodyError::Shape),
        Err(error) => error,
    };
    let decoded = STANDARD.decode(text.trim()).ok();
    match decoded.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
        Some(value) => T::deserialize(value).map_err(BodyError::Shape),
        None => Err(BodyError::NotJson(not_json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Job {
        name: String,
    }

    #[test]
    fn a_value_a_text_and_base64_are_the_same_body() {
        for body in [json!({"name": "a"}), json!(r#"{"name":"a"}"#), json!("eyJuYW1lIjoiYSJ9")] {
            assert_eq!(read::<Job>(&body).unwrap(), Job { name: "a".into() }, "{body}");
        }
    }

    #[test]
    fn scalars_are_read_as_what_the_handler_asks_for() {
        assert_eq!(read::<String>(&json!("12")).unwrap(), "12");
        assert_eq!(read::<i64>(&json!("12")).unwrap(), 12);
        assert_eq!(read::<i64>(&json!(12)).unwrap(), 12);
        assert_eq!(read::<Option<Job>>(&Value::Null).unwrap(), None);
    }

    #[test]
    fn the_error_tells_no_json_from_another_shape() {
        for body in [json!("TEST"), json!("not base64!"), json!("")] {
            assert!(matches!(read::<Job>(&body), Err(BodyError::NotJson(_))), "{body}");
        }
        for body in [json!({"title": 1}), json!(r#"{"title":1}"#), json!(true), Value::Null] {
            assert!(matches!(read::<Job>(&body), Err(BodyError::Shape(_))), "{body}");
        }
    }
}

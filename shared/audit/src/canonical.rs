//! One spelling of a JSON value: keys in order, no white space. Equal values have equal text, so the text can be hashed.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The one spelling of a value.
#[must_use]
pub fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// SHA-256 of the one spelling, in hexadecimal.
#[must_use]
pub fn sha256(value: &Value) -> String {
    hex::encode(Sha256::digest(text(value)))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            // Sorted here and not left to the map: whether that sorts is a feature that any crate may switch.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            list(text, '{', '}', fields, |(name, field), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(field, text);
            });
        }
        Value::Array(items) => list(text, '[', ']', items, write),
        plain => text.push_str(&plain.to_string()),
    }
}

fn list<T>(
    text: &mut String,
    open: char,
    close: char,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    text.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_and_white_space_do_not_count_and_everything_else_does() {
        let spelled: Value = serde_json::from_str("{ \"b\": [1, \"x\\\"\"],\n \"a\": null }").unwrap();
        assert_eq!(text(&spelled), r#"{"a":null,"b":[1,"x\""]}"#);
        assert_eq!(sha256(&spelled), sha256(&json!({"a": null, "b": [1, "x\""]})));
        assert_ne!(sha256(&spelled), sha256(&json!({"a": null, "b": ["x\"", 1]})));
    }
}

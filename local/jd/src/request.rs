//! A request's parts, typed.

use local_core::refuse_if;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{JdError, JdStatus};
use super::place::Place;

/// A request whose sender is known and whose operation is clear.
#[derive(Debug)]
pub(super) struct JdRequest {
    pub account: String,
    pub region: String,
    /// The id in the path; empty for the operations on a collection.
    pub id: String,
    /// The decoded query, in which reads and deletes carry their parameters.
    pub query: Vec<(String, String)>,
    /// The body, in which the others carry theirs, without its nulls: clients send one for whatever is not set.
    pub body: Value,
}

/// What any creation may ask for and this cloud does not keep.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NotKept {
    #[serde(default)]
    user_tags: Vec<Value>,
    resource_group_id: Option<String>,
}

impl JdRequest {
    /// Whose resources it is about, and where.
    pub(super) fn place(&self) -> Place {
        Place::new(&self.account, &self.region)
    }

    /// A parameter of the query; empty counts as absent.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The body as what the operation takes. Fields that it does not know are ignored.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, JdError> {
        T::deserialize(&self.body).map_err(|error| JdError::invalid(format!("the body does not read: {error}")))
    }

    /// One field of the body.
    pub(super) fn field<T: DeserializeOwned>(&self, name: &str) -> Result<T, JdError> {
        let value = self.body.get(name).unwrap_or(&Value::Null);
        T::deserialize(value).map_err(|error| JdError::invalid(format!("the body does not read: {name}: {error}")))
    }

    /// The body of a creation, which must not ask for tags or a resource group: those are not kept here.
    pub(super) fn creation<T: DeserializeOwned>(&self) -> Result<T, JdError> {
        let NotKept { user_tags, resource_group_id } = self.body()?;
        if !user_tags.is_empty() || resource_group_id.is_some_and(|id| !id.is_empty()) {
            return Err(JdError::new(JdStatus::NotImplemented, "tags and resource groups are not kept here"));
        }
        self.body()
    }
}

/// The JSON object in `bytes` without its nulls; nothing at all is an empty one.
pub(super) fn read_body(bytes: &[u8]) -> Result<Value, JdError> {
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let malformed = || JdError::invalid("the body is not a JSON object");
    let mut value: Value = serde_json::from_slice(bytes).map_err(|_| malformed())?;
    refuse_if!(!value.is_object(), malformed());
    drop_nulls(&mut value);
    Ok(value)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nulls_are_as_good_as_absent() {
        let body = br#"{"a":null,"b":[{"c":null,"d":"\u4eac"}],"e":[null]}"#;
        assert_eq!(read_body(body).unwrap(), json!({"b": [{"d": "京"}], "e": []}));
        assert_eq!(read_body(b"").unwrap(), json!({}));
        for wrong in [&b"null"[..], b"[]", b"{", b"\"a\""] {
            assert_eq!(read_body(wrong).unwrap_err().code, "INVALID_ARGUMENT");
        }
    }
}

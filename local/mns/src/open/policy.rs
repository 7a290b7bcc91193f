//! Policies: JSON objects inside a parameter, with `Enabled` and what belongs to it. Numbers and flags come as such or as text.

use local_core::rpc::RpcError;
use serde_json::{Map, Value};

/// The object in one parameter.
pub(super) struct Policy<'a> {
    parameter: &'a str,
    fields: Map<String, Value>,
}

impl<'a> Policy<'a> {
    pub(super) fn read(parameter: &'a str, text: &str) -> Result<Self, RpcError> {
        let fields = serde_json::from_str(text)
            .map_err(|_| RpcError::invalid_parameter(parameter, "it must be an object in JSON"))?;
        Ok(Self { parameter, fields })
    }

    /// Whether the policy holds; it does not unless it says so.
    pub(super) fn is_enabled(&self) -> Result<bool, RpcError> {
        match self.text("Enabled").to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            _ => Err(RpcError::invalid_parameter(self.parameter, "Enabled must be true or false")),
        }
    }

    /// The text of a field that must be there.
    pub(super) fn required(&self, field: &str) -> Result<String, RpcError> {
        match self.text(field) {
            text if text.is_empty() => Err(RpcError::missing_parameter(&format!("{}.{field}", self.parameter))),
            text => Ok(text),
        }
    }

    /// The number in a field that must be there.
    pub(super) fn number(&self, field: &str) -> Result<u32, RpcError> {
        let wrong = |_| RpcError::invalid_parameter(self.parameter, &format!("{field} must be a number"));
        self.required(field)?.parse().map_err(wrong)
    }

    fn text(&self, field: &str) -> String {
        match self.fields.get(field) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

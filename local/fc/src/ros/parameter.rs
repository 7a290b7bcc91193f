//! The values of parameters: given or default, of the right type, within what the template allows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::{ParameterFault, RosError};
use super::template::{Parameter, ParameterType, Template};

/// All parameters with their values.
#[derive(Clone, Default)]
pub(crate) struct Values {
    pub(crate) values: BTreeMap<String, Value>,
    /// What must not be repeated in a message: the texts of `NoEcho` parameters.
    pub(crate) secrets: Vec<String>,
}

impl Values {
    /// Joins what was given with the defaults.
    pub(crate) fn settle(template: &Template, given: &BTreeMap<String, Value>) -> Result<Self, RosError> {
        let declared = &template.document.parameters;
        if let Some(name) = given.keys().find(|name| !declared.contains_key(*name)) {
            return Err(refuse(name, ParameterFault::Unknown, "the template declares no such parameter"));
        }
        let mut settled = Self::default();
        for (name, parameter) in declared {
            let raw = given
                .get(name)
                .or(parameter.default.as_ref())
                .ok_or_else(|| refuse(name, ParameterFault::Missing, "has no default, so a value must be given"))?;
            let value =
                convert(parameter.kind, raw).map_err(|problem| refuse(name, ParameterFault::Value, &problem))?;
            check(name, parameter, &value)?;
            if parameter.no_echo {
                settled.secrets.extend(value.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
            }
            settled.values.insert(name.clone(), value);
        }
        Ok(settled)
    }

    /// `text` without the values that must not be shown.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "******"))
    }
}

fn refuse(name: &str, fault: ParameterFault, problem: &str) -> RosError {
    RosError::Parameter { name: name.to_owned(), problem: problem.to_owned(), fault }
}

/// The value in the type that the parameter declares. Messages never repeat the value: it may be a secret.
fn convert(kind: ParameterType, raw: &Value) -> Result<Value, String> {
    match (kind, raw) {
        (ParameterType::String, Value::String(_))
        | (ParameterType::Number, Value::Number(_))
        | (ParameterType::Boolean, Value::Bool(_))
        | (ParameterType::CommaDelimitedList, Value::Array(_))
        | (ParameterType::Json, Value::Object(_) | Value::Array(_)) => Ok(raw.clone()),
        (ParameterType::String, Value::Number(number)) => Ok(Value::String(number.to_string())),
        (ParameterType::String, Value::Bool(flag)) => Ok(Value::String(flag.to_string())),
        (ParameterType::Number, Value::String(text)) => serde_json::from_str::<serde_json::Number>(text.trim())
            .map(Value::Number)
            .map_err(|_| "is not a number".to_owned()),
        (ParameterType::Boolean, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err("is neither true nor false".to_owned()),
        },
        (ParameterType::CommaDelimitedList, Value::String(text)) => {
            Ok(text.split(',').map(|item| Value::String(item.trim().to_owned())).collect())
        }
        (ParameterType::Json, Value::String(text)) => serde_json::from_str(text).map_err(|_| "is not JSON".to_owned()),
        (kind, _) => Err(format!("is not of type {kind:?}")),
    }
}

fn check(name: &str, parameter: &Parameter, value: &Value) -> Result<(), RosError> {
    let explain = |rule: String| {
        let hint = parameter.constraint_description.as_ref().and_then(Value::as_str);
        refuse(name, ParameterFault::Value, &hint.map_or(rule.clone(), |hint| format!("{rule} ({hint})")))
    };
    let allowed = &parameter.allowed_values;
    if !allowed.is_empty() && !allowed.iter().any(|one| convert(parameter.kind, one).as_ref() == Ok(value)) {
        let list = allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        return Err(explain(format!("must be one of {list}")));
    }
    let length = value.as_str().map(|text| text.chars().count());
    if let (Some(length), Some(min)) = (length, parameter.min_length)
        && length < min
    {
        return Err(explain(format!("must have at least {min} characters")));
    }
    if let (Some(length), Some(max)) = (length, parameter.max_length)
        && length > max
    {
        return Err(explain(format!("must have at most {max} characters")));
    }
    if let (Some(number), Some(min)) = (value.as_f64(), parameter.min_value)
        && number < min
    {
        return Err(explain(format!("must be at least {min}")));
    }
    if let (Some(number), Some(max)) = (value.as_f64(), parameter.max_value)
        && number > max
    {
        return Err(explain(format!("must be at most {max}")));
    }
    Ok(())
}

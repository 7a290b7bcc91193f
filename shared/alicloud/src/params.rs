//! The flat parameters of an RPC call.

use std::fmt::Display;

/// Parameters in the order they were added. Lists are `Name.N` from 1.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// Adds a parameter if it has a value.
    pub(crate) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The parameters as a query, strictly encoded.
    pub(crate) fn into_query(self) -> String {
        signing::encode::query(self.0)
    }
}

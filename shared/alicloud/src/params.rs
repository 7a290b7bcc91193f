//! The flat parameters of an RPC call.

use std::fmt::Display;

/// Where the parameters of a product's calls travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// In the query of a POST without a body.
    Query,
    /// As a form in the body of a POST.
    Form,
}

/// Parameters in the order they were added. Lists are `Name.N` from 1.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// Those of a form call that the product wants in the query all the same.
    in_query: Vec<(String, String)>,
}

impl Params {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.pairs.push((name.into(), value.to_string()));
        self
    }

    /// Adds a parameter if it has a value.
    #[must_use]
    pub fn maybe(self, name: impl Into<String>, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a parameter, if it has a value, that stands in the query even where the others travel as a form.
    #[must_use]
    pub fn maybe_in_query(mut self, name: &str, value: Option<impl Display>) -> Self {
        self.in_query.extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    /// Adds a list: `Name.1`, `Name.2`, …
    #[must_use]
    pub fn list(self, name: &str, values: impl IntoIterator<Item = impl Display>) -> Self {
        (1..).zip(values).fold(self, |params, (n, value): (u32, _)| params.with(format!("{name}.{n}"), value))
    }

    /// The query and the form of a call, strictly encoded.
    #[must_use]
    pub fn split(self, style: Style) -> (String, String) {
        let Self { pairs, in_query } = self;
        match style {
            Style::Query => (cloud_signing::encode::query(pairs.into_iter().chain(in_query)), String::new()),
            Style::Form => (cloud_signing::encode::query(in_query), cloud_signing::encode::query(pairs)),
        }
    }
}

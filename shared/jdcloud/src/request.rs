//! What a call asks for: method, path below the region, query or body.

use http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::call::Call;

/// One request, not yet signed.
#[derive(Debug, Clone)]
pub(crate) struct UnsignedRequest {
    pub call: Call,
    pub method: Method,
    /// Below the region, encoded as it goes over the wire.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
    /// An id in the path that is empty would make the request one for the whole collection.
    pub lacks_id: bool,
}

impl UnsignedRequest {
    fn new(call: Call, method: Method, path: String) -> Self {
        Self { call, method, path, query: Vec::new(), body: None, lacks_id: false }
    }

    fn below(call: Call, method: Method, collection: &str, id: &str, action: &str) -> Self {
        let path = format!("/{collection}/{}{action}", cloud_signing::encode::component(id));
        Self { lacks_id: id.is_empty(), ..Self::new(call, method, path) }
    }

    /// All of a collection.
    pub(crate) fn list(call: Call, collection: &str) -> Self {
        Self::new(call, Method::GET, format!("/{collection}/"))
    }

    /// One thing of a collection.
    pub(crate) fn one(call: Call, collection: &str, id: &str) -> Self {
        Self::below(call, Method::GET, collection, id, "")
    }

    /// A new thing.
    pub(crate) fn create(call: Call, collection: &str, body: &impl Serialize) -> Self {
        Self::new(call, Method::POST, format!("/{collection}/")).with_body(body)
    }

    /// A thing goes.
    pub(crate) fn delete(call: Call, collection: &str, id: &str) -> Self {
        Self::below(call, Method::DELETE, collection, id, "")
    }

    /// An action on one thing. Its colon goes encoded, because that is what both signatures sign.
    pub(crate) fn action(call: Call, collection: &str, id: &str, body: &impl Serialize) -> Self {
        let action = format!("%3A{}", call.name());
        Self::below(call, Method::POST, collection, id, &action).with_body(body)
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    fn with_body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_value(body).expect("a request is plain data and always serialises"));
        self
    }
}

/// A filter of a listing: rows whose field has one of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter<'a> {
    pub name: &'static str,
    pub values: Vec<&'a str>,
}

impl<'a> Filter<'a> {
    /// One value; nothing when it is absent.
    pub(crate) fn one(name: &'static str, value: Option<&'a String>) -> Self {
        Self { name, values: value.into_iter().map(String::as_str).collect() }
    }

    /// Any of several values; nothing when there is none.
    pub(crate) fn any(name: &'static str, values: &'a [String]) -> Self {
        Self { name, values: values.iter().map(String::as_str).collect() }
    }
}

/// The parameters of `filters`, numbered from 1; a filter without a value is left out.
pub(crate) fn filtered(mut asked: UnsignedRequest, filters: &[Filter<'_>]) -> UnsignedRequest {
    let meant = filters.iter().filter(|filter| !filter.values.is_empty());
    for (number, filter) in (1..).zip(meant) {
        asked = asked.with(format!("filters.{number}.name"), filter.name);
        for (place, value) in (1..).zip(&filter.values) {
            asked = asked.with(format!("filters.{number}.values.{place}"), value);
        }
    }
    asked
}

//! An operation, as the tables of the products of this crate list them.

use local_core::access::Need;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::Value;

/// How the gateway sees an operation of product `P`.
pub(crate) struct Operation<P: 'static> {
    /// As clients call it.
    pub name: &'static str,
    /// Whether it can change anything.
    pub writes: bool,
    /// The resources that a policy must name, as ARNs.
    pub on: fn(&RpcRequest) -> Vec<String>,
    /// Does it.
    pub run: fn(&P, &RpcRequest) -> Result<Value, RpcError>,
}

impl<P> Operation<P> {
    /// Which operations there are, and which of them write.
    pub(crate) fn names(all: &'static [Self]) -> impl Iterator<Item = (&'static str, bool)> {
        all.iter().map(|operation| (operation.name, operation.writes))
    }

    pub(crate) fn find(all: &'static [Self], name: &str) -> Option<&'static Self> {
        all.iter().find(|operation| operation.name == name)
    }

    /// What the policies of a caller must allow: the operation under its own name, on each of its resources.
    pub(crate) fn needs(all: &'static [Self], request: &RpcRequest) -> Vec<Need> {
        let action = format!("{}:{}", request.product.ram_code(), request.action);
        let resources = Self::find(all, &request.action).map(|operation| (operation.on)(request)).unwrap_or_default();
        resources.into_iter().map(|resource| Need::new(action.clone(), resource)).collect()
    }

    /// Does it, if it is one of `all`.
    pub(crate) fn call(
        all: &'static [Self],
        product: &P,
        request: &RpcRequest,
        version: &str,
    ) -> Result<Value, RpcError> {
        let operation = Self::find(all, &request.action);
        (operation.ok_or_else(|| RpcError::unknown_action(&request.action, version))?.run)(product, request)
    }
}

/// Any resource.
pub(crate) fn anything(_: &RpcRequest) -> Vec<String> {
    vec!["*".to_owned()]
}

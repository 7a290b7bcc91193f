//! A call whose caller is proven, on its way to the product.

use http::StatusCode;

use super::{Params, RpcError};
use crate::calls::{Need, Product as Name};
use crate::coverage::Coverage;
use crate::identity::Identity;

/// A product as the gateway of RPC calls sees it.
pub trait Product: Send + Sync {
    /// Which one it is.
    fn name(&self) -> Name;
    /// Whether `action` may change something; `None` when there is no such action.
    fn is_write(&self, action: &str) -> Option<bool>;
    /// What the caller's policies must allow. Unless the product says better: the action, on everything.
    fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        vec![Need::new(format!("{}:{}", self.name().ram_code(), request.action), "*")]
    }
    /// What conditions of policies may ask for.
    fn facts(&self, _: &RpcRequest) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// The code that tells that the policies do not allow a call.
    fn denial(&self) -> &'static str {
        "Forbidden.RAM"
    }
    /// The HTTP status that goes with it.
    fn denial_status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
    /// What is said of a region that does not exist.
    fn unknown_region(&self, region: &str) -> RpcError {
        RpcError::unknown_region(region)
    }
    /// What it offers.
    fn coverage(&self) -> Coverage;
    /// Does it. The answer is the body without `RequestId`.
    fn call(&self, request: &RpcRequest) -> Result<serde_json::Value, RpcError>;
}

/// One call.
#[derive(Debug, Clone)]
pub struct RpcRequest {
    /// The product that is called. Several of them have operations of the same name.
    pub product: Name,
    /// The operation.
    pub action: String,
    /// Who calls.
    pub caller: Identity,
    /// The region: by `RegionId`, else by the host, else the operator's own.
    pub region: String,
    /// The parameters without those of the envelope.
    pub params: Params,
}

impl RpcRequest {
    /// The caller's account.
    pub fn account(&self) -> &str {
        &self.caller.account_id
    }
}

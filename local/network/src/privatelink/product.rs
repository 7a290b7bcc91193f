//! Opening the product for an account.

use local_core::directory::LinkedService;
use local_core::opened::Openable;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use crate::vpc::World;

/// Whether the account may use the product at all, where that matters.
pub(super) fn check(world: &mut World, request: &RpcRequest) -> Result<(), RpcError> {
    let is_about_that = matches!(
        request.action.as_str(),
        "OpenPrivateLinkService" | "CheckProductOpen" | "DescribeRegions" | "DescribeZones"
    );
    if is_about_that || is_opened(world, request) {
        return Ok(());
    }
    Err(not_open())
}

fn is_opened(world: &World, request: &RpcRequest) -> bool {
    let has_ordered = world.links.opened.get(request.account()).is_some();
    let is_closed = !world.shared.opened.has(request.account(), Openable::PrivateLink);
    !is_closed && (has_ordered || !world.links.settings.needs_opening)
}

fn not_open() -> RpcError {
    RpcError::bad("NeedOpenProduct", "The product is not open for the account.")
}

pub(super) fn open(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let was_closed = world.shared.opened.open(request.account(), Openable::PrivateLink)?;
    if !was_closed && world.links.opened.get(request.account()).is_some() {
        // The product's own spelling.
        return Err(RpcError::bad("OrderOpend", "The product is open already."));
    }
    let order = format!("{}", 200_000_000_000_u64 + world.shared.ids.below(99_999_999_999));
    world.links.opened.insert(request.account(), order.clone());
    if let Some(service) = LinkedService::of_role("AliyunServiceRoleForPrivatelink") {
        world.shared.identities.link(request.account(), service)?;
    }
    Ok(json!({ "OrderId": order }))
}

/// It is documented to answer nothing but true.
pub(super) fn is_open(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    refuse_if!(!is_opened(world, request), not_open());
    Ok(json!({ "Success": true }))
}

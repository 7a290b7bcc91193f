//! What regions and zones there are.

use local_core::regions::{self, Region};
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::refusal;
use crate::vpc::World;

pub(super) fn describe_regions(_: &mut World, _: &RpcRequest) -> Result<Value, RpcError> {
    let regions: Vec<Value> = regions::ALL
        .iter()
        .map(|region| {
            let endpoint = format!("privatelink.{}.aliyuncs.com", region.id);
            json!({ "RegionId": region.id, "LocalName": region.name, "RegionEndpoint": endpoint })
        })
        .collect();
    Ok(json!({ "Regions": { "Region": regions } }))
}

pub(super) fn describe_zones(_: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let region = Region::find(&request.region).ok_or_else(|| refusal::no_region(&request.region))?;
    let zones: Vec<Value> = region.zones().map(|zone| json!({ "ZoneId": zone, "LocalName": zone })).collect();
    Ok(json!({ "Zones": { "Zone": zones } }))
}

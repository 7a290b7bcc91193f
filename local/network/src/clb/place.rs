//! What regions and zones there are.

use local_core::regions::{self, Region};
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use crate::vpc::World;

pub(super) fn describe_regions(_: &mut World, _: &RpcRequest) -> Result<Value, RpcError> {
    let regions: Vec<Value> = regions::ALL
        .iter()
        .map(|region| json!({ "RegionId": region.id, "LocalName": region.name, "RegionEndpoint": "slb.aliyuncs.com" }))
        .collect();
    Ok(json!({ "Regions": { "Region": regions } }))
}

/// Each zone with the zones that may stand by for it: all others of the region.
pub(super) fn describe_zones(_: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let region = Region::find(&request.region).ok_or_else(|| RpcError::unknown_region(&request.region))?;
    let zones: Vec<Value> = region
        .zones()
        .map(|zone| {
            let others: Vec<Value> = region
                .zones()
                .filter(|other| *other != zone)
                .map(|other| json!({ "ZoneId": other, "LocalName": other }))
                .collect();
            json!({ "ZoneId": zone, "LocalName": zone, "SlaveZones": { "SlaveZone": others } })
        })
        .collect();
    Ok(json!({ "Zones": { "Zone": zones } }))
}

//! An account in a region: the only place that a call sees. Also what regions and zones there are.

use local_core::regions::{self, Region};
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::world::World;

/// Whose resources, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub account: String,
    pub region: String,
}

impl Place {
    pub(crate) fn new(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned() }
    }

    /// The place that a call is about.
    pub(crate) fn of(request: &RpcRequest) -> Self {
        Self::new(request.account(), &request.region)
    }

    /// The key of a resource here.
    pub(crate) fn key(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.account, self.region)
    }

    /// What the keys of all resources here begin with.
    pub(crate) fn prefix(&self) -> String {
        self.key("")
    }

    /// The account id as a number, which is how the product writes owners.
    pub(crate) fn owner(&self) -> u64 {
        self.account.parse().unwrap_or_default()
    }
}

pub(super) fn describe_regions(_: &mut World, _: &RpcRequest) -> Result<Value, RpcError> {
    let regions: Vec<Value> = regions::ALL
        .iter()
        .map(|r| json!({ "RegionId": r.id, "LocalName": r.name, "RegionEndpoint": r.vpc_endpoint() }))
        .collect();
    Ok(json!({ "Regions": { "Region": regions } }))
}

pub(super) fn describe_zones(_: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let region = Region::find(&request.region).ok_or_else(|| RpcError::unknown_region(&request.region))?;
    let zones: Vec<Value> = region.zones().map(|zone| json!({ "ZoneId": zone, "LocalName": zone })).collect();
    Ok(json!({ "Zones": { "Zone": zones } }))
}

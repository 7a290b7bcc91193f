//! GetVpcPeerConnectionAttribute and ListVpcPeerConnections.

use local_core::delays::Wait;
use local_core::rpc::page::Cursor;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::peering::{End, Link, Peering, Status, find};
use super::refusal;
use crate::vpc::text::time;
use crate::vpc::{Place, World};

pub(super) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    Ok(view(world, find(world, &request.params, request.account())?))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let cursor = Cursor::named("MaxResults", 1..=100, 20, params)?;
    let vpcs = vpc_ids(params)?;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let is_wanted = |peering: &Peering| {
        let mut own = peering.ends().into_iter().filter(|end| end.account == request.account());
        own.any(|end| is("RegionId", &end.region))
            && is("InstanceId", &peering.id)
            && is("Name", &peering.name)
            && (vpcs.is_empty() || peering.ends().iter().any(|end| vpcs.contains(&end.vpc_id)))
    };
    let rows = world.peerings.all.rows.iter().filter(|(_, peering)| is_wanted(peering));
    let items: Vec<(String, Value)> = rows.map(|(id, peering)| (id.to_owned(), view(world, peering))).collect();
    let total = items.len();
    let (page, next) = cursor.cut(items);
    Ok(json!({ "VpcPeerConnects": page, "NextToken": next, "TotalCount": total, "MaxResults": cursor.most() }))
}

/// One value with commas, a JSON list, or `VpcId.1`, `VpcId.2`, …: clients send each.
fn vpc_ids(params: &Params) -> Result<Vec<String>, RpcError> {
    match params.get("VpcId") {
        Some(json) if json.starts_with('[') => {
            serde_json::from_str(json).map_err(|_| refusal::illegal("VpcId", "it is no list"))
        }
        Some(ids) => Ok(ids.split(',').map(|id| id.trim().to_owned()).collect()),
        None => Ok(params.list("VpcId").into_iter().map(str::to_owned).collect()),
    }
}

/// All fields. Either account is told both VPCs' ranges.
fn view(world: &World, peering: &Peering) -> Value {
    let place = |end: &End| Place::new(&end.account, &end.region);
    let vpc = |end: &End| {
        let ranges = world.ranges_of_network(&place(end), &end.vpc_id);
        json!({ "VpcId": end.vpc_id, "Ipv4Cidrs": ranges, "Ipv6Cidrs": [] })
    };
    let mut view = json!({
        "InstanceId": peering.id,
        "Name": peering.name,
        "Description": peering.description,
        "Status": peering.status.word(),
        "BizStatus": peering.business.word(),
        "RegionId": peering.requester.region,
        "OwnerId": place(&peering.requester).owner(),
        "Vpc": vpc(&peering.requester),
        "AcceptingRegionId": peering.accepter.region,
        "AcceptingOwnerUid": place(&peering.accepter).owner(),
        "AcceptingVpc": vpc(&peering.accepter),
        "Bandwidth": peering.bandwidth.map_or(-1, i64::from),
        "LinkType": peering.link.map_or("", Link::word),
        "GmtCreate": time(peering.created),
        "GmtModified": time(peering.modified),
        "ManagedService": "",
        "ResourceGroupId": "",
        "Tags": [],
    });
    // When the other account's time is up, or was.
    let expiry = match (peering.status, peering.waiting) {
        (Status::Accepting, Some(waiting)) => {
            world.shared.delays.of(Wait::PeeringExpire, &peering.id).map(|delay| waiting.since + delay)
        }
        (Status::Expired, _) => Some(peering.modified),
        _ => None,
    };
    if let Some(expiry) = expiry {
        view["GmtExpired"] = time(expiry).into();
    }
    view
}

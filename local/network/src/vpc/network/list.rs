//! DescribeVpcs, DescribeVpcAttribute, DescribeVRouters.

use local_core::rpc::page::Page;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::text;
use super::super::world::World;

pub(in crate::vpc) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let page = Page::read(params)?;
    let wanted: Option<Vec<&str>> = params.get("VpcId").map(|ids| ids.split(',').map(str::trim).collect());
    if wanted.as_ref().is_some_and(|ids| ids.len() > 20) {
        return Err(RpcError::invalid_parameter("VpcId", "it may hold at most 20 ids"));
    }
    let name = params.get("VpcName");
    // There are no default VPCs here.
    let only_default = params.get("IsDefault").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let items = world
        .networks
        .at(&place)
        .map(|(_, network)| network)
        .filter(|network| wanted.as_ref().is_none_or(|ids| ids.contains(&network.id.as_str())))
        .filter(|network| name.is_none_or(|name| name == network.name) && !only_default)
        .map(|network| world.network_view(&place, network))
        .collect();
    Ok(page.answer("Vpcs", "Vpc", items))
}

pub(in crate::vpc) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let network = world.network(&place, &request.params)?;
    let mut view = world.network_view(&place, network);
    if let Value::Object(fields) = &mut view {
        // This call alone leaves the route tables out, and tells of what else is attached.
        fields.remove("RouterTableIds");
        fields.insert("AssociatedCens".to_owned(), json!({ "AssociatedCen": [] }));
        let resources = [
            ("VSwitch", world.vswitches_of(&place, &network.id).count()),
            ("RouteTable", world.tables_of(&place, &network.id).count()),
            ("RouterInterface", world.interfaces.at(&place).filter(|(_, i)| i.router_id == network.router_id).count()),
        ];
        let resources: Vec<Value> = resources
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| json!({ "ResourceType": kind, "ResourceCount": count }))
            .collect();
        fields.insert("CloudResources".to_owned(), json!({ "CloudResourceSetType": resources }));
    }
    Ok(view)
}

pub(in crate::vpc) fn list_routers(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let page = Page::read(&request.params)?;
    let wanted = request.params.get("VRouterId");
    let items = world
        .networks
        .at(&place)
        .map(|(_, network)| network)
        .filter(|network| wanted.is_none_or(|id| id == network.router_id))
        .map(|network| {
            let tables: Vec<&str> = world.tables_of(&place, &network.id).map(|table| table.id.as_str()).collect();
            json!({
                "VRouterId": network.router_id,
                "VRouterName": "",
                "Description": "",
                "VpcId": network.id,
                "RegionId": place.region,
                "RouteTableIds": { "RouteTableId": tables },
                "CreationTime": text::time(network.created),
            })
        })
        .collect();
    Ok(page.answer("VRouters", "VRouter", items))
}

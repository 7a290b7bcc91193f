//! Telling of load balancers.

use local_core::rpc::page::Page;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::{Balancer, named};
use crate::vpc::{Place, World};

pub(in crate::clb) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let page = Page::up_to(100, params)?;
    let items = world.clb.at(&place).filter(|balancer| fits(balancer, params)).map(|b| b.view(&place)).collect();
    Ok(page.answer("LoadBalancers", "LoadBalancer", items))
}

fn fits(balancer: &Balancer, params: &Params) -> bool {
    let address = balancer.address.to_string();
    let exact = [
        ("LoadBalancerStatus", balancer.status.word()),
        ("AddressType", balancer.address_type.word()),
        ("Address", &address),
        ("AddressIPVersion", "ipv4"),
        ("NetworkType", balancer.network_type()),
        ("VpcId", &balancer.vpc_id),
        ("VSwitchId", &balancer.vswitch_id),
        ("MasterZoneId", &balancer.master_zone),
        ("SlaveZoneId", &balancer.slave_zone),
        ("PayType", balancer.pay_type.word()),
        ("InternetChargeType", balancer.traffic_charge.word()),
        ("ResourceGroupId", &balancer.resource_group),
    ];
    let among = |name: &str, value: &str| params.get(name).is_none_or(|all| all.split(',').any(|one| one == value));
    exact.iter().all(|(name, value)| params.get(name).is_none_or(|wanted| wanted == *value))
        && among("LoadBalancerId", &balancer.id)
        && among("LoadBalancerName", &balancer.name)
        && params.get("ServerId").is_none_or(|id| balancer.backends.iter().any(|backend| backend.server_id == id))
        && crate::tags::fit(&balancer.tags, params)
}

pub(in crate::clb) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let balancer = named(world, &place, &request.params)?;
    let listeners: Vec<(u16, &str)> =
        world.clb.listeners_of(&place, &balancer.id).map(|own| (own.port, own.protocol.word())).collect();
    let ports: Vec<u16> = listeners.iter().map(|(port, _)| *port).collect();
    // Both spellings are the product's own.
    let spelt = |word: &str| -> Vec<Value> {
        let one = |(port, protocol): &(u16, &str)| json!({ "ListenerPort": port, word: protocol });
        listeners.iter().map(one).collect()
    };
    let backends: Vec<Value> = balancer.backends.iter().map(|backend| backend.view(backend.weight.into())).collect();
    let mut view = balancer.view(&place);
    if let Value::Object(fields) = &mut view {
        fields.insert("ListenerPorts".to_owned(), json!({ "ListenerPort": ports }));
        let sic = json!({ "ListenerPortAndProtocal": spelt("ListenerProtocal") });
        fields.insert("ListenerPortsAndProtocal".to_owned(), sic);
        let right = json!({ "ListenerPortAndProtocol": spelt("ListenerProtocol") });
        fields.insert("ListenerPortsAndProtocol".to_owned(), right);
        fields.insert("BackendServers".to_owned(), json!({ "BackendServer": backends }));
    }
    Ok(view)
}

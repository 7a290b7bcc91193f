//! Servers: the instances in a group, each with a port.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{self, among, required, word};
use super::flavour::Flavour;
use super::refusal;
use super::server_group::{ServerGroup, changeable, named};
use crate::vpc::{Place, World};

/// How many servers a call may name.
const MOST: usize = 200;

words! {
    /// Whether a server is in use.
    pub(super) enum Stage {
        Adding = "Adding",
        Available = "Available",
        Removing = "Removing",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Server {
    pub id: String,
    pub port: u16,
    /// 0 to 100; 0 gets no traffic and is not checked.
    pub weight: u8,
    pub description: String,
    pub stage: Stage,
    /// When it came into use.
    pub since: Timestamp,
}

impl Server {
    /// Ends what is under way. Returns whether it stays.
    pub(super) fn settle(&mut self, at: Timestamp) -> bool {
        if self.stage == Stage::Adding {
            (self.stage, self.since) = (Stage::Available, at);
        }
        self.stage != Stage::Removing
    }

    /// Whether it may get traffic.
    pub(super) fn is_in_use(&self) -> bool {
        self.stage == Stage::Available && self.weight > 0
    }
}

/// What a server is called in a call: an instance and its port. A group may have an instance more than once.
struct NamedServer {
    id: String,
    port: u16,
    params: Params,
}

fn wanted(params: &Params) -> Result<Vec<NamedServer>, RpcError> {
    let listed = params.objects("Servers");
    refuse_if!(listed.is_empty(), refusal::missing("Servers"));
    refuse_if!(listed.len() > MOST, refusal::illegal_size("Servers", &format!("at most {MOST} are taken")));
    let read = |params: Params| {
        if required(&params, "ServerType")? != "Ecs" {
            return Err(refusal::illegal("ServerType", "only instances (Ecs) are known here"));
        }
        let id = required(&params, "ServerId")?.to_owned();
        let port = fields::port(&params, "Port")?.ok_or_else(|| refusal::missing("Port"))?;
        Ok(NamedServer { id, port, params })
    };
    listed.into_iter().map(read).collect()
}

fn weight(params: &Params) -> Result<u8, RpcError> {
    let wanted = "a number from 0 to 100";
    let weight = word::<u8>(params, "Weight", wanted)?.unwrap_or(100);
    if weight > 100 { Err(refusal::illegal("Weight", wanted)) } else { Ok(weight) }
}

/// Puts the servers in place; the group is configured for a while.
fn put(world: &mut World, place: &Place, id: &str, servers: Vec<Server>) -> Value {
    let waiting = world.begin(Wait::ServerGroupChange);
    world.nlb_alb.groups.change(&place.key(id), |group| {
        group.servers = servers;
        group.waiting = waiting;
    });
    json!({ "ServerGroupId": id, "JobId": world.shared.ids.uuid() })
}

pub(super) fn add(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group = changeable(world, request)?;
    let (id, mut servers) = (group.id.clone(), group.servers.clone());
    for one in wanted(params)? {
        let instance = world.instance(&place, &one.id).ok_or_else(|| refusal::no_server(&one.id))?;
        refuse_if!(instance.vpc_id != group.vpc_id, refusal::other_vpc(&one.id, &id));
        if servers.iter().any(|known| known.id == one.id && known.port == one.port) {
            return Err(refusal::server_there(&one.id));
        }
        let description = one.params.get("Description").unwrap_or_default().to_owned();
        let (weight, since) = (weight(&one.params)?, world.now);
        servers.push(Server { id: one.id, port: one.port, weight, description, stage: Stage::Adding, since });
    }
    fields::unless_dry(params)?;
    Ok(put(world, &place, &id, servers))
}

pub(super) fn remove(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group = changeable(world, request)?;
    let (id, mut servers) = (group.id.clone(), group.servers.clone());
    for one in wanted(params)? {
        let known = servers.iter_mut().find(|known| known.id == one.id && known.port == one.port);
        known.ok_or_else(|| refusal::no_server(&one.id))?.stage = Stage::Removing;
    }
    fields::unless_dry(params)?;
    Ok(put(world, &place, &id, servers))
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    // Without a group, those of all groups of the product.
    let groups: Vec<&ServerGroup> = if request.params.get("ServerGroupId").is_some() {
        vec![named(world, request)?]
    } else {
        let all = world.nlb_alb.groups.at(&place).map(|(_, own)| own);
        all.filter(|own| own.flavour == Flavour::of(request)).collect()
    };
    let mut found = Vec::new();
    for group in groups {
        for server in group.servers.iter().filter(|server| among(&request.params, "ServerIds", &server.id)) {
            let instance = world.instance(&place, &server.id);
            let mut view = json!({
                "ServerGroupId": group.id,
                "ServerId": server.id,
                "ServerType": "Ecs",
                "ServerIp": instance.map_or(Ipv4Addr::UNSPECIFIED, |instance| instance.address),
                "Port": server.port,
                "Weight": server.weight,
                "Status": server.stage.word(),
                "Description": server.description,
            });
            if let (Flavour::Nlb, Some(instance)) = (group.flavour, instance) {
                view["ZoneId"] = instance.zone.as_str().into();
            }
            found.push((format!("{}/{}/{:05}", group.id, server.id, server.port), view));
        }
    }
    fields::page(&request.params, "Servers", found)
}

//! Server groups: their row, their calls, their view.

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::Check;
use super::fields::{self, Tags, among, is, required, word};
use super::flavour::Flavour;
use super::listener;
use super::refusal;
use super::server::Server;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World, text};

words! {
    /// What the servers of a group speak.
    pub(super) enum Protocol {
        Tcp = "TCP",
        Udp = "UDP",
        Both = "TCP_UDP",
        Http = "HTTP",
        Https = "HTTPS",
        Grpc = "gRPC",
    }
}

impl Protocol {
    fn is_of(self, flavour: Flavour) -> bool {
        match self {
            Self::Tcp | Self::Udp | Self::Both => flavour == Flavour::Nlb,
            Self::Http | Self::Https | Self::Grpc => flavour == Flavour::Alb,
        }
    }

    /// Whether a listener of this protocol may forward to such a group.
    pub(super) fn serves(self, listener: listener::Protocol) -> bool {
        use listener::Protocol::{Http, Https, Quic, Tcp, TcpSsl, Udp};
        match self {
            Self::Tcp => matches!(listener, Tcp | TcpSsl),
            Self::Udp => matches!(listener, Udp),
            Self::Both => matches!(listener, Tcp | Udp),
            Self::Http | Self::Https | Self::Grpc => matches!(listener, Http | Https | Quic),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServerGroup {
    pub(super) flavour: Flavour,
    pub(super) id: String,
    name: String,
    pub(super) vpc_id: String,
    pub(super) protocol: Protocol,
    scheduler: String,
    pub(super) check: Check,
    pub(super) servers: Vec<Server>,
    resource_group: String,
    tags: Tags,
    created: Timestamp,
    /// Being made, changed or deleted while it waits.
    pub(super) waiting: Option<Waiting>,
}

impl Settles for ServerGroup {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        let ended = self.waiting.take().map(|ended| ended.wait);
        self.servers.retain_mut(|server| server.settle(at));
        ended != Some(Wait::ServerGroupDelete)
    }
}

impl ServerGroup {
    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::ServerGroupCreate) => "Creating",
            Some(Wait::ServerGroupDelete) => "Deleting",
            Some(_) => "Configuring",
            None => "Available",
        }
    }

    fn view(&self, world: &World, place: &Place) -> Value {
        let mut balancers: Vec<&str> =
            world.nlb_alb.listeners_to(place, &self.id).map(|listener| listener.balancer_id.as_str()).collect();
        balancers.sort_unstable();
        balancers.dedup();
        let check = self.flavour.spells("HealthCheck", "HealthCheckConfig");
        let mut view = json!({
            "ServerGroupId": self.id,
            "ServerGroupName": self.name,
            "ServerGroupType": "Instance",
            "ServerGroupStatus": self.status(),
            "ServerCount": self.servers.len(),
            "VpcId": self.vpc_id,
            "Protocol": self.protocol.word(),
            "Scheduler": self.scheduler,
            "ResourceGroupId": self.resource_group,
            "RelatedLoadBalancerIds": balancers,
            "Tags": fields::tags_view(&self.tags, "Key", "Value"),
            check: self.check.view(self.flavour),
        });
        match self.flavour {
            Flavour::Nlb => {
                view["RegionId"] = place.region.as_str().into();
                view["AddressIPVersion"] = "ipv4".into();
            }
            Flavour::Alb => view["CreateTime"] = text::time(self.created).into(),
        }
        view
    }

    fn fits(&self, params: &Params) -> bool {
        among(params, "ServerGroupIds", &self.id)
            && among(params, "ServerGroupNames", &self.name)
            && is(params, "VpcId", &self.vpc_id)
            && is(params, "ServerGroupType", "Instance")
            && is(params, "ResourceGroupId", &self.resource_group)
            && crate::tags::fit(&self.tags, params)
    }
}

/// The group that `ServerGroupId` names, in any state.
pub(super) fn named<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a ServerGroup, RpcError> {
    let (place, flavour) = (Place::of(request), Flavour::of(request));
    let id = required(&request.params, "ServerGroupId")?;
    let found = world.nlb_alb.groups.get(&place.key(id)).filter(|own| own.flavour == flavour);
    found.ok_or_else(|| refusal::no_group(flavour, id))
}

/// The same to be changed: not while it is in change.
pub(super) fn changeable<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a ServerGroup, RpcError> {
    let group = named(world, request)?;
    if group.waiting.is_some() { Err(refusal::group_status(group.flavour, group.status())) } else { Ok(group) }
}

pub(super) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    required(params, "ServerGroupName")?;
    let name = fields::name(params, "ServerGroupName")?.unwrap_or_default();
    if params.get("ServerGroupType").is_some_and(|kind| kind != "Instance") {
        return Err(refusal::illegal("ServerGroupType", "only groups of instances are known here"));
    }
    let wanted = flavour.spells("TCP, UDP or TCP_UDP", "HTTP, HTTPS or gRPC");
    let usual = if flavour == Flavour::Nlb { Protocol::Tcp } else { Protocol::Http };
    let protocol = word(params, "Protocol", wanted)?.unwrap_or(usual);
    refuse_if!(!protocol.is_of(flavour), refusal::illegal("Protocol", &format!("it must be {wanted}")));
    let vpc_id = required(params, "VpcId")?;
    refuse_if!(!world.has_vpc(&place, vpc_id), refusal::no_vpc(vpc_id));
    let (check, tags) = (Check::read(flavour, params)?, fields::tags(params)?);
    fields::unless_dry(params)?;
    let group = ServerGroup {
        flavour,
        id: world.shared.ids.resource("sgp"),
        name,
        vpc_id: vpc_id.to_owned(),
        protocol,
        scheduler: params.get("Scheduler").unwrap_or("Wrr").to_owned(),
        check,
        servers: Vec::new(),
        resource_group: params.get("ResourceGroupId").unwrap_or("rg-default").to_owned(),
        tags,
        created: world.now,
        waiting: world.begin(Wait::ServerGroupCreate),
    };
    let answer = json!({ "ServerGroupId": group.id, "JobId": world.shared.ids.uuid() });
    world.nlb_alb.groups.insert(place.key(&group.id), group);
    Ok(answer)
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    let own = world.nlb_alb.groups.at(&place).map(|(_, own)| own).filter(|own| own.flavour == flavour);
    let found = own.filter(|own| own.fits(params)).map(|own| (own.id.clone(), own.view(world, &place)));
    fields::page(params, "ServerGroups", found.collect())
}

/// Not while a listener forwards to it.
pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let group = changeable(world, request)?;
    refuse_if!(world.nlb_alb.listeners_to(&place, &group.id).next().is_some(), refusal::group_in_use());
    let key = place.key(&group.id);
    fields::unless_dry(&request.params)?;
    let waiting = world.begin(Wait::ServerGroupDelete);
    world.nlb_alb.groups.change(&key, |group| group.waiting = waiting);
    Ok(json!({ "JobId": world.shared.ids.uuid() }))
}

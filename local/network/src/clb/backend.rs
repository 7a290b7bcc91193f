//! Backends: the instances in a load balancer's default server group.

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use super::balancer::{Balancer, Status, named};
use super::refusal;
use super::server::Server;
use crate::vpc::{Place, World};

/// How many backends a call may name.
const MOST: usize = 20;

words! {
    /// What kind of thing a backend is.
    pub(super) enum Kind {
        Instance = "ecs",
        Interface = "eni",
        Container = "eci",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Backend {
    pub server_id: String,
    pub kind: Kind,
    /// 0 to 100; 0 gets no traffic.
    pub weight: u8,
    pub description: String,
    pub added: Timestamp,
}

impl Backend {
    /// `weight` is a string where backends are changed, and a number where the balancer is described.
    pub(super) fn view(&self, weight: Value) -> Value {
        json!({
            "ServerId": self.server_id,
            "Type": self.kind.word(),
            "Weight": weight,
            "Description": self.description,
        })
    }
}

/// A backend as calls name it. Numbers may be text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    server_id: String,
    #[serde(default, deserialize_with = "lenient")]
    weight: Option<i64>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    description: Option<String>,
}

fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(serde::de::Error::custom),
        Some(other) => other.as_i64().map(Some).ok_or_else(|| serde::de::Error::custom("a number is wanted")),
    }
}

impl Named {
    fn read(self, now: Timestamp) -> Result<Backend, RpcError> {
        let weight = self.weight.unwrap_or(100);
        let weight = u8::try_from(weight)
            .ok()
            .filter(|weight| *weight <= 100)
            .ok_or_else(|| invalid("a weight must be from 0 to 100"))?;
        let kind = match self.kind.as_deref() {
            None => Kind::Instance,
            Some(word) => word.parse().map_err(|()| invalid("a type must be ecs, eni or eci"))?,
        };
        let description = self.description.unwrap_or_default();
        Ok(Backend { server_id: self.server_id, kind, weight, description, added: now })
    }
}

fn invalid(why: &str) -> RpcError {
    RpcError::invalid_parameter("BackendServers", why)
}

/// The backends that a call names, each once: repeats in one call are ignored.
fn read(world: &World, params: &Params) -> Result<Vec<Backend>, RpcError> {
    let text = params.required("BackendServers")?;
    let named: Vec<Named> = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    refuse_if!(named.len() > MOST, bad "TooManyBackendServers", "A call may name {MOST} backend servers.");
    let mut read: Vec<Backend> = Vec::new();
    for one in named {
        let backend = one.read(world.now)?;
        if read.iter().all(|other| other.server_id != backend.server_id) {
            read.push(backend);
        }
    }
    Ok(read)
}

/// The balancer of the call: neither locked nor being configured.
fn free<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Balancer, RpcError> {
    let balancer = named(world, place, params)?;
    refuse_if!(balancer.status == Status::Locked, refusal::not_allowed("the load balancer is locked"));
    refuse_if!(balancer.waiting.is_some(), refusal::configuring());
    Ok(balancer)
}

/// Puts the backends in place; the balancer is busy for a while.
fn put(world: &mut World, place: &Place, id: &str, backends: Vec<Backend>) -> Value {
    let views: Vec<Value> = backends.iter().map(|backend| backend.view(backend.weight.to_string().into())).collect();
    let waiting = world.begin(Wait::BackendsConfigure);
    world.clb.balancers.change(&place.key(id), |balancer| {
        balancer.backends = backends;
        balancer.waiting = waiting;
    });
    json!({ "LoadBalancerId": id, "BackendServers": { "BackendServer": views } })
}

pub(super) fn add(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer = free(world, &place, params)?;
    let (id, vpc_id, mut backends) = (balancer.id.clone(), balancer.vpc_id.clone(), balancer.backends.clone());
    for backend in read(world, params)? {
        if backends.iter().any(|known| known.server_id == backend.server_id) {
            return Err(invalid(&format!("{} is a backend already", backend.server_id)));
        }
        let server = Server::find(world, &place, &backend.server_id).ok_or_else(|| {
            let message = format!("The specified server does not exist: {}.", backend.server_id);
            RpcError::missing("InvalidServerId.NotFound", message)
        })?;
        refuse_if!(!server.is_running, bad "ObtainIpFail",
            "The address of {} cannot be had: it is not running.", backend.server_id);
        refuse_if!(!vpc_id.is_empty() && server.vpc_id != vpc_id, bad "InvalidBackendServers.Inconsistent",
            "{} is in another network than the load balancer.", backend.server_id);
        backends.push(backend);
    }
    Ok(put(world, &place, &id, backends))
}

/// Changes weights and descriptions of backends that are there.
pub(super) fn set(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer = free(world, &place, params)?;
    let (id, mut backends) = (balancer.id.clone(), balancer.backends.clone());
    for change in read(world, params)? {
        let known = backends.iter_mut().find(|known| known.server_id == change.server_id);
        let known = known.ok_or_else(|| invalid(&format!("{} is no backend", change.server_id)))?;
        *known = Backend { added: known.added, ..change };
    }
    Ok(put(world, &place, &id, backends))
}

/// Whoever is no backend is passed over.
pub(super) fn remove(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer = free(world, &place, params)?;
    let (id, mut backends) = (balancer.id.clone(), balancer.backends.clone());
    let gone = read_ids(params)?;
    backends.retain(|backend| !gone.contains(&backend.server_id));
    Ok(put(world, &place, &id, backends))
}

/// Ids may come bare or as objects.
fn read_ids(params: &Params) -> Result<Vec<String>, RpcError> {
    let text = params.required("BackendServers")?;
    let values: Vec<Value> = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    let id = |value: &Value| value.as_str().or(value["ServerId"].as_str()).map(str::to_owned);
    values.iter().map(|value| id(value).ok_or_else(|| invalid("each needs a ServerId"))).collect()
}

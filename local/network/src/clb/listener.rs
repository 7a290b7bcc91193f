//! Listeners for TCP and for HTTP. A port has one.

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::balancer::{Status as BalancerStatus, changeable, named};
use super::refusal;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World};

words! {
    /// What a listener speaks.
    pub(super) enum Protocol {
        /// Bytes.
        Tcp = "tcp",
        /// Requests.
        Http = "http",
    }
}

words! {
    /// How a listener chooses among backends.
    enum Scheduler {
        /// By weight, in turn.
        Weighted = "wrr",
        /// In turn.
        InTurn = "rr",
        /// By a hash of the client's address.
        BySource = "sch",
        /// By a hash of the connection's four numbers.
        ByConnection = "tch",
    }
}

words! {
    /// How a backend is checked.
    enum CheckType {
        Tcp = "tcp",
        Http = "http",
    }
}

/// How backends are checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct HealthCheck {
    on: bool,
    kind: CheckType,
    /// The backend's own port when absent.
    port: Option<u16>,
    timeout: u32,
    interval: u32,
    healthy: u32,
    unhealthy: u32,
    uri: String,
    code: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listener {
    balancer_id: String,
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    pub(super) backend_port: u16,
    /// Mbit/s; -1 for no limit.
    bandwidth: i32,
    scheduler: Scheduler,
    check: HealthCheck,
    persistence_timeout: u32,
    established_timeout: u32,
    proxy_protocol: bool,
    sticky_session: bool,
    description: String,
    is_running: bool,
    /// When it was last started.
    pub(super) started: Option<Timestamp>,
    /// Starting or stopping while it waits.
    waiting: Option<Waiting>,
}

impl Settles for Listener {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.balancer_id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        let ended = self.waiting.take();
        self.is_running = ended.is_some_and(|ended| ended.wait == Wait::ListenerStart);
        if self.is_running {
            self.started = Some(at);
        }
        true
    }
}

impl Listener {
    /// Whether it takes connections.
    pub(crate) fn is_running(&self) -> bool {
        self.is_running && self.waiting.is_none()
    }

    /// The port that is checked on each backend, unless backends are taken as they are.
    pub(super) fn checked_port(&self) -> Option<u16> {
        self.check.on.then(|| self.check.port.unwrap_or(self.backend_port))
    }

    fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::ListenerStart) => "starting",
            Some(_) => "stopping",
            None if self.is_running => "running",
            None => "stopped",
        }
    }

    fn view(&self) -> Value {
        let check = &self.check;
        json!({
            "LoadBalancerId": self.balancer_id,
            "ListenerPort": self.port,
            "BackendServerPort": self.backend_port,
            "Status": self.status(),
            "Bandwidth": self.bandwidth,
            "Scheduler": self.scheduler.word(),
            "HealthCheck": if check.on { "on" } else { "off" },
            "HealthCheckType": check.kind.word(),
            "HealthCheckConnectPort": check.port.unwrap_or(self.backend_port),
            "HealthCheckConnectTimeout": check.timeout,
            "HealthCheckTimeout": check.timeout,
            "StickySession": if self.sticky_session { "on" } else { "off" },
            "HealthCheckInterval": check.interval,
            "HealthyThreshold": check.healthy,
            "UnhealthyThreshold": check.unhealthy,
            "HealthCheckURI": check.uri,
            "HealthCheckHttpCode": check.code,
            "PersistenceTimeout": self.persistence_timeout,
            "EstablishedTimeout": self.established_timeout,
            "ProxyProtocolV2Enabled": self.proxy_protocol,
            "ConnectionDrain": "off",
            "AclStatus": "off",
            "SynProxy": "disable",
            "Description": self.description,
        })
    }

    /// Reads what a call sets, on top of what is.
    fn read(mut self, params: &Params) -> Result<Self, RpcError> {
        fn put<T>(slot: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *slot = value;
            }
        }
        let number = |name: &str, low: u32, high: u32| params.integer(name, low..=high);
        put(&mut self.backend_port, port(params, "BackendServerPort")?);
        put(&mut self.bandwidth, bandwidth(params)?);
        put(&mut self.scheduler, params.parsed("Scheduler", "wrr, rr, sch or tch")?);
        put(&mut self.persistence_timeout, number("PersistenceTimeout", 0, 3600)?);
        put(&mut self.established_timeout, number("EstablishedTimeout", 10, 900)?);
        if params.get("ProxyProtocolV2Enabled").is_some() {
            self.proxy_protocol = params.flag("ProxyProtocolV2Enabled")?;
        }
        put(&mut self.sticky_session, super::balancer::on_or_off(params, "StickySession")?);
        put(&mut self.description, params.get("Description").map(str::to_owned));
        let check = &mut self.check;
        put(&mut check.on, super::balancer::on_or_off(params, "HealthCheckSwitch")?);
        put(&mut check.on, super::balancer::on_or_off(params, "HealthCheck")?);
        put(&mut check.kind, params.parsed("HealthCheckType", "tcp or http")?);
        put(&mut check.port, port(params, "HealthCheckConnectPort")?.map(Some));
        put(&mut check.timeout, number("HealthCheckConnectTimeout", 1, 300)?);
        put(&mut check.timeout, number("HealthCheckTimeout", 1, 300)?);
        // Requests begin it with a small letter, answers do not.
        put(&mut check.interval, number("healthCheckInterval", 1, 50)?);
        put(&mut check.interval, number("HealthCheckInterval", 1, 50)?);
        put(&mut check.healthy, number("HealthyThreshold", 2, 10)?);
        put(&mut check.unhealthy, number("UnhealthyThreshold", 2, 10)?);
        put(&mut check.uri, params.get("HealthCheckURI").map(str::to_owned));
        put(&mut check.code, params.get("HealthCheckHttpCode").map(str::to_owned));
        Ok(self)
    }
}

fn port(params: &Params, name: &str) -> Result<Option<u16>, RpcError> {
    let port = params.integer(name, 1..=65535)?;
    Ok(port.and_then(|port| u16::try_from(port).ok()))
}

fn bandwidth(params: &Params) -> Result<Option<i32>, RpcError> {
    let wanted = "-1 or a number from 1 to 5120";
    match params.parsed::<i32>("Bandwidth", wanted)? {
        Some(number) if number != -1 && !(1..=5120).contains(&number) => {
            Err(RpcError::invalid_parameter("Bandwidth", &format!("it must be {wanted}")))
        }
        number => Ok(number),
    }
}

fn key(place: &Place, balancer_id: &str, port: u16) -> String {
    place.key(&format!("{balancer_id}/{port:05}"))
}

/// The listener that a call names, and its balancer.
fn find<'a>(world: &'a World, place: &Place, params: &Params) -> Result<&'a Listener, RpcError> {
    let balancer = named(world, place, params)?;
    params.required("ListenerPort")?;
    let port = port(params, "ListenerPort")?.unwrap_or_default();
    let found = world.clb.listeners.get(&key(place, &balancer.id, port));
    let speaks = |own: &&Listener| params.get("ListenerProtocol").is_none_or(|wanted| wanted == own.protocol.word());
    found.filter(speaks).ok_or_else(|| refusal::no_listener(port))
}

pub(super) fn create_tcp(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    request.params.required("Bandwidth")?;
    create(world, request, Protocol::Tcp)
}

pub(super) fn create_http(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    for name in ["StickySession", "HealthCheck"] {
        request.params.required(name)?;
    }
    create(world, request, Protocol::Http)
}

/// Made stopped.
fn create(world: &mut World, request: &RpcRequest, protocol: Protocol) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let balancer_id = changeable(world, &place, params)?.id.clone();
    for name in ["ListenerPort", "BackendServerPort"] {
        params.required(name)?;
    }
    let port = port(params, "ListenerPort")?.unwrap_or_default();
    for group in ["VServerGroupId", "MasterSlaveServerGroupId"] {
        refuse_if!(params.get(group).is_some(), RpcError::invalid_parameter(group, "there is no such server group"));
    }
    let key = key(&place, &balancer_id, port);
    refuse_if!(world.clb.listeners.get(&key).is_some(), bad "ListenerAlreadyExists", "A listener on port {port} exists already.");
    let check = HealthCheck {
        on: true,
        kind: if protocol == Protocol::Http { CheckType::Http } else { CheckType::Tcp },
        port: None,
        timeout: 5,
        interval: 2,
        healthy: 3,
        unhealthy: 3,
        uri: String::new(),
        code: "http_2xx".to_owned(),
    };
    let listener = Listener {
        balancer_id,
        protocol,
        port,
        backend_port: port,
        bandwidth: -1,
        scheduler: Scheduler::Weighted,
        check,
        persistence_timeout: 0,
        established_timeout: 900,
        proxy_protocol: false,
        sticky_session: false,
        description: String::new(),
        is_running: false,
        started: None,
        waiting: None,
    };
    let listener = listener.read(params)?;
    world.clb.listeners.insert(key, listener);
    Ok(json!({}))
}

pub(super) fn modify_tcp(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    modify(world, request, Protocol::Tcp)
}

pub(super) fn modify_http(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    modify(world, request, Protocol::Http)
}

fn modify(world: &mut World, request: &RpcRequest, protocol: Protocol) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    changeable(world, &place, params)?;
    let listener = find(world, &place, params)?.clone();
    refuse_if!(listener.protocol != protocol, refusal::no_listener(listener.port));
    refuse_if!(listener.waiting.is_some(), bad "OperationFailed.ListenerStatusNotSupport", "The listener is starting or stopping.");
    let listener = listener.read(params)?;
    world.clb.listeners.insert(key(&place, &listener.balancer_id, listener.port), listener);
    Ok(json!({}))
}

pub(super) fn start(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let listener = find(world, &place, params)?;
    if changeable(world, &place, params)?.status != BalancerStatus::Active {
        return Err(refusal::not_allowed("the load balancer is not active"));
    }
    refuse_if!(listener.is_running || listener.waiting.is_some(), bad "OperationFailed.ListenerStatusNotSupport",
        "Only a stopped listener can be started.");
    let (key, waiting) = (key(&place, &listener.balancer_id, listener.port), world.begin(Wait::ListenerStart));
    world.clb.listeners.change(&key, |listener| listener.waiting = waiting);
    Ok(json!({}))
}

pub(super) fn stop(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    changeable(world, &place, params)?;
    let listener = find(world, &place, params)?;
    refuse_if!(listener.waiting.is_some_and(|waiting| waiting.wait == Wait::ListenerStop), refusal::stopping());
    refuse_if!(!listener.is_running(), bad "OperationFailed.ListenerStatusNotSupport", "Only a running listener can be stopped.");
    let (key, waiting) = (key(&place, &listener.balancer_id, listener.port), world.begin(Wait::ListenerStop));
    world.clb.listeners.change(&key, |listener| listener.waiting = waiting);
    Ok(json!({}))
}

pub(super) fn delete(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    changeable(world, &place, params)?;
    let listener = find(world, &place, params)?;
    refuse_if!(listener.waiting.is_some(), refusal::stopping());
    let key = key(&place, &listener.balancer_id, listener.port);
    world.clb.listeners.remove(&key);
    Ok(json!({}))
}

pub(super) fn attribute_tcp(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    attribute(world, request, Protocol::Tcp)
}

pub(super) fn attribute_http(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    attribute(world, request, Protocol::Http)
}

fn attribute(world: &World, request: &RpcRequest, protocol: Protocol) -> Result<Value, RpcError> {
    let listener = find(world, &Place::of(request), &request.params)?;
    if listener.protocol == protocol { Ok(listener.view()) } else { Err(refusal::no_listener(listener.port)) }
}

//! Listeners: their row and their view. A port has one of them.

use jiff::Timestamp;
use local_core::delays::Wait;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_core::words;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::{self, Tags, among, is, required};
use super::flavour::Flavour;
use super::refusal;
use crate::vpc::world::{Settles, Waiting};
use crate::vpc::{Place, World};

words! {
    /// What a listener speaks.
    pub(super) enum Protocol {
        Tcp = "TCP",
        Udp = "UDP",
        /// Bytes, encrypted as far as the load balancer. Endpoints do not reach it.
        TcpSsl = "TCPSSL",
        Http = "HTTP",
        Https = "HTTPS",
        Quic = "QUIC",
    }
}

impl Protocol {
    pub(super) fn is_of(self, flavour: Flavour) -> bool {
        match self {
            Self::Tcp | Self::Udp | Self::TcpSsl => flavour == Flavour::Nlb,
            Self::Http | Self::Https | Self::Quic => flavour == Flavour::Alb,
        }
    }

    pub(super) fn is_encrypted(self) -> bool {
        matches!(self, Self::TcpSsl | Self::Https | Self::Quic)
    }

    /// Whether it takes connections; the others take datagrams.
    pub(super) fn takes_connections(self) -> bool {
        !matches!(self, Self::Udp | Self::Quic)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listener {
    pub(super) flavour: Flavour,
    pub(super) id: String,
    pub(super) balancer_id: String,
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    /// The group that it forwards to.
    pub(super) group_id: String,
    pub(super) certificates: Vec<String>,
    /// Seconds.
    pub(super) idle_timeout: u32,
    pub(super) description: String,
    pub(super) tags: Tags,
    pub(super) is_running: bool,
    /// When it last began to run.
    pub(super) started: Option<Timestamp>,
    /// Being made, started, stopped or deleted while it waits.
    pub(super) waiting: Option<Waiting>,
}

impl Settles for Listener {
    fn waiting(&self) -> Option<(Waiting, &str)> {
        Some((self.waiting?, &self.id))
    }

    fn settle(&mut self, at: Timestamp) -> bool {
        match self.waiting.take().map(|ended| ended.wait) {
            Some(Wait::ListenerDelete) => return false,
            Some(Wait::ListenerCreate | Wait::ListenerStart) => {
                (self.is_running, self.started) = (true, Some(at));
            }
            _ => self.is_running = false,
        }
        true
    }
}

impl Listener {
    /// Whether it listens.
    pub(super) fn listens(&self) -> bool {
        self.is_running && self.waiting.is_none()
    }

    /// ALB has one word for all changes but the first.
    pub(super) fn status(&self) -> &'static str {
        match self.waiting.map(|waiting| waiting.wait) {
            Some(Wait::ListenerCreate) => "Provisioning",
            Some(Wait::ListenerStart) => self.flavour.spells("Starting", "Configuring"),
            Some(Wait::ListenerStop) => self.flavour.spells("Stopping", "Configuring"),
            Some(_) => self.flavour.spells("Deleting", "Configuring"),
            None if self.is_running => "Running",
            None => "Stopped",
        }
    }

    fn view(&self, place: &Place) -> Value {
        let mut view = json!({
            "ListenerId": self.id,
            "LoadBalancerId": self.balancer_id,
            "ListenerPort": self.port,
            "ListenerProtocol": self.protocol.word(),
            "ListenerStatus": self.status(),
            "ListenerDescription": self.description,
            "IdleTimeout": self.idle_timeout,
        });
        match self.flavour {
            Flavour::Nlb => {
                view["RegionId"] = place.region.as_str().into();
                view["ServerGroupId"] = self.group_id.as_str().into();
                view["CertificateIds"] = self.certificates.clone().into();
                view["ProxyProtocolEnabled"] = false.into();
            }
            Flavour::Alb => {
                let forward = json!({ "ServerGroupTuples": [{ "ServerGroupId": self.group_id }] });
                view["DefaultActions"] = json!([{ "Type": "ForwardGroup", "ForwardGroupConfig": forward }]);
            }
        }
        view
    }

    /// In a list, tags have other fields than in the answer about one NLB listener.
    fn listed_view(&self, place: &Place) -> Value {
        let mut view = self.view(place);
        view["Tags"] = fields::tags_view(&self.tags, "Key", "Value").into();
        view
    }

    fn fits(&self, params: &Params) -> bool {
        among(params, "ListenerIds", &self.id)
            && among(params, "LoadBalancerIds", &self.balancer_id)
            && is(params, "ListenerProtocol", self.protocol.word())
            && crate::tags::fit(&self.tags, params)
    }
}

/// The listener that `ListenerId` names, in any state.
pub(super) fn named<'a>(world: &'a World, request: &RpcRequest) -> Result<&'a Listener, RpcError> {
    let (place, flavour) = (Place::of(request), Flavour::of(request));
    let id = required(&request.params, "ListenerId")?;
    let found = world.nlb_alb.listeners.get(&place.key(id)).filter(|own| own.flavour == flavour);
    found.ok_or_else(|| refusal::no_listener(flavour, id))
}

pub(super) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let listener = named(world, request)?;
    let mut view = listener.view(&Place::of(request));
    let (key, value) = match listener.flavour {
        Flavour::Nlb => ("TagKey", "TagValue"),
        Flavour::Alb => ("Key", "Value"),
    };
    view["Tags"] = fields::tags_view(&listener.tags, key, value).into();
    Ok(view)
}

pub(super) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, flavour, params) = (Place::of(request), Flavour::of(request), &request.params);
    let own = world.nlb_alb.listeners.at(&place).map(|(_, own)| own).filter(|own| own.flavour == flavour);
    let found = own.filter(|own| own.fits(params)).map(|own| (own.id.clone(), own.listed_view(&place)));
    fields::page(params, "Listeners", found.collect())
}

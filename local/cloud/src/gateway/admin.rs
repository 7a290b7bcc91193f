//! What the local cloud tells of itself and lets be changed, under `/_local/`. JSON in and out, no signature: the port is
//! on loopback, and nothing here exists on the real cloud. A page in a browser must not get in either: it would come under
//! a host name of its own, or could not send JSON unasked.
//!
//! | path | what |
//! | --- | --- |
//! | `/_local/faults` | GET, PUT, DELETE the fault rules |
//! | `/_local/delays` | GET, PUT, DELETE the delay rules, stuck states among them |
//! | `/_local/calls` | GET what was called |
//! | `/_local/console` | GET accounts and their VPCs, with their keys |
//! | `/_local/router-interfaces` | PUT the business status of one |
//! | `/_local/vpc-peerings` | PUT the business status of one |
//! | `/_local/oss` | GET, PUT what OSS still lets in: version 1 of the signature, public hosts |
//! | `/_local/ram` | GET, PUT what the sources leave open about RAM |
//! | `/_local/sls` | GET, PUT how long functions do not see a new log store |
//! | `/_local/directory` | PUT who manages the resource directory, and which accounts are in its folders |
//! | `/_local/products` | PUT which products an account has opened |
//! | `/_local/code/…` | GET the package of a function: where GetFunctionCode leads |
//! | `/_local/cdt` | PUT how far an account has opened CDT |
//! | `/_local/instances` | PUT whether the Cloud Assistant of one is alive |
//! | `/_local/ping` | POST whether one instance reaches an address, and why not |
//! | `/_local/jd/…` | what there is for JD Cloud alone |

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use local_core::delays::DelayRule;
use local_core::faults::FaultRules;
use local_core::opened::Openable;
use local_core::shared::Shared;
use local_fc::Fc;
use local_jd::Jd;
use local_network::cdt::{self, Cdt};
use local_network::ecs::{Ecs, Ping};
use local_network::vpc::{BusinessStatus, Vpc};
use local_network::vpcpeer::VpcPeer;
use local_ops::ram::Ram;
use local_ops::ros::Ros;
use local_oss::Oss;
use local_sls::Sls;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::console::{self, Console};
use crate::seed::Seed;

/// The local cloud's own API.
pub(crate) struct Admin {
    pub shared: Shared,
    pub vpc: Vpc,
    pub ecs: Ecs,
    pub vpc_peer: VpcPeer,
    pub jd: Jd,
    pub oss: Oss,
    pub ram: Ram,
    pub ros: Ros,
    pub fc: Fc,
    pub sls: Sls,
    pub seed: Seed,
}

/// Which thing a path names.
#[derive(Debug, Clone, Copy)]
enum Resource {
    Faults,
    Delays,
    Calls,
    Console,
    RouterInterfaces,
    VpcPeerings,
    Oss,
    Ram,
    Sls,
    Products,
    Directory,
    Cdt,
    Instances,
    Ping,
}

impl Resource {
    fn of(path: &str) -> Option<Self> {
        Some(match path.trim_end_matches('/') {
            "/_local/faults" => Self::Faults,
            "/_local/delays" => Self::Delays,
            "/_local/calls" => Self::Calls,
            "/_local/console" => Self::Console,
            "/_local/router-interfaces" => Self::RouterInterfaces,
            "/_local/vpc-peerings" => Self::VpcPeerings,
            "/_local/oss" => Self::Oss,
            "/_local/ram" => Self::Ram,
            "/_local/sls" => Self::Sls,
            "/_local/products" => Self::Products,
            "/_local/directory" => Self::Directory,
            "/_local/cdt" => Self::Cdt,
            "/_local/instances" => Self::Instances,
            "/_local/ping" => Self::Ping,
            _ => return None,
        })
    }
}

/// What a method does to it.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Get,
    Put,
    Post,
    Delete,
}

/// The business status of a router interface.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Business {
    account_id: String,
    region_id: String,
    router_interface_id: String,
    business_status: BusinessStatus,
}

/// The business status of a VPC peering connection.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Bill {
    instance_id: String,
    business_status: BusinessStatus,
}

/// How far an account has opened CDT.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CdtOf {
    account_id: String,
    cdt: cdt::State,
}

/// A resource directory.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryOf {
    manager: String,
    folders: BTreeMap<String, BTreeSet<String>>,
}

/// What an account has opened.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenedOf {
    account_id: String,
    opened: BTreeSet<Openable>,
}

/// Whether the Cloud Assistant of an instance is alive.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    account_id: String,
    region_id: String,
    instance_id: String,
    cloud_assistant: bool,
}

impl Admin {
    pub(crate) fn console(&self) -> Console {
        console::console(&self.seed, &self.vpc, &self.jd)
    }

    pub(super) fn handle(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if !is_for_loopback(request) {
            return refuse(StatusCode::FORBIDDEN, "use the loopback address as host");
        }
        if let Some(thing) = request.uri().path().strip_prefix("/_local/jd/") {
            return super::jd::handle(&self.jd, thing, request);
        }
        if let Some(key) = request.uri().path().strip_prefix("/_local/code/") {
            return match self.fc.package(key) {
                Some(zip) => Response::new(zip),
                None => refuse(StatusCode::NOT_FOUND, "there is no such package"),
            };
        }
        let Some(resource) = Resource::of(request.uri().path()) else {
            return refuse(StatusCode::NOT_FOUND, "there is no such thing");
        };
        let verb = match *request.method() {
            Method::GET => Verb::Get,
            Method::PUT => Verb::Put,
            Method::POST => Verb::Post,
            Method::DELETE => Verb::Delete,
            _ => return refuse(StatusCode::METHOD_NOT_ALLOWED, "use GET, PUT, POST or DELETE"),
        };
        if matches!(verb, Verb::Put | Verb::Post) && !is_json(request) {
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
        }
        let (faults, delays) = (&self.shared.faults, &self.shared.delays);
        match (resource, verb) {
            (Resource::Faults, Verb::Get) => answer(&faults.rules()),
            (Resource::Faults, Verb::Put) => with(request, |rules: FaultRules| {
                faults.replace(rules);
                answer(&faults.rules())
            }),
            (Resource::Faults, Verb::Delete) => {
                faults.clear();
                answer(&faults.rules())
            }
            (Resource::Delays, Verb::Get) => answer(&delays.rules()),
            (Resource::Delays, Verb::Put) => with(request, |rules: Vec<DelayRule>| {
                delays.replace(rules);
                answer(&delays.rules())
            }),
            (Resource::Delays, Verb::Delete) => {
                delays.clear();
                answer(&delays.rules())
            }
            (Resource::Calls, Verb::Get) => answer(&self.shared.calls.snapshot()),
            (Resource::Console, Verb::Get) => answer(&self.console()),
            (Resource::RouterInterfaces, Verb::Put) => with(request, |business| self.set_business_status(&business)),
            (Resource::VpcPeerings, Verb::Put) => with(request, |bill| self.set_bill(&bill)),
            (Resource::Oss, Verb::Get) => answer(&self.oss.settings()),
            (Resource::Oss, Verb::Put) => with(request, |settings| {
                self.oss.set_settings(settings);
                answer(&self.oss.settings())
            }),
            (Resource::Ram, Verb::Get) => answer(&self.ram.settings()),
            (Resource::Ram, Verb::Put) => with(request, |settings| {
                self.ram.set_settings(settings);
                answer(&self.ram.settings())
            }),
            (Resource::Sls, Verb::Get) => answer(&self.sls.settings()),
            (Resource::Sls, Verb::Put) => with(request, |settings| {
                self.sls.set_settings(settings);
                answer(&self.sls.settings())
            }),
            (Resource::Products, Verb::Put) => {
                with(request, |OpenedOf { account_id, opened }| match self.shared.opened.set(&account_id, &opened) {
                    Ok(()) => answer(&json!({ "opened": self.shared.opened.of(&account_id) })),
                    Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
                })
            }
            (Resource::Directory, Verb::Put) => {
                with(request, |DirectoryOf { manager, folders }| match self.ros.set_directory(&manager, &folders) {
                    Ok(()) => answer(&json!({ "manager": manager, "folders": folders })),
                    Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
                })
            }
            (Resource::Cdt, Verb::Put) => {
                with(request, |CdtOf { account_id, cdt }| match Cdt::new(&self.vpc).set(&account_id, cdt) {
                    Ok(()) => answer(&json!({ "cdt": cdt })),
                    Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
                })
            }
            (Resource::Instances, Verb::Put) => with(request, |agent| self.set_cloud_assistant(&agent)),
            (Resource::Ping, Verb::Post) => with(request, |ping: Ping| match self.ecs.ping(&ping) {
                Ok(pinged) => answer(&pinged),
                Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
            }),
            _ => refuse(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here"),
        }
    }

    fn set_bill(&self, bill: &Bill) -> Response<Bytes> {
        match self.vpc_peer.set_business_status(&bill.instance_id, bill.business_status) {
            Ok(true) => answer(&json!({ "business_status": bill.business_status })),
            Ok(false) => refuse(StatusCode::NOT_FOUND, "there is no such VPC peering connection"),
            Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    fn set_cloud_assistant(&self, agent: &Agent) -> Response<Bytes> {
        let Agent { account_id, region_id, instance_id, cloud_assistant } = agent;
        match self.ecs.set_cloud_assistant(account_id, region_id, instance_id, *cloud_assistant) {
            Ok(true) => answer(&json!({ "cloud_assistant": cloud_assistant })),
            Ok(false) => refuse(StatusCode::NOT_FOUND, "there is no such instance"),
            Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }

    fn set_business_status(&self, business: &Business) -> Response<Bytes> {
        let Business { account_id, region_id, router_interface_id, business_status } = business;
        match self.vpc.set_business_status(account_id, region_id, router_interface_id, *business_status) {
            Ok(true) => answer(&json!({ "business_status": business_status })),
            Ok(false) => refuse(StatusCode::NOT_FOUND, "there is no such router interface"),
            Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    }
}

/// Whether the request calls this host by a loopback name. Another name that leads here was made to deceive a browser.
fn is_for_loopback(request: &Request<Bytes>) -> bool {
    let Some(host) = request.headers().get(header::HOST) else { return true };
    let name = host.to_str().ok().and_then(|host| host.parse::<http::uri::Authority>().ok());
    name.is_some_and(|name| {
        let name = name.host().trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

pub(super) fn is_json(request: &Request<Bytes>) -> bool {
    request.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

pub(super) fn with<T: DeserializeOwned>(
    request: &Request<Bytes>,
    act: impl FnOnce(T) -> Response<Bytes>,
) -> Response<Bytes> {
    match serde_json::from_slice(request.body()) {
        Ok(value) => act(value),
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

pub(super) fn answer<T: Serialize>(value: &T) -> Response<Bytes> {
    match serde_json::to_vec(value) {
        Ok(body) => write(StatusCode::OK, body),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

pub(super) fn refuse(status: StatusCode, why: &str) -> Response<Bytes> {
    write(status, json!({ "error": why }).to_string().into_bytes())
}

fn write(status: StatusCode, body: Vec<u8>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

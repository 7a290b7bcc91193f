//! The listings that private links are compared with.
//!
//! Services, endpoints and the connections between them are listed for the whole region. What belongs to one of them is listed
//! by its id, and is `None` where there is no such thing.

use std::fmt;

use alicloud::private_link::{
    AttachedGroup, Endpoint, EndpointConnection, EndpointService, EndpointZone, ServiceResource, ServiceUser,
};
use alicloud::slb::{BackendHealth, Listener, ListenerProtocol, LoadBalancer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Listing, ListingId, RegionInventory};

/// One listing of an account and region that private links are compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", content = "id", rename_all = "kebab-case")]
pub enum LinkListingId {
    /// All endpoint services.
    Services,
    /// What stands behind one service.
    ServiceResources(String),
    /// The whitelist of one service.
    ServiceUsers(String),
    /// All connections of endpoints to services of the account.
    Connections,
    /// All endpoints.
    Endpoints,
    /// The zones of one endpoint.
    EndpointZones(String),
    /// The security groups of one endpoint.
    EndpointGroups(String),
    /// One classic load balancer, with the servers behind it.
    LoadBalancer(String),
    /// One port of a load balancer.
    Listener(Port),
    /// What the health checks of one port say.
    Health(Port),
}

/// A port of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// `lb-…`
    pub load_balancer_id: String,
    /// The port.
    pub port: u16,
    /// Whether HTTP is spoken on it; otherwise it is TCP.
    pub is_http: bool,
}

/// What such a listing lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "rows", rename_all = "kebab-case")]
pub enum LinkListing {
    /// Endpoint services.
    Services(Vec<EndpointService>),
    /// What stands behind a service.
    ServiceResources(Option<Vec<ServiceResource>>),
    /// The whitelist of a service.
    ServiceUsers(Option<Vec<ServiceUser>>),
    /// Connections of endpoints to services.
    Connections(Vec<EndpointConnection>),
    /// Endpoints.
    Endpoints(Vec<Endpoint>),
    /// The zones of an endpoint.
    EndpointZones(Option<Vec<EndpointZone>>),
    /// The security groups of an endpoint.
    EndpointGroups(Option<Vec<AttachedGroup>>),
    /// A load balancer.
    LoadBalancer(Option<Box<LoadBalancer>>),
    /// A port of a load balancer.
    Listener(Option<Listener>),
    /// What its health checks say.
    Health(Option<Vec<BackendHealth>>),
}

impl Port {
    /// What is spoken on it.
    #[must_use]
    pub fn protocol(&self) -> ListenerProtocol {
        if self.is_http { ListenerProtocol::Http } else { ListenerProtocol::Tcp }
    }
}

impl LinkListing {
    pub(super) fn len(&self) -> usize {
        fn of<T>(rows: Option<&Vec<T>>) -> usize {
            rows.map_or(0, Vec::len)
        }
        match self {
            Self::Services(rows) => rows.len(),
            Self::ServiceResources(rows) => of(rows.as_ref()),
            Self::ServiceUsers(rows) => of(rows.as_ref()),
            Self::Connections(rows) => rows.len(),
            Self::Endpoints(rows) => rows.len(),
            Self::EndpointZones(rows) => of(rows.as_ref()),
            Self::EndpointGroups(rows) => of(rows.as_ref()),
            Self::LoadBalancer(found) => usize::from(found.is_some()),
            Self::Listener(found) => usize::from(found.is_some()),
            Self::Health(rows) => of(rows.as_ref()),
        }
    }

    /// Adds the rows of the next page, without those that are there already.
    pub(super) fn absorb(&mut self, page: Self) {
        match (self, page) {
            (Self::Services(rows), Self::Services(more)) => add(rows, more, |row| row.service_id.clone()),
            (Self::Connections(rows), Self::Connections(more)) => add(rows, more, |row| row.endpoint_id.clone()),
            (Self::Endpoints(rows), Self::Endpoints(more)) => add(rows, more, |row| row.endpoint_id.clone()),
            (Self::ServiceResources(Some(rows)), Self::ServiceResources(Some(more))) => {
                add(rows, more, |row| (row.resource_id.clone(), row.zone_id.clone()));
            }
            (Self::ServiceUsers(Some(rows)), Self::ServiceUsers(Some(more))) => add(rows, more, Clone::clone),
            (Self::EndpointZones(Some(rows)), Self::EndpointZones(Some(more))) => {
                add(rows, more, |row| row.zone_id.clone());
            }
            (Self::EndpointGroups(Some(rows)), Self::EndpointGroups(Some(more))) => {
                add(rows, more, |row| row.security_group_id.clone());
            }
            // The others have one page.
            _ => {}
        }
    }

    pub(super) fn keys(&self) -> Vec<Vec<String>> {
        match self {
            Self::Services(rows) => rows.iter().map(|row| vec![row.service_id.clone()]).collect(),
            Self::Connections(rows) => rows.iter().map(|row| vec![row.endpoint_id.clone()]).collect(),
            Self::Endpoints(rows) => rows.iter().map(|row| vec![row.endpoint_id.clone()]).collect(),
            _ => Vec::new(),
        }
    }
}

fn add<T, K: std::hash::Hash + Eq>(rows: &mut Vec<T>, more: Vec<T>, id: impl Fn(&T) -> K) {
    let known: std::collections::HashSet<K> = rows.iter().map(&id).collect();
    rows.extend(more.into_iter().filter(|row| !known.contains(&id(row))));
}

impl fmt::Display for LinkListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Services => f.write_str("endpoint services"),
            Self::ServiceResources(id) => write!(f, "load balancers behind {id}"),
            Self::ServiceUsers(id) => write!(f, "whitelist of {id}"),
            Self::Connections => f.write_str("connections of endpoints"),
            Self::Endpoints => f.write_str("endpoints"),
            Self::EndpointZones(id) => write!(f, "zones of {id}"),
            Self::EndpointGroups(id) => write!(f, "security groups of {id}"),
            Self::LoadBalancer(id) => write!(f, "load balancer {id}"),
            Self::Listener(Port { load_balancer_id, port, .. }) => write!(f, "port {port} of {load_balancer_id}"),
            Self::Health(Port { load_balancer_id, port, .. }) => {
                write!(f, "health of the servers behind port {port} of {load_balancer_id}")
            }
        }
    }
}

/// Lookups for private links. The outer `None` is what could not be looked at.
impl<'a> RegionInventory<'a> {
    /// What such a listing lists.
    #[must_use]
    pub fn link(self, listing_id: LinkListingId) -> Option<&'a LinkListing> {
        match self.listing(&ListingId::Link(listing_id))? {
            Listing::Link(listing) => Some(listing),
            _ => None,
        }
    }

    /// The place of a row with this id in a listing of the region, and the listing.
    fn row(self, listing_id: LinkListingId, id: &str) -> Option<(&'a LinkListing, Option<usize>)> {
        let indexed = self.indexed(&ListingId::Link(listing_id))?;
        let Listing::Link(listing) = &indexed.listing else { return None };
        Some((listing, indexed.at(id).next()))
    }

    /// The endpoint service with this id, if there is one.
    #[must_use]
    pub fn endpoint_service(self, id: &str) -> Option<Option<&'a EndpointService>> {
        match self.row(LinkListingId::Services, id)? {
            (LinkListing::Services(rows), at) => Some(at.map(|at| &rows[at])),
            _ => None,
        }
    }

    /// The endpoint with this id, if there is one.
    #[must_use]
    pub fn endpoint(self, id: &str) -> Option<Option<&'a Endpoint>> {
        match self.row(LinkListingId::Endpoints, id)? {
            (LinkListing::Endpoints(rows), at) => Some(at.map(|at| &rows[at])),
            _ => None,
        }
    }

    /// The connection of the endpoint with this id to a service of the account, if there is one.
    #[must_use]
    pub fn endpoint_connection(self, endpoint_id: &str) -> Option<Option<&'a EndpointConnection>> {
        match self.row(LinkListingId::Connections, endpoint_id)? {
            (LinkListing::Connections(rows), at) => Some(at.map(|at| &rows[at])),
            _ => None,
        }
    }
}

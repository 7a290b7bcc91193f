//! A connection between an endpoint and a service, as the provider sees it: listing, accepting, cutting.

use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PAGE, Page, PrivateLink};
use crate::call::Call;
use crate::error::Error;
use crate::names::{AccountId, ClientToken};
use crate::params::Params;

words! {
    /// Where a connection is in its life.
    ConnectionStatus {
        /// Being changed. Not: waiting to be accepted.
        Pending = "Pending",
        /// On its way to Connected.
        Connecting = "Connecting",
        /// Traffic flows.
        Connected = "Connected",
        /// On its way to Disconnected.
        Disconnecting = "Disconnecting",
        /// Waits to be accepted, or was refused, or was cut: the cloud does not tell which.
        Disconnected = "Disconnected",
        /// Going.
        Deleting = "Deleting",
        /// Its service is gone.
        ServiceDeleted = "ServiceDeleted",
        /// Gone.
        Deleted = "Deleted",
    }
}

impl ConnectionStatus {
    /// Whether it stays so until somebody calls. A status this version does not know counts as unsettled.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Connected | Self::Disconnected | Self::ServiceDeleted | Self::Deleted)
    }
}

words! {
    /// Where one zone of an endpoint is.
    ZoneStatus {
        /// Being made.
        Creating = "Creating",
        /// Never connected so far.
        Wait = "Wait",
        /// On its way to Connected.
        Connecting = "Connecting",
        /// Traffic flows.
        Connected = "Connected",
        /// On its way to Disconnected.
        Disconnecting = "Disconnecting",
        /// Was connected once.
        Disconnected = "Disconnected",
        /// Going.
        Deleting = "Deleting",
        /// Being moved to another resource.
        Migrating = "Migrating",
        /// Moved to another resource.
        Migrated = "Migrated",
    }
}

words! {
    /// How the bandwidth of a connection is kept in bounds.
    TrafficControlMode {
        /// By a limit; the only way of classic load balancers.
        BandwidthLimit = "BandwidthLimit",
        /// By growing with the need.
        Scalability = "Scalability",
    }
}

/// One zone of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConnectionZone {
    /// The zone.
    pub zone_id: String,
    /// The consumer's vSwitch in it.
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: Option<String>,
    /// The endpoint's network interface in it.
    pub eni_id: Option<String>,
    /// Its domain name.
    pub zone_domain: Option<String>,
    /// Where it is.
    #[serde(rename = "ZoneStatus")]
    pub status: Option<ZoneStatus>,
    /// The load balancer that serves it.
    pub resource_id: Option<String>,
}

/// A connection between an endpoint and a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointConnection {
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// The account that owns the endpoint, by the cloud's own word: what decisions may rest on. Sent as a number.
    #[serde(default, deserialize_with = "lenient::value")]
    pub endpoint_owner_id: Option<String>,
    /// The VPC it is in.
    pub endpoint_vpc_id: Option<String>,
    /// The region it is in. Not said before 2026, when it was always the service's.
    pub endpoint_region_id: Option<String>,
    /// Where the connection is in its life.
    #[serde(rename = "ConnectionStatus")]
    pub status: ConnectionStatus,
    /// In Mbit/s.
    pub bandwidth: Option<i64>,
    /// How that is kept.
    pub traffic_control_mode: Option<TrafficControlMode>,
    /// When it changed last.
    pub modified_time: Option<Timestamp>,
    /// Whether endpoint and service belong to one account.
    pub resource_owner: Option<bool>,
    /// Its zones; an endpoint may have none.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub zones: Vec<ConnectionZone>,
}

/// Which connections to list. Everything left empty lists all of the region; whether every cloud allows that is not
/// certain, so name the service where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVpcEndpointConnections {
    /// Those of this service.
    pub service_id: Option<String>,
    /// That of this endpoint.
    pub endpoint_id: Option<String>,
    /// Those of endpoints of this account.
    pub endpoint_owner: Option<AccountId>,
    /// Those in this status.
    pub status: Option<ConnectionStatus>,
}

/// A connection to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnableVpcEndpointConnection {
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// In Mbit/s; the service's own default where nothing is said.
    pub bandwidth: Option<u32>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

fn between(service_id: &str, endpoint_id: &str) -> Params {
    Params::new().with("ServiceId", service_id).with("EndpointId", endpoint_id)
}

impl EnableVpcEndpointConnection {
    fn params(&self) -> Params {
        between(&self.service_id, &self.endpoint_id)
            .maybe("Bandwidth", self.bandwidth)
            .with("ClientToken", &self.client_token)
    }
}

impl PrivateLink {
    /// The connections asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn list_vpc_endpoint_connections(
        &self,
        request: &ListVpcEndpointConnections,
    ) -> Result<Vec<EndpointConnection>, Error> {
        let params = || {
            Params::new()
                .maybe("ServiceId", request.service_id.as_ref())
                .maybe("EndpointId", request.endpoint_id.as_ref())
                .maybe("EndpointOwnerId", request.endpoint_owner.as_ref())
                .maybe("ConnectionStatus", request.status.as_ref())
                .with("MaxResults", PAGE)
        };
        self.0.all_by_token(Call::ListVpcEndpointConnections, params, Page::open).await
    }

    /// One page of the region's connections of all services of this account, and the token of the next one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn connections_page(
        &self,
        token: Option<&str>,
    ) -> Result<(Vec<EndpointConnection>, Option<String>), Error> {
        let params = Params::new().with("MaxResults", PAGE);
        self.0.page_by_token(Call::ListVpcEndpointConnections, params, token, Page::open).await
    }

    /// The connection between this service and this endpoint; `None` when there is none such.
    ///
    /// # Errors
    /// As [`list_vpc_endpoint_connections`](Self::list_vpc_endpoint_connections).
    pub async fn connection(&self, service_id: &str, endpoint_id: &str) -> Result<Option<EndpointConnection>, Error> {
        let request = ListVpcEndpointConnections {
            service_id: Some(service_id.to_owned()),
            endpoint_id: Some(endpoint_id.to_owned()),
            ..ListVpcEndpointConnections::default()
        };
        let listed = self.list_vpc_endpoint_connections(&request).await?;
        Ok(listed.into_iter().find(|row| row.service_id == service_id && row.endpoint_id == endpoint_id))
    }

    /// Accepts a connection. It goes through Connecting to Connected. One at a time within a main account. Returns the
    /// cloud's id of the request.
    ///
    /// # Errors
    /// `AlreadyThere` when its status does not allow it (it may be connected already), `Busy` while another change is under
    /// way, `Gone` when there is none such.
    pub async fn enable_vpc_endpoint_connection(
        &self,
        request: &EnableVpcEndpointConnection,
    ) -> Result<Option<String>, Error> {
        self.0.receipt(Call::EnableVpcEndpointConnection, request.params()).await
    }

    /// Whether [`enable_vpc_endpoint_connection`](Self::enable_vpc_endpoint_connection) would pass now. Nothing is changed.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_enable_vpc_endpoint_connection(
        &self,
        request: &EnableVpcEndpointConnection,
    ) -> Result<(), Error> {
        self.0.dry_run(Call::EnableVpcEndpointConnection, request.params()).await
    }

    /// Refuses a connection that waits, or cuts one that is there: to the cloud that is the same, and it keeps no reason.
    /// Returns the cloud's id of the request.
    ///
    /// # Errors
    /// As [`enable_vpc_endpoint_connection`](Self::enable_vpc_endpoint_connection).
    pub async fn disable_vpc_endpoint_connection(
        &self,
        service_id: &str,
        endpoint_id: &str,
        client_token: &ClientToken,
    ) -> Result<Option<String>, Error> {
        let params = between(service_id, endpoint_id).with("ClientToken", client_token);
        self.0.receipt(Call::DisableVpcEndpointConnection, params).await
    }

    /// Whether [`disable_vpc_endpoint_connection`](Self::disable_vpc_endpoint_connection) would pass now. Nothing is
    /// changed.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_disable_vpc_endpoint_connection(
        &self,
        service_id: &str,
        endpoint_id: &str,
    ) -> Result<(), Error> {
        self.0.dry_run(Call::DisableVpcEndpointConnection, between(service_id, endpoint_id)).await
    }

    /// Changes the bandwidth of a connection, in Mbit/s.
    ///
    /// # Errors
    /// As [`enable_vpc_endpoint_connection`](Self::enable_vpc_endpoint_connection).
    pub async fn update_vpc_endpoint_connection_attribute(
        &self,
        service_id: &str,
        endpoint_id: &str,
        bandwidth: u32,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = between(service_id, endpoint_id).with("Bandwidth", bandwidth).with("ClientToken", client_token);
        self.0.done(Call::UpdateVpcEndpointConnectionAttribute, params).await
    }

    /// Lets traffic pass in one more zone of an endpoint that is connected. The zone is where it should be when its status is
    /// Connected.
    ///
    /// # Errors
    /// `AlreadyThere` when the zone's status does not allow it (it may be connected already), `Busy` while the connection is
    /// being changed.
    pub async fn enable_vpc_endpoint_zone_connection(
        &self,
        service_id: &str,
        endpoint_id: &str,
        zone_id: &str,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = between(service_id, endpoint_id).with("ZoneId", zone_id).with("ClientToken", client_token);
        self.0.done(Call::EnableVpcEndpointZoneConnection, params).await
    }
}

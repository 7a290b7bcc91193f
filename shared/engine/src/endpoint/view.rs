//! What the cloud shows of a service and its endpoints, as requests and facts to decide on.

use alicloud::private_link::{
    ConnectionStatus, EndpointConnection, EndpointService, ListVpcEndpointConnections, PrivateLink, ServiceStatus,
    ServiceUser, ZoneStatus,
};
use alicloud::vpc::BusinessStatus;
use approval::decision::{EndpointState, Place};
use approval::request::{Approvals, Facts, Others, Request, Status};
use jiff::Timestamp;

use crate::clouds::Clouds;
use crate::session::Session;
use connection::not_done::NotDone;

/// An account that provides services, in one region.
pub struct Provider {
    /// The account's id.
    pub account_id: String,
    /// Its calls.
    pub link: PrivateLink,
}

impl Provider {
    /// The account and region of `place`, reached in `session`.
    ///
    /// # Errors
    /// When the account is not in the operator's list or its entry does not read.
    pub fn of(clouds: &Clouds, session: &Session<'_>, place: &Place) -> Result<Self, NotDone> {
        let (account, client, region) = clouds.client_at(session, &place.account, &place.region)?;
        Ok(Self { account_id: account.id.clone(), link: client.private_link(&region) })
    }
}

/// A service with its endpoints and its whitelist, as they are at one instant.
#[derive(Debug, Clone)]
pub struct ServiceView {
    /// The service.
    pub service: EndpointService,
    /// Every connection to it.
    pub connections: Vec<EndpointConnection>,
    /// Its whitelist; `None` when that could not be read.
    pub users: Option<Vec<ServiceUser>>,
}

impl ServiceView {
    /// Looks at one service. `None` when there is none such.
    ///
    /// # Errors
    /// When service or connections cannot be read.
    pub async fn of(link: &PrivateLink, service_id: &str) -> Result<Option<Self>, alicloud::Error> {
        match link.service(service_id).await? {
            Some(service) => Self::around(link, service).await.map(Some),
            None => Ok(None),
        }
    }

    /// Looks at what is around a service that is known.
    ///
    /// # Errors
    /// When the connections cannot be read.
    pub async fn around(link: &PrivateLink, service: EndpointService) -> Result<Self, alicloud::Error> {
        let wanted = ListVpcEndpointConnections { service_id: Some(service.service_id.clone()), ..Default::default() };
        let connections = link.list_vpc_endpoint_connections(&wanted).await?;
        let users = if connections.is_empty() {
            None
        } else {
            link.list_vpc_endpoint_service_users(&service.service_id).await.ok()
        };
        Ok(Self { service, connections, users })
    }

    /// The connection of an endpoint, if there is one.
    #[must_use]
    pub fn connection(&self, endpoint_id: &str) -> Option<&EndpointConnection> {
        self.connections.iter().find(|one| one.endpoint_id == endpoint_id)
    }

    /// A connection as a request to decide on.
    #[must_use]
    pub fn request(&self, connection: &EndpointConnection, region: &str) -> Request {
        Request {
            service_id: self.service.service_id.clone(),
            endpoint_id: connection.endpoint_id.clone(),
            account_id: connection.endpoint_owner_id.clone(),
            vpc_id: connection.endpoint_vpc_id.clone(),
            // Before endpoints of other regions came, it was not said: it was always the service's.
            region: connection.endpoint_region_id.clone().unwrap_or_else(|| region.to_owned()),
            zones: connection.zones.iter().map(|zone| zone.zone_id.clone()).collect(),
            same_account: connection.resource_owner,
            status: status(&connection.status),
            modified_at: connection.modified_time,
        }
    }

    /// What is known around a request to connect.
    #[must_use]
    pub fn facts(
        &self,
        connection: &EndpointConnection,
        state: &EndpointState,
        approvals: Approvals,
        now: Timestamp,
    ) -> Facts {
        let others = self.others(connection, |_| true);
        self.facts_among(connection, state, approvals, others, now)
    }

    /// The same where the others were counted already.
    #[must_use]
    pub fn facts_among(
        &self,
        connection: &EndpointConnection,
        state: &EndpointState,
        approvals: Approvals,
        others: Others,
        now: Timestamp,
    ) -> Facts {
        let status = status(&connection.status);
        let was_connected = connection.zones.iter().any(|zone| zone.status == Some(ZoneStatus::Disconnected));
        let business = self.service.business_status.as_ref();
        Facts {
            now,
            service_is_ready: self.service.status == ServiceStatus::Active
                && business.is_none_or(|status| *status == BusinessStatus::Normal),
            whitelisted: self.whitelists(connection.endpoint_owner_id.as_deref()),
            ranges: None,
            others,
            approvals,
            person: state.person_for(status),
            past: state.past(status, was_connected),
            connection: state.connection.clone(),
        }
    }

    /// The other endpoints that hold a place, of those that `counts` lets count.
    #[must_use]
    pub fn others(&self, own: &EndpointConnection, counts: impl Fn(&EndpointConnection) -> bool) -> Others {
        let mut others = Others::default();
        let holds = |other: &&EndpointConnection| {
            other.endpoint_id != own.endpoint_id && holds_a_place(&other.status) && counts(other)
        };
        for other in self.connections.iter().filter(holds) {
            others.of_service += 1;
            others.of_account += u32::from(other.endpoint_owner_id == own.endpoint_owner_id);
            others.of_vpc += u32::from(other.endpoint_vpc_id == own.endpoint_vpc_id);
        }
        others
    }

    /// Whether the service's own list names the account; `None` when that is not known.
    pub(super) fn whitelists(&self, account: Option<&str>) -> Option<bool> {
        let (users, account) = (self.users.as_ref()?, account?);
        let names = |user: &ServiceUser| match user {
            ServiceUser::Account(id) => id == account,
            // `acs:ram:*:ACCOUNT:*`. Whether a star stands for everybody is not documented; an endpoint that is there
            // was let in by the cloud, and the policy has its own say.
            ServiceUser::Arn(arn) => arn.split(':').nth(3).is_some_and(|part| part == account || part == "*"),
        };
        Some(users.iter().any(names))
    }
}

/// Whether an endpoint in this status counts against limits.
fn holds_a_place(status: &ConnectionStatus) -> bool {
    matches!(status, ConnectionStatus::Connected | ConnectionStatus::Connecting | ConnectionStatus::Pending)
}

fn status(status: &ConnectionStatus) -> Status {
    match status {
        ConnectionStatus::Disconnected => Status::Disconnected,
        ConnectionStatus::Connecting => Status::Connecting,
        ConnectionStatus::Connected => Status::Connected,
        ConnectionStatus::Disconnecting => Status::Disconnecting,
        _ => Status::Moving,
    }
}

//! The consumer's calls on endpoints.

use std::net::IpAddr;

use serde::Deserialize;

use super::{
    AttachedGroup, ConnectionStatus, Endpoint, EndpointZone, OfferedService, PAGE, Page, PrivateLink, listings,
};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::names::{ClientToken, Region};
use crate::params::Params;
use crate::tag::{self, Tag};

/// The cloud takes at most this many zones, and this many security groups, when an endpoint is made.
const LIMIT: usize = 10;

/// Which service an endpoint leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRef {
    /// `epsrv-…`
    Id(String),
    /// `com.aliyuncs.privatelink.{region}.{id}`
    Name(String),
}

/// A zone in which an endpoint shall have an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewZone {
    /// The zone; one of those that the service serves.
    pub zone_id: String,
    /// A vSwitch of the endpoint's VPC in it.
    pub vswitch_id: String,
    /// The address, if it matters which.
    pub ip: Option<IpAddr>,
}

/// An endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVpcEndpoint {
    /// The service it leads to.
    pub service: ServiceRef,
    /// The service's region, if that is another one.
    pub service_region: Option<Region>,
    /// The VPC it will be in.
    pub vpc_id: String,
    /// The security groups that hold for it, at most ten: they must let its clients in. One made with none can have none
    /// later.
    pub security_group_ids: Vec<String>,
    /// Its zones, at most ten; none is allowed.
    pub zones: Vec<NewZone>,
    /// Whether names lead to the zone of the one who asks first.
    pub zone_affinity_enabled: bool,
    /// A name, 2 to 128 characters.
    pub name: Option<String>,
    /// A description, 2 to 256 characters.
    pub description: Option<String>,
    /// Tags, at most twenty.
    pub tags: Vec<Tag>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// What an endpoint just made is known by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatedEndpoint {
    /// `ep-…`
    pub endpoint_id: String,
    /// Its domain name.
    pub endpoint_domain: Option<String>,
    /// `Disconnected` while it waits to be accepted.
    pub connection_status: Option<ConnectionStatus>,
}

/// Changes to an endpoint; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateVpcEndpointAttribute {
    /// `ep-…`
    pub endpoint_id: String,
    /// A name.
    pub name: Option<String>,
    /// A description.
    pub description: Option<String>,
    /// Whether names lead to the zone of the one who asks first.
    pub zone_affinity_enabled: Option<bool>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// Which endpoints to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVpcEndpoints {
    /// This one.
    pub endpoint_id: Option<String>,
    /// Those of this name.
    pub name: Option<String>,
    /// Those in this VPC.
    pub vpc_id: Option<String>,
    /// Those that lead to the service with this name.
    pub service_name: Option<String>,
    /// Those whose connection is in this status.
    pub connection_status: Option<ConnectionStatus>,
    /// Those with this tag.
    pub tag: Option<Tag>,
}

/// A zone to be added to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddZoneToVpcEndpoint {
    /// `ep-…`
    pub endpoint_id: String,
    /// The zone.
    pub zone: NewZone,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

impl ServiceRef {
    fn write(&self, params: Params) -> Params {
        match self {
            Self::Id(id) => params.with("ServiceId", id),
            Self::Name(name) => params.with("ServiceName", name),
        }
    }
}

impl CreateVpcEndpoint {
    fn params(&self) -> Params {
        let params = Params::new()
            .with("VpcId", &self.vpc_id)
            .maybe("ServiceRegionId", self.service_region.as_ref())
            .list("SecurityGroupId", &self.security_group_ids)
            .with("ZoneAffinityEnabled", self.zone_affinity_enabled)
            .maybe("EndpointName", self.name.as_ref())
            .maybe("EndpointDescription", self.description.as_ref())
            .with("ClientToken", &self.client_token);
        let params = tag::write(params, &self.tags);
        (1..).zip(&self.zones).fold(self.service.write(params), |params, (n, zone): (u32, _)| {
            params
                .with(format!("Zone.{n}.ZoneId"), &zone.zone_id)
                .with(format!("Zone.{n}.VSwitchId"), &zone.vswitch_id)
                .maybe(format!("Zone.{n}.ip"), zone.ip)
        })
    }
}

fn of_endpoint(id: &str) -> Params {
    Params::new().with("EndpointId", id)
}

impl PrivateLink {
    /// The services that this account may make endpoints to: all, or the one named. All pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn list_vpc_endpoint_services_by_end_user(
        &self,
        service: Option<&ServiceRef>,
        service_region: Option<&Region>,
    ) -> Result<Vec<OfferedService>, Error> {
        let params = || {
            let params = Params::new().maybe("ServiceRegionId", service_region).with("MaxResults", PAGE);
            match service {
                Some(service) => service.write(params),
                None => params,
            }
        };
        self.0.all_by_token(Call::ListVpcEndpointServicesByEndUser, params, Page::open).await
    }

    /// Makes an endpoint. It is ready when its status is Active, and then waits to be accepted.
    ///
    /// # Errors
    /// `Gone` or `Denied` when there is no such service, or this account is not on its whitelist: the documents do not say
    /// which; `Refused` for more than ten zones or security groups.
    pub async fn create_vpc_endpoint(&self, request: &CreateVpcEndpoint) -> Result<CreatedEndpoint, Error> {
        self.check_counts(request)?;
        self.0.call(Call::CreateVpcEndpoint, request.params()).await
    }

    /// Whether [`create_vpc_endpoint`](Self::create_vpc_endpoint) would pass now. Nothing is made.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_create_vpc_endpoint(&self, request: &CreateVpcEndpoint) -> Result<(), Error> {
        self.check_counts(request)?;
        self.0.dry_run(Call::CreateVpcEndpoint, request.params()).await
    }

    fn check_counts(&self, request: &CreateVpcEndpoint) -> Result<(), Error> {
        if request.zones.len() > LIMIT || request.security_group_ids.len() > LIMIT {
            return Err(self.0.refuse(Call::CreateVpcEndpoint, "at most ten zones and ten security groups"));
        }
        Ok(())
    }

    /// One endpoint of this account.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn get_vpc_endpoint_attribute(&self, endpoint_id: &str) -> Result<Endpoint, Error> {
        self.0.call(Call::GetVpcEndpointAttribute, of_endpoint(endpoint_id)).await
    }

    /// The endpoint with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn endpoint(&self, endpoint_id: &str) -> Result<Option<Endpoint>, Error> {
        match self.get_vpc_endpoint_attribute(endpoint_id).await {
            Ok(endpoint) => Ok(Some(endpoint)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The endpoints of this account that were asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn list_vpc_endpoints(&self, request: &ListVpcEndpoints) -> Result<Vec<Endpoint>, Error> {
        let params = || {
            let params = Params::new()
                .maybe("EndpointId", request.endpoint_id.as_ref())
                .maybe("EndpointName", request.name.as_ref())
                .maybe("VpcId", request.vpc_id.as_ref())
                .maybe("ServiceName", request.service_name.as_ref())
                .maybe("ConnectionStatus", request.connection_status.as_ref())
                .with("MaxResults", PAGE);
            tag::write(params, &request.tag)
        };
        self.0.all_by_token(Call::ListVpcEndpoints, params, Page::open).await
    }

    /// One page of the region's endpoints of this account, and the token of the next one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn endpoints_page(&self, token: Option<&str>) -> Result<(Vec<Endpoint>, Option<String>), Error> {
        let params = Params::new().with("MaxResults", PAGE);
        self.0.page_by_token(Call::ListVpcEndpoints, params, token, Page::open).await
    }

    /// Changes an endpoint's name, description or zone affinity.
    ///
    /// # Errors
    /// `Busy` while it is being changed, or another change of the account is under way.
    pub async fn update_vpc_endpoint_attribute(&self, request: &UpdateVpcEndpointAttribute) -> Result<(), Error> {
        let params = of_endpoint(&request.endpoint_id)
            .maybe("EndpointName", request.name.as_ref())
            .maybe("EndpointDescription", request.description.as_ref())
            .maybe("ZoneAffinityEnabled", request.zone_affinity_enabled)
            .with("ClientToken", &request.client_token);
        self.0.done(Call::UpdateVpcEndpointAttribute, params).await
    }

    /// Deletes an endpoint without zones: remove those first. It is gone when it is no longer found.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while it has zones or is being changed.
    pub async fn delete_vpc_endpoint(&self, endpoint_id: &str, client_token: &ClientToken) -> Result<(), Error> {
        self.0.done(Call::DeleteVpcEndpoint, of_endpoint(endpoint_id).with("ClientToken", client_token)).await
    }

    /// Whether [`delete_vpc_endpoint`](Self::delete_vpc_endpoint) would pass now. Nothing is deleted.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_delete_vpc_endpoint(&self, endpoint_id: &str) -> Result<(), Error> {
        self.0.dry_run(Call::DeleteVpcEndpoint, of_endpoint(endpoint_id)).await
    }

    /// Gives an endpoint an address in another zone. The zone goes through Creating to Wait or Connected.
    ///
    /// # Errors
    /// `Busy` while the endpoint is being changed.
    pub async fn add_zone_to_vpc_endpoint(&self, request: &AddZoneToVpcEndpoint) -> Result<(), Error> {
        let params = of_endpoint(&request.endpoint_id)
            .with("ZoneId", &request.zone.zone_id)
            .with("VSwitchId", &request.zone.vswitch_id)
            .maybe("ip", request.zone.ip)
            .with("ClientToken", &request.client_token);
        self.0.done(Call::AddZoneToVpcEndpoint, params).await
    }

    /// Takes a zone from an endpoint. It is gone when it is no longer listed.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while the endpoint is being changed.
    pub async fn remove_zone_from_vpc_endpoint(
        &self,
        endpoint_id: &str,
        zone_id: &str,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = of_endpoint(endpoint_id).with("ZoneId", zone_id).with("ClientToken", client_token);
        self.0.done(Call::RemoveZoneFromVpcEndpoint, params).await
    }

    /// Lets a security group hold for an endpoint.
    ///
    /// # Errors
    /// `Busy` while the endpoint is being changed, `Refused` for one that was made without any.
    pub async fn attach_security_group_to_vpc_endpoint(
        &self,
        endpoint_id: &str,
        security_group_id: &str,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        self.on_group(Call::AttachSecurityGroupToVpcEndpoint, endpoint_id, security_group_id, client_token).await
    }

    /// Lets a security group no longer hold for an endpoint.
    ///
    /// # Errors
    /// `Busy` while the endpoint is being changed.
    pub async fn detach_security_group_from_vpc_endpoint(
        &self,
        endpoint_id: &str,
        security_group_id: &str,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        self.on_group(Call::DetachSecurityGroupFromVpcEndpoint, endpoint_id, security_group_id, client_token).await
    }

    async fn on_group(&self, call: Call, endpoint: &str, group: &str, token: &ClientToken) -> Result<(), Error> {
        let params = of_endpoint(endpoint).with("SecurityGroupId", group).with("ClientToken", token);
        self.0.done(call, params).await
    }
}

listings! {
    "The zones of an endpoint with their addresses and names": list_vpc_endpoint_zones, endpoint_zones_page
        = ListVpcEndpointZones by of_endpoint, each a EndpointZone of Page;
    "The security groups of an endpoint": list_vpc_endpoint_security_groups, endpoint_groups_page
        = ListVpcEndpointSecurityGroups by of_endpoint, each a AttachedGroup of Page;
}

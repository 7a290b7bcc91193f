//! The provider's calls on services, their resources and their whitelist.

use cloud_wire::lenient;
use serde::Deserialize;

use super::{
    EndpointService, PAGE, Page, Payer, PrivateLink, ResourceType, ServiceResource, ServiceStatus, ServiceUser,
    listings,
};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::names::{AccountId, ClientToken};
use crate::params::Params;
use crate::tag::{self, Tag};

/// The cloud takes at most this many resources when a service is made.
const RESOURCE_LIMIT: usize = 10;

/// A load balancer to stand behind a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResource {
    /// What it is.
    pub resource_type: ResourceType,
    /// `lb-…`, `nlb-…`, `alb-…`
    pub resource_id: String,
    /// The zone it serves. Needed but for classic load balancers, which serve their primary zone.
    pub zone_id: Option<String>,
}

/// An endpoint service to be made. Its maker's account is on the whitelist by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVpcEndpointService {
    /// What stands behind it; at most ten here, more can be attached later.
    pub resources: Vec<NewResource>,
    /// The one kind of all of them.
    pub resource_type: ResourceType,
    /// A description, 2 to 256 characters.
    pub description: Option<String>,
    /// Whether the cloud shall accept every endpoint of a whitelisted account by itself.
    pub auto_accept_enabled: bool,
    /// Whether names lead to the zone of the one who asks first.
    pub zone_affinity_enabled: bool,
    /// Who pays; the consumer where nothing is said.
    pub payer: Option<Payer>,
    /// Tags, at most twenty.
    pub tags: Vec<Tag>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// What a service just made is known by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreatedService {
    /// `epsrv-…`
    pub service_id: String,
    /// `com.aliyuncs.privatelink.{region}.{id}`
    pub service_name: Option<String>,
    /// Its domain name.
    pub service_domain: Option<String>,
}

/// Changes to a service; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateVpcEndpointServiceAttribute {
    /// `epsrv-…`
    pub service_id: String,
    /// A description.
    pub description: Option<String>,
    /// Whether the cloud shall accept every endpoint of a whitelisted account by itself.
    pub auto_accept_enabled: Option<bool>,
    /// Whether names lead to the zone of the one who asks first.
    pub zone_affinity_enabled: Option<bool>,
    /// What a connection gets when nothing else is said: 100 to 10240 Mbit/s, of classic and application load balancers.
    pub connect_bandwidth: Option<u32>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// Which services to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVpcEndpointServices {
    /// This one.
    pub service_id: Option<String>,
    /// The one with this name.
    pub service_name: Option<String>,
    /// Those in this status.
    pub status: Option<ServiceStatus>,
    /// Those with this load balancer behind them.
    pub resource_id: Option<String>,
    /// Those with this tag.
    pub tag: Option<Tag>,
}

#[derive(Deserialize)]
struct UserPage {
    #[serde(default, rename = "Users", deserialize_with = "lenient::wrapped")]
    users: Vec<UserRow>,
    #[serde(default, rename = "UserARNs", deserialize_with = "lenient::wrapped")]
    arns: Vec<ArnRow>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

impl UserPage {
    fn open(self) -> (Vec<ServiceUser>, Option<String>) {
        let accounts = self.users.into_iter().map(|row| ServiceUser::Account(row.id));
        let arns = self.arns.into_iter().map(|row| ServiceUser::Arn(row.arn));
        (accounts.chain(arns).collect(), self.next_token)
    }
}

#[derive(Deserialize)]
struct UserRow {
    #[serde(rename = "UserId")]
    id: String,
}

#[derive(Deserialize)]
struct ArnRow {
    #[serde(rename = "UserARN")]
    arn: String,
}

impl CreateVpcEndpointService {
    fn params(&self) -> Params {
        let params = Params::new()
            .with("ServiceResourceType", &self.resource_type)
            .maybe("ServiceDescription", self.description.as_ref())
            .with("AutoAcceptEnabled", self.auto_accept_enabled)
            .with("ZoneAffinityEnabled", self.zone_affinity_enabled)
            .maybe("Payer", self.payer.as_ref())
            .with("ClientToken", &self.client_token);
        let params = tag::write(params, &self.tags);
        (1..).zip(&self.resources).fold(params, |params, (n, resource): (u32, _)| {
            params
                .with(format!("Resource.{n}.ResourceType"), &resource.resource_type)
                .with(format!("Resource.{n}.ResourceId"), &resource.resource_id)
                .maybe(format!("Resource.{n}.ZoneId"), resource.zone_id.as_ref())
        })
    }
}

fn of_service(id: &str) -> Params {
    Params::new().with("ServiceId", id)
}

fn with_resource(service_id: &str, resource: &NewResource, client_token: &ClientToken) -> Params {
    of_service(service_id)
        .with("ResourceType", &resource.resource_type)
        .with("ResourceId", &resource.resource_id)
        .maybe("ZoneId", resource.zone_id.as_ref())
        .with("ClientToken", client_token)
}

impl PrivateLink {
    /// Makes an endpoint service. It is ready when its status is Active.
    ///
    /// # Errors
    /// `Commercial` where the account has not opened PrivateLink, `Refused` for more than ten resources or one that does not
    /// fit.
    pub async fn create_vpc_endpoint_service(
        &self,
        request: &CreateVpcEndpointService,
    ) -> Result<CreatedService, Error> {
        self.check_resources(request)?;
        self.0.call(Call::CreateVpcEndpointService, request.params()).await
    }

    /// Puts tags on an endpoint service. A key that is there gets the new value.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn tag_service(&self, id: &str, tags: &[Tag], client_token: &ClientToken) -> Result<(), Error> {
        let params = Params::new()
            .with("ResourceType", "vpcendpointservice")
            .with("ResourceId.1", id)
            .with("ClientToken", client_token);
        self.0.done(Call::TagService, tag::write(params, tags)).await
    }

    /// Whether [`create_vpc_endpoint_service`](Self::create_vpc_endpoint_service) would pass now. Nothing is made.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_create_vpc_endpoint_service(&self, request: &CreateVpcEndpointService) -> Result<(), Error> {
        self.check_resources(request)?;
        self.0.dry_run(Call::CreateVpcEndpointService, request.params()).await
    }

    fn check_resources(&self, request: &CreateVpcEndpointService) -> Result<(), Error> {
        if request.resources.len() > RESOURCE_LIMIT {
            return Err(self.0.refuse(Call::CreateVpcEndpointService, "at most ten resources at once"));
        }
        Ok(())
    }

    /// One endpoint service of this account.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn get_vpc_endpoint_service_attribute(&self, service_id: &str) -> Result<EndpointService, Error> {
        self.0.call(Call::GetVpcEndpointServiceAttribute, of_service(service_id)).await
    }

    /// The endpoint service with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn service(&self, service_id: &str) -> Result<Option<EndpointService>, Error> {
        match self.get_vpc_endpoint_service_attribute(service_id).await {
            Ok(service) => Ok(Some(service)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The endpoint services of this account that were asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn list_vpc_endpoint_services(
        &self,
        request: &ListVpcEndpointServices,
    ) -> Result<Vec<EndpointService>, Error> {
        let params = || {
            let params = Params::new()
                .maybe("ServiceId", request.service_id.as_ref())
                .maybe("ServiceName", request.service_name.as_ref())
                .maybe("ServiceStatus", request.status.as_ref())
                .maybe("ResourceId", request.resource_id.as_ref())
                .with("MaxResults", PAGE);
            tag::write(params, &request.tag)
        };
        self.0.all_by_token(Call::ListVpcEndpointServices, params, Page::open).await
    }

    /// One page of the region's services of this account, and the token of the next one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn services_page(&self, token: Option<&str>) -> Result<(Vec<EndpointService>, Option<String>), Error> {
        let params = Params::new().with("MaxResults", PAGE);
        self.0.page_by_token(Call::ListVpcEndpointServices, params, token, Page::open).await
    }

    /// Changes a service. It must be Active.
    ///
    /// # Errors
    /// `Busy` while it is being changed, or another change of the account is under way.
    pub async fn update_vpc_endpoint_service_attribute(
        &self,
        request: &UpdateVpcEndpointServiceAttribute,
    ) -> Result<(), Error> {
        let params = of_service(&request.service_id)
            .maybe("ServiceDescription", request.description.as_ref())
            .maybe("AutoAcceptEnabled", request.auto_accept_enabled)
            .maybe("ZoneAffinityEnabled", request.zone_affinity_enabled)
            .maybe("ConnectBandwidth", request.connect_bandwidth)
            .with("ClientToken", &request.client_token);
        self.0.done(Call::UpdateVpcEndpointServiceAttribute, params).await
    }

    /// Deletes a service without connections and without resources. It is gone when it is no longer found.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while it has connections or is being changed.
    pub async fn delete_vpc_endpoint_service(&self, service_id: &str, client_token: &ClientToken) -> Result<(), Error> {
        let params = of_service(service_id).with("ClientToken", client_token);
        self.0.done(Call::DeleteVpcEndpointService, params).await
    }

    /// Whether [`delete_vpc_endpoint_service`](Self::delete_vpc_endpoint_service) would pass now. Nothing is deleted.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_delete_vpc_endpoint_service(&self, service_id: &str) -> Result<(), Error> {
        self.0.dry_run(Call::DeleteVpcEndpointService, of_service(service_id)).await
    }

    /// Puts a load balancer behind a service. The service must be Active.
    ///
    /// # Errors
    /// `AlreadyThere` when it stands behind it, `Busy` while the service is being changed.
    pub async fn attach_resource_to_vpc_endpoint_service(
        &self,
        service_id: &str,
        resource: &NewResource,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = with_resource(service_id, resource, client_token);
        self.0.done(Call::AttachResourceToVpcEndpointService, params).await
    }

    /// Takes a load balancer away from a service.
    ///
    /// # Errors
    /// `Busy` while connections use it or the service is being changed.
    pub async fn detach_resource_from_vpc_endpoint_service(
        &self,
        service_id: &str,
        resource: &NewResource,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = with_resource(service_id, resource, client_token);
        self.0.done(Call::DetachResourceFromVpcEndpointService, params).await
    }

    /// Lets an account find the service and make endpoints to it. Which code says that it may already is not documented:
    /// look at the list first.
    ///
    /// # Errors
    /// `Busy` while another change of the account is under way or the service is not Active.
    pub async fn add_user_to_vpc_endpoint_service(
        &self,
        service_id: &str,
        account: &AccountId,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = of_service(service_id).with("UserId", account).with("ClientToken", client_token);
        self.0.done(Call::AddUserToVpcEndpointService, params).await
    }

    /// Takes an account from the whitelist. Whether that cuts its connections is not documented: cut them first.
    ///
    /// # Errors
    /// `Gone` when there is no such service or the account is not on its list, `Busy` while another change is under way.
    pub async fn remove_user_from_vpc_endpoint_service(
        &self,
        service_id: &str,
        account: &AccountId,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = of_service(service_id).with("UserId", account).with("ClientToken", client_token);
        self.0.done(Call::RemoveUserFromVpcEndpointService, params).await
    }
}

listings! {
    "What stands behind a service": list_vpc_endpoint_service_resources, service_resources_page
        = ListVpcEndpointServiceResources by of_service, each a ServiceResource of Page;
    "The whitelist of a service": list_vpc_endpoint_service_users, service_users_page
        = ListVpcEndpointServiceUsers by of_service, each a ServiceUser of UserPage;
}

//! The calls that make, join, change and delete router interfaces.
//!
//! Connect, activate, deactivate and modify take no client token: read the state before calling them again.

use cloud_wire::{lenient, words};
use serde::Deserialize;

use super::{Peer, Role, RouterInterface, RouterType, Spec, Vpc};
use crate::call::Call;
use crate::error::Error;
use crate::names::{ClientToken, Region};
use crate::paging::{Next, Numbered, Position};
use crate::params::Params;

/// The largest page the cloud gives.
const PAGE_SIZE: u32 = 50;
/// The cloud takes at most this many filters, and this many values of one filter.
const FILTER_LIMIT: usize = 5;

/// A router interface to be made, in the region that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRouterInterface {
    /// Which end it will be.
    pub role: Role,
    /// Its bandwidth class; an acceptor must have [`Spec::Negative`].
    pub spec: Spec,
    /// What it sits on; an acceptor always sits on a VPC's router.
    pub router_type: RouterType,
    /// The router, `vrt-…` of a VPC. Not the VPC's own id.
    pub router_id: String,
    /// The region of the other side.
    pub opposite_region: Region,
    /// The other side, if it is known already. It may be set later.
    pub peer: Option<Peer>,
    /// A name, 2 to 128 characters, starting with a letter.
    pub name: Option<String>,
    /// A description, 2 to 256 characters.
    pub description: Option<String>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

words! {
    /// What router interfaces can be listed by.
    FilterKey {
        /// `ri-…`
        RouterInterfaceId = "RouterInterfaceId",
        /// `vrt-…` or `vbr-…`
        RouterId = "RouterId",
        /// What it sits on.
        RouterType = "RouterType",
        /// The account that owns it.
        RouterInterfaceOwnerId = "RouterInterfaceOwnerId",
        /// `ri-…` of the other side.
        OppositeInterfaceId = "OppositeInterfaceId",
        /// What the other side sits on.
        OppositeRouterType = "OppositeRouterType",
        /// The router of the other side.
        OppositeRouterId = "OppositeRouterId",
        /// The account that owns the other side.
        OppositeInterfaceOwnerId = "OppositeInterfaceOwnerId",
        /// Its status.
        Status = "Status",
        /// Its name.
        Name = "Name",
    }
}

/// A condition on what is listed: any of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What is compared.
    pub key: FilterKey,
    /// With what: one to five values, any of which will do.
    pub values: Vec<String>,
}

impl Filter {
    /// Lists what has `value` under `key`.
    pub fn new(key: FilterKey, value: impl Into<String>) -> Self {
        Self { key, values: vec![value.into()] }
    }
}

/// One page of router interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeRouterInterfaces {
    /// At most five; all of them must hold.
    pub filters: Vec<Filter>,
    /// From 1.
    pub page_number: u32,
    /// 1 to 50.
    pub page_size: u32,
}

/// What a page holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouterInterfacePage {
    /// The router interfaces on it.
    #[serde(default, rename = "RouterInterfaceSet", deserialize_with = "lenient::wrapped")]
    pub router_interfaces: Vec<RouterInterface>,
    /// How many there are on all pages.
    pub total_count: Option<u64>,
    /// How many the cloud puts on a page.
    pub page_size: Option<u64>,
}

/// Changes to a router interface; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModifyRouterInterfaceAttribute {
    /// `ri-…`
    pub router_interface_id: String,
    /// The other side. Can be set only while the interface is Idle. Always sent whole: left out, the router type would
    /// default to a border router.
    pub peer: Option<Peer>,
    /// A name.
    pub name: Option<String>,
    /// A description.
    pub description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    router_interface_id: String,
}

fn with_peer(params: Params, peer: Option<&Peer>) -> Params {
    let Some(peer) = peer else { return params };
    params
        .with("OppositeInterfaceId", &peer.interface_id)
        .with("OppositeRouterId", &peer.router_id)
        .with("OppositeRouterType", &peer.router_type)
        .with("OppositeInterfaceOwnerId", &peer.owner_id)
}

impl Vpc {
    /// Makes a router interface and returns its id. It starts out Idle.
    ///
    /// # Errors
    /// `Quota` at the fifth interface of a router or the account's own limit, `Commercial` while bills are outstanding or
    /// where the class is not sold to this account.
    pub async fn create_router_interface(&self, request: &CreateRouterInterface) -> Result<String, Error> {
        let params = Params::new()
            .with("Role", &request.role)
            .with("Spec", &request.spec)
            .with("RouterType", &request.router_type)
            .with("RouterId", &request.router_id)
            .with("OppositeRegionId", &request.opposite_region)
            .maybe("Name", request.name.as_ref())
            .maybe("Description", request.description.as_ref())
            .with("ClientToken", &request.client_token);
        let params = with_peer(params, request.peer.as_ref());
        let created: Created = self.0.call(Call::CreateRouterInterface, params).await?;
        Ok(created.router_interface_id)
    }

    /// One page of the region's router interfaces.
    ///
    /// # Errors
    /// `Refused` for more than five filters, or a filter without values or with more than five.
    pub async fn describe_router_interfaces(
        &self,
        request: &DescribeRouterInterfaces,
    ) -> Result<RouterInterfacePage, Error> {
        let call = Call::DescribeRouterInterfaces;
        let fits = |filter: &Filter| (1..=FILTER_LIMIT).contains(&filter.values.len());
        if request.filters.len() > FILTER_LIMIT || !request.filters.iter().all(fits) {
            return Err(self.0.refuse(call, "at most five filters, with one to five values each"));
        }
        let mut params = Params::new().with("PageNumber", request.page_number).with("PageSize", request.page_size);
        for (n, filter) in (1..).zip(&request.filters) {
            params = params.with(format!("Filter.{n}.Key"), &filter.key);
            for (m, value) in (1..).zip(&filter.values) {
                params = params.with(format!("Filter.{n}.Value.{m}"), value);
            }
        }
        self.0.call(call, params).await
    }

    /// All of the region's router interfaces that pass `filters`, however many pages that takes.
    ///
    /// # Errors
    /// As a single page; `Malformed` when the listing repeats itself or does not end.
    pub async fn all_router_interfaces(&self, filters: &[Filter]) -> Result<Vec<RouterInterface>, Error> {
        let mut pages = Numbered::new(PAGE_SIZE);
        loop {
            let request =
                DescribeRouterInterfaces { filters: filters.to_vec(), page_number: pages.page(), page_size: PAGE_SIZE };
            let page = self.describe_router_interfaces(&request).await?;
            let position = Position { total_count: page.total_count, page_size: page.page_size };
            match pages.take(page.router_interfaces, position, |interface| &interface.router_interface_id) {
                Next::Page => {}
                Next::Done => return Ok(pages.into_rows()),
                Next::Fault(reason) => return Err(self.0.contradiction(Call::DescribeRouterInterfaces, reason)),
            }
        }
    }

    /// The router interface with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As [`all_router_interfaces`](Self::all_router_interfaces).
    pub async fn router_interface(&self, id: &str) -> Result<Option<RouterInterface>, Error> {
        let listed = self.all_router_interfaces(&[Filter::new(FilterKey::RouterInterfaceId, id)]).await?;
        // A filter that the cloud ignores lists others as well.
        Ok(listed.into_iter().find(|interface| interface.router_interface_id == id))
    }

    /// Sets peer information, name or description.
    ///
    /// # Errors
    /// `Refused` when peer information is set on an interface that is not Idle.
    pub async fn modify_router_interface_attribute(
        &self,
        request: &ModifyRouterInterfaceAttribute,
    ) -> Result<(), Error> {
        let params = Params::new()
            .with("RouterInterfaceId", &request.router_interface_id)
            .maybe("Name", request.name.as_ref())
            .maybe("Description", request.description.as_ref());
        let params = with_peer(params, request.peer.as_ref());
        self.0.done(Call::ModifyRouterInterfaceAttribute, params).await
    }

    /// Connects the pair. Only the initiator can, and only from Idle. Then both sides go to Active by themselves.
    ///
    /// # Errors
    /// `AlreadyThere` when it is not Idle any more, or the routers are joined already; `Busy` while one side lacks its peer
    /// information.
    pub async fn connect_router_interface(&self, id: &str) -> Result<(), Error> {
        self.on_interface(Call::ConnectRouterInterface, id).await
    }

    /// Switches an Inactive interface on.
    ///
    /// # Errors
    /// `AlreadyThere` when it is not Inactive.
    pub async fn activate_router_interface(&self, id: &str) -> Result<(), Error> {
        self.on_interface(Call::ActivateRouterInterface, id).await
    }

    /// Switches an Active interface off.
    ///
    /// # Errors
    /// `AlreadyThere` when it is not Active.
    pub async fn deactivate_router_interface(&self, id: &str) -> Result<(), Error> {
        self.on_interface(Call::DeactivateRouterInterface, id).await
    }

    async fn on_interface(&self, call: Call, id: &str) -> Result<(), Error> {
        self.0.done(call, Params::new().with("RouterInterfaceId", id)).await
    }

    /// Deletes an Idle or Inactive interface to which no route points.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while its status or a route forbids it.
    pub async fn delete_router_interface(&self, id: &str, client_token: &ClientToken) -> Result<(), Error> {
        let params = Params::new().with("RouterInterfaceId", id).with("ClientToken", client_token);
        self.0.done(Call::DeleteRouterInterface, params).await
    }

    /// Changes the bandwidth class of an Active initiator.
    ///
    /// # Errors
    /// `Busy` while it is not Active, `Refused` where the class does not exist between the two regions.
    pub async fn modify_router_interface_spec(
        &self,
        id: &str,
        spec: &Spec,
        client_token: &ClientToken,
    ) -> Result<(), Error> {
        let params = Params::new().with("RouterInterfaceId", id).with("Spec", spec).with("ClientToken", client_token);
        self.0.done(Call::ModifyRouterInterfaceSpec, params).await
    }
}

//! The calls that make, answer, list, change and delete peering connections.

use cloud_wire::lenient;
use serde::Deserialize;

use super::{LinkType, PeerConnection, VpcPeer};
use crate::call::Call;
use crate::error::{Error, Kind};
use crate::names::{AccountId, ClientToken, Region};
use crate::params::Params;

/// The largest page the cloud gives.
const PAGE: u32 = 100;

/// A peering connection to be asked for, from the region that is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVpcPeerConnection {
    /// One's own VPC.
    pub vpc_id: String,
    /// The account that is asked. A request to one's own account is accepted by the cloud itself.
    pub accepting_account: AccountId,
    /// The region that is asked.
    pub accepting_region: Region,
    /// The VPC that is asked.
    pub accepting_vpc_id: String,
    /// In Mbit/s; between regions only.
    pub bandwidth: Option<u32>,
    /// The quality of the line; between regions only.
    pub link_type: Option<LinkType>,
    /// A name, 2 to 128 characters.
    pub name: Option<String>,
    /// A description, 2 to 256 characters.
    pub description: Option<String>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// Which peering connections to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVpcPeerConnections {
    /// Those of any of these VPCs, whether they asked or were asked.
    pub vpc_ids: Vec<String>,
    /// Those of this name.
    pub name: Option<String>,
}

/// Changes to a peering connection; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyVpcPeerConnection {
    /// `pcc-…`
    pub instance_id: String,
    /// In Mbit/s; between regions only.
    pub bandwidth: Option<u32>,
    /// The quality of the line; between regions only.
    pub link_type: Option<LinkType>,
    /// A name.
    pub name: Option<String>,
    /// A description.
    pub description: Option<String>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// A peering connection to be deleted. Either account may; it cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteVpcPeerConnection {
    /// `pcc-…`
    pub instance_id: String,
    /// Whether routes that lead to it are deleted as well.
    pub force: bool,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    instance_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default, rename = "VpcPeerConnects", deserialize_with = "lenient::wrapped")]
    connections: Vec<PeerConnection>,
    next_token: Option<String>,
}

impl CreateVpcPeerConnection {
    fn params(&self, region: &Region) -> Params {
        Params::new()
            .with("RegionId", region)
            .with("VpcId", &self.vpc_id)
            .with("AcceptingAliUid", &self.accepting_account)
            .with("AcceptingRegionId", &self.accepting_region)
            .with("AcceptingVpcId", &self.accepting_vpc_id)
            .maybe("Bandwidth", self.bandwidth)
            .maybe_in_query("LinkType", self.link_type.as_ref())
            .maybe("Name", self.name.as_ref())
            .maybe("Description", self.description.as_ref())
            .with("ClientToken", &self.client_token)
    }
}

impl ModifyVpcPeerConnection {
    fn params(&self) -> Params {
        Params::new()
            .with("InstanceId", &self.instance_id)
            .maybe("Bandwidth", self.bandwidth)
            .maybe_in_query("LinkType", self.link_type.as_ref())
            .maybe("Name", self.name.as_ref())
            .maybe("Description", self.description.as_ref())
            .with("ClientToken", &self.client_token)
    }
}

impl DeleteVpcPeerConnection {
    fn params(&self) -> Params {
        by_id(&self.instance_id).maybe("Force", self.force.then_some(true)).with("ClientToken", &self.client_token)
    }
}

fn by_id(id: &str) -> Params {
    Params::new().with("InstanceId", id)
}

impl VpcPeer {
    /// Asks for a peering connection and returns its id. It starts out Creating, and goes on to Activated within one account,
    /// or to Accepting where another account is asked.
    ///
    /// # Errors
    /// `AlreadyThere` when these VPCs are peers already, `RuledOut` when router interfaces join them, `Quota`, `Commercial`
    /// where an account has not opened Cloud Data Transfer, `Busy` while another peering of the VPC is being made.
    pub async fn create_vpc_peer_connection(&self, request: &CreateVpcPeerConnection) -> Result<String, Error> {
        let created: Created = self.0.call(Call::CreateVpcPeerConnection, request.params(self.0.region())).await?;
        Ok(created.instance_id)
    }

    /// Whether [`create_vpc_peer_connection`](Self::create_vpc_peer_connection) would pass. Nothing is made.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_create_vpc_peer_connection(&self, request: &CreateVpcPeerConnection) -> Result<(), Error> {
        self.0.dry_run(Call::CreateVpcPeerConnection, request.params(self.0.region())).await
    }

    /// Accepts a request, as the account that was asked. It goes on to Activated by itself.
    ///
    /// # Errors
    /// `AlreadyThere` when it does not wait (any more), `Gone` when there is none such, `Commercial` where this account has
    /// not opened Cloud Data Transfer.
    pub async fn accept_vpc_peer_connection(&self, id: &str, client_token: &ClientToken) -> Result<(), Error> {
        self.0.done(Call::AcceptVpcPeerConnection, by_id(id).with("ClientToken", client_token)).await
    }

    /// Whether [`accept_vpc_peer_connection`](Self::accept_vpc_peer_connection) would pass. Nothing is changed.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_accept_vpc_peer_connection(&self, id: &str) -> Result<(), Error> {
        self.0.dry_run(Call::AcceptVpcPeerConnection, by_id(id)).await
    }

    /// Rejects a request, as the account that was asked.
    ///
    /// # Errors
    /// `AlreadyThere` when it does not wait (any more), `Gone` when there is none such.
    pub async fn reject_vpc_peer_connection(&self, id: &str, client_token: &ClientToken) -> Result<(), Error> {
        self.0.done(Call::RejectVpcPeerConnection, by_id(id).with("ClientToken", client_token)).await
    }

    /// One peering connection, as either account sees it.
    ///
    /// # Errors
    /// `Gone` when there is none such.
    pub async fn get_vpc_peer_connection_attribute(&self, id: &str) -> Result<PeerConnection, Error> {
        self.0.call(Call::GetVpcPeerConnectionAttribute, by_id(id)).await
    }

    /// The peering connection with this id; `None` when there is none such.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn connection(&self, id: &str) -> Result<Option<PeerConnection>, Error> {
        match self.get_vpc_peer_connection_attribute(id).await {
            Ok(connection) => Ok(Some(connection)),
            Err(error) if error.kind() == Kind::Gone => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One page of the region's peering connections, and the token of the next one.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn page(&self, next_token: Option<&str>) -> Result<(Vec<PeerConnection>, Option<String>), Error> {
        let params =
            Params::new().with("RegionId", self.0.region()).with("MaxResults", PAGE).maybe("NextToken", next_token);
        let page: Page = self.0.call(Call::ListVpcPeerConnections, params).await?;
        Ok((page.connections, page.next_token))
    }

    /// The peering connections asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn list_vpc_peer_connections(
        &self,
        request: &ListVpcPeerConnections,
    ) -> Result<Vec<PeerConnection>, Error> {
        let vpc_ids = (!request.vpc_ids.is_empty()).then(|| request.vpc_ids.join(","));
        let params = || {
            Params::new()
                .with("RegionId", self.0.region())
                .maybe("VpcId", vpc_ids.as_ref())
                .maybe("Name", request.name.as_ref())
                .with("MaxResults", PAGE)
        };
        let page = |page: Page| (page.connections, page.next_token);
        self.0.all_by_token(Call::ListVpcPeerConnections, params, page).await
    }

    /// Changes bandwidth, link type, name or description. It goes through Updating back to Activated.
    ///
    /// # Errors
    /// `Busy` while it is being changed, `Gone` when there is none such.
    pub async fn modify_vpc_peer_connection(&self, request: &ModifyVpcPeerConnection) -> Result<(), Error> {
        self.0.done(Call::ModifyVpcPeerConnection, request.params()).await
    }

    /// Whether [`modify_vpc_peer_connection`](Self::modify_vpc_peer_connection) would pass. Nothing is changed.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_modify_vpc_peer_connection(&self, request: &ModifyVpcPeerConnection) -> Result<(), Error> {
        self.0.dry_run(Call::ModifyVpcPeerConnection, request.params()).await
    }

    /// Deletes a peering connection.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while routes lead to it or its status forbids it.
    pub async fn delete_vpc_peer_connection(&self, request: &DeleteVpcPeerConnection) -> Result<(), Error> {
        self.0.done(Call::DeleteVpcPeerConnection, request.params()).await
    }

    /// Whether [`delete_vpc_peer_connection`](Self::delete_vpc_peer_connection) would pass. Nothing is deleted.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_delete_vpc_peer_connection(&self, request: &DeleteVpcPeerConnection) -> Result<(), Error> {
        self.0.dry_run(Call::DeleteVpcPeerConnection, request.params()).await
    }
}

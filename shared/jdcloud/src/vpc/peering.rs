//! VPC peerings. Each is one half of a connection: the owner of either VPC makes its own, with its own key and id, and the
//! second one is the consent. Both VPCs are in the same region, and their ranges do not overlap.

use cloud_wire::{lenient, words};
use serde::{Deserialize, Serialize};

use super::{Cidr, Vpc, page};
use crate::call::Call;
use crate::error::Error;
use crate::request::{Filter, UnsignedRequest};

words! {
    /// How far a peering is.
    PeeringState {
        /// Only this half exists.
        Initiated = "Initiated",
        /// Both halves exist.
        Connected = "Connected",
        /// The other half was deleted.
        Disconnected = "Disconnected",
    }
}

/// One of the two VPCs of a peering.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeeringEnd {
    /// `vpc-…`
    pub vpc_id: String,
    /// Its name, where it is told.
    #[serde(rename = "vpcName")]
    pub name: Option<String>,
    /// Its ranges, one of IPv6 perhaps among them.
    #[serde(default, rename = "addressPrefix", deserialize_with = "lenient::list")]
    pub address_prefixes: Vec<Cidr>,
}

/// One half of a peering, seen from its owner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcPeering {
    /// `vpcpr-…`
    pub vpc_peering_id: String,
    /// Its name, unique in the account.
    #[serde(rename = "vpcPeeringName")]
    pub name: Option<String>,
    /// How far it is.
    #[serde(rename = "vpcPeeringState")]
    pub state: PeeringState,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// The owner's VPC.
    #[serde(rename = "vpcInfo")]
    pub own: PeeringEnd,
    /// The other one.
    #[serde(rename = "remoteVpcInfo")]
    pub remote: PeeringEnd,
}

/// A half to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateVpcPeering {
    /// 1 to 32 letters, digits and `_`, unique in the account.
    #[serde(rename = "vpcPeeringName")]
    pub name: String,
    /// This account's VPC.
    pub vpc_id: String,
    /// The other one. It says which account is the other side.
    pub remote_vpc_id: String,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Which peerings to list. Every field that is not empty narrows the listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeVpcPeerings {
    /// Any of these.
    pub vpc_peering_ids: Vec<String>,
    /// Any with one of these names.
    pub names: Vec<String>,
    /// Those of this VPC of the account.
    pub vpc_id: Option<String>,
    /// Those that lead to this VPC.
    pub remote_vpc_id: Option<String>,
}

page!(PeeringPage, "vpcPeerings", VpcPeering.vpc_peering_id);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    vpc_peering: VpcPeering,
}

const PEERINGS: &str = "vpcPeerings";

impl Vpc {
    /// Makes this account's half. Whether its state says [`PeeringState::Connected`] at once when it is the second one is
    /// not known: read it until it does.
    ///
    /// # Errors
    /// [`Kind::AlreadyThere`](crate::Kind::AlreadyThere) when the pair has a half from this side, or the name is taken;
    /// else as any call.
    pub async fn create_vpc_peering(&self, request: &CreateVpcPeering) -> Result<VpcPeering, Error> {
        self.ask(UnsignedRequest::create(Call::CreateVpcPeering, PEERINGS, request))
            .await
            .map(|One { vpc_peering }| vpc_peering)
    }

    /// One half of this account.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the account has no such peering in this region; else as any call.
    pub async fn describe_vpc_peering(&self, id: &str) -> Result<VpcPeering, Error> {
        self.ask(UnsignedRequest::one(Call::DescribeVpcPeering, PEERINGS, id))
            .await
            .map(|One { vpc_peering }| vpc_peering)
    }

    /// One page of the halves of this account, counted from 1, of [`PAGE_SIZE`](crate::vpc::PAGE_SIZE) rows; and how many rows there are on
    /// all pages, where that is told.
    ///
    /// # Errors
    /// As any call.
    pub async fn vpc_peerings_page(&self, number: u64) -> Result<(Vec<VpcPeering>, Option<u64>), Error> {
        self.page::<PeeringPage>(UnsignedRequest::list(Call::DescribeVpcPeerings, PEERINGS), number).await
    }

    /// Halves of this account, every page.
    ///
    /// # Errors
    /// As any call.
    pub async fn all_vpc_peerings(&self, request: &DescribeVpcPeerings) -> Result<Vec<VpcPeering>, Error> {
        let filters = [
            Filter::any("vpcPeeringIds", &request.vpc_peering_ids),
            Filter::any("vpcPeeringNames", &request.names),
            Filter::one("vpcId", request.vpc_id.as_ref()),
            Filter::one("remoteVpcId", request.remote_vpc_id.as_ref()),
        ];
        self.list::<PeeringPage>(UnsignedRequest::list(Call::DescribeVpcPeerings, PEERINGS), &filters).await
    }

    /// Deletes this account's half; the other one becomes [`PeeringState::Disconnected`].
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when it is gone; else as any call.
    pub async fn delete_vpc_peering(&self, id: &str) -> Result<(), Error> {
        self.order(UnsignedRequest::delete(Call::DeleteVpcPeering, PEERINGS, id)).await
    }
}

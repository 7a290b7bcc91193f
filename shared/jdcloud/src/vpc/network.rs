//! VPCs and subnets: reading only.

use cloud_wire::lenient;
use serde::{Deserialize, Serialize};

use super::{Cidr, Vpc, page};
use crate::call::Call;
use crate::error::Error;
use crate::request::{Filter, UnsignedRequest};

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// `vpc-…`
    pub vpc_id: String,
    /// Its name.
    #[serde(rename = "vpcName")]
    pub name: Option<String>,
    /// Its range; `None` for a VPC without limits, whose subnets may lie anywhere.
    pub address_prefix: Option<Cidr>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// Its route tables, the default one among them.
    #[serde(default, deserialize_with = "lenient::list")]
    pub route_table_ids: Vec<String>,
}

/// A subnet. It reaches through the one route table that it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    /// `subnet-…`
    pub subnet_id: String,
    /// Its name.
    #[serde(rename = "subnetName")]
    pub name: Option<String>,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// Its range.
    pub address_prefix: Option<Cidr>,
    /// The route table it is bound to.
    pub route_table_id: Option<String>,
    /// The access list in front of it, if it has one.
    pub acl_id: Option<String>,
}

/// Which VPCs to list. Every field that is not empty narrows the listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeVpcs {
    /// Any of these.
    pub vpc_ids: Vec<String>,
    /// Any with one of these names.
    pub names: Vec<String>,
}

/// Which subnets to list. Every field that is not empty narrows the listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeSubnets {
    /// Any of these.
    pub subnet_ids: Vec<String>,
    /// Those of this VPC.
    pub vpc_id: Option<String>,
    /// Those bound to this route table.
    pub route_table_id: Option<String>,
}

page!(NetworkPage, "vpcs", Network.vpc_id);
page!(SubnetPage, "subnets", Subnet.subnet_id);

impl Vpc {
    /// One VPC of this account.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the account has no such VPC in this region; else as any call.
    pub async fn describe_vpc(&self, vpc_id: &str) -> Result<Network, Error> {
        #[derive(Deserialize)]
        struct Result {
            vpc: Network,
        }
        self.ask(UnsignedRequest::one(Call::DescribeVpc, "vpcs", vpc_id)).await.map(|Result { vpc }| vpc)
    }

    /// VPCs of this account, every page.
    ///
    /// # Errors
    /// As any call.
    pub async fn all_vpcs(&self, request: &DescribeVpcs) -> Result<Vec<Network>, Error> {
        let filters = [Filter::any("vpcIds", &request.vpc_ids), Filter::any("vpcNames", &request.names)];
        self.list::<NetworkPage>(UnsignedRequest::list(Call::DescribeVpcs, "vpcs"), &filters).await
    }

    /// One page of the subnets of this account, counted from 1, of [`PAGE_SIZE`](crate::vpc::PAGE_SIZE) rows; and how many
    /// rows there are on all pages, where that is told.
    ///
    /// # Errors
    /// As any call.
    pub async fn subnets_page(&self, number: u64) -> Result<(Vec<Subnet>, Option<u64>), Error> {
        self.page::<SubnetPage>(UnsignedRequest::list(Call::DescribeSubnets, "subnets"), number).await
    }

    /// Subnets of this account, every page.
    ///
    /// # Errors
    /// As any call.
    pub async fn all_subnets(&self, request: &DescribeSubnets) -> Result<Vec<Subnet>, Error> {
        let filters = [
            Filter::any("subnetIds", &request.subnet_ids),
            Filter::one("vpcId", request.vpc_id.as_ref()),
            Filter::one("routeTableId", request.route_table_id.as_ref()),
        ];
        self.list::<SubnetPage>(UnsignedRequest::list(Call::DescribeSubnets, "subnets"), &filters).await
    }
}

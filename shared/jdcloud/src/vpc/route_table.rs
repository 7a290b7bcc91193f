//! Route tables, and which subnets they are bound to.

use cloud_wire::{lenient, words};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{RouteRule, Vpc, page};
use crate::call::Call;
use crate::client::contradiction;
use crate::error::Error;
use crate::request::{Filter, UnsignedRequest};

words! {
    /// Whose route table it is.
    RouteTableType {
        /// The one every VPC has. It cannot be deleted; a subnet that is unbound falls back to it.
        Default = "default",
        /// One that somebody made.
        Custom = "custom",
        /// One that the cloud made for itself.
        System = "system",
    }
}

words! {
    /// What a route table can be bound to.
    AssociateType {
        /// Subnets.
        Subnet = "subnet",
        /// A gateway.
        Gateway = "gateway",
    }
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteTable {
    /// `rtb-…`
    pub route_table_id: String,
    /// Its name.
    #[serde(rename = "routeTableName")]
    pub name: Option<String>,
    /// Whose it is.
    pub route_table_type: Option<RouteTableType>,
    /// What it can be bound to.
    pub associate_type: Option<AssociateType>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// Its rules, the local one first.
    #[serde(default, rename = "routeTableRules", deserialize_with = "lenient::list")]
    pub rules: Vec<RouteRule>,
    /// The subnets bound to it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub subnet_ids: Vec<String>,
}

/// A route table to make. It begins with the local rule alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRouteTable {
    /// The VPC it is for.
    pub vpc_id: String,
    /// 1 to 32 letters, digits, `_` and `-`.
    #[serde(rename = "routeTableName")]
    pub name: String,
    /// At most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Which route tables to list. Every field that is not empty narrows the listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DescribeRouteTables {
    /// Any of these.
    pub route_table_ids: Vec<String>,
    /// Any with one of these names.
    pub names: Vec<String>,
    /// Those of this VPC.
    pub vpc_id: Option<String>,
}

page!(TablePage, "routeTables", RouteTable.route_table_id);

const TABLES: &str = "routeTables";

impl Vpc {
    /// Makes a route table, and returns its id.
    ///
    /// # Errors
    /// As any call.
    pub async fn create_route_table(&self, request: &CreateRouteTable) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            route_table_id: String,
        }
        let asked = UnsignedRequest::create(Call::CreateRouteTable, TABLES, request);
        self.ask(asked).await.map(|Made { route_table_id }| route_table_id)
    }

    /// One route table with its rules and subnets.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the account has no such table in this region; else as any call.
    pub async fn describe_route_table(&self, route_table_id: &str) -> Result<RouteTable, Error> {
        // One sample of the documentation shows a list in its place.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Found {
            #[serde(alias = "routeTables", deserialize_with = "lenient::list")]
            route_table: Vec<RouteTable>,
        }
        let asked = UnsignedRequest::one(Call::DescribeRouteTable, TABLES, route_table_id);
        let Found { route_table } = self.ask(asked).await?;
        let found = route_table.into_iter().find(|table| table.route_table_id == route_table_id);
        found.ok_or_else(|| contradiction(Call::DescribeRouteTable, &self.region, "the table asked for is not in it"))
    }

    /// One page of the route tables of this account, counted from 1, of [`PAGE_SIZE`](crate::vpc::PAGE_SIZE) rows; and how many rows there are on
    /// all pages, where that is told.
    ///
    /// # Errors
    /// As any call.
    pub async fn route_tables_page(&self, number: u64) -> Result<(Vec<RouteTable>, Option<u64>), Error> {
        self.page::<TablePage>(UnsignedRequest::list(Call::DescribeRouteTables, TABLES), number).await
    }

    /// Route tables of this account, every page.
    ///
    /// # Errors
    /// As any call.
    pub async fn all_route_tables(&self, request: &DescribeRouteTables) -> Result<Vec<RouteTable>, Error> {
        let filters = [
            Filter::any("routeTableIds", &request.route_table_ids),
            Filter::any("routeTableNames", &request.names),
            Filter::one("vpcId", request.vpc_id.as_ref()),
        ];
        self.list::<TablePage>(UnsignedRequest::list(Call::DescribeRouteTables, TABLES), &filters).await
    }

    /// Binds subnets to a table. A subnet bound to another one moves: remember that one first.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the table or a subnet is gone; else as any call.
    pub async fn associate_route_table(&self, route_table_id: &str, subnet_ids: &[String]) -> Result<(), Error> {
        let body = json!({ "subnetIds": subnet_ids });
        self.order(UnsignedRequest::action(Call::AssociateRouteTable, TABLES, route_table_id, &body)).await
    }

    /// Unbinds one subnet from a table: it falls back to the default table of its VPC.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when the table or the subnet is gone; else as any call.
    pub async fn disassociate_route_table(&self, route_table_id: &str, subnet_id: &str) -> Result<(), Error> {
        let body = json!({ "subnetId": subnet_id });
        self.order(UnsignedRequest::action(Call::DisassociateRouteTable, TABLES, route_table_id, &body)).await
    }

    /// Deletes a custom table to which no subnet is bound.
    ///
    /// # Errors
    /// [`Kind::Gone`](crate::Kind::Gone) when it is gone, [`Kind::Busy`](crate::Kind::Busy) while it is bound; else as any
    /// call.
    pub async fn delete_route_table(&self, route_table_id: &str) -> Result<(), Error> {
        self.order(UnsignedRequest::delete(Call::DeleteRouteTable, TABLES, route_table_id)).await
    }
}

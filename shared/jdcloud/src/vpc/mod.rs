//! Virtual private clouds in one region: VPCs, subnets, route tables, peerings, security groups, quotas.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `network` | VPCs and subnets: reading only |
//! | `route_table` | route tables and which subnets they are bound to |
//! | `rule` | the rules of route tables |
//! | `peering` | VPC peerings: each is one half of a connection |
//! | `security_group` | security groups and their rules |
//! | `quota` | how much of a kind there may be, and is |
//! | `paging` | following pages to their end, and no further |
//! | `cidr` | an address range as the cloud writes it |

mod cidr;
mod network;
mod paging;
mod peering;
mod quota;
mod route_table;
mod rule;
mod security_group;

pub use cidr::Cidr;
pub use network::{DescribeSubnets, DescribeVpcs, Network, Subnet};
pub use peering::{CreateVpcPeering, DescribeVpcPeerings, PeeringEnd, PeeringState, VpcPeering};
pub use quota::{Quota, QuotaType};
pub use route_table::{AssociateType, CreateRouteTable, DescribeRouteTables, RouteTable, RouteTableType};
pub use rule::{NextHopType, RouteOrigin, RouteRule, RouteRuleSpec};
pub use security_group::{
    DescribeNetworkSecurityGroups, Direction, Protocol, RuleAction, SecurityGroup, SecurityRule, SecurityRuleSpec,
};

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::client::{Client, contradiction};
use crate::error::Error;
use crate::region::Region;
use crate::request::{Filter, UnsignedRequest, filtered};
pub use paging::PAGE_SIZE;
use paging::{Next, Pages};

/// The product in one region, called with the key of a [`Client`].
#[derive(Debug, Clone)]
pub struct Vpc {
    client: Client,
    region: Region,
}

/// One page of a listing: its rows, and how many there are in all.
trait Page: DeserializeOwned {
    /// A row.
    type Row;
    /// The rows, and the total if the cloud told it.
    fn open(self) -> (Vec<Self::Row>, Option<u64>);
    /// What tells rows apart.
    fn id(row: &Self::Row) -> &str;
}

/// Declares the page of a listing: the field that holds the rows, the row, the row's id.
macro_rules! page {
    ($page:ident, $field:literal, $row:ident.$id:ident) => {
        #[derive(serde::Deserialize)]
        struct $page {
            #[serde(rename = $field, default, deserialize_with = "lenient::list")]
            rows: Vec<$row>,
            #[serde(rename = "totalCount")]
            total: Option<u64>,
        }

        impl $crate::vpc::Page for $page {
            type Row = $row;

            fn open(self) -> (Vec<$row>, Option<u64>) {
                (self.rows, self.total)
            }

            fn id(row: &$row) -> &str {
                &row.$id
            }
        }
    };
}
use page;

impl Vpc {
    pub(crate) const fn new(client: Client, region: Region) -> Self {
        Self { client, region }
    }

    /// The region these calls go to.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// A call whose result counts.
    async fn ask<A: DeserializeOwned>(&self, asked: UnsignedRequest) -> Result<A, Error> {
        self.client.call(&self.region, asked).await
    }

    /// A call of which only the success counts. Some have a result in some revisions of the product.
    async fn order(&self, asked: UnsignedRequest) -> Result<(), Error> {
        self.ask::<IgnoredAny>(asked).await.map(drop)
    }

    /// The rows of one page of a listing, and how many there are on all pages, where that is told.
    async fn page<P: Page>(&self, asked: UnsignedRequest, number: u64) -> Result<(Vec<P::Row>, Option<u64>), Error> {
        // A listing without rows may come as a null.
        let page: Option<P> = self.ask(asked.with("pageNumber", number).with("pageSize", PAGE_SIZE)).await?;
        Ok(page.map(P::open).unwrap_or_default())
    }

    /// Every row of a listing, page by page.
    async fn list<P: Page>(&self, asked: UnsignedRequest, filters: &[Filter<'_>]) -> Result<Vec<P::Row>, Error> {
        let (call, asked) = (asked.call, filtered(asked, filters));
        let mut pages = Pages::new();
        loop {
            let (rows, total) = self.page::<P>(asked.clone(), pages.number()).await?;
            match pages.take(rows, total, P::id) {
                Next::Page => {}
                Next::Done => return Ok(pages.into_rows()),
                Next::Fault(reason) => return Err(contradiction(call, &self.region, reason)),
            }
        }
    }
}

#[cfg(test)]
mod tests;

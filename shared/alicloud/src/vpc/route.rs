//! Routes: reading, making, deleting.
//!
//! One VPC takes one change of its routes at a time; others are refused as `Busy`. Deleting takes no client token.

use cloud_wire::{lenient, words};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Cidr, Vpc};
use crate::call::Call;
use crate::error::Error;
use crate::names::ClientToken;
use crate::params::Params;

/// The largest page the cloud gives.
const MAX_RESULT: u32 = 100;

words! {
    /// Whether a route is in force. Only `Available` counts as "yes".
    RouteStatus {
        /// Being made.
        Pending = "Pending" | "Creating",
        /// In force.
        Available = "Available",
        /// Being changed.
        Modifying = "Modifying",
        /// Made, by the words of some documents; not yet in force.
        Created = "Created",
        /// Going.
        Deleting = "Deleting",
    }
}

words! {
    /// What kind of route it is.
    RouteType {
        /// One that the VPC always has; cannot be deleted.
        System = "System",
        /// One that somebody added.
        Custom = "Custom",
        /// Learnt by BGP.
        Bgp = "BGP",
        /// Learnt from a Cloud Enterprise Network.
        Cen = "CEN",
        /// Learnt from an Express Connect Router.
        Ecr = "ECR",
    }
}

words! {
    /// Who made a route.
    RouteOrigin {
        /// The cloud.
        SystemCreate = "SystemCreate",
        /// Somebody.
        CustomCreate = "CustomCreate",
        /// Learnt from a neighbour.
        RoutePropagation = "RoutePropagation",
    }
}

words! {
    /// What a route can lead to.
    NextHopType {
        /// One's own router interface.
        RouterInterface = "RouterInterface",
        /// A VPC peering connection; the same id on both sides.
        VpcPeer = "VpcPeer",
        /// A transit router.
        Attachment = "Attachment",
        /// A server.
        Instance = "Instance",
        /// A highly available virtual address.
        HaVip = "HaVip",
        /// A network interface.
        NetworkInterface = "NetworkInterface",
        /// A VPN gateway.
        VpnGateway = "VpnGateway",
        /// A NAT gateway.
        NatGateway = "NatGateway",
        /// An IPv6 gateway.
        Ipv6Gateway = "IPv6Gateway",
        /// An IPv4 gateway.
        Ipv4Gateway = "Ipv4Gateway",
        /// A gateway endpoint.
        GatewayEndpoint = "GatewayEndpoint",
        /// A gateway load balancer endpoint.
        GatewayLoadBalancerEndpoint = "GatewayLoadBalancerEndpoint",
        /// An Express Connect Router.
        Ecr = "Ecr",
        /// A route target group.
        RouteTargetGroup = "RouteTargetGroup",
        /// The VPC itself.
        Local = "local",
    }
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NextHop {
    /// To what.
    pub next_hop_type: Option<NextHopType>,
    /// To which one.
    pub next_hop_id: Option<String>,
    /// For router interfaces: whether it is usable. `Some(false)` is a sign that the interface is down.
    pub enabled: Option<bool>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouteEntry {
    /// `rte-…`; some routes of the system have none.
    pub route_entry_id: Option<String>,
    /// The table it stands in.
    pub route_table_id: Option<String>,
    /// Where to.
    pub destination_cidr_block: Cidr,
    /// What kind of route it is.
    #[serde(rename = "Type")]
    pub route_type: Option<RouteType>,
    /// Whether it is in force.
    pub status: RouteStatus,
    /// Who made it.
    pub origin: Option<RouteOrigin>,
    /// By which way; more than one only with ECMP.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub next_hops: Vec<NextHop>,
    /// The name somebody gave it.
    #[serde(rename = "RouteEntryName")]
    pub name: Option<String>,
    /// The description somebody gave it.
    pub description: Option<String>,
}

impl RouteEntry {
    /// Whether it leads to this one place and nowhere else.
    #[must_use]
    pub fn leads_to(&self, next_hop_id: &str) -> bool {
        matches!(&self.next_hops[..], [hop] if hop.next_hop_id.as_deref() == Some(next_hop_id))
    }
}

/// One page of the routes of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeRouteEntryList {
    /// `vtb-…`
    pub route_table_id: String,
    /// 1 to 100.
    pub max_result: u32,
    /// From the page before.
    pub next_token: Option<String>,
}

/// What a page holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouteEntryPage {
    /// The routes on it.
    #[serde(default, rename = "RouteEntrys", deserialize_with = "lenient::wrapped")]
    pub route_entries: Vec<RouteEntry>,
    /// Leads to the next page; absent on the last.
    pub next_token: Option<String>,
}

/// A route to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRouteEntry {
    /// The table, `vtb-…`.
    pub route_table_id: String,
    /// Where to. It may contain a vSwitch of this VPC, but not equal one or lie inside one.
    pub destination: IpNet,
    /// To what kind of thing.
    pub next_hop_type: NextHopType,
    /// To which one.
    pub next_hop_id: String,
    /// A name.
    pub name: Option<String>,
    /// A description.
    pub description: Option<String>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// Which route to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteRouteEntry {
    /// The one with this id.
    ById(String),
    /// The one that leads there by that way.
    ByWay {
        /// The table, `vtb-…`.
        route_table_id: String,
        /// Where to.
        destination: IpNet,
        /// By which way.
        next_hop_id: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    route_entry_id: Option<String>,
}

impl CreateRouteEntry {
    fn params(&self) -> Params {
        Params::new()
            .with("RouteTableId", &self.route_table_id)
            .with("DestinationCidrBlock", self.destination)
            .with("NextHopType", &self.next_hop_type)
            .with("NextHopId", &self.next_hop_id)
            .maybe("RouteEntryName", self.name.as_ref())
            .maybe("Description", self.description.as_ref())
            .with("ClientToken", &self.client_token)
    }
}

impl DeleteRouteEntry {
    fn params(&self) -> Params {
        match self {
            Self::ById(id) => Params::new().with("RouteEntryId", id),
            Self::ByWay { route_table_id, destination, next_hop_id } => Params::new()
                .with("RouteTableId", route_table_id)
                .with("DestinationCidrBlock", destination)
                .with("NextHopId", next_hop_id),
        }
    }
}

impl Vpc {
    /// One page of the routes of a table.
    ///
    /// # Errors
    /// `Gone` when there is no such table.
    pub async fn describe_route_entry_list(&self, request: &DescribeRouteEntryList) -> Result<RouteEntryPage, Error> {
        let params = Params::new()
            .with("RouteTableId", &request.route_table_id)
            .with("MaxResult", request.max_result)
            .maybe("NextToken", request.next_token.as_ref());
        self.0.call(Call::DescribeRouteEntryList, params).await
    }

    /// All routes of a table.
    ///
    /// # Errors
    /// As a single page; `Malformed` when the listing repeats itself or does not end.
    pub async fn all_route_entries(&self, route_table_id: &str) -> Result<Vec<RouteEntry>, Error> {
        let params = || Params::new().with("RouteTableId", route_table_id).with("MaxResult", MAX_RESULT);
        let page = |page: RouteEntryPage| (page.route_entries, page.next_token);
        self.0.all_by_token(Call::DescribeRouteEntryList, params, page).await
    }

    /// Makes a route and returns its id, where the cloud tells it. It starts out Pending.
    ///
    /// # Errors
    /// `Busy` while another change of this VPC is under way, `AlreadyThere` when the table has a route to this range.
    pub async fn create_route_entry(&self, request: &CreateRouteEntry) -> Result<Option<String>, Error> {
        let created: Created = self.0.call(Call::CreateRouteEntry, request.params()).await?;
        Ok(created.route_entry_id)
    }

    /// Whether [`create_route_entry`](Self::create_route_entry) would pass now. Nothing is made.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_create_route_entry(&self, request: &CreateRouteEntry) -> Result<(), Error> {
        self.0.dry_run(Call::CreateRouteEntry, request.params()).await
    }

    /// Deletes a route that somebody made and that is in force.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while another change of this VPC is under way.
    pub async fn delete_route_entry(&self, request: &DeleteRouteEntry) -> Result<(), Error> {
        self.0.done(Call::DeleteRouteEntry, request.params()).await
    }

    /// Whether [`delete_route_entry`](Self::delete_route_entry) would pass now. Nothing is deleted.
    ///
    /// # Errors
    /// Those of the call itself.
    pub async fn dry_run_delete_route_entry(&self, request: &DeleteRouteEntry) -> Result<(), Error> {
        self.0.dry_run(Call::DeleteRouteEntry, request.params()).await
    }
}

//! VPCs, vSwitches and route tables: reading, and making and deleting vSwitches.

use std::fmt;

use cloud_wire::{lenient, words};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use super::Vpc;
use crate::call::Call;
use crate::error::Error;
use crate::names::ClientToken;
use crate::paging::Position;
use crate::params::Params;

/// The largest page the cloud gives.
const PAGE_SIZE: u32 = 50;
/// The cloud takes at most this many VPC ids at once.
const ID_LIMIT: usize = 20;

/// An address range as the cloud wrote it. A bare address is a range of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cidr {
    /// A range.
    Net(IpNet),
    /// Something else in its place: the id of a prefix list, for example.
    Unknown(String),
}

impl Cidr {
    /// The range, if it is one.
    #[must_use]
    pub const fn net(&self) -> Option<IpNet> {
        match self {
            Self::Net(net) => Some(*net),
            Self::Unknown(_) => None,
        }
    }
}

impl From<&str> for Cidr {
    fn from(text: &str) -> Self {
        let text = text.trim();
        strict::range::lenient(text).map_or_else(|| Self::Unknown(text.to_owned()), Self::Net)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) => net.fmt(f),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

cloud_wire::text!(Cidr);

words! {
    /// Whether a VPC, vSwitch or route table can be used.
    NetworkStatus {
        /// Being made or changed.
        Pending = "Pending",
        /// Ready.
        Available = "Available",
        /// Going.
        Deleting = "Deleting",
    }
}

words! {
    /// Whose route table it is.
    RouteTableType {
        /// The one every VPC has.
        System = "System",
        /// One that somebody made, for some vSwitches.
        Custom = "Custom",
    }
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    /// `vpc-…`
    pub vpc_id: String,
    /// Whether it can be used.
    pub status: NetworkStatus,
    /// Its name.
    #[serde(rename = "VpcName")]
    pub name: Option<String>,
    /// Its primary range.
    pub cidr_block: Option<Cidr>,
    /// Ranges added later, up to five.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub secondary_cidr_blocks: Vec<Cidr>,
    /// Public ranges that somebody uses as private ones.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub user_cidrs: Vec<Cidr>,
    /// `vrt-…`: what router interfaces sit on.
    #[serde(rename = "VRouterId")]
    pub vrouter_id: Option<String>,
    /// Its route tables. Not in [`Vpc::describe_vpc_attribute`].
    #[serde(default, rename = "RouterTableIds", deserialize_with = "lenient::wrapped")]
    pub route_table_ids: Vec<String>,
    /// Its vSwitches, the newest 300 only.
    #[serde(default, rename = "VSwitchIds", deserialize_with = "lenient::wrapped")]
    pub vswitch_ids: Vec<String>,
    /// `Attached` when a Cloud Enterprise Network holds it.
    pub cen_status: Option<String>,
    /// The account that owns it.
    pub owner_id: Option<String>,
}

impl Network {
    /// The primary and the secondary ranges.
    pub fn cidrs(&self) -> impl Iterator<Item = &Cidr> {
        self.cidr_block.iter().chain(&self.secondary_cidr_blocks)
    }

    /// Its IPv4 ranges, the primary one first.
    ///
    /// # Errors
    /// What stands in the place of a range and is none.
    pub fn ipv4_ranges(&self) -> Result<Vec<Ipv4Net>, &Cidr> {
        let ipv4 = |cidr| match cidr {
            &Cidr::Net(IpNet::V4(net)) => Some(Ok(net.trunc())),
            Cidr::Net(IpNet::V6(_)) => None,
            other => Some(Err(other)),
        };
        self.cidrs().filter_map(ipv4).collect()
    }
}

/// Which route table a vSwitch uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RouteTableRef {
    route_table_id: Option<String>,
}

/// A vSwitch: a subnet in one zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VSwitch {
    /// `vsw-…`
    #[serde(rename = "VSwitchId")]
    pub vswitch_id: String,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// The zone it is in.
    pub zone_id: Option<String>,
    /// Its range.
    pub cidr_block: Option<Cidr>,
    /// Its description.
    pub description: Option<String>,
    /// Whether it can be used.
    pub status: NetworkStatus,
    /// How many addresses are free in it.
    pub available_ip_address_count: Option<u64>,
    /// The network ACL it stands under; unlike security groups, an ACL does not remember who asked first.
    pub network_acl_id: Option<String>,
    #[serde(default)]
    route_table: Option<RouteTableRef>,
}

/// One page of vSwitches.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VSwitchPage {
    /// The vSwitches on it.
    #[serde(default, rename = "VSwitches", deserialize_with = "lenient::wrapped")]
    pub vswitches: Vec<VSwitch>,
    /// How many there are on all pages.
    pub total_count: Option<u64>,
    /// How many the cloud puts on a page.
    pub page_size: Option<u64>,
}

/// One page of VPCs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VpcPage {
    /// The VPCs on it.
    #[serde(default, deserialize_with = "lenient::wrapped")]
    pub vpcs: Vec<Network>,
    /// How many there are on all pages.
    pub total_count: Option<u64>,
    /// How many the cloud puts on a page.
    pub page_size: Option<u64>,
}

impl VSwitch {
    /// The route table it uses: routes added to another one never reach it.
    #[must_use]
    pub fn route_table_id(&self) -> Option<&str> {
        self.route_table.as_ref()?.route_table_id.as_deref()
    }
}

/// A route table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RouteTable {
    /// `vtb-…`
    pub route_table_id: String,
    /// Whose it is.
    pub route_table_type: Option<RouteTableType>,
    /// The router it belongs to.
    pub router_id: Option<String>,
    /// The VPC it belongs to.
    pub vpc_id: Option<String>,
    /// The vSwitches that use it.
    #[serde(default, rename = "VSwitchIds", deserialize_with = "lenient::wrapped")]
    pub vswitch_ids: Vec<String>,
    /// Whether it can be used.
    pub status: Option<NetworkStatus>,
}

/// Which VPCs to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeVpcs {
    /// At most 20 ids.
    pub vpc_ids: Vec<String>,
}

/// Which route tables to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeRouteTableList {
    /// Those of this VPC.
    pub vpc_id: Option<String>,
    /// Those of this router.
    pub router_id: Option<String>,
    /// Those of this type.
    pub route_table_type: Option<RouteTableType>,
    /// This one.
    pub route_table_id: Option<String>,
}

/// Which vSwitches to list. Everything left empty lists all of the region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescribeVSwitches {
    /// Those of this VPC.
    pub vpc_id: Option<String>,
    /// This one.
    pub vswitch_id: Option<String>,
}

/// A vSwitch to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateVSwitch {
    /// The VPC, `vpc-…`.
    pub vpc_id: String,
    /// The zone it will be in.
    pub zone_id: String,
    /// Its range: inside one of the VPC's, with a mask of 16 to 29 bits, over no other vSwitch.
    pub cidr_block: IpNet,
    /// A name, 1 to 128 characters.
    pub name: Option<String>,
    /// A description, 1 to 256 characters.
    pub description: Option<String>,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

#[derive(Deserialize)]
struct CreatedVSwitch {
    #[serde(rename = "VSwitchId")]
    vswitch_id: String,
}

/// A page of any of the three lists; each call names its list differently.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"), rename_all = "PascalCase")]
struct Page<T> {
    #[serde(
        default,
        alias = "Vpcs",
        alias = "VSwitches",
        alias = "RouterTableList",
        deserialize_with = "lenient::wrapped"
    )]
    rows: Vec<T>,
    total_count: Option<u64>,
    page_size: Option<u64>,
}

impl Vpc {
    /// The VPCs asked for, all pages.
    ///
    /// # Errors
    /// `Refused` for more than 20 ids; `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_vpcs(&self, request: &DescribeVpcs) -> Result<Vec<Network>, Error> {
        if request.vpc_ids.len() > ID_LIMIT {
            return Err(self.0.refuse(Call::DescribeVpcs, "at most 20 VPC ids at once"));
        }
        let ids = (!request.vpc_ids.is_empty()).then(|| request.vpc_ids.join(","));
        self.pages(Call::DescribeVpcs, || Params::new().maybe("VpcId", ids.as_ref()), |vpc: &Network| &vpc.vpc_id).await
    }

    /// The VPC with this id; `None` when this account has none such in this region.
    ///
    /// # Errors
    /// As [`describe_vpcs`](Self::describe_vpcs).
    pub async fn network(&self, vpc_id: &str) -> Result<Option<Network>, Error> {
        let listed = self.describe_vpcs(&DescribeVpcs { vpc_ids: vec![vpc_id.to_owned()] }).await?;
        Ok(listed.into_iter().find(|network| network.vpc_id == vpc_id))
    }

    /// One VPC, without its route tables. [`network`](Self::network) shows those as well.
    ///
    /// # Errors
    /// `Refused` when there is none such.
    pub async fn describe_vpc_attribute(&self, vpc_id: &str) -> Result<Network, Error> {
        self.0.call(Call::DescribeVpcAttribute, Params::new().with("VpcId", vpc_id)).await
    }

    /// The route tables asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_route_table_list(&self, request: &DescribeRouteTableList) -> Result<Vec<RouteTable>, Error> {
        let params = || {
            Params::new()
                .maybe("VpcId", request.vpc_id.as_ref())
                .maybe("RouterId", request.router_id.as_ref())
                .maybe("RouteTableType", request.route_table_type.as_ref())
                .maybe("RouteTableId", request.route_table_id.as_ref())
        };
        self.pages(Call::DescribeRouteTableList, params, |table: &RouteTable| &table.route_table_id).await
    }

    /// The vSwitches asked for, all pages.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_vswitches(&self, request: &DescribeVSwitches) -> Result<Vec<VSwitch>, Error> {
        let params =
            || Params::new().maybe("VpcId", request.vpc_id.as_ref()).maybe("VSwitchId", request.vswitch_id.as_ref());
        self.pages(Call::DescribeVSwitches, params, |vswitch: &VSwitch| &vswitch.vswitch_id).await
    }

    /// One page of the region's VPCs, and how many there are on all pages. As many a page as the cloud gives.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn vpcs_page(&self, page_number: u32) -> Result<VpcPage, Error> {
        let params = Params::new().with("PageNumber", page_number).with("PageSize", PAGE_SIZE);
        self.0.call(Call::DescribeVpcs, params).await
    }

    /// One page of the region's vSwitches, and how many there are on all pages. As many a page as the cloud gives.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn vswitches_page(&self, page_number: u32) -> Result<VSwitchPage, Error> {
        let params = Params::new().with("PageNumber", page_number).with("PageSize", PAGE_SIZE);
        self.0.call(Call::DescribeVSwitches, params).await
    }

    /// Makes a vSwitch and returns its id. It starts out Pending.
    ///
    /// # Errors
    /// `Busy` while another change of this VPC is under way, `Refused` where the range does not fit, `Quota` when the VPC
    /// has as many as it may.
    pub async fn create_vswitch(&self, request: &CreateVSwitch) -> Result<String, Error> {
        let params = Params::new()
            .with("VpcId", &request.vpc_id)
            .with("ZoneId", &request.zone_id)
            .with("CidrBlock", request.cidr_block)
            .maybe("VSwitchName", request.name.as_ref())
            .maybe("Description", request.description.as_ref())
            .with("ClientToken", &request.client_token);
        let created: CreatedVSwitch = self.0.call(Call::CreateVSwitch, params).await?;
        Ok(created.vswitch_id)
    }

    /// Deletes a vSwitch that nothing uses any more.
    ///
    /// # Errors
    /// `Gone` when there is none such (the aim is reached), `Busy` while something is in it or the VPC is being changed.
    pub async fn delete_vswitch(&self, vswitch_id: &str) -> Result<(), Error> {
        self.0.done(Call::DeleteVSwitch, Params::new().with("VSwitchId", vswitch_id)).await
    }

    /// Gives a vSwitch another description.
    ///
    /// # Errors
    /// `Gone` when there is none such, `Busy` while it is being made or deleted.
    pub async fn describe_vswitch(&self, vswitch_id: &str, description: &str) -> Result<(), Error> {
        let params = Params::new().with("VSwitchId", vswitch_id).with("Description", description);
        self.0.done(Call::ModifyVSwitchAttribute, params).await
    }

    async fn pages<T: serde::de::DeserializeOwned>(
        &self,
        call: Call,
        params: impl Fn() -> Params,
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Error> {
        let page = |page: Page<T>| (page.rows, Position { total_count: page.total_count, page_size: page.page_size });
        self.0.all_by_number(call, PAGE_SIZE, params, page, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_with_leading_zeros_is_none_since_programs_read_it_differently() {
        assert_eq!(Cidr::from("10.0.0.1").net(), Some("10.0.0.1/32".parse().unwrap()));
        for odd in ["010.010.0.0/16", "10.0.0.08", "10.0.0.0/08"] {
            assert_eq!(Cidr::from(odd), Cidr::Unknown(odd.to_owned()));
        }
    }
}

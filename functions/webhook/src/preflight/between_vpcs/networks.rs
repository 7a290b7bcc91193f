//! The network of one side as the cloud shows it.

use alicloud::vpc::{DescribeRouteTableList, DescribeVSwitches, NetworkStatus, RouteTableType, VSwitch, Vpc};
use connection::spec::VpcSide;
use connection::words::Side;
use futures::future::try_join;
use ipnet::{IpNet, Ipv4Net};

use super::super::{no_vpc, unreadable_range};
use super::PreflightError;

/// A VPC with what decides about reaching it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    /// The VPC's router.
    pub(crate) router_id: String,
    /// The primary range, then the secondary ones.
    pub(crate) cidr_blocks: Vec<Ipv4Net>,
    /// Its system route table.
    pub(crate) system_table: String,
    /// Every route table it has.
    pub(crate) tables: Vec<String>,
    /// Its vSwitches.
    pub(crate) vswitches: Vec<Subnet>,
}

/// A vSwitch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) cidr_block: Ipv4Net,
    pub(crate) route_table_id: String,
}

/// Looks a side's network up.
pub(crate) async fn look_up(side: Side, place: &VpcSide, vpc: &Vpc) -> Result<Looked, PreflightError> {
    let pointer = format!("/{side}/vpc_id");
    let failed = |error: alicloud::Error| PreflightError::of(pointer.clone(), error);
    let problem = |detail: String| PreflightError::at(pointer.clone(), detail);
    let id = place.vpc_id.as_str();
    let found = vpc.network(id).await.map_err(failed)?.ok_or_else(|| problem(no_vpc(place.place())))?;
    if found.status != NetworkStatus::Available {
        return Err(problem(format!("the VPC is {}, not Available; try again when it is", found.status)));
    }
    let router_id =
        found.vrouter_id.clone().ok_or_else(|| problem("the cloud does not tell the VPC's router".to_owned()))?;
    let tables = DescribeRouteTableList {
        vpc_id: Some(id.to_owned()),
        router_id: Some(router_id.clone()),
        ..DescribeRouteTableList::default()
    };
    let vswitches = DescribeVSwitches { vpc_id: Some(id.to_owned()), ..DescribeVSwitches::default() };
    let (tables, vswitches) =
        try_join(vpc.describe_route_table_list(&tables), vpc.describe_vswitches(&vswitches)).await.map_err(failed)?;
    let system = tables.iter().find(|table| table.route_table_type == Some(RouteTableType::System));
    let system_table =
        system.ok_or_else(|| problem("the VPC has no system route table".to_owned()))?.route_table_id.clone();
    Ok(Looked {
        router_id,
        cidr_blocks: found.ipv4_ranges().map_err(|cidr| problem(unreadable_range(cidr)))?,
        vswitches: vswitches.iter().filter_map(|vswitch| subnet(vswitch, &system_table)).collect(),
        tables: tables.into_iter().map(|table| table.route_table_id).collect(),
        system_table,
    })
}

/// A vSwitch with an IPv4 range; one that says nothing of its table uses the system's.
fn subnet(vswitch: &VSwitch, system_table: &str) -> Option<Subnet> {
    let Some(IpNet::V4(cidr_block)) = vswitch.cidr_block.as_ref()?.net() else { return None };
    Some(Subnet {
        id: vswitch.vswitch_id.clone(),
        cidr_block: cidr_block.trunc(),
        route_table_id: vswitch.route_table_id().unwrap_or(system_table).to_owned(),
    })
}

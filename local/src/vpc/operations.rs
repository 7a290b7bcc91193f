//! Every operation of the product, in one table.

use serde_json::Value;

use crate::rpc::{RpcError, RpcRequest};

use super::world::World;
use super::{interface, network, place, route, route_table, vswitch};

/// How the gateway sees an operation.
pub(super) struct Operation {
    /// As clients call it.
    pub name: &'static str,
    /// Whether it can change anything.
    pub writes: bool,
    /// Whether `RegionId` must be given.
    pub needs_region: bool,
    /// Whether it takes a `ClientToken`.
    pub takes_token: bool,
    /// Does it.
    pub run: fn(&mut World, &RpcRequest) -> Result<Value, RpcError>,
}

type Run = fn(&mut World, &RpcRequest) -> Result<Value, RpcError>;

const fn read(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: false, needs_region: true, takes_token: false, run }
}

const fn write(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: true, needs_region: true, takes_token: false, run }
}

impl Operation {
    const fn region_optional(mut self) -> Self {
        self.needs_region = false;
        self
    }

    const fn once(mut self) -> Self {
        self.takes_token = true;
        self
    }

    /// The operation of this name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|operation| operation.name == name)
    }
}

/// All of them. Which take a token and which do not follows the product's own models.
pub(super) static ALL: &[Operation] = &[
    read("DescribeRegions", place::describe_regions).region_optional(),
    read("DescribeZones", place::describe_zones),
    write("CreateVpc", network::create).once(),
    write("DeleteVpc", network::delete).region_optional(),
    write("ModifyVpcAttribute", network::modify).region_optional(),
    write("AssociateVpcCidrBlock", network::associate_cidr),
    write("UnassociateVpcCidrBlock", network::unassociate_cidr),
    read("DescribeVpcs", network::list),
    read("DescribeVpcAttribute", network::attribute),
    read("DescribeVRouters", network::list_routers),
    write("CreateVSwitch", vswitch::create).once().region_optional(),
    write("DeleteVSwitch", vswitch::delete).region_optional(),
    read("DescribeVSwitches", vswitch::list).region_optional(),
    write("CreateRouteTable", route_table::create).once(),
    write("DeleteRouteTable", route_table::delete),
    write("AssociateRouteTable", route_table::associate).once(),
    write("UnassociateRouteTable", route_table::unassociate).once(),
    read("DescribeRouteTableList", route_table::list),
    read("DescribeRouteTables", route_table::list_with_routes),
    write("CreateRouteEntry", route::create).once().region_optional(),
    write("CreateRouteEntries", route::create_many),
    write("ModifyRouteEntry", route::modify),
    write("DeleteRouteEntry", route::delete).region_optional(),
    read("DescribeRouteEntryList", route::list),
    write("CreateRouterInterface", interface::create).once(),
    write("ModifyRouterInterfaceAttribute", interface::modify),
    write("ConnectRouterInterface", interface::connect),
    write("ActivateRouterInterface", interface::activate),
    write("DeactivateRouterInterface", interface::deactivate),
    write("ModifyRouterInterfaceSpec", interface::modify_spec).once(),
    write("DeleteRouterInterface", interface::delete).once(),
    read("DescribeRouterInterfaces", interface::list),
    read("DescribeRouterInterfaceAttribute", interface::attribute),
];

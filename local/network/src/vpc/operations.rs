//! Every operation of the product, in one table.

use super::operation::{Operation, Target, read, target, write};
use super::{interface, network, place, route, route_table, vswitch};

const NETWORK: Target = target("vpc", "VpcId");
const VSWITCH: Target = target("vswitch", "VSwitchId");
const ROUTER: Target = target("vrouter", "VRouterId");
const TABLE: Target = target("routetable", "RouteTableId");
const INTERFACE: Target = target("routerinterface", "RouterInterfaceId");
/// It is not confirmed whether routes belong to their table alone or to the router too: a policy must name both.
const ROUTES: &[Target] = &[TABLE, ROUTER];

/// All of them. Which take a token and which do not follows the product's own models.
pub(super) static ALL: &[Operation] = &[
    read("DescribeRegions", place::describe_regions).region_optional(),
    read("DescribeZones", place::describe_zones),
    write("CreateVpc", network::create).on(&[NETWORK]).once(),
    write("DeleteVpc", network::delete).on(&[NETWORK]).region_optional(),
    write("ModifyVpcAttribute", network::modify).on(&[NETWORK]).region_optional(),
    write("AssociateVpcCidrBlock", network::associate_cidr).on(&[NETWORK]),
    write("UnassociateVpcCidrBlock", network::unassociate_cidr).on(&[NETWORK]),
    read("DescribeVpcs", network::list).on(&[NETWORK]),
    read("DescribeVpcAttribute", network::attribute).on(&[NETWORK]),
    read("DescribeVRouters", network::list_routers).on(&[ROUTER]),
    write("CreateVSwitch", vswitch::create).on(&[VSWITCH, NETWORK]).once().region_optional(),
    write("DeleteVSwitch", vswitch::delete).on(&[VSWITCH]).region_optional(),
    write("ModifyVSwitchAttribute", vswitch::modify).on(&[VSWITCH]).region_optional(),
    read("DescribeVSwitches", vswitch::list).on(&[VSWITCH]).region_optional(),
    write("CreateRouteTable", route_table::create).on(&[TABLE, NETWORK]).once(),
    write("ModifyRouteTableAttributes", route_table::modify).on(&[TABLE]),
    write("DeleteRouteTable", route_table::delete).on(&[TABLE]),
    write("AssociateRouteTable", route_table::associate).on(&[TABLE, VSWITCH]).once(),
    write("UnassociateRouteTable", route_table::unassociate).on(&[TABLE, VSWITCH]).once(),
    read("DescribeRouteTableList", route_table::list).on(ROUTES),
    read("DescribeRouteTables", route_table::list_with_routes).on(ROUTES),
    write("CreateRouteEntry", route::create).on(ROUTES).once().region_optional(),
    write("CreateRouteEntries", route::create_many).on(ROUTES),
    write("ModifyRouteEntry", route::modify).on(ROUTES),
    write("DeleteRouteEntry", route::delete).on(ROUTES).region_optional(),
    read("DescribeRouteEntryList", route::list).on(ROUTES),
    write("CreateRouterInterface", interface::create).on(&[INTERFACE]).once(),
    write("ModifyRouterInterfaceAttribute", interface::modify).on(&[INTERFACE]),
    write("ConnectRouterInterface", interface::connect).on(&[INTERFACE]),
    write("ActivateRouterInterface", interface::activate).on(&[INTERFACE]),
    write("DeactivateRouterInterface", interface::deactivate).on(&[INTERFACE]),
    write("ModifyRouterInterfaceSpec", interface::modify_spec).on(&[INTERFACE]).once(),
    write("DeleteRouterInterface", interface::delete).on(&[INTERFACE]).once(),
    read("DescribeRouterInterfaces", interface::list).on(&[INTERFACE]),
    read("DescribeRouterInterfaceAttribute", interface::attribute).on(&[target("routerinterface", "InstanceId")]),
];

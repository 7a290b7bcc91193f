//! Every operation of the product, in one table.

use serde_json::Value;

use crate::calls::Need;
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
    /// What a policy must name: each kind of resource, and the parameter that holds its id.
    pub on: &'static [Target],
    /// Does it.
    pub run: fn(&mut World, &RpcRequest) -> Result<Value, RpcError>,
}

/// A kind of resource as ARNs spell it, and the parameter that may name one.
pub(super) struct Target {
    kind: &'static str,
    id: &'static str,
}

const fn target(kind: &'static str, id: &'static str) -> Target {
    Target { kind, id }
}

const NETWORK: Target = target("vpc", "VpcId");
const VSWITCH: Target = target("vswitch", "VSwitchId");
const ROUTER: Target = target("vrouter", "VRouterId");
const TABLE: Target = target("routetable", "RouteTableId");
const INTERFACE: Target = target("routerinterface", "RouterInterfaceId");
/// It is not confirmed whether routes belong to their table alone or to the router too: a policy must name both.
const ROUTES: &[Target] = &[TABLE, ROUTER];

type Run = fn(&mut World, &RpcRequest) -> Result<Value, RpcError>;

const fn read(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: false, needs_region: true, takes_token: false, on: &[], run }
}

const fn write(name: &'static str, run: Run) -> Operation {
    Operation { name, writes: true, needs_region: true, takes_token: false, on: &[], run }
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

    const fn on(mut self, on: &'static [Target]) -> Self {
        self.on = on;
        self
    }

    /// What the caller's policies must allow: the action on each target. A target that is not named, or not made yet,
    /// stands for all of its kind.
    pub(super) fn needs(&self, request: &RpcRequest) -> Vec<Need> {
        let action = format!("vpc:{}", self.name);
        let place = format!("acs:vpc:{}:{}", request.region, request.account());
        if self.on.is_empty() {
            return vec![Need::new(action, format!("{place}:*"))];
        }
        let ids = |target: &Target| match request.params.get(target.id) {
            Some(ids) => ids.split(',').map(str::to_owned).collect(),
            None => vec!["*".to_owned()],
        };
        let resources =
            self.on.iter().flat_map(|target| ids(target).into_iter().map(move |id| format!("{}/{id}", target.kind)));
        resources.map(|resource| Need::new(action.clone(), format!("{place}:{resource}"))).collect()
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
    read("DescribeVSwitches", vswitch::list).on(&[VSWITCH]).region_optional(),
    write("CreateRouteTable", route_table::create).on(&[TABLE, NETWORK]).once(),
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

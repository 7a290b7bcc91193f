//! CreateVpc.

use ipnet::Ipv4Net;
use local_core::delays::Wait;
use local_core::refuse_if;
use local_core::rpc::{RpcError, RpcRequest};
use serde_json::{Value, json};

use super::super::cidr;
use super::super::place::Place;
use super::super::route_table::{self, Kind};
use super::super::text::Text;
use super::super::world::World;
use super::Network;

/// The range of a VPC that names none.
const USUAL: &str = "172.16.0.0/12";

/// The longest and the shortest mask of a VPC.
const MASKS: std::ops::RangeInclusive<u8> = 8..=28;

/// The ids of a VPC about to be made: rolled for a call, derived for the seed.
pub(in crate::vpc) struct Plan {
    pub vpc_id: String,
    pub router_id: String,
    pub table_id: String,
    pub cidr: Ipv4Net,
    pub user: Vec<Ipv4Net>,
    pub name: String,
    pub description: String,
}

pub(in crate::vpc) fn create(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let params = &request.params;
    let cidr = cidr::parse("CidrBlock", params.get("CidrBlock").unwrap_or(USUAL))?;
    refuse_if!(!MASKS.contains(&cidr.prefix_len()) || !cidr::is_usable(&cidr), bad "InvalidCidrBlock",
        "A VPC cannot have the CIDR block {cidr}.");
    let user = match params.get("UserCidr") {
        Some(list) => list.split(',').map(|text| cidr::parse("UserCidr", text.trim())).collect::<Result<_, _>>()?,
        None => Vec::new(),
    };
    let ids = &world.shared.ids;
    let plan = Plan {
        vpc_id: ids.resource("vpc"),
        router_id: ids.resource("vrt"),
        table_id: ids.resource("vtb"),
        cidr,
        user,
        name: Text::Name.read(params, "VpcName")?.unwrap_or_default(),
        description: Text::Description.read(params, "Description")?.unwrap_or_default(),
    };
    refuse_if!(params.flag("DryRun")?, RpcError::dry_run_passed());
    let answer = json!({
        "VpcId": plan.vpc_id,
        "VRouterId": plan.router_id,
        "RouteTableId": plan.table_id,
        "ResourceGroupId": "",
    });
    make(world, &Place::of(request), plan);
    Ok(answer)
}

/// Makes the VPC, its router and its system route table.
pub(in crate::vpc) fn make(world: &mut World, place: &Place, plan: Plan) {
    let Plan { vpc_id, router_id, table_id, cidr, user, name, description } = plan;
    let (created, waiting) = (world.now, world.begin(Wait::VpcCreate));
    let id = vpc_id.clone();
    let network = Network { id, router_id, cidr, secondary: Vec::new(), user, name, description, created, waiting };
    world.networks.insert(place.key(&vpc_id), network);
    route_table::make(world, place, &vpc_id, table_id, Kind::System, None);
}

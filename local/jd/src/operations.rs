//! Every operation of the product, in one table.

use http::Method;
use serde_json::Value;

use super::error::JdError;
use super::request::JdRequest;
use super::world::World;
use super::{network, peering, quota, route_table, rule, security_group, security_rule, subnet};

/// How the service sees an operation.
pub(super) struct Operation {
    /// As the documents call it.
    pub name: &'static str,
    /// Whether it can change anything.
    pub writes: bool,
    method: Method,
    /// Its path below the region; `{}` stands for an id.
    path: &'static str,
    /// Does it. Null means an answer without a result.
    pub run: Run,
}

type Run = fn(&mut World, &JdRequest) -> Result<Value, JdError>;

const fn read(name: &'static str, path: &'static str, run: Run) -> Operation {
    Operation { name, writes: false, method: Method::GET, path, run }
}

const fn write(name: &'static str, method: Method, path: &'static str, run: Run) -> Operation {
    Operation { name, writes: true, method, path, run }
}

impl Operation {
    /// The operation behind a method and a decoded path below the region, and the id in it. A final slash does not count.
    pub(super) fn find(method: &Method, path: &str) -> Option<(&'static Self, String)> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut fitting = ALL.iter().filter(|operation| operation.method == *method);
        fitting.find_map(|operation| Some((operation, operation.id_in(path)?.to_owned())))
    }

    /// The id in a path that fits, empty where there is none to be.
    fn id_in<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some((head, tail)) = self.path.split_once("{}") else {
            return (path == self.path).then_some("");
        };
        let id = path.strip_prefix(head)?.strip_suffix(tail)?;
        (!id.is_empty() && !id.contains(['/', ':'])).then_some(id)
    }
}

/// All of them.
pub(super) static ALL: &[Operation] = &[
    write("createVpc", Method::POST, "/vpcs", network::create),
    read("describeVpcs", "/vpcs", network::list),
    read("describeVpc", "/vpcs/{}", network::describe),
    write("modifyVpc", Method::PATCH, "/vpcs/{}", network::modify),
    write("deleteVpc", Method::DELETE, "/vpcs/{}", network::delete),
    write("createSubnet", Method::POST, "/subnets", subnet::create),
    read("describeSubnets", "/subnets", subnet::list),
    read("describeSubnet", "/subnets/{}", subnet::describe),
    write("modifySubnet", Method::PATCH, "/subnets/{}", subnet::modify),
    write("deleteSubnet", Method::DELETE, "/subnets/{}", subnet::delete),
    write("createRouteTable", Method::POST, "/routeTables", route_table::create),
    read("describeRouteTables", "/routeTables", route_table::list),
    read("describeRouteTable", "/routeTables/{}", route_table::describe),
    write("modifyRouteTable", Method::PATCH, "/routeTables/{}", route_table::modify),
    write("deleteRouteTable", Method::DELETE, "/routeTables/{}", route_table::delete),
    write("associateRouteTable", Method::POST, "/routeTables/{}:associateRouteTable", route_table::associate),
    write("disassociateRouteTable", Method::POST, "/routeTables/{}:disassociateRouteTable", route_table::disassociate),
    read("describeRouteTableRules", "/routeTables/{}/routeTableRules", rule::list),
    write("addRouteTableRules", Method::POST, "/routeTables/{}:addRouteTableRules", rule::add),
    write("modifyRouteTableRules", Method::POST, "/routeTables/{}:modifyRouteTableRules", rule::modify),
    write("removeRouteTableRules", Method::POST, "/routeTables/{}:removeRouteTableRules", rule::remove),
    write("createVpcPeering", Method::POST, "/vpcPeerings", peering::create),
    read("describeVpcPeerings", "/vpcPeerings", peering::list),
    read("describeVpcPeering", "/vpcPeerings/{}", peering::describe),
    write("modifyVpcPeering", Method::PUT, "/vpcPeerings/{}", peering::modify),
    write("deleteVpcPeering", Method::DELETE, "/vpcPeerings/{}", peering::delete),
    write("createNetworkSecurityGroup", Method::POST, "/networkSecurityGroups", security_group::create),
    read("describeNetworkSecurityGroups", "/networkSecurityGroups", security_group::list),
    read("describeNetworkSecurityGroup", "/networkSecurityGroups/{}", security_group::describe),
    write("modifyNetworkSecurityGroup", Method::PATCH, "/networkSecurityGroups/{}", security_group::modify),
    write("deleteNetworkSecurityGroup", Method::DELETE, "/networkSecurityGroups/{}", security_group::delete),
    read(
        "describeNetworkSecurityGroupRules",
        "/networkSecurityGroups/{}/networkSecurityGroupRules",
        security_rule::list,
    ),
    write(
        "addNetworkSecurityGroupRules",
        Method::POST,
        "/networkSecurityGroups/{}:addNetworkSecurityGroupRules",
        security_rule::add,
    ),
    write(
        "modifyNetworkSecurityGroupRules",
        Method::POST,
        "/networkSecurityGroups/{}:modifyNetworkSecurityGroupRules",
        security_rule::modify,
    ),
    write(
        "removeNetworkSecurityGroupRules",
        Method::POST,
        "/networkSecurityGroups/{}:removeNetworkSecurityGroupRules",
        security_rule::remove,
    ),
    read("describeQuota", "/quotas", quota::describe),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &Method, path: &str) -> Option<(&'static str, String)> {
        Operation::find(method, path).map(|(operation, id)| (operation.name, id))
    }

    #[test]
    fn a_path_leads_to_its_operation_with_and_without_a_final_slash() {
        for (method, path, name, id) in [
            (Method::GET, "/vpcs", "describeVpcs", ""),
            (Method::GET, "/vpcs/", "describeVpcs", ""),
            (Method::GET, "/vpcs/vpc-1", "describeVpc", "vpc-1"),
            (Method::PUT, "/vpcPeerings/vpcpr-1", "modifyVpcPeering", "vpcpr-1"),
            (Method::POST, "/routeTables/rtb-1:addRouteTableRules", "addRouteTableRules", "rtb-1"),
            (Method::GET, "/routeTables/rtb-1/routeTableRules", "describeRouteTableRules", "rtb-1"),
        ] {
            assert_eq!(found(&method, path), Some((name, id.to_owned())), "{method} {path}");
        }
        for (method, path) in [
            (Method::HEAD, "/vpcs"),
            (Method::GET, "/routeTables/rtb-1:addRouteTableRules"),
            (Method::POST, "/routeTables/:addRouteTableRules"),
            (Method::GET, "/vpcs/a/b"),
            (Method::GET, "/coffee"),
        ] {
            assert_eq!(found(&method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn no_two_operations_share_a_path() {
        for operation in ALL {
            let path = operation.path.replace("{}", "id-1");
            assert_eq!(found(&operation.method, &path).unwrap().0, operation.name);
        }
    }
}

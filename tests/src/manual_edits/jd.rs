//! The same person on JD Cloud.
//!
//! What an owner edits there keeps its id, so changing a rule is another thing than deleting it and making one.

use bytes::Bytes;
use causeway_cli::deployment::Account;
use causeway_local::console::ConsoleVpc;
use cloud_signing::jdcloud::{Scope, Variant};
use connection::record::Record;
use connection::words::Side;
use http::{Method, Request, StatusCode};
use ipnet::{IpNet, Ipv4Net};
use jdcloud::Kind as ErrorKind;
use jdcloud::vpc::{
    Cidr, CreateRouteTable, CreateVpcPeering, DescribeNetworkSecurityGroups, DescribeRouteTables, DescribeSubnets,
    DescribeVpcPeerings, Direction, Protocol, RouteRuleSpec, RouteTable, RouteTableType, RuleAction, SecurityRuleSpec,
    Vpc,
};
use serde_json::{Value, json};

use super::{BY_HAND, Edit, ManualEdits, SETTLED};
use crate::jd;

/// A hand on what was made for a connection on JD Cloud.
pub(super) struct Hand<'a> {
    manual_edits: &'a ManualEdits<'a>,
    record: Record,
}

/// One side as its owner sees it.
struct Owner<'a> {
    account: &'a Account,
    vpc: &'a ConsoleVpc,
    peer: &'a ConsoleVpc,
    api: Vpc,
}

/// The cloud does not let it be done, or there is nothing left to do it to.
#[derive(Debug)]
pub(super) struct Refused;

impl From<jdcloud::Error> for Refused {
    fn from(error: jdcloud::Error) -> Self {
        let may_be = matches!(
            error.kind(),
            ErrorKind::Gone | ErrorKind::AlreadyThere | ErrorKind::Busy | ErrorKind::Refused | ErrorKind::Quota
        );
        assert!(may_be, "the cloud refuses what it never should: {error}");
        Self
    }
}

impl<'a> Hand<'a> {
    pub(super) fn of(manual_edits: &'a ManualEdits<'a>, record: Record) -> Self {
        Self { manual_edits, record }
    }

    fn owner(&self, side: Side) -> Owner<'a> {
        let ((account, vpc), (_, peer)) =
            (self.manual_edits.seeded(&self.record, side), self.manual_edits.seeded(&self.record, side.peer()));
        let client = jd::client(account, "http://cloud.test", self.manual_edits.system.io());
        let region = vpc.region_id.parse().expect("a region of the seed is one");
        Owner { account, vpc, peer, api: client.vpc(&region) }
    }

    pub(super) async fn does(&self, edit: Edit) -> Result<(), Refused> {
        match edit {
            Edit::DeleteRoute(side) => self.delete_routes(side).await,
            Edit::RepointRoute(side) => {
                let way = self.other_way(side).await?;
                self.delete_routes(side).await?;
                self.route(side, self.owner(side).peer.cidr_block, &way, None).await
            }
            Edit::DoubleRoute(side) => {
                let way = self.other_way(side).await?;
                self.route(side, self.owner(side).peer.cidr_block, &way, Some(1)).await
            }
            Edit::ShadowRoute(side) => {
                let way = self.other_way(side).await?;
                self.route(side, self.owner(side).peer.vswitches[0].cidr_block, &way, None).await
            }
            Edit::ModifyRoute(side) => {
                let way = self.other_way(side).await?;
                self.modify_routes(side, &json!({ "nextHopId": way })).await
            }
            Edit::DivertRoute(side) => {
                self.modify_routes(side, &json!({"nextHopType": "internet", "nextHopId": "internet"})).await
            }
            Edit::Rebind(side) => {
                let owner = self.owner(side);
                let request = CreateRouteTable {
                    vpc_id: owner.vpc.vpc_id.clone(),
                    name: "mine".to_owned(),
                    description: Some(BY_HAND.to_owned()),
                };
                let table = owner.api.create_route_table(&request).await?;
                Ok(owner.api.associate_route_table(&table, &self.subnets(side)).await?)
            }
            Edit::DeleteTable(side) => {
                let owner = self.owner(side);
                owner.api.associate_route_table(&owner.vpc.route_table_id, &self.subnets(side)).await?;
                Ok(owner.api.delete_route_table(&self.table(side)?).await?)
            }
            Edit::DeleteJoint(side) => Ok(self.owner(side).api.delete_vpc_peering(&self.half(side)?).await?),
            Edit::ReplaceJoint(side) => {
                let owner = self.owner(side);
                owner.api.delete_vpc_peering(&self.half(side)?).await?;
                self.peer(&owner, "mine", &owner.peer.vpc_id).await.map(drop)
            }
            Edit::RevokeRule(side) => {
                let owner = self.owner(side);
                for rule in &self.record.sides[&side].outputs.rules {
                    let ids = [rule.rule_id.clone()];
                    owner.api.remove_network_security_group_rules(&rule.security_group_id, &ids).await?;
                }
                Ok(())
            }
            Edit::ReplaceRule(side) => {
                Box::pin(self.does(Edit::RevokeRule(side))).await?;
                self.rule(side, RuleAction::Allow).await
            }
            Edit::WidenRule(side) => self.modify_rules(side, &json!({"addressPrefix": "0.0.0.0/0"})).await,
            Edit::ChangeRule(side) => {
                self.modify_rules(side, &json!({"protocol": 17, "fromPort": 1, "toPort": 65535})).await
            }
            Edit::DenyRule(side) => self.modify_rules(side, &json!({"ruleAction": "DENY"})).await,
            Edit::DropRule(side) => self.rule(side, RuleAction::Deny).await,
            Edit::StrayPeering(side) => self.other_way(side).await.map(drop),
            Edit::StrayRoute(side) => {
                let owner = self.owner(side);
                let far: Ipv4Net = "10.99.0.0/16".parse().expect("it is a range");
                self.rule_in(&owner, &owner.vpc.route_table_id, far, &self.half(side)?, None).await
            }
            Edit::SwitchOff(_) | Edit::Resize | Edit::AddRange(_) | Edit::StrayInterface(_) | Edit::Link(_) => {
                unreachable!("{edit:?} does not fit")
            }
        }
    }

    /// A rule of the owner's about all that comes from the other side.
    async fn rule(&self, side: Side, action: RuleAction) -> Result<(), Refused> {
        let owner = self.owner(side);
        let rule = SecurityRuleSpec {
            direction: Direction::Inbound,
            rule_action: Some(action),
            priority: Some(1),
            protocol: Protocol::All,
            address_prefix: Cidr::Net(IpNet::V4(owner.peer.cidr_block)),
            from_port: None,
            to_port: None,
            description: Some(BY_HAND.to_owned()),
        };
        Ok(owner.api.add_network_security_group_rules(&self.group(side), &[rule]).await?)
    }

    fn half(&self, side: Side) -> Result<String, Refused> {
        self.record.sides[&side].outputs.peering_id.clone().ok_or(Refused)
    }

    /// The table with the rules to the other side.
    fn table(&self, side: Side) -> Result<String, Refused> {
        self.record.sides[&side].outputs.jd.as_ref().and_then(|jd| jd.route_table_id.clone()).ok_or(Refused)
    }

    fn subnets(&self, side: Side) -> Vec<String> {
        let given = self.record.spec.jd_side(side).expect("both sides are VPCs of JD Cloud");
        given.subnet_ids.iter().map(ToString::to_string).collect()
    }

    fn group(&self, side: Side) -> String {
        let given = self.record.spec.jd_side(side).expect("both sides are VPCs of JD Cloud");
        given.security_groups[0].security_group_id.to_string()
    }

    async fn delete_routes(&self, side: Side) -> Result<(), Refused> {
        let owner = self.owner(side);
        for route in &self.record.sides[&side].outputs.routes {
            let ids = [route.route_entry_id.clone()];
            owner.api.remove_route_table_rules(&route.route_table_id, &ids).await?;
        }
        Ok(())
    }

    async fn route(&self, side: Side, to: Ipv4Net, hop: &str, priority: Option<u32>) -> Result<(), Refused> {
        self.rule_in(&self.owner(side), &self.table(side)?, to, hop, priority).await
    }

    async fn rule_in(
        &self,
        owner: &Owner<'_>,
        table: &str,
        to: Ipv4Net,
        hop: &str,
        priority: Option<u32>,
    ) -> Result<(), Refused> {
        let rule = RouteRuleSpec {
            priority,
            description: Some(BY_HAND.to_owned()),
            ..RouteRuleSpec::by_peering(Cidr::Net(IpNet::V4(to)), hop)
        };
        Ok(owner.api.add_route_table_rules(table, &[rule]).await?)
    }

    /// Changes fields of every rule to the other side; the rules keep their ids and descriptions.
    async fn modify_routes(&self, side: Side, change: &Value) -> Result<(), Refused> {
        let owner = self.owner(side);
        for route in &self.record.sides[&side].outputs.routes {
            let path = format!("routeTables/{}%3AmodifyRouteTableRules", route.route_table_id);
            let mut spec = change.clone();
            spec["ruleId"] = route.route_entry_id.as_str().into();
            let body = json!({"modifyRouteTableRuleSpecs": [spec]});
            self.raw(&owner, Method::POST, &path, &body).await?;
        }
        Ok(())
    }

    /// The same for the rules that let the other side in.
    async fn modify_rules(&self, side: Side, change: &Value) -> Result<(), Refused> {
        let owner = self.owner(side);
        for rule in &self.record.sides[&side].outputs.rules {
            let path = format!("networkSecurityGroups/{}%3AmodifyNetworkSecurityGroupRules", rule.security_group_id);
            let mut spec = change.clone();
            spec["ruleId"] = rule.rule_id.as_str().into();
            let body = json!({"modifySecurityGroupRuleSpecs": [spec]});
            self.raw(&owner, Method::POST, &path, &body).await?;
        }
        Ok(())
    }

    async fn peer(&self, owner: &Owner<'_>, name: &str, remote_vpc_id: &str) -> Result<String, Refused> {
        let request = CreateVpcPeering {
            name: name.to_owned(),
            vpc_id: owner.vpc.vpc_id.clone(),
            remote_vpc_id: remote_vpc_id.to_owned(),
            description: Some(BY_HAND.to_owned()),
        };
        Ok(owner.api.create_vpc_peering(&request).await?.vpc_peering_id)
    }

    /// A half to another VPC of the same account: both are made if there is none.
    async fn other_way(&self, side: Side) -> Result<String, Refused> {
        let owner = self.owner(side);
        let of_vpc = DescribeVpcPeerings { vpc_id: Some(owner.vpc.vpc_id.clone()), ..Default::default() };
        let halves = owner.api.all_vpc_peerings(&of_vpc).await?;
        if let Some(half) = halves.iter().find(|half| half.remote.vpc_id != owner.peer.vpc_id) {
            return Ok(half.vpc_peering_id.clone());
        }
        let body = json!({"vpcName": "another", "addressPrefix": "10.77.0.0/16"});
        let outputs = self.raw(&owner, Method::POST, "vpcs/", &body).await?;
        let another = outputs["result"]["vpcId"].as_str().unwrap_or_else(|| panic!("no VPC: {outputs}"));
        self.peer(&owner, "another", another).await
    }

    async fn tables(&self, owner: &Owner<'_>) -> Vec<RouteTable> {
        let of_vpc = DescribeRouteTables { vpc_id: Some(owner.vpc.vpc_id.clone()), ..Default::default() };
        owner.api.all_route_tables(&of_vpc).await.expect("the cloud lists tables")
    }

    /// Takes back what is somebody else's: rules, tables and halves that were made by hand.
    pub(super) async fn takes_it_back(&self) {
        for side in [Side::Initiator, Side::Acceptor] {
            let owner = self.owner(side);
            let by_hand = |description: &Option<String>| description.as_deref() == Some(BY_HAND);
            for table in self.tables(&owner).await {
                let id = &table.route_table_id;
                if by_hand(&table.description) && table.route_table_type != Some(RouteTableType::Default) {
                    let of_table = DescribeSubnets { route_table_id: Some(id.clone()), ..Default::default() };
                    for subnet in owner.api.all_subnets(&of_table).await.expect("the cloud lists subnets") {
                        let freed = owner.api.disassociate_route_table(id, &subnet.subnet_id).await;
                        freed.expect("its owner may");
                    }
                    owner.api.delete_route_table(id).await.expect("its owner may");
                    continue;
                }
                let rules = table.rules.iter().filter(|rule| by_hand(&rule.description));
                let ids: Vec<_> = rules.map(|rule| rule.rule_id.clone()).collect();
                if !ids.is_empty() {
                    owner.api.remove_route_table_rules(id, &ids).await.expect("its owner may");
                }
            }
            let of_vpc = DescribeNetworkSecurityGroups { vpc_id: Some(owner.vpc.vpc_id.clone()), ..Default::default() };
            let groups = owner.api.all_network_security_groups(&of_vpc).await.expect("the cloud lists groups");
            for group in groups {
                let rules = group.rules.iter().filter(|rule| by_hand(&rule.description));
                let ids: Vec<_> = rules.map(|rule| rule.rule_id.clone()).collect();
                if !ids.is_empty() {
                    let id = &group.network_security_group_id;
                    owner.api.remove_network_security_group_rules(id, &ids).await.expect("its owner may");
                }
            }
            let of_vpc = DescribeVpcPeerings { vpc_id: Some(owner.vpc.vpc_id.clone()), ..Default::default() };
            let halves = owner.api.all_vpc_peerings(&of_vpc).await.expect("the cloud lists halves");
            for half in halves.iter().filter(|half| by_hand(&half.description)) {
                owner.api.delete_vpc_peering(&half.vpc_peering_id).await.expect("its owner may");
            }
        }
        tokio::time::sleep(SETTLED).await;
    }

    /// A call for which there is no typed one: nobody but this editor makes it.
    async fn raw(&self, owner: &Owner<'_>, method: Method, path: &str, body: &Value) -> Result<Value, Refused> {
        let (io, region) = (self.manual_edits.system.io(), owner.vpc.region_id.as_str());
        let uri = format!("http://cloud.test/v1/regions/{region}/{path}");
        let request = Request::builder().method(method).uri(uri).body(body.to_string()).expect("a request");
        let (mut parts, body) = request.into_parts();
        let keys = cloud_signing::Credentials::new(&owner.account.access_key_id, &owner.account.access_key_secret);
        let (now, nonce) = (io.clock.now(), io.entropy.nonce());
        let scope = Scope { region, service: "vpc" };
        cloud_signing::jdcloud::sign(&mut parts, body.as_bytes(), Variant::Jdcloud2, scope, &keys, now, &nonce)
            .expect("it can be signed");
        let answer = io.transport.send(Request::from_parts(parts, Bytes::from(body))).await;
        let answer = answer.expect("the cloud answers");
        let told: Value = serde_json::from_slice(answer.body()).expect("it is JSON");
        match answer.status() {
            StatusCode::OK => Ok(told),
            // Whatever it is about is gone, or something of somebody else's is in its way.
            StatusCode::NOT_FOUND | StatusCode::CONFLICT | StatusCode::BAD_REQUEST => Err(Refused),
            status => panic!("{status} to {path}: {told}"),
        }
    }

    pub(super) async fn both_answer(&self) -> bool {
        for side in [Side::Initiator, Side::Acceptor] {
            let end = |side| json!({"subnet_id": self.subnets(side)[0]});
            let ping = json!({"from": end(side), "to": end(side.peer())});
            let ping = serde_json::from_value(ping).expect("it is a ping");
            if !self.manual_edits.system.cloud.jd().ping(&ping).expect("both ends exist").reached {
                return false;
            }
        }
        true
    }
}

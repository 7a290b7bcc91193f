//! Somebody who changes things by hand, as the owner of an account, past Causeway.

mod jd;
pub mod link;

use std::time::Duration;

use alicloud::ecs::{
    AuthorizeSecurityGroup, IpProtocol, Policy, PortRange, RevokeSecurityGroup, Revoked, RuleSource, SecurityRule,
};
use alicloud::vpc::{
    CreateRouteEntry, CreateRouterInterface, DeleteRouteEntry, DescribeVSwitches, NextHopType, Role, RouterType, Spec,
};
use alicloud::vpc_peer::{
    CreateVpcPeerConnection, DeleteVpcPeerConnection, ListVpcPeerConnections, ModifyVpcPeerConnection,
};
use alicloud::{ClientToken, Kind as ErrorKind};
use bytes::Bytes;
use causeway_cli::deployment::Account;
use causeway_local::console::ConsoleVpc;
use connection::mark::Mark;
use connection::record::Record;
use connection::words::{Kind, Side};
use http::Request;
use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use self::link::LinkEdit;
use crate::system::System;

/// How long the cloud may take for one change.
const SETTLED: Duration = Duration::from_secs(30);
/// What the owner writes about a thing.
const BY_HAND: &str = "made by hand";

/// The version of the VPC's API.
const VPC: &str = "2016-04-28";

/// One change by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// The route to the other side goes.
    DeleteRoute(Side),
    /// The route to the other side goes, and one by another way takes its place.
    RepointRoute(Side),
    /// A narrower route to the other side's instances by another way comes.
    ShadowRoute(Side),
    /// Beside the route to the other side comes one to the same range by another way, which goes before it.
    DoubleRoute(Side),
    /// The route to the other side leads by another way from now on.
    ModifyRoute(Side),
    /// The same, to the internet.
    DivertRoute(Side),
    /// The vSwitches are bound to a table of their own.
    Rebind(Side),
    /// The table that was made goes, and its subnets fall back to the default one.
    DeleteTable(Side),
    /// The VPC gets another range.
    AddRange(Side),
    /// What joins the sides is switched off on one side.
    SwitchOff(Side),
    /// What joins the sides goes, with the routes to it.
    DeleteJoint(Side),
    /// What joins the sides goes, and another one takes its place.
    ReplaceJoint(Side),
    /// What joins the sides gets another bandwidth.
    Resize,
    /// The rule for the other side goes.
    RevokeRule(Side),
    /// The rule for the other side goes, and the owner makes an equal one.
    ReplaceRule(Side),
    /// The rule for the other side lets everybody in.
    WidenRule(Side),
    /// The rule for the other side is about another protocol.
    ChangeRule(Side),
    /// The rule for the other side drops what comes from there.
    DenyRule(Side),
    /// Another rule drops what comes from the other side.
    DropRule(Side),
    /// An interface that has nothing to do with anything.
    StrayInterface(Side),
    /// A peering that has nothing to do with anything.
    StrayPeering(Side),
    /// A route to somewhere else by what joins the sides.
    StrayRoute(Side),
    /// Something of a private link.
    Link(LinkEdit),
}

impl Edit {
    /// All of them, on both sides.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |side| {
            [
                Self::DeleteRoute(side),
                Self::RepointRoute(side),
                Self::ShadowRoute(side),
                Self::DoubleRoute(side),
                Self::ModifyRoute(side),
                Self::DivertRoute(side),
                Self::Rebind(side),
                Self::DeleteTable(side),
                Self::AddRange(side),
                Self::SwitchOff(side),
                Self::DeleteJoint(side),
                Self::ReplaceJoint(side),
                Self::RevokeRule(side),
                Self::ReplaceRule(side),
                Self::WidenRule(side),
                Self::ChangeRule(side),
                Self::DenyRule(side),
                Self::DropRule(side),
                Self::StrayInterface(side),
                Self::StrayPeering(side),
                Self::StrayRoute(side),
            ]
        };
        let between_vpcs = [Side::Initiator, Side::Acceptor].into_iter().flat_map(of).chain([Self::Resize]);
        between_vpcs.chain(LinkEdit::ALL.map(Self::Link))
    }

    /// Whether it can be done to a connection of `kind`. A peering cannot be switched off, and while a pair of interfaces
    /// joins two VPCs there may be another pair. A peering on JD Cloud has no bandwidth, and what is edited there keeps its id.
    #[must_use]
    pub fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Link(_) => kind == Kind::PrivateLink,
            _ if kind == Kind::PrivateLink => false,
            Self::SwitchOff(_) => kind == Kind::RouterInterface,
            Self::Resize | Self::StrayInterface(_) | Self::AddRange(_) => kind != Kind::JdcloudPeering,
            Self::DoubleRoute(_)
            | Self::ModifyRoute(_)
            | Self::DivertRoute(_)
            | Self::DeleteTable(_)
            | Self::ReplaceJoint(_)
            | Self::DenyRule(_) => kind == Kind::JdcloudPeering,
            _ => true,
        }
    }

    /// Whether a repair of a connection of `kind` sets it right. What is somebody else's stays.
    #[must_use]
    pub fn is_mended(self, kind: Kind) -> bool {
        match self {
            Self::Link(edit) => edit.is_mended(),
            // Which subnets use the table with the routes is promised on JD Cloud alone.
            Self::Rebind(_) => kind == Kind::JdcloudPeering,
            Self::RepointRoute(_)
            | Self::ShadowRoute(_)
            | Self::DoubleRoute(_)
            | Self::ReplaceJoint(_)
            | Self::ReplaceRule(_)
            | Self::DropRule(_)
            // The spec has to be put again, so that the new range is checked like the first.
            | Self::AddRange(_)
            | Self::StrayInterface(_)
            | Self::StrayPeering(_)
            | Self::StrayRoute(_) => false,
            _ => true,
        }
    }
}

/// Somebody with the keys of all accounts.
pub struct ManualEdits<'a> {
    system: &'a System,
    name: String,
}

/// One side as its owner sees it.
struct Owner<'a> {
    account: &'a Account,
    vpc: &'a ConsoleVpc,
    peer: &'a ConsoleVpc,
    client: alicloud::Client,
    region: alicloud::Region,
}

impl<'a> ManualEdits<'a> {
    /// An editor of what was made for a connection.
    #[must_use]
    pub fn of(system: &'a System, name: &str) -> Self {
        Self { system, name: name.to_owned() }
    }

    async fn record(&self) -> Record {
        let name = self.name.parse().expect("it is a name");
        self.system.store().read(&name).await.expect("the store reads").expect("there is a record").record
    }

    /// The VPC of a side as the world began with it, and its account.
    fn seeded(&self, record: &Record, side: Side) -> (&'a Account, &'a ConsoleVpc) {
        let id = record.spec.place(side).vpc_id.as_str();
        let of = |account: &'a Account| account.vpcs.iter().find(|vpc| vpc.vpc_id == id).map(|vpc| (account, vpc));
        self.system.accounts().iter().find_map(of).expect("the seed has the VPC")
    }

    fn owner(&self, record: &Record, side: Side) -> Owner<'a> {
        let ((account, own), (_, peer)) = (self.seeded(record, side), self.seeded(record, side.peer()));
        let region = own.region_id.parse().expect("a region of the seed is one");
        Owner { account, vpc: own, peer, client: self.system.client(&account.alias), region }
    }

    fn token(&self) -> ClientToken {
        format!("{:016x}", self.system.io().entropy.next_u64()).parse().expect("it is a token")
    }

    /// Does it, and waits until the cloud has settled. What the cloud refuses is not done: `false`.
    ///
    /// # Panics
    /// When the cloud refuses what it never should.
    pub async fn does(&self, edit: Edit) -> bool {
        let record = self.record().await;
        if let Edit::Link(edit) = edit {
            let done = link::Hand::of(self, record).does(edit).await;
            tokio::time::sleep(SETTLED).await;
            return done.is_ok();
        }
        if record.spec.kind() == Kind::JdcloudPeering {
            let done = jd::Hand::of(self, record).does(edit).await;
            tokio::time::sleep(SETTLED).await;
            return done.is_ok();
        }
        let done = self.try_to(edit, record).await;
        tokio::time::sleep(SETTLED).await;
        match done {
            Ok(()) => true,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::Gone
                        | ErrorKind::AlreadyThere
                        | ErrorKind::Busy
                        | ErrorKind::Refused
                        | ErrorKind::RuledOut
                ) =>
            {
                false
            }
            Err(error) => panic!("{edit:?}: {error}"),
        }
    }

    async fn try_to(&self, edit: Edit, record: Record) -> Result<(), alicloud::Error> {
        match edit {
            Edit::DeleteRoute(side) => self.delete_routes(&record, side).await,
            Edit::RepointRoute(side) => {
                let way = self.other_way(&record, side).await?;
                self.delete_routes(&record, side).await?;
                let peer = self.owner(&record, side).peer.cidr_block;
                self.route(&record, side, peer, NextHopType::VpcPeer, &way).await
            }
            Edit::ShadowRoute(side) => {
                let way = self.other_way(&record, side).await?;
                let instance = self.owner(&record, side).peer.instances[0].private_ip;
                let narrow = Ipv4Net::new(instance, 28).expect("28 is a length").trunc();
                self.route(&record, side, narrow, NextHopType::VpcPeer, &way).await
            }
            Edit::Rebind(side) => self.rebind(&record, side).await,
            Edit::AddRange(side) => {
                let Owner { account, vpc, .. } = self.owner(&record, side);
                let range = side.choose("192.169.0.0/16", "172.30.0.0/16");
                let params =
                    [("RegionId", vpc.region_id.as_str()), ("VpcId", &vpc.vpc_id), ("SecondaryCidrBlock", range)];
                self.system.raw(account, VPC, "AssociateVpcCidrBlock", &params).await;
                Ok(())
            }
            Edit::SwitchOff(side) => {
                let owner = self.owner(&record, side);
                let id = record.sides[&side].outputs.router_interface_id.clone().unwrap_or_default();
                owner.client.vpc(&owner.region).deactivate_router_interface(&id).await
            }
            Edit::DeleteJoint(side) => self.delete_joint(&record, side).await,
            Edit::Resize => self.resize(&record).await,
            Edit::RevokeRule(side) => self.revoke(&record, side).await,
            Edit::ReplaceRule(side) => {
                self.revoke(&record, side).await?;
                let peer = self.owner(&record, side).peer.cidr_block.to_string();
                self.rule(&record, side, &peer, IpProtocol::All, Policy::Accept, false).await
            }
            Edit::WidenRule(side) => {
                self.rule(&record, side, "0.0.0.0/0", IpProtocol::All, Policy::Accept, true).await?;
                self.revoke(&record, side).await
            }
            Edit::ChangeRule(side) => {
                let peer = self.owner(&record, side).peer.cidr_block.to_string();
                self.rule(&record, side, &peer, IpProtocol::Udp, Policy::Accept, true).await?;
                self.revoke(&record, side).await
            }
            Edit::DropRule(side) => {
                let peer = self.owner(&record, side).peer.cidr_block.to_string();
                self.rule(&record, side, &peer, IpProtocol::All, Policy::Drop, false).await
            }
            Edit::StrayInterface(side) => self.stray_interface(&record, side).await,
            Edit::StrayPeering(side) => self.other_way(&record, side).await.map(drop),
            Edit::StrayRoute(side) => {
                let outputs = &record.sides[&side].outputs;
                let (hop, id) = match record.spec.kind() {
                    Kind::RouterInterface => (NextHopType::RouterInterface, outputs.router_interface_id.clone()),
                    _ => (NextHopType::VpcPeer, outputs.peering_id.clone()),
                };
                let far: Ipv4Net = "10.99.0.0/16".parse().expect("it is a range");
                self.route(&record, side, far, hop, &id.unwrap_or_default()).await
            }
            Edit::DoubleRoute(_)
            | Edit::ModifyRoute(_)
            | Edit::DivertRoute(_)
            | Edit::DeleteTable(_)
            | Edit::ReplaceJoint(_)
            | Edit::DenyRule(_)
            | Edit::Link(_) => unreachable!("{edit:?} does not fit"),
        }
    }

    async fn delete_routes(&self, record: &Record, side: Side) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        for route in &record.sides[&side].outputs.routes {
            let api = owner.client.vpc(&owner.region);
            api.delete_route_entry(&DeleteRouteEntry::ById(route.route_entry_id.clone())).await?;
            tokio::time::sleep(SETTLED).await;
        }
        Ok(())
    }

    async fn route(
        &self,
        record: &Record,
        side: Side,
        destination: Ipv4Net,
        next_hop_type: NextHopType,
        next_hop_id: &str,
    ) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        let request = CreateRouteEntry {
            route_table_id: owner.vpc.route_table_id.clone(),
            destination: IpNet::V4(destination),
            next_hop_type,
            next_hop_id: next_hop_id.to_owned(),
            name: None,
            description: Some(BY_HAND.to_owned()),
            client_token: self.token(),
        };
        owner.client.vpc(&owner.region).create_route_entry(&request).await.map(drop)
    }

    /// Another VPC of the same account to which the side's is peered: made if it is not.
    async fn other_way(&self, record: &Record, side: Side) -> Result<String, alicloud::Error> {
        let owner = self.owner(record, side);
        let elsewhere = |vpc: &&ConsoleVpc| vpc.vpc_id != owner.vpc.vpc_id;
        let other = owner.account.vpcs.iter().find(elsewhere).expect("every account of the tutorial has two VPCs");
        let api = owner.client.vpc_peer(&owner.region);
        let all = api.list_vpc_peer_connections(&ListVpcPeerConnections::default()).await?;
        if let Some(found) = all.iter().find(|found| found.joins(&owner.vpc.vpc_id, &other.vpc_id)) {
            return Ok(found.instance_id.clone());
        }
        let request = CreateVpcPeerConnection {
            vpc_id: owner.vpc.vpc_id.clone(),
            accepting_account: owner.account.account_id.parse().expect("it is a number"),
            accepting_region: other.region_id.parse().expect("it is a region"),
            accepting_vpc_id: other.vpc_id.clone(),
            bandwidth: None,
            link_type: None,
            name: None,
            description: Some(BY_HAND.to_owned()),
            client_token: self.token(),
        };
        let id = api.create_vpc_peer_connection(&request).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(id)
    }

    async fn delete_joint(&self, record: &Record, side: Side) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        let outputs = &record.sides[&side].outputs;
        if let Some(id) = &outputs.peering_id {
            let request = DeleteVpcPeerConnection { instance_id: id.clone(), force: true, client_token: self.token() };
            return owner.client.vpc_peer(&owner.region).delete_vpc_peer_connection(&request).await;
        }
        self.delete_routes(record, side).await?;
        let (id, api) = (outputs.router_interface_id.clone().unwrap_or_default(), owner.client.vpc(&owner.region));
        api.deactivate_router_interface(&id).await?;
        tokio::time::sleep(SETTLED).await;
        api.delete_router_interface(&id, &self.token()).await
    }

    async fn resize(&self, record: &Record) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, Side::Initiator);
        let outputs = &record.sides[&Side::Initiator].outputs;
        if let Some(instance_id) = outputs.peering_id.clone() {
            let request = ModifyVpcPeerConnection {
                instance_id,
                bandwidth: Some(77),
                link_type: None,
                name: None,
                description: None,
                client_token: self.token(),
            };
            return owner.client.vpc_peer(&owner.region).modify_vpc_peer_connection(&request).await;
        }
        let id = outputs.router_interface_id.clone().unwrap_or_default();
        owner.client.vpc(&owner.region).modify_router_interface_spec(&id, &Spec::Small1, &self.token()).await
    }

    async fn revoke(&self, record: &Record, side: Side) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        for rule in &record.sides[&side].outputs.rules {
            let request = RevokeSecurityGroup {
                security_group_id: rule.security_group_id.clone(),
                rules: Revoked::ById(vec![rule.rule_id.clone()]),
                client_token: self.token(),
            };
            owner.client.ecs(&owner.region).revoke_security_group(&request).await?;
        }
        Ok(())
    }

    async fn rule(
        &self,
        record: &Record,
        side: Side,
        source: &str,
        protocol: IpProtocol,
        policy: Policy,
        as_ours: bool,
    ) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        let ports = if protocol == IpProtocol::Udp { PortRange::Ports(1, 65535) } else { PortRange::All };
        let source = RuleSource::Cidr(source.parse().expect("it is a range"));
        // Who edits a rule in the console keeps its description.
        let description = if as_ours { Mark::of(record).description().to_owned() } else { BY_HAND.to_owned() };
        let rule =
            SecurityRule { policy, description: Some(description), ..SecurityRule::accept(protocol, ports, source) };
        let request = AuthorizeSecurityGroup {
            security_group_id: record.spec.vpc_side(side).expect("both sides are VPCs").security_groups[0]
                .security_group_id
                .to_string(),
            rules: vec![rule],
            client_token: self.token(),
        };
        owner.client.ecs(&owner.region).authorize_security_group(&request).await
    }

    async fn stray_interface(&self, record: &Record, side: Side) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        let request = CreateRouterInterface {
            role: Role::Initiating,
            spec: Spec::Mini2,
            router_type: RouterType::VRouter,
            router_id: owner.vpc.vrouter_id.clone(),
            opposite_region: owner.peer.region_id.parse().expect("it is a region"),
            peer: None,
            name: Some("legacy".to_owned()),
            description: Some(BY_HAND.to_owned()),
            client_token: self.token(),
        };
        owner.client.vpc(&owner.region).create_router_interface(&request).await.map(drop)
    }

    /// A new table, to which all vSwitches are bound.
    async fn rebind(&self, record: &Record, side: Side) -> Result<(), alicloud::Error> {
        let owner = self.owner(record, side);
        let region = owner.vpc.region_id.as_str();
        let outputs = self
            .system
            .raw(owner.account, VPC, "CreateRouteTable", &[("RegionId", region), ("VpcId", &owner.vpc.vpc_id)])
            .await;
        let table = outputs["RouteTableId"].as_str().unwrap_or_else(|| panic!("no table: {outputs}")).to_owned();
        tokio::time::sleep(SETTLED).await;
        for vswitch in &owner.vpc.vswitches {
            let params = [("RegionId", region), ("RouteTableId", &table), ("VSwitchId", &vswitch.vswitch_id)];
            let bound = self.system.raw(owner.account, VPC, "AssociateRouteTable", &params).await;
            assert!(bound["Code"].is_null(), "{bound}");
        }
        Ok(())
    }

    /// Takes back what is somebody else's and in the way: routes by other ways, rules that drop, tables of their own.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn takes_it_back(&self) {
        let record = self.record().await;
        match record.spec.kind() {
            Kind::JdcloudPeering => return jd::Hand::of(self, record).takes_it_back().await,
            Kind::PrivateLink => return link::Hand::of(self, record).takes_it_back().await,
            Kind::RouterInterface | Kind::VpcPeering => {}
        }
        for side in [Side::Initiator, Side::Acceptor] {
            let owner = self.owner(&record, side);
            let vpc = owner.client.vpc(&owner.region);
            let routes = vpc.all_route_entries(&owner.vpc.route_table_id).await.expect("the cloud lists routes");
            for route in routes.iter().filter(|route| route.description.as_deref() == Some(BY_HAND)) {
                let id = route.route_entry_id.clone().expect("a route by hand has an id");
                vpc.delete_route_entry(&DeleteRouteEntry::ById(id)).await.expect("its owner may");
                tokio::time::sleep(SETTLED).await;
            }
            let group = record.spec.vpc_side(side).expect("both sides are VPCs").security_groups[0]
                .security_group_id
                .to_string();
            let ecs = owner.client.ecs(&owner.region);
            let rules = ecs.describe_security_group_attribute(&group, None).await.expect("the cloud shows a group");
            let by_hand = rules.permissions.iter().filter(|rule| rule.description.as_deref() == Some(BY_HAND));
            for rule in by_hand.filter_map(|rule| rule.security_group_rule_id.clone()) {
                let request = RevokeSecurityGroup {
                    security_group_id: group.clone(),
                    rules: Revoked::ById(vec![rule]),
                    client_token: self.token(),
                };
                ecs.revoke_security_group(&request).await.expect("its owner may");
            }
            let listing = DescribeVSwitches { vpc_id: Some(owner.vpc.vpc_id.clone()), ..Default::default() };
            for vswitch in vpc.describe_vswitches(&listing).await.expect("the cloud lists vSwitches") {
                let Some(table) = vswitch.route_table_id().filter(|table| *table != owner.vpc.route_table_id) else {
                    continue;
                };
                let params = [
                    ("RegionId", owner.vpc.region_id.as_str()),
                    ("RouteTableId", table),
                    ("VSwitchId", vswitch.vswitch_id.as_str()),
                ];
                let unbound = self.system.raw(owner.account, VPC, "UnassociateRouteTable", &params).await;
                assert!(unbound["Code"].is_null(), "{unbound}");
            }
        }
        tokio::time::sleep(SETTLED).await;
    }

    /// What the local cloud's own API says to a question.
    async fn local(&self, thing: &str, asked: &Value) -> Value {
        let uri = format!("http://cloud.test/_local/{thing}");
        let request = Request::post(uri).header("content-type", "application/json");
        let request = request.body(Bytes::from(asked.to_string())).expect("a request");
        let answer = self.system.cloud.handle(request).await.expect("the local cloud answers");
        serde_json::from_slice(answer.body()).expect("it is JSON")
    }

    /// Whether the instances of both sides answer each other's pings, as the local cloud sees it; of a private link, whether an
    /// instance of the consumer is answered.
    ///
    /// # Panics
    /// When the local cloud does not answer.
    pub async fn both_answer(&self) -> bool {
        let record = self.record().await;
        match record.spec.kind() {
            Kind::JdcloudPeering => return jd::Hand::of(self, record).both_answer().await,
            Kind::PrivateLink => return link::Hand::of(self, record).is_answered().await,
            Kind::RouterInterface | Kind::VpcPeering => {}
        }
        for side in [Side::Initiator, Side::Acceptor] {
            let owner = self.owner(&record, side);
            let (from, to) = (&owner.vpc.instances[0].instance_id, owner.peer.instances[0].private_ip);
            let pinged = self.local("ping", &json!({"from_instance": from, "to": to})).await;
            assert!(pinged["reachable"].is_boolean(), "{pinged}");
            if pinged["reachable"] != true {
                return false;
            }
        }
        true
    }
}

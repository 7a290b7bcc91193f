//! The network in the local cloud, made by its owners' own calls, and its records in the store.
//!
//! The chains would make the same, in many hours of the cloud's time: a VPC's routes change one at a time. So each owner calls
//! directly, the cloud takes no time for it, and each record is written once, as the end of its chain leaves it. Quotas are
//! raised as an account's owner has them raised.

use std::collections::BTreeMap;
use std::time::Duration;

use alicloud::ecs::{AuthorizeSecurityGroup, Direction, IpProtocol, PortRange, RuleSource, SecurityRule};
use alicloud::vpc::{
    CreateRouteEntry, CreateRouterInterface, ModifyRouterInterfaceAttribute, NextHopType, Peer, Role, RouterType, Spec,
};
use alicloud::vpc_peer::CreateVpcPeerConnection;
use alicloud::{Client, ClientToken, Error, Region};
use causeway_cli::deployment::Account;
use causeway_local::console::ConsoleVpc;
use causeway_local::delays::Wait;
use causeway_local::{ecs, vpc, vpcpeer};
use connection::mark::{Mark, client_token};
use connection::outputs::{Route, Rule};
use connection::record::{Network, Record, SideRecord, Status};
use connection::words::{Kind, Side, StepName};
use ipnet::{IpNet, Ipv4Net};
use serde_json::json;
use store::Revision;

use super::shape::{self, join};
use crate::system::System;

/// What the cloud takes no time for while the network is made.
const AT_ONCE: [Wait; 4] = [Wait::InterfaceConnect, Wait::PeeringCreate, Wait::PeeringAccept, Wait::RouteCreate];
/// How many rules one call adds.
const RULES_AT_ONCE: usize = 100;
/// How many more of everything there may be than connections.
const ROOM: usize = 100;

/// A VPC, and its owner's way to it.
struct End<'a> {
    account: &'a Account,
    vpc: &'a ConsoleVpc,
    client: &'a Client,
    region: Region,
}

/// The group of a VPC, with the rules that it shall have.
struct Door<'a> {
    end: &'a End<'a>,
    rules: Vec<SecurityRule>,
}

/// Makes `connections` connections that stand, and returns their records, which are in the store.
///
/// # Panics
/// When the cloud or the store refuses.
pub async fn build(system: &System, connections: usize) -> Vec<Record> {
    let delays = &system.cloud.shared().delays;
    AT_ONCE.iter().for_each(|wait| delays.set(*wait, Duration::ZERO));
    raise_quotas(system, connections + ROOM);
    let records = join_all(system, connections).await.expect("the cloud refuses no owner");
    delays.clear();
    let store = system.store();
    for record in &records {
        store.write(record, Revision::FIRST, "built".to_owned()).await.expect("the store takes a new record");
    }
    records
}

fn raise_quotas(system: &System, most: usize) {
    let (vpcs, peerings, groups) = (system.cloud.vpc(), system.cloud.vpc_peer(), system.cloud.ecs());
    vpcs.set_settings(vpc::Settings { interfaces_per_router: most, routes_per_table: most, ..vpcs.settings() });
    peerings.set_settings(vpcpeer::Settings {
        per_vpc_in_region: most,
        per_vpc_across_regions: most,
        per_account_and_region: most,
    });
    groups.set_settings(ecs::Settings { rules_per_group: most, ..groups.settings() });
}

async fn join_all(system: &System, connections: usize) -> Result<Vec<Record>, Error> {
    let accounts = system.accounts();
    let clients: BTreeMap<&str, Client> =
        accounts.iter().map(|account| (account.alias.as_str(), system.client(&account.alias))).collect();
    let mut ends: BTreeMap<Ipv4Net, End> = BTreeMap::new();
    for account in accounts {
        for vpc in &account.vpcs {
            let region = vpc.region_id.parse().expect("a region of the seed is one");
            ends.insert(vpc.cidr_block, End { account, vpc, client: &clients[account.alias.as_str()], region });
        }
    }
    let mut doors: BTreeMap<Ipv4Net, Door> = BTreeMap::new();
    let mut records = Vec::with_capacity(connections);
    for number in 0..connections {
        let join = join(number);
        let (spoke, hub) = (&ends[&shape::spoke(join.spoke).range], &ends[&shape::hub(join.hub).range]);
        let mut record = record(system, number, spoke, hub);
        let hops = match join.kind {
            Kind::RouterInterface => pair(&mut record, spoke, hub).await?,
            _ => peering(&mut record, spoke, hub).await?,
        };
        for (side, (end, peer), hop) in
            [(Side::Initiator, (spoke, hub), &hops[0]), (Side::Acceptor, (hub, spoke), &hops[1])]
        {
            route(&mut record, side, end, peer, hop).await?;
            let source = RuleSource::Cidr(IpNet::V4(peer.vpc.cidr_block));
            let description = Some(Mark::of(&record).description().to_owned());
            let rule = SecurityRule { description, ..SecurityRule::accept(IpProtocol::All, PortRange::All, source) };
            let door = doors.entry(end.vpc.cidr_block).or_insert_with(|| Door { end, rules: Vec::new() });
            door.rules.push(rule);
        }
        records.push(record);
    }
    let ids = open(system, &doors).await?;
    for record in &mut records {
        let description = Mark::of(record).description().to_owned();
        for known in record.sides.values_mut() {
            known.outputs.rules.extend(ids.get(&(known.network.cidr_blocks[0], description.clone())).cloned());
        }
    }
    Ok(records)
}

/// The record as the end of its chain leaves it, but for what was made.
fn record(system: &System, number: usize, spoke: &End<'_>, hub: &End<'_>) -> Record {
    let join = join(number);
    let hub_name = shape::hub(join.hub).name;
    let side = |end: &End<'_>| {
        json!({
            "account": end.account.alias, "region_id": end.vpc.region_id, "vpc_id": end.vpc.vpc_id,
            "security_groups": [{"security_group_id": end.vpc.security_groups[0].security_group_id}],
        })
    };
    let mut spec = json!({
        "version": 1, "name": format!("{}-{hub_name}", shape::spoke(join.spoke).name), "kind": join.kind,
        "labels": {"hub": hub_name}, "initiator": side(spoke), "acceptor": side(hub),
    });
    if join.kind == Kind::RouterInterface {
        spec["spec"] = "Mini.2".into();
    }
    let spec = connection::spec::Spec::from_value(spec).expect("the spec makes sense");
    let known = |end: &End<'_>| SideRecord {
        account_id: end.account.account_id.clone(),
        network: Network {
            cidr_blocks: vec![end.vpc.cidr_block],
            router_id: Some(end.vpc.vrouter_id.clone()),
            route_tables: vec![end.vpc.route_table_id.clone()],
        },
        outputs: connection::outputs::Outputs::default(),
    };
    let sides = BTreeMap::from([(Side::Initiator, known(spoke)), (Side::Acceptor, known(hub))]);
    let mut record = Record::accepted(spec, format!("{number:032x}"), sides, system.io().clock.now());
    (record.status, record.due) = (Status::Arrived, None);
    (record.step, record.reached) = (StepName::VerifyReachability, StepName::VerifyReachability);
    record
}

/// A next hop.
struct Hop {
    kind: NextHopType,
    id: String,
}

/// A pair of router interfaces, connected.
async fn pair(record: &mut Record, spoke: &End<'_>, hub: &End<'_>) -> Result<[Hop; 2], Error> {
    let mark = Mark::of(record);
    let interface = |side: Side, own: &End<'_>, peer: &End<'_>| CreateRouterInterface {
        role: side.choose(Role::Initiating, Role::Accepting),
        spec: side.choose(Spec::Mini2, Spec::Negative),
        router_type: RouterType::VRouter,
        router_id: own.vpc.vrouter_id.clone(),
        opposite_region: peer.region.clone(),
        peer: None,
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: token(record, StepName::CreateInterface, side),
    };
    let (own, other) = (interface(Side::Initiator, spoke, hub), interface(Side::Acceptor, hub, spoke));
    let (asking, answering) = (spoke.client.vpc(&spoke.region), hub.client.vpc(&hub.region));
    let (own, other) = (asking.create_router_interface(&own).await?, answering.create_router_interface(&other).await?);
    let told = |id: &str, peer: &End<'_>, peer_id: &str| ModifyRouterInterfaceAttribute {
        router_interface_id: id.to_owned(),
        peer: Some(Peer {
            interface_id: peer_id.to_owned(),
            router_id: peer.vpc.vrouter_id.clone(),
            router_type: RouterType::VRouter,
            owner_id: peer.account.account_id.clone(),
        }),
        ..Default::default()
    };
    asking.modify_router_interface_attribute(&told(&own, hub, &other)).await?;
    answering.modify_router_interface_attribute(&told(&other, spoke, &own)).await?;
    asking.connect_router_interface(&own).await?;
    for (side, id) in [(Side::Initiator, &own), (Side::Acceptor, &other)] {
        record.sides.get_mut(&side).expect("both sides are known").outputs.router_interface_id = Some(id.clone());
    }
    Ok([own, other].map(|id| Hop { kind: NextHopType::RouterInterface, id }))
}

/// A peering connection, accepted.
async fn peering(record: &mut Record, spoke: &End<'_>, hub: &End<'_>) -> Result<[Hop; 2], Error> {
    let mark = Mark::of(record);
    let request = CreateVpcPeerConnection {
        vpc_id: spoke.vpc.vpc_id.clone(),
        accepting_account: hub.account.account_id.parse().expect("it is a number"),
        accepting_region: hub.region.clone(),
        accepting_vpc_id: hub.vpc.vpc_id.clone(),
        bandwidth: None,
        link_type: None,
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: token(record, StepName::CreatePeering, Side::Initiator),
    };
    let id = spoke.client.vpc_peer(&spoke.region).create_vpc_peer_connection(&request).await?;
    let accepted = token(record, StepName::AcceptPeering, Side::Acceptor);
    hub.client.vpc_peer(&hub.region).accept_vpc_peer_connection(&id, &accepted).await?;
    for known in record.sides.values_mut() {
        known.outputs.peering_id = Some(id.clone());
    }
    Ok([id.clone(), id].map(|id| Hop { kind: NextHopType::VpcPeer, id }))
}

async fn route(record: &mut Record, side: Side, end: &End<'_>, peer: &End<'_>, hop: &Hop) -> Result<(), Error> {
    let mark = Mark::of(record);
    let (table, destination) = (end.vpc.route_table_id.clone(), peer.vpc.cidr_block);
    let request = CreateRouteEntry {
        route_table_id: table.clone(),
        destination: IpNet::V4(destination),
        next_hop_type: hop.kind.clone(),
        next_hop_id: hop.id.clone(),
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: token(record, StepName::AddRoute, side),
    };
    let id = end.client.vpc(&end.region).create_route_entry(&request).await?.expect("the cloud tells the id");
    let outputs = &mut record.sides.get_mut(&side).expect("both sides are known").outputs;
    outputs.routes.push(Route { route_table_id: table, destination, route_entry_id: id });
    Ok(())
}

/// Adds the rules of every group. Returns each by the range of its VPC and its description.
async fn open(
    system: &System,
    doors: &BTreeMap<Ipv4Net, Door<'_>>,
) -> Result<BTreeMap<(Ipv4Net, String), Rule>, Error> {
    let mut outputs = BTreeMap::new();
    for (range, Door { end, rules }) in doors {
        let ecs = end.client.ecs(&end.region);
        let group = &end.vpc.security_groups[0].security_group_id;
        for some in rules.chunks(RULES_AT_ONCE) {
            let token = system.io().entropy.nonce();
            let request = AuthorizeSecurityGroup {
                security_group_id: group.clone(),
                rules: some.to_vec(),
                client_token: token.parse().expect("it is a token"),
            };
            ecs.authorize_security_group(&request).await?;
        }
        let stand = ecs.describe_security_group_attribute(group, Some(&Direction::Ingress)).await?;
        for permission in stand.permissions {
            if let (Some(id), Some(description)) = (permission.security_group_rule_id, permission.description) {
                outputs.insert((*range, description), Rule { security_group_id: group.clone(), rule_id: id });
            }
        }
    }
    Ok(outputs)
}

fn token(record: &Record, step: StepName, side: Side) -> ClientToken {
    client_token(record, step, side, "built")
}

//! What JD Cloud itself says of a peering, asked with the key of each side's own account; and whether packets get through.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use jdcloud::vpc::{
    DescribeRouteTables, DescribeSubnets, DescribeVpcPeerings, Direction, NextHopType, PeeringState, Vpc,
};
use jdcloud::{Client, Credentials, Endpoints};
use serde::Serialize;
use serde_json::{Value, json};
use transport::TransportError;

use super::report::table;
use crate::stand::{Account, Stand};

/// Something could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// The cloud refused a reading call.
    #[error(transparent)]
    Cloud(#[from] jdcloud::Error),
    /// The local cloud's address is none for JD Cloud.
    #[error(transparent)]
    Endpoint(#[from] jdcloud::BadEndpoint),
    /// The record names a region that is none.
    #[error(transparent)]
    Region(#[from] jdcloud::BadRegion),
    /// The local cloud did not answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The local cloud could not send a packet.
    #[error("a ping could not be sent: HTTP {0}: {1}")]
    Ping(StatusCode, String),
}

/// Half of the peering.
#[derive(Debug, Clone, Serialize)]
pub struct Half {
    /// The side.
    pub side: String,
    /// The account.
    pub account: String,
    /// `vpcpr-…`
    pub vpc_peering_id: String,
    /// Its state.
    pub state: String,
}

/// A subnet, and the table that it is bound to.
#[derive(Debug, Clone, Serialize)]
pub struct Binding {
    /// The side.
    pub side: String,
    /// The subnet.
    pub subnet_id: String,
    /// The table.
    pub route_table_id: String,
    /// Whether the connection asks for it.
    pub is_asked: bool,
}

/// A rule of a table to which an asked-for subnet is bound.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// The side.
    pub side: String,
    /// The table.
    pub route_table_id: String,
    /// Where to.
    pub destination: String,
    /// By what.
    pub next_hop: String,
    /// Whether it leads to the other side by this side's half.
    pub leads_over: bool,
}

/// An inbound rule of a security group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupRule {
    /// The side.
    pub side: String,
    /// The group.
    pub security_group_id: String,
    /// What it lets in, by the cloud's number.
    pub protocol: u32,
    /// From where.
    pub source: String,
}

/// What became of a packet.
#[derive(Debug, Clone, Serialize)]
pub struct Ping {
    /// The side it came from.
    pub side: String,
    /// Whether it got to the other side, and the answer back.
    pub reached: bool,
    /// What the cloud says of it.
    pub seen: String,
}

/// What was read back.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Proof {
    /// Both halves.
    pub halves: Vec<Half>,
    /// Every subnet of both VPCs.
    pub bindings: Vec<Binding>,
    /// Every rule of the tables that matter.
    pub routes: Vec<Rule>,
    /// Every inbound rule of the groups that matter.
    pub rules: Vec<GroupRule>,
    /// A ping each way.
    pub pings: Vec<Ping>,
}

impl Proof {
    /// Whether both halves are connected, each side has a rule over its half and one in a security group, and packets get
    /// through both ways.
    #[must_use]
    pub fn holds(&self) -> bool {
        let each = |has: &dyn Fn(&str) -> bool| ["initiator", "acceptor"].into_iter().all(has);
        self.halves.len() == 2
            && self.halves.iter().all(|half| half.state == PeeringState::Connected.as_str())
            && each(&|side| self.routes.iter().any(|rule| rule.side == side && rule.leads_over))
            && each(&|side| self.rules.iter().any(|rule| rule.side == side))
            && self.pings.len() == 2
            && self.pings.iter().all(|ping| ping.reached)
    }

    /// The tables.
    pub fn print(&self) {
        let mut halves = table(&["side", "account", "half", "state"]);
        for half in &self.halves {
            halves.add_row([&half.side, &half.account, &half.vpc_peering_id, &half.state]);
        }
        println!("\nThe peering, as the cloud's API shows each half to its account\n{halves}");
        let mut bindings = table(&["side", "subnet", "bound to", ""]);
        for bound in &self.bindings {
            let note = if bound.is_asked { "" } else { "left alone" };
            bindings.add_row([&bound.side, &bound.subnet_id, &bound.route_table_id, note]);
        }
        println!("\nSubnets\n{bindings}");
        let mut routes = table(&["side", "route table", "destination", "next hop"]);
        for rule in &self.routes {
            routes.add_row([&rule.side, &rule.route_table_id, &rule.destination, &rule.next_hop]);
        }
        println!("\nRules of the route tables that were made\n{routes}");
        let mut rules = table(&["side", "security group", "protocol", "from"]);
        for rule in &self.rules {
            rules.add_row([&rule.side, &rule.security_group_id, &rule.protocol.to_string(), &rule.source]);
        }
        println!("\nSecurity group rules\n{rules}");
        println!("\nPings, by the local cloud's own map of routes and groups");
        for ping in &self.pings {
            println!("  {} {} {}", if ping.reached { "✓" } else { "✗" }, ping.side, ping.seen);
        }
    }
}

/// A side as the record has it.
struct Side<'a> {
    name: &'static str,
    asked: &'a Value,
    made: &'a Value,
    ranges: Vec<String>,
}

impl<'a> Side<'a> {
    fn of(record: &'a Value, name: &'static str) -> Self {
        let known = &record["sides"][name];
        let ranges = texts(&known["network"]["cidr_blocks"]);
        Self { name, asked: &record["spec"][name], made: &known["outputs"], ranges }
    }

    fn text(&self, field: &str) -> String {
        self.asked[field].as_str().unwrap_or_default().to_owned()
    }

    fn groups(&self) -> Vec<String> {
        let rules = self.asked["security_groups"].as_array().into_iter().flatten();
        rules.filter_map(|rule| rule["security_group_id"].as_str().map(str::to_owned)).collect()
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Reads both sides back.
///
/// # Errors
/// See [`ReadBackError`].
pub async fn read_back(stand: &Stand, accounts: &[Account], record: &Value) -> Result<Proof, ReadBackError> {
    let sides = [Side::of(record, "initiator"), Side::of(record, "acceptor")];
    let mut proof = Proof::default();
    for (own, peer) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
        look(&client(stand, accounts, own)?, own, peer, &mut proof).await?;
        proof.pings.push(ping(stand, own, peer).await?);
    }
    Ok(proof)
}

fn client(stand: &Stand, accounts: &[Account], side: &Side<'_>) -> Result<Vpc, ReadBackError> {
    let alias = side.text("account");
    let account = accounts.iter().find(|account| account.alias == alias);
    let (id, secret) =
        account.map(|own| (own.access_key_id.as_str(), own.access_key_secret.as_str())).unwrap_or_default();
    let client = Client::new(stand.io().clone(), Endpoints::at(&stand.gateway)?, Credentials::new(id, secret));
    Ok(client.vpc(&side.text("region_id").parse()?))
}

async fn look(vpc: &Vpc, own: &Side<'_>, peer: &Side<'_>, proof: &mut Proof) -> Result<(), ReadBackError> {
    let vpc_id = Some(own.text("vpc_id"));
    let between = DescribeVpcPeerings {
        vpc_id: vpc_id.clone(),
        remote_vpc_id: Some(peer.text("vpc_id")),
        ..DescribeVpcPeerings::default()
    };
    for half in vpc.all_vpc_peerings(&between).await? {
        let (state, vpc_peering_id) = (half.state.to_string(), half.vpc_peering_id);
        proof.halves.push(Half { side: own.name.to_owned(), account: own.text("account"), vpc_peering_id, state });
    }
    let asked = texts(&own.asked["subnet_ids"]);
    let mut tables = Vec::new();
    for subnet in vpc.all_subnets(&DescribeSubnets { vpc_id: vpc_id.clone(), ..DescribeSubnets::default() }).await? {
        let route_table_id = subnet.route_table_id.unwrap_or_default();
        let is_asked = asked.contains(&subnet.subnet_id);
        if is_asked && !tables.contains(&route_table_id) {
            tables.push(route_table_id.clone());
        }
        let (side, subnet_id) = (own.name.to_owned(), subnet.subnet_id);
        proof.bindings.push(Binding { side, subnet_id, route_table_id, is_asked });
    }
    let half = own.made["peering_id"].as_str();
    let listed = vpc.all_route_tables(&DescribeRouteTables { vpc_id, ..DescribeRouteTables::default() }).await?;
    for table in listed.iter().filter(|table| tables.contains(&table.route_table_id)) {
        for rule in &table.rules {
            let leads_over = rule.next_hop_type == NextHopType::VpcPeering
                && rule.next_hop_id.as_deref() == half
                && peer.ranges.contains(&rule.address_prefix.to_string());
            proof.routes.push(Rule {
                side: own.name.to_owned(),
                route_table_id: table.route_table_id.clone(),
                destination: rule.address_prefix.to_string(),
                next_hop: rule.next_hop_id.clone().unwrap_or_default(),
                leads_over,
            });
        }
    }
    for id in own.groups() {
        let group = vpc.describe_network_security_group(&id).await?;
        for rule in group.rules.iter().filter(|rule| rule.direction == Direction::Inbound) {
            let source = rule.address_prefix.to_string();
            if peer.ranges.contains(&source) {
                let (side, security_group_id) = (own.name.to_owned(), id.clone());
                proof.rules.push(GroupRule { side, security_group_id, protocol: rule.protocol.number(), source });
            }
        }
    }
    Ok(())
}

/// A ping from the first named subnet of one side to that of the other.
async fn ping(stand: &Stand, from: &Side<'_>, to: &Side<'_>) -> Result<Ping, ReadBackError> {
    let end = |side: &Side<'_>| json!({"subnet_id": side.asked["subnet_ids"][0], "security_group_ids": side.groups()});
    let body = json!({"from": end(from), "to": end(to)}).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/_local/jd/ping", stand.gateway))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .expect("the gateway's address is one");
    let response = stand.io().transport.send(request).await?;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    match serde_json::from_str::<Value>(&text) {
        Ok(pong) if response.status().is_success() => Ok(Ping {
            side: from.name.to_owned(),
            reached: pong["reached"] == true,
            seen: pong["text"].as_str().unwrap_or_default().to_owned(),
        }),
        _ => Err(ReadBackError::Ping(response.status(), text)),
    }
}

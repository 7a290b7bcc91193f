//! What JD Cloud itself says of a peering, asked with the key of each side's own account; and whether packets get through.

use api::connections::Connection;
use bytes::Bytes;
use connection::outputs::Outputs;
use connection::record::SideRecord;
use connection::spec::JdSide;
use connection::words;
use http::{Method, Request, StatusCode, header};
use jdcloud::vpc::{
    DescribeRouteTables, DescribeSubnets, DescribeVpcPeerings, Direction, NextHopType, PeeringState, Vpc,
};
use jdcloud::{Client, Credentials, Endpoints};
use serde::{Deserialize, Serialize};
use transport::TransportError;

use crate::deployment::{Account, Deployment};
use crate::render::{self, add_row, say, table};

/// Something could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// The cloud refused a reading call.
    #[error(transparent)]
    Cloud(#[from] jdcloud::Error),
    /// The local cloud's address is none for JD Cloud.
    #[error(transparent)]
    Endpoint(#[from] jdcloud::BadEndpoint),
    #[error("the connection shows nothing of its {0} side")]
    Side(words::Side),
    /// The connection names a region that is none.
    #[error(transparent)]
    Region(#[from] jdcloud::BadRegion),
    /// The local cloud did not answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("a ping could not be sent: HTTP {0}: {1}")]
    Ping(StatusCode, String),
}

/// Half of the peering.
#[derive(Debug, Clone, Serialize)]
pub struct Half {
    pub side: String,
    pub account: String,
    pub vpc_peering_id: String,
    pub state: String,
}

/// A subnet, and the table that it is bound to.
#[derive(Debug, Clone, Serialize)]
pub struct Binding {
    pub side: String,
    pub subnet_id: String,
    pub route_table_id: String,
    /// Whether the connection asks for it.
    pub is_asked: bool,
}

/// A rule of a table to which an asked-for subnet is bound.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub side: String,
    pub route_table_id: String,
    pub destination: String,
    pub next_hop: String,
    /// Whether it leads to the other side by this side's half.
    pub leads_over: bool,
}

/// An inbound rule of a security group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupRule {
    pub side: String,
    pub security_group_id: String,
    /// What it lets in, by the cloud's number.
    pub protocol: u32,
    pub source: String,
}

/// What became of a packet.
#[derive(Debug, Clone, Serialize)]
pub struct Ping {
    pub side: String,
    /// Whether it got to the other side, and the answer back.
    pub reached: bool,
    /// What the cloud says of it.
    pub seen: String,
}

/// What was read back.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Proof {
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
            add_row(&mut halves, [&half.side, &half.account, &half.vpc_peering_id, &half.state]);
        }
        println!("\nThe peering, as the cloud's API shows each half to its account\n{halves}");
        let mut bindings = table(&["side", "subnet", "bound to", ""]);
        for bound in &self.bindings {
            let note = if bound.is_asked { "" } else { "left alone" };
            add_row(&mut bindings, [&bound.side, &bound.subnet_id, &bound.route_table_id, note]);
        }
        println!("\nSubnets\n{bindings}");
        let mut routes = table(&["side", "route table", "destination", "next hop"]);
        for rule in &self.routes {
            add_row(&mut routes, [&rule.side, &rule.route_table_id, &rule.destination, &rule.next_hop]);
        }
        println!("\nRules of the route tables that were made\n{routes}");
        let mut rules = table(&["side", "security group", "protocol", "from"]);
        for rule in &self.rules {
            add_row(&mut rules, [&rule.side, &rule.security_group_id, &rule.protocol.to_string(), &rule.source]);
        }
        println!("\nSecurity group rules\n{rules}");
        println!("\nPings, by the local cloud's own map of routes and groups");
        for ping in &self.pings {
            say!("  {} {} {}", if ping.reached { "✓" } else { "✗" }, ping.side, ping.seen);
        }
    }
}

/// A side as the API shows it.
struct Side<'a> {
    name: words::Side,
    asked: &'a JdSide,
    made: &'a Outputs,
    ranges: Vec<String>,
}

impl<'a> Side<'a> {
    fn of(connection: &'a Connection, name: words::Side) -> Result<Self, ReadBackError> {
        let known = connection.spec.jd_side(name).zip(connection.sides.get(&name));
        let (asked, SideRecord { network, outputs, .. }) = known.ok_or(ReadBackError::Side(name))?;
        let ranges = network.cidr_blocks.iter().map(ToString::to_string).collect();
        Ok(Self { name, asked, made: outputs, ranges })
    }

    fn groups(&self) -> impl Iterator<Item = &'a str> {
        self.asked.security_groups.iter().map(|rule| rule.security_group_id.as_str())
    }
}

/// Reads both sides back.
///
/// # Errors
/// See [`ReadBackError`].
pub async fn read_back(
    deployment: &Deployment,
    accounts: &[Account],
    connection: &Connection,
) -> Result<Proof, ReadBackError> {
    let sides = [Side::of(connection, words::Side::Initiator)?, Side::of(connection, words::Side::Acceptor)?];
    let mut proof = Proof::default();
    for (own, peer) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
        look(&client(deployment, accounts, own)?, own, peer, &mut proof).await?;
        proof.pings.push(ping(deployment, own, peer).await?);
    }
    Ok(proof)
}

fn client(deployment: &Deployment, accounts: &[Account], side: &Side<'_>) -> Result<Vpc, ReadBackError> {
    let account = accounts.iter().find(|account| account.alias == side.asked.account.as_str());
    let (id, secret) =
        account.map(|own| (own.access_key_id.as_str(), own.access_key_secret.as_str())).unwrap_or_default();
    let client = Client::new(
        deployment.local.io().clone(),
        Endpoints::at(&deployment.local.gateway)?,
        Credentials::new(id, secret),
    );
    Ok(client.vpc(&side.asked.region_id.as_str().parse()?))
}

async fn look(vpc: &Vpc, own: &Side<'_>, peer: &Side<'_>, proof: &mut Proof) -> Result<(), ReadBackError> {
    let vpc_id = Some(own.asked.vpc_id.to_string());
    let between = DescribeVpcPeerings {
        vpc_id: vpc_id.clone(),
        remote_vpc_id: Some(peer.asked.vpc_id.to_string()),
        ..DescribeVpcPeerings::default()
    };
    for half in vpc.all_vpc_peerings(&between).await? {
        let (state, vpc_peering_id) = (half.state.to_string(), half.vpc_peering_id);
        let account = own.asked.account.to_string();
        proof.halves.push(Half { side: own.name.to_string(), account, vpc_peering_id, state });
    }
    let mut tables = Vec::new();
    for subnet in vpc.all_subnets(&DescribeSubnets { vpc_id: vpc_id.clone(), ..DescribeSubnets::default() }).await? {
        let route_table_id = subnet.route_table_id.unwrap_or_default();
        let is_asked = own.asked.subnet_ids.iter().any(|asked| asked.as_str() == subnet.subnet_id);
        if is_asked && !tables.contains(&route_table_id) {
            tables.push(route_table_id.clone());
        }
        let (side, subnet_id) = (own.name.to_string(), subnet.subnet_id);
        proof.bindings.push(Binding { side, subnet_id, route_table_id, is_asked });
    }
    let half = own.made.peering_id.as_deref();
    let listed = vpc.all_route_tables(&DescribeRouteTables { vpc_id, ..DescribeRouteTables::default() }).await?;
    for table in listed.iter().filter(|table| tables.contains(&table.route_table_id)) {
        for rule in &table.rules {
            let leads_over = rule.next_hop_type == NextHopType::VpcPeering
                && rule.next_hop_id.as_deref() == half
                && peer.ranges.contains(&rule.address_prefix.to_string());
            proof.routes.push(Rule {
                side: own.name.to_string(),
                route_table_id: table.route_table_id.clone(),
                destination: rule.address_prefix.to_string(),
                next_hop: rule.next_hop_id.clone().unwrap_or_default(),
                leads_over,
            });
        }
    }
    for id in own.groups() {
        let group = vpc.describe_network_security_group(id).await?;
        for rule in group.rules.iter().filter(|rule| rule.direction == Direction::Inbound) {
            let source = rule.address_prefix.to_string();
            if peer.ranges.contains(&source) {
                let (side, security_group_id) = (own.name.to_string(), id.to_owned());
                proof.rules.push(GroupRule { side, security_group_id, protocol: rule.protocol.number(), source });
            }
        }
    }
    Ok(())
}

/// What the local cloud is asked for a ping.
#[derive(Serialize)]
struct PingRequest<'a> {
    from: PingEnd<'a>,
    to: PingEnd<'a>,
}

#[derive(Serialize)]
struct PingEnd<'a> {
    subnet_id: Option<&'a str>,
    security_group_ids: Vec<&'a str>,
}

impl<'a> PingEnd<'a> {
    fn of(side: &Side<'a>) -> Self {
        let subnet_id = side.asked.subnet_ids.first().map(words::ResourceId::as_str);
        Self { subnet_id, security_group_ids: side.groups().collect() }
    }
}

/// What it answers.
#[derive(Deserialize)]
struct Pong {
    reached: bool,
    text: String,
}

/// A ping from the first named subnet of one side to that of the other.
async fn ping(deployment: &Deployment, from: &Side<'_>, to: &Side<'_>) -> Result<Ping, ReadBackError> {
    let body = render::json(&PingRequest { from: PingEnd::of(from), to: PingEnd::of(to) });
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/_local/jd/ping", deployment.local.gateway))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body))
        .expect("the gateway's address is one");
    let response = deployment.local.io().transport.send(request).await?;
    match serde_json::from_slice::<Pong>(response.body()) {
        Ok(Pong { reached, text }) if response.status().is_success() => {
            Ok(Ping { side: from.name.to_string(), reached, seen: text })
        }
        _ => {
            let text = String::from_utf8_lossy(response.body()).into_owned();
            Err(ReadBackError::Ping(response.status(), text))
        }
    }
}

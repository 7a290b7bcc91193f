//! What really stands in the VPCs of JD Cloud, asked with the accounts' own keys, and what must be true of it.

use causeway_cli::deployment::Account;
use causeway_local::seed::Provider;
use jdcloud::vpc::{
    DescribeNetworkSecurityGroups, DescribeRouteTables, DescribeSubnets, DescribeVpcPeerings, Direction, NextHopType,
    PeeringState, RouteTableType, Vpc,
};
use jdcloud::{Client, Credentials, Endpoints};
use transport::Io;

/// Where to look: a VPC, asked with its account's own key.
pub struct JdCorner {
    /// The account's alias.
    pub account: String,
    /// The VPC product in its region.
    pub vpc: Vpc,
    /// The VPC.
    pub vpc_id: String,
}

impl JdCorner {
    /// The VPCs of an account; none where it is of another cloud.
    ///
    /// # Panics
    /// When a region does not read.
    pub fn all<'a>(account: &'a Account, gateway: &str, io: &Io) -> impl Iterator<Item = Self> + use<'a> {
        let client = client(account, gateway, io);
        account.vpcs.iter().filter(|_| account.cloud == Provider::Jdcloud).map(move |vpc| Self {
            account: account.alias.clone(),
            vpc: client.vpc(&vpc.region_id.parse().expect("a region")),
            vpc_id: vpc.vpc_id.clone(),
        })
    }
}

/// A client with an account's own key.
///
/// # Panics
/// When the gateway is no address.
#[must_use]
pub fn client(account: &Account, gateway: &str, io: &Io) -> Client {
    let key = Credentials::new(&account.access_key_id, &account.access_key_secret);
    Client::new(io.clone(), Endpoints::at(gateway).expect("an address"), key)
}

/// Everything that a peering can leave behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Every half, as `account id state`.
    pub halves: Vec<String>,
    /// Every route table that no VPC came with, as `account id`.
    pub tables: Vec<String>,
    /// Every subnet that is not bound to the default table, as `account subnet -> table`.
    pub bindings: Vec<String>,
    /// Every rule to a peering, as `account table range -> half`.
    pub routes: Vec<String>,
    /// Every inbound rule, as `account group source`.
    pub rules: Vec<String>,
    connected: usize,
    lost: usize,
}

impl Standing {
    /// Looks into every corner.
    ///
    /// # Panics
    /// When the cloud does not answer: tests look only in good weather.
    pub async fn of(corners: &[JdCorner]) -> Self {
        let mut standing = Self::default();
        for corner in corners {
            standing.look(corner).await.expect("the cloud shows what there is");
        }
        standing
    }

    async fn look(&mut self, JdCorner { account, vpc, vpc_id }: &JdCorner) -> Result<(), jdcloud::Error> {
        let vpc_id = || Some(vpc_id.clone());
        let of_vpc = DescribeVpcPeerings { vpc_id: vpc_id(), ..Default::default() };
        let mut connected = Vec::new();
        for half in vpc.all_vpc_peerings(&of_vpc).await? {
            self.halves.push(format!("{account} {} {}", half.vpc_peering_id, half.state));
            if half.state == PeeringState::Connected {
                connected.push(half.vpc_peering_id);
            }
        }
        self.connected += connected.len();
        let of_vpc = DescribeRouteTables { vpc_id: vpc_id(), ..Default::default() };
        let mut default = None;
        for table in vpc.all_route_tables(&of_vpc).await? {
            if table.route_table_type == Some(RouteTableType::Default) {
                default = Some(table.route_table_id.clone());
            } else {
                self.tables.push(format!("{account} {}", table.route_table_id));
            }
            for rule in table.rules.iter().filter(|rule| rule.next_hop_type == NextHopType::VpcPeering) {
                let hop = rule.next_hop_id.clone().unwrap_or_default();
                self.lost += usize::from(!connected.contains(&hop));
                self.routes.push(format!("{account} {} {} -> {hop}", table.route_table_id, rule.address_prefix));
            }
        }
        let of_vpc = DescribeSubnets { vpc_id: vpc_id(), ..Default::default() };
        let subnets = vpc.all_subnets(&of_vpc).await?;
        for subnet in subnets.iter().filter(|subnet| subnet.route_table_id != default) {
            let table = subnet.route_table_id.clone().unwrap_or_default();
            self.bindings.push(format!("{account} {} -> {table}", subnet.subnet_id));
        }
        let of_vpc = DescribeNetworkSecurityGroups { vpc_id: vpc_id(), ..Default::default() };
        for group in vpc.all_network_security_groups(&of_vpc).await? {
            for rule in group.rules.iter().filter(|rule| rule.direction == Direction::Inbound) {
                self.rules.push(format!("{account} {} {}", group.network_security_group_id, rule.address_prefix));
            }
        }
        Ok(())
    }

    /// How many connections there are if all are whole: both halves connected, a rule over each, a rule in a group of each
    /// side, and no table beside those that subnets are bound to.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn whole(&self) -> Result<usize, String> {
        let counts = [self.connected, self.routes.len(), self.rules.len()];
        let tables = self.tables.len() == self.bindings.len() && self.tables.len() <= self.halves.len();
        let halves = self.halves.len();
        if tables && self.lost == 0 && counts == [halves; 3] && halves.is_multiple_of(2) {
            Ok(halves / 2)
        } else {
            Err(format!("not whole: {self:#?}"))
        }
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.halves, &self.tables, &self.bindings, &self.routes, &self.rules].iter().all(|list| list.is_empty())
    }

    /// Whether there is at most one half a side for each of so many connections, and at most `times` as much of the rest.
    #[must_use]
    pub fn has_at_most(&self, connections: usize, times: usize) -> bool {
        let rest = [&self.tables, &self.bindings, &self.routes, &self.rules];
        self.halves.len() <= 2 * connections && rest.iter().all(|list| list.len() <= 2 * connections * times)
    }
}

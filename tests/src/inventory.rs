//! What really stands in the cloud, asked with the accounts' own keys, and what must be true of it.

use std::sync::Arc;

use alicloud::ecs::Direction;
use alicloud::private_link::{ConnectionStatus, EndpointZone, ListVpcEndpointServices, ListVpcEndpoints, ZoneStatus};
use alicloud::slb::DescribeLoadBalancers;
use alicloud::vpc::{DescribeVSwitches, InterfaceStatus, RouteStatus, RouteType};
use alicloud::vpc_peer::{ListVpcPeerConnections, PeerStatus};
use alicloud::{Client, Credentials, Endpoints};
use causeway_cli::deployment::Account;
use causeway_local::seed::Provider;
use transport::Io;

use crate::jd::{JdCorner, Standing};

/// Everything that a connection can leave behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Every router interface, as `account id status -> opposite`.
    pub interfaces: Vec<String>,
    /// Every peering that is not deleted, as each side sees it: `account id status`.
    pub peerings: Vec<String>,
    /// Every inbound rule that names a range of the other side, as `account group source`.
    pub rules: Vec<String>,
    /// Every route that is not the system's, as `account table destination -> next hop status`.
    pub routes: Vec<String>,
    /// What stands in VPCs of JD Cloud.
    pub jd: Standing,
    /// Every load balancer, as `account id status`.
    pub balancers: Vec<String>,
    /// Every endpoint service, likewise.
    pub services: Vec<String>,
    /// Every endpoint, as `account id status connection`.
    pub endpoints: Vec<String>,
    /// Every vSwitch that a VPC did not begin with, as `account id`.
    pub vswitches: Vec<String>,
    active: usize,
    available: usize,
    /// Endpoints that are connected, in all of their zones.
    connected: usize,
}

/// Where to look: an account's client, with the regions and route tables that matter.
pub struct Corner {
    /// The account's alias.
    pub account: String,
    /// A client with the account's own keys.
    pub client: Client,
    /// The region.
    pub region: alicloud::Region,
    /// The VPC.
    pub vpc_id: String,
    /// The route table of the VPC.
    pub route_table_id: String,
    /// The vSwitches that the VPC began with.
    pub vswitches: Vec<String>,
    /// The security groups of the VPC.
    pub security_groups: Vec<String>,
}

impl Corner {
    /// The VPCs of an account; none where it is of another cloud, which has no router interfaces to look after.
    ///
    /// # Panics
    /// When a region does not read.
    pub fn all<'a>(account: &'a Account, gateway: &str, io: &Io) -> impl Iterator<Item = Self> + use<'a> {
        let client = client(account, gateway, io);
        account.vpcs.iter().filter(|_| account.cloud == Provider::Alicloud).map(move |vpc| Self {
            account: account.alias.clone(),
            client: client.clone(),
            region: vpc.region_id.parse().expect("a region"),
            vpc_id: vpc.vpc_id.clone(),
            route_table_id: vpc.route_table_id.clone(),
            vswitches: vpc.vswitches.iter().map(|vswitch| vswitch.vswitch_id.clone()).collect(),
            security_groups: vpc.security_groups.iter().map(|group| group.security_group_id.clone()).collect(),
        })
    }
}

/// A client with an account's own keys.
///
/// # Panics
/// When the gateway is no address.
#[must_use]
pub fn client(account: &Account, gateway: &str, io: &Io) -> Client {
    let credentials = Credentials::new(&account.access_key_id, &account.access_key_secret);
    Client::new(io.clone(), Endpoints::at(gateway).expect("an address"), Arc::new(credentials))
}

impl Inventory {
    /// Looks into every corner.
    ///
    /// # Panics
    /// When the cloud does not answer: tests look only in good weather.
    pub async fn of(corners: &[Corner], jd: &[JdCorner]) -> Self {
        let mut inventory = Self { jd: Standing::of(jd).await, ..Self::default() };
        for corner in corners {
            let vpc = corner.client.vpc(&corner.region);
            for found in vpc.all_router_interfaces(&[]).await.expect("the cloud lists router interfaces") {
                inventory.active += usize::from(found.status == InterfaceStatus::Active);
                let opposite = found.opposite_interface_id.unwrap_or_default();
                let line = format!("{} {} {} -> {opposite}", corner.account, found.router_interface_id, found.status);
                inventory.interfaces.push(line);
            }
            let of_vpc = ListVpcPeerConnections { vpc_ids: vec![corner.vpc_id.clone()], ..Default::default() };
            let peerings = corner.client.vpc_peer(&corner.region).list_vpc_peer_connections(&of_vpc).await;
            for found in peerings.expect("the cloud lists peerings") {
                if found.status == PeerStatus::Deleted {
                    continue;
                }
                inventory.active += usize::from(found.status == PeerStatus::Activated);
                inventory.peerings.push(format!("{} {} {}", corner.account, found.instance_id, found.status));
            }
            for id in &corner.security_groups {
                let ecs = corner.client.ecs(&corner.region);
                let group = ecs.describe_security_group_attribute(id, Some(&Direction::Ingress)).await;
                for rule in group.expect("the cloud shows a group").permissions {
                    let Some(source) = rule.source_cidr_ip else { continue };
                    if source.to_string() != "0.0.0.0/0" {
                        inventory.rules.push(format!("{} {id} {source}", corner.account));
                    }
                }
            }
            for found in vpc.all_route_entries(&corner.route_table_id).await.expect("the cloud lists routes") {
                if found.route_type == Some(RouteType::System) {
                    continue;
                }
                inventory.available += usize::from(found.status == RouteStatus::Available);
                let hops: Vec<_> = found.next_hops.iter().filter_map(|hop| hop.next_hop_id.clone()).collect();
                let (table, to) = (&corner.route_table_id, &found.destination_cidr_block);
                inventory.routes.push(format!(
                    "{} {table} {to} -> {} {}",
                    corner.account,
                    hops.join(","),
                    found.status
                ));
            }
            inventory.look_at_links(corner).await;
        }
        inventory
    }

    /// What private links are made of.
    async fn look_at_links(&mut self, corner: &Corner) {
        let (client, account) = (&corner.client, &corner.account);
        let of_vpc = DescribeVSwitches { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
        let vswitches = client.vpc(&corner.region).describe_vswitches(&of_vpc).await;
        for found in vswitches.expect("the cloud lists vSwitches") {
            if !corner.vswitches.contains(&found.vswitch_id) {
                self.vswitches.push(format!("{account} {}", found.vswitch_id));
            }
        }
        let of_vpc = DescribeLoadBalancers { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
        let balancers = client.slb(&corner.region).describe_load_balancers(&of_vpc).await;
        for found in balancers.expect("the cloud lists load balancers") {
            self.balancers.push(format!("{account} {} {}", found.load_balancer_id, found.status));
        }
        let links = client.private_link(&corner.region);
        let services = links.list_vpc_endpoint_services(&ListVpcEndpointServices::default()).await;
        for found in services.expect("the cloud lists services") {
            let line = format!("{account} {} {}", found.service_id, found.status);
            // Two VPCs of one account and region show the same.
            if !self.services.contains(&line) {
                self.services.push(line);
            }
        }
        let of_vpc = ListVpcEndpoints { vpc_id: Some(corner.vpc_id.clone()), ..Default::default() };
        for found in links.list_vpc_endpoints(&of_vpc).await.expect("the cloud lists endpoints") {
            let zones = links.list_vpc_endpoint_zones(&found.endpoint_id).await.expect("the cloud lists zones");
            let passes = |zone: &EndpointZone| zone.status == Some(ZoneStatus::Connected);
            let is_connected = found.connection_status == Some(ConnectionStatus::Connected);
            self.connected += usize::from(is_connected && !zones.is_empty() && zones.iter().all(passes));
            let line = format!("{account} {} {} {:?}", found.endpoint_id, found.status, found.connection_status);
            self.endpoints.push(line);
        }
    }

    /// One link in force, one Available route and one rule a side, and nothing else.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn is_one_connection(&self) -> Result<(), String> {
        self.are_connections(1)
    }

    /// Each of so many connections is whole, and there is nothing else. One between VPCs is a link in force with an Available
    /// route and a rule a side; a private link is a load balancer, a service, a vSwitch, a rule and a connected endpoint.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn are_connections(&self, count: usize) -> Result<(), String> {
        let links = self.interfaces.len() + self.peerings.len();
        let private = self.endpoints.len();
        let between = count.saturating_sub(private);
        let counts = [links, self.active, self.routes.len(), self.available];
        let parts = [self.balancers.len(), self.services.len(), self.vswitches.len(), self.connected];
        let in_pairs = self.interfaces.len().is_multiple_of(2);
        let on_jd = self.jd.whole()?;
        let between = between.saturating_sub(on_jd);
        let (counts, rules) = (counts == [2 * between; 4], self.rules.len() == 2 * between + private);
        if in_pairs && private + on_jd <= count && counts && parts == [private; 4] && rules {
            Ok(())
        } else {
            Err(format!("not {count} whole connections: {self:#?}"))
        }
    }

    /// Nothing at all.
    ///
    /// # Errors
    /// What was left behind.
    pub fn is_empty(&self) -> Result<(), String> {
        let between = [&self.interfaces, &self.peerings, &self.routes, &self.rules];
        let private = [&self.balancers, &self.services, &self.endpoints, &self.vswitches];
        let nothing = between.iter().chain(&private).all(|list| list.is_empty());
        if nothing && self.jd.is_empty() { Ok(()) } else { Err(format!("left behind: {self:#?}")) }
    }

    /// At most one of everything a side for each of so many connections; while a change is on its way, what was and what
    /// comes.
    ///
    /// # Errors
    /// What there is too much of.
    pub fn has_no_duplicates(&self, connections: usize, changing: bool) -> Result<(), String> {
        let links = [&self.interfaces, &self.peerings].iter().all(|list| list.len() <= 2 * connections);
        let most = 2 * connections * if changing { 2 } else { 1 };
        let rest = [&self.routes, &self.rules].iter().all(|list| list.len() <= most);
        let private = [&self.balancers, &self.services, &self.endpoints, &self.vswitches];
        let private = private.iter().all(|list| list.len() <= connections);
        let jd = self.jd.has_at_most(connections, if changing { 2 } else { 1 });
        if links && rest && private && jd { Ok(()) } else { Err(format!("duplicates: {self:#?}")) }
    }
}

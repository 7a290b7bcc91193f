//! What really stands in the cloud, asked with the accounts' own keys, and what must be true of it.

use alicloud::Client;
use alicloud::ecs::Direction;
use alicloud::vpc::{InterfaceStatus, RouteStatus, RouteType};
use alicloud::vpc_peer::{ListVpcPeerConnections, PeerStatus};

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
    active: usize,
    available: usize,
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
    /// The security groups of the VPC.
    pub security_groups: Vec<String>,
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
        }
        inventory
    }

    /// One link in force, one Available route and one rule a side, and nothing else.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn is_one_connection(&self) -> Result<(), String> {
        self.are_connections(1)
    }

    /// For each of so many connections one link in force, one Available route and one rule a side, and nothing else.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn are_connections(&self, count: usize) -> Result<(), String> {
        let links = self.interfaces.len() + self.peerings.len();
        let counts = [links, self.active, self.routes.len(), self.available, self.rules.len()];
        let in_pairs = self.interfaces.len().is_multiple_of(2);
        let on_jd = self.jd.whole()?;
        if in_pairs && on_jd <= count && counts == [2 * (count - on_jd); 5] {
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
        let all = [&self.interfaces, &self.peerings, &self.routes, &self.rules];
        if all.iter().all(|list| list.is_empty()) && self.jd.is_empty() {
            Ok(())
        } else {
            Err(format!("left behind: {self:#?}"))
        }
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
        let jd = self.jd.has_at_most(connections, if changing { 2 } else { 1 });
        if links && rest && jd { Ok(()) } else { Err(format!("duplicates: {self:#?}")) }
    }
}

//! What really stands in the cloud, asked with the accounts' own keys, and what must be true of it.

use alicloud::Client;
use alicloud::vpc::{InterfaceStatus, RouteStatus, RouteType};

/// Everything that a router-interface connection can leave behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Every router interface, as `account id status -> opposite`.
    pub interfaces: Vec<String>,
    /// Every route that is not the system's, as `account table destination -> next hop status`.
    pub routes: Vec<String>,
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
    /// The route table of the VPC.
    pub route_table_id: String,
}

impl Inventory {
    /// Looks into every corner.
    ///
    /// # Panics
    /// When the cloud does not answer: tests look only in good weather.
    pub async fn of(corners: &[Corner]) -> Self {
        let mut inventory = Self::default();
        for corner in corners {
            let vpc = corner.client.vpc(&corner.region);
            for found in vpc.all_router_interfaces(&[]).await.expect("the cloud lists router interfaces") {
                inventory.active += usize::from(found.status == InterfaceStatus::Active);
                let opposite = found.opposite_interface_id.unwrap_or_default();
                let line = format!("{} {} {} -> {opposite}", corner.account, found.router_interface_id, found.status);
                inventory.interfaces.push(line);
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

    /// One Active pair, one Available route a side, and nothing else.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn is_one_connection(&self) -> Result<(), String> {
        let counts = (self.interfaces.len(), self.active, self.routes.len(), self.available);
        if counts == (2, 2, 2, 2) { Ok(()) } else { Err(format!("not one whole connection: {self:#?}")) }
    }

    /// Nothing at all.
    ///
    /// # Errors
    /// What was left behind.
    pub fn is_empty(&self) -> Result<(), String> {
        if self.interfaces.is_empty() && self.routes.is_empty() {
            Ok(())
        } else {
            Err(format!("left behind: {self:#?}"))
        }
    }

    /// At most one interface and one route a side.
    ///
    /// # Errors
    /// What there is too much of.
    pub fn has_no_duplicates(&self) -> Result<(), String> {
        if self.interfaces.len() <= 2 && self.routes.len() <= 2 {
            Ok(())
        } else {
            Err(format!("duplicates: {self:#?}"))
        }
    }
}

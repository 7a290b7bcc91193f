//! A look at what decides whether packets pass: what joins the sides, the routes, the security groups. No packet is sent.

use alicloud::Kind as ErrorKind;
use alicloud::ecs::{Direction, Permission};
use alicloud::private_link::{ConnectionStatus, ServiceStatus, ZoneStatus};
use alicloud::vpc::{BusinessStatus, InterfaceStatus, RouteEntry, RouteStatus};
use alicloud::vpc_peer::PeerStatus;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::proof::Verdict;
use connection::spec::KindSpec;
use engine::group_rules::{RequiredRules, asked};
use engine::kind::private_link::endpoint::recorded;
use engine::kind::private_link::service::service_id;
use engine::kind::router_interface;
use engine::step::SideContext;
use futures::future;
use ipnet::{IpNet, Ipv4Net};

use crate::tried::Tried;

/// What was looked at, and what of it is not as it should be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What stands.
    pub stands: Vec<String>,
    /// What is missing or in a wrong state.
    pub faults: Vec<String>,
}

impl Checked {
    fn note(&mut self, seen: Result<String, String>) {
        match seen {
            Ok(stands) => self.stands.push(stands),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(self) -> Tried {
        if self.faults.is_empty() {
            let seen = format!("looked at the configuration only: {}", self.stands.join("; "));
            let advice = "name an instance (instance_id) to have it tried";
            return Tried::new(Verdict::Reached, seen, advice);
        }
        let seen = format!("the configuration does not let the other side be reached: {}", self.faults.join("; "));
        let advice = "look who changed it by hand, and undo that";
        Tried::new(Verdict::NotReached, seen, advice)
    }
}

/// Looks at one side.
///
/// # Errors
/// When the cloud does not show it.
pub async fn look(side: &SideContext<'_>, outputs: &Outputs) -> Result<Tried, NotDone> {
    let mut look = Checked::default();
    if side.record().spec.private_link().is_some() {
        private_link(side, outputs, &mut look).await?;
        groups(side, &mut look).await?;
        return Ok(look.verdict());
    }
    look.note(interface_or_peering(side, outputs).await?);
    routes(side, outputs, &mut look).await?;
    groups(side, &mut look).await?;
    Ok(look.verdict())
}

/// What joins the two sides.
async fn interface_or_peering(side: &SideContext<'_>, outputs: &Outputs) -> Result<Result<String, String>, NotDone> {
    match &side.record().spec.kind {
        KindSpec::RouterInterface(_) => {
            let Some(found) = router_interface::own(side, &side.vpc()?, outputs).await? else {
                return Ok(Err("the router interface is gone".to_owned()));
            };
            let is_on = found.status == InterfaceStatus::Active;
            Ok(state(&found.router_interface_id, is_on, &found.status.to_string(), found.business_status.as_ref()))
        }
        KindSpec::VpcPeering(_) => {
            let Some(id) = outputs.peering_id.as_deref() else {
                return Ok(Err("the peering connection is not recorded".to_owned()));
            };
            let (client, region) = side.client()?;
            let Some(found) = client.vpc_peer(&region).connection(id).await? else {
                return Ok(Err(format!("the peering connection {id} is gone")));
            };
            let is_on = found.status == PeerStatus::Activated;
            Ok(state(id, is_on, &found.status.to_string(), found.business_status.as_ref()))
        }
        KindSpec::JdcloudPeering(_) | KindSpec::PrivateLink(_) => Err(side.foreign()),
    }
}

/// What a private link is made of on this side.
async fn private_link(side: &SideContext<'_>, outputs: &Outputs, look: &mut Checked) -> Result<(), NotDone> {
    let api = side.links()?;
    if !side.side().asks() {
        let id = service_id(side, outputs)?;
        look.note(match api.service(&id).await? {
            None => Err(format!("the service {id} is gone")),
            Some(found) => {
                let is_on = found.status == ServiceStatus::Active;
                state(&id, is_on, &found.status.to_string(), found.business_status.as_ref())
            }
        });
        return Ok(());
    }
    let id = recorded(outputs)?;
    let Some(found) = api.endpoint(id).await? else {
        look.note(Err(format!("the endpoint {id} is gone")));
        return Ok(());
    };
    let is_on = found.connection_status == Some(ConnectionStatus::Connected);
    let status = found.connection_status.as_ref().map(ToString::to_string).unwrap_or_default();
    look.note(state(id, is_on, &status, found.business_status.as_ref()));
    for zone in api.list_vpc_endpoint_zones(id).await? {
        let status = zone.status.unwrap_or(ZoneStatus::Connected);
        let carries = matches!(status, ZoneStatus::Connected | ZoneStatus::Migrating | ZoneStatus::Migrated);
        look.note(state(&format!("{id} in {}", zone.zone_id), carries, &status.to_string(), None));
    }
    Ok(())
}

fn state(id: &str, is_on: bool, status: &str, business: Option<&BusinessStatus>) -> Result<String, String> {
    match business {
        Some(business) if *business != BusinessStatus::Normal => Err(format!("{id} is {status} and {business}")),
        _ if is_on => Ok(format!("{id} is {status}")),
        _ => Err(format!("{id} is {status}")),
    }
}

/// The routes to the other side.
async fn routes(side: &SideContext<'_>, outputs: &Outputs, look: &mut Checked) -> Result<(), NotDone> {
    let vpc = side.vpc()?;
    let hop = side.next_hop(outputs)?;
    let tables = &side.network().route_tables;
    let read = future::join_all(tables.iter().map(|table| vpc.all_route_entries(table))).await;
    for (table, entries) in tables.iter().zip(read) {
        let entries = match entries {
            Err(error) if error.kind() == ErrorKind::Gone => Vec::new(),
            entries => entries?,
        };
        for range in &side.peer().network.cidr_blocks {
            look.note(route(table, &entries, *range, hop.id.as_deref().unwrap_or_default()));
        }
    }
    Ok(())
}

/// Whether the route to `range` leads to `hop` and is in force.
fn route(table: &str, entries: &[RouteEntry], range: Ipv4Net, hop: &str) -> Result<String, String> {
    let found = entries.iter().find(|entry| entry.destination_cidr_block.net() == Some(IpNet::V4(range)));
    match found {
        None => Err(format!("{table} has no route to {range}")),
        Some(entry) if !entry.leads_to(hop) => Err(format!("the route to {range} in {table} does not lead to {hop}")),
        Some(entry) if entry.status != RouteStatus::Available => {
            Err(format!("the route to {range} in {table} is {}", entry.status))
        }
        Some(_) => Ok(format!("{table} routes {range} to {hop}")),
    }
}

/// The rules that the spec asks of this side's groups.
async fn groups(side: &SideContext<'_>, look: &mut Checked) -> Result<(), NotDone> {
    let asked = asked(side)?;
    if asked.is_empty() {
        return Ok(());
    }
    let ecs = side.ecs()?;
    let mut ids: Vec<_> = asked.iter().map(|asked| asked.group.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let read = ids.iter().map(|id| ecs.describe_security_group_attribute(id, Some(&Direction::Ingress)));
    for (id, rules) in ids.iter().zip(future::join_all(read).await) {
        match rules {
            Ok(rules) => look.note(group(id, &asked, &rules.permissions)),
            Err(error) if error.kind() == ErrorKind::Gone => look.note(Err(format!("security group {id} is gone"))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether a group lets in all that is asked of it.
fn group(id: &str, asked: &[RequiredRules], permissions: &[Permission]) -> Result<String, String> {
    let lacking = asked.iter().filter(|asked| asked.group == id && asked.done_by(permissions).is_none()).count();
    match lacking {
        0 => Ok(format!("security group {id} lets the other side in")),
        1 => Err(format!("security group {id} lacks a rule that the spec asks for")),
        _ => Err(format!("security group {id} lacks {lacking} rules that the spec asks for")),
    }
}

#[cfg(test)]
mod tests;

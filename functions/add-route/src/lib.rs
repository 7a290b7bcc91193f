//! add-route: routes the peer's address ranges to the own interface.
//!
//! The cloud lets one route of a VPC change at a time and answers everything else with `TaskConflict`. So this step makes
//! one route, waits until it is Available, and makes the next; what is not settled yet is waited for, not fought.
//!
//! A route of somebody else to the same destination is never adopted: two owners of one route is how traffic gets lost
//! months later.

use alicloud::vpc::{CreateRouteEntry, DeleteRouteEntry, NextHopType, RouteEntry, RouteStatus, Vpc};
use async_trait::async_trait;
use connection::halt::Halt;
use connection::made::{Made, Route};
use connection::mark::Mark;
use connection::step::{Finding, SideContext, Step};
use connection::words::StepName;
use fc_runtime::{Environment, Error, Runtime};
use ipnet::{IpNet, Ipv4Net};
use transport::Io;

/// How soon to look again at a route on its way.
const LOOK_AGAIN: u64 = 3;

/// The step.
pub struct AddRoute;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(AddRoute, environment, io)
}

#[async_trait]
impl Step for AddRoute {
    fn name(&self) -> StepName {
        StepName::AddRoute
    }

    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        let vpc = side.vpc()?;
        let interface = made.router_interface_id.clone().ok_or_else(|| {
            Halt::fail("this side's router interface is not recorded", "remove the connection and post it again")
        })?;
        let table = &side.network().route_table_id;
        let entries = vpc.all_route_entries(table).await?;
        for destination in &side.peer().network.cidr_blocks {
            match existing(&entries, *destination) {
                Some(entry) => settled(side, entry, *destination, &interface, made)?,
                None => {
                    create(side, &vpc, table, *destination, &interface, made).await?;
                    return Err(Halt::wait(LOOK_AGAIN, format!("the route to {destination} to become Available")));
                }
            }
        }
        Ok(())
    }

    async fn undo(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        let vpc = side.vpc()?;
        let table = &side.network().route_table_id;
        let entries = vpc.all_route_entries(table).await?;
        let mark = side.mark();
        let left: Vec<_> = entries.iter().filter(|entry| is_ours(entry, &mark, made)).collect();
        let Some(first) = left.first() else {
            made.routes.clear();
            return Ok(());
        };
        if first.status == RouteStatus::Available
            && let Some(id) = &first.route_entry_id
        {
            let deleted = vpc.delete_route_entry(&DeleteRouteEntry::ById(id.clone())).await;
            deleted.or_else(|error| if error.kind() == alicloud::Kind::Gone { Ok(()) } else { Err(error) })?;
        }
        Err(Halt::wait(LOOK_AGAIN, format!("{} routes to be gone", left.len())))
    }

    async fn observe(&self, side: &SideContext<'_>) -> Result<Vec<Finding>, Halt> {
        let vpc = side.vpc()?;
        let entries = vpc.all_route_entries(&side.network().route_table_id).await?;
        let interface = side.made().router_interface_id.as_deref().unwrap_or_default();
        let finding = |destination: &Ipv4Net, field: &str, expected: &str, actual: String| Finding {
            side: side.side(),
            resource: format!("{} in {}", destination, side.network().route_table_id),
            field: field.to_owned(),
            expected: expected.to_owned(),
            actual,
        };
        let mut findings = Vec::new();
        for destination in &side.peer().network.cidr_blocks {
            match existing(&entries, *destination) {
                None => findings.push(finding(destination, "", "exists", "missing".to_owned())),
                Some(entry) if !entry.leads_to(interface) => {
                    findings.push(finding(destination, "NextHop", interface, next_hops(entry)));
                }
                Some(entry) if entry.status != RouteStatus::Available => {
                    findings.push(finding(destination, "Status", "Available", entry.status.to_string()));
                }
                Some(_) => {}
            }
        }
        Ok(findings)
    }
}

fn existing(entries: &[RouteEntry], destination: Ipv4Net) -> Option<&RouteEntry> {
    entries.iter().find(|entry| entry.destination_cidr_block.net() == Some(IpNet::V4(destination)))
}

/// Checks a route that stands where ours belongs.
fn settled(
    side: &SideContext<'_>,
    entry: &RouteEntry,
    destination: Ipv4Net,
    interface: &str,
    made: &mut Made,
) -> Result<(), Halt> {
    if !is_ours(entry, &side.mark(), made) {
        return Err(Halt::fail(
            format!(
                "a route to {destination} by {} stands in {} already; it is not this connection's",
                next_hops(entry),
                side.network().route_table_id
            ),
            "delete that route if nobody needs it, then retry",
        ));
    }
    if !entry.leads_to(interface) {
        return Err(Halt::fail(
            format!(
                "the route to {destination} leads to {} instead of {interface}; somebody changed it",
                next_hops(entry)
            ),
            "delete that route, then retry",
        ));
    }
    remember(made, side, destination, entry.route_entry_id.clone());
    if entry.status == RouteStatus::Available {
        return Ok(());
    }
    Err(Halt::wait(LOOK_AGAIN, format!("the route to {destination} to become Available (was {})", entry.status)))
}

async fn create(
    side: &SideContext<'_>,
    vpc: &Vpc,
    table: &str,
    destination: Ipv4Net,
    interface: &str,
    made: &mut Made,
) -> Result<(), Halt> {
    let mark = side.mark();
    let request = CreateRouteEntry {
        route_table_id: table.to_owned(),
        destination: IpNet::V4(destination),
        next_hop_type: NextHopType::RouterInterface,
        next_hop_id: interface.to_owned(),
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: side.client_token(&format!("{table} {destination}")),
    };
    let id = vpc.create_route_entry(&request).await?;
    remember(made, side, destination, id);
    Ok(())
}

fn remember(made: &mut Made, side: &SideContext<'_>, destination: Ipv4Net, id: Option<String>) {
    let Some(route_entry_id) = id else { return };
    let route = Route { route_table_id: side.network().route_table_id.clone(), destination, route_entry_id };
    made.routes.retain(|known| known.route_table_id != route.route_table_id || known.destination != destination);
    made.routes.push(route);
}

/// By its recorded id, or by the mark in its description.
fn is_ours(entry: &RouteEntry, mark: &Mark, made: &Made) -> bool {
    let recorded = |id: &String| made.routes.iter().any(|route| route.route_entry_id == *id);
    entry.route_entry_id.as_ref().is_some_and(recorded)
        || entry.description.as_deref().is_some_and(|text| mark.is_on(text))
}

fn next_hops(entry: &RouteEntry) -> String {
    let ids: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.as_deref()).collect();
    if ids.is_empty() { "the VPC itself".to_owned() } else { ids.join(", ") }
}

//! On Alibaba Cloud: routes the peer's address ranges to what joins the two sides.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `drift` | how the tables differ from what the record promises: pure |
//! | `tables` | what stands in the route tables, and what follows from it: pure |
//! | here | the calls |
//!
//! The cloud lets one route of a VPC change at a time and answers everything else with `TaskConflict`. So whoever has
//! something to change takes its turn in the VPC's lane, makes one change, waits until it is settled, and makes the next.
//!
//! A route of somebody else to the same destination is never adopted unless the spec asks for it: two owners of one route is
//! how traffic gets lost months later.

mod drift;
mod tables;

use std::time::Duration;

use alicloud::Kind;
use alicloud::vpc::{CreateRouteEntry, DeleteRouteEntry, RouteEntry, Vpc};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::next_hop::NextHop;
use connection::not_done::NotDone;
use connection::outputs::{Outputs, Route};
use connection::plan::{Operation, Planned};
use connection::words::StepName;
use engine::step::{SideContext, Step};
use futures::future;
use ipnet::IpNet;

use self::tables::{Tables, Task};
use crate::lane::{give_up_turn, keep_turn};

/// How soon to look again at a route on its way.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// The step between VPCs of Alibaba Cloud.
pub(crate) struct OnAlicloud;

#[async_trait]
impl Step for OnAlicloud {
    fn name(&self) -> StepName {
        StepName::AddRoute
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        keep_turn(side, outputs).await?;
        let vpc = side.vpc()?;
        let hop = side.next_hop(outputs)?;
        hop.existing()?;
        let tables = look(side, &vpc, outputs).await?;
        let wanted = tables.wanted(side, &hop, outputs)?;
        outputs.routes = wanted.routes;
        match wanted.tasks.first() {
            None => {
                give_up_turn(side, outputs);
                Ok(())
            }
            Some(task) => {
                side.acquire_lane(side.route_lane(), outputs).await?;
                carry_out(side, &vpc, &hop, task, outputs).await
            }
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        keep_turn(side, outputs).await?;
        let vpc = side.vpc()?;
        let tables = look(side, &vpc, outputs).await?;
        let Some(task) = tables.unwanted(side, outputs).into_iter().next() else {
            outputs.routes.clear();
            give_up_turn(side, outputs);
            return Ok(());
        };
        side.acquire_lane(side.route_lane(), outputs).await?;
        let hop = side.next_hop(outputs)?;
        carry_out(side, &vpc, &hop, &task, outputs).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let (vpc, outputs) = (side.vpc()?, side.outputs());
        let hop = side.next_hop(outputs)?;
        let mut tables = look(side, &vpc, outputs).await?;
        if operation == Operation::Apply && side.is_cleared_first() {
            tables.clear_own(&side.mark(), outputs);
        }
        let (routes, tasks) = match operation {
            Operation::Apply => {
                let wanted = tables.wanted(side, &hop, outputs)?;
                (wanted.routes, wanted.tasks)
            }
            Operation::Undo => (Vec::new(), tables.unwanted(side, outputs)),
            Operation::Pause => (Vec::new(), Vec::new()),
        };
        let mut plan: Vec<_> = routes
            .iter()
            .map(|route| side.planned(None, &format!("{} in {}", route.destination, route.route_table_id), "stands"))
            .collect();
        for task in &tasks {
            let mut planned = side.planned(task.call(), &task.resource(), &task.what(&hop));
            planned.verdict = verdict(side, &vpc, &hop, task).await;
            plan.push(planned);
        }
        Ok(plan)
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<ListingId> {
        let tables = side.network().route_tables.iter().cloned().map(ListingId::RouteTable);
        let vswitches = drift::needs_vswitches(side).then_some(ListingId::VSwitches);
        tables.chain(vswitches).chain(drift::follows_ranges(side).then_some(ListingId::Vpcs)).collect()
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let Ok(hop) = side.next_hop(side.outputs()) else { return Vec::new() };
        drift::findings(side, inventory, hop.id.as_deref().unwrap_or_default())
    }
}

/// Every table in which the connection has routes, shall have them, or may have had them.
async fn look(side: &SideContext<'_>, vpc: &Vpc, outputs: &Outputs) -> Result<Tables, NotDone> {
    let current = &side.network().route_tables;
    let recorded = outputs.routes.iter().map(|route| &route.route_table_id);
    let mut ids: Vec<&String> = current.iter().chain(recorded).chain(&outputs.former.route_tables).collect();
    ids.sort_unstable();
    ids.dedup();
    let entries = future::join_all(ids.iter().map(|id| vpc.all_route_entries(id))).await;
    let mut tables = Tables::default();
    for (id, entries) in ids.into_iter().zip(entries) {
        match entries {
            Ok(entries) => tables.insert(id.clone(), entries),
            // A table that somebody deleted took its routes along.
            Err(error) if error.kind() == Kind::Gone && !current.contains(id) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tables)
}

/// Does one thing, and waits for it.
async fn carry_out(
    side: &SideContext<'_>,
    vpc: &Vpc,
    hop: &NextHop,
    task: &Task,
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    match task {
        Task::Create { table, destination } => {
            let id = vpc.create_route_entry(&request(side, hop, table, IpNet::V4(*destination))?).await?;
            if let Some(route_entry_id) = id {
                outputs.routes.push(Route { route_table_id: table.clone(), destination: *destination, route_entry_id });
            }
        }
        Task::Delete { entry, .. } => delete(vpc, entry).await?,
        Task::Await { .. } => {}
    }
    Err(NotDone::retry(LOOK_AGAIN, task.awaited()))
}

/// What the cloud says of a task without doing it, where it can be asked.
async fn verdict(side: &SideContext<'_>, vpc: &Vpc, hop: &NextHop, task: &Task) -> Option<String> {
    match task {
        Task::Create { table, destination } => {
            let request = request(side, hop, table, IpNet::V4(*destination)).ok()?;
            side.verdict(vpc.dry_run_create_route_entry(&request)).await
        }
        Task::Delete { entry, .. } => {
            let request = DeleteRouteEntry::ById(entry.route_entry_id.clone()?);
            side.verdict(vpc.dry_run_delete_route_entry(&request)).await
        }
        Task::Await { .. } => None,
    }
}

async fn delete(vpc: &Vpc, entry: &RouteEntry) -> Result<(), alicloud::Error> {
    let Some(id) = &entry.route_entry_id else { return Ok(()) };
    let deleted = vpc.delete_route_entry(&DeleteRouteEntry::ById(id.clone())).await;
    deleted.or_else(|error| if error.kind() == Kind::Gone { Ok(()) } else { Err(error) })
}

fn request(
    side: &SideContext<'_>,
    hop: &NextHop,
    table: &str,
    destination: IpNet,
) -> Result<CreateRouteEntry, NotDone> {
    let mark = side.mark();
    Ok(CreateRouteEntry {
        route_table_id: table.to_owned(),
        destination,
        next_hop_type: hop.hop_type.clone(),
        next_hop_id: hop.existing()?.to_owned(),
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: side.client_token(&format!("{table} {destination}")),
    })
}

#[cfg(test)]
mod tests;

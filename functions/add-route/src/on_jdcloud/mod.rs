//! On JD Cloud: rules to the other side's ranges by this side's half of the peering, in a route table that is made, named, or in
//! use already; and subnets bound to the table that was made or named.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`vpc_tables`] | what a VPC shows, what is wanted of it, and whose is what: pure |
//! | [`obstacles`] | what stands in the way: pure |
//! | [`tasks`] | what is to be done, in order: pure |
//! | [`drift`] | how the VPC differs from what is promised: pure |
//! | here | the calls |
//!
//! A subnet has one route table, so to bind it to a new one is to take the old one away. Its traffic must not notice: the
//! rules it needs are copied first, then read back, then the old table is written into the record, and only then the subnet
//! is bound. Each is a message of its own, for what a step leaves in `outputs` is in the record only once the message was
//! carried. Undoing binds each subnet to its old table before it takes any rule away.
//!
//! Making a table takes no token, and tables need no name of their own: two processes that looked at the same moment make
//! two. Both carry the mark. The next look takes one, and deletes the other, to which nothing was bound.
//!
//! Two connections may share a VPC, so whoever has something to change takes its turn in the lane of the VPC's routes: none
//! copies from a table that another one is about to change.

pub mod drift;
pub mod obstacles;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod vpc_tables;

use std::time::Duration;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::{JdTables, Outputs};
use connection::plan::{Operation, Planned};
use connection::words::StepName;
use engine::step::{SideContext, Step};
use futures::future::try_join3;
use jdcloud::Kind;
use jdcloud::vpc::{CreateRouteTable, DescribeRouteTables, DescribeSubnets, DescribeVpcPeerings, Vpc};

use self::tasks::Task;
use self::vpc_tables::{Desired, Routes, VpcTables, inventory};
use crate::lane::{give_up_turn, keep_turn};

/// How soon to look again at what was changed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How soon to go on once the record remembers.
const REMEMBERED: Duration = Duration::from_secs(1);
/// A half that is not made yet.
const NO_HALF: &str = "the half that the connection makes";

/// The step between VPCs of JD Cloud.
pub(crate) struct OnJdcloud;

#[async_trait]
impl Step for OnJdcloud {
    fn name(&self) -> StepName {
        StepName::AddRoute
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        keep_turn(side, outputs).await?;
        let hop = outputs.peering_id.clone().ok_or_else(|| {
            NotDone::failed(
                "this side's half of the peering is not recorded",
                "remove the connection and post it again",
            )
        })?;
        go_on(side, &Desired::of(side)?, &hop, false, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        keep_turn(side, outputs).await?;
        go_on(side, &Desired::default(), NO_HALF, true, outputs).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let desired = match operation {
            Operation::Apply => Desired::of(side)?,
            Operation::Undo => Desired::default(),
            Operation::Pause => return Ok(Vec::new()),
        };
        let (view, outputs) = (look(side, &side.jd_vpc()?).await?, side.outputs());
        let routes = routes(side, &view, &desired, outputs)?;
        let hop = outputs.peering_id.as_deref().unwrap_or(NO_HALF);
        let tasks = routes.tasks(hop, operation == Operation::Undo)?;
        let standing = routes.targets().into_iter().flat_map(|target| {
            let wanted = routes.wanted_rules(hop);
            let stands = move |rule: &&jdcloud::vpc::RouteRule| wanted.iter().any(|wanted| wanted.is_done_by(rule));
            routes.rules(target).iter().filter(stands).map(move |rule| (target, rule))
        });
        let standing =
            standing.map(|(table, rule)| side.planned(None, &format!("{} in {table}", inventory(rule)), "stands"));
        let mut plan: Vec<_> = standing.collect();
        plan.extend(tasks.iter().map(|task| side.planned(task.call(), &task.resource(), &task.what())));
        Ok(plan)
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::JdRouteTables, ListingId::JdSubnets, ListingId::JdPeerings]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let (listed, vpc) = (side.view(inventory), side.place().vpc_id.as_str());
        let all = listed.jd_route_tables(vpc).zip(listed.jd_subnets(vpc)).zip(listed.jd_peerings(vpc));
        let Some(((tables, subnets), halves)) = all else { return Vec::new() };
        let view = VpcTables {
            tables: tables.into_iter().cloned().collect(),
            subnets: subnets.into_iter().cloned().collect(),
            halves: halves.into_iter().map(|half| half.vpc_peering_id.clone()).collect(),
        };
        let Ok(desired) = Desired::of(side) else { return Vec::new() };
        let hop = side.outputs().peering_id.as_deref().unwrap_or(NO_HALF);
        let compared = routes(side, &view, &desired, side.outputs());
        compared.map(|routes| routes.findings(side.side(), hop)).unwrap_or_default()
    }
}

/// Everything of the VPC that decides about its routes.
async fn look(side: &SideContext<'_>, vpc: &Vpc) -> Result<VpcTables, NotDone> {
    Ok(look_at(vpc, side.place().vpc_id.as_str()).await?)
}

/// Everything of a VPC that decides about its routes.
///
/// # Errors
/// As any call.
pub async fn look_at(vpc: &Vpc, vpc_id: &str) -> Result<VpcTables, jdcloud::Error> {
    let tables = DescribeRouteTables { vpc_id: Some(vpc_id.to_owned()), ..DescribeRouteTables::default() };
    let subnets = DescribeSubnets { vpc_id: Some(vpc_id.to_owned()), ..DescribeSubnets::default() };
    let halves = DescribeVpcPeerings { vpc_id: Some(vpc_id.to_owned()), ..DescribeVpcPeerings::default() };
    let (tables, subnets, halves) =
        try_join3(vpc.all_route_tables(&tables), vpc.all_subnets(&subnets), vpc.all_vpc_peerings(&halves)).await?;
    Ok(VpcTables { tables, subnets, halves: halves.into_iter().map(|half| half.vpc_peering_id).collect() })
}

fn routes<'a>(
    side: &SideContext<'_>,
    view: &'a VpcTables,
    desired: &'a Desired,
    outputs: &'a Outputs,
) -> Result<Routes<'a>, NotDone> {
    let mut lent: Vec<String> = outputs.former.route_tables.iter().cloned().collect();
    lent.extend(Desired::of(side)?.bound_tables().iter().cloned());
    Ok(Routes { view, desired, mark: Some(side.mark()), outputs, lent })
}

/// Does the first thing that is to be done, and waits for it.
async fn go_on(
    side: &SideContext<'_>,
    desired: &Desired,
    hop: &str,
    everywhere: bool,
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let vpc = side.jd_vpc()?;
    let view = look(side, &vpc).await?;
    let recorded = outputs.clone();
    let routes = routes(side, &view, desired, &recorded)?;
    outputs.routes = routes.own_rules(everywhere);
    let route_table_id = routes.own_tables().first().map(|table| table.route_table_id.clone());
    let tables = JdTables { route_table_id, bindings: routes.bindings() };
    outputs.jd = (!tables.is_empty()).then_some(tables);
    let Some(task) = routes.tasks(hop, everywhere)?.into_iter().next() else {
        give_up_turn(side, outputs);
        return Ok(());
    };
    side.acquire_lane(side.route_lane(), outputs).await?;
    carry_out(side, &vpc, &routes, task, outputs).await
}

async fn carry_out(
    side: &SideContext<'_>,
    vpc: &Vpc,
    routes: &Routes<'_>,
    task: Task,
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let awaited = task.awaited();
    let done = match task {
        Task::MakeTable => {
            let mark = side.mark();
            let request = CreateRouteTable {
                vpc_id: side.place().vpc_id.to_string(),
                name: mark.short_name(side.side()),
                description: Some(mark.description().to_owned()),
            };
            let id = vpc.create_route_table(&request).await?;
            outputs.jd.get_or_insert_default().route_table_id = Some(id);
            Ok(())
        }
        Task::Note { bindings } => {
            outputs.jd.get_or_insert_default().bindings.extend(bindings);
            return Err(NotDone::retry(REMEMBERED, awaited));
        }
        Task::Add { table, rules } => match vpc.add_route_table_rules(&table, &rules).await {
            // A table that is somebody's is named by the spec, and its loss is told at once.
            Err(error)
                if error.kind() == Kind::Gone && !routes.own_tables().iter().any(|own| own.route_table_id == table) =>
            {
                return Err(error.into());
            }
            added => added,
        },
        Task::Bind { table, subnets } => vpc.associate_route_table(&table, &subnets).await,
        Task::Restore { subnet, to: Some(to), .. } => vpc.associate_route_table(&to, &[subnet]).await,
        Task::Restore { subnet, from, to: None } => vpc.disassociate_route_table(&from, &subnet).await,
        Task::Remove { table, rules } => {
            let ids: Vec<_> = rules.into_iter().map(|rule| rule.rule_id).collect();
            vpc.remove_route_table_rules(&table, &ids).await
        }
        Task::Drop { table } => vpc.delete_route_table(&table).await,
    };
    match done {
        // Whatever is gone, the next look says so, or finds that nothing more is to be done.
        Err(error) if error.kind() != Kind::Gone => Err(error.into()),
        Ok(()) | Err(_) => Err(NotDone::retry(LOOK_AGAIN, awaited)),
    }
}

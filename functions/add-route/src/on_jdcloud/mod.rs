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
//! copies from a table that another one is about to change. They may also name one table, and need the same subnets bound to it:
//! the subnets stay bound until the last of them goes, who binds them back ([`connection::share`]).

pub mod drift;
pub mod obstacles;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod vpc_tables;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::{JdTables, Outputs};
use connection::plan::{Operation, Planned};
use connection::share::{Fate, Thing};
use connection::words::StepName;
use engine::share::{self, GivenUp};
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
        let mut routes = routes(side, &view, &desired, outputs)?;
        for (subnet, table) in routes.no_longer_bound() {
            let needs = |other: &SideContext<'_>| needs_bound(other, &subnet, &table);
            if share::heir(side, &Thing::route_table(&table), &needs).await?.is_some() {
                routes.left.push(subnet);
            }
        }
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
    lent.extend(Desired::of(side)?.tables);
    Ok(Routes { view, desired, mark: Some(side.mark()), outputs, lent, left: Vec::new() })
}

/// Whether another connection needs a subnet bound to a table, and knows which one the subnet used before.
fn needs_bound(other: &SideContext<'_>, subnet: &str, table: &str) -> bool {
    other.outputs().jd.as_ref().is_some_and(|jd| jd.bindings.contains_key(subnet))
        && Desired::of(other).is_ok_and(|desired| desired.needs_bound(subnet, table))
}

/// Says which tables this side uses, and learns from others that use them which tables the subnets used before they were bound.
/// Returns once the record remembers that, and nobody who bound them is about to undo it.
async fn rely_on_tables(
    side: &SideContext<'_>,
    view: &VpcTables,
    desired: &Desired,
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    // Whoever holds the lane has come past here.
    if outputs.lane.is_some() {
        return Ok(());
    }
    for table in &desired.tables {
        let thing = Thing::route_table(table);
        share::note(side, outputs, &thing).await?;
        let uses = |other: &SideContext<'_>| Desired::of(other).is_ok_and(|desired| desired.tables.contains(table));
        let bound: Vec<&str> = view.bound_to(table).filter(|subnet| desired.needs_bound(subnet, table)).collect();
        let mut learnt = BTreeMap::new();
        for record in share::users(side, &thing, &uses).await? {
            let bindings = record.sides.into_values().filter_map(|side| side.outputs.jd).flat_map(|jd| jd.bindings);
            learnt.extend(bindings.filter(|(subnet, _)| bound.contains(&subnet.as_str())));
        }
        learnt.retain(|subnet, _| !outputs.jd.as_ref().is_some_and(|jd| jd.bindings.contains_key(subnet)));
        if !learnt.is_empty() {
            outputs.jd.get_or_insert_default().bindings.extend(learnt);
            return Err(NotDone::retry(
                REMEMBERED,
                "the record to remember which route tables the subnets used before",
            ));
        }
        share::rely_on_all(side, outputs, &thing, &uses).await?;
    }
    Ok(())
}

/// The subnets that stay bound, of those that this side no longer needs bound: other connections do.
async fn left_to_others(
    side: &SideContext<'_>,
    routes: &Routes<'_>,
    outputs: &mut Outputs,
) -> Result<Vec<String>, NotDone> {
    let bound = routes.no_longer_bound();
    let given_up: Vec<_> = bound
        .iter()
        .map(|(subnet, table)| GivenUp {
            thing: Thing::route_table(table),
            id: subnet.clone(),
            wants: Box::new(|other| needs_bound(other, subnet, table)),
        })
        .collect();
    share::decide_fates(side, outputs, &given_up).await?;
    let is_left = |subnet: &String| matches!(outputs.fates.get(side.record(), subnet), Some(Fate::HandedTo(_)));
    Ok(bound.iter().map(|(subnet, _)| subnet.clone()).filter(is_left).collect())
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
    if !everywhere {
        rely_on_tables(side, &view, desired, outputs).await?;
    }
    let recorded = outputs.clone();
    let mut routes = routes(side, &view, desired, &recorded)?;
    routes.left = left_to_others(side, &routes, outputs).await?;
    outputs.routes = routes.own_rules(everywhere);
    let route_table_id = routes.own_tables().first().map(|table| table.route_table_id.clone());
    let tables = JdTables { route_table_id, bindings: routes.bindings() };
    outputs.jd = (!tables.is_empty()).then_some(tables);
    let Some(task) = routes.tasks(hop, everywhere)?.into_iter().next() else {
        if everywhere {
            share::forget_all(side, outputs, Thing::is_route_table).await?;
        }
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

//! On JD Cloud: rules to the other side's ranges by this side's half of the peering, in a route table that is made, named, or in
//! use already; and subnets bound to the table that was made or named.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`view`] | what a VPC shows, what is wanted of it, and whose is what: pure |
//! | [`obstacles`] | what stands in the way: pure |
//! | [`tasks`] | what is to be done, in order: pure |
//! | [`drift`] | how the VPC differs from what is promised: pure |
//! | here | the calls |
//!
//! A subnet has one route table, so to bind it to a new one is to take the old one away. Its traffic must not notice: the
//! rules it needs are copied first, then read back, then the old table is written into the record, and only then the subnet
//! is bound. Each is a message of its own, for what a step leaves in `made` is in the record only once the message was
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
pub mod view;

use async_trait::async_trait;
use connection::halt::Halt;
use connection::made::{JdTables, Made};
use connection::plan::{Direction, Planned};
use connection::shown::{Look, Shown};
use connection::step::{Finding, SideContext, Step};
use connection::words::StepName;
use futures::future::try_join3;
use jdcloud::Kind;
use jdcloud::vpc::{CreateRouteTable, DescribeRouteTables, DescribeSubnets, DescribeVpcPeerings, Vpc};

use self::tasks::Task;
use self::view::{Routes, View, Wish, shown};
use crate::turn::{give_up_turn, keep_turn};

/// How soon to look again at what was changed.
const LOOK_AGAIN: u64 = 2;
/// How soon to go on once the record remembers.
const REMEMBERED: u64 = 1;
/// A half that is not made yet.
const NO_HALF: &str = "the half that the connection makes";

/// The step between VPCs of JD Cloud.
pub(crate) struct OnJdcloud;

#[async_trait]
impl Step for OnJdcloud {
    fn name(&self) -> StepName {
        StepName::AddRoute
    }

    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        keep_turn(side, made).await?;
        let hop = made.peering_id.clone().ok_or_else(|| {
            Halt::fail("this side's half of the peering is not recorded", "remove the connection and post it again")
        })?;
        go_on(side, &Wish::of(side)?, &hop, false, made).await
    }

    async fn undo(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt> {
        keep_turn(side, made).await?;
        go_on(side, &Wish::default(), NO_HALF, true, made).await
    }

    async fn plan(&self, side: &SideContext<'_>, direction: Direction) -> Result<Vec<Planned>, Halt> {
        let wish = match direction {
            Direction::Apply => Wish::of(side)?,
            Direction::Undo => Wish::default(),
            Direction::Pause => return Ok(Vec::new()),
        };
        let (view, made) = (look(side, &side.jd_vpc()?).await?, side.made());
        let routes = routes(side, &view, &wish, made)?;
        let hop = made.peering_id.as_deref().unwrap_or(NO_HALF);
        let tasks = routes.tasks(hop, direction == Direction::Undo)?;
        let standing = routes.targets().into_iter().flat_map(|target| {
            let wanted = routes.wanted_rules(hop);
            let stands = move |rule: &&jdcloud::vpc::RouteRule| wanted.iter().any(|wanted| wanted.is_done_by(rule));
            routes.rules(target).iter().filter(stands).map(move |rule| (target, rule))
        });
        let standing =
            standing.map(|(table, rule)| side.planned(None, &format!("{} in {table}", shown(rule)), "stands"));
        let mut plan: Vec<_> = standing.collect();
        plan.extend(tasks.iter().map(|task| side.planned(task.call(), &task.resource(), &task.what())));
        Ok(plan)
    }

    fn looks_at(&self, _: &SideContext<'_>) -> Vec<Look> {
        vec![Look::JdRouteTables, Look::JdSubnets, Look::JdPeerings]
    }

    fn observe(&self, side: &SideContext<'_>, shown: &Shown) -> Vec<Finding> {
        let (listed, vpc) = (side.view(shown), side.place().vpc_id.as_str());
        let all = listed.jd_route_tables(vpc).zip(listed.jd_subnets(vpc)).zip(listed.jd_peerings(vpc));
        let Some(((tables, subnets), halves)) = all else { return Vec::new() };
        let view = View {
            tables: tables.into_iter().cloned().collect(),
            subnets: subnets.into_iter().cloned().collect(),
            halves: halves.into_iter().map(|half| half.vpc_peering_id.clone()).collect(),
        };
        let Ok(wish) = Wish::of(side) else { return Vec::new() };
        let hop = side.made().peering_id.as_deref().unwrap_or(NO_HALF);
        let compared = routes(side, &view, &wish, side.made());
        compared.map(|routes| routes.findings(side.side(), hop)).unwrap_or_default()
    }
}

/// Everything of the VPC that decides about its routes.
async fn look(side: &SideContext<'_>, vpc: &Vpc) -> Result<View, Halt> {
    Ok(look_at(vpc, side.place().vpc_id.as_str()).await?)
}

/// Everything of a VPC that decides about its routes.
///
/// # Errors
/// As any call.
pub async fn look_at(vpc: &Vpc, vpc_id: &str) -> Result<View, jdcloud::Error> {
    let tables = DescribeRouteTables { vpc_id: Some(vpc_id.to_owned()), ..DescribeRouteTables::default() };
    let subnets = DescribeSubnets { vpc_id: Some(vpc_id.to_owned()), ..DescribeSubnets::default() };
    let halves = DescribeVpcPeerings { vpc_id: Some(vpc_id.to_owned()), ..DescribeVpcPeerings::default() };
    let (tables, subnets, halves) =
        try_join3(vpc.all_route_tables(&tables), vpc.all_subnets(&subnets), vpc.all_vpc_peerings(&halves)).await?;
    Ok(View { tables, subnets, halves: halves.into_iter().map(|half| half.vpc_peering_id).collect() })
}

fn routes<'a>(side: &SideContext<'_>, view: &'a View, wish: &'a Wish, made: &'a Made) -> Result<Routes<'a>, Halt> {
    let mut lent: Vec<String> = made.former.route_tables.iter().cloned().collect();
    lent.extend(Wish::of(side)?.bound_tables().iter().cloned());
    Ok(Routes { view, wish, mark: Some(side.mark()), made, lent })
}

/// Does the first thing that is to be done, and waits for it.
async fn go_on(side: &SideContext<'_>, wish: &Wish, hop: &str, everywhere: bool, made: &mut Made) -> Result<(), Halt> {
    let vpc = side.jd_vpc()?;
    let view = look(side, &vpc).await?;
    let recorded = made.clone();
    let routes = routes(side, &view, wish, &recorded)?;
    made.routes = routes.own_rules(everywhere);
    let route_table_id = routes.own_tables().first().map(|table| table.route_table_id.clone());
    let tables = JdTables { route_table_id, bindings: routes.bindings() };
    made.jd = (!tables.is_empty()).then_some(tables);
    let Some(task) = routes.tasks(hop, everywhere)?.into_iter().next() else {
        give_up_turn(side, made);
        return Ok(());
    };
    side.take_turn(side.route_lane(), made).await?;
    carry_out(side, &vpc, &routes, task, made).await
}

async fn carry_out(
    side: &SideContext<'_>,
    vpc: &Vpc,
    routes: &Routes<'_>,
    task: Task,
    made: &mut Made,
) -> Result<(), Halt> {
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
            made.jd.get_or_insert_default().route_table_id = Some(id);
            Ok(())
        }
        Task::Note { bindings } => {
            made.jd.get_or_insert_default().bindings.extend(bindings);
            return Err(Halt::wait(REMEMBERED, awaited));
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
        Ok(()) | Err(_) => Err(Halt::wait(LOOK_AGAIN, awaited)),
    }
}

//! On JD Cloud: an inbound rule for each range of the other side, in the network security groups that the spec names.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`groups`] | what stands in the groups, and what follows from it: pure |
//! | [`drift`] | how the groups differ from what is promised: pure |
//! | here | the calls |
//!
//! Adding a rule takes no token: the groups are read before, and the cloud refuses a second rule that says the same.

pub mod drift;
pub mod groups;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::mark::{Maker, Mark};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::share::{Fate, Thing};
use connection::words::StepName;
use engine::share::{self, GivenUp};
use engine::step::{SideContext, Step};
use jdcloud::Kind;
use jdcloud::vpc::{DescribeNetworkSecurityGroups, SecurityRule, Vpc};

use self::groups::{DesiredRule, Groups, Owner, described, inventory};

/// How soon to look again at a rule that is not listed yet, or still.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The step between VPCs of JD Cloud.
pub(crate) struct OnJdcloud;

#[async_trait]
impl Step for OnJdcloud {
    fn name(&self) -> StepName {
        StepName::AuthorizeSecurityGroup
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let (vpc, wanted) = (side.jd_vpc()?, wanted(side)?);
        outputs.left.clear();
        let mut found = look_and_record(side, &vpc, outputs).await?;
        found.0.check(&wanted)?;
        let mut relied = rely_on_others(side, &found, &wanted, outputs).await?;
        if !relied.is_empty() {
            found = look_and_record(side, &vpc, outputs).await?;
        }
        let missing = found.0.missing(&wanted);
        if !missing.is_empty() {
            for (group, rules) in &missing {
                match vpc.add_network_security_group_rules(group, rules).await {
                    // A copy of this message was faster: what is there is read back anyway.
                    Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                    Ok(()) | Err(_) => {}
                }
            }
            found = look_and_record(side, &vpc, outputs).await?;
            if let Some((group, rules)) = found.0.missing(&wanted).into_iter().next() {
                let rule = rules.first().map(described).unwrap_or_default();
                return Err(NotDone::retry(LOOK_AGAIN, format!("{rule} in {group} to be listed")));
            }
        }
        let mut lent = found.0.lent(&wanted, &found.1).map(|(group, _, maker)| (group.to_owned(), maker));
        if let Some((group, maker)) = lent.find(|lent| relied.insert(lent.clone())) {
            return Err(NotDone::retry(LOOK_AGAIN, format!("the rules of {} in {group} to settle", maker.connection)));
        }
        give_up_others(side, &vpc, &found, &wanted, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.jd_vpc()?;
        let found = look_and_record(side, &vpc, outputs).await?;
        // Somebody else's rules stay, and what was asked for stays let in by them.
        let (wanted, (groups, owner)) = (wanted(side).unwrap_or_default(), &found);
        outputs.left = groups.foreign(&wanted, owner).map(|(group, rule)| left(group, rule)).collect();
        give_up_others(side, &vpc, &found, &[], outputs).await?;
        share::forget_all(side, outputs, Thing::is_security_group).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let wanted = match operation {
            Operation::Apply => wanted(side)?,
            Operation::Undo => Vec::new(),
            Operation::Pause => return Ok(Vec::new()),
        };
        let groups = look(side, &side.jd_vpc()?).await?;
        groups.check(&wanted)?;
        let added = |wanted: &DesiredRule| {
            let resource = format!("{} in {}", described(&wanted.rule), wanted.group);
            match groups.doing(wanted) {
                Some(_) => side.planned(None, &resource, "stands"),
                None => side.planned(Some("addNetworkSecurityGroupRules"), &resource, "it is added"),
            }
        };
        let mut plan: Vec<_> = wanted.iter().map(added).collect();
        for (group, rule) in groups.others(&wanted, &owner(side, side.outputs())) {
            let resource = format!("{} in {group}", inventory(rule));
            let thing = Thing::security_group(group);
            plan.push(match share::heir(side, &thing, &|other| wants(other, group, rule)).await? {
                None => side.planned(Some("removeNetworkSecurityGroupRules"), &resource, "it is removed"),
                Some(heir) => {
                    let what = format!("it is handed over to {}, which uses it too", heir.connection);
                    side.planned(Some("modifyNetworkSecurityGroupRules"), &resource, &what)
                }
            });
        }
        if operation == Operation::Undo {
            let (asked, owner) = (self::wanted(side).unwrap_or_default(), owner(side, side.outputs()));
            let stays =
                groups.foreign(&asked, &owner).map(|(group, rule)| side.planned(None, &left(group, rule), "stays"));
            plan.extend(stays);
        }
        Ok(plan)
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::JdSecurityGroups]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let listed = side.view(inventory).jd_security_groups(side.place().vpc_id.as_str());
        let Some((listed, wanted)) = listed.zip(wanted(side).ok()) else { return Vec::new() };
        let groups = listed.into_iter().cloned().collect::<Groups>();
        groups.findings(side.side(), &wanted, &owner(side, side.outputs()))
    }
}

fn wanted(side: &SideContext<'_>) -> Result<Vec<DesiredRule>, NotDone> {
    Ok(groups::wanted(side.jd_sides()?.0, &side.peer().network.cidr_blocks, Some(&side.mark())))
}

/// What is said of a rule that a removal leaves.
fn left(group: &str, rule: &SecurityRule) -> String {
    format!("{} in {group}, a rule of somebody else that does the same", inventory(rule))
}

fn owner(side: &SideContext<'_>, outputs: &Outputs) -> Owner {
    Owner { mark: side.mark(), recorded: outputs.rules.clone(), returned: Vec::new() }
}

/// Whether a side of another connection wants what this very rule does.
fn wants(other: &SideContext<'_>, group: &str, rule: &SecurityRule) -> bool {
    wanted(other)
        .is_ok_and(|wanted| wanted.iter().any(|wanted| wanted.group == group && groups::does(rule, &wanted.rule)))
}

/// Says of every rule that another connection made, and that does what is wanted, that this side uses it. Returns the groups and
/// their makers.
async fn rely_on_others(
    side: &SideContext<'_>,
    (groups, owner): &(Groups, Owner),
    wanted: &[DesiredRule],
    outputs: &mut Outputs,
) -> Result<BTreeSet<(String, Maker)>, NotDone> {
    let mut relied = BTreeSet::new();
    for (group, rule, maker) in groups.lent(wanted, owner) {
        let wants = |other: &SideContext<'_>| wants(other, group, rule);
        share::rely_on(side, outputs, &Thing::security_group(group), &maker, &wants).await?;
        relied.insert((group.to_owned(), maker));
    }
    Ok(relied)
}

/// Every group of the VPC.
async fn look(side: &SideContext<'_>, vpc: &Vpc) -> Result<Groups, NotDone> {
    Ok(look_at(vpc, side.place().vpc_id.as_str()).await?)
}

/// Every group of a VPC.
///
/// # Errors
/// As any call.
pub async fn look_at(vpc: &Vpc, vpc_id: &str) -> Result<Groups, jdcloud::Error> {
    let of_vpc =
        DescribeNetworkSecurityGroups { vpc_id: Some(vpc_id.to_owned()), ..DescribeNetworkSecurityGroups::default() };
    Ok(vpc.all_network_security_groups(&of_vpc).await?.into_iter().collect())
}

/// Looks, and records which rules are this connection's. One that was handed over is not, unless whoever got it does not want it.
async fn look_and_record(side: &SideContext<'_>, vpc: &Vpc, outputs: &mut Outputs) -> Result<(Groups, Owner), NotDone> {
    let groups = look(side, vpc).await?;
    let mut owner = owner(side, outputs);
    let mut returned = Vec::new();
    for (group, rule) in groups.all().filter(|(_, rule)| owner.is_recorded(rule)) {
        let other = owner.other_maker(rule);
        if !share::is_handed_over(side, other.as_ref(), &|other| wants(other, group, rule)).await? {
            returned.push(rule.rule_id.clone());
        }
    }
    owner.returned = returned;
    outputs.rules = groups.own(&owner);
    Ok((groups, owner))
}

/// Gives up every rule of this connection that does none of what is wanted: what another connection uses is handed over to it,
/// the rest is removed. Dying before a call leaves the decision in the record; dying after it, the next look finds what was done.
async fn give_up_others(
    side: &SideContext<'_>,
    vpc: &Vpc,
    (groups, owner): &(Groups, Owner),
    wanted: &[DesiredRule],
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let others = groups.others(wanted, owner);
    let Some((group, rule)) = others.first() else {
        return Ok(());
    };
    let awaited = format!("the rule {} in {group} to be gone, or another connection's", inventory(rule));
    let given_up = others.iter().map(|(group, rule)| GivenUp {
        thing: Thing::security_group(group),
        id: rule.rule_id.clone(),
        wants: Box::new(|other| wants(other, group, rule)),
    });
    share::decide_fates(side, outputs, &given_up.collect::<Vec<_>>()).await?;
    let mut removed = BTreeMap::<&str, Vec<String>>::new();
    for (group, rule) in &others {
        match outputs.fates.get(side.record(), &rule.rule_id) {
            Some(Fate::HandedTo(heir)) => {
                let mark = Mark::of_connection(&heir.connection, &heir.uid);
                unless_gone(vpc.describe_network_security_group_rule(group, &rule.rule_id, mark.description()).await)?;
            }
            Some(Fate::Removed) | None => removed.entry(group).or_default().push(rule.rule_id.clone()),
        }
    }
    for (group, ids) in removed {
        // One of them is gone already, and the others stayed: the next look tells which.
        unless_gone(vpc.remove_network_security_group_rules(group, &ids).await)?;
    }
    let (groups, owner) = look_and_record(side, vpc, outputs).await?;
    if groups.others(wanted, &owner).is_empty() { Ok(()) } else { Err(NotDone::retry(LOOK_AGAIN, awaited)) }
}

fn unless_gone(answer: Result<(), jdcloud::Error>) -> Result<(), jdcloud::Error> {
    answer.or_else(|error| if error.kind() == Kind::Gone { Ok(()) } else { Err(error) })
}

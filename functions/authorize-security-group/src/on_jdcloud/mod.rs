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

use std::time::Duration;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::StepName;
use engine::step::{SideContext, Step};
use jdcloud::Kind;
use jdcloud::vpc::{DescribeNetworkSecurityGroups, Vpc};

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
        let mut groups = look_and_record(side, &vpc, outputs).await?;
        groups.check(&wanted)?;
        let missing = groups.missing(&wanted);
        if !missing.is_empty() {
            for (group, rules) in &missing {
                match vpc.add_network_security_group_rules(group, rules).await {
                    // A copy of this message was faster: what is there is read back anyway.
                    Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                    Ok(()) | Err(_) => {}
                }
            }
            groups = look_and_record(side, &vpc, outputs).await?;
            if let Some((group, rules)) = groups.missing(&wanted).into_iter().next() {
                let rule = rules.first().map(described).unwrap_or_default();
                return Err(NotDone::retry(LOOK_AGAIN, format!("{rule} in {group} to be listed")));
            }
        }
        remove_others(side, &vpc, groups, &wanted, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.jd_vpc()?;
        let groups = look_and_record(side, &vpc, outputs).await?;
        remove_others(side, &vpc, groups, &[], outputs).await
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
            plan.push(side.planned(Some("removeNetworkSecurityGroupRules"), &resource, "it is removed"));
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

fn owner(side: &SideContext<'_>, outputs: &Outputs) -> Owner {
    Owner { mark: side.mark(), recorded: outputs.rules.clone() }
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

/// Looks, and records which rules are this connection's.
async fn look_and_record(side: &SideContext<'_>, vpc: &Vpc, outputs: &mut Outputs) -> Result<Groups, NotDone> {
    let groups = look(side, vpc).await?;
    outputs.rules = groups.own(&owner(side, outputs));
    Ok(groups)
}

/// Takes away every rule of this connection that does none of what is wanted.
async fn remove_others(
    side: &SideContext<'_>,
    vpc: &Vpc,
    groups: Groups,
    wanted: &[DesiredRule],
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let others = groups.others(wanted, &owner(side, outputs));
    let Some((group, rule)) = others.first() else { return Ok(()) };
    let awaited = format!("the rule {} in {group} to be gone", inventory(rule));
    let mut by_group = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for (group, rule) in &others {
        by_group.entry(group).or_default().push(rule.rule_id.clone());
    }
    for (group, ids) in by_group {
        match vpc.remove_network_security_group_rules(group, &ids).await {
            // One of them is gone already, and the others stayed: the next look tells which.
            Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let groups = look_and_record(side, vpc, outputs).await?;
    if groups.others(wanted, &owner(side, outputs)).is_empty() {
        Ok(())
    } else {
        Err(NotDone::retry(LOOK_AGAIN, awaited))
    }
}

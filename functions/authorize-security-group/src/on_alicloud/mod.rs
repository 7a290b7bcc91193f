//! On Alibaba Cloud: lets the other side in through the security groups that the spec names.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `groups` | what stands in the groups, and what follows from it: pure |
//! | `drift` | how the groups differ from what the record promises: pure |
//! | here | the calls |
//!
//! A rule belongs to this connection when its id is recorded or its description carries the connection's mark; no other rule
//! is ever touched. Where somebody else's rule says the very same, the cloud keeps no second one, so none is asked for; should
//! that rule go, observing finds it missing.
//!
//! What a former spec wanted is taken away only once everything that is wanted now was read back.

mod drift;
mod groups;

use std::time::Duration;

use alicloud::Kind;
use alicloud::ecs::{
    AuthorizeSecurityGroup as Authorize, DescribeSecurityGroups, Direction as Traffic, Ecs, GroupType,
    RevokeSecurityGroup, Revoked, SecurityRule,
};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::{NotDone, StepFailure};
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::words::StepName;
use engine::group_rules::{RequiredRules, asked, stands};
use engine::step::{SideContext, Step};
use futures::future;

use self::groups::{Addition, Groups, Owner, described, inventory};

/// How soon to look again at a rule that is not listed yet, or still.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The cloud takes at most this many rules in a call.
const MOST_AT_ONCE: usize = 100;

/// The step between VPCs of Alibaba Cloud.
pub(crate) struct OnAlicloud;

#[async_trait]
impl Step for OnAlicloud {
    fn name(&self) -> StepName {
        StepName::AuthorizeSecurityGroup
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let ecs = side.ecs()?;
        let asked = asked(side)?;
        let mut groups = look_and_record(side, &ecs, outputs).await?;
        groups.check(side.place(), &asked)?;
        let missing = groups.missing(&asked);
        if !missing.is_empty() {
            refuse_advanced(&ecs, &missing).await?;
            for addition in &missing {
                add(side, &ecs, addition).await?;
            }
            groups = look_and_record(side, &ecs, outputs).await?;
            if let Some(addition) = groups.missing(&asked).first() {
                return Err(NotDone::retry(LOOK_AGAIN, format!("{} to be listed", addition.resource())));
            }
        }
        remove_others(side, &ecs, groups, &asked, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let ecs = side.ecs()?;
        let groups = look_and_record(side, &ecs, outputs).await?;
        remove_others(side, &ecs, groups, &[], outputs).await
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let ecs = side.ecs()?;
        let asked = match operation {
            Operation::Apply => asked(side)?,
            Operation::Undo => Vec::new(),
            Operation::Pause => return Ok(Vec::new()),
        };
        let groups = look(side, &ecs, side.outputs()).await?;
        groups.check(side.place(), &asked)?;
        let missing = groups.missing(&asked);
        refuse_advanced(&ecs, &missing).await?;
        let standing = asked.iter().flat_map(|asked| {
            let permissions = groups.permissions(&asked.group);
            let rules = asked.done_by(permissions).unwrap_or(&asked.rules);
            rules.iter().filter(|rule| stands(rule, permissions)).map(|rule| (asked.group.as_str(), rule))
        });
        let mut plan: Vec<_> = standing
            .map(|(group, rule)| side.planned(None, &format!("{} in {group}", described(rule)), "stands"))
            .collect();
        for addition in &missing {
            let what = if addition.instead.is_empty() {
                "it is added"
            } else {
                "it is added, or rules by range where the cloud does not take the group"
            };
            plan.push(side.planned(Some("AuthorizeSecurityGroup"), &addition.resource(), what));
        }
        for (group, permission) in groups.others(&asked, &owner(side, side.outputs())) {
            let resource = format!("{} in {group}", inventory(permission));
            plan.push(side.planned(Some("RevokeSecurityGroup"), &resource, "it is removed"));
        }
        Ok(plan)
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<ListingId> {
        groups_of(side, side.outputs()).into_iter().map(|id| ListingId::SecurityGroup(id.to_owned())).collect()
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let (view, mut groups) = (side.view(inventory), Groups::default());
        for id in groups_of(side, side.outputs()) {
            // What could not be looked at is not compared.
            if let Some(rules) = view.security_group(id) {
                groups.insert(id, rules.cloned());
            }
        }
        let Ok(mut asked) = asked(side) else { return Vec::new() };
        asked.retain(|asked| groups.has(&asked.group));
        drift::findings(side.side(), &groups, &asked, &owner(side, side.outputs()))
    }
}

fn owner(side: &SideContext<'_>, outputs: &Outputs) -> Owner {
    Owner { mark: side.mark(), recorded: outputs.rules.clone() }
}

/// Every group in which the connection has rules, shall have them, or may have had them.
fn groups_of<'a>(side: &SideContext<'a>, outputs: &'a Outputs) -> Vec<&'a str> {
    let current = side.record().spec.opened_groups(side.side()).into_iter();
    let recorded = outputs.rules.iter().map(|rule| rule.security_group_id.as_str());
    let former = outputs.former.security_groups.iter().map(String::as_str);
    let mut ids: Vec<&str> = current.chain(recorded).chain(former).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Looks at each of them.
async fn look(side: &SideContext<'_>, ecs: &Ecs, outputs: &Outputs) -> Result<Groups, NotDone> {
    let ids = groups_of(side, outputs);
    let read = ids.iter().map(|id| ecs.describe_security_group_attribute(id, Some(&Traffic::Ingress)));
    let mut groups = Groups::default();
    for (id, rules) in ids.iter().zip(future::join_all(read).await) {
        match rules {
            Ok(rules) => groups.insert(id, Some(rules)),
            // A group that somebody deleted took its rules along.
            Err(error) if error.kind() == Kind::Gone => groups.insert(id, None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(groups)
}

/// Looks, and records which rules are this connection's.
async fn look_and_record(side: &SideContext<'_>, ecs: &Ecs, outputs: &mut Outputs) -> Result<Groups, NotDone> {
    let groups = look(side, ecs, outputs).await?;
    outputs.rules = groups.own(&owner(side, outputs));
    Ok(groups)
}

/// Fails where an advanced group would have to name another group: the cloud allows it none.
async fn refuse_advanced(ecs: &Ecs, missing: &[Addition]) -> Result<(), NotDone> {
    let mut ids: Vec<String> =
        missing.iter().filter(|addition| addition.names_a_group()).map(|addition| addition.group.clone()).collect();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let request = DescribeSecurityGroups { security_group_ids: ids, vpc_id: None };
    let listed = ecs.describe_security_groups(&request).await?;
    match listed.iter().find(|group| group.group_type == Some(GroupType::Enterprise)) {
        None => Ok(()),
        Some(group) => Err(NotDone::failed(
            format!("{} is an advanced security group: its rules cannot name other groups", group.security_group_id),
            "put the spec again with source cidr for this rule, or name a basic group",
        )),
    }
}

/// Adds rules, by the second choice where the cloud rules out the first.
async fn add(side: &SideContext<'_>, ecs: &Ecs, addition: &Addition) -> Result<(), NotDone> {
    match authorize(side, ecs, &addition.group, &addition.rules).await {
        Err(error) if error.kind() == Kind::RuledOut && addition.names_a_group() => {
            if addition.instead.is_empty() {
                return Err(not_taken(&error));
            }
            Ok(authorize(side, ecs, &addition.group, &addition.instead).await?)
        }
        done => Ok(done?),
    }
}

async fn authorize(
    side: &SideContext<'_>,
    ecs: &Ecs,
    group: &str,
    rules: &[SecurityRule],
) -> Result<(), alicloud::Error> {
    for rules in rules.chunks(MOST_AT_ONCE) {
        let intent: Vec<_> = rules.iter().map(described).collect();
        let request = Authorize {
            security_group_id: group.to_owned(),
            rules: rules.to_vec(),
            client_token: side.client_token(&format!("authorize {group} {}", intent.join(", "))),
        };
        match ecs.authorize_security_group(&request).await {
            // Some clouds complain about a rule that is there. What is there is read back anyway.
            Err(error) if error.kind() != Kind::AlreadyThere => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// The cloud does not take a group of the other side, and nothing else may be done instead.
fn not_taken(error: &alicloud::Error) -> NotDone {
    match NotDone::refused(error) {
        NotDone::Failed(failure) => NotDone::Failed(StepFailure {
            advice: format!(
                "{} To do so put the spec again with source cidr for this rule, or with fall_back_to_cidr: true",
                failure.advice
            ),
            ..failure
        }),
        wait @ NotDone::Retry(_) => wait,
    }
}

/// Takes away every rule of this connection that does none of what is asked.
async fn remove_others(
    side: &SideContext<'_>,
    ecs: &Ecs,
    groups: Groups,
    asked: &[RequiredRules],
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let tasks = groups.removals(asked, &owner(side, outputs))?;
    if tasks.is_empty() {
        return Ok(());
    }
    for (group, ids) in tasks {
        for ids in ids.chunks(MOST_AT_ONCE) {
            let request = RevokeSecurityGroup {
                security_group_id: group.clone(),
                rules: Revoked::ById(ids.to_vec()),
                client_token: side.client_token(&format!("revoke {group} {}", ids.join(", "))),
            };
            match ecs.revoke_security_group(&request).await {
                // One of them is gone already, and perhaps the others stayed: reading back tells.
                Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
    }
    let groups = look_and_record(side, ecs, outputs).await?;
    match groups.others(asked, &owner(side, outputs)).first() {
        None => Ok(()),
        Some((group, permission)) => {
            Err(NotDone::retry(LOOK_AGAIN, format!("the rule {} in {group} to be gone", inventory(permission))))
        }
    }
}

#[cfg(test)]
mod tests;

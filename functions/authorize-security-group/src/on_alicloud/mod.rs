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
//! that rule go, observing finds it missing. A rule that another connection made is used as it is, and handed over by whichever
//! of the two goes first ([`connection::share`]).
//!
//! What a former spec wanted is taken away only once everything that is wanted now was read back.

mod drift;
mod groups;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alicloud::Kind;
use alicloud::ecs::{
    AuthorizeSecurityGroup as Authorize, DescribeRule, DescribeSecurityGroups, Direction as Traffic, Ecs, GroupType,
    Permission, RevokeSecurityGroup, Revoked, SecurityRule,
};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::mark::{Maker, Mark};
use connection::not_done::{NotDone, StepFailure};
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::share::{Fate, SideRef, Thing};
use connection::words::StepName;
use engine::group_rules::{RequiredRules, asked, stands};
use engine::share::{self, GivenUp};
use engine::step::{SideContext, Step};
use futures::future;

use self::groups::{Addition, Groups, Owner, described, id_of, inventory, is_among};

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
        outputs.left.clear();
        let mut found = look_and_record(side, &ecs, outputs).await?;
        found.0.check(side.place(), &asked)?;
        let mut relied = rely_on_others(side, &found, &asked, outputs).await?;
        if !relied.is_empty() {
            found = look_and_record(side, &ecs, outputs).await?;
        }
        let missing = found.0.missing(&asked);
        if !missing.is_empty() {
            refuse_advanced(&ecs, &missing).await?;
            for addition in &missing {
                add(side, &ecs, addition).await?;
            }
            found = look_and_record(side, &ecs, outputs).await?;
            if let Some(addition) = found.0.missing(&asked).first() {
                return Err(NotDone::retry(LOOK_AGAIN, format!("{} to be listed", addition.resource())));
            }
        }
        let mut lent = found.0.lent(&asked, &found.1).map(|(group, _, maker)| (group.to_owned(), maker));
        if let Some((group, maker)) = lent.find(|lent| relied.insert(lent.clone())) {
            return Err(NotDone::retry(LOOK_AGAIN, format!("the rules of {} in {group} to settle", maker.connection)));
        }
        give_up_others(side, &ecs, &found, &asked, outputs).await
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let ecs = side.ecs()?;
        let found = look_and_record(side, &ecs, outputs).await?;
        // Somebody else's rules stay, and what was asked for stays let in by them. A spec that asks for what cannot be has none.
        let (asked, (groups, owner)) = (asked(side).unwrap_or_default(), &found);
        outputs.left = groups.foreign(&asked, owner).map(|(group, rule)| left(group, rule)).collect();
        give_up_others(side, &ecs, &found, &[], outputs).await?;
        share::forget_all(side, outputs, Thing::is_security_group).await
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
            let thing = Thing::security_group(group);
            plan.push(match share::heir(side, &thing, &|other| wants(other, group, permission)).await? {
                None => side.planned(Some("RevokeSecurityGroup"), &resource, "it is removed"),
                Some(heir) => {
                    let what = format!("it is handed over to {}, which uses it too", heir.connection);
                    side.planned(Some("ModifySecurityGroupRule"), &resource, &what)
                }
            });
        }
        if operation == Operation::Undo {
            let (wanted, owner) = (self::asked(side).unwrap_or_default(), owner(side, side.outputs()));
            let stays =
                groups.foreign(&wanted, &owner).map(|(group, rule)| side.planned(None, &left(group, rule), "stays"));
            plan.extend(stays);
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

/// What is said of a rule that a removal leaves.
fn left(group: &str, permission: &Permission) -> String {
    format!("{} in {group}, a rule of somebody else that does the same", inventory(permission))
}

fn owner(side: &SideContext<'_>, outputs: &Outputs) -> Owner {
    Owner { mark: side.mark(), recorded: outputs.rules.clone(), returned: Vec::new() }
}

/// Whether a side of another connection asks for this very rule.
fn wants(other: &SideContext<'_>, group: &str, permission: &Permission) -> bool {
    asked(other).is_ok_and(|asked| is_among(&asked, group, permission))
}

/// Says of every rule that another connection made, and that does what is asked, that this side uses it. Returns the groups and
/// their makers.
async fn rely_on_others(
    side: &SideContext<'_>,
    (groups, owner): &(Groups, Owner),
    asked: &[RequiredRules],
    outputs: &mut Outputs,
) -> Result<BTreeSet<(String, Maker)>, NotDone> {
    let mut relied = BTreeSet::new();
    for (group, permission, maker) in groups.lent(asked, owner) {
        let wants = |other: &SideContext<'_>| wants(other, group, permission);
        share::rely_on(side, outputs, &Thing::security_group(group), &maker, &wants).await?;
        relied.insert((group.to_owned(), maker));
    }
    Ok(relied)
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

/// Looks, and records which rules are this connection's. One that was handed over is not, unless whoever got it does not want it.
async fn look_and_record(side: &SideContext<'_>, ecs: &Ecs, outputs: &mut Outputs) -> Result<(Groups, Owner), NotDone> {
    let groups = look(side, ecs, outputs).await?;
    let mut owner = owner(side, outputs);
    let mut returned = Vec::new();
    for (group, permission) in groups.all().filter(|(group, permission)| owner.is_recorded(group, permission)) {
        let other = owner.other_maker(permission);
        if !share::is_handed_over(side, other.as_ref(), &|other| wants(other, group, permission)).await? {
            returned.extend(permission.security_group_rule_id.clone());
        }
    }
    owner.returned = returned;
    outputs.rules = groups.own(&owner);
    Ok((groups, owner))
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

/// Gives up every rule of this connection that does none of what is asked: what another connection uses is handed over to it,
/// the rest is removed. Dying before a call leaves the decision in the record; dying after it, the next look finds what was done.
async fn give_up_others(
    side: &SideContext<'_>,
    ecs: &Ecs,
    (groups, owner): &(Groups, Owner),
    asked: &[RequiredRules],
    outputs: &mut Outputs,
) -> Result<(), NotDone> {
    let others = groups.others(asked, owner);
    if others.is_empty() {
        return Ok(());
    }
    let mut given_up = Vec::new();
    for (group, permission) in &others {
        let (thing, id) = (Thing::security_group(group), id_of(group, permission)?.to_owned());
        given_up.push(GivenUp { thing, id, wants: Box::new(|other| wants(other, group, permission)) });
    }
    share::decide_fates(side, outputs, &given_up).await?;
    let mut removed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, permission) in &others {
        let id = id_of(group, permission)?;
        match outputs.fates.get(side.record(), id) {
            Some(Fate::HandedTo(heir)) => hand_over(side, ecs, group, id, heir).await?,
            Some(Fate::Removed) | None => removed.entry(group).or_default().push(id.to_owned()),
        }
    }
    for (group, ids) in removed {
        for ids in ids.chunks(MOST_AT_ONCE) {
            let request = RevokeSecurityGroup {
                security_group_id: group.to_owned(),
                rules: Revoked::ById(ids.to_vec()),
                client_token: side.client_token(&format!("revoke {group} {}", ids.join(", "))),
            };
            // One of them is gone already, and perhaps the others stayed: reading back tells.
            unless_gone(ecs.revoke_security_group(&request).await)?;
        }
    }
    let (groups, owner) = look_and_record(side, ecs, outputs).await?;
    match groups.others(asked, &owner).first() {
        None => Ok(()),
        Some((group, permission)) => {
            Err(NotDone::retry(LOOK_AGAIN, format!("the rule {} in {group} to be gone", inventory(permission))))
        }
    }
}

/// Puts the mark of the connection that uses a rule on it.
async fn hand_over(side: &SideContext<'_>, ecs: &Ecs, group: &str, id: &str, heir: &SideRef) -> Result<(), NotDone> {
    let request = DescribeRule {
        security_group_id: group.to_owned(),
        security_group_rule_id: id.to_owned(),
        description: Mark::of_connection(&heir.connection, &heir.uid).description().to_owned(),
        client_token: side.client_token(&format!("hand over {id} to {}", heir.uid)),
    };
    Ok(unless_gone(ecs.describe_rule(&request).await)?)
}

fn unless_gone(answer: Result<(), alicloud::Error>) -> Result<(), alicloud::Error> {
    answer.or_else(|error| if error.kind() == Kind::Gone { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests;

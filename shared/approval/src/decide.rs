//! From policy, request and facts to a verdict.
//!
//! What comes first decides first:
//!
//! 1. the service is not active or is locked: hold;
//! 2. a person rejected it: reject. A rule rejects it: reject, also what a person approved. A person wants it held: hold.
//!    It was cut or refused elsewhere, its lease ended, or a person rejected an earlier endpoint of the same VPC: leave. A
//!    rule holds it: hold. All of this counts for what a connection asks for, too;
//! 3. a person approved it, or a connection of Causeway asks for it: approve, once it is ready;
//! 4. no rule that approves names the account for this service, or the account is not on the service's own whitelist: leave;
//! 5. what a rule names of VPC, region, zones, ranges, owner, time, and its limits: leave or hold;
//! 6. a rule rejects or holds some ranges, and those of the endpoint's VPC are not known: hold. Not what a person approved;
//! 7. it has no zones or is being changed: hold;
//! 8. approve.
//!
//! Of several rules that approve the one with the smallest id is taken, so that their order never matters.

use ipnet::Ipv4Net;

use crate::decision::Approval;
use crate::policy::{Effect as RuleEffect, Policy, Rule};
use crate::request::{Facts, Past, PersonSays, Request, Status};
use crate::verdict::{Effect, Reason, Verdict};

/// What a verdict is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To connect.
    Connect,
    /// To leave connected: hours of the week and approvals an hour are about approving, not about standing.
    Keep,
}

/// Decides on a request that is not connected. `policy` is `None` where there is none, or none that reads.
#[must_use]
pub fn decide(policy: Option<&Policy>, request: &Request, facts: &Facts) -> Verdict {
    judge(policy, request, facts, Purpose::Connect)
}

/// Decides whether a connected endpoint still passes: the verdict against it if it does not.
///
/// Without a policy, and with one that has no rules, everything passes but what a person rejected. So does whatever cannot
/// be judged now: what is unknown is no reason to cut.
#[must_use]
pub fn recheck(
    policy: Option<&Policy>,
    request: &Request,
    facts: &Facts,
    approval: Option<&Approval>,
) -> Option<Verdict> {
    let verdict = judge(policy, request, facts, Purpose::Keep);
    if matches!(verdict.effect, Effect::Reject | Effect::Leave) {
        let nobody_decided = matches!(verdict.reason, Reason::NoPolicy);
        return (!nobody_decided).then_some(verdict);
    }
    let policy = policy.filter(|policy| !policy.is_empty());
    let anew = |approval: &Approval| person_says(facts, PersonSays::Approve).is_some_and(|at| at > approval.at);
    let ended = approval.filter(|approval| approval.has_ended(facts.now) && !anew(approval));
    match (policy, ended) {
        (Some(_), Some(approval)) => Some(Verdict::of(Reason::LeaseEnded, approval.rule.as_ref())),
        _ => None,
    }
}

fn person_says(facts: &Facts, decision: PersonSays) -> Option<jiff::Timestamp> {
    facts.person.as_ref().filter(|word| word.decision == decision).map(|word| word.at)
}

fn judge(policy: Option<&Policy>, request: &Request, facts: &Facts, purpose: Purpose) -> Verdict {
    let rules = || policy.into_iter().flat_map(|policy| &policy.rules);
    let fitting = |effect| {
        smallest(rules().filter(move |rule| rule.effect == effect && bars(rule, request, facts) == Some(true)))
    };
    let says = |decision| person_says(facts, decision).is_some();
    if !facts.service_is_ready {
        return Verdict::of(Reason::ServiceNotReady, None);
    }
    if says(PersonSays::Reject) {
        return Verdict::of(Reason::RejectedByPerson, None);
    }
    if let Some(rule) = fitting(RuleEffect::Reject) {
        return Verdict::of(Reason::RejectedByRule, Some(&rule.id));
    }
    if says(PersonSays::Hold) {
        return Verdict::of(Reason::HeldByPerson, None);
    }
    let approved_by_person = says(PersonSays::Approve);
    let announced = facts.connection.as_deref();
    if !approved_by_person {
        match facts.past {
            Some(Past::EndedElsewhere) => return Verdict::of(Reason::EndedElsewhere, None),
            Some(Past::LeaseEnded) => return Verdict::of(Reason::LeaseEnded, None),
            Some(Past::RejectedBefore) => return Verdict::of(Reason::RejectedBefore, None),
            // A connection that asks anew ended it itself.
            Some(Past::EndedByConnection) if announced.is_none() => {
                return Verdict::of(Reason::EndedByConnection, None);
            }
            Some(Past::EndedByConnection) | None => {}
        }
        if let Some(rule) = fitting(RuleEffect::Hold) {
            return Verdict::of(Reason::HeldByRule, Some(&rule.id));
        }
    }
    let (verdict, rule) = if approved_by_person {
        (Verdict::of(Reason::ApprovedByPerson, None), None)
    } else if let Some(connection) = announced {
        (Verdict::by_connection(Reason::ApprovedByConnection, connection), None)
    } else {
        match policy.filter(|policy| !policy.is_empty()) {
            None => return Verdict::of(Reason::NoPolicy, None),
            Some(policy) => match nearest(policy, request, facts, purpose) {
                Ok(rule) => (Verdict::of(Reason::ApprovedByRule, Some(&rule.id)), Some(rule)),
                Err(verdict) => return verdict,
            },
        }
    };
    let perhaps = |rule: &&Rule| rule.effect != RuleEffect::Approve && bars(rule, request, facts).is_none();
    if !approved_by_person && let Some(rule) = smallest(rules().filter(perhaps)) {
        return Verdict::of(Reason::RangesUnknown, Some(&rule.id));
    }
    let is_ready = !request.zones.is_empty() && matches!(request.status, Status::Disconnected | Status::Connected);
    if purpose == Purpose::Connect && !is_ready {
        return Verdict::of(Reason::NotReady, verdict.rule.as_ref());
    }
    Verdict {
        bandwidth_mbps: rule.and_then(|rule| rule.bandwidth_mbps),
        lease: rule.and_then(|rule| rule.lease),
        ..verdict
    }
}

/// The rule that approves, or what the one says that came nearest to it.
fn nearest<'a>(policy: &'a Policy, request: &Request, facts: &Facts, purpose: Purpose) -> Result<&'a Rule, Verdict> {
    let account = request.account_id.as_deref();
    let names = |rule: &&Rule| {
        let accounts = rule.accounts.iter().flatten();
        rule.effect == RuleEffect::Approve
            && named(rule.services.as_deref(), &request.service_id)
            && accounts.map(|id| Some(id.as_str())).any(|id| id == account)
    };
    let candidates: Vec<&Rule> = policy.rules.iter().filter(names).collect();
    if candidates.is_empty() {
        return Err(Verdict::of(Reason::AccountNotListed, None));
    }
    match facts.whitelisted {
        Some(true) => {}
        Some(false) => return Err(Verdict::of(Reason::NotOnServiceWhitelist, None)),
        None => return Err(Verdict::of(Reason::WhitelistUnknown, None)),
    }
    let judged = candidates.into_iter().map(|rule| (obstacle(policy, rule, request, facts, purpose), rule));
    let passes = |obstacle: &Option<Reason>| obstacle.is_none();
    // The one that gets furthest, and of those the one with the smallest id.
    let best = judged
        .max_by(|(one, a), (other, b)| (passes(one), one).cmp(&(passes(other), other)).then_with(|| b.id.cmp(&a.id)));
    match best {
        Some((None, rule)) => Ok(rule),
        Some((Some(reason), rule)) => Err(Verdict::of(reason, Some(&rule.id))),
        None => Err(Verdict::of(Reason::AccountNotListed, None)),
    }
}

/// What keeps a rule that names service and account from approving: the first in the order of deciding.
fn obstacle(policy: &Policy, rule: &Rule, request: &Request, facts: &Facts, purpose: Purpose) -> Option<Reason> {
    let connecting = purpose == Purpose::Connect;
    let known = |list: Option<&[String]>, value: Option<&String>| {
        list.is_none() || value.is_some_and(|value| named(list, value))
    };
    let over = |limit: Option<u32>, others: u32| limit.is_some_and(|limit| others >= limit);
    let ranges = facts.ranges.as_deref().unwrap_or_default();
    let approved = facts.approvals.by_rule.get(rule.id.as_str()).copied().unwrap_or_default();
    let checks = [
        (known(rule.vpcs.as_deref(), request.vpc_id.as_ref()), Reason::WrongVpc),
        (named(rule.regions.as_deref(), &request.region), Reason::WrongRegion),
        (request.zones.iter().all(|zone| named(rule.zones.as_deref(), zone)), Reason::WrongZone),
        (!rule.names_ranges() || facts.ranges.is_some(), Reason::RangesUnknown),
        (rule.ranges.as_ref().is_none_or(|named| all_within(ranges, named)), Reason::WrongRange),
        (rule.no_overlap_with.as_ref().is_none_or(|named| !overlap(ranges, named)), Reason::RangeOverlaps),
        (rule.same_account.is_none() || rule.same_account == request.same_account, Reason::WrongOwner),
        (rule.not_before.is_none_or(|from| from <= facts.now), Reason::NotYet),
        (rule.not_after.is_none_or(|to| facts.now < to), Reason::RuleExpired),
        (!connecting || within(rule, facts) == Some(true), Reason::OutsideWindow),
        (!over(rule.endpoints_per_account, facts.others.of_account), Reason::AccountQuota),
        (!over(rule.endpoints_per_vpc, facts.others.of_vpc), Reason::VpcQuota),
        (!over(rule.endpoints_per_service, facts.others.of_service), Reason::ServiceQuota),
        (
            !connecting
                || !over(rule.approvals_per_hour, approved) && !over(policy.approvals_per_hour, facts.approvals.in_all),
            Reason::RateLimited,
        ),
    ];
    checks.into_iter().find(|(fits, _)| !fits).map(|(_, reason)| reason)
}

/// Whether a rule that rejects or holds fits; `None` where that hangs on ranges that are not known. What else is unknown of the
/// request counts as fitting: that is the safe side, and it does not change from one look to the next.
fn bars(rule: &Rule, request: &Request, facts: &Facts) -> Option<bool> {
    let maybe = |list: Option<&[String]>, value: Option<&String>| value.is_none_or(|value| named(list, value));
    let account = match (&rule.accounts, &request.account_id) {
        (Some(accounts), Some(id)) => accounts.iter().any(|account| account.as_str() == id),
        _ => true,
    };
    let zone = rule.zones.is_none()
        || request.zones.is_empty()
        || request.zones.iter().any(|zone| named(rule.zones.as_deref(), zone));
    let owner =
        rule.same_account.is_none() || request.same_account.is_none() || rule.same_account == request.same_account;
    let fits = named(rule.services.as_deref(), &request.service_id)
        && account
        && maybe(rule.vpcs.as_deref(), request.vpc_id.as_ref())
        && named(rule.regions.as_deref(), &request.region)
        && zone
        && owner
        && rule.not_before.is_none_or(|from| from <= facts.now)
        && rule.not_after.is_none_or(|to| facts.now < to)
        && within(rule, facts) != Some(false);
    match &rule.ranges {
        Some(named) if fits => facts.ranges.as_ref().map(|ranges| overlap(ranges, named)),
        _ => Some(fits),
    }
}

/// Whether this instant lies in a rule's hours; `None` when that cannot be said.
fn within(rule: &Rule, facts: &Facts) -> Option<bool> {
    let Some(windows) = &rule.windows else { return Some(true) };
    let all: Vec<Option<bool>> = windows.iter().map(|window| window.holds(facts.now)).collect();
    if all.contains(&Some(true)) { Some(true) } else { (!all.contains(&None)).then_some(false) }
}

fn named(list: Option<&[String]>, value: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|one| one == value))
}

fn all_within(ranges: &[Ipv4Net], named: &[Ipv4Net]) -> bool {
    // Neighbours that are named one by one are one range.
    let named = Ipv4Net::aggregate(&named.to_vec());
    ranges.iter().all(|range| named.iter().any(|one| one.contains(range)))
}

fn overlap(ranges: &[Ipv4Net], named: &[Ipv4Net]) -> bool {
    ranges.iter().any(|range| named.iter().any(|one| one.contains(range) || range.contains(one)))
}

fn smallest<'a>(rules: impl Iterator<Item = &'a Rule>) -> Option<&'a Rule> {
    rules.min_by(|one, other| one.id.cmp(&other.id))
}

#[cfg(test)]
pub(crate) mod tests;

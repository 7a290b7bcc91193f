//! The order of deciding, case by case, and what must hold of every policy.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::policy::{Lease, Mode};
use crate::request::{Approvals, Others, Word};

const NOW: &str = "2026-01-05T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn policy(rules: Value) -> Policy {
    Policy::from_value(json!({"version": 1, "rules": rules})).unwrap()
}

fn partner(more: Value) -> Policy {
    let mut rule = json!({"id": "partner", "effect": "approve", "accounts": ["1001"]});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy(json!([rule]))
}

pub fn request() -> Request {
    Request {
        service_id: "epsrv-1".to_owned(),
        endpoint_id: "ep-1".to_owned(),
        account_id: Some("1001".to_owned()),
        vpc_id: Some("vpc-1".to_owned()),
        region: "eu-central-1".to_owned(),
        zones: vec!["eu-central-1a".to_owned()],
        same_account: Some(false),
        status: Status::Disconnected,
        modified_at: None,
    }
}

pub fn facts() -> Facts {
    Facts {
        now: now(),
        service_is_ready: true,
        whitelisted: Some(true),
        ranges: None,
        others: Others::default(),
        approvals: Approvals::default(),
        person: None,
        past: None,
        connection: None,
    }
}

fn word(decision: PersonSays) -> Option<Word> {
    Some(Word { decision, reason: "because".to_owned(), by: "ann".to_owned(), at: now() })
}

fn nets(ranges: &[&str]) -> Vec<Ipv4Net> {
    ranges.iter().map(|range| range.parse().unwrap()).collect()
}

fn reason(policy: &Policy, change: impl FnOnce(&mut Request, &mut Facts)) -> Reason {
    let (mut request, mut facts) = (request(), facts());
    change(&mut request, &mut facts);
    decide(Some(policy), &request, &facts).reason
}

#[test]
fn a_listed_account_is_approved_with_bandwidth_and_lease_of_its_rule() {
    let policy = partner(json!({"bandwidth_mbps": 500, "lease": {"hours": 8, "warn_hours": 1}}));
    let verdict = decide(Some(&policy), &request(), &facts());
    assert_eq!((verdict.effect, verdict.reason), (Effect::Approve, Reason::ApprovedByRule));
    assert_eq!(verdict.rule.unwrap().as_str(), "partner");
    assert_eq!((verdict.bandwidth_mbps, verdict.lease), (Some(500), Some(Lease { hours: 8, warn_hours: 1 })));
}

#[test]
fn each_condition_keeps_out_what_it_does_not_name() {
    use Reason as R;
    for (more, expected) in [
        (json!({"services": ["epsrv-2"]}), R::AccountNotListed),
        (json!({"accounts": ["1002"]}), R::AccountNotListed),
        (json!({"vpcs": ["vpc-2"]}), R::WrongVpc),
        (json!({"regions": ["cn-beijing"]}), R::WrongRegion),
        (json!({"zones": ["eu-central-1b"]}), R::WrongZone),
        (json!({"same_account": true}), R::WrongOwner),
        (json!({"not_before": "2026-01-05T10:00:01Z"}), R::NotYet),
        (json!({"not_after": NOW}), R::RuleExpired),
        (json!({"windows": [{"days": ["tue"], "time_zone": "UTC"}]}), R::OutsideWindow),
    ] {
        assert_eq!(reason(&partner(more.clone()), |_, _| {}), expected, "{more}");
    }
    let all = json!({
        "services": ["epsrv-1"], "vpcs": ["vpc-1"], "regions": ["eu-central-1"], "zones": ["eu-central-1a", "eu-central-1b"],
        "same_account": false, "not_before": NOW, "not_after": "2026-01-05T10:00:01Z",
        "windows": [{"days": ["mon"], "from": "10:00", "time_zone": "UTC"}],
    });
    assert_eq!(reason(&partner(all.clone()), |_, _| {}), R::ApprovedByRule);
    assert_eq!(reason(&partner(all), |request, _| request.vpc_id = None), R::WrongVpc, "what is unknown does not fit");
    let two_zones = |request: &mut Request, _: &mut Facts| request.zones.push("eu-central-1c".to_owned());
    assert_eq!(
        reason(&partner(json!({"zones": ["eu-central-1a"]})), two_zones),
        R::WrongZone,
        "every zone must be named"
    );
}

#[test]
fn a_rule_that_approves_by_ranges_wants_all_of_the_vpcs_and_waits_while_they_are_not_known() {
    use Reason as R;
    let allocated = partner(json!({"ranges": ["10.8.0.0/16", "10.9.0.0/16"]}));
    let apart = partner(json!({"no_overlap_with": ["172.16.0.0/12", "192.168.7.0/24"]}));
    let both = partner(json!({"ranges": ["10.0.0.0/8"], "no_overlap_with": ["10.64.0.0/10"]}));
    for (policy, ranges, expected) in [
        (&allocated, vec!["10.8.1.0/24"], R::ApprovedByRule),
        (&allocated, vec!["10.8.0.0/16", "10.9.128.0/17"], R::ApprovedByRule),
        (&allocated, vec!["10.8.0.0/15"], R::ApprovedByRule),
        (&allocated, vec!["10.8.0.0/16", "10.10.0.0/16"], R::WrongRange),
        (&allocated, vec!["10.0.0.0/8"], R::WrongRange),
        (&apart, vec!["10.0.0.0/8", "192.168.8.0/24"], R::ApprovedByRule),
        (&apart, vec!["192.168.0.0/16"], R::RangeOverlaps),
        (&apart, vec!["10.0.0.0/8", "172.20.1.0/24"], R::RangeOverlaps),
        (&both, vec!["10.1.0.0/16"], R::ApprovedByRule),
        (&both, vec!["10.65.0.0/16"], R::RangeOverlaps),
        (&both, vec!["11.0.0.0/16"], R::WrongRange),
    ] {
        let of_vpc = |_: &mut Request, facts: &mut Facts| facts.ranges = Some(nets(&ranges));
        assert_eq!(reason(policy, of_vpc), expected, "{ranges:?}");
        let connected = Request { status: Status::Connected, ..request() };
        let facts = Facts { ranges: Some(nets(&ranges)), ..facts() };
        let stands = recheck(Some(policy), &connected, &facts, None).map(|verdict| verdict.reason);
        assert_eq!(stands, (expected != R::ApprovedByRule).then_some(expected), "a VPC may have got a range since");
    }
    let connected = Request { status: Status::Connected, ..request() };
    for policy in [&allocated, &apart, &both] {
        assert_eq!(reason(policy, |_, _| {}), R::RangesUnknown);
        assert_eq!(reason(policy, |_, facts| facts.person = word(PersonSays::Approve)), R::ApprovedByPerson);
        assert_eq!(recheck(Some(policy), &connected, &facts(), None), None, "what is unknown is no reason to cut");
    }
}

#[test]
fn a_rule_that_rejects_or_holds_ranges_fits_what_overlaps_and_lets_nothing_by_while_they_are_not_known() {
    use Reason as R;
    for (effect, bars) in [("reject", R::RejectedByRule), ("hold", R::HeldByRule)] {
        let policy = policy(json!([
            {"id": "partner", "effect": "approve", "accounts": ["1001"]},
            {"id": "pool", "effect": effect, "vpcs": ["vpc-1"], "ranges": ["10.64.0.0/10"]},
        ]));
        let of_vpc = |ranges: &'static [&'static str]| {
            move |_: &mut Request, facts: &mut Facts| facts.ranges = Some(nets(ranges))
        };
        assert_eq!(reason(&policy, of_vpc(&["10.64.0.0/16"])), bars);
        assert_eq!(reason(&policy, of_vpc(&["192.168.0.0/16", "10.0.0.0/8"])), bars, "one range suffices");
        assert_eq!(reason(&policy, of_vpc(&["10.0.0.0/10"])), R::ApprovedByRule);
        assert_eq!(reason(&policy, |_, _| {}), R::RangesUnknown);
        assert_eq!(reason(&policy, |_, facts| facts.connection = Some("shop".to_owned())), R::RangesUnknown);
        assert_eq!(reason(&policy, |_, facts| facts.person = word(PersonSays::Approve)), R::ApprovedByPerson);
        let stranger = |request: &mut Request, _: &mut Facts| request.account_id = Some("1002".to_owned());
        assert_eq!(reason(&policy, stranger), R::AccountNotListed, "it would not be approved anyway");
        let elsewhere = |request: &mut Request, _: &mut Facts| request.vpc_id = Some("vpc-2".to_owned());
        assert_eq!(reason(&policy, elsewhere), R::ApprovedByRule, "the rule is about another VPC");
        let connected = Request { status: Status::Connected, ..request() };
        assert_eq!(recheck(Some(&policy), &connected, &facts(), None), None, "what is unknown is no reason to cut");
    }
}

#[test]
fn limits_count_what_is_connected_already_and_what_was_approved_within_the_hour() {
    use Reason as R;
    type Fill = fn(&mut Facts);
    let cases: [(Value, Fill, R); 5] = [
        (json!({"endpoints_per_account": 2}), |facts| facts.others.of_account = 2, R::AccountQuota),
        (json!({"endpoints_per_vpc": 2}), |facts| facts.others.of_vpc = 2, R::VpcQuota),
        (json!({"endpoints_per_service": 2}), |facts| facts.others.of_service = 2, R::ServiceQuota),
        (
            json!({"approvals_per_hour": 2}),
            |facts| facts.approvals.by_rule = BTreeMap::from([("partner".to_owned(), 2)]),
            R::RateLimited,
        ),
        (json!({}), |facts| facts.approvals.in_all = 3, R::ApprovedByRule),
    ];
    for (more, full, expected) in cases {
        assert_eq!(reason(&partner(more.clone()), |_, facts| full(facts)), expected, "{more}");
        assert_eq!(reason(&partner(more.clone()), |_, _| {}), R::ApprovedByRule, "{more}");
    }
    let breaker = Policy { approvals_per_hour: Some(3), ..partner(json!({})) };
    assert_eq!(reason(&breaker, |_, facts| facts.approvals.in_all = 3), R::RateLimited);
}

#[test]
fn what_comes_first_in_the_order_decides() {
    use Reason as R;
    let mut rules = json!([
        {"id": "partner", "effect": "approve", "accounts": ["1001"]},
        {"id": "never", "effect": "reject", "vpcs": ["vpc-1"]},
        {"id": "ask", "effect": "hold", "zones": ["eu-central-1a"]},
    ]);
    let all = policy(rules.clone());
    let gone = |request: &mut Request, facts: &mut Facts| {
        facts.service_is_ready = false;
        facts.person = word(PersonSays::Reject);
        request.zones.clear();
    };
    assert_eq!(reason(&all, gone), R::ServiceNotReady);
    assert_eq!(reason(&all, |_, facts| facts.person = word(PersonSays::Reject)), R::RejectedByPerson);
    assert_eq!(reason(&all, |_, facts| facts.person = word(PersonSays::Approve)), R::RejectedByRule);
    assert_eq!(reason(&all, |_, _| {}), R::RejectedByRule);
    rules.as_array_mut().unwrap().remove(1);
    let held = policy(rules.clone());
    assert_eq!(reason(&held, |_, _| {}), R::HeldByRule);
    assert_eq!(reason(&held, |_, facts| facts.person = word(PersonSays::Hold)), R::HeldByPerson);
    assert_eq!(reason(&held, |_, facts| facts.person = word(PersonSays::Approve)), R::ApprovedByPerson);
    assert_eq!(reason(&held, |_, facts| facts.past = Some(Past::EndedElsewhere)), R::EndedElsewhere);
    rules.as_array_mut().unwrap().remove(1);
    let plain = policy(rules);
    assert_eq!(reason(&plain, |_, facts| facts.past = Some(Past::LeaseEnded)), R::LeaseEnded);
    assert_eq!(reason(&plain, |_, facts| facts.whitelisted = Some(false)), R::NotOnServiceWhitelist);
    assert_eq!(reason(&plain, |_, facts| facts.whitelisted = None), R::WhitelistUnknown);
    assert_eq!(reason(&plain, |request, _| request.zones.clear()), R::NotReady);
    assert_eq!(reason(&plain, |request, _| request.status = Status::Moving), R::NotReady);
    assert_eq!(reason(&policy(json!([])), |_, _| {}), R::NoPolicy);
    assert_eq!(decide(None, &request(), &facts()).reason, R::NoPolicy);
}

#[test]
fn what_a_connection_asks_for_needs_no_rule_and_yields_to_a_person_and_to_a_rule_that_rejects() {
    use Reason as R;
    let announced = |facts: &mut Facts| facts.connection = Some("shop".to_owned());
    let stranger = policy(json!([{"id": "other", "effect": "approve", "accounts": ["1002"]}]));
    let asks = |policy: &Policy, change: fn(&mut Request, &mut Facts)| {
        reason(policy, |request, facts| {
            announced(facts);
            change(request, facts);
        })
    };
    assert_eq!(reason(&stranger, |_, _| {}), R::AccountNotListed);
    assert_eq!(asks(&stranger, |_, _| {}), R::ApprovedByConnection);
    assert_eq!(asks(&stranger, |_, facts| facts.past = Some(Past::EndedByConnection)), R::ApprovedByConnection);
    for (past, reason) in [
        (Past::EndedElsewhere, R::EndedElsewhere),
        (Past::LeaseEnded, R::LeaseEnded),
        (Past::RejectedBefore, R::RejectedBefore),
    ] {
        let cut = |facts: &mut Facts| facts.past = Some(past);
        let mut facts = facts();
        announced(&mut facts);
        cut(&mut facts);
        assert_eq!(decide(Some(&stranger), &request(), &facts).reason, reason, "an owner's cut stands");
        facts.person = word(PersonSays::Approve);
        assert_eq!(decide(Some(&stranger), &request(), &facts).reason, R::ApprovedByPerson, "until a person decides");
    }
    let held = policy(json!([{"id": "wait", "effect": "hold", "accounts": ["1001"]}]));
    assert_eq!(asks(&held, |_, _| {}), R::HeldByRule);
    assert_eq!(asks(&stranger, |_, facts| facts.person = word(PersonSays::Reject)), R::RejectedByPerson);
    assert_eq!(asks(&stranger, |_, facts| facts.person = word(PersonSays::Hold)), R::HeldByPerson);
    assert_eq!(asks(&stranger, |request, _| request.zones.clear()), R::NotReady);
    let never = policy(json!([{"id": "never", "effect": "reject", "accounts": ["1001"]}]));
    assert_eq!(asks(&never, |_, _| {}), R::RejectedByRule);
    let mut facts = facts();
    announced(&mut facts);
    let connected = Request { status: Status::Connected, ..request() };
    assert_eq!(recheck(Some(&stranger), &connected, &facts, None), None, "it stands though no rule names it");
    let gone = |_: &mut Request, facts: &mut Facts| facts.past = Some(Past::EndedByConnection);
    assert_eq!(reason(&stranger, gone), R::EndedByConnection);
}

#[test]
fn of_several_rules_that_approve_one_that_passes_is_taken_and_else_the_nearest_is_named() {
    let policy = policy(json!([
        {"id": "c", "effect": "approve", "accounts": ["1001"], "vpcs": ["vpc-2"]},
        {"id": "b", "effect": "approve", "accounts": ["1001"], "bandwidth_mbps": 200},
        {"id": "a", "effect": "approve", "accounts": ["1001"], "zones": ["eu-central-1b"]},
    ]));
    assert_eq!(decide(Some(&policy), &request(), &facts()).bandwidth_mbps, Some(200));
    let without_b =
        Policy { rules: policy.rules.iter().filter(|rule| rule.id.as_str() != "b").cloned().collect(), ..policy };
    let verdict = decide(Some(&without_b), &request(), &facts());
    assert_eq!((verdict.reason, verdict.rule.unwrap().as_str()), (Reason::WrongZone, "a"));
}

fn approval(lease: Option<Lease>) -> Approval {
    Approval { at: now() - SignedDuration::from_hours(10), rule: None, lease }
}

#[test]
fn a_connected_endpoint_passes_outside_hours_and_without_a_policy_and_not_once_its_rule_is_gone() {
    let connected = Request { status: Status::Connected, ..request() };
    let closed = json!({"windows": [{"days": ["tue"], "time_zone": "UTC"}], "approvals_per_hour": 1});
    let check = |policy: Option<&Policy>, facts: &Facts| recheck(policy, &connected, facts, None).map(|it| it.reason);
    let busy =
        Facts { approvals: Approvals { in_all: 9, by_rule: BTreeMap::from([("partner".to_owned(), 9)]) }, ..facts() };
    assert_eq!(check(Some(&partner(closed)), &busy), None);
    assert_eq!(check(None, &facts()), None);
    assert_eq!(check(Some(&policy(json!([]))), &facts()), None, "an empty policy changes nothing");
    assert_eq!(check(Some(&partner(json!({"accounts": ["1002"]}))), &facts()), Some(Reason::AccountNotListed));
    assert_eq!(check(Some(&partner(json!({"not_after": NOW}))), &facts()), Some(Reason::RuleExpired));
    let unknown = Facts { whitelisted: None, ..facts() };
    assert_eq!(check(Some(&partner(json!({}))), &unknown), None, "what is unknown is no reason to cut");
    let rejected = Facts { person: word(PersonSays::Reject), ..facts() };
    assert_eq!(check(None, &rejected), Some(Reason::RejectedByPerson));
}

#[test]
fn a_lease_ends_unless_a_person_approves_anew() {
    let connected = Request { status: Status::Connected, ..request() };
    let ended = approval(Some(Lease { hours: 10, warn_hours: 1 }));
    let check = |facts: &Facts, approval: &Approval| {
        recheck(Some(&partner(json!({}))), &connected, facts, Some(approval)).map(|it| it.reason)
    };
    assert_eq!(check(&facts(), &ended), Some(Reason::LeaseEnded));
    assert_eq!(check(&facts(), &approval(Some(Lease { hours: 11, warn_hours: 1 }))), None);
    assert_eq!(check(&facts(), &approval(None)), None);
    let anew = Facts { person: word(PersonSays::Approve), ..facts() };
    assert_eq!(check(&anew, &ended), None);
    assert_eq!(recheck(None, &connected, &facts(), Some(&ended)), None, "without a policy nothing changes");
}

fn any_rule() -> impl Strategy<Value = Value> {
    let few = |values: &'static [&'static str]| {
        prop::option::of(prop::sample::subsequence(values.to_vec(), 1..=values.len()))
    };
    let effect = prop::sample::select(vec!["approve", "approve", "approve", "reject", "hold"]);
    let limits = (prop::option::of(1..4_u32), prop::option::of(1..4_u32), prop::option::of(1..4_u32));
    let days = few(&["mon", "tue"]);
    let limits = (few(&["10.0.0.0/8", "10.8.0.0/16"]), few(&["10.8.0.0/16", "192.168.0.0/16"]), limits);
    (effect, few(&["1001", "1002"]), few(&["vpc-1", "vpc-2"]), few(&["eu-central-1a", "eu-central-1b"]), days, limits)
        .prop_map(|(effect, accounts, vpcs, zones, days, (ranges, apart, (account, vpc, hour)))| {
            let mut rule = json!({"effect": effect});
            if accounts.is_some() || effect == "approve" {
                rule["accounts"] = json!(accounts.unwrap_or_else(|| vec!["1001"]));
            }
            if let Some(vpcs) = vpcs {
                rule["vpcs"] = json!(vpcs);
            }
            if let Some(zones) = zones {
                rule["zones"] = json!(zones);
            }
            if let Some(days) = days {
                rule["windows"] = json!([{"days": days, "time_zone": "UTC"}]);
            }
            if let Some(ranges) = ranges {
                rule["ranges"] = json!(ranges);
            }
            if effect == "approve" {
                if let Some(apart) = apart {
                    rule["no_overlap_with"] = json!(apart);
                }
                for (name, limit) in
                    [("endpoints_per_account", account), ("endpoints_per_vpc", vpc), ("approvals_per_hour", hour)]
                {
                    if let Some(limit) = limit {
                        rule[name] = json!(limit);
                    }
                }
            }
            rule
        })
}

fn any_policy() -> impl Strategy<Value = Policy> {
    (prop::collection::vec(any_rule(), 0..6), any::<bool>()).prop_map(|(mut rules, enforce)| {
        for (number, rule) in rules.iter_mut().enumerate() {
            rule["id"] = format!("rule-{number}").into();
        }
        Policy { mode: if enforce { Mode::Enforce } else { Mode::Report }, ..policy(json!(rules)) }
    })
}

fn any_request() -> impl Strategy<Value = Request> {
    let zones = prop::sample::subsequence(vec!["eu-central-1a", "eu-central-1b"], 0..=2);
    let account = prop::sample::select(vec![Some("1001"), Some("1002"), Some("1003"), None]);
    let vpc = prop::sample::select(vec![Some("vpc-1"), Some("vpc-2"), None]);
    (account, vpc, zones).prop_map(|(account, vpc, zones)| Request {
        account_id: account.map(str::to_owned),
        vpc_id: vpc.map(str::to_owned),
        zones: zones.into_iter().map(str::to_owned).collect(),
        ..request()
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let whitelisted = prop::sample::select(vec![Some(true), Some(true), Some(true), Some(false), None]);
    let person = prop::sample::select(vec![
        None,
        None,
        word(PersonSays::Approve),
        word(PersonSays::Reject),
        word(PersonSays::Hold),
    ]);
    let past = prop::sample::select(vec![
        None,
        None,
        Some(Past::EndedElsewhere),
        Some(Past::LeaseEnded),
        Some(Past::RejectedBefore),
    ]);
    let connection = prop::sample::select(vec![None, None, None, Some("shop".to_owned())]);
    let ranges = prop::option::of(prop::sample::subsequence(vec!["10.8.0.0/16", "192.168.7.0/24"], 1..=2));
    (any::<u8>(), whitelisted, person, past, connection, ranges, 0..4_u32, 0..4_u32).prop_map(
        |(ready, whitelisted, person, past, connection, ranges, others, approved)| Facts {
            ranges: ranges.as_deref().map(nets),
            service_is_ready: ready % 8 != 0,
            whitelisted,
            person,
            past,
            connection,
            others: Others { of_account: others, of_vpc: others / 2, of_service: others * 2 },
            approvals: Approvals {
                in_all: approved,
                by_rule: (0..6).map(|number| (format!("rule-{number}"), approved)).collect(),
            },
            ..facts()
        },
    )
}

fn approves(policy: &Policy, request: &Request, facts: &Facts) -> bool {
    decide(Some(policy), request, facts).effect == Effect::Approve
}

proptest! {
    #[test]
    fn whatever_a_rule_rejects_is_not_approved(policy in any_policy(), request in any_request(), facts in any_facts()) {
        let rejected = policy.rules.iter().any(|rule| rule.effect == RuleEffect::Reject && bars(rule, &request, &facts) == Some(true));
        prop_assert!(!(rejected && approves(&policy, &request, &facts)));
    }

    #[test]
    fn adding_a_rule_that_rejects_or_holds_never_approves_more(
        policy in any_policy(), bar in any_rule(), request in any_request(), facts in any_facts(),
    ) {
        prop_assume!(bar["effect"] != "approve");
        let mut stricter = serde_json::to_value(&policy).unwrap();
        let mut bar = bar;
        bar["id"] = "bar".into();
        stricter["rules"].as_array_mut().unwrap().push(bar);
        let stricter = Policy::from_value(stricter).unwrap();
        prop_assert!(approves(&policy, &request, &facts) || !approves(&stricter, &request, &facts));
    }

    #[test]
    fn removing_a_rule_that_approves_never_approves_more(
        policy in any_policy(), place in any::<prop::sample::Index>(), request in any_request(), facts in any_facts(),
    ) {
        prop_assume!(!policy.is_empty());
        let mut fewer = policy.clone();
        let removed = fewer.rules.remove(place.index(policy.rules.len()));
        prop_assume!(removed.effect == RuleEffect::Approve);
        prop_assert!(approves(&policy, &request, &facts) || !approves(&fewer, &request, &facts));
    }

    #[test]
    fn the_order_of_rules_never_matters(
        policy in any_policy(), seed in any::<u64>(), request in any_request(), facts in any_facts(),
    ) {
        let mut shuffled = policy.clone();
        shuffled.rules.sort_by_key(|rule| rule.id.as_str().bytes().fold(seed, |hash, byte| hash.rotate_left(9) ^ u64::from(byte).wrapping_mul(seed | 1)));
        prop_assert_eq!(decide(Some(&policy), &request, &facts), decide(Some(&shuffled), &request, &facts));
    }

    #[test]
    fn nothing_is_approved_without_a_rule_that_names_it_or_somebody_who_says_so(
        policy in any_policy(), request in any_request(), facts in any_facts(),
    ) {
        let verdict = decide(Some(&policy), &request, &facts);
        prop_assert_eq!(verdict.effect, verdict.reason.effect());
        if verdict.effect == Effect::Approve {
            let person = facts.person.as_ref().is_some_and(|word| word.decision == PersonSays::Approve);
            let rule = policy.rules.iter().find(|rule| Some(&rule.id) == verdict.rule.as_ref());
            let named = rule.is_some_and(|rule| {
                rule.effect == RuleEffect::Approve
                    && rule.accounts.iter().flatten().any(|id| Some(id.as_str()) == request.account_id.as_deref())
            });
            let announced = facts.connection.is_some();
            prop_assert!(person || announced || named, "{:?}", verdict);
            prop_assert!(facts.service_is_ready && !request.zones.is_empty());
        }
    }

    #[test]
    fn what_would_be_approved_now_is_not_reported_once_it_is_connected(
        policy in any_policy(), request in any_request(), facts in any_facts(),
    ) {
        if approves(&policy, &request, &facts) {
            let connected = Request { status: Status::Connected, ..request };
            prop_assert_eq!(recheck(Some(&policy), &connected, &facts, None), None);
        }
    }
}

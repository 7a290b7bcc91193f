//! The step against groups that behave as the cloud's: a rule that is there is not added again, an unknown id removes
//! nothing.

mod fake;

use connection::finding::FindingKind;
use connection::not_done::NotDone;
use connection::plan::Operation;
use connection::spec::Spec;
use connection::words::Side;
use serde_json::{Value, json};
use step_rig::{INITIATOR, Rig};

use self::fake::Fake;
use crate::AuthorizeSecurityGroup as Authorizing;

const SIDE: Side = Side::Acceptor;

/// A connection within a region whose acceptor lets the initiator in as `rules` say.
fn spec(rules: &Value) -> Value {
    json!({
        "name": "a-b", "kind": "router-interface", "spec": "Mini.2",
        "initiator": {"account": "a", "region_id": "cn-beijing", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b", "security_groups": rules},
    })
}

fn ping() -> Value {
    json!([{"security_group_id": "sg-b", "protocol": "icmp"}])
}

fn by_group(fall_back: bool) -> Value {
    json!([{"security_group_id": "sg-b", "source": {"group": {
        "security_group_id": "sg-a", "fall_back_to_cidr": fall_back,
    }}}])
}

fn rig(rules: &Value, fake: &Fake) -> Rig {
    let fake = fake.clone();
    Rig::new(spec(rules), move |call| fake.answer(call))
}

/// Another spec is wanted, as the decider would take it on.
fn change(rig: &mut Rig, rules: &Value) {
    let record = &mut rig.record;
    let former = record.spec.vpc_side(SIDE).unwrap().security_groups.clone();
    record.spec = Spec::from_value(spec(rules)).unwrap();
    record.generation += 1;
    record.attempt += 1;
    rig.outputs(SIDE).former.security_groups.extend(former.iter().map(|rule| rule.security_group_id.to_string()));
}

fn actions(rig: &Rig) -> Vec<String> {
    let calls = rig.calls().into_iter().map(|call| call.action);
    calls.filter(|action| action != "DescribeSecurityGroupAttribute").collect()
}

fn failure(outcome: Result<(), NotDone>) -> (String, String) {
    let Err(NotDone::Failed(failure)) = outcome else { panic!("{outcome:?}") };
    (failure.what, failure.advice)
}

#[tokio::test]
async fn the_range_of_the_other_side_is_let_in_once_and_taken_back() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&ping(), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    let rule = fake.only("sg-b");
    assert_eq!((rule["IpProtocol"].as_str(), rule["SourceCidrIp"].as_str()), (Some("ICMP"), Some("192.168.0.0/16")));
    assert_eq!((rule["NicType"].as_str(), rule["PortRange"].as_str()), (Some("intranet"), Some("-1/-1")));
    assert_eq!(rule["Description"], "causeway connection=a-b uid=00c0ffee");
    assert_eq!(rig.outputs(SIDE).rules[0].rule_id, rule["SecurityGroupRuleId"].as_str().unwrap());
    assert_eq!(actions(&rig), ["AuthorizeSecurityGroup"]);

    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert!(actions(&rig).is_empty(), "it stands already");
    assert_eq!(rig.observe(&Authorizing, SIDE).await, []);

    rig.undo(&Authorizing, SIDE).await.unwrap();
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(fake.rules("sg-b").is_empty() && rig.outputs(SIDE).rules.is_empty());
}

#[tokio::test]
async fn a_side_that_asks_for_nothing_calls_nothing() {
    let mut rig = rig(&ping(), &Fake::with(&[]));
    rig.apply(&Authorizing, Side::Initiator).await.unwrap();
    rig.undo(&Authorizing, Side::Initiator).await.unwrap();
    assert_eq!(rig.calls(), []);
}

#[tokio::test]
async fn a_rule_that_a_dead_process_made_is_found_by_its_mark() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&ping(), &fake);
    rig.apply_and_die(&Authorizing, SIDE).await;
    assert!(rig.outputs(SIDE).rules.is_empty());
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(fake.rules("sg-b").is_empty());

    rig.apply_and_die(&Authorizing, SIDE).await;
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(rig.outputs(SIDE).rules.len(), 1);
}

#[tokio::test]
async fn the_same_rule_of_somebody_else_is_enough_and_never_removed() {
    let fake = Fake::with(&["sg-b"]);
    fake.add("sg-b", "sgr-theirs", &[("SourceCidrIp", "192.168.0.0/16")], "theirs");
    let mut rig = rig(&json!([{"security_group_id": "sg-b"}]), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert!(rig.outputs(SIDE).rules.is_empty());
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(actions(&rig).is_empty());
    assert_eq!(fake.only("sg-b")["SecurityGroupRuleId"], "sgr-theirs");

    fake.remove("sg-b", "sgr-theirs");
    let findings = rig.observe(&Authorizing, SIDE).await;
    assert_eq!((findings.len(), findings[0].actual.as_str()), (1, "missing"));
}

#[tokio::test]
async fn a_rule_in_whose_place_stands_an_equal_one_of_somebody_else_is_told_and_left() {
    let fake = Fake::with(&["sg-b"]);
    let asked = json!([{"security_group_id": "sg-b"}]);
    let mut rig = rig(&asked, &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    let ours = rig.outputs(SIDE).rules[0].rule_id.clone();
    fake.remove("sg-b", &ours);
    fake.add("sg-b", "sgr-theirs", &[("SourceCidrIp", "192.168.0.0/16")], "theirs");
    let findings = rig.observe(&Authorizing, SIDE).await;
    let [replaced] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((replaced.kind, replaced.repairable), (FindingKind::RuleReplaced, false));
    assert_eq!(replaced.resource, format!("{ours} in sg-b"));
    assert!(replaced.actual.ends_with("of somebody else"), "{replaced:#?}");

    let plan = rig.plan(&Authorizing, SIDE, Operation::Undo).await.unwrap();
    assert_eq!((plan.len(), plan[0].call.as_deref(), plan[0].what.as_str()), (1, None, "stays"));
    rig.undo(&Authorizing, SIDE).await.unwrap();
    let left: Vec<_> = rig.outputs(SIDE).left.iter().cloned().collect();
    assert!(left.len() == 1 && left[0].contains("in sg-b, a rule of somebody else"), "{left:?}");
    assert_eq!(fake.only("sg-b")["SecurityGroupRuleId"], "sgr-theirs");

    rig.outputs(SIDE).rules.clear();
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert!(rig.outputs(SIDE).left.is_empty() && rig.observe(&Authorizing, SIDE).await.is_empty(), "it is enough");
}

#[tokio::test]
async fn a_rule_that_is_gone_beside_an_equal_one_that_always_was_somebody_elses_is_missing_and_no_more() {
    let fake = Fake::with(&["sg-b"]);
    fake.add("sg-b", "sgr-theirs", &[("SourceCidrIp", "192.168.0.0/16")], "theirs");
    let asked = json!([{"security_group_id": "sg-b"}, {"security_group_id": "sg-b", "protocol": "icmp"}]);
    let mut rig = rig(&asked, &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    let ours = rig.outputs(SIDE).rules.clone();
    fake.remove("sg-b", &ours[0].rule_id);
    let kinds: Vec<_> = rig.observe(&Authorizing, SIDE).await.iter().map(|found| found.kind).collect();
    assert_eq!((ours.len(), kinds), (1, vec![FindingKind::RuleMissing]));
}

#[tokio::test]
async fn what_a_former_spec_wanted_goes_once_the_new_rules_stand() {
    let fake = Fake::with(&["sg-b", "sg-c"]);
    fake.add("sg-b", "sgr-theirs", &[("SourceCidrIp", "10.0.0.0/8")], "theirs");
    let mut rig = rig(&ping(), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    rig.calls();

    change(&mut rig, &json!([{"security_group_id": "sg-c", "protocol": "tcp", "ports": "443/443"}]));
    // The record knows the rule no more: its group is remembered, and the rule is marked.
    rig.outputs(SIDE).rules.clear();
    let plan = rig.plan(&Authorizing, SIDE, Operation::Apply).await.unwrap();
    let planned: Vec<_> = plan.iter().map(|planned| planned.call.as_deref()).collect();
    assert_eq!(planned, [Some("AuthorizeSecurityGroup"), Some("RevokeSecurityGroup")]);
    rig.calls();

    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(actions(&rig), ["AuthorizeSecurityGroup", "RevokeSecurityGroup"]);
    assert_eq!(fake.only("sg-b")["SecurityGroupRuleId"], "sgr-theirs");
    assert_eq!(fake.only("sg-c")["PortRange"], "443/443");
    assert_eq!(rig.outputs(SIDE).rules.len(), 1);
}

#[tokio::test]
async fn nothing_is_taken_away_while_a_new_rule_is_not_listed_yet() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&ping(), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    change(&mut rig, &json!([{"security_group_id": "sg-b", "protocol": "tcp"}]));
    fake.hide_new_rules(true);
    rig.calls();
    let outcome = rig.apply(&Authorizing, SIDE).await;
    assert!(matches!(&outcome, Err(NotDone::Retry(wait)) if wait.why.contains("to be listed")), "{outcome:?}");
    assert_eq!(actions(&rig), ["AuthorizeSecurityGroup"]);
    fake.hide_new_rules(false);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(fake.only("sg-b")["IpProtocol"], "TCP");
}

#[tokio::test]
async fn a_group_of_the_other_side_is_named_with_its_account() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&by_group(false), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    let rule = fake.only("sg-b");
    assert_eq!(
        (rule["SourceGroupId"].as_str(), rule["SourceGroupOwnerAccount"].as_str()),
        (Some("sg-a"), Some(INITIATOR))
    );
    assert!(rule.get("SourceCidrIp").is_none());
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(fake.rules("sg-b").len(), 1);
}

#[tokio::test]
async fn where_the_cloud_rules_a_group_out_ranges_take_its_place_only_if_they_may() {
    let fake = Fake::with(&["sg-b"]);
    fake.rule_groups_out();
    let (what, advice) = failure(rig(&by_group(false), &fake).apply(&Authorizing, SIDE).await);
    assert!(what.contains("InvalidSourceGroupId.Mismatch") && advice.contains("fall_back_to_cidr"), "{what} {advice}");
    assert!(fake.rules("sg-b").is_empty());

    let mut rig = rig(&by_group(true), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(fake.only("sg-b")["SourceCidrIp"], "192.168.0.0/16");
    rig.calls();
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert!(actions(&rig).is_empty(), "the cloud is not asked again what it ruled out");
    assert_eq!(rig.observe(&Authorizing, SIDE).await, []);
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(fake.rules("sg-b").is_empty());
}

#[tokio::test]
async fn an_advanced_group_is_told_before_anything_is_added() {
    let fake = Fake::with(&["sg-b"]);
    fake.make_advanced();
    let mut rig = rig(&by_group(true), &fake);
    let (what, _) = failure(rig.apply(&Authorizing, SIDE).await);
    assert!(what.contains("sg-b is an advanced security group"), "{what}");
    assert_eq!(actions(&rig), ["DescribeSecurityGroups"]);
}

#[tokio::test]
async fn a_group_that_is_gone_fails_the_building_but_not_the_removal() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&ping(), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    fake.delete_group("sg-b");
    let (what, _) = failure(rig.apply(&Authorizing, SIDE).await);
    assert!(what.contains("no security group sg-b in cn-beijing of account b"), "{what}");
    let findings = rig.observe(&Authorizing, SIDE).await;
    assert_eq!((findings[0].resource.as_str(), findings[0].actual.as_str()), ("sg-b", "missing"));
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(rig.outputs(SIDE).rules.is_empty());
}

#[tokio::test]
async fn a_group_of_another_vpc_is_refused() {
    let fake = Fake::with(&["sg-b"]);
    let mut rules = spec(&ping());
    rules["acceptor"]["vpc_id"] = "vpc-other".into();
    let cloud = fake.clone();
    let mut rig = Rig::new(rules, move |call| cloud.answer(call));
    let (what, _) = failure(rig.apply(&Authorizing, SIDE).await);
    assert_eq!(what, "security group sg-b belongs to vpc-b, not to vpc-other");
}

#[tokio::test]
async fn a_rule_that_somebody_made_wider_is_reported_by_its_field_and_put_right() {
    let fake = Fake::with(&["sg-b"]);
    let mut rig = rig(&ping(), &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    fake.edit("sg-b", &[("SourceCidrIp", "0.0.0.0/0"), ("Description", "edited")]);
    let findings = rig.observe(&Authorizing, SIDE).await;
    let told: Vec<_> = findings.iter().map(|f| (f.field.as_str(), f.expected.as_str(), f.actual.as_str())).collect();
    assert_eq!(told, [("Source", "192.168.0.0/16", "0.0.0.0/0")]);

    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(fake.only("sg-b")["SourceCidrIp"], "192.168.0.0/16");
    assert_eq!(rig.observe(&Authorizing, SIDE).await, []);
}

#[tokio::test]
async fn of_several_rules_one_that_is_gone_does_not_keep_the_others() {
    let fake = Fake::with(&["sg-b"]);
    let rules =
        json!([{"security_group_id": "sg-b", "protocol": "icmp"}, {"security_group_id": "sg-b", "protocol": "tcp"}]);
    let mut rig = rig(&rules, &fake);
    rig.apply(&Authorizing, SIDE).await.unwrap();
    assert_eq!(actions(&rig), ["AuthorizeSecurityGroup"], "one call for both");
    fake.lose_one_before_revoking();
    let outcome = rig.undo(&Authorizing, SIDE).await;
    assert!(matches!(&outcome, Err(NotDone::Retry(wait)) if wait.why.contains("to be gone")), "{outcome:?}");
    rig.undo(&Authorizing, SIDE).await.unwrap();
    assert!(fake.rules("sg-b").is_empty());
}

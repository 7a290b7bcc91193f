//! Groups, pings, and what is said when nothing comes back.

use api::connections::Connection;
use api::problem::ProblemKind;
use causeway_tests::process::Api;
use causeway_tests::shown::{Shown as _, details, pointers};
use connection::proof::Verdict;
use connection::record::Phase;
use connection::words::{Kind, Side, StepName};
use serde_json::{Value, json};

use crate::end_to_end::common::{A, B, both_answer, moment, start, text};

/// Two VPCs in one region, for groups can name each other only there.
fn neighbours(api: &Api) -> Value {
    let mut spec = api.spec("one", A, ("b", "cn-qingdao"));
    let group = spec["acceptor"]["security_groups"][0]["security_group_id"].clone();
    spec["initiator"]["security_groups"][0]["source"] = json!({"group": {"security_group_id": group}});
    spec
}

/// The inbound rules of account a's group in Qingdao.
async fn rules(api: &Api) -> Vec<alicloud::ecs::Permission> {
    let group = &api.vpc("a", "cn-qingdao").security_groups[0].security_group_id;
    let ecs = api.client("a").ecs(&"cn-qingdao".parse().unwrap());
    let shown = ecs.describe_security_group_attribute(group, Some(&alicloud::ecs::Direction::Ingress)).await;
    shown.unwrap().permissions
}

#[tokio::test]
async fn a_rule_names_the_other_sides_group_and_account_and_goes_with_the_connection() {
    let (_up, api) = start();
    let spec = neighbours(&api);
    let record = api.built(&spec).await;
    let found = rules(&api).await;
    let named: Vec<_> = found.iter().filter_map(|rule| rule.source_group_id.as_deref()).collect();
    assert_eq!(named, [text(&spec["acceptor"]["security_groups"][0]["security_group_id"])], "{found:#?}");
    assert_eq!(record.proof(Side::Initiator).verdict, Verdict::Reached, "{record:#?}");
    let other = ("b", "cn-qingdao");
    assert_eq!((api.lost_ping(A, other).await, api.lost_ping(other, A).await), (None, None));
    api.removed("one").await;
    assert_eq!(rules(&api).await.len(), 0);
}

#[tokio::test]
async fn where_the_cloud_takes_no_group_of_another_vpc_the_ranges_do_if_the_spec_allows_it() {
    let (_up, api) = start();
    let mut spec = neighbours(&api);
    let fault = json!({"kind": "refuse", "status": 403, "code": "InvalidSourceGroupId.Mismatch"});
    let once = |times: Value| json!({"requests": [{"action": "AuthorizeSecurityGroup", "account": api.account("a").account_id, "times": times, "fault": fault}]});
    api.set_faults(&once(json!(null))).await;
    api.create(&spec).await;
    let record = api.settled("one", Phase::Failed).await;
    let stop = record.stop();
    assert_eq!((stop.step, stop.side), (StepName::AuthorizeSecurityGroup, Some(Side::Initiator)), "{stop:#?}");
    assert!(stop.advice.contains("fall_back_to_cidr: true"), "{stop:#?}");

    api.set_faults(&once(json!(1))).await;
    spec["initiator"]["security_groups"][0]["source"]["group"]["fall_back_to_cidr"] = json!(true);
    let record = api.changed(&spec).await;
    let found = rules(&api).await;
    let ranges: Vec<_> =
        found.iter().filter_map(|rule| rule.source_cidr_ip.as_ref().map(ToString::to_string)).collect();
    assert_eq!(ranges, ["10.20.0.0/16"], "{found:#?}");
    assert_eq!(record.proof(Side::Initiator).verdict, Verdict::Reached, "{record:#?}");
}

#[tokio::test]
async fn groups_of_elsewhere_are_refused_before_anything_is_made() {
    let (_up, api) = start();
    let mut spec = api.tutorial("one");
    spec["initiator"]["security_groups"] = json!([{"security_group_id": "sg-nowhere"}]);
    spec["acceptor"]["security_groups"] = json!([
        {"security_group_id": api.vpc("b", "cn-beijing").security_groups[0].security_group_id,
         "source": {"group": {"security_group_id": api.vpc("a", "cn-qingdao").security_groups[0].security_group_id}}},
    ]);
    spec["initiator"]["instance_id"] = json!("i-nowhere");
    let answer = api.post(&spec).await;
    let problem = answer.problem(ProblemKind::Impossible);
    let expected = ["/initiator/security_groups/0", "/initiator/instance_id", "/acceptor/security_groups/0/source"];
    assert_eq!(pointers(&problem), expected, "{problem:#?}");
    assert!(details(&problem).contains("use source cidr"), "{problem:#?}");
}

#[tokio::test]
async fn an_agent_that_sleeps_and_an_instance_that_is_stopped_are_reported_with_advice_and_fail_nothing() {
    let (_up, api) = start();
    api.set_agent("a", "cn-qingdao", false).await;
    let record = api.built(&api.tutorial("one")).await;
    let (of_a, of_b) = (record.proof(Side::Initiator), record.proof(Side::Acceptor));
    assert_eq!((of_a.verdict, of_b.verdict), (Verdict::NotTried, Verdict::Reached), "{record:#?}");
    assert!(of_a.seen.contains("Cloud Assistant") && of_a.advice.contains("restart"), "{of_a:#?}");
    api.set_agent("a", "cn-qingdao", true).await;

    let instance = &api.vpc("b", "cn-beijing").instances[0].instance_id;
    let stop = [("RegionId", "cn-beijing"), ("InstanceId", instance)];
    api.ecs_call("b", "StopInstance", &stop).await;
    moment().await;
    api.paused("one").await;
    let record = api.resumed("one").await;
    for side in [Side::Initiator, Side::Acceptor] {
        let proof = record.proof(side);
        assert_eq!(proof.verdict, Verdict::NotTried, "{proof:#?}");
        assert!(proof.seen.contains("is Stopped"), "{proof:#?}");
        let advice = &proof.advice;
        assert!(advice.starts_with(&format!("start {instance}; then put the spec with a label changed")), "{advice}");
    }
    // The advice, followed.
    api.ecs_call("b", "StartInstance", &stop).await;
    moment().await;
    let mut spec = api.tutorial("one");
    spec["labels"] = json!({"tried": "again"});
    let record = api.changed(&spec).await;
    assert_eq!(record.proof(Side::Initiator).verdict, Verdict::Reached, "{record:#?}");
}

#[tokio::test]
async fn instances_in_one_side_only_leave_the_configuration_to_be_looked_at() {
    let (_up, api) = start();
    let mut spec = api.tutorial_by(Kind::VpcPeering, "one");
    spec["acceptor"].as_object_mut().unwrap().remove("instance_id");
    let record = api.built(&spec).await;
    let proof = record.proof(Side::Initiator);
    assert_eq!(
        (proof.verdict, proof.method),
        (Verdict::Reached, connection::proof::Method::Configuration),
        "{proof:#?}"
    );
    assert!(proof.seen.contains("routes 172.16.0.0/16 to pcc-"), "{proof:#?}");
    assert!(api.calls().await.iter().all(|call| call.info.action != "RunCommand"));
}

#[tokio::test]
async fn with_verify_off_nothing_is_tried() {
    let (_up, api) = start();
    let mut spec = api.tutorial("one");
    spec["verify"] = json!("off");
    let record = api.built(&spec).await;
    assert!(record.sides.values().all(|side| side.outputs.proof.is_none()), "{record:#?}");
}

/// Somebody drops what comes from the other side, by a rule of the same strength, which wins over one that accepts. The
/// connection is then paused and resumed. Returns its record.
async fn dropped_by_hand(api: &Api, verify: &str) -> Connection {
    let mut spec = api.tutorial("one");
    spec["verify"] = json!(verify);
    api.built(&spec).await;
    let group = &api.vpc("b", "cn-beijing").security_groups[0].security_group_id;
    let drop = [
        ("RegionId", "cn-beijing"),
        ("SecurityGroupId", group),
        ("Permissions.1.IpProtocol", "ICMP"),
        ("Permissions.1.PortRange", "-1/-1"),
        ("Permissions.1.SourceCidrIp", "192.168.0.0/16"),
        ("Permissions.1.Policy", "drop"),
        ("Permissions.1.Priority", "1"),
    ];
    api.ecs_call("b", "AuthorizeSecurityGroup", &drop).await;
    moment().await;
    assert!(api.lost_ping(A, B).await.is_some());
    api.paused("one").await;
    api.command("one", "resume").await.accepted();
    api.at_rest("one").await
}

#[tokio::test]
async fn a_ping_that_is_not_answered_fails_the_connection_and_says_where_to_look() {
    let (_up, api) = start();
    let record = dropped_by_hand(&api, "require").await;
    assert_eq!(record.phase(), Phase::Failed, "{record:#?}");
    let stop = record.stop();
    assert_eq!((stop.step, stop.side), (StepName::VerifyReachability, Some(Side::Initiator)), "{stop:#?}");
    assert!(stop.what.contains("5 packets sent, none came back"), "{stop:#?}");
    for place in ["security groups", "no stronger rule", "routes", "network ACLs", "then retry", "verify"] {
        assert!(stop.advice.contains(place), "{place}: {stop:#?}");
    }
    let proof = record.proof(Side::Initiator);
    assert_eq!((proof.verdict, proof.loss_percent), (Verdict::NotReached, Some(100)), "{proof:#?}");
    // Repaired by hand, it goes on.
    let group = &api.vpc("b", "cn-beijing").security_groups[0].security_group_id;
    let rules = api
        .ecs_call("b", "DescribeSecurityGroupAttribute", &[("RegionId", "cn-beijing"), ("SecurityGroupId", group)])
        .await;
    let dropping =
        rules["Permissions"]["Permission"].as_array().unwrap().iter().find(|rule| rule["Policy"] == "Drop").unwrap();
    let id = text(&dropping["SecurityGroupRuleId"]);
    let revoke = [("RegionId", "cn-beijing"), ("SecurityGroupId", group), ("SecurityGroupRuleId.1", id)];
    api.ecs_call("b", "RevokeSecurityGroup", &revoke).await;
    moment().await;
    api.resumed("one").await;
    both_answer(&api).await;
}

#[tokio::test]
async fn a_ping_that_is_not_answered_is_only_reported_where_the_spec_says_so() {
    let (_up, api) = start();
    let record = dropped_by_hand(&api, "report").await;
    assert_eq!(record.phase(), Phase::Active, "{record:#?}");
    let proof = record.proof(Side::Initiator);
    assert_eq!(proof.verdict, Verdict::NotReached, "{proof:#?}");
    assert!(!proof.advice.is_empty(), "{proof:#?}");
}

#[tokio::test]
async fn a_rule_that_somebody_deleted_is_made_again_when_the_connection_is_resumed() {
    let (_up, api) = start();
    let record = api.built(&api.tutorial("one")).await;
    let rule = &record.outputs(Side::Acceptor).rules[0];
    let revoke = [
        ("RegionId", "cn-beijing"),
        ("SecurityGroupId", &rule.security_group_id),
        ("SecurityGroupRuleId.1", &rule.rule_id),
    ];
    api.ecs_call("b", "RevokeSecurityGroup", &revoke).await;
    moment().await;
    assert!(api.lost_ping(A, B).await.is_some());
    api.paused("one").await;
    api.resumed("one").await;
    both_answer(&api).await;
    api.inventory().await.is_one_connection().unwrap();
}

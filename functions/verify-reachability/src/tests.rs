//! The step against clouds that show what each test says.

mod fake;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connection::not_done::NotDone;
use connection::plan::Operation;
use connection::proof::{Evidence, Method, Proof, Verdict};
use connection::words::Side;
use serde_json::{Value, json};
use step_rig::Rig;

use self::fake::{Fake, LOST, REACHED};
use super::VerifyReachability as Verifying;

const SIDE: Side = Side::Initiator;

fn spec(verify: &str) -> Value {
    let side = |name: &str, region: &str| {
        json!({
            "account": name, "region_id": region, "vpc_id": format!("vpc-{name}"), "instance_id": format!("i-{name}"),
        })
    };
    json!({
        "name": "a-b", "kind": "router-interface", "spec": "Mini.2", "verify": verify,
        "initiator": side("a", "cn-qingdao"), "acceptor": side("b", "cn-beijing"),
    })
}

fn without_instances(verify: &str) -> Value {
    let mut spec = spec(verify);
    spec["acceptor"].as_object_mut().unwrap().remove("instance_id");
    spec
}

fn rig(spec: Value, fake: &Fake) -> Rig {
    let fake = fake.clone();
    let mut rig = Rig::new(spec, move |call| fake.answer(call));
    rig.outputs(SIDE).router_interface_id = Some("ri-a".to_owned());
    rig
}

fn evidence(rig: &mut Rig) -> Evidence {
    match rig.outputs(SIDE).proof.clone() {
        Some(Proof::Ended(evidence)) => evidence,
        other => panic!("{other:?}"),
    }
}

/// Applies until the step no longer waits.
async fn settle(rig: &mut Rig) -> Result<(), NotDone> {
    for _ in 0..100 {
        match rig.apply(&Verifying, SIDE).await {
            Err(NotDone::Retry(_)) => rig.pass(3),
            settled => return settled,
        }
    }
    panic!("it waits for ever");
}

fn count(rig: &Rig, action: &str) -> usize {
    rig.calls().iter().filter(|call| call.action == action).count()
}

#[tokio::test]
async fn a_ping_is_started_once_waited_for_and_kept_as_evidence() {
    let fake = Fake::default();
    let mut rig = rig(spec("require"), &fake);
    assert!(matches!(rig.apply(&Verifying, SIDE).await, Err(NotDone::Retry(_))));
    assert!(matches!(rig.outputs(SIDE).proof, Some(Proof::Running { generation: 1, attempt: 1, .. })));
    assert!(matches!(rig.apply(&Verifying, SIDE).await, Err(NotDone::Retry(_))), "nothing is listed yet");
    fake.say("Running", "");
    assert!(matches!(rig.apply(&Verifying, SIDE).await, Err(NotDone::Retry(_))));
    fake.say("Success", REACHED);
    rig.apply(&Verifying, SIDE).await.unwrap();
    let found = evidence(&mut rig);
    assert_eq!((found.verdict, found.method, found.mean_rtt_us), (Verdict::Reached, Method::Ping, Some(26_034)));
    let calls = rig.calls();
    let runs: Vec<_> = calls.iter().filter(|call| call.action == "RunCommand").collect();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].param("CommandContent"), STANDARD.encode("ping -c 5 -W 2 172.16.0.5"));
    assert_eq!(
        (runs[0].account.as_str(), runs[0].param("InstanceId.1"), runs[0].param("Timeout")),
        ("1001", "i-a", "30")
    );

    rig.apply(&Verifying, SIDE).await.unwrap();
    assert!(rig.calls().is_empty(), "it is proven");
}

#[tokio::test]
async fn a_repeated_message_asks_for_the_same_run() {
    let fake = Fake::default();
    let mut rig = rig(spec("require"), &fake);
    rig.apply_and_die(&Verifying, SIDE).await;
    let _ = rig.apply(&Verifying, SIDE).await;
    rig.record.attempt += 1;
    let _ = rig.apply(&Verifying, SIDE).await;
    let calls = rig.calls();
    let tokens: Vec<_> =
        calls.iter().filter(|call| call.action == "RunCommand").map(|call| call.param("ClientToken")).collect();
    assert_eq!(tokens.len(), 3);
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[1], tokens[2], "a resumed attempt proves anew");
}

#[tokio::test]
async fn a_ping_that_is_lost_fails_the_connection_only_where_reaching_is_required() {
    let fake = Fake::default();
    fake.say("Failed", LOST);
    let mut strict = rig(spec("require"), &fake);
    let Err(NotDone::Failed(failure)) = settle(&mut strict).await else { panic!("it must fail") };
    assert!(failure.what.contains("i-a does not reach i-b") && failure.advice.contains("inbound ICMP"), "{failure:?}");
    assert_eq!((evidence(&mut strict).verdict, evidence(&mut strict).loss_percent), (Verdict::NotReached, Some(100)));
    assert!(matches!(strict.apply(&Verifying, SIDE).await, Err(NotDone::Failed(_))), "the same message fails again");

    let mut lenient = rig(spec("report"), &fake);
    settle(&mut lenient).await.unwrap();
    assert_eq!(evidence(&mut lenient).verdict, Verdict::NotReached);
}

#[tokio::test]
async fn a_changed_spec_or_a_resumed_attempt_proves_anew() {
    let fake = Fake::default();
    fake.say("Failed", LOST);
    let mut rig = rig(spec("require"), &fake);
    assert!(settle(&mut rig).await.is_err());
    fake.say("Success", REACHED);
    rig.record.attempt += 1;
    settle(&mut rig).await.unwrap();
    assert_eq!(evidence(&mut rig).attempt, 2);
    rig.record.generation += 1;
    settle(&mut rig).await.unwrap();
    assert_eq!((evidence(&mut rig).generation, count(&rig, "RunCommand")), (2, 3));
}

#[tokio::test]
async fn what_keeps_from_trying_is_told_and_does_not_fail_the_connection() {
    type Flaw = fn(&Fake);
    let flaws: [(Flaw, &str); 11] = [
        (|fake| fake.instance("i-a", "Status", "Stopped"), "instance i-a is Stopped"),
        (|fake| fake.instance("i-b", "Status", "Stopped"), "instance i-b is Stopped"),
        (|fake| fake.instance("i-b", "InstanceId", "i-z"), "no instance i-b in cn-beijing of account b"),
        (|fake| fake.instance("i-a", "VpcId", "vpc-z"), "stands in vpc-z, not in vpc-a"),
        (|fake| fake.instance("i-b", "IpAddress", "10.0.0.4"), "no address of i-b lies in the ranges"),
        (|fake| fake.agent(json!({"CloudAssistantStatus": "false"})), "has not been heard of"),
        (|fake| fake.agent(json!({"CloudAssistantStatus": "true", "OSType": "Windows"})), "runs Windows"),
        (|fake| fake.agent(Value::Null), "no Cloud Assistant on i-a"),
        (|fake| fake.refuse("RunCommand", "Forbidden.RAM"), "Forbidden.RAM"),
        (|fake| fake.refuse("RunCommand", "InstanceIds.NotRunning"), "InstanceIds.NotRunning"),
        (|fake| fake.say("Aborted", ""), "Aborted"),
    ];
    for (flaw, told) in flaws {
        let fake = Fake::default();
        flaw(&fake);
        let mut rig = rig(spec("require"), &fake);
        settle(&mut rig).await.unwrap_or_else(|not_done| panic!("{told}: {not_done:?}"));
        let evidence = evidence(&mut rig);
        assert_eq!((evidence.verdict, evidence.method), (Verdict::NotTried, Method::Ping), "{told}");
        assert!(evidence.seen.contains(told), "{told}: {}", evidence.seen);
        assert!(!evidence.advice.is_empty(), "{told}");
    }
}

#[tokio::test]
async fn a_run_that_never_settles_is_given_up_before_the_step_is_stuck() {
    let fake = Fake::default();
    fake.say("Pending", "");
    let mut rig = rig(spec("require"), &fake);
    settle(&mut rig).await.unwrap();
    let evidence = evidence(&mut rig);
    assert!(evidence.verdict == Verdict::NotTried && evidence.seen.contains("still Pending"), "{evidence:?}");
}

#[tokio::test]
async fn a_cloud_that_is_busy_is_waited_for() {
    let fake = Fake::default();
    fake.refuse("RunCommand", "Throttling.User");
    let mut rig = rig(spec("require"), &fake);
    assert!(matches!(rig.apply(&Verifying, SIDE).await, Err(NotDone::Retry(_))));
    assert_eq!(rig.outputs(SIDE).proof, None);
}

#[tokio::test]
async fn with_an_instance_on_one_side_only_the_configuration_is_looked_at() {
    let fake = Fake::default();
    let mut rig = rig(without_instances("require"), &fake);
    rig.apply(&Verifying, SIDE).await.unwrap();
    let found = evidence(&mut rig);
    assert_eq!((found.verdict, found.method), (Verdict::Reached, Method::Configuration));
    for word in ["ri-a is Active", "vtb-a routes 172.16.0.0/16 to ri-a"] {
        assert!(found.seen.contains(word), "{word}: {}", found.seen);
    }
    assert_eq!(count(&rig, "RunCommand"), 0);

    fake.lose_routes();
    rig.record.attempt += 1;
    let Err(NotDone::Failed(failure)) = rig.apply(&Verifying, SIDE).await else { panic!("a route is missing") };
    assert!(failure.what.contains("vtb-a has no route to 172.16.0.0/16"), "{}", failure.what);
}

#[tokio::test]
async fn rules_that_are_asked_for_belong_to_the_configuration() {
    let mut spec = without_instances("report");
    spec["initiator"]["security_groups"] = json!([{"security_group_id": "sg-a", "protocol": "icmp"}]);
    let fake = Fake::default();
    let mut rig = rig(spec, &fake);
    rig.apply(&Verifying, SIDE).await.unwrap();
    assert!(evidence(&mut rig).seen.contains("sg-a lacks a rule"), "{}", evidence(&mut rig).seen);
    fake.let_in("172.16.0.0/16");
    rig.record.attempt += 1;
    rig.apply(&Verifying, SIDE).await.unwrap();
    assert!(evidence(&mut rig).seen.contains("sg-a lets the other side in"), "{}", evidence(&mut rig).seen);
}

#[tokio::test]
async fn nothing_is_tried_where_nothing_shall_be() {
    let fake = Fake::default();
    let mut rig = rig(spec("off"), &fake);
    rig.apply(&Verifying, SIDE).await.unwrap();
    assert!(rig.plan(&Verifying, SIDE, Operation::Apply).await.unwrap().is_empty());
    assert!(rig.outputs(SIDE).proof.is_none() && rig.calls().is_empty());
}

#[tokio::test]
async fn undoing_forgets_the_proof_and_plans_tell_how_it_will_be_tried() {
    let fake = Fake::default();
    fake.say("Success", REACHED);
    let mut rig = rig(spec("require"), &fake);
    let plan = rig.plan(&Verifying, SIDE, Operation::Apply).await.unwrap();
    assert_eq!((plan.len(), plan[0].call.as_deref(), plan[0].resource.as_str()), (1, Some("RunCommand"), "i-a"));
    settle(&mut rig).await.unwrap();
    rig.undo(&Verifying, SIDE).await.unwrap();
    assert_eq!(rig.outputs(SIDE).proof, None);
    assert!(rig.plan(&Verifying, SIDE, Operation::Undo).await.unwrap().is_empty());
}

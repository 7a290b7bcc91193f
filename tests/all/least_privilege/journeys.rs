//! Journeys that together walk every path of every function.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alicloud::private_link::ConnectionStatus;
use api::Page;
use api::approvals::{Checkpoint, Decision, DecisionLog, Decisions, StoredPolicy};
use api::config::ConfigPut;
use api::connections::Summary;
use api::dead_letters::DeadLetters;
use api::evidence::EvidenceObject;
use api::notices::Notice;
use approval::request::PersonSays;
use causeway_local::calls::{CallInfo, Product};
use causeway_local::cloud::Cloud;
use causeway_local::faults::{Fault, FaultPlan, FaultRule};
use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::on_virtual_time;
use causeway_tests::receiver::Mood;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use connection::record::Phase;
use connection::words::StepName;
use http::Method;
use notice::sinks::SinkKind;
use serde_json::{Value, json};
use store::EVIDENCE;

use super::{changes, links, places};

pub const NAME: &str = "qingdao-beijing";

/// One call of each step that stops it when it is refused.
const CALLS_OF_STEPS: [&str; 5] = [
    "CreateRouterInterface",
    "ModifyRouterInterfaceAttribute",
    "ConnectRouterInterface",
    "CreateRouteEntry",
    "AuthorizeSecurityGroup",
];
/// The same for undoing.
const CALLS_OF_UNDOS: [&str; 4] =
    ["RevokeSecurityGroup", "DeleteRouteEntry", "DeactivateRouterInterface", "DeleteRouterInterface"];

/// All of them, as the clouds that they left behind.
pub fn all() -> Vec<Cloud> {
    let mut clouds = vec![there_and_back()];
    for call in CALLS_OF_STEPS {
        clouds.push(fails_and_is_retried(call));
        clouds.push(fails_and_is_removed(call));
        clouds.push(fails_and_rolls_back(call));
        clouds.push(is_throttled(call));
    }
    clouds.extend(CALLS_OF_UNDOS.map(undoing_fails(Fault::Throttle)));
    clouds.extend(CALLS_OF_UNDOS.map(undoing_fails(refusal())));
    clouds.extend(CALLS_OF_UNDOS.map(undoing_fails(Fault::LoseAnswer)));
    clouds.extend((0..messages()).map(a_message_is_lost));
    clouds.push(was_switched_off_meanwhile("a", "cn-qingdao"));
    clouds.push(was_switched_off_meanwhile("b", "cn-beijing"));
    clouds.push(is_switched_on_while_it_goes());
    clouds.push(endpoints_come_and_go("a", "b"));
    clouds.push(endpoints_come_and_go("b", "a"));
    clouds.push(no_message_arrives());
    clouds.push(a_marker_stays());
    clouds.push(people_are_told());
    clouds.push(somebody_looks_after_dead_letters_and_evidence());
    clouds.extend(changes::all());
    clouds.extend(links::all());
    clouds.extend(places::all());
    clouds
}

/// A cloud in which nothing has happened yet.
pub fn nothing() -> Cloud {
    travel(async |_| {})
}

/// There and back with other policies of one function's role.
pub fn with_policies(role: &str, change: impl FnOnce(&mut Vec<Value>)) -> Cloud {
    travel(async |system| {
        let shared = system.cloud.shared();
        let mut role = shared.identities.role(&shared.home.account_id, role).expect("the template has it");
        change(&mut role.policies);
        shared.identities.put_role(role).expect("memory takes it");
        post(system, "keep").await;
        system.at_rest(NAME).await;
    })
}

/// A journey on which the first answer that each function gets for an object in each place gets lost: it reads the object then.
pub fn travel(journey: impl AsyncFnOnce(&System)) -> Cloud {
    on_virtual_time(async {
        let system = System::new(1, Mishaps::of_first_writes()).await;
        journey(&system).await;
        system.end().await;
        system.cloud
    })
}

async fn post(system: &System, on_failure: &str) {
    let mut spec = system.tutorial();
    spec["on_failure"] = on_failure.into();
    system.post(&spec).await.expect("it is accepted");
}

pub fn refusal() -> Fault {
    Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() }
}

pub fn once(system: &System, call: &str, fault: Fault) {
    system.cloud.shared().faults.add(FaultRule::once(call, fault));
}

/// Letters are listed, shown, sent again and discarded, and one is asked for that is not there; and an auditor reads everything that
/// is signed.
fn somebody_looks_after_dead_letters_and_evidence() -> Cloud {
    travel(async |system| {
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        let queues = StepName::ALL.iter().map(|step| {
            json!({"version": 1, "connection": NAME, "generation": 1, "step": step.word(), "sequence": 1}).to_string()
        });
        let others = [
            json!({"version": 1, "event": "connection-active-0-1"}).to_string(),
            json!({"version": 1}).to_string(),
            "not a message".to_owned(),
        ];
        for body in queues.chain(others) {
            system.gives_up(body.as_bytes()).await;
        }
        for _ in 0..30 {
            let found: DeadLetters = system.ask(Method::GET, "/v1/dead-letters").await.expect("they are listed");
            let Some(letter) = found.items.first() else { break };
            let path = format!("/v1/dead-letters/{}", letter.id);
            system.ask::<Value>(Method::GET, &path).await.expect("it is shown");
            let readable = !letter.messages.is_empty();
            let (path, body) = match readable {
                true => (format!("{path}/replay"), String::new()),
                false => (format!("{path}/discard"), json!({"reason": "a test"}).to_string()),
            };
            system.text::<Value>(Method::POST, &path, &body).await.expect("it is seen to");
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        let gone = system.ask::<Value>(Method::GET, "/v1/dead-letters/A1").await;
        assert!(gone.is_err(), "there is none");
        for prefix in EVIDENCE {
            let path = format!("/v1/audit/objects?prefix={prefix}");
            system.ask::<Page<EvidenceObject>>(Method::GET, &path).await.expect("it is read");
        }
    })
}

/// Built, listed, removed; and the hours pass that the sweep waits before it forgets who called.
fn there_and_back() -> Cloud {
    travel(async |system| {
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        system.ask::<Page<Summary>>(Method::GET, "/v1/connections").await.expect("it lists");
        system.removed(NAME).await;
        tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
    })
}

fn fails_and_is_retried(call: &str) -> Cloud {
    travel(async |system| {
        once(system, call, refusal());
        post(system, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        system.retried(NAME).await;
    })
}

fn fails_and_is_removed(call: &str) -> Cloud {
    travel(async |system| {
        once(system, call, refusal());
        post(system, "keep").await;
        system.settled(NAME, Phase::Failed).await;
        system.removed(NAME).await;
    })
}

fn fails_and_rolls_back(call: &str) -> Cloud {
    travel(async |system| {
        once(system, call, refusal());
        post(system, "rollback").await;
        system.settled(NAME, Phase::RolledBack).await;
        system.retried(NAME).await;
    })
}

fn is_throttled(call: &str) -> Cloud {
    travel(async |system| {
        once(system, call, Fault::Throttle);
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
    })
}

fn undoing_fails(fault: Fault) -> impl Fn(&'static str) -> Cloud {
    move |call| {
        travel(async |system| {
            post(system, "keep").await;
            system.settled(NAME, Phase::Active).await;
            once(system, call, fault.clone());
            if system.remove(NAME).await.phase() == Phase::Failed {
                system.removed(NAME).await;
            }
        })
    }
}

/// Loses the message of this number, and counts all of them.
struct LoseMessage {
    number: Option<usize>,
    sent: AtomicUsize,
}

impl FaultPlan for LoseMessage {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let counts = call.product == Product::Mns && call.action == "SendMessage";
        let number = counts.then(|| self.sent.fetch_add(1, Ordering::Relaxed))?;
        (self.number == Some(number)).then_some(Fault::DropBefore)
    }
}

/// The sweep sends it again, whichever it was.
fn a_message_is_lost(number: usize) -> Cloud {
    losing(Some(number)).0
}

/// How many messages it takes to build a connection and to remove it.
fn messages() -> usize {
    losing(None).1
}

fn losing(number: Option<usize>) -> (Cloud, usize) {
    let plan = Arc::new(LoseMessage { number, sent: AtomicUsize::new(0) });
    let cloud = travel(async |system| {
        system.cloud.shared().faults.set_plan(plan.clone());
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        system.removed(NAME).await;
    });
    (cloud, plan.sent.load(Ordering::Relaxed))
}

/// Nothing can be sent for so long that the sweep gives up.
fn no_message_arrives() -> Cloud {
    travel(async |system| {
        let rule = FaultRule { times: None, ..FaultRule::once("SendMessage", Fault::Unavailable) };
        system.cloud.shared().faults.add(rule);
        post(system, "keep").await;
        system.settled(NAME, Phase::Stuck).await;
    })
}

/// The marker of a settled connection could not be taken away, so the sweep does it.
fn a_marker_stays() -> Cloud {
    travel(async |system| {
        once(system, "DeleteObject", Fault::Unavailable);
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert!(system.open_markers().await.is_empty(), "the sweep took it away");
    })
}

/// Somebody is told, though not at the first attempt.
fn people_are_told() -> Cloud {
    travel(async |system| {
        let receiver = system.told("pager", SinkKind::Webhook, &json!(null)).await;
        receiver.is_in([Mood::Fails(503, None)]);
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert_eq!(receiver.types(), ["causeway.connection.active"]);
        receiver.is_in([Mood::Fails(410, None)]);
        system.remove(NAME).await;
        tokio::time::sleep(Duration::from_secs(120)).await;
        let dead: Page<Notice> = system.ask(Method::GET, "/v1/notices?status=dead-letter").await.expect("it is listed");
        let path = format!("/v1/notices/{}/redeliver", dead.items.first().expect("it is given up").id);
        system.ask::<Notice>(Method::POST, &path).await.expect("it is sent again");
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert_eq!(receiver.types().len(), 2);
    })
}

/// Somebody connects the pair by hand and switches the initiator's side off, before the step gets to it.
fn was_switched_off_meanwhile(initiator: &str, region: &str) -> Cloud {
    travel(async |system| {
        once(system, "ConnectRouterInterface", refusal());
        let mut spec = system.tutorial();
        if spec["initiator"]["account"] != initiator {
            let acceptor = spec["acceptor"].take();
            spec["acceptor"] = std::mem::replace(&mut spec["initiator"], acceptor);
        }
        system.post(&spec).await.expect("it is accepted");
        system.settled(NAME, Phase::Failed).await;
        let vpc = system.client(initiator).vpc(&region.parse().expect("it is a region"));
        let found = vpc.all_router_interfaces(&[]).await.expect("they are listed");
        let [interface] = found.as_slice() else { panic!("one interface: {found:?}") };
        let id = &interface.router_interface_id;
        vpc.connect_router_interface(id).await.expect("both sides know their peer");
        tokio::time::sleep(Duration::from_secs(60)).await;
        vpc.deactivate_router_interface(id).await.expect("it is Active");
        tokio::time::sleep(Duration::from_secs(60)).await;
        system.retried(NAME).await;
    })
}

/// Somebody switches an interface on again that was to be deleted.
fn is_switched_on_while_it_goes() -> Cloud {
    travel(async |system| {
        post(system, "keep").await;
        system.settled(NAME, Phase::Active).await;
        let on_both_sides = FaultRule { times: Some(2), ..FaultRule::once("DeleteRouterInterface", refusal()) };
        system.cloud.shared().faults.add(on_both_sides);
        assert_eq!(system.remove(NAME).await.phase(), Phase::Failed);
        let vpc = system.client("a").vpc(&"cn-qingdao".parse().expect("it is a region"));
        for interface in vpc.all_router_interfaces(&[]).await.expect("they are listed") {
            vpc.activate_router_interface(&interface.router_interface_id).await.expect("it is Inactive");
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        system.removed(NAME).await;
    })
}

/// An endpoint of `consumer` is approved at a service of `provider`, and cut again by a later policy; the hours pass after
/// which approvals no longer count.
fn endpoints_come_and_go(provider: &str, consumer: &str) -> Cloud {
    on_virtual_time(async {
        let system = System::looking_after(&[REGION], Seed::tutorial(), 1, Mishaps::of_first_writes()).await;
        let approving = |alias: &str| {
            let accounts = [system.account_id(alias)];
            let rule = json!({"id": "partner", "effect": "approve", "accounts": accounts, "ranges": ["10.0.0.0/8"]});
            json!({"version": 1, "mode": "enforce", "grace_minutes": 0, "rules": [rule]})
        };
        let put = async |policy| {
            let put: Result<StoredPolicy, _> = system.tell(Method::PUT, "/v1/approval-policy", &policy).await;
            put.expect("it reads");
        };
        let sinks = json!({"version": 1, "sinks": []});
        system.tell::<ConfigPut>(Method::PUT, "/v1/config/sinks", &sinks).await.expect("they read");
        tokio::time::sleep(Duration::from_secs(90)).await;
        system.ask::<Checkpoint>(Method::GET, "/v1/audit/checkpoint").await.expect("there is one");
        put(approving(consumer)).await;
        let service = system.endpoint_service(provider, &[consumer]).await;
        let endpoint = system.endpoint(consumer, &service).await;
        let patience = Duration::from_secs(600);
        assert!(system.becomes(provider, &service, &endpoint, &ConnectionStatus::Connected, patience).await.is_some());
        put(approving(provider)).await;
        let path = format!("/v1/approvals/{service}/{endpoint}");
        let says = async |decision| {
            let word = json!({"decision": decision, "reason": "to see what it does"});
            let said: Result<Decision, _> = system.tell(Method::POST, &path, &word).await;
            said.expect("the endpoint is known");
        };
        says(PersonSays::Hold).await;
        tokio::time::sleep(Duration::from_secs(180)).await;
        let approved = system.endpoint_connection(provider, &service, &endpoint).await.status;
        assert_eq!(approved, ConnectionStatus::Connected, "held as it is");
        system.ask::<Decisions>(Method::GET, "/v1/approvals").await.expect("it lists");
        system.ask::<DecisionLog>(Method::GET, &path).await.expect("it shows");
        says(PersonSays::Reject).await;
        assert!(
            system.becomes(provider, &service, &endpoint, &ConnectionStatus::Disconnected, patience).await.is_some()
        );
        tokio::time::sleep(Duration::from_secs(4 * 3600)).await;
        system.end().await;
        system.cloud
    })
}

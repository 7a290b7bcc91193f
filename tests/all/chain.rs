//! The chain of a kind, proven: every message twice, every request failed and every process killed in turn.

use std::ops::Range;
use std::sync::Arc;

use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Fault, FaultPlan};
use causeway_tests::chaos::Threefold;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::shown::{Shown as _, refused_call};
use causeway_tests::system::{System, in_world};
use causeway_tests::{often, on_virtual_time};
use connection::proof::Verdict;
use connection::record::{Failure, Phase};
use connection::spec::OnFailure;
use connection::words::Kind;
use serde_json::{Value, json};

const NAME: &str = "qingdao-beijing";

/// What a connection goes through. Whatever happens on the way, each ends with a whole connection.
#[derive(Debug, Clone, Copy)]
enum Journey {
    /// It is built.
    Built(Kind),
    /// It is built, changed, paused and resumed.
    Changed,
    /// It is built as a private link, and then all of it that may change does.
    ChangedLink,
    /// It is built by router interfaces, which then give way to a peering.
    Migrated,
    /// It is built on JD Cloud, and changed: other subnets, other ranges, the tables in use, and a table of its own again.
    ChangedOnJd,
}

impl Journey {
    const ALL: [Self; 8] = [
        Self::Built(Kind::RouterInterface),
        Self::Built(Kind::VpcPeering),
        Self::Built(Kind::JdcloudPeering),
        Self::Built(Kind::PrivateLink),
        Self::Changed,
        Self::ChangedLink,
        Self::Migrated,
        Self::ChangedOnJd,
    ];

    async fn travel(self, system: &System) -> Result<(), String> {
        match self {
            Self::Built(kind) => build(system, kind).await,
            Self::Changed => {
                let mut spec = system.tutorial();
                spec["spec"] = "Small.1".into();
                // Narrower than the VPC: the route that there is must go, and another come.
                spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
                spec["acceptor"]["security_groups"][0]["protocol"] = "icmp".into();
                put(system, &spec).await?;
                ask(system, "pause", Phase::Paused).await?;
                ask(system, "resume", Phase::Active).await
            }
            Self::ChangedLink => {
                let mut spec = spec(system, Kind::PrivateLink);
                spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
                spec["consumer"]["description"] = "to the shop".into();
                spec["provider"]["bandwidth_mbps"] = 200.into();
                spec["provider"]["service"]["description"] = "the shop, renewed".into();
                spec["provider"]["service"]["allowed_accounts"] = json!(["1000000000000077"]);
                spec["provider"]["load_balancer"]["create"]["backends"][1]["weight"] = 50.into();
                put(system, &spec).await
            }
            Self::Migrated => {
                let mut spec = system.tutorial_by(Kind::VpcPeering);
                spec["migrate"] = true.into();
                put(system, &spec).await
            }
            Self::ChangedOnJd => {
                let mut spec = spec(system, Kind::JdcloudPeering);
                let subnets = &system.account("jd-a").vpcs[0].vswitches;
                spec["initiator"]["subnet_ids"] = json!([subnets[1].vswitch_id]);
                spec["acceptor"]["cidr_blocks"] = json!(["172.16.0.0/24"]);
                spec["acceptor"]["security_groups"][0]["protocol"] = "icmp".into();
                put(system, &spec).await?;
                system.inventory().await.is_one_connection()?;
                spec["initiator"]["subnet_ids"] = json!([]);
                spec["acceptor"]["internet_route"] = true.into();
                put(system, &spec).await?;
                system.inventory().await.is_one_connection()?;
                spec["initiator"]["subnet_ids"] = json!([subnets[0].vswitch_id]);
                put(system, &spec).await
            }
        }
    }
}

/// The tutorial's connection of `kind`, by the name that all journeys go by.
fn spec(system: &System, kind: Kind) -> Value {
    let mut spec = system.tutorial_by(kind);
    spec["name"] = NAME.into();
    spec
}

async fn build(system: &System, kind: Kind) -> Result<(), String> {
    system.post(&spec(system, kind)).await.map_err(|refused| format!("{refused:?}"))?;
    rests(system, Phase::Active).await
}

async fn put(system: &System, spec: &Value) -> Result<(), String> {
    system.put(spec).await.map_err(|refused| format!("{refused:?}"))?;
    rests(system, Phase::Active).await
}

async fn ask(system: &System, command: &str, phase: Phase) -> Result<(), String> {
    // Who was heard, and whose answer was lost, asks again for what is so already.
    match system.command(NAME, command).await {
        Err(problem) if !problem.detail.contains(&phase.to_string()) => Err(format!("{command}: {problem:?}")),
        _ => rests(system, phase).await,
    }
}

async fn rests(system: &System, phase: Phase) -> Result<(), String> {
    let record = system.at_rest(NAME).await;
    if record.phase() == phase { Ok(()) } else { Err(format!("not {phase}: {record:#?}")) }
}

impl Journey {
    /// How the journey begins that others prove already: where its own part starts.
    async fn begin(self, system: &System) -> Result<(), String> {
        match self {
            Self::Built(_) => Ok(()),
            Self::Changed | Self::Migrated => build(system, Kind::RouterInterface).await,
            Self::ChangedOnJd => build(system, Kind::JdcloudPeering).await,
            Self::ChangedLink => build(system, Kind::PrivateLink).await,
        }
    }
}

/// The journey, a look at what stands, and the way back to nothing.
async fn there_and_back(system: &System, journey: Journey) -> Result<(), String> {
    journey.begin(system).await?;
    journey.travel(system).await?;
    system.inventory().await.is_one_connection()?;
    let removed = system.remove(NAME).await;
    if removed.phase() != Phase::Removed {
        return Err(format!("not removed: {removed:#?}"));
    }
    system.inventory().await.is_empty()
}

#[test]
fn without_faults_every_journey_ends_well_and_removal_leaves_nothing() {
    for journey in Journey::ALL {
        in_world(async |system| {
            there_and_back(system, journey).await.unwrap_or_else(|wrong| panic!("{journey:?}: {wrong}"));
        });
    }
}

/// The requests that functions make on a journey there and back, without those that it shares with another.
fn requests(journey: Journey) -> Range<usize> {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let system = System::new(1, mishaps.clone()).await;
        journey.begin(&system).await.unwrap();
        let begun = mishaps.requests();
        journey.travel(&system).await.unwrap();
        system.removed(NAME).await;
        system.end().await;
        begun..mishaps.requests()
    })
}

/// One mishap at one request; whatever it is, the journey ends well and removal leaves nothing.
fn survives(journey: Journey, number: usize, mishap: Mishap) -> Result<(), String> {
    on_virtual_time(async {
        let mishaps = Mishaps::at(number, mishap);
        let system = System::new(1, mishaps.clone()).await;
        let ended = there_and_back(&system, journey).await;
        ended.map_err(|wrong| format!("{journey:?}: {}: {wrong}", mishaps.log().join("; ")))?;
        system.end().await;
        if mishaps.log().len() == 1 { Ok(()) } else { Err(format!("request {number}: the mishap never happened")) }
    })
}

fn requests_survive(journey: Journey, mishap: Mishap, stride: usize) {
    often::requests_survive(&requests(journey), stride, |number| survives(journey, number, mishap));
}

#[test]
fn dying_after_requests_of_a_pair_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Built(Kind::RouterInterface), Mishap::DiesAfter, 5);
}

#[test]
fn dying_after_requests_of_a_peering_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Built(Kind::VpcPeering), Mishap::DiesAfter, 5);
}

#[test]
fn dying_after_requests_of_a_private_link_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Built(Kind::PrivateLink), Mishap::DiesAfter, 5);
}

#[test]
fn dying_after_requests_of_a_peering_on_jd_cloud_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Built(Kind::JdcloudPeering), Mishap::DiesAfter, 5);
}

#[test]
fn dying_after_requests_of_a_changed_private_link_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::ChangedLink, Mishap::DiesAfter, 11);
}

#[test]
fn dying_after_requests_of_a_change_and_a_pause_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Changed, Mishap::DiesAfter, 11);
}

#[test]
fn dying_after_requests_of_a_migration_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::Migrated, Mishap::DiesAfter, 11);
}

#[test]
fn dying_after_requests_of_a_change_on_jd_cloud_in_turn_changes_nothing_in_the_end() {
    requests_survive(Journey::ChangedOnJd, Mishap::DiesAfter, 17);
}

/// How many requests lie between two at which these mishaps are tried here. The long run tries each.
const SOME: usize = 53;

/// What a process leaves behind that dies before a request is what it leaves behind when it dies after the one before.
#[test]
fn dying_before_some_requests_in_turn_changes_nothing_in_the_end() {
    for journey in Journey::ALL {
        requests_survive(journey, Mishap::DiesBefore, SOME);
    }
}

#[test]
fn some_requests_lost_in_turn_change_nothing_in_the_end() {
    for journey in Journey::ALL {
        requests_survive(journey, Mishap::LostBefore, SOME);
    }
}

#[test]
fn some_answers_lost_in_turn_change_nothing_in_the_end() {
    for journey in Journey::ALL {
        requests_survive(journey, Mishap::LostAfter, SOME);
    }
}

#[test]
fn every_step_and_every_undo_run_three_times_makes_and_removes_everything_once() {
    for journey in Journey::ALL {
        in_world(async |system| {
            system.cloud.shared().faults.set_plan(Arc::new(Threefold));
            there_and_back(system, journey).await.unwrap_or_else(|wrong| panic!("{journey:?}: {wrong}"));
            let copies = system.cloud.fc().invocations_since(0).len();
            assert!(copies > 40, "messages were delivered several times: {copies}");
        });
    }
}

/// The calls by which reachability is tried.
const TRIES: [&str; 4] =
    ["DescribeInstances", "DescribeCloudAssistantStatus", "RunCommand", "DescribeInvocationResults"];

/// Refuses the chosen call of a step to the cloud for good, once.
struct RefuseCall {
    number: usize,
    seen: std::sync::Mutex<usize>,
    refused: std::sync::Mutex<Option<String>>,
}

impl RefuseCall {
    fn new(number: usize) -> Arc<Self> {
        Arc::new(Self { number, seen: std::sync::Mutex::new(0), refused: std::sync::Mutex::default() })
    }

    fn refused(&self) -> Option<String> {
        self.refused.lock().unwrap().clone()
    }
}

impl FaultPlan for RefuseCall {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let steps =
            [Product::Vpc, Product::VpcPeer, Product::Ecs, Product::Slb, Product::Privatelink, Product::Jdcloud];
        if !steps.contains(&call.product) {
            return None;
        }
        let mut seen = self.seen.lock().unwrap();
        *seen += 1;
        if *seen != self.number + 1 {
            return None;
        }
        *self.refused.lock().unwrap() = Some(call.action.clone());
        Some(Fault::Refuse { status: 400, code: "InvalidParameter".to_owned() })
    }
}

/// Builds with the call of this number refused. `None` when the chain makes fewer calls.
fn refused(kind: Kind, number: usize, on_failure: OnFailure) -> Option<()> {
    in_world(async |system| {
        let mut spec = spec(system, kind);
        spec["on_failure"] = json!(on_failure);
        system.post(&spec).await.expect("it is accepted");
        let plan = RefuseCall::new(number);
        system.cloud.shared().faults.set_plan(plan.clone());
        let record = system.at_rest(NAME).await;
        let call = plan.refused()?;
        if TRIES.contains(&call.as_str()) {
            assert_eq!(record.phase(), Phase::Active, "what cannot be tried stops nobody: {record:#?}");
            let tried = kind.sides().into_iter().filter(|side| record.outputs(*side).proof.is_some());
            let mut untried = tried.map(|side| record.proof(side)).filter(|proof| proof.verdict == Verdict::NotTried);
            assert!(!untried.next().expect("one could not be tried").advice.is_empty(), "{record:#?}");
            return Some(());
        }
        // The whitelist is also read where it only informs a decision that does not rest on it.
        if call == "ListVpcEndpointServiceUsers" && record.phase() == Phase::Active {
            return Some(());
        }
        let told = |stop: &Failure| {
            assert_eq!(refused_call(stop), (call.as_str(), "InvalidParameter"), "{stop:#?}");
            assert!(stop.side.is_some() && !stop.what.is_empty() && !stop.advice.is_empty(), "{stop:#?}");
            assert!(stop.call.as_ref().is_some_and(|call| call.request_id.is_some()), "{stop:#?}");
        };
        match on_failure {
            OnFailure::Rollback => {
                assert_eq!(record.phase(), Phase::RolledBack, "{call}: {record:#?}");
                told(record.cause());
                system.inventory().await.is_empty().unwrap();
            }
            OnFailure::Keep => {
                assert_eq!(record.phase(), Phase::Failed, "{call}: {record:#?}");
                told(record.stop());
            }
        }
        system.retried(NAME).await;
        system.inventory().await.is_one_connection().unwrap();
        Some(())
    })
}

#[test]
fn every_call_refused_for_good_in_turn_ends_cleanly_undone_or_goes_on_when_told_to() {
    for kind in Kind::ALL {
        // What the one leaves out here the other tries.
        for (first, on_failure) in [(0, OnFailure::Rollback), (1, OnFailure::Keep)] {
            let stride = often::stride(2);
            let chosen = (first % stride..200).step_by(stride);
            let calls = chosen.take_while(|number| refused(kind, *number, on_failure).is_some()).count() * stride;
            assert!((15..199).contains(&calls), "the count of calls cannot be right: {calls}");
        }
    }
}

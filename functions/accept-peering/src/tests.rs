//! Both peering steps on both sides, message by message, against a small cloud.

mod cloud;

use std::collections::BTreeMap;
use std::sync::Arc;

use alicloud::{Client, Credentials, Endpoints};
use connection::account::Accounts;
use connection::decide::{Event, decide};
use connection::record::{Network, Record, ResolvedSpec, SideRecord, Status};
use connection::spec::Spec;
use engine::carry::{carry, commit};
use engine::clouds::Clouds;
use engine::dispatch::Queues;
use engine::services::{Home, Services};
use fn_create_peering::CreatePeering;
use serde_json::{Value, json};
use store::{Revision, Store};
use transport::Clock as _;
use transport::system::SeededEntropy;

use self::cloud::Cloud;
use super::*;

const STEPS: [&dyn Step; 2] = [&CreatePeering, &AcceptPeering];
const INITIATOR: &str = "1";
const ACCEPTOR: &str = "2";

/// A connection on its way, and what it takes to walk it.
struct Walk {
    services: Services,
    cloud: Arc<Cloud>,
    name: connection::words::ConnectionName,
}

fn spec(extra: Value) -> Spec {
    let mut body = json!({
        "name": "a-b", "kind": "vpc-peering",
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    });
    body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    Spec::from_value(body).unwrap()
}

impl Walk {
    async fn between(initiator: &str, acceptor: &str) -> Self {
        let cloud = Cloud::new();
        let entropy = Arc::new(SeededEntropy::new(7));
        let io = Io { transport: Arc::clone(&cloud) as _, clock: Arc::clone(&cloud) as _, entropy };
        let client = Client::new(io.clone(), Endpoints::public(), Arc::new(Credentials::new("id", "secret")));
        let entry = |id: &str| {
            let role = format!("acs:ram::{}:role/causeway", if id.parse::<i64>().is_ok() { id } else { ACCEPTOR });
            json!({"cloud": "alicloud", "id": id, "role_arn": role})
        };
        let accounts = json!({"version": 1, "accounts": {"a": entry(initiator), "b": entry(acceptor)}});
        let accounts: Accounts = serde_json::from_value(accounts).unwrap();
        let services = Services {
            store: Store::in_memory(),
            copies: None,
            queues: Queues::new(client.mns(&"9".parse().unwrap(), &"cn-hangzhou".parse().unwrap()), ""),
            clouds: Clouds::new(client, Arc::new(accounts), "test"),
            kinds: connection::words::Kind::ALL.to_vec(),
            home: Home {
                account: "9".parse().unwrap(),
                region: "cn-hangzhou".parse().unwrap(),
                stack: "test".to_owned(),
            },
            audit: Default::default(),
            io,
        };
        let side = |id: &str| SideRecord {
            account_id: id.to_owned(),
            network: Network { cidr_blocks: Vec::new(), router_id: None, route_tables: Vec::new() },
            outputs: Outputs::default(),
        };
        let sides = BTreeMap::from([(Side::Initiator, side(initiator)), (Side::Acceptor, side(acceptor))]);
        let record = Record::accepted(spec(json!({"bandwidth_mbps": 100})), "u".repeat(32), sides, cloud.now());
        services.store.write(&record, Revision::FIRST, "first".to_owned()).await.unwrap();
        Self { services, cloud, name: record.name().clone() }
    }

    async fn new() -> Self {
        Self::between(INITIATOR, ACCEPTOR).await
    }

    async fn record(&self) -> Record {
        self.services.store.read(&self.name).await.unwrap().unwrap().record
    }

    /// Carries the message that the record waits for, if it is for one of the two steps.
    async fn carry(&self) -> bool {
        let record = self.record().await;
        let step = STEPS.into_iter().find(|step| step.name() == record.step);
        match step.filter(|_| record.status == Status::Moving) {
            Some(step) => carry(&self.services, step, &record.message()).await.map(|_| true).unwrap(),
            None => false,
        }
    }

    /// Carries on, letting the cloud settle in between, until neither step has anything to do.
    async fn walk(&self) -> Record {
        for _ in 0..60 {
            if !self.carry().await {
                return self.record().await;
            }
            self.cloud.settle(3);
        }
        panic!("it goes on and on: {:?}", self.record().await.waiting);
    }

    async fn tell(&self, event: Event) {
        let stored = self.services.store.read(&self.name).await.unwrap().unwrap();
        let decision = decide(&stored.record, event, self.cloud.now(), 0).unwrap();
        commit(&self.services, Some(&stored.record), &decision, stored.revision.next()).await.unwrap();
    }

    /// Goes on until the record has come past both steps.
    async fn joined(&self) -> Record {
        let record = self.walk().await;
        assert_eq!((record.status, record.step), (Status::Moving, StepName::AddRoute), "{:?}", record.failure);
        record
    }

    /// Goes on until the record fails, and tells why.
    async fn failure(&self) -> connection::record::Failure {
        let record = self.walk().await;
        assert_eq!(record.status, Status::Failed, "{:?}", record.waiting);
        record.failure.unwrap()
    }

    async fn plan(&self, step: &dyn Step, side: Side, operation: Operation) -> Vec<Planned> {
        let record = self.record().await;
        let context = SideContext::of(&record, side, step.name(), &self.services).unwrap();
        step.plan(&context, operation).await.unwrap()
    }

    async fn findings(&self) -> Vec<(Side, String)> {
        let record = self.record().await;
        let mut all = Vec::new();
        for (side, step) in
            [Side::Initiator, Side::Acceptor].into_iter().flat_map(|side| STEPS.map(|step| (side, step)))
        {
            let context = SideContext::of(&record, side, step.name(), &self.services).unwrap();
            let both = [Side::Initiator, Side::Acceptor].map(|side| {
                let context = SideContext::of(&record, side, step.name(), &self.services).unwrap();
                (context.account_region(), ListingId::Peerings)
            });
            let inventory = engine::fetch::all(&self.services.clouds, both).await;
            all.extend(step.observe(&context, &inventory).into_iter().map(|finding| (side, finding.field)));
        }
        all
    }
}

/// The ids that both sides recorded.
fn ids(record: &Record) -> Vec<Option<&str>> {
    record.sides.values().map(|side| side.outputs.peering_id.as_deref()).collect()
}

#[tokio::test]
async fn the_initiator_asks_once_the_acceptor_accepts_once_and_both_know_the_id() {
    let walk = Walk::new().await;
    let record = walk.joined().await;
    assert_eq!(ids(&record), [Some("pcc-1"), Some("pcc-1")]);
    assert_eq!(walk.cloud.connections(), [("pcc-1".to_owned(), "Activated".to_owned())]);
    assert_eq!(walk.cloud.get("Bandwidth"), 100);
    let count = |action| (walk.cloud.count(action, INITIATOR), walk.cloud.count(action, ACCEPTOR));
    assert_eq!(count("CreateVpcPeerConnection"), (1, 0));
    assert_eq!(count("AcceptVpcPeerConnection"), (0, 1));
    assert_eq!(walk.findings().await, []);
}

#[tokio::test]
async fn within_one_account_nobody_accepts() {
    let walk = Walk::between(INITIATOR, INITIATOR).await;
    // The cloud may show it as waiting for a moment before it accepts.
    while walk.record().await.step == StepName::CreatePeering {
        walk.carry().await;
        walk.cloud.put("Status", "Accepting");
    }
    walk.carry().await;
    walk.cloud.put("Status", "Activated");
    walk.joined().await;
    assert_eq!(walk.cloud.count("AcceptVpcPeerConnection", INITIATOR), 0);
}

#[tokio::test]
async fn one_that_was_made_before_it_could_be_recorded_is_found_by_its_mark() {
    let walk = Walk::new().await;
    walk.carry().await;
    walk.cloud.settle(3);
    let mut stored = walk.services.store.read(&walk.name).await.unwrap().unwrap();
    for side in stored.record.sides.values_mut() {
        side.outputs.peering_id = None;
    }
    walk.services.store.write(&stored.record, stored.revision.next(), "forgot".to_owned()).await.unwrap();
    assert_eq!(ids(&walk.joined().await), [Some("pcc-1"), Some("pcc-1")]);
    assert_eq!(walk.cloud.count("CreateVpcPeerConnection", INITIATOR), 1);
}

#[tokio::test]
async fn what_was_rejected_or_expired_fails_and_is_asked_for_anew_once_somebody_has_resumed() {
    for (status, words) in
        [("Rejected", "account b rejected pcc-1"), ("Expired", "nobody accepted pcc-1 within seven days")]
    {
        let walk = Walk::new().await;
        while walk.record().await.step == StepName::CreatePeering {
            walk.carry().await;
            walk.cloud.settle(3);
        }
        walk.cloud.put("Status", status);
        let stop = walk.failure().await;
        assert!(stop.what.starts_with(words), "{}", stop.what);
        assert_eq!(walk.cloud.connections(), [("pcc-1".to_owned(), status.to_owned())]);
        walk.tell(Event::ResumeAsked).await;
        assert_eq!(ids(&walk.joined().await), [Some("pcc-2"), Some("pcc-2")]);
        assert_eq!(walk.cloud.connections(), [("pcc-2".to_owned(), "Activated".to_owned())]);
    }
}

#[tokio::test]
async fn one_that_was_rejected_anew_fails_again_instead_of_asking_for_ever() {
    let walk = Walk::new().await;
    for round in 1..=3 {
        let id = format!("pcc-{round}");
        loop {
            walk.carry().await;
            walk.cloud.settle(3);
            if walk.cloud.connections() == [(id.clone(), "Accepting".to_owned())] {
                break;
            }
        }
        walk.cloud.put("Status", "Rejected");
        assert!(walk.failure().await.what.contains(&id));
        walk.tell(Event::ResumeAsked).await;
    }
}

#[tokio::test]
async fn one_that_somebody_deleted_on_the_way_fails_and_is_asked_for_anew_once_somebody_has_resumed() {
    let walk = Walk::new().await;
    while walk.record().await.step == StepName::CreatePeering {
        walk.carry().await;
        walk.cloud.settle(3);
    }
    walk.cloud.clear();
    assert!(walk.failure().await.what.contains("pcc-1 is gone"));
    walk.tell(Event::ResumeAsked).await;
    assert_eq!(ids(&walk.joined().await), [Some("pcc-2"), Some("pcc-2")]);
}

#[tokio::test]
async fn one_of_somebody_else_is_named_and_never_taken_over() {
    let walk = Walk::new().await;
    walk.cloud.add(json!({
        "InstanceId": "pcc-foreign", "Status": "Activated", "Description": "mine", "OwnerId": 1, "AcceptingOwnerUid": 2,
        "Vpc": {"VpcId": "vpc-a"}, "AcceptingVpc": {"VpcId": "vpc-b"},
    }));
    let stop = walk.failure().await;
    assert!(stop.what.contains("pcc-foreign"), "{}", stop.what);
    assert_eq!(stop.call.unwrap().code.unwrap(), "ResourceAlreadyExist.VpcPeer");
    assert_eq!(ids(&walk.record().await), [None, None]);
    walk.tell(Event::RemovalAsked).await;
    walk.walk().await;
    assert_eq!(walk.cloud.count("DeleteVpcPeerConnection", INITIATOR), 0);
}

#[tokio::test]
async fn what_the_cloud_rules_out_fails_with_advice_and_what_it_is_busy_with_is_waited_for() {
    let refused = |code| async move {
        let walk = Walk::new().await;
        walk.cloud.refuse("CreateVpcPeerConnection", Some(code));
        walk
    };
    let expected = [
        ("ResourceAlreadyExist.RouterInterface", "migrate: true"),
        ("OperationFailed.AcceptUserCdtNotOpened", "accepting account"),
        ("QuotaExceeded.VpcPeerCountPerVpc", "quota"),
        ("IncorrectBusinessStatus.VpcPeer", "bills"),
    ];
    for (code, advice) in expected {
        let stop = refused(code).await.failure().await;
        assert!(stop.advice.contains(advice), "{code}: {}", stop.advice);
        assert_eq!(stop.call.unwrap().code.unwrap(), code);
    }
    let busy = refused("Conflict.Operation").await;
    busy.carry().await;
    assert_eq!(busy.record().await.status, Status::Moving);
    busy.cloud.refuse("CreateVpcPeerConnection", None);
    busy.joined().await;
}

#[tokio::test]
async fn an_account_that_is_no_number_cannot_be_asked() {
    let walk = Walk::between(INITIATOR, "acme").await;
    let stop = walk.failure().await;
    assert!(stop.what.contains("\"acme\", is no number"), "{}", stop.what);
}

#[tokio::test]
async fn a_locked_one_and_one_that_joins_something_else_fail_as_what_they_are() {
    for (field, value, words) in [
        ("BizStatus", json!("FinancialLocked"), "bills of its owner are outstanding"),
        ("AcceptingVpc", json!({"VpcId": "vpc-z"}), "AcceptingVpcId of pcc-1 is \"vpc-z\", not vpc-b"),
        ("OwnerId", json!(3), "OwnerId of pcc-1 is \"3\", not 1"),
    ] {
        let walk = Walk::new().await;
        walk.carry().await;
        walk.cloud.settle(3);
        walk.cloud.put(field, value);
        let stop = walk.failure().await;
        assert!(stop.what.contains(words), "{}", stop.what);
    }
}

#[tokio::test]
async fn a_change_of_the_bandwidth_is_made_in_place_and_planned_before() {
    let walk = Walk::new().await;
    walk.joined().await;
    let mut stored = walk.services.store.read(&walk.name).await.unwrap().unwrap();
    stored.record.status = Status::Arrived;
    walk.services.store.write(&stored.record, stored.revision.next(), "arrived".to_owned()).await.unwrap();
    let wanted = ResolvedSpec { spec: spec(json!({"bandwidth_mbps": 300})), networks: stored.record.networks() };
    walk.tell(Event::ChangeAsked(Box::new(wanted))).await;
    let plan = walk.plan(&CreatePeering, Side::Initiator, Operation::Apply).await;
    assert_eq!(
        (plan[0].call.as_deref(), plan[0].what.as_str()),
        (Some("ModifyVpcPeerConnection"), "it becomes 300 Mbit/s")
    );
    assert_eq!(plan[0].verdict.as_deref(), Some("the cloud would do it"));
    assert_eq!(walk.findings().await, [(Side::Initiator, "Bandwidth".to_owned())]);
    walk.joined().await;
    assert_eq!((walk.cloud.get("Bandwidth"), walk.cloud.get("Status")), (json!(300), json!("Activated")));
    assert_eq!(walk.findings().await, []);
}

#[tokio::test]
async fn removal_leaves_nothing_and_only_the_initiator_deletes() {
    let walk = Walk::new().await;
    walk.carry().await;
    walk.tell(Event::RemovalAsked).await;
    let record = walk.walk().await;
    assert_eq!((record.status, ids(&record)), (Status::Arrived, vec![None, None]));
    assert_eq!(walk.cloud.connections(), []);
    assert_eq!(walk.cloud.count("DeleteVpcPeerConnection", ACCEPTOR), 0);
}

#[tokio::test]
async fn a_route_of_somebody_that_leads_to_it_is_waited_for_and_then_named() {
    let walk = Walk::new().await;
    walk.carry().await;
    walk.cloud.settle(3);
    walk.tell(Event::RemovalAsked).await;
    walk.cloud.refuse("DeleteVpcPeerConnection", Some("OperationDenied.RouteEntryExist"));
    while walk.record().await.step == StepName::AcceptPeering {
        walk.carry().await;
    }
    let stop = walk.failure().await;
    assert!(stop.advice.contains("route still points to it"), "{}", stop.advice);
    assert!(walk.cloud.count("DeleteVpcPeerConnection", INITIATOR) > 10);
}

#[tokio::test]
async fn a_plan_lists_the_calls_with_the_clouds_own_verdict_and_changes_nothing() {
    let walk = Walk::new().await;
    let calls = async |side, operation| {
        let mut plan = Vec::new();
        for step in STEPS {
            let planned = walk.plan(step, side, operation).await.into_iter();
            plan.extend(planned.map(|planned| (planned.call, planned.verdict)));
        }
        plan
    };
    let passed = Some("the cloud would do it".to_owned());
    let before = calls(Side::Initiator, Operation::Apply).await;
    assert_eq!(before, [(Some("CreateVpcPeerConnection".into()), passed.clone()), (None, None)]);
    assert_eq!(calls(Side::Acceptor, Operation::Apply).await, [(Some("AcceptVpcPeerConnection".into()), None)]);
    assert_eq!(walk.cloud.connections(), []);
    walk.carry().await;
    walk.cloud.settle(3);
    assert_eq!(
        calls(Side::Acceptor, Operation::Apply).await,
        [(Some("AcceptVpcPeerConnection".into()), passed.clone())]
    );
    assert_eq!(calls(Side::Initiator, Operation::Undo).await, [(Some("DeleteVpcPeerConnection".into()), passed)]);
    assert_eq!(walk.cloud.connections(), [("pcc-1".to_owned(), "Accepting".to_owned())]);
}

#[tokio::test]
async fn drift_is_told_by_what_differs() {
    let walk = Walk::new().await;
    walk.joined().await;
    walk.cloud.put("Status", "Updating");
    assert_eq!(walk.findings().await, [Side::Initiator, Side::Acceptor].map(|side| (side, "Status".to_owned())));
    walk.cloud.clear();
    assert_eq!(walk.findings().await, [Side::Initiator, Side::Acceptor].map(|side| (side, String::new())));
}

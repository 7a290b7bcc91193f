//! What is slow holds up nobody else: queues bring one batch at a time, so a message has a limit.

use std::sync::Arc;
use std::time::Duration;

use api::connections::Connection;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use causeway_local::calls::{CallInfo, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan, FaultRule};
use causeway_local::mns::QueueRef;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, in_world};
use connection::message::{Message as _, StepMessage, VERSION};
use connection::record::{Phase, Record};
use connection::words::Kind;
use http::{Method, StatusCode};
use serde_json::json;

/// Every call of the network products in one region takes as long as no request waits.
struct SlowRegion(&'static str);

impl FaultPlan for SlowRegion {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let is_network = matches!(call.product, Product::Vpc | Product::VpcPeer | Product::Ecs);
        (is_network && call.region == self.0).then_some(Fault::Slow { milliseconds: 600_000 })
    }

    fn on_delivery(&self, _: &str, _: &str) -> Delivery {
        Delivery::default()
    }
}

#[test]
fn a_region_that_does_not_answer_holds_up_connections_elsewhere_for_seconds_only() {
    in_world(async |system| {
        // Through the same queues: one between Qingdao and Beijing, one within Qingdao.
        let slow = system.tutorial_by(Kind::VpcPeering);
        let inside = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("b has one");
        let mut fast = system.tutorial_by(Kind::VpcPeering);
        fast["name"] = "within-qingdao".into();
        fast["acceptor"] = json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": inside.vpc_id});
        system.post(&slow).await.unwrap();
        system.cloud.shared().faults.set_plan(Arc::new(SlowRegion("cn-beijing")));
        tokio::time::sleep(Duration::from_secs(5)).await;
        system.post(&fast).await.unwrap();
        tokio::time::sleep(Duration::from_secs(180)).await;
        let phase = async |name: &str| {
            let shown: Connection = system.ask(Method::GET, &format!("/v1/connections/{name}")).await.unwrap();
            shown.phase()
        };
        assert_eq!(phase("within-qingdao").await, Phase::Active);
        assert_ne!(phase("qingdao-beijing").await, Phase::Active);
    });
}

#[test]
fn many_connections_of_a_place_that_does_not_answer_hold_up_nobody_else_longer_than_one() {
    in_world(async |system| {
        let vpcs = &system.account("b").vpcs;
        let inside = vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("b has one");
        let mut fast = system.tutorial_by(Kind::VpcPeering);
        fast["name"] = "within-qingdao".into();
        fast["acceptor"] = json!({"account": "b", "region_id": "cn-qingdao", "vpc_id": inside.vpc_id});
        let slow = system.tutorial_by(Kind::VpcPeering);
        system.post(&slow).await.unwrap();
        system.cloud.shared().faults.set_plan(Arc::new(SlowRegion("cn-beijing")));
        tokio::time::sleep(Duration::from_secs(5)).await;
        // As if many of them were on their way: batches of ten, one behind the other.
        let record = record_of(system, "qingdao-beijing").await;
        let message = StepMessage {
            version: VERSION,
            connection: record.name().clone(),
            generation: record.generation,
            step: record.step,
            sequence: record.sequence,
        };
        let home = &system.cloud.shared().home;
        let queue = QueueRef::new(&home.account_id, &home.region, format!("causeway-{}", record.step));
        for _ in 0..60 {
            system.cloud.mns().send(&queue, STANDARD.encode(message.to_json()), None).unwrap();
        }
        system.post(&fast).await.unwrap();
        let began = tokio::time::Instant::now();
        while record_of(system, "within-qingdao").await.phase() != Phase::Active {
            assert!(began.elapsed() < Duration::from_secs(120), "it waits behind {:?}", began.elapsed());
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    });
}

async fn record_of(system: &System, name: &str) -> Record {
    system.store().read(&name.parse().unwrap()).await.unwrap().unwrap().record
}

/// Of two copies of one request the slower looks at the clouds when the faster has made the connection already.
#[test]
fn a_copy_that_meets_what_the_other_made_is_answered_as_the_same_request() {
    in_world(async |system| {
        let slow = FaultRule::once("DescribeVpcs", Fault::Slow { milliseconds: 5000 });
        system.cloud.shared().faults.add(slow);
        let body = system.tutorial_by(Kind::VpcPeering).to_string();
        let key = [("idempotency-key", "once")];
        let post = async || system.webhook.send(Method::POST, "/v1/connections", &key, &body).await.unwrap();
        let (one, other) = tokio::join!(post(), post());
        for answer in [one, other] {
            assert_eq!(answer.status(), StatusCode::ACCEPTED, "{:?}", answer.body());
            assert_eq!(answer.headers()["location"], "/v1/connections/qingdao-beijing");
        }
        system.settled("qingdao-beijing", Phase::Active).await;
        system.inventory().await.is_one_connection().unwrap();
    });
}

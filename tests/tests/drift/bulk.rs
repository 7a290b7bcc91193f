//! Many connections: each listing once, in bounded messages, with nobody left out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use causeway_local::calls::{CallInfo, Outcome, Product};
use causeway_local::faults::{Delivery, Fault, FaultPlan};
use causeway_tests::fragile::Mishaps;
use causeway_tests::on_virtual_time;
use causeway_tests::world::World;
use connection::made::Made;
use connection::record::{Network, Record, SideRecord, Status};
use connection::spec::Spec;
use connection::store::Revision;
use connection::words::{Kind, Side, StepName};
use serde_json::json;

use crate::bench::Bench;

/// More than fit into two planning messages, and into four batches.
const CONNECTIONS: usize = 450;

/// Records of connections whose tables nobody has: all that there is to find is that these are missing.
async fn fill(world: &World) {
    let store = world.store();
    let now = world.io().clock.now();
    for number in 0..CONNECTIONS {
        let mut spec = world.tutorial_by(Kind::VpcPeering);
        spec["name"] = format!("many-{number:04}").into();
        spec["labels"] = json!({"half": if number % 2 == 0 { "even" } else { "odd" }});
        for side in ["initiator", "acceptor"] {
            spec[side]["security_groups"] = json!([]);
            spec[side]["route_tables"] = json!([format!("vtb-{side}-{number}")]);
        }
        let side = |name: &str, range: &str| SideRecord {
            account_id: "1".to_owned(),
            network: Network {
                cidr_blocks: vec![range.parse().unwrap()],
                router_id: Some("vrt".to_owned()),
                route_tables: vec![format!("vtb-{name}-{number}")],
            },
            made: Made { peering_id: Some(format!("pcc-{number}")), ..Made::default() },
        };
        let sides = BTreeMap::from([
            (Side::Initiator, side("initiator", "172.16.0.0/16")),
            (Side::Acceptor, side("acceptor", "192.168.0.0/16")),
        ]);
        let mut record = Record::accepted(Spec::from_value(spec).unwrap(), format!("uid-{number}"), sides, now);
        record.status = Status::Arrived;
        record.step = StepName::VerifyReachability;
        store.write(&record, Revision::FIRST, "test".to_owned()).await.unwrap();
    }
}

/// Of the messages that are sent, some are lost and some are delivered twice.
struct Forgetful(Mutex<fastrand::Rng>);

impl Forgetful {
    fn happens(&self) -> bool {
        self.0.lock().unwrap().u8(..) < 12
    }
}

impl FaultPlan for Forgetful {
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let sent = call.product == Product::Mns && call.action == "SendMessage";
        (sent && self.happens()).then_some(Fault::DropBefore)
    }

    fn on_delivery(&self, _: &str, _: &str) -> Delivery {
        Delivery { copies: if self.happens() { 2 } else { 1 }, ..Delivery::default() }
    }
}

fn checked(plan: Option<Forgetful>) -> (serde_json::Value, usize, Duration) {
    on_virtual_time(async {
        let world = World::new(1, Mishaps::none()).await;
        fill(&world).await;
        if let Some(plan) = plan {
            world.cloud.shared().faults.set_plan(Arc::new(plan));
        }
        let bench = Bench { world };
        let (before, began) = (bench.world.cloud.calls().len(), tokio::time::Instant::now());
        let check = bench.check().await;
        let took = began.elapsed();
        let of_clouds = |product: Product| matches!(product, Product::Vpc | Product::VpcPeer | Product::Ecs);
        let calls = bench.world.cloud.calls();
        let asked = calls.iter().skip(before).filter(|call| of_clouds(call.info.product));
        let asked = asked.filter(|call| !matches!(call.outcome, Outcome::DroppedBefore)).count();
        let half = bench.check_of(&json!({"labels": {"half": "even"}})).await;
        assert_eq!(half["connections"], CONNECTIONS / 2);
        bench.world.end().await;
        (check, asked, took)
    })
}

/// A side's tables, and once the region's interfaces and peerings.
const PAGES: usize = 2 * (CONNECTIONS + 2);

#[test]
fn every_listing_is_asked_for_once_and_every_connection_is_compared() {
    let (check, asked, took) = checked(None);
    assert_eq!((&check["connections"], &check["result"]["compared"]), (&json!(CONNECTIONS), &json!(CONNECTIONS)));
    assert_eq!((&check["requests"], &check["pages"], &check["batches"]), (&json!(PAGES), &json!(PAGES), &json!(5)));
    assert_eq!(asked, PAGES);
    // On both sides the peering is missing and so is the table.
    assert_eq!(check["result"]["open"], 4 * CONNECTIONS);
    // Two accounts side by side, each at no more than 300 pages a minute.
    let least = Duration::from_secs(u64::try_from(CONNECTIONS).unwrap() / 5 - 10);
    assert!(took > least && took < 3 * least, "{took:?}");
}

#[test]
fn messages_that_are_lost_or_come_twice_cost_little_and_leave_nobody_out() {
    for seed in 0..3 {
        let plan = Forgetful(Mutex::new(fastrand::Rng::with_seed(seed)));
        let (check, asked, _) = checked(Some(plan));
        assert_eq!(check["result"]["compared"], CONNECTIONS, "{check:#}");
        assert!(asked * 10 <= PAGES * 11, "{asked} of {PAGES}");
    }
}

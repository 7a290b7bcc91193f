//! Many connections into one VPC, whose routes the cloud changes one at a time.

use std::time::Duration;

use causeway_cli::deployment::Account;
use causeway_local::calls::{Call, Outcome};
use causeway_local::delays::Wait;
use causeway_local::seed::{Seed, SeedVSwitch, SeedVpc};
use causeway_local::vpc::Settings;
use connection::record::Phase;
use ipnet::Ipv4Net;
use serde_json::json;

use crate::fragile::Mishaps;
use crate::system::System;
use crate::{name_of, on_virtual_time};

const REGION: &str = "cn-qingdao";

/// What it took to connect all.
#[derive(Debug, Clone, Copy)]
pub struct Hub {
    /// How many connections there are.
    pub connections: usize,
    /// From the first request until the last one was active, in the cloud's time.
    pub took: Duration,
    /// What the cloud itself takes for the hub's routes, one after the other.
    pub serial: Duration,
    /// Route changes that the cloud made.
    pub outputs: usize,
    /// Route changes that the cloud refused.
    pub refused: usize,
    /// Calls of any kind that the cloud refused.
    pub refused_in_all: usize,
    /// Calls of any kind.
    pub calls: usize,
}

/// Connects `connections` VPCs of one account with one VPC of another, all asked for at once, on virtual time.
///
/// # Panics
/// When one of them does not become active.
#[must_use]
pub fn connect_all(connections: usize) -> Hub {
    on_virtual_time(async {
        let system = System::of(seed(connections), 1, Mishaps::none()).await;
        let vpc = system.cloud.vpc();
        let quota = connections.max(vpc.settings().interfaces_per_router);
        vpc.set_settings(Settings { interfaces_per_router: quota, ..vpc.settings() });
        let begun = tokio::time::Instant::now();
        let specs: Vec<_> = (0..connections).map(|number| spec(&system.cloud.console().accounts, number)).collect();
        for spec in &specs {
            system.post(spec).await.expect("the connection is accepted");
        }
        for spec in &specs {
            system.settled(name_of(spec), Phase::Active).await;
        }
        let took = begun.elapsed();
        let calls = system.cloud.calls();
        let route = system.cloud.shared().delays.of(Wait::RouteCreate, "").expect("routes are made in the end");
        let count = |action: Option<&str>, refused: bool| {
            let of_action = |call: &&Call| action.is_none_or(|action| call.info.action == action);
            let as_asked = |call: &&Call| matches!(call.outcome, Outcome::Refused { .. }) == refused;
            calls.iter().filter(of_action).filter(as_asked).count()
        };
        let hub = Hub {
            connections,
            took,
            serial: route * u32::try_from(connections).expect("not that many"),
            outputs: count(Some("CreateRouteEntry"), false),
            refused: count(Some("CreateRouteEntry"), true),
            refused_in_all: count(None, true),
            calls: calls.len(),
        };
        system.end().await;
        hub
    })
}

/// One VPC of account `a`, the hub, and as many of account `b` as there shall be connections.
///
/// # Panics
/// When there are more than a few thousand.
#[must_use]
pub fn seed(connections: usize) -> Seed {
    let mut seed = Seed::tutorial();
    let vpc = |name: String, block: Ipv4Net| SeedVpc {
        region_id: REGION.to_owned(),
        name,
        cidr_block: block,
        vswitches: vec![SeedVSwitch { zone_id: format!("{REGION}-b"), cidr_block: block, instances: Vec::new() }],
        security_groups: Vec::new(),
    };
    let spoke = |number: usize| {
        let (second, third) = (number / 256 + 1, number % 256);
        vpc(format!("spoke-{number}"), format!("10.{second}.{third}.0/24").parse().expect("a range"))
    };
    seed.accounts[0].vpcs = vec![vpc("hub".to_owned(), "192.168.0.0/24".parse().expect("a range"))];
    seed.accounts[1].vpcs = (0..connections).map(spoke).collect();
    seed
}

/// The connection of the VPC of this number, among the accounts of [`seed`].
///
/// # Panics
/// When there is no such VPC.
#[must_use]
pub fn spec(accounts: &[Account], number: usize) -> serde_json::Value {
    let vpc = |alias: &str, number: usize| {
        let account = accounts.iter().find(|account| account.alias == alias).expect("the account is there");
        account.vpcs[number].vpc_id.clone()
    };
    let side =
        |alias: &str, number: usize| json!({"account": alias, "region_id": REGION, "vpc_id": vpc(alias, number)});
    json!({
        "name": format!("spoke-{number}"), "kind": "router-interface", "spec": "Mini.2",
        "initiator": side("b", number), "acceptor": side("a", 0),
    })
}

//! The end of the demo: what was read back, how long each step took, and whether it is as promised.

use api::connections::{Connection, Failure};
use connection::record::{Course, EntryEvent, Phase};
use connection::spec::Spec;
use connection::words::{ConnectionName, Kind, StepName};
use serde::Serialize;

use super::proof::Proof;
use crate::render::{add_row, say, table};

/// Everything as one JSON document. `T` is what was read back from the cloud; it differs by kind.
#[derive(Serialize)]
pub struct Document<'a, T> {
    version: u32,
    ok: bool,
    connection: ConnectionView<'a>,
    #[serde(flatten)]
    readback: Option<T>,
    steps: Vec<StepTime>,
    total_ms: u64,
    speed: f64,
}

/// The fields of a connection that the document shows.
#[derive(Serialize)]
struct ConnectionView<'a> {
    name: &'a ConnectionName,
    kind: Kind,
    phase: Phase,
    failure: Option<&'a Failure>,
    spec: &'a Spec,
}

/// How long a step took.
#[derive(Serialize)]
struct StepTime {
    step: StepName,
    took_ms: Option<u64>,
}

impl<'a, T> Document<'a, T> {
    /// The document of a demo that ended.
    pub fn of(connection: &'a Connection, readback: Option<T>, ok: bool, speed: f64) -> Self {
        let summary = &connection.summary;
        let view = ConnectionView {
            name: &summary.name,
            kind: summary.kind,
            phase: summary.phase,
            failure: summary.failure.as_ref(),
            spec: &connection.spec,
        };
        let (steps, total_ms) = (steps(connection), total_ms(connection));
        Self { version: 1, ok, connection: view, readback, steps, total_ms, speed }
    }
}

/// The tables.
pub fn print(connection: &Connection, proof: &Proof, ok: bool, speed: f64) {
    if !proof.interfaces.is_empty() {
        let mut interfaces = table(&["side", "account", "region", "router interface", "spec", "status"]);
        for found in &proof.interfaces {
            let id = &found.router_interface_id;
            add_row(&mut interfaces, [&found.side, &found.account, &found.region_id, id, &found.spec, &found.status]);
        }
        println!("\nRouter interfaces, as the cloud's API shows them to each account\n{interfaces}");
    }
    if !proof.peerings.is_empty() {
        let mut peerings = table(&["side", "account", "region", "peering", "status"]);
        for found in &proof.peerings {
            add_row(&mut peerings, [&found.side, &found.account, &found.region_id, &found.peering_id, &found.status]);
        }
        println!("\nThe peering, as the cloud's API shows it to each account\n{peerings}");
    }
    let mut routes = table(&["side", "route table", "destination", "next hop", "status"]);
    for found in &proof.routes {
        add_row(
            &mut routes,
            [&found.side, &found.route_table_id, &found.destination, &found.next_hop_id, &found.status],
        );
    }
    println!("\nRoutes\n{routes}");
    let mut rules = table(&["side", "security group", "lets in", "ports", "from"]);
    for found in &proof.rules {
        add_row(&mut rules, [&found.side, &found.security_group_id, &found.protocol, &found.ports, &found.source]);
    }
    println!("\nSecurity group rules\n{rules}");
    println!("\nPings, sent by Cloud Assistant from an instance of each side");
    for ping in &proof.pings {
        say!("  {} {} {}", if ping.reached { "✓" } else { "✗" }, ping.side, ping.seen);
    }
    println!("\nWhat reaches what");
    for reach in &proof.reaches {
        let sign = if reach.reached { "→" } else { "✗" };
        say!("  {} {sign} {}", reach.from, reach.to);
    }
    print_end(connection, ok, speed);
}

/// How long each step took, and how it ended.
pub fn print_end(connection: &Connection, ok: bool, speed: f64) {
    println!(
        "\nHow long each step took{}",
        if (speed - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(" (the cloud works {speed} times faster here)")
        }
    );
    for StepTime { step, took_ms } in steps(connection) {
        say!("  {:<25} {:>7}", step.word(), super::seconds(took_ms.unwrap_or_default()));
    }
    say!("  {:<25} {:>7}", "in all", super::seconds(total_ms(connection)));
    let (name, phase) = (&connection.summary.name, connection.summary.phase);
    if ok {
        println!("\n✓ {name} is active");
        return;
    }
    println!("\n✗ {name} is {phase}");
    super::progress::print_failure(connection.summary.failure.as_ref());
}

/// The steps that were done, in order, with how long each took.
fn steps(connection: &Connection) -> Vec<StepTime> {
    let done = connection.history.iter().filter(|entry| entry.event == EntryEvent::StepDone);
    let built = done.filter(|entry| entry.course == Course::Build);
    built.map(|entry| StepTime { step: entry.step, took_ms: entry.took_ms }).collect()
}

fn total_ms(connection: &Connection) -> u64 {
    steps(connection).iter().filter_map(|step| step.took_ms).sum()
}

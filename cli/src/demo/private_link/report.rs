//! The end of the demo.

use approval::decision::{Actor, Entry, Event};
use connection::proof::Proof;
use connection::words::Side;
use serde::Serialize;

use super::super::report::{Document, print_end};
use super::readback::Link;
use super::requests::Exchange;
use super::third_party::Fate;
use super::{Connection, Ending};
use crate::render::{self, add_row, say, table};

/// What a private link adds to the document of the demo.
#[derive(Serialize)]
struct Readback<'a> {
    link: &'a Link,
    proof: Option<&'a Proof>,
    requests: &'a [Exchange],
    third_party: &'a Fate,
    decisions: &'a [Entry],
}

/// Everything as one JSON document.
#[must_use]
pub fn json_document(ending: &Ending, ok: bool, speed: f64) -> String {
    let Ending { connection, link, requests, third_party, log } = ending;
    let proof = connection.sides.get(&Side::Consumer).and_then(|known| known.outputs.proof.as_ref());
    let readback = Readback { link, proof, requests, third_party, decisions: log };
    render::json(&Document::of(connection, Some(readback), ok, speed))
}

/// Prints a demo that ended early.
pub fn print_stopped(connection: &Connection, json: bool, speed: f64) {
    if json {
        println!("{}", render::json(&Document::<Readback<'_>>::of(connection, None, false, speed)));
    } else {
        print_end(connection, false, speed);
    }
}

/// The tables.
pub fn print(ending: &Ending, ok: bool, speed: f64) {
    let Ending { connection, link, requests, third_party, log } = ending;
    let balancer = &link.load_balancer;
    println!();
    say!(
        "The load balancer {} is {} in {} (standby {})",
        balancer.load_balancer_id,
        balancer.status,
        balancer.primary_zone,
        balancer.standby_zone
    );
    for server in &link.servers {
        say!("  {} on port {}: {}", server.instance_id, server.port, server.health);
    }
    let service = &link.service;
    println!();
    say!("The service {} ({}) is {}; payer {}", service.service_id, service.name, service.status, service.payer);
    say!("  may be asked for by {}", link.whitelist.join(", "));
    let endpoint = &link.endpoint;
    println!();
    say!("The endpoint {} is {} and {}", endpoint.endpoint_id, endpoint.status, endpoint.connection);
    say!("  {} at {} Mbit/s", endpoint.domain, endpoint.bandwidth_mbps.unwrap_or_default());
    let mut zones = table(&["zone", "vSwitch", "address", "domain", "status"]);
    for zone in &link.zones {
        add_row(&mut zones, [&zone.zone_id, &zone.vswitch_id, &zone.ip, &zone.domain, &zone.status]);
    }
    println!("{zones}");
    let mut rules = table(&["security group", "ports", "from"]);
    for rule in &link.rules {
        add_row(&mut rules, [&rule.security_group_id, &rule.ports, &rule.source]);
    }
    println!("\nWho is let in\n{rules}");
    println!("\nRequests from the consumer's server, by Cloud Assistant");
    for request in requests {
        say!("  {} {} {}", if request.is_answered() { "✓" } else { "✗" }, request.to, request.answer);
    }
    println!("\nWhat was decided of the endpoint, and by whom");
    for entry in log {
        let who = match &entry.actor {
            Actor::Policy => "policy".to_owned(),
            Actor::Person(name) => format!("person {name}"),
            Actor::Connection(name) => format!("connection {name}"),
            Actor::Function(name) => format!("function {name}"),
        };
        say!("  {:>2}  {who}: {}", entry.sequence, what(&entry.event));
    }
    println!("\nAccount c, which no spec and no policy names");
    say!("  ✗ not on the service's list: {}", third_party.refused.said);
    let left = &third_party.left;
    say!("  ✗ on the list, in no rule: {} stays {}: {}", left.endpoint_id, left.connection, left.detail);
    print_end(connection, ok, speed);
}

/// An event of the log in words.
fn what(event: &Event) -> String {
    match event {
        Event::Decided { verdict } => format!("decided: {}", verdict.detail),
        Event::Said { word } => format!("said: {}", word.reason),
        Event::Intended { act, verdict } => format!("intended to {act}: {}", verdict.detail),
        Event::Asked { act } => format!("asked to {act}"),
        Event::Done { act } => format!("done: {act}"),
        Event::Failed { act, detail, .. } => format!("failed to {act}: {detail}"),
        Event::Dropped { act, detail } => format!("dropped {act}: {detail}"),
    }
}

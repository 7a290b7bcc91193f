//! The end of the story.

use serde_json::{Value, json};

use super::super::report::{print_end, steps, table, total_ms};
use super::Story;

/// The fields of a connection that a document shows.
fn connection(record: &Value) -> Value {
    json!({
        "name": record["name"], "kind": record["kind"], "phase": record["phase"], "failure": record["failure"],
        "spec": record["spec"],
    })
}

/// Everything as one JSON document.
#[must_use]
pub fn json_document(story: &Story, ok: bool, speed: f64) -> Value {
    json!({
        "version": 1,
        "ok": ok,
        "connection": connection(&story.record),
        "link": story.link,
        "proof": story.record["sides"]["consumer"]["outputs"]["proof"],
        "requests": story.requests,
        "stranger": story.stranger,
        "decisions": story.log,
        "steps": steps(&story.record),
        "total_ms": total_ms(&story.record),
        "speed": speed,
    })
}

/// A story that ended early.
pub fn stopped(record: &Value, json: bool, speed: f64) {
    if json {
        let document = json!({
            "version": 1, "ok": false, "connection": connection(record), "steps": steps(record),
            "total_ms": total_ms(record), "speed": speed,
        });
        println!("{document:#}");
    } else {
        print_end(record, false, speed);
    }
}

/// The tables.
pub fn print(story: &Story, ok: bool, speed: f64) {
    let Story { record, link, requests, stranger, log } = story;
    let balancer = &link.load_balancer;
    println!(
        "\nThe load balancer {} is {} in {} (standby {})",
        balancer.load_balancer_id, balancer.status, balancer.primary_zone, balancer.standby_zone
    );
    for server in &link.servers {
        println!("  {} on port {}: {}", server.instance_id, server.port, server.health);
    }
    let service = &link.service;
    println!("\nThe service {} ({}) is {}; payer {}", service.service_id, service.name, service.status, service.payer);
    println!("  may be asked for by {}", link.whitelist.join(", "));
    let endpoint = &link.endpoint;
    println!("\nThe endpoint {} is {} and {}", endpoint.endpoint_id, endpoint.status, endpoint.connection);
    println!("  {} at {} Mbit/s", endpoint.domain, endpoint.bandwidth_mbps.unwrap_or_default());
    let mut zones = table(&["zone", "vSwitch", "address", "domain", "status"]);
    for zone in &link.zones {
        zones.add_row([&zone.zone_id, &zone.vswitch_id, &zone.ip, &zone.domain, &zone.status]);
    }
    println!("{zones}");
    let mut rules = table(&["security group", "ports", "from"]);
    for rule in &link.rules {
        rules.add_row([&rule.security_group_id, &rule.ports, &rule.source]);
    }
    println!("\nWho is let in\n{rules}");
    println!("\nRequests from the consumer's server, by Cloud Assistant");
    for said in requests {
        println!("  {} {} {}", if said.is_answered() { "✓" } else { "✗" }, said.to, said.answer);
    }
    println!("\nWhat was decided of the endpoint, and by whom");
    for entry in log {
        let (actor, event) = (&entry["actor"], &entry["event"]);
        let who = actor["connection"].as_str().map_or_else(|| actor.to_string(), |name| format!("connection {name}"));
        let why = event["verdict"]["detail"].as_str().unwrap_or_default();
        println!("  {:>2}  {who}: {} {} {why}", entry["sequence"], text(&event["what"]), text(&event["act"]));
    }
    println!("\nAccount c, whom nobody named");
    println!("  ✗ not on the service's list: {}", stranger.refused.said);
    let left = &stranger.left;
    println!("  ✗ on the list, in no rule: {} stays {}: {}", left.endpoint_id, left.connection, left.detail);
    print_end(record, ok, speed);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! The end of the story.

use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use serde_json::{Value, json};

use super::proof::Proof;

/// Everything as one JSON document.
#[must_use]
pub fn json_document(record: &Value, proof: &Proof, ok: bool, speed: f64) -> Value {
    let proof = json!({
        "interfaces": proof.interfaces,
        "peerings": proof.peerings,
        "routes": proof.routes,
        "rules": proof.rules,
        "pings": proof.pings,
        "reaches": proof.reaches,
    });
    framed(record, proof, ok, speed)
}

/// What was read back, with what is told of a connection of every kind.
#[must_use]
pub fn framed(record: &Value, proof: Value, ok: bool, speed: f64) -> Value {
    let mut document = json!({
        "version": 1,
        "ok": ok,
        "connection": {"name": record["name"], "kind": record["kind"], "phase": record["phase"], "failure": record["failure"], "spec": record["spec"]},
    });
    let told = json!({"steps": steps(record), "total_ms": total_ms(record), "speed": speed});
    for part in [proof, told] {
        if let (Value::Object(document), Value::Object(part)) = (&mut document, part) {
            document.extend(part);
        }
    }
    document
}

/// The tables.
pub fn print(record: &Value, proof: &Proof, ok: bool, speed: f64) {
    if !proof.interfaces.is_empty() {
        let mut interfaces = table(&["side", "account", "region", "router interface", "spec", "status"]);
        for found in &proof.interfaces {
            let id = &found.router_interface_id;
            interfaces.add_row([&found.side, &found.account, &found.region_id, id, &found.spec, &found.status]);
        }
        println!("\nRouter interfaces, as the cloud's API shows them to each account\n{interfaces}");
    }
    if !proof.peerings.is_empty() {
        let mut peerings = table(&["side", "account", "region", "peering", "status"]);
        for found in &proof.peerings {
            peerings.add_row([&found.side, &found.account, &found.region_id, &found.peering_id, &found.status]);
        }
        println!("\nThe peering, as the cloud's API shows it to each account\n{peerings}");
    }
    let mut routes = table(&["side", "route table", "destination", "next hop", "status"]);
    for found in &proof.routes {
        routes.add_row([&found.side, &found.route_table_id, &found.destination, &found.next_hop_id, &found.status]);
    }
    println!("\nRoutes\n{routes}");
    let mut rules = table(&["side", "security group", "lets in", "ports", "from"]);
    for found in &proof.rules {
        rules.add_row([&found.side, &found.security_group_id, &found.protocol, &found.ports, &found.source]);
    }
    println!("\nSecurity group rules\n{rules}");
    println!("\nPings, sent by Cloud Assistant from an instance of each side");
    for ping in &proof.pings {
        println!("  {} {} {}", if ping.reached { "✓" } else { "✗" }, ping.side, ping.seen);
    }
    println!("\nWhat reaches what");
    for reach in &proof.reaches {
        let sign = if reach.reached { "→" } else { "✗" };
        println!("  {} {sign} {}", reach.from, reach.to);
    }
    print_end(record, ok, speed);
}

/// How long each step took, and how it ended.
pub fn print_end(record: &Value, ok: bool, speed: f64) {
    println!(
        "\nHow long each step took{}",
        if (speed - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(" (the cloud works {speed} times faster here)")
        }
    );
    for step in steps(record) {
        let took = super::seconds(step["took_ms"].as_u64().unwrap_or_default());
        println!("  {:<25} {took:>7}", step["step"].as_str().unwrap_or_default());
    }
    println!("  {:<25} {:>7}", "in all", super::seconds(total_ms(record)));
    if ok {
        println!("\n✓ {} is active", record["name"].as_str().unwrap_or_default());
        return;
    }
    println!("\n✗ {} is {}", record["name"].as_str().unwrap_or_default(), record["phase"].as_str().unwrap_or_default());
    super::tell::stop(&record["failure"]);
}

/// An empty table.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    table
}

/// The steps that were done, in order, with how long each took.
pub(super) fn steps(record: &Value) -> Vec<Value> {
    let entries = record["history"].as_array().into_iter().flatten();
    let done = entries.filter(|entry| entry["event"] == "step-done" && entry["course"] == "build");
    done.map(|entry| json!({"step": entry["step"], "took_ms": entry["took_ms"]})).collect()
}

pub(super) fn total_ms(record: &Value) -> u64 {
    steps(record).iter().filter_map(|step| step["took_ms"].as_u64()).sum()
}

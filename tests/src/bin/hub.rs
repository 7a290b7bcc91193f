//! `scripts/bench hub`: many connections into one VPC, asked for at once, beside what the cloud itself takes for the
//! routes of that VPC one after the other. On virtual time: the figures are the cloud's, not this machine's.

use causeway_tests::hub::{Hub, connect_all};
use serde_json::json;

fn main() {
    let connections = match connections(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(connections) => connections,
        Err(problem) => {
            eprintln!("{problem}");
            std::process::exit(2);
        }
    };
    let hub = connect_all(connections);
    tell(&hub);
}

fn connections(args: &[String]) -> Result<usize, String> {
    match args {
        [] => Ok(100),
        [flag, number] if flag == "--connections" => match number.parse() {
            Ok(number @ 1..=1000) => Ok(number),
            _ => Err(format!("--connections takes a number from 1 to 1000, not {number:?}")),
        },
        _ => Err("usage: scripts/bench hub [--connections N]".to_owned()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
fn tell(hub: &Hub) {
    let ratio = hub.took.as_secs_f64() / hub.serial.as_secs_f64();
    let refused = hub.refused as f64 / hub.outputs.max(1) as f64;
    println!("{} connections into one VPC, all asked for at once", hub.connections);
    println!("  until all were active       {:>8.1} s", hub.took.as_secs_f64());
    println!("  the hub's routes, in a row  {:>8.1} s", hub.serial.as_secs_f64());
    println!("  route changes made          {:>8}", hub.outputs);
    println!("  route changes refused       {:>8}", hub.refused);
    println!("  calls refused in all        {:>8} of {}", hub.refused_in_all, hub.calls);
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    let line = json!({
        "bench": "hub",
        "ratio": rounded(ratio),
        "of": "time until all are active / the serial route changes' own time",
        "connections": hub.connections,
        "refused_per_success": rounded(refused),
        "refused_in_all": hub.refused_in_all,
        "calls": hub.calls,
    });
    println!("{line}");
}

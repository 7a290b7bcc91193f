//! What stands in the clouds because of a connection, and the commands that go on with it.

use api::connections::Connection;
use connection::outputs::Outputs;
use connection::record::Phase;

/// What was made on a side, a row each: what it is, its id, and what people ask of it next.
pub fn made(outputs: &Outputs) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    let mut row = |what: &str, id: &str, more: String| rows.push([what.to_owned(), id.to_owned(), more]);
    let Outputs { router_interface_id, peering_id, private_link, routes, jd, rules, left, .. } = outputs;
    for (what, id) in [
        ("router interface", router_interface_id),
        ("peering", peering_id),
        ("load balancer", &private_link.load_balancer_id),
        ("endpoint service", &private_link.service_id),
    ] {
        id.iter().for_each(|id| row(what, id, String::new()));
    }
    for (zone, id) in &private_link.vswitches {
        row("vSwitch", id, format!("in {zone}"));
    }
    if let Some(id) = &private_link.endpoint_id {
        row("endpoint", id, private_link.domain.clone().unwrap_or_default());
    }
    for (zone, own) in &private_link.zones {
        let address = own.ip.map(|ip| ip.to_string()).unwrap_or_default();
        row("address of the endpoint", &address, format!("in {zone} {}", own.domain.as_deref().unwrap_or_default()));
    }
    for route in routes {
        row("route", &route.route_entry_id, format!("to {} in {}", route.destination, route.route_table_id));
    }
    for rule in rules {
        row("rule", &rule.rule_id, format!("of {}", rule.security_group_id));
    }
    if let Some(jd) = jd {
        jd.route_table_id.iter().for_each(|id| row("route table", id, String::new()));
        jd.bindings.iter().for_each(|(subnet, before)| row("subnet", subnet, format!("was bound to {before}")));
    }
    left.iter().for_each(|what| row("left to others", what, String::new()));
    rows
}

/// The commands that are possible now, each with what it does.
pub fn commands(connection: &Connection) -> Vec<(String, &'static str)> {
    let name = &connection.summary.name;
    let mut commands = Vec::new();
    if let Some(awaiting) = &connection.awaiting_consent {
        for (account, _) in awaiting.consents.iter().filter(|(_, consent)| !consent.is_given()) {
            commands.push((format!("causeway consents agree {name} {account}"), "agrees, as the owner of the account"));
        }
    }
    if let Some(failure) = &connection.summary.failure {
        let links = &failure.links;
        for (link, verb, does) in [
            (&links.retry, "retry", "goes on where it stopped"),
            (&links.remove, "remove", "undoes what was made"),
            (&links.abandon, "abandon", "keeps what was made, and frees the name"),
        ] {
            commands.extend(link.is_some().then(|| (format!("causeway {verb} {name}"), does)));
        }
    }
    if connection.summary.phase == Phase::Paused {
        commands.push((format!("causeway resume {name}"), "lets traffic pass again"));
    }
    commands
}

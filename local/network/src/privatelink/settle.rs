//! What happens by itself as time passes.
//!
//! One change can begin the next: an endpoint that is there begins to be connected where its service accepts by itself, and
//! a zone that is there joins a connection. So after a long while without a call the tables are gone through more than once.

use crate::vpc::{Place, World};

use super::connection::{Connection, connect_zone};
use super::zone::{State, Zone};

/// The longest chain: an endpoint is made, a zone joins, and its connection stands.
const ROUNDS: usize = 3;

/// Lets everything happen that is due by now.
pub(crate) fn settle(world: &mut World) {
    for _ in 0..ROUNDS {
        let made: Vec<Zone> = world.links.zones.waiting().cloned().collect();
        let now = world.now;
        let shared = world.shared.clone();
        let links = &mut world.links;
        for gone in links.services.settle(&shared, now) {
            let keys: Vec<String> = links
                .connections
                .rows
                .iter()
                .filter(|(_, connection)| connection.service_id == gone.id)
                .map(|(key, _)| key.to_owned())
                .collect();
            for key in keys {
                links.connections.change(&key, |connection| {
                    connection.service_is_gone = true;
                    connection.modified = now;
                });
            }
        }
        links.endpoints.settle(&shared, now);
        links.connections.settle(&shared, now);
        links.zones.settle(&shared, now);
        for zone in made {
            join(world, &zone);
        }
    }
}

/// A zone that has just come to wait at an endpoint which is connected, or on its way to be, joins the connection.
fn join(world: &mut World, before: &Zone) {
    let Some(zone) = world.links.zones.get(&before.key()).cloned() else { return };
    let has_come = before.status() == "Creating" && zone.waiting.is_none() && zone.state == State::Wait;
    let key = Place::new(&zone.consumer, &zone.region).key(&zone.endpoint_id);
    let Some(connection) = world.links.connections.get(&key).cloned() else { return };
    if !has_come || connection.service_is_gone {
        return;
    }
    if let Some(waiting) = connection.waiting.filter(|_| Connection::is_connecting(&connection)) {
        connect_zone(world, &connection, &zone, waiting.since);
    } else if connection.is_connected && world.links.settings.added_zones_connect {
        let since = before.waiting.map_or(world.now, |waiting| {
            let took = world.shared.delays.of(waiting.wait, &zone.endpoint_id).unwrap_or_default();
            waiting.since + took
        });
        connect_zone(world, &connection, &zone, since);
    }
}

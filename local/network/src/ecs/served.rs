//! What other products ask of instances and groups.

use crate::vpc::{Place, World};

use super::instance::Instance;

/// What answers on an instance, unless it is told otherwise: a shell and a web server.
const USUAL_PORTS: [u16; 2] = [22, 80];

impl World {
    /// The account's instance with this id here.
    pub(crate) fn instance(&self, place: &Place, id: &str) -> Option<&Instance> {
        self.ecs.instances.get(&place.key(id))
    }

    /// Whether something on an instance answers connections to `port`.
    pub(crate) fn instance_answers(&self, id: &str, port: u16) -> bool {
        match self.ecs.open_ports.get(id) {
            Some(ports) => ports.contains(&port),
            None => USUAL_PORTS.contains(&port),
        }
    }

    /// Whether the account has this security group in this VPC.
    pub(crate) fn has_group(&self, place: &Place, vpc_id: &str, id: &str) -> bool {
        self.ecs.groups.get(&place.key(id)).is_some_and(|group| group.vpc_id == vpc_id)
    }
}

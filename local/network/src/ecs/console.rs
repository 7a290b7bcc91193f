//! What a console shows of groups and instances, and how the seed's come into being.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use local_core::console::{ConsoleGroup, ConsoleInstance};
use local_core::ids::derived;
use local_core::seed::{SeedGroup, SeedVSwitch};

use super::group::{Direction, Group, IpProtocol, Kind, Policy, Rule, Source, Term};
use super::instance::{Instance, Status};
use crate::vpc::{Place, World};

impl World {
    /// Makes the groups of a seed's VPC, under ids that follow from the VPC and their position.
    pub(crate) fn plant_groups(&mut self, place: &Place, vpc_id: &str, seeds: &[SeedGroup]) {
        for (number, seed) in seeds.iter().enumerate() {
            let id = group_id(vpc_id, number);
            let rules = seed.open_to.iter().map(|range| self.planted_rule(&id, *range)).collect();
            let group = Group {
                account: place.account.clone(),
                region: place.region.clone(),
                vpc_id: vpc_id.to_owned(),
                kind: Kind::Basic,
                name: seed.name.clone(),
                description: String::new(),
                rules,
                created: self.now,
                is_isolating: false,
                id,
            };
            self.ecs.groups.insert(place.key(&group.id), group);
        }
    }

    fn planted_rule(&self, group_id: &str, range: Ipv4Net) -> Rule {
        Rule {
            id: format!("sgr-{}", derived(20, &[group_id, &range.to_string()])),
            term: Term {
                direction: Direction::In,
                protocol: IpProtocol::All,
                ports: (-1, -1),
                source: Source::Range(range),
                policy: Policy::Accept,
                priority: 1,
                source_ports: String::new(),
                destination: String::new(),
            },
            description: String::new(),
            created: self.now,
        }
    }

    /// Makes the instances of a seed's vSwitch, in the first `groups` groups of its VPC.
    pub(crate) fn plant_instances(
        &mut self,
        place: &Place,
        vpc_id: &str,
        vswitch_id: &str,
        groups: usize,
        seed: &SeedVSwitch,
    ) {
        for (number, instance) in seed.instances.iter().enumerate() {
            let id = format!("i-{}", derived(20, &["i", vswitch_id, &number.to_string()]));
            let instance = Instance {
                vpc_id: vpc_id.to_owned(),
                vswitch_id: vswitch_id.to_owned(),
                zone: seed.zone_id.clone(),
                address: instance.private_ip,
                name: instance.name.clone(),
                groups: (0..groups).map(|number| group_id(vpc_id, number)).collect(),
                status: if instance.running { Status::Running } else { Status::Stopped },
                agent_alive: instance.cloud_assistant,
                agent_seen: self.now,
                created: self.now,
                started: self.now,
                waiting: None,
                users: BTreeSet::new(),
                id,
            };
            self.ecs.instances.insert(place.key(&instance.id), instance);
        }
    }

    /// A VPC's groups.
    pub(crate) fn console_groups(&self, place: &Place, vpc_id: &str) -> Vec<ConsoleGroup> {
        let prefix = place.prefix();
        let own = self.ecs.groups.prefixed(&prefix).map(|(_, group)| group).filter(|group| group.vpc_id == vpc_id);
        own.map(|group| ConsoleGroup { security_group_id: group.id.clone(), name: group.name.clone() }).collect()
    }

    /// A VPC's instances.
    pub(crate) fn console_instances(&self, place: &Place, vpc_id: &str) -> Vec<ConsoleInstance> {
        let own = self.ecs.instances.at(place).map(|(_, instance)| instance);
        let own = own.filter(|instance| instance.vpc_id == vpc_id);
        own.map(|instance| ConsoleInstance {
            instance_id: instance.id.clone(),
            private_ip: instance.address,
            vswitch_id: instance.vswitch_id.clone(),
            security_group_ids: instance.groups.clone(),
        })
        .collect()
    }
}

fn group_id(vpc_id: &str, number: usize) -> String {
    format!("sg-{}", derived(20, &["sg", vpc_id, &number.to_string()]))
}

//! What a console shows of an account's VPCs, and how the seed's VPCs come into being.

use ipnet::Ipv4Net;
use local_core::console::{ConsoleGroup, ConsoleVSwitch, ConsoleVpc};
use local_core::ids::derived;
use local_core::seed::SeedVpc;
use local_core::table::StorageError;

use super::Jd;
use super::network::{self, Plan};
use super::place::Place;
use super::subnet::Subnet;

impl Jd {
    /// Makes the VPCs of a seed under ids that follow from account, region and position.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn plant(&self, account_id: &str, vpcs: &[SeedVpc]) -> Result<(), StorageError> {
        self.change(|world| {
            for (index, seed) in vpcs.iter().enumerate() {
                let place = Place::new(account_id, &seed.region_id);
                let position = index.to_string();
                let id = |prefix: &str, more: &str| {
                    format!(
                        "{prefix}-{}",
                        derived(10, &["jdcloud", prefix, account_id, &seed.region_id, &position, more])
                    )
                };
                let plan = Plan {
                    id: id("vpc", ""),
                    table_id: id("rtb", ""),
                    group_id: id("sg", ""),
                    name: seed.name.clone(),
                    description: String::new(),
                    cidr: Some(seed.cidr_block),
                };
                network::make(world, &place, plan);
                for (number, seed) in seed.vswitches.iter().enumerate() {
                    let number = number.to_string();
                    let subnet = Subnet {
                        id: id("subnet", &number),
                        vpc_id: id("vpc", ""),
                        name: format!("subnet-{number}"),
                        description: String::new(),
                        cidr: seed.cidr_block,
                        table_id: id("rtb", ""),
                        created: world.now,
                    };
                    world.subnets.insert(place.key(&subnet.id), subnet);
                }
            }
            Ok(())
        })
    }

    /// The VPCs of an account in every region, in the shape that the console has for all clouds: a subnet stands as a
    /// vSwitch without a zone, the default route table as the table, and there is neither a router nor an instance to name.
    #[must_use]
    pub fn console(&self, account_id: &str) -> Vec<ConsoleVpc> {
        let world = self.world();
        let own = world.networks.prefixed(&format!("{account_id}/")).collect::<Vec<_>>();
        let shown = own.into_iter().filter_map(|(key, network)| {
            let place = Place::of_key(key)?;
            let subnets = world.subnets_of(&place, &network.id).map(|subnet| ConsoleVSwitch {
                vswitch_id: subnet.id.clone(),
                zone_id: String::new(),
                cidr_block: subnet.cidr,
            });
            let groups = world
                .groups_of(&place, &network.id)
                .map(|group| ConsoleGroup { security_group_id: group.id.clone(), name: group.name.clone() });
            Some(ConsoleVpc {
                vswitches: subnets.collect(),
                security_groups: groups.collect(),
                instances: Vec::new(),
                route_table_id: world.default_table(&place, &network.id).ok()?.id.clone(),
                vrouter_id: String::new(),
                vpc_id: network.id.clone(),
                // A VPC without a range may have subnets anywhere.
                cidr_block: network.cidr.unwrap_or(Ipv4Net::default()),
                region_id: place.region,
            })
        });
        shown.collect()
    }
}

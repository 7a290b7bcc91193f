//! What a console shows of an account's VPCs, and how the seed's VPCs come into being.

use local_core::console::{ConsoleVSwitch, ConsoleVpc};
use local_core::ids::derived;
use local_core::seed::SeedVpc;
use local_core::table::StorageError;

use super::Vpc;
use super::network::{self, Plan};
use super::place::Place;
use super::vswitch;

impl Vpc {
    /// Makes the VPCs of a seed with all that stands in them, ready at once, under ids that follow from account, region and position.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn plant(&self, account_id: &str, vpcs: &[SeedVpc]) -> Result<(), StorageError> {
        self.change(|world| {
            for (index, seed) in vpcs.iter().enumerate() {
                let place = Place::new(account_id, &seed.region_id);
                let position = index.to_string();
                let id = |prefix: &str, more: &str| {
                    format!("{prefix}-{}", derived(20, &[prefix, account_id, &seed.region_id, &position, more]))
                };
                let plan = Plan {
                    vpc_id: id("vpc", ""),
                    router_id: id("vrt", ""),
                    table_id: id("vtb", ""),
                    cidr: seed.cidr_block,
                    user: Vec::new(),
                    name: seed.name.clone(),
                    description: String::new(),
                };
                let vpc_id = plan.vpc_id.clone();
                network::make(world, &place, plan);
                world.networks.change(&place.key(&vpc_id), |network| network.waiting = None);
                world.plant_groups(&place, &vpc_id, &seed.security_groups);
                let groups = seed.security_groups.len();
                for (number, seed) in seed.vswitches.iter().enumerate() {
                    let plan = vswitch::Plan {
                        id: id("vsw", &number.to_string()),
                        zone: seed.zone_id.clone(),
                        cidr: seed.cidr_block,
                        name: String::new(),
                        description: String::new(),
                    };
                    let (id, key) = (plan.id.clone(), place.key(&plan.id));
                    vswitch::make(world, &place, &vpc_id, plan);
                    world.vswitches.change(&key, |vswitch| vswitch.waiting = None);
                    world.plant_instances(&place, &vpc_id, &id, groups, seed);
                }
            }
            Ok(())
        })
    }

    /// The VPCs of an account in every region, in the order of region and id.
    #[must_use]
    pub fn console(&self, account_id: &str) -> Vec<ConsoleVpc> {
        let world = self.world();
        let prefix = format!("{account_id}/");
        let own = world.networks.rows.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        own.filter_map(|(key, network)| {
            let region = key.split('/').nth(1)?;
            let place = Place::new(account_id, region);
            let vswitches = world.vswitches_of(&place, &network.id).map(|vswitch| ConsoleVSwitch {
                vswitch_id: vswitch.id.clone(),
                zone_id: vswitch.zone.clone(),
                cidr_block: vswitch.cidr,
            });
            Some(ConsoleVpc {
                region_id: region.to_owned(),
                vpc_id: network.id.clone(),
                cidr_block: network.cidr,
                vrouter_id: network.router_id.clone(),
                route_table_id: world.system_table(&place, &network.id)?.id.clone(),
                vswitches: vswitches.collect(),
                security_groups: world.console_groups(&place, &network.id),
                instances: world.console_instances(&place, &network.id),
            })
        })
        .collect()
    }
}

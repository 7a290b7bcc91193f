//! The spec of the guide to private links, with what a seeded cloud has.

use causeway_local::console::ConsoleVpc as Vpc;
use connection::words::Kind;
use serde_json::{Value, json};

use crate::stand::{Account, StandError};

/// Where private links are tried.
const FRANKFURT: &str = "eu-central-1";
/// The zone in which service and endpoint are.
pub(crate) const ZONE: &str = "eu-central-1b";
/// The zone that serves while that one does not.
const STANDBY: &str = "eu-central-1a";

/// The VPC of an account in Frankfurt whose range begins so.
fn vpc_of<'a>(accounts: &'a [Account], account: &'static str, begins: &str) -> Result<&'a Vpc, StandError> {
    let owner = accounts.iter().find(|known| known.alias == account);
    let fits = |vpc: &&Vpc| vpc.region_id == FRANKFURT && vpc.cidr_block.to_string().starts_with(begins);
    owner.and_then(|owner| owner.vpcs.iter().find(fits)).ok_or(StandError::NoVpc { account, region: FRANKFURT })
}

/// The guide's private link: account `a` uses a service of `provider`, which is `a` itself or `b`. The load balancer is made
/// with the provider's two servers behind it, and the endpoint gets a vSwitch of its own.
///
/// # Errors
/// When the accounts do not have what it takes.
pub fn private_link_spec(accounts: &[Account], provider: &'static str) -> Result<Value, StandError> {
    let own = vpc_of(accounts, "a", "10.11.")?;
    let other = vpc_of(accounts, provider, if provider == "a" { "10.12." } else { "10.13." })?;
    let groups: Vec<_> = own.security_groups.iter().take(1).map(|group| &group.security_group_id).collect();
    let vswitch = other.vswitches.iter().find(|vswitch| vswitch.zone_id == ZONE);
    let servers: Vec<_> =
        other.instances.iter().map(|instance| json!({"instance_id": instance.instance_id, "weight": 100})).collect();
    Ok(json!({
        "version": 1,
        "name": if provider == "a" { "shop" } else { "shop-of-b" },
        "kind": Kind::PrivateLink,
        "consumer": {
            "account": "a", "region_id": FRANKFURT, "vpc_id": own.vpc_id,
            "zones": [{"zone_id": ZONE, "cidr_block": "10.11.9.0/28"}],
            "security_groups": groups,
            "instance_id": own.instances.first().map(|instance| &instance.instance_id),
        },
        "provider": {
            "account": provider, "region_id": FRANKFURT, "vpc_id": other.vpc_id,
            "load_balancer": {"create": {
                "primary_zone": ZONE, "standby_zone": STANDBY,
                "vswitch_id": vswitch.map(|vswitch| &vswitch.vswitch_id),
                "listener": {"protocol": "http", "port": 80},
                "backends": servers,
            }},
            "service": {"description": "the shop", "zone_affinity": true},
            "bandwidth_mbps": 1024,
        },
    }))
}

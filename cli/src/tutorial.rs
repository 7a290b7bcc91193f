//! The connections of the tutorial, as a user posts them, between the networks of a seeded cloud.

use causeway_local::console::ConsoleVpc as Vpc;
use connection::words::Kind;
use serde_json::{Value, json};

use crate::deployment::Account;

/// The region of private links.
const FRANKFURT: &str = "eu-central-1";
/// The zone in which service and endpoint are.
pub(crate) const ZONE: &str = "eu-central-1b";
/// The zone that serves while that one does not.
const STANDBY: &str = "eu-central-1a";

/// The seed lacks a VPC that the tutorial needs.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("account {account} has no VPC in {region}")]
pub struct NoVpc {
    pub account: &'static str,
    pub region: &'static str,
}

/// The VPC of an account in a region whose range begins with `range`.
fn vpc_of<'a>(
    accounts: &'a [Account],
    account: &'static str,
    region: &'static str,
    range: &str,
) -> Result<&'a Vpc, NoVpc> {
    let owner = accounts.iter().find(|known| known.alias == account);
    let fits = |vpc: &&Vpc| vpc.region_id == region && vpc.cidr_block.to_string().starts_with(range);
    owner.and_then(|owner| owner.vpcs.iter().find(fits)).ok_or(NoVpc { account, region })
}

/// The tutorial's connection between two accounts, by a connection of `kind`, with what a ping needs: a rule in the security
/// group of each side; and an instance, or on JD Cloud a subnet.
///
/// # Errors
/// When the accounts do not have what it takes.
pub fn tutorial_spec(accounts: &[Account], kind: Kind) -> Result<Value, NoVpc> {
    match kind {
        Kind::RouterInterface | Kind::VpcPeering => between_vpcs(accounts, kind),
        Kind::JdcloudPeering => between_jd_vpcs(accounts),
        Kind::PrivateLink => private_link_spec(accounts, "b"),
    }
}

fn between_jd_vpcs(accounts: &[Account]) -> Result<Value, NoVpc> {
    let side = |account: &'static str| {
        let vpc = vpc_of(accounts, account, "cn-north-1", "")?;
        let subnets: Vec<_> = vpc.vswitches.iter().take(1).map(|subnet| &subnet.vswitch_id).collect();
        let groups = vpc.security_groups.iter().take(1);
        let rules: Vec<_> = groups.map(|group| json!({"security_group_id": group.security_group_id})).collect();
        Ok::<_, NoVpc>(json!({
            "account": account, "region_id": vpc.region_id, "vpc_id": vpc.vpc_id, "subnet_ids": subnets,
            "security_groups": rules,
        }))
    };
    Ok(json!({
        "version": 1, "name": "jd-a-jd-b", "kind": Kind::JdcloudPeering, "initiator": side("jd-a")?, "acceptor": side("jd-b")?,
    }))
}

fn between_vpcs(accounts: &[Account], kind: Kind) -> Result<Value, NoVpc> {
    let side = |account: &'static str, region: &'static str| {
        let vpc = vpc_of(accounts, account, region, "")?;
        let groups = vpc.security_groups.iter().take(1);
        let rules: Vec<_> = groups.map(|group| json!({"security_group_id": group.security_group_id})).collect();
        let mut side = json!({
            "account": account, "region_id": region, "vpc_id": vpc.vpc_id, "security_groups": rules,
        });
        if let Some(instance) = vpc.instances.first() {
            side["instance_id"] = json!(instance.instance_id);
        }
        Ok::<_, NoVpc>(side)
    };
    let mut spec = json!({"version": 1, "name": "qingdao-beijing", "kind": kind});
    if kind == Kind::RouterInterface {
        spec["spec"] = "Mini.2".into();
    }
    spec["initiator"] = side("a", "cn-qingdao")?;
    spec["acceptor"] = side("b", "cn-beijing")?;
    Ok(spec)
}

/// The tutorial's private link: account `a` uses a service of `provider`, which is `a` itself or `b`. The load balancer is made
/// with the provider's two servers behind it, and the endpoint gets a vSwitch of its own.
///
/// # Errors
/// When the accounts do not have what it takes.
pub fn private_link_spec(accounts: &[Account], provider: &'static str) -> Result<Value, NoVpc> {
    let own = vpc_of(accounts, "a", FRANKFURT, "10.11.")?;
    let other = vpc_of(accounts, provider, FRANKFURT, if provider == "a" { "10.12." } else { "10.13." })?;
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

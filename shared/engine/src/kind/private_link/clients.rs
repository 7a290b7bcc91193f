//! Who reaches the endpoint: the rules of its security groups.

use alicloud::ecs::{IpProtocol, PortRange, RuleSource, SecurityRule};
use connection::not_done::NotDone;
use connection::words::ResourceId;
use ipnet::{IpNet, Ipv4Net};

use super::spec;
use crate::group_rules::RequiredRules;
use crate::step::SideContext;

/// Lets the clients of an endpoint in through each of its groups, to the service's port.
///
/// # Errors
/// When the connection is of another kind.
pub fn asked(side: &SideContext<'_>) -> Result<Vec<RequiredRules>, NotDone> {
    let link = spec(side)?;
    let named = &link.consumer.clients;
    let ranges = if named.is_empty() { &side.network().cidr_blocks } else { named };
    let port = link.probe().port;
    let rule = |range: &Ipv4Net| SecurityRule {
        description: Some(side.mark().description().to_owned()),
        ..SecurityRule::accept(
            IpProtocol::Tcp,
            PortRange::from(format!("{port}/{port}").as_str()),
            RuleSource::Cidr(IpNet::V4(*range)),
        )
    };
    let rules: Vec<SecurityRule> = ranges.iter().map(rule).collect();
    let asked =
        |group: &ResourceId| RequiredRules { group: group.to_string(), rules: rules.clone(), instead: Vec::new() };
    Ok(link.consumer.security_groups.iter().map(asked).collect())
}

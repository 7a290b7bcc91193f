//! An endpoint of one VPC, and the service of another that it shall lead to.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `end` | a side: its VPC, its vSwitches, where PrivateLink is offered |
//! | `consumer` | zones, vSwitches, security groups, the instance, an existing service as the consumer sees it |
//! | `provider` | the load balancer to be made or the one that is there, the servers, an existing service |

mod consumer;
mod found;
mod provider;

use std::collections::BTreeMap;

use connection::outputs::Outputs;
use connection::record::{Network, Record, SideRecord};
use connection::spec::PrivateLinkSpec;
use connection::words::{ConnectionName, Side};
use engine::services::Services;
use futures::future::join;

use self::found::FoundSide;
use super::{Checked, PreflightError, account, flatten, session};

/// Looks at both sides.
pub(super) async fn check(
    services: &Services,
    name: &ConnectionName,
    link: &PrivateLinkSpec,
    record: Option<&Record>,
) -> Checked {
    let found = join(
        FoundSide::find(services, name, Side::Consumer, link.consumer.place()),
        FoundSide::find(services, name, Side::Provider, link.provider.place()),
    );
    let (consumer, provider) = match found.await {
        (Ok(consumer), Ok(provider)) => (consumer, provider),
        (one, other) => return (BTreeMap::new(), [one.err(), other.err()].into_iter().flatten().collect()),
    };
    let mut errors = overlap(&consumer, &provider);
    let (one, other) = join(consumer::obstacles(&consumer, link, record), provider::obstacles(&provider, link)).await;
    errors.extend(one);
    errors.extend(other);
    let recorded = |end: FoundSide<'_>| {
        let network = Network { cidr_blocks: end.cidr_blocks, router_id: None, route_tables: Vec::new() };
        (end.side, SideRecord { account_id: end.account_id, network, outputs: Outputs::default() })
    };
    ([consumer, provider].map(recorded).into(), errors)
}

/// The guide wants two VPCs whose ranges do not overlap, so that an address means one thing on both sides.
fn overlap(consumer: &FoundSide<'_>, provider: &FoundSide<'_>) -> Vec<PreflightError> {
    let overlaps = |one: &&ipnet::Ipv4Net| {
        provider.cidr_blocks.iter().any(|other| one.contains(&other.network()) || other.contains(&one.network()))
    };
    match consumer.cidr_blocks.iter().find(overlaps) {
        None => Vec::new(),
        Some(range) => {
            let detail = format!("the range {range} overlaps one of the provider's VPC {}", provider.place.vpc_id);
            vec![PreflightError::at("/consumer/vpc_id", detail)]
        }
    }
}

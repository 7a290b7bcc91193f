//! An endpoint of one VPC, and the service of another that it shall lead to.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `spot` | a side: its VPC, its vSwitches, where PrivateLink is offered |
//! | `consumer` | zones, vSwitches, security groups, the instance, an existing service as the consumer sees it |
//! | `provider` | the load balancer to be made or the one that is there, the servers, an existing service |

mod consumer;
mod provider;
mod spot;

use std::collections::BTreeMap;

use connection::carry::Office;
use connection::made::Made;
use connection::record::{Network, Record, SideRecord};
use connection::spec::PrivateLinkSpec;
use connection::words::Side;
use futures::future::join;

use self::spot::Spot;
use super::{Checked, Trouble, account, flatten};

/// Looks at both sides.
pub(super) async fn check(office: &Office, link: &PrivateLinkSpec, record: Option<&Record>) -> Checked {
    let found = join(
        Spot::find(office, Side::Consumer, link.consumer.place()),
        Spot::find(office, Side::Provider, link.provider.place()),
    );
    let (consumer, provider) = match found.await {
        (Ok(consumer), Ok(provider)) => (consumer, provider),
        (one, other) => return (BTreeMap::new(), [one.err(), other.err()].into_iter().flatten().collect()),
    };
    let mut troubles = overlap(&consumer, &provider);
    let (one, other) = join(consumer::obstacles(&consumer, link, record), provider::obstacles(&provider, link)).await;
    troubles.extend(one);
    troubles.extend(other);
    let recorded = |spot: Spot<'_>| {
        let network = Network { cidr_blocks: spot.cidr_blocks, router_id: None, route_tables: Vec::new() };
        (spot.side, SideRecord { account_id: spot.account_id, network, made: Made::default() })
    };
    ([consumer, provider].map(recorded).into(), troubles)
}

/// The guide wants two VPCs whose ranges do not overlap, so that an address means one thing on both sides.
fn overlap(consumer: &Spot<'_>, provider: &Spot<'_>) -> Vec<Trouble> {
    let overlaps = |one: &&ipnet::Ipv4Net| {
        provider.cidr_blocks.iter().any(|other| one.contains(&other.network()) || other.contains(&one.network()))
    };
    match consumer.cidr_blocks.iter().find(overlaps) {
        None => Vec::new(),
        Some(range) => {
            let detail = format!("the range {range} overlaps one of the provider's VPC {}", provider.place.vpc_id);
            vec![Trouble::at("/consumer/vpc_id", detail)]
        }
    }
}

//! Two VPCs of Alibaba Cloud that shall route to each other.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `networks` | the two VPCs, their vSwitches and route tables |
//! | `ranges` | which ranges and which tables are meant, and whether the two sides can be told apart: pure |
//! | `links` | what joins the two VPCs already |
//! | `billing` | whether both accounts can be billed for traffic between regions |
//! | `routes` | routes that stand in the way |
//! | `groups` | security groups and instances |

pub(crate) mod billing;
mod groups;
mod links;
mod networks;
mod ranges;
mod routes;

use std::collections::BTreeMap;

use connection::outputs::Outputs;
use connection::record::{Network, Record, SideRecord};
use connection::spec::{Spec, VpcSide};
use connection::words::Side;
use engine::services::Services;
use futures::future::{join, join3};

use super::{Checked, PreflightError, account, flatten, session};

/// One side, found.
pub(crate) struct Found<'a> {
    pub(crate) side: Side,
    pub(crate) place: &'a VpcSide,
    pub(crate) account_id: String,
    pub(crate) client: alicloud::Client,
    pub(crate) region: alicloud::Region,
    pub(crate) network: networks::Looked,
}

/// One side with what is meant there, and the record of the connection where the spec is to change.
pub(crate) struct Meant<'a> {
    pub(crate) found: &'a Found<'a>,
    pub(crate) network: &'a Network,
    pub(crate) record: Option<&'a Record>,
}

/// Looks at both sides and at what lies between them.
pub(super) async fn check(services: &Services, spec: &Spec, given: [&VpcSide; 2], record: Option<&Record>) -> Checked {
    let [asking, asked] = spec.kind().sides();
    let found = join(find(services, spec, asking, given[0]), find(services, spec, asked, given[1])).await;
    let (initiator, acceptor) = match found {
        (Ok(initiator), Ok(acceptor)) => (initiator, acceptor),
        (one, other) => return (BTreeMap::new(), [one.err(), other.err()].into_iter().flatten().collect()),
    };
    let [one, other] = match ranges::resolve(&initiator, &acceptor) {
        Ok(networks) => networks,
        Err(problems) => return (BTreeMap::new(), problems.into_iter().map(PreflightError::Problem).collect()),
    };
    let (links, routes, groups) = {
        let one = Meant { found: &initiator, network: &one, record };
        let other = Meant { found: &acceptor, network: &other, record };
        let may_try = services.clouds.may_try(&given[0].account);
        let links = links::obstacles(spec, &one, &other, may_try);
        join3(links, routes::obstacles(&one, &other), groups::obstacles(&one, &other)).await
    };
    let recorded = |(found, network): (Found<'_>, Network)| {
        (found.side, SideRecord { account_id: found.account_id, network, outputs: Outputs::default() })
    };
    let sides = [(initiator, one), (acceptor, other)].map(recorded).into();
    (sides, links.into_iter().chain(routes).chain(groups).collect())
}

async fn find<'a>(
    services: &Services,
    spec: &Spec,
    side: Side,
    place: &'a VpcSide,
) -> Result<Found<'a>, PreflightError> {
    let account_id = account(services, side, place.place())?.id().to_owned();
    let client = services.clouds.client(&session(&spec.name), place.place());
    let (client, region) = client.map_err(|not_done| PreflightError::of(format!("/{side}/account"), not_done))?;
    let network = networks::look_up(side, place, &client.vpc(&region)).await?;
    Ok(Found { side, place, account_id, client, region, network })
}

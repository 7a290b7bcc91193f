//! Everything that can be known to fail, before anything is made.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `networks` | the two VPCs, their vSwitches and route tables |
//! | `ranges` | which ranges and which tables are meant, and whether the two sides can be told apart: pure |
//! | `links` | what joins the two VPCs already |
//! | `routes` | routes that stand in the way |
//! | `groups` | security groups and instances |
//!
//! All problems come at once, each with the field that is to blame. What passes here may still be refused later; the point
//! is that nobody waits for a chain to find out what one look would have told.

mod groups;
mod links;
mod networks;
mod ranges;
mod routes;

use std::collections::BTreeMap;

use connection::carry::Office;
use connection::halt::{Failure, Halt};
use connection::made::Made;
use connection::problem::Problem;
use connection::record::{Network, Record, SideRecord};
use connection::spec::{Spec, VpcSide};
use connection::words::Side;
use futures::future::{join_all, join3};

use crate::problem_json::Refusal;

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

/// Checks the spec against both clouds and returns what is to be known of each side. `record` is the connection whose spec
/// is to change; what it made itself is in nobody's way.
///
/// # Errors
/// The refusal to answer with: every problem, or that a cloud does not answer right now.
pub async fn check(
    office: &Office,
    spec: &Spec,
    record: Option<&Record>,
) -> Result<BTreeMap<Side, SideRecord>, Refusal> {
    let found = join_all(spec.sides().map(|(side, place)| find(office, side, place))).await;
    let (mut troubles, mut sides) = (Vec::new(), Vec::new());
    for side in found {
        match side {
            Ok(side) => sides.push(side),
            Err(trouble) => troubles.push(trouble),
        }
    }
    let mut networks = Vec::new();
    if let [initiator, acceptor] = sides.as_slice() {
        match ranges::resolve(initiator, acceptor) {
            Ok(both) => networks.extend(both),
            Err(problems) => troubles.extend(problems.into_iter().map(Trouble::Problem)),
        }
        if let [one, other] = networks.as_slice() {
            let one = Meant { found: initiator, network: one, record };
            let other = Meant { found: acceptor, network: other, record };
            let (links, routes, groups) = join3(
                links::obstacles(spec, &one, &other),
                routes::obstacles(&one, &other),
                groups::obstacles(&one, &other),
            )
            .await;
            troubles.extend(links.into_iter().chain(routes).chain(groups));
        }
    }
    verdict(troubles)?;
    let recorded = |(found, network): (Found<'_>, Network)| {
        (found.side, SideRecord { account_id: found.account_id, network, made: Made::default() })
    };
    Ok(sides.into_iter().zip(networks).map(recorded).collect())
}

async fn find<'a>(office: &Office, side: Side, place: &'a VpcSide) -> Result<Found<'a>, Trouble> {
    let Some(account) = office.clouds.account(&place.account) else {
        let known: Vec<_> = office.clouds.aliases().map(connection::words::AccountAlias::as_str).collect();
        let detail = format!("no account has the alias {}; known are {}", place.account, known.join(", "));
        return Err(Trouble::at(format!("/{side}/account"), detail));
    };
    let account_id = account.id.clone();
    let (client, region) = office.clouds.client(place).map_err(|halt| Trouble::of(format!("/{side}"), halt))?;
    let network = networks::look_up(side, place, &client.vpc(&region)).await?;
    Ok(Found { side, place, account_id, client, region, network })
}

/// What a preflight call that did not succeed means for the request.
pub(crate) enum Trouble {
    /// It will not work: a problem of the posted document.
    Problem(Problem),
    /// It is not known whether it would work.
    NotNow(String),
}

impl Trouble {
    fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::at(pointer.into(), detail))
    }

    fn of(pointer: String, halt: impl Into<Halt>) -> Self {
        match halt.into() {
            Halt::Fail(Failure { what, advice, .. }) => Self::at(pointer, format!("{what}. {advice}")),
            Halt::Wait(wait) => Self::NotNow(wait.why),
        }
    }
}

/// A list of troubles, of which a call that failed is one.
fn flatten(result: Result<Vec<Trouble>, Trouble>) -> Vec<Trouble> {
    result.unwrap_or_else(|trouble| vec![trouble])
}

/// Sorts what went wrong; `Ok` when nothing did.
fn verdict(troubles: Vec<Trouble>) -> Result<(), Refusal> {
    let (mut problems, mut not_now) = (Vec::new(), Vec::new());
    for trouble in troubles {
        match trouble {
            Trouble::Problem(problem) => problems.push(problem),
            Trouble::NotNow(why) => not_now.push(why),
        }
    }
    if !problems.is_empty() {
        return Err(Refusal::impossible("nothing was made; errors lists every reason", problems));
    }
    match not_now.as_slice() {
        [] => Ok(()),
        [why, ..] => Err(Refusal::unavailable(format!("nothing was made; the check before could not finish: {why}"))),
    }
}

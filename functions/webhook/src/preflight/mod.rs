//! Everything that can be known to fail, before anything is made.
//!
//! | module | what it looks at |
//! | --- | --- |
//! | `between_vpcs` | two VPCs of Alibaba Cloud that shall route to each other |
//! | `jdcloud_peering` | two VPCs of JD Cloud that shall be peered |
//! | `private_link` | an endpoint of one VPC, and the service of another that it shall lead to |
//!
//! All problems come at once, each with the field that is to blame. What passes here may still be refused later; the point
//! is that nobody waits for a chain to find out what one look would have told.

mod between_vpcs;
mod jdcloud_peering;
mod private_link;

use std::collections::BTreeMap;

use connection::account::Account;
use connection::not_done::{NotDone, Retry, StepFailure};
use connection::problem::Problem;
use connection::record::{Record, SideRecord};
use connection::spec::{JdcloudPeeringSpec, KindSpec, Place, RouterInterfaceSpec, Spec, VpcPeeringSpec};
use connection::words::{ConnectionName, Kind, Side};
use engine::services::Services;
use engine::session::Session;

use crate::problem_json::Refusal;

pub(crate) use between_vpcs::billing;

/// Checks the spec against both clouds and returns what is to be known of each side. `record` is the connection whose spec
/// is to change; what it made itself is in nobody's way.
///
/// # Errors
/// The refusal to answer with: every problem, or that a cloud does not answer right now.
pub async fn check(
    services: &Services,
    spec: &Spec,
    record: Option<&Record>,
) -> Result<BTreeMap<Side, SideRecord>, Refusal> {
    deployed(services, spec.kind()).map_err(|why| impossible(vec![Problem::at("/kind", why)]))?;
    let (sides, errors) = match &spec.kind {
        KindSpec::RouterInterface(RouterInterfaceSpec { initiator, acceptor, .. })
        | KindSpec::VpcPeering(VpcPeeringSpec { initiator, acceptor, .. }) => {
            between_vpcs::check(services, spec, [initiator, acceptor], record).await
        }
        KindSpec::PrivateLink(link) => private_link::check(services, &spec.name, link, record).await,
        KindSpec::JdcloudPeering(JdcloudPeeringSpec { initiator, acceptor }) => {
            jdcloud_peering::check(services, spec, [initiator, acceptor], record).await
        }
    };
    verdict(errors)?;
    Ok(sides)
}

/// Whether the functions and queues of a kind are deployed.
///
/// # Errors
/// That they are not, and what to do.
pub fn deployed(services: &Services, kind: Kind) -> Result<(), String> {
    if services.kinds.contains(&kind) {
        return Ok(());
    }
    let deployed: Vec<_> = services.kinds.iter().map(|kind| kind.word()).collect();
    Err(format!(
        "connections of kind {kind} are not deployed here; deployed are {}. The operator adds the kind to the template's \
         parameter Kinds and updates the stack",
        deployed.join(", ")
    ))
}

/// What a look at both sides found: what is to be known of each, and everything that is wrong.
type Checked = (BTreeMap<Side, SideRecord>, Vec<PreflightError>);

/// A session that looks at the clouds for the connection of this name.
fn session(name: &ConnectionName) -> Session<'_> {
    Session::reading(Some(name), None)
}

/// The account that a side names.
fn account<'a>(services: &'a Services, side: Side, place: Place<'_>) -> Result<&'a Account, PreflightError> {
    services.clouds.account(place.account).ok_or_else(|| {
        // The others are not listed: not every caller may know of them.
        let detail = match services.clouds.aliases().next() {
            None => "no account is connected yet: `causeway accounts add` enters them into config/accounts.json, which is read again \
                     within a minute"
                .to_owned(),
            Some(_) => format!(
                "no account has the alias {}; the aliases are those of config/accounts.json, which is read again within a minute",
                place.account
            ),
        };
        PreflightError::at(format!("/{side}/account"), detail)
    })
}

/// What is said where a side's VPC is not there.
fn no_vpc(place: Place<'_>) -> String {
    let Place { account, region_id, vpc_id } = place;
    format!("account {account} has no VPC {vpc_id} in {region_id}; correct vpc_id, region_id or account")
}

/// What is said where a range of a side's VPC cannot be understood.
fn unreadable_range(cidr: &alicloud::vpc::Cidr) -> String {
    format!("the VPC's range {cidr} does not read")
}

/// What a preflight call that did not succeed means for the request.
pub(crate) enum PreflightError {
    /// It will not work: a problem of the posted document.
    Problem(Problem),
    /// It is not known whether it would work.
    Unavailable(String),
}

impl PreflightError {
    fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Problem(Problem::at(pointer.into(), detail))
    }

    fn of(pointer: String, not_done: impl Into<NotDone>) -> Self {
        match not_done.into() {
            NotDone::Failed(StepFailure { what, advice, call }) => {
                let code = call.and_then(|call| call.code).unwrap_or_default();
                let pointer = match pointer.split('/').nth(1).filter(|_| code.starts_with("InvalidRegionId")) {
                    Some(side) => format!("/{side}/region_id"),
                    None => pointer,
                };
                Self::at(pointer, format!("{what}. {advice}"))
            }
            NotDone::Retry(Retry { why, call, .. }) => {
                let is_answered = call.is_none_or(|call| call.code.is_some() || call.request_id.is_some());
                // Each region has hosts of its own: those of one that does not exist never answer.
                let hint = match pointer.split('/').nth(1).filter(|_| !is_answered) {
                    Some(side) => format!("; if it stays so, check that /{side}/region_id is a region that exists"),
                    None => String::new(),
                };
                Self::Unavailable(format!("{why}{hint}"))
            }
        }
    }
}

/// A list of errors, of which a call that failed is one.
fn flatten(result: Result<Vec<PreflightError>, PreflightError>) -> Vec<PreflightError> {
    result.unwrap_or_else(|failed| vec![failed])
}

fn impossible(problems: Vec<Problem>) -> Refusal {
    Refusal::impossible("nothing was made; errors lists every reason", problems)
}

/// Sorts what went wrong; `Ok` when nothing did.
fn verdict(errors: Vec<PreflightError>) -> Result<(), Refusal> {
    let (mut problems, mut not_now) = (Vec::new(), Vec::new());
    for failed in errors {
        match failed {
            PreflightError::Problem(problem) => problems.push(problem),
            PreflightError::Unavailable(why) => not_now.push(why),
        }
    }
    if !problems.is_empty() {
        return Err(impossible(problems));
    }
    match not_now.as_slice() {
        [] => Ok(()),
        [why, ..] => Err(Refusal::unavailable(format!("nothing was made; the check before could not finish: {why}"))),
    }
}

//! Everything that can be known to fail, before anything is made.
//!
//! All problems come at once, each with the field that is to blame. What passes here may still be refused later; the point
//! is that nobody waits for a chain to find out what one look would have told.

mod networks;
mod router_interface;

use std::collections::BTreeMap;

use connection::carry::Office;
use connection::halt::{Failure, Halt};
use connection::problem::Problem;
use connection::record::SideRecord;
use connection::spec::{KindSpec, Spec};
use connection::words::Side;

use crate::problem_json::Refusal;

/// Checks the spec against both clouds and returns what is to be known of each side.
///
/// # Errors
/// The refusal to answer with: every problem, or that a cloud does not answer right now.
pub async fn check(office: &Office, spec: &Spec) -> Result<BTreeMap<Side, SideRecord>, Refusal> {
    match &spec.kind {
        KindSpec::RouterInterface(_) => router_interface::check(office, spec).await,
    }
}

/// What a preflight call that did not succeed means for the request.
enum Trouble {
    /// It will not work: a problem of the posted document.
    Problem(Problem),
    /// It is not known whether it would work.
    NotNow(String),
}

impl Trouble {
    fn of(pointer: String, halt: Halt) -> Self {
        match halt {
            Halt::Fail(Failure { what, advice, .. }) => {
                Self::Problem(Problem::at(pointer, format!("{what}. {advice}")))
            }
            Halt::Wait(wait) => Self::NotNow(wait.why),
        }
    }
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

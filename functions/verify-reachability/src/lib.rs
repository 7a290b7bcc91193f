//! verify-reachability: tells whether each side reaches the other.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`tried`] | what a try came to |
//! | [`probe`] | a ping through Cloud Assistant, where both sides name an instance: the calls |
//! | [`outcome`] | what a run of the ping says: pure |
//! | [`ping`] | what `ping` printed: pure |
//! | [`endpoint`] | requests from the consumer of a private link to each of its endpoint's names and addresses: the calls |
//! | [`answers`] | what a run of them says: pure |
//! | [`configuration`] | a look at states, routes and groups, where no instance is named |
//! | here | the step, and what a verdict means for the connection |
//!
//! A ping is sent from both sides: each side pings the other side's instance from its own. A private link is used from one
//! side only, so only the consumer tries it. What could not be tried (an agent
//! that sleeps, an instance that is stopped, no `ping` on it) is a verdict with advice and never a failure of the connection.
//!
//! A proof holds for one generation and one attempt. A changed spec or a resumed attempt is proven anew.

pub mod answers;
pub mod configuration;
pub mod endpoint;
pub mod outcome;
pub mod ping;
pub mod probe;
pub mod tried;

use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::proof::{Evidence, Method, Proof, Verdict};
use connection::spec::Verify;
use connection::words::{ResourceId, StepName};
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::endpoint::Requests;
use crate::tried::Tried;

/// Tells whether each side reaches the other.
pub struct VerifyReachability;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(VerifyReachability, environment, io)
}

#[async_trait]
impl Step for VerifyReachability {
    fn name(&self) -> StepName {
        StepName::VerifyReachability
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let (record, verify) = (side.record(), side.record().spec.verify);
        outputs.proof.take_if(|proof| verify == Verify::Off || !proof.is_of(record));
        if verify == Verify::Off {
            return Ok(());
        }
        if let Some(Proof::Ended(evidence)) = &outputs.proof {
            return meaning(verify, evidence);
        }
        let (method, tried) = match Way::of(side) {
            Way::Ping(pair) => (Method::Ping, probe::ping(side, pair, outputs).await),
            Way::Requests(requests) => (requests.method(), endpoint::requests(side, &requests, outputs).await),
            Way::ListingId => (Method::Configuration, configuration::look(side, outputs).await),
            Way::OtherSide => {
                outputs.proof = None;
                return Ok(());
            }
        };
        let tried = match tried {
            Ok(tried) => tried,
            // What keeps from trying says nothing about the connection.
            Err(NotDone::Failed(failure)) => Tried::not(failure.what, failure.advice),
            Err(wait @ NotDone::Retry(_)) => return Err(wait),
        };
        let evidence = tried.evidence(method, record, side.now());
        let meaning = meaning(verify, &evidence);
        outputs.proof = Some(Proof::Ended(evidence));
        meaning
    }

    async fn undo(&self, _side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        outputs.proof = None;
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        if operation != Operation::Apply || side.record().spec.verify == Verify::Off {
            return Ok(Vec::new());
        }
        Ok(match Way::of(side) {
            Way::Ping(Pair { own, peer }) => {
                vec![side.planned(Some("RunCommand"), own.as_str(), &format!("it pings {peer} of the other side"))]
            }
            Way::Requests(requests) => {
                let what =
                    format!("it asks the endpoint on port {} by each of its names and addresses", requests.probe.port);
                vec![side.planned(Some("RunCommand"), requests.own.as_str(), &what)]
            }
            Way::ListingId => vec![side.planned(None, side.place().vpc_id.as_str(), "looked at: configuration")],
            Way::OtherSide => Vec::new(),
        })
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        Vec::new()
    }

    /// Nothing: whatever may have changed since, the steps that made it observe.
    fn observe(&self, _: &SideContext<'_>, _: &Inventory) -> Vec<Finding> {
        Vec::new()
    }
}

/// How a side is tried.
enum Way<'a> {
    /// By a ping between two instances.
    Ping(Pair<'a>),
    /// By requests from an instance of the consumer.
    Requests(Requests<'a>),
    /// By a look at the configuration.
    ListingId,
    /// The other side tries for both.
    OtherSide,
}

impl<'a> Way<'a> {
    fn of(side: &SideContext<'a>) -> Self {
        let Some(link) = side.record().spec.private_link() else {
            return instances(side).map_or(Self::ListingId, Self::Ping);
        };
        match (&link.consumer.instance_id, side.side().asks()) {
            (Some(own), true) => Self::Requests(Requests { own, probe: link.probe() }),
            (Some(_), false) => Self::OtherSide,
            (None, _) => Self::ListingId,
        }
    }
}

/// The instances of a ping.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The one that pings, on this side.
    pub own: &'a ResourceId,
    /// The one that is pinged, on the other side.
    pub peer: &'a ResourceId,
}

/// The instances that the spec names, if it names one on both sides.
fn instances<'a>(side: &SideContext<'a>) -> Option<Pair<'a>> {
    let (own, peer) = side.vpc_sides().ok()?;
    let (own, peer) = (own.instance_id.as_ref()?, peer.instance_id.as_ref()?);
    Some(Pair { own, peer })
}

/// What the evidence means for the connection.
fn meaning(verify: Verify, evidence: &Evidence) -> Result<(), NotDone> {
    match (verify, evidence.verdict) {
        (Verify::Require, Verdict::NotReached) => {
            Err(NotDone::failed(evidence.seen.as_str(), evidence.advice.as_str()))
        }
        (Verify::Require | Verify::Report | Verify::Off, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! What tests ask of the answers of the webhook. Whatever they ask for must be there.

use api::connections::{Connection, Failure, Plan};
use api::problem::Problem;
use connection::outputs::Outputs;
use connection::proof::{Evidence, Proof};
use connection::record::{self, EntryEvent, Phase};
use connection::words::{Side, StepName};

/// A connection as the API shows it.
pub trait Shown {
    /// How far it is.
    fn phase(&self) -> Phase;
    /// Why it stopped, and what can be done about it.
    fn failure(&self) -> &Failure;
    /// Why it stopped.
    fn stop(&self) -> &record::Failure {
        &self.failure().failure
    }
    /// Why it was rolled back, or why a change was taken back.
    fn cause(&self) -> &record::Failure;
    /// What was made on a side.
    fn outputs(&self, side: Side) -> &Outputs;
    /// The router interface of a side.
    fn interface(&self, side: Side) -> &str {
        self.outputs(side).router_interface_id.as_deref().expect("the side has an interface")
    }
    /// The peering connection, or the initiator's half.
    fn peering(&self) -> &str {
        self.outputs(Side::Initiator).peering_id.as_deref().expect("there is a peering")
    }
    /// The endpoint service that the provider made.
    fn service(&self) -> &str {
        self.outputs(Side::Provider).private_link.service_id.as_deref().expect("there is a service")
    }
    /// The endpoint that the consumer made.
    fn endpoint(&self) -> &str {
        self.outputs(Side::Consumer).private_link.endpoint_id.as_deref().expect("there is an endpoint")
    }
    /// What the proof of reachability from a side came to.
    fn proof(&self, side: Side) -> &Evidence {
        match &self.outputs(side).proof {
            Some(Proof::Ended(evidence)) => evidence,
            proof => panic!("no proof from the {side}: {proof:?}"),
        }
    }
    /// What its history tells.
    fn events(&self) -> Vec<EntryEvent>;
    /// How often its history tells this.
    fn times(&self, event: EntryEvent) -> usize {
        self.events().into_iter().filter(|told| *told == event).count()
    }
    /// The steps that its history tells to be done.
    fn steps_done(&self) -> Vec<StepName>;
    /// Whether nothing is recorded that was made and is still there.
    fn owns_nothing(&self) -> bool;
}

impl Shown for Connection {
    fn phase(&self) -> Phase {
        self.summary.phase
    }

    fn failure(&self) -> &Failure {
        self.summary.failure.as_ref().unwrap_or_else(|| panic!("it did not stop: {self:#?}"))
    }

    fn cause(&self) -> &record::Failure {
        &self.cause.as_ref().unwrap_or_else(|| panic!("nothing was taken back: {self:#?}")).failure
    }

    fn outputs(&self, side: Side) -> &Outputs {
        &self.sides[&side].outputs
    }

    fn events(&self) -> Vec<EntryEvent> {
        self.history.iter().map(|entry| entry.event).collect()
    }

    fn steps_done(&self) -> Vec<StepName> {
        let done = self.history.iter().filter(|entry| entry.event == EntryEvent::StepDone);
        done.map(|entry| entry.step).collect()
    }

    fn owns_nothing(&self) -> bool {
        self.sides.values().all(|side| side.outputs == Outputs::default())
    }
}

/// The call that was refused, by its name and the cloud's code.
///
/// # Panics
/// When it was no refusal of the cloud.
#[must_use]
pub fn refused_call(stop: &record::Failure) -> (&str, &str) {
    let call = stop.call.as_ref().unwrap_or_else(|| panic!("no call was refused: {stop:#?}"));
    (&call.action, call.code.as_deref().unwrap_or_default())
}

/// The fields that a problem blames.
#[must_use]
pub fn pointers(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|error| error.pointer.as_str()).collect()
}

/// What a problem says of its fields.
#[must_use]
pub fn details(problem: &Problem) -> String {
    problem.errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("\n")
}

/// The calls that a plan would make, as `step side call`.
#[must_use]
pub fn calls(plan: &Plan) -> Vec<String> {
    let call = |line: &connection::plan::Planned| Some(format!("{} {} {}", line.step, line.side, line.call.as_ref()?));
    plan.plan.iter().filter_map(call).collect()
}

//! All of Causeway's functions in one program: it starts the one that its environment names.
//!
//! The program is linked, packed, uploaded and hashed once a release. Which code lies in a function gives it no rights: those
//! are its role's, and secrets are in the environment of the functions that need them
//! (docs/decisions/0013-one-program-for-all-functions.md).

use connection::queue::Queue;
use connection::words::StepName;
use fc_runtime::{Environment, Error, Runtime};
use function::start::Build;
use transport::Io;

/// The variable that names the function: Function Compute sets it to the `Handler` of the function's configuration
/// (docs/reference/function-compute.md, section 1.6).
pub const HANDLER: &str = "FC_FUNCTION_HANDLER";

/// The functions that own no step.
const OTHERS: [(&str, Build); 6] = [
    ("courier", fn_courier::build),
    ("webhook", fn_webhook::build),
    ("sweep", fn_sweep::build),
    (Queue::SweepEndpoints.name(), fn_sweep_endpoints::build),
    (Queue::Notify.name(), fn_notify::build),
    (Queue::CheckDrift.name(), fn_check_drift::build),
];

/// Every function that has a crate, by the name that a `Handler` gives it.
pub fn functions() -> impl Iterator<Item = (&'static str, Build)> {
    OTHERS.into_iter().chain(StepName::ALL.iter().map(|step| (step.word(), steps::build(*step))))
}

/// The environment names no function.
#[derive(Debug, thiserror::Error)]
pub enum NoFunction {
    /// There is no such variable, or nothing in it.
    #[error("{HANDLER} is not set; set the function's Handler to one of {names}", names = names())]
    Unnamed,
    /// It names none of the functions.
    #[error("{HANDLER} is {0:?}, which is no function; set the function's Handler to one of {names}", names = names())]
    Unknown(String),
}

fn names() -> String {
    functions().map(|(name, _)| name).collect::<Vec<_>>().join(", ")
}

/// Builds the function that `environment` names by [`HANDLER`].
///
/// # Errors
/// [`NoFunction`], or what the function says of its settings.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let name = environment.get(HANDLER).filter(|name| !name.is_empty()).ok_or(NoFunction::Unnamed)?;
    let (_, build) =
        functions().find(|(known, _)| *known == name).ok_or_else(|| NoFunction::Unknown(name.to_owned()))?;
    build(environment, io)
}

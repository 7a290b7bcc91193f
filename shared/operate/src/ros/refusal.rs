//! Why a change of a stack was refused, as a deployment has to know it.

use alicloud::Kind;

use crate::error::Error;

/// What the beginning of ROS's message says where an update changes nothing; its code alone says only that it is not supported.
const COMPLETELY_SAME: &str = "Update the completely same stack";

/// Why a call of ROS was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The update changes nothing: the aim is reached.
    CompletelySame,
    /// Another operation on the stack is under way.
    InProgress,
    /// The first request with this token is still being taken in: it *was* taken. Look at the stack.
    LastTokenProcessing,
    /// The token was used before with other parameters.
    TokenReused,
    /// A stack of that name exists.
    Exists,
    /// There is no such stack.
    NotFound,
    /// The template is wrong.
    Template,
    /// A parameter is wrong.
    Parameter,
    /// A quota is used up.
    Quota,
    /// The caller may not: the permission that is missing, where the cloud names it.
    Denied {
        /// Such as `ros:CreateStack`.
        action: Option<String>,
    },
    /// Too many calls, or the cloud is not at its best: again later.
    Later,
    /// Nobody knows whether it was taken: look at the stack.
    Unknown,
    /// Something else, which the error says.
    Other,
}

impl Refusal {
    /// What an error means.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        match error.code() {
            Some("NotSupported") if error.message().trim_start().starts_with(COMPLETELY_SAME) => {
                return Self::CompletelySame;
            }
            Some("ActionInProgress" | "StackGroupOperationInProgress") => return Self::InProgress,
            Some("LastTokenProcessing") => return Self::LastTokenProcessing,
            Some("InvalidIdempotenceParameter") => return Self::TokenReused,
            Some(
                "UserParameterMissing"
                | "UnknownUserParameter"
                | "MultipleParameter"
                | "MissingParameter"
                | "InvalidParameter"
                | "InvalidValue"
                | "Invalid",
            ) => return Self::Parameter,
            Some("InvalidSchema" | "CircularDependency" | "StackValidationFailed") => return Self::Template,
            Some(code) if code.starts_with("InvalidTemplate") => return Self::Template,
            _ => {}
        }
        match error.kind() {
            Kind::AlreadyThere => Self::Exists,
            Kind::Gone => Self::NotFound,
            Kind::Quota => Self::Quota,
            Kind::Denied | Kind::StaleCredentials => Self::Denied { action: error.denied_action().map(str::to_owned) },
            Kind::Throttled | Kind::NotSent | Kind::Busy => Self::Later,
            Kind::OutcomeUnknown | Kind::Malformed => Self::Unknown,
            Kind::Refused | Kind::RuledOut | Kind::Commercial => Self::Other,
        }
    }
}

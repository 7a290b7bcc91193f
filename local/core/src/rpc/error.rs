//! Why a call is refused: an HTTP status, a code that programs read, and a message for people.
//!
//! The codes are the cloud's own, with its spelling mistakes, and there are hundreds; so a refusal is a value rather than an
//! enum. Each product keeps the ones that several of its calls use in one place, as a table of [`refusals!`](crate::refusals).

use http::StatusCode;
use serde_json::Value;

use crate::access::Denied;
use crate::table::StorageError;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} (HTTP {status}): {message}")]
pub struct RpcError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The cloud's code.
    pub code: String,
    /// For people.
    pub message: String,
    /// `AccessDeniedDetail`: which permission was missing.
    pub denied: Option<Value>,
}

impl RpcError {
    /// A refusal with `status`, which must be an HTTP error.
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), denied: None }
    }

    /// HTTP 400.
    pub fn bad(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// HTTP 404.
    pub fn missing(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// HTTP 409.
    pub fn conflict(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// HTTP 403.
    pub fn forbidden(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// The caller's policies do not allow it. Each product has its own `code` for that.
    pub fn denied(code: &str, denied: &Denied) -> Self {
        Self { denied: Some(denied.detail()), ..Self::forbidden(code, denied.message()) }
    }

    /// A required parameter is not there.
    pub fn missing_parameter(name: &str) -> Self {
        Self::bad(
            "MissingParameter",
            format!("The input parameter \"{name}\" that is mandatory for processing this request is not supplied."),
        )
    }

    /// A parameter has a value that it cannot have.
    pub fn invalid_parameter(name: &str, why: &str) -> Self {
        Self::bad("InvalidParameter", format!("The specified parameter \"{name}\" is not valid: {why}."))
    }

    /// The region does not exist.
    pub fn unknown_region(region: &str) -> Self {
        Self::missing("InvalidRegionId.NotFound", format!("The specified RegionId \"{region}\" does not exist."))
    }

    /// The product has no such action in this version.
    pub fn unknown_action(action: &str, version: &str) -> Self {
        let message =
            format!("Specified api is not found, please check your url and method: {action}, version {version}.");
        Self::missing("InvalidAction.NotFound", message)
    }

    /// A dry run found nothing wrong. It is an error on this cloud, never a success.
    pub fn dry_run_passed() -> Self {
        Self::bad("DryRunOperation", "Request validation has been passed with DryRun flag set.")
    }
}

/// Declares refusals as functions, a row each: the name that says when it applies, its arguments, the HTTP status, the code,
/// and the message with the arguments in it.
#[macro_export]
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) = $status:ident $code:expr, $message:literal;)+) => {
        $($(#[$doc])* pub(super) fn $name($($argument: $type),*) -> $crate::rpc::RpcError {
            $crate::rpc::RpcError::$status($code, format!($message))
        })+
    };
}

/// Returns with a refusal where a condition holds: one that is named, or HTTP status, code and message of one.
#[macro_export]
macro_rules! refuse_if {
    ($holds:expr, $status:ident $code:literal, $($message:tt)+) => {
        $crate::refuse_if!($holds, $crate::rpc::RpcError::$status($code, format!($($message)+)))
    };
    ($holds:expr, $refusal:expr) => {
        if $holds {
            return Err($refusal);
        }
    };
}

impl From<StorageError> for RpcError {
    fn from(_: StorageError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    }
}

//! Why a call is refused: an HTTP status, a word beside it, and a message for people.

use std::borrow::Cow;

use http::StatusCode;
use local_core::table::StorageError;
use local_core::words;

words! {
    /// The words that this cloud refuses with.
    pub(super) enum JdStatus {
        InvalidArgument = "INVALID_ARGUMENT",
        FailedPrecondition = "FAILED_PRECONDITION",
        AccessError = "ACCESS_ERROR",
        NotFound = "NOT_FOUND",
        Aborted = "ABORTED",
        AlreadyExists = "ALREADY_EXISTS",
        QuotaExceeded = "QUOTA_EXCEEDED",
        RateLimit = "HTTP_RATE_LIMIT_EXCEEDED",
        Internal = "INTERNAL",
        NotImplemented = "NOT_IMPLEMENTED",
        Unavailable = "UNAVAILABLE",
    }
}

impl JdStatus {
    /// The HTTP status that the common page pairs it with.
    const fn http(self) -> StatusCode {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition => StatusCode::BAD_REQUEST,
            Self::AccessError => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Aborted | Self::AlreadyExists => StatusCode::CONFLICT,
            Self::QuotaExceeded | Self::RateLimit => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} (HTTP {status}): {message}")]
pub(super) struct JdError {
    pub status: StatusCode,
    pub code: Cow<'static, str>,
    pub message: String,
}

impl JdError {
    pub(super) fn new(status: JdStatus, message: impl Into<String>) -> Self {
        Self { status: status.http(), code: Cow::Borrowed(status.word()), message: message.into() }
    }

    /// A refusal that a fault ordered.
    pub(super) fn ordered(status: StatusCode, code: &str) -> Self {
        let message = format!("The request was refused on demand with {code}.");
        Self { status, code: Cow::Owned(code.to_owned()), message }
    }

    /// A parameter is missing, or has a value that it cannot have.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(JdStatus::InvalidArgument, message)
    }

    /// The account has no such thing in this region.
    pub(super) fn not_found(kind: &str, id: &str) -> Self {
        Self::new(JdStatus::NotFound, format!("{kind} {id} not found"))
    }

    /// Something else must go or change first.
    pub(super) fn in_use(message: impl Into<String>) -> Self {
        Self::new(JdStatus::FailedPrecondition, message)
    }

    /// Such a thing is there already.
    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self::new(JdStatus::AlreadyExists, message)
    }

    /// The account may not have more of these.
    pub(super) fn quota(kind: &str, limit: usize) -> Self {
        Self::new(JdStatus::QuotaExceeded, format!("quota of {kind} exceeded, limit {limit}"))
    }

    /// Refused before the product sees it. The gateway marks its own messages.
    pub(super) fn access(message: &str) -> Self {
        Self::new(JdStatus::AccessError, format!("{message} [gw]"))
    }
}

impl From<StorageError> for JdError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the state could not be written");
        Self::new(JdStatus::Internal, "internal error")
    }
}

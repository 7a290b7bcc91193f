//! Why a call is refused: an HTTP status, a word beside it, and a message for people.

use std::borrow::Cow;

use http::StatusCode;

use crate::table::StorageError;

/// The words that this cloud refuses with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JdStatus {
    InvalidArgument,
    FailedPrecondition,
    AccessError,
    NotFound,
    Aborted,
    AlreadyExists,
    QuotaExceeded,
    RateLimit,
    Internal,
    NotImplemented,
    Unavailable,
}

impl JdStatus {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::AccessError => "ACCESS_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::Aborted => "ABORTED",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RateLimit => "HTTP_RATE_LIMIT_EXCEEDED",
            Self::Internal => "INTERNAL",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

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
        Self { status: status.http(), code: Cow::Borrowed(status.code()), message: message.into() }
    }

    /// A refusal that a fault ordered.
    pub(super) fn ordered(status: u16, code: &str) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
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
    fn from(_: StorageError) -> Self {
        Self::new(JdStatus::Internal, "internal error")
    }
}

//! What can go wrong, by what the caller can do about it.
//!
//! * [`SignError`]: the request or the credentials cannot be put into this scheme. A programming or configuration error.
//! * [`Malformed`]: the request does not carry a complete signature of this scheme. The sender must be told which part.
//! * [`Mismatch`]: the signature is complete and wrong. The sender gets to see what the verifier signed.

use std::fmt;

/// Why a request could not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Neither a `Host` header nor an absolute URI says where the request goes.
    #[error("the request has no host: give it an absolute URI or a Host header")]
    NoHost,
    /// A value cannot stand in an HTTP header (line breaks, control characters).
    #[error("the value for header {0} contains characters that no header may carry")]
    InvalidHeaderValue(&'static str),
}

/// Why a request could not be read as a claim of the scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// There is no `Authorization` header at all.
    #[error("the Authorization header is missing")]
    MissingAuthorization,
    /// The `Authorization` header belongs to another scheme or lacks a part.
    #[error("the Authorization header is not of the form `{expected}`")]
    InvalidAuthorization {
        /// The form it should have.
        expected: &'static str,
    },
    /// A header that the scheme needs is missing.
    #[error("header {0} is missing")]
    MissingHeader(&'static str),
    /// A header is there but cannot be read: a date in another format, bytes that are not text.
    #[error("header {0} is malformed")]
    InvalidHeader(&'static str),
    /// The client's own list of signed headers leaves out one that must be in it.
    #[error("header {0} must be among the signed headers")]
    NotSigned(&'static str),
    /// A query or form parameter that the scheme needs is missing.
    #[error("parameter {0} is missing")]
    MissingParameter(&'static str),
    /// A query or form parameter has a value the scheme does not know.
    #[error("parameter {0} is malformed")]
    InvalidParameter(&'static str),
}

/// The signature is well formed and does not fit the request.
///
/// The texts below are for the error answer that the clouds give to the sender. They may contain a security token that
/// the sender sent, so neither `Display` nor `Debug` shows them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Mismatch {
    /// What does not fit.
    pub cause: MismatchCause,
    /// The text whose signature the verifier computed.
    pub string_to_sign: String,
    /// For schemes that sign a hash of a canonical request: that request.
    pub canonical_request: Option<String>,
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch").field("cause", &self.cause).finish_non_exhaustive()
    }
}

/// What it is that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MismatchCause {
    /// The signature: another secret, or something signed has changed.
    #[error("the signature does not match the request")]
    Signature,
    /// The digest that a signed header announces is not that of the body.
    #[error("header {0} does not match the body")]
    BodyDigest(&'static str),
}

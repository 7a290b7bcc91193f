//! What MNS refuses, with the codes and statuses of its error table.

use http::StatusCode;
use local_core::table::StorageError;

/// A refusal. [`code`](MnsError::code) and [`status`](MnsError::status) are what a client sees; the text is the message. The
/// code is the variant's name, unless another is given.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum MnsError {
    #[error("Authorization header is missing.")]
    MissingAuthorizationHeader,
    #[error("The Authorization header is invalid: {0}.")]
    InvalidAuthorizationHeader(String),
    #[error("The Date header is missing.")]
    MissingDateHeader,
    #[error("The Date header is not an RFC 1123 date.")]
    InvalidDateHeader,
    #[error("The x-mns-version header is missing.")]
    MissingVersionHeader,
    #[error("The request is dated more than 15 minutes from the server's time, {server}.")]
    TimeExpired { server: String },
    #[error("The access key id you provided does not exist in our records.")]
    InvalidAccessKeyId,
    #[error(
        "The request signature we calculated does not match the signature you provided. Server string to sign: {0:?}"
    )]
    SignatureDoesNotMatch(String),
    #[error("Access denied: {0}")]
    AccessDenied(String),
    #[error("The Content-MD5 you specified did not match what we received.")]
    #[strum(serialize = "InvalidDegist")] // sic: the documented spelling
    InvalidDigest,
    #[error("There is no operation {0}.")]
    #[strum(serialize = "InvalidRequestURL")]
    InvalidRequestUrl(String),
    #[error("The query string is invalid: {0}.")]
    InvalidQueryString(String),
    #[error("The XML you provided is not well-formed or did not validate: {0}")]
    #[strum(serialize = "MalformedXML")]
    MalformedXml(String),
    #[error("{0}")]
    InvalidArgument(String),
    #[error("The query parameter ReceiptHandle is required.")]
    MissingReceiptHandle,
    #[error("The query parameter VisibilityTimeout is required.")]
    MissingVisibilityTimeout,
    #[error("The receipt handle you provided is malformed.")]
    ReceiptHandleError,
    #[error("A queue name begins with a letter or digit, followed by letters, digits and hyphens.")]
    InvalidQueueName,
    #[error("A queue name has at most 120 characters.")]
    QueueNameLengthError,
    #[error("A topic name begins with a letter or digit, followed by letters, digits and hyphens.")]
    TopicNameInvalid,
    #[error("A topic name has at most 120 characters.")]
    TopicNameLengthError,
    #[error("A subscription name begins with a letter or digit, followed by letters, digits and hyphens.")]
    SubscriptionNameInvalid,
    #[error("A subscription name has at most 120 characters.")]
    SubscriptionNameLengthError,
    #[error("The endpoint is invalid: {0}.")]
    EndpointInvalid(String),
    #[error("The queue {0} does not exist.")]
    QueueNotExist(String),
    #[error("The message does not exist.")]
    MessageNotExist,
    #[error("The topic {0} does not exist.")]
    TopicNotExist(String),
    #[error("The subscription {0} does not exist.")]
    #[strum(serialize = "SubscriberNotExist")]
    SubscriptionNotExist(String),
    #[error("The queue {0} exists already and has other attributes.")]
    QueueAlreadyExist(String),
    #[error("The topic {0} exists already and has other attributes.")]
    TopicAlreadyExist(String),
    #[error("The subscription {0} exists already and has other attributes.")]
    SubscriptionAlreadyExist(String),
    #[error("The service has been opened already.")]
    #[strum(serialize = "Forbidden.Opened")]
    Opened,
    #[error("The queue receives as many requests a second as it answers.")]
    QpsLimitExceeded,
    #[error("This refusal was ordered by a fault rule.")]
    Ordered { status: StatusCode, code: String },
    #[error("The state could not be kept")]
    #[strum(serialize = "InternalError")]
    Internal(#[from] StorageError),
}

impl MnsError {
    /// The `Code` element.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Ordered { code, .. } => code,
            named => named.into(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        use MnsError::*;
        match self {
            InvalidAccessKeyId | SignatureDoesNotMatch(_) | AccessDenied(_) | Opened => StatusCode::FORBIDDEN,
            TimeExpired { .. } => StatusCode::REQUEST_TIMEOUT,
            QueueNotExist(_) | MessageNotExist | TopicNotExist(_) | SubscriptionNotExist(_) => StatusCode::NOT_FOUND,
            QueueAlreadyExist(_) | TopicAlreadyExist(_) | SubscriptionAlreadyExist(_) => StatusCode::CONFLICT,
            Ordered { status, .. } => *status,
            Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

//! What OSS refuses, with the codes and statuses of its error pages.

use http::StatusCode;
use local_core::table::StorageError;

/// A refusal. [`code`](OssError::code) and [`status`](OssError::status) are what a client sees; the text is the message. The
/// code is the variant's name, unless another is given.
#[derive(Debug, thiserror::Error, strum::IntoStaticStr)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum OssError {
    #[error("{0}")]
    AccessDenied(String),
    #[error("The bucket you are attempting to access must be addressed using OSS third level domain.")]
    SecondLevelDomainForbidden,
    #[error("Not allowed using the OSS public endpoint, please use CNAME instead.")]
    PublicEndpointForbidden,
    #[error("UserDisable")]
    UserDisable,
    #[error("The OSS Access Key Id you provided does not exist in our records.")]
    InvalidAccessKeyId,
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    )]
    SignatureDoesNotMatch { access_key_id: String, string_to_sign: String },
    #[error("The difference between the request time and the current time is too large.")]
    RequestTimeTooSkewed,
    #[error("The security token you provided is invalid.")]
    InvalidSecurityToken,
    #[error("The security token you provided has expired.")]
    SecurityTokenExpired,
    #[error("{0}")]
    InvalidArgument(String),
    #[error("The Content-MD5 you specified did not match what we received.")]
    InvalidDigest,
    #[error("The XML you provided was not well-formed or did not validate: {0}")]
    #[strum(serialize = "MalformedXML")]
    MalformedXml(String),
    #[error("The specified bucket is not valid.")]
    InvalidBucketName,
    #[error("The specified object is not valid.")]
    InvalidObjectName,
    #[error("The requested bucket name is not available.")]
    BucketAlreadyExists,
    #[error("The bucket you tried to delete is not empty.")]
    BucketNotEmpty,
    #[error("The specified bucket does not exist.")]
    NoSuchBucket,
    #[error("The specified key does not exist.")]
    NoSuchKey,
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload,
    #[error(
        "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag."
    )]
    InvalidPart,
    #[error("The list of parts was not in ascending order.")]
    InvalidPartOrder,
    #[error(
        "Your proposed upload is smaller than the minimum allowed size of 102400 bytes for a part that is not the last."
    )]
    EntityTooSmall,
    #[error("Your proposed upload exceeds the maximum allowed size of {0} bytes.")]
    EntityTooLarge(usize),
    #[error("The object you specified already exists and can not be overwritten.")]
    FileAlreadyExists,
    #[error("The object you specified is immutable.")]
    FileImmutable,
    #[error("The WORM Configuration does not exist.")]
    #[strum(serialize = "NoSuchWORMConfiguration")]
    NoSuchWormConfiguration,
    #[error("Invalid WORM Configuration.")]
    #[strum(serialize = "InvalidWORMConfiguration")]
    InvalidWormConfiguration,
    #[error("The WORM Configuration is locked.")]
    #[strum(serialize = "WORMConfigurationLocked")]
    WormConfigurationLocked,
    #[error("The object is not appendable.")]
    ObjectNotAppendable,
    #[error("Position is not equal to file length.")]
    PositionNotEqualToLength { length: usize },
    #[error("At least one of the pre-conditions you specified did not hold: {0}.")]
    PreconditionFailed(&'static str),
    #[error("Not modified.")]
    NotModified,
    #[error("The requested range cannot be satisfied.")]
    InvalidRange,
    #[error("The specified method is not allowed against this resource.")]
    MethodNotAllowed,
    #[error("A header or parameter you provided implies functionality that is not implemented: {0}.")]
    NotImplemented(String),
    #[error("This refusal was ordered by a fault rule.")]
    Ordered { status: StatusCode, code: String },
    #[error("The state could not be kept")]
    #[strum(serialize = "InternalError")]
    Internal(#[from] StorageError),
}

impl OssError {
    /// The `Code` element.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Ordered { code, .. } => code,
            named => named.into(),
        }
    }

    /// The `EC` element, where a source has it (docs/reference/deploy-apis.md, sections 4.1 and 7.1).
    #[must_use]
    pub fn ec(&self) -> Option<&'static str> {
        match self {
            Self::PublicEndpointForbidden => Some("0048-00000401"),
            Self::UserDisable => Some("0003-00000801"),
            _ => None,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        use OssError::*;
        match self {
            AccessDenied(_)
            | SecondLevelDomainForbidden
            | UserDisable
            | InvalidAccessKeyId
            | SignatureDoesNotMatch { .. }
            | RequestTimeTooSkewed
            | InvalidSecurityToken
            | SecurityTokenExpired
            | WormConfigurationLocked => StatusCode::FORBIDDEN,
            NoSuchBucket | NoSuchKey | NoSuchUpload | NoSuchWormConfiguration => StatusCode::NOT_FOUND,
            BucketAlreadyExists
            | BucketNotEmpty
            | FileAlreadyExists
            | FileImmutable
            | ObjectNotAppendable
            | PositionNotEqualToLength { .. } => StatusCode::CONFLICT,
            PreconditionFailed(_) => StatusCode::PRECONDITION_FAILED,
            NotModified => StatusCode::NOT_MODIFIED,
            InvalidRange => StatusCode::RANGE_NOT_SATISFIABLE,
            MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Ordered { status, .. } => *status,
            Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

//! The one thing that an OSS bucket must never have had.
//!
//! On a bucket with versioning, enabled or suspended, OSS ignores `x-oss-forbid-overwrite`: two writers of one key both
//! succeed, and compare-and-set is gone without a word. So the bucket is asked before it is used.

use bytes::Bytes;
use http::StatusCode;

use super::OssAccess;

/// The check that a bucket never had versioning (`GetBucketVersioning`).
#[derive(Debug, Clone, Copy)]
pub struct Unversioned;

/// The bucket cannot be used as a store, or it is not known whether it can.
#[derive(Debug, thiserror::Error)]
pub enum NotUnversioned {
    /// It has or had versioning.
    #[error(
        "bucket {bucket} has versioning ({status}), so OSS would let writers overwrite each other's records; use a new bucket that never had versioning"
    )]
    Versioned {
        /// The bucket.
        bucket: String,
        /// `Enabled` or `Suspended`.
        status: String,
    },
    /// OSS refused to tell.
    #[error("OSS did not tell whether bucket {bucket} has versioning: {reason}")]
    Unknown {
        /// The bucket.
        bucket: String,
        /// What went wrong.
        reason: String,
    },
}

impl Unversioned {
    /// Asks OSS.
    ///
    /// # Errors
    /// See [`NotUnversioned`]. Not knowing is refused too.
    pub async fn check(bucket: &str, access: &OssAccess) -> Result<(), NotUnversioned> {
        let unknown = |reason: String| NotUnversioned::Unknown { bucket: bucket.to_owned(), reason };
        let (status, text) = subresource(bucket, access, "versioning").await.map_err(unknown)?;
        if !status.is_success() {
            let code = element(&text, "Code").unwrap_or("no code");
            return Err(unknown(format!("HTTP {}, {code}", status.as_u16())));
        }
        match element(&text, "Status") {
            None | Some("") => Ok(()),
            Some(status) => Err(NotUnversioned::Versioned { bucket: bucket.to_owned(), status: status.to_owned() }),
        }
    }
}

/// What OSS answers when it is asked for a part of a bucket's configuration.
pub(super) async fn subresource(bucket: &str, access: &OssAccess, name: &str) -> Result<(StatusCode, String), String> {
    let url = if access.path_style {
        format!("{}/{bucket}/?{name}", access.endpoint)
    } else {
        access.endpoint.replacen("://", &format!("://{bucket}."), 1) + "/?" + name
    };
    let request = http::Request::get(url).body(Bytes::new()).map_err(|error| error.to_string())?;
    let (mut parts, body) = request.into_parts();
    access.sign(&mut parts, &body, bucket).map_err(|error| error.to_string())?;
    let answer = access.transport.send(http::Request::from_parts(parts, body)).await;
    let answer = answer.map_err(|error| error.to_string())?;
    Ok((answer.status(), String::from_utf8_lossy(answer.body()).into_owned()))
}

/// The text of the first element of this name. The answers read here have no nesting and no attributes.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

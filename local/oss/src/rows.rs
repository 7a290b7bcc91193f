//! What OSS keeps on disk.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use local_core::base64_bytes;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::worm::Worm;

/// A bucket. Its name is unique across all accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BucketRow {
    pub account_id: String,
    pub region: String,
    pub created_at: Timestamp,
    /// Absent until somebody sets it: only then does `x-oss-forbid-overwrite` take effect.
    pub versioning: Option<Versioning>,
    /// The retention policy, if it has one. One that was not locked in time may still be here.
    #[serde(default)]
    pub worm: Option<Worm>,
}

/// Whether a bucket keeps versions. There is no way back to never having done so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
pub enum Versioning {
    /// It does.
    Enabled,
    /// It did.
    Suspended,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ObjectRow {
    #[serde(with = "base64_bytes")]
    pub body: Bytes,
    /// Without its quotes.
    pub etag: String,
    pub modified_at: Timestamp,
    pub kind: Kind,
    /// Standard headers and user metadata that came with it and go out with it.
    pub headers: BTreeMap<String, String>,
}

/// How an object came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
pub(super) enum Kind {
    Normal,
    Appendable,
    Multipart,
}

/// An upload in parts that is neither completed nor aborted yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UploadRow {
    pub key: String,
    pub begun_at: Timestamp,
    pub headers: BTreeMap<String, String>,
}

/// A part of such an upload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PartRow {
    #[serde(with = "base64_bytes")]
    pub body: Bytes,
    pub etag: String,
    pub modified_at: Timestamp,
}

/// The entity tag of a body that came in one piece.
pub(super) fn etag(body: &[u8]) -> String {
    hex::encode_upper(Md5::digest(body))
}

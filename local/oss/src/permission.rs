//! What the caller's policies must allow for an operation (docs/reference/mns-signing-sts.md, section 4.3).
//!
//! Actions are fewer than operations: whoever may get an object may ask for its headers, and whoever may put one may append
//! to it or upload it in parts. The documentation knows resources with `*` in the place of the region only, so a policy that names a
//! region allows nothing here.

use http::HeaderMap;
use local_core::calls::Need;
use percent_encoding::percent_decode_str;

use super::target::Operation;

impl Operation {
    /// The actions, each on the bucket or on the object.
    pub(super) fn needs(self, account_id: &str, bucket: &str, key: &str, headers: &HeaderMap) -> Vec<Need> {
        let place = format!("acs:oss:*:{account_id}");
        let of_bucket = |action: &str| Need::new(format!("oss:{action}"), format!("{place}:{bucket}"));
        let of_object = |action: &str| Need::new(format!("oss:{action}"), format!("{place}:{bucket}/{key}"));
        match self {
            Self::ListBuckets => vec![Need::new("oss:ListBuckets", format!("{place}:*"))],
            Self::ListObjects | Self::ListObjectsV2 => vec![of_bucket("ListObjects")],
            Self::PutBucket
            | Self::DeleteBucket
            | Self::GetBucketInfo
            | Self::GetBucketLocation
            | Self::GetBucketAcl
            | Self::GetBucketVersioning
            | Self::PutBucketVersioning
            | Self::InitiateBucketWorm
            | Self::CompleteBucketWorm
            | Self::ExtendBucketWorm
            | Self::AbortBucketWorm
            | Self::GetBucketWorm
            | Self::ListMultipartUploads => vec![of_bucket(self.word())],
            Self::GetObject | Self::HeadObject => vec![of_object("GetObject")],
            Self::PutObject
            | Self::AppendObject
            | Self::InitiateMultipartUpload
            | Self::UploadPart
            | Self::CompleteMultipartUpload => vec![of_object("PutObject")],
            Self::CopyObject => {
                let source = headers.get("x-oss-copy-source").and_then(|source| source.to_str().ok()).unwrap_or("*");
                let source = percent_decode_str(source.trim_start_matches('/')).decode_utf8_lossy();
                vec![Need::new("oss:GetObject", format!("{place}:{source}")), of_object("PutObject")]
            }
            // Which keys, the body says: so the right to delete any of them is asked for.
            Self::DeleteMultipleObjects => vec![Need::new("oss:DeleteObject", format!("{place}:{bucket}/*"))],
            Self::DeleteObject | Self::AbortMultipartUpload | Self::ListParts => vec![of_object(self.word())],
        }
    }
}

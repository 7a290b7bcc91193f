//! What a request is about: bucket and object, from host name and path, and which operation.

use std::net::IpAddr;

use http::request::Parts;
use http::{Method, header};
use local_core::words;
use percent_encoding::percent_decode_str;

use super::error::OssError;

/// A bucket, and perhaps an object in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The bucket's name where the host carries it.
    pub host_bucket: Option<String>,
    /// The region, where the host names one.
    pub region: Option<String>,
    /// Whether the host is one of the cloud's internal network.
    pub is_internal: bool,
    pub bucket: Option<String>,
    pub key: Option<String>,
}

impl Target {
    pub(super) fn read(parts: &Parts) -> Result<Self, OssError> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let (host_bucket, service) = host.or(parts.uri.host()).map_or((None, None), bucket_and_service);
        let is_internal = service.as_ref().is_some_and(|service| service.ends_with("-internal"));
        let region = service.map(|service| service.strip_suffix("-internal").unwrap_or(&service).to_owned());
        let path = percent_decode_str(parts.uri.path()).decode_utf8().map_err(|_| OssError::InvalidObjectName)?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (bucket, key) = match &host_bucket {
            Some(bucket) => (Some(bucket.clone()), some(path)),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (some(bucket), some(key))
            }
        };
        Ok(Self { host_bucket, region, is_internal, bucket, key })
    }
}

/// The bucket that a host names, and its region with what follows: `{bucket}.oss-{region}[-internal].…`, or `{bucket}.localhost`.
fn bucket_and_service(host: &str) -> (Option<String>, Option<String>) {
    // Some SDKs put the whole address there.
    let host = host.rsplit_once("://").map_or(host, |(_, host)| host).trim_end_matches('/');
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if host.parse::<IpAddr>().is_ok() || host.starts_with('[') {
        return (None, None);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let service = labels.iter().position(|label| *label == "oss" || label.starts_with("oss-"));
    match service {
        Some(at) => ((at > 0).then(|| labels[..at].join(".")), labels[at].strip_prefix("oss-").map(str::to_owned)),
        None => match labels.as_slice() {
            [bucket, "localhost"] => (Some((*bucket).to_owned()), None),
            _ => (None, None),
        },
    }
}

/// The parameters of a query, decoded. A plus stands for a space, as the Python SDK writes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The value of a parameter; empty when it stands there alone.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn or_empty(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }
}

words! {
    /// The operations of this OSS, by their documented names.
    pub(super) enum Operation {
        ListBuckets = "ListBuckets",
        PutBucket = "PutBucket",
        DeleteBucket = "DeleteBucket",
        GetBucketInfo = "GetBucketInfo",
        GetBucketLocation = "GetBucketLocation",
        GetBucketAcl = "GetBucketAcl",
        GetBucketVersioning = "GetBucketVersioning",
        PutBucketVersioning = "PutBucketVersioning",
        InitiateBucketWorm = "InitiateBucketWorm",
        CompleteBucketWorm = "CompleteBucketWorm",
        ExtendBucketWorm = "ExtendBucketWorm",
        AbortBucketWorm = "AbortBucketWorm",
        GetBucketWorm = "GetBucketWorm",
        ListObjects = "ListObjects",
        ListObjectsV2 = "ListObjectsV2",
        ListMultipartUploads = "ListMultipartUploads",
        DeleteMultipleObjects = "DeleteMultipleObjects",
        PutObject = "PutObject",
        CopyObject = "CopyObject",
        AppendObject = "AppendObject",
        GetObject = "GetObject",
        HeadObject = "HeadObject",
        DeleteObject = "DeleteObject",
        InitiateMultipartUpload = "InitiateMultipartUpload",
        UploadPart = "UploadPart",
        CompleteMultipartUpload = "CompleteMultipartUpload",
        AbortMultipartUpload = "AbortMultipartUpload",
        ListParts = "ListParts",
    }
}

/// Sub-resources that ask for features this OSS does not have. Without this list they would pass for plain operations.
const UNSUPPORTED: [&str; 22] = [
    "versions",
    "versionId",
    "tagging",
    "restore",
    "symlink",
    "lifecycle",
    "cors",
    "policy",
    "website",
    "logging",
    "referer",
    "encryption",
    "objectWorm",
    "replication",
    "inventory",
    "callback",
    "x-oss-process",
    "requestPayment",
    "stat",
    "qosInfo",
    "cname",
    "transferAcceleration",
];

impl Operation {
    pub(super) fn read(method: &Method, target: &Target, query: &Query, is_copy: bool) -> Result<Self, OssError> {
        use Operation::*;
        if let Some(name) = UNSUPPORTED.iter().find(|name| query.has(name)) {
            return Err(OssError::NotImplemented((*name).to_owned()));
        }
        let method = method.as_str();
        if target.bucket.is_none() {
            return if method == "GET" { Ok(ListBuckets) } else { Err(OssError::MethodNotAllowed) };
        }
        let has = |name| query.has(name);
        let upload = has("uploadId");
        let operation = if target.key.is_some() {
            match method {
                "PUT" if has("acl") => return Err(OssError::NotImplemented("acl".into())),
                "PUT" if upload && is_copy => return Err(OssError::NotImplemented("UploadPartCopy".into())),
                "PUT" if upload => UploadPart,
                "PUT" if is_copy => CopyObject,
                "PUT" => PutObject,
                "POST" if has("append") => AppendObject,
                "POST" if has("uploads") => InitiateMultipartUpload,
                "POST" if upload => CompleteMultipartUpload,
                "GET" if upload => ListParts,
                "GET" if has("acl") => return Err(OssError::NotImplemented("acl".into())),
                "GET" if has("objectMeta") => HeadObject,
                "GET" => GetObject,
                "HEAD" => HeadObject,
                "DELETE" if upload => AbortMultipartUpload,
                "DELETE" => DeleteObject,
                _ => return Err(OssError::MethodNotAllowed),
            }
        } else {
            match method {
                "PUT" if has("versioning") => PutBucketVersioning,
                "PUT" if has("acl") => return Err(OssError::NotImplemented("acl".into())),
                "PUT" => PutBucket,
                "GET" if has("versioning") => GetBucketVersioning,
                "GET" if has("worm") => GetBucketWorm,
                "GET" if has("bucketInfo") => GetBucketInfo,
                "GET" if has("location") => GetBucketLocation,
                "GET" if has("acl") => GetBucketAcl,
                "GET" if has("uploads") => ListMultipartUploads,
                "GET" if query.get("list-type") == Some("2") => ListObjectsV2,
                "GET" => ListObjects,
                "POST" if has("delete") => DeleteMultipleObjects,
                "POST" if has("worm") => InitiateBucketWorm,
                "POST" if has("wormId") && has("wormExtend") => ExtendBucketWorm,
                "POST" if has("wormId") => CompleteBucketWorm,
                "DELETE" if has("worm") => AbortBucketWorm,
                "DELETE" => DeleteBucket,
                _ => return Err(OssError::MethodNotAllowed),
            }
        };
        Ok(operation)
    }

    /// Whether it is about objects, and not about a bucket alone.
    pub(super) fn is_about_objects(self) -> bool {
        !matches!(
            self,
            Self::ListBuckets
                | Self::PutBucket
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
        )
    }

    /// Whether it can change anything.
    pub(super) fn is_write(self) -> bool {
        matches!(
            self,
            Self::PutBucket
                | Self::DeleteBucket
                | Self::PutBucketVersioning
                | Self::InitiateBucketWorm
                | Self::CompleteBucketWorm
                | Self::ExtendBucketWorm
                | Self::AbortBucketWorm
                | Self::DeleteMultipleObjects
                | Self::PutObject
                | Self::CopyObject
                | Self::AppendObject
                | Self::DeleteObject
                | Self::InitiateMultipartUpload
                | Self::UploadPart
                | Self::CompleteMultipartUpload
                | Self::AbortMultipartUpload
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, path: &str) -> Target {
        let (parts, ()) = http::Request::get(path).header("host", host).body(()).unwrap().into_parts();
        Target::read(&parts).unwrap()
    }

    #[test]
    fn the_bucket_stands_in_the_host_or_in_the_path() {
        let named = |target: Target| (target.bucket.unwrap(), target.key);
        let expected = ("b".to_owned(), Some("dir/a b+c".to_owned()));
        for (host, path) in [
            ("127.0.0.1:4000", "/b/dir/a%20b+c"),
            ("localhost", "/b/dir/a%20b+c"),
            ("b.oss-cn-hangzhou.aliyuncs.com", "/dir/a%20b+c"),
            ("b.oss-cn-hangzhou-internal.aliyuncs.com:80", "/dir/a%20b+c"),
            ("b.localhost:4000", "/dir/a%20b+c"),
        ] {
            assert_eq!(named(target(host, path)), expected, "{host}");
        }
        assert_eq!(target("b.oss-cn-x-internal.aliyuncs.com", "/").region.as_deref(), Some("cn-x"));
        assert_eq!(named(target("127.0.0.1", "/b")), ("b".into(), None));
        assert_eq!(named(target("127.0.0.1", "/b/")), ("b".into(), None));
    }
}

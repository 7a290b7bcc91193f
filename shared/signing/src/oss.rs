//! What both OSS schemes share: which bucket a request is about, and what else clients leave open.

use http::HeaderMap;

use crate::encode::{Plus, decode};
use crate::hash;

pub(crate) const CONTENT_MD5: &str = "content-md5";
pub(crate) const SECURITY_TOKEN: &str = "x-oss-security-token";

/// How a request names its bucket. The signature covers bucket and object alike, wherever the bucket stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing<'a> {
    /// In the path: `/bucket/object` on the service's own host.
    Path,
    /// In the host name: `/object` on `bucket.oss-cn-hangzhou.aliyuncs.com`.
    VirtualHost(&'a str),
}

impl Addressing<'_> {
    /// `/bucket/object`, decoded. A path that names a bucket and stops there gets its closing slash.
    pub(crate) fn resource(self, path: &str) -> Vec<u8> {
        let path = decode(path, Plus::Literal);
        match self {
            Self::VirtualHost(bucket) => [b"/", bucket.as_bytes(), &path].concat(),
            Self::Path if is_bare_bucket(&path) => [&path[..], b"/"].concat(),
            Self::Path => path,
        }
    }

    /// `/bucket` as it stands, decoded, where [`resource`](Self::resource) would close it.
    pub(crate) fn bare_bucket(self, path: &str) -> Option<Vec<u8>> {
        let path = decode(path, Plus::Literal);
        (self == Self::Path && is_bare_bucket(&path)).then_some(path)
    }
}

fn is_bare_bucket(path: &[u8]) -> bool {
    path.len() > 1 && !path[1..].contains(&b'/')
}

/// Whether the query may also have been signed as a form. OSS itself takes `+` literally; clients that hand the query to a
/// form encoder, as the Python SDK does, sign a space and send `+`.
pub(crate) fn may_be_form(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.contains('+'))
}

/// Whether `Content-MD5`, if there is one, fits the body.
pub(crate) fn content_md5_fits(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.get(CONTENT_MD5).is_none_or(|md5| hash::content_md5_fits(md5.as_bytes().trim_ascii(), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_and_object_are_the_same_resource_wherever_the_bucket_stands() {
        for (addressing, path, resource) in [
            (Addressing::Path, "/b/a%20b/c", "/b/a b/c"),
            (Addressing::VirtualHost("b"), "/a%20b%2Fc", "/b/a b/c"),
            (Addressing::Path, "/b", "/b/"),
            (Addressing::Path, "/b/", "/b/"),
            (Addressing::VirtualHost("b"), "/", "/b/"),
            (Addressing::Path, "/", "/"),
        ] {
            assert_eq!(addressing.resource(path), resource.as_bytes(), "{addressing:?} {path}");
        }
    }
}

//! Which scheme a request speaks.

use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::{acs3, jdcloud, mns, oss_v1, oss_v4, roa_v1, sls};

/// A scheme of this crate that shows in the `Authorization` header, or in the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// [`acs3`].
    Acs3,
    /// [`rpc_v1`](crate::rpc_v1): no `Authorization` header, a `Signature` parameter in the query.
    RpcV1,
    /// [`roa_v1`].
    RoaV1,
    /// [`mns`].
    Mns,
    /// [`sls`].
    Sls,
    /// [`oss_v1`].
    OssV1,
    /// [`oss_v4`].
    OssV4,
    /// [`jdcloud`], in the variant named.
    Jdcloud(jdcloud::Variant),
}

impl Scheme {
    /// The scheme of a request; `None` when it is unsigned, or signed in a way this crate does not know. An RPC V1 request
    /// whose parameters all stand in a form body looks unsigned here.
    #[must_use]
    pub fn of(parts: &Parts) -> Option<Self> {
        let Some(value) = parts.headers.get(AUTHORIZATION) else {
            let query = parts.uri.query().unwrap_or("");
            return query.split('&').any(|pair| pair.starts_with("Signature=")).then_some(Self::RpcV1);
        };
        let (name, _) = value.to_str().ok()?.split_once(' ')?;
        let known = [
            (acs3::ALGORITHM, Self::Acs3),
            (roa_v1::ALGORITHM, Self::RoaV1),
            (mns::ALGORITHM, Self::Mns),
            (sls::ALGORITHM, Self::Sls),
            (oss_v1::ALGORITHM, Self::OssV1),
            (oss_v4::ALGORITHM, Self::OssV4),
            (jdcloud::Variant::Jdcloud2.algorithm(), Self::Jdcloud(jdcloud::Variant::Jdcloud2)),
            (jdcloud::Variant::Jdcloud3.algorithm(), Self::Jdcloud(jdcloud::Variant::Jdcloud3)),
        ];
        known.into_iter().find(|(algorithm, _)| *algorithm == name).map(|(_, scheme)| scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    #[test]
    fn each_scheme_is_told_by_its_name() {
        for (value, scheme) in [
            ("ACS3-HMAC-SHA256 Credential=a", Some(Scheme::Acs3)),
            ("acs id:sig", Some(Scheme::RoaV1)),
            ("MNS id:sig", Some(Scheme::Mns)),
            ("LOG id:sig", Some(Scheme::Sls)),
            ("OSS id:sig", Some(Scheme::OssV1)),
            ("OSS4-HMAC-SHA256 Credential=a", Some(Scheme::OssV4)),
            ("JDCLOUD2-HMAC-SHA256 Credential=a", Some(Scheme::Jdcloud(jdcloud::Variant::Jdcloud2))),
            ("JDCLOUD3-HMAC-SHA256 Credential=a", Some(Scheme::Jdcloud(jdcloud::Variant::Jdcloud3))),
            ("Bearer abc", None),
            ("MNS", None),
        ] {
            assert_eq!(Scheme::of(&request("GET", "/?Signature=x", &[("authorization", value)])), scheme, "{value}");
        }
    }

    #[test]
    fn without_the_header_a_signature_in_the_query_tells() {
        assert_eq!(Scheme::of(&request("GET", "/?Action=A&Signature=x", &[])), Some(Scheme::RpcV1));
        assert_eq!(Scheme::of(&request("GET", "/?Action=A&SignatureNonce=x", &[])), None);
    }
}

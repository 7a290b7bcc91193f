//! What is signed verifies, and nothing that was changed on the way does: for every scheme, over arbitrary requests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cloud_signing::jdcloud::{Scope, Variant};
use cloud_signing::oss::Addressing;
use cloud_signing::{Credentials, acs3, encode, jdcloud, mns, oss_v1, oss_v4, roa_v1, rpc_v1, webhook};
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use secrecy::SecretString;

const ID: &str = "AKID7";
const SECRET: &str = "the secret of AKID7";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Acs3,
    Mns,
    RoaV1,
    OssV1,
    OssV4,
    Jdcloud(Variant),
}

const SCHEMES: [Scheme; 7] = [
    Scheme::Acs3,
    Scheme::Mns,
    Scheme::RoaV1,
    Scheme::OssV1,
    Scheme::OssV4,
    Scheme::Jdcloud(Variant::Jdcloud2),
    Scheme::Jdcloud(Variant::Jdcloud3),
];

impl Scheme {
    fn sign(self, parts: &mut Parts, body: &[u8], now: Timestamp, nonce: &str) {
        let credentials = &Credentials::new(ID, SECRET).with_security_token("token-1");
        let scope = Scope { region: "cn-south-1", service: "vpc" };
        match self {
            Self::Acs3 => acs3::sign(parts, body, "DescribeVpcs", "2016-04-28", credentials, now, nonce),
            Self::Mns => mns::sign(parts, body, credentials, now),
            Self::RoaV1 => roa_v1::sign(parts, body, "2021-04-06", credentials, now, nonce),
            Self::OssV1 => oss_v1::sign(parts, body, Addressing::Path, credentials, now),
            Self::OssV4 => oss_v4::sign(parts, body, Addressing::Path, "cn-hangzhou", credentials, now),
            Self::Jdcloud(variant) => jdcloud::sign(parts, body, variant, scope, credentials, now, nonce),
        }
        .unwrap();
    }

    /// What a server does: read, look the secret up, verify.
    fn accepts(self, parts: &Parts, body: &[u8]) -> bool {
        let secret = &SecretString::from(SECRET);
        macro_rules! accepts {
            ($claim:expr, $($argument:expr),+) => {
                $claim.is_ok_and(|claim| claim.access_key_id() == ID && claim.verify($($argument),+).is_ok())
            };
        }
        match self {
            Self::Acs3 => accepts!(acs3::Claim::read(parts), parts, body, secret),
            Self::Mns => accepts!(mns::Claim::read(parts), parts, body, secret),
            Self::RoaV1 => accepts!(roa_v1::Claim::read(parts), parts, body, secret),
            Self::OssV1 => accepts!(oss_v1::Claim::read(parts), parts, body, Addressing::Path, secret),
            Self::OssV4 => accepts!(oss_v4::Claim::read(parts), parts, body, Addressing::Path, secret),
            Self::Jdcloud(_) => accepts!(jdcloud::Claim::read(parts), parts, body, secret),
        }
    }

    /// Headers outside the signature, by the scheme's own definition.
    fn leaves_unsigned(self, header: &str) -> bool {
        match self {
            Self::Acs3 | Self::OssV4 => header == "accept",
            Self::Mns => ["accept", "host", "security-token"].contains(&header),
            Self::RoaV1 => header == "host",
            Self::OssV1 => ["accept", "host"].contains(&header),
            Self::Jdcloud(_) => header == "accept" || header.starts_with("x-") && !header.starts_with("x-jdcloud-"),
        }
    }

    fn own_header(self) -> &'static str {
        match self {
            Self::Acs3 | Self::RoaV1 => "x-acs-note",
            Self::Mns => "x-mns-note",
            Self::OssV1 | Self::OssV4 => "x-oss-meta-note",
            // JD Cloud signs no others, so this one only checks that it does not disturb.
            Self::Jdcloud(_) => "x-note",
        }
    }
}

prop_compose! {
    /// A request with its body: any text in the path and in the query, any bytes in the body.
    fn request()(
        scheme in select(SCHEMES.to_vec()),
        method in select(vec![Method::GET, Method::PUT, Method::POST, Method::DELETE]),
        segments in prop::collection::vec("[a-z0-9 %/+:中é*~]{1,8}", 1..4),
        names in prop::collection::vec(select(vec!["acl", "uploadId", "versionId", "tagging", "x-oss-process"]), 0..4),
        values in prop::collection::vec(any::<String>(), 4),
        note in "[!-~]([ -~]{0,10}[!-~])?",
        body in prop::collection::vec(any::<u8>(), 1..64),
        second in 1_000_000_000_i64..2_000_000_000,
        nonce in "[0-9a-f]{16}",
    ) -> (Scheme, Parts, Vec<u8>) {
        let path: Vec<_> = segments.iter().map(encode::component).collect();
        let query = encode::query(names.iter().zip(&values));
        let uri = format!("https://host.example:8443/bucket/{}?{query}", path.join("/"));
        let builder = http::Request::builder().method(method).uri(uri).header("accept", "application/json");
        let builder = builder.header("content-type", "application/json").header(scheme.own_header(), note);
        let mut parts = builder.body(()).unwrap().into_parts().0;
        scheme.sign(&mut parts, &body, Timestamp::from_second(second).unwrap(), &nonce);
        (scheme, parts, body)
    }
}

/// `text` with one of its letters or digits exchanged, never only in case; `None` if it has none at all.
fn exchange(text: &str, at: Index) -> Option<String> {
    let places: Vec<_> = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()).collect();
    let (place, byte) = *places.get(at.index(places.len().max(1)))?;
    let other = if byte.eq_ignore_ascii_case(&b'a') { "b" } else { "a" };
    Some(format!("{}{other}{}", &text[..place], &text[place + 1..]))
}

fn decoded(text: &str) -> Vec<(String, String)> {
    encode::form_pairs(&text.replace('/', "&"))
}

fn with_uri(parts: &Parts, path: &str, query: &str) -> Option<Parts> {
    let mut parts = parts.clone();
    parts.uri = format!("https://host.example:8443{path}?{query}").parse::<Uri>().ok()?;
    Some(parts)
}

proptest! {
    #[test]
    fn what_is_signed_verifies((scheme, parts, body) in request()) {
        prop_assert!(scheme.accepts(&parts, &body));
    }

    #[test]
    fn another_method_is_refused((scheme, mut parts, body) in request()) {
        parts.method = if parts.method == Method::GET { Method::HEAD } else { Method::GET };
        prop_assert!(!scheme.accepts(&parts, &body));
    }

    #[test]
    fn another_path_is_refused((scheme, parts, body) in request(), at: Index) {
        let path = exchange(parts.uri.path(), at).unwrap();
        prop_assume!(decoded(&path) != decoded(parts.uri.path()));
        if let Some(parts) = with_uri(&parts, &path, parts.uri.query().unwrap()) {
            prop_assert!(!scheme.accepts(&parts, &body));
        }
    }

    #[test]
    fn another_query_is_refused((scheme, parts, body) in request(), at: Index) {
        let query = parts.uri.query().unwrap();
        let other = exchange(query, at);
        prop_assume!(other.as_ref().is_some_and(|other| decoded(other) != decoded(query)));
        if let Some(parts) = with_uri(&parts, parts.uri.path(), &other.unwrap()) {
            prop_assert!(!scheme.accepts(&parts, &body));
        }
    }

    #[test]
    fn another_header_is_refused((scheme, parts, body) in request(), which: Index, at: Index) {
        let names: Vec<_> = parts.headers.keys().filter(|name| !scheme.leaves_unsigned(name.as_str())).collect();
        let name = names[which.index(names.len())].clone();
        let value = exchange(parts.headers[&name].to_str().unwrap(), at);
        prop_assume!(value.is_some());
        let mut parts = parts;
        parts.headers.insert(&name, HeaderValue::from_str(&value.unwrap()).unwrap());
        prop_assert!(!scheme.accepts(&parts, &body), "{name}");
    }

    #[test]
    fn a_header_sent_twice_is_refused((scheme, parts, body) in request(), which: Index) {
        let names: Vec<_> = parts.headers.keys().filter(|name| !scheme.leaves_unsigned(name.as_str())).collect();
        let name = names[which.index(names.len())].clone();
        prop_assume!(name != "authorization");
        let mut parts = parts;
        parts.headers.append(&name, HeaderValue::from_static("more"));
        prop_assert!(!scheme.accepts(&parts, &body), "{name}");
    }

    #[test]
    fn another_body_is_refused((scheme, parts, mut body) in request(), at: Index, bit in 0..8) {
        let place = at.index(body.len());
        body[place] ^= 1_u8 << bit;
        prop_assert!(!scheme.accepts(&parts, &body));
    }

    #[test]
    fn rpc_parameters_verify_until_one_is_changed(
        pairs in prop::collection::vec(("[A-Z][a-z.0-9]{0,6}", any::<String>()), 0..5),
        which: Index,
        at: Index,
    ) {
        let accepts = |method: &Method, params: &[(String, String)]| {
            let claim = rpc_v1::Claim::read(method, params);
            claim.is_ok_and(|claim| {
                claim.access_key_id() == ID && claim.verify(method, params, &SecretString::from(SECRET)).is_ok()
            })
        };
        let mut params = pairs;
        params.push(("Action".to_owned(), "DescribeVpcs".to_owned()));
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        rpc_v1::sign(&Method::POST, &mut params, &Credentials::new(ID, SECRET), now, "nonce");
        prop_assert!(accepts(&Method::POST, &params));
        prop_assert!(accepts(&Method::POST, &encode::form_pairs(&encode::query(params.clone()))));
        prop_assert!(!accepts(&Method::GET, &params));
        let index = which.index(params.len());
        let value = exchange(&params[index].1, at);
        prop_assume!(value.is_some());
        params[index].1 = value.unwrap();
        prop_assert!(!accepts(&Method::POST, &params));
    }

    #[test]
    fn webhooks_verify_until_something_is_changed(
        secret in prop::collection::vec(any::<u8>(), 24..=64),
        id in "[a-zA-Z0-9_-]{1,40}",
        second in 0..2_000_000_000_i64,
        body in prop::collection::vec(any::<u8>(), 1..64),
        which in 0..4,
        at: Index,
    ) {
        let secrets = [webhook::Secret::from_bytes(secret).unwrap()];
        let now = Timestamp::from_second(second).unwrap();
        let signature = webhook::sign(&secrets[0], &id, now, &body);
        let message = |id: &str, second: &str, signature: &str| {
            let mut headers = http::HeaderMap::new();
            headers.insert(webhook::ID, id.parse().unwrap());
            headers.insert(webhook::TIMESTAMP, second.parse().unwrap());
            headers.insert(webhook::SIGNATURE, signature.parse().unwrap());
            headers
        };
        let forever = std::time::Duration::MAX;
        let accepts = |headers, body: &[u8]| webhook::verify(&secrets, &headers, body, now, forever).is_ok();
        let seconds = second.to_string();
        prop_assert!(accepts(message(&id, &seconds, &signature), &body));

        let refused = match which {
            0 => exchange(&id, at).map(|id| !accepts(message(&id, &seconds, &signature), &body)),
            1 => Some(!accepts(message(&id, &(second + 1).to_string(), &signature), &body)),
            2 => exchange(&signature, at).map(|signature| !accepts(message(&id, &seconds, &signature), &body)),
            _ => {
                let mut body = body.clone();
                let place = at.index(body.len());
                body[place] ^= 1;
                Some(!accepts(message(&id, &seconds, &signature), &body))
            }
        };
        prop_assert!(refused.unwrap_or(true));
    }

    /// Reading never panics, whatever a stranger sends.
    #[test]
    fn arbitrary_headers_are_read_without_panic(
        scheme in select(vec!["ACS3-HMAC-SHA256", "acs", "MNS", "OSS", "OSS4-HMAC-SHA256", "JDCLOUD3-HMAC-SHA256"]),
        rest in prop_oneof![any::<String>(), "(Credential|Signature|SignedHeaders)=[a-z/;0-9]{0,20},?".prop_map(|s| s.repeat(3))],
        others in prop::collection::vec((select(vec![
            "date", "x-acs-date", "x-mns-date", "x-oss-date", "x-jdcloud-date", "host", "content-md5",
            "x-acs-signature-nonce", "x-acs-content-sha256",
        ]), prop::collection::vec(any::<u8>(), 0..24)), 0..6),
        body in prop::collection::vec(any::<u8>(), 0..16),
    ) {
        let mut parts = http::Request::new(()).into_parts().0;
        if let Ok(value) = HeaderValue::from_bytes(format!("{scheme} {rest}").as_bytes()) {
            parts.headers.insert("authorization", value);
        }
        for (name, value) in others {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                parts.headers.append(name, value);
            }
        }
        prop_assert!(SCHEMES.into_iter().all(|scheme| !scheme.accepts(&parts, &body)));
    }
}

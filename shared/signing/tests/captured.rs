//! Requests of official SDKs, recorded on loopback (see `captured.jsonl`, one a line), all signed with `AKEXAMPLE` and
//! `SKEXAMPLE`. Each must verify as it is, and must not once the secret is another.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cloud_signing::oss::Addressing;
use cloud_signing::{Malformed, Mismatch, Scheme, acs3, encode, jdcloud, mns, oss_v1, oss_v4, roa_v1, rpc_v1};
use http::request::Parts;
use secrecy::SecretString;
use serde_json::Value;

struct Recorded {
    client: String,
    parts: Parts,
    body: Vec<u8>,
}

fn recorded() -> Vec<Recorded> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = include_str!("captured.jsonl").lines();
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let mut request = http::Request::builder().method(&*text(&line["method"])).uri(text(&line["target"]));
            for header in line["headers"].as_array().unwrap() {
                request = request.header(text(&header[0]), text(&header[1]));
            }
            let (parts, body) = request.body(text(&line["body"]).into_bytes()).unwrap().into_parts();
            Recorded { client: text(&line["client"]), parts, body }
        })
        .collect()
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

/// Verifies a request and returns who sent it: access key and token.
fn verify(Recorded { parts, body, .. }: &Recorded, secret: &str) -> Result<(String, Option<String>), Refused> {
    let secret = &SecretString::from(secret);
    macro_rules! identity {
        ($claim:expr) => {
            ($claim.access_key_id().to_owned(), $claim.security_token().map(str::to_owned))
        };
    }
    Ok(match Scheme::of(parts).expect("a scheme of ours") {
        Scheme::Acs3 => {
            let claim = acs3::Claim::read(parts)?;
            claim.verify(parts, body, secret)?;
            identity!(claim)
        }
        Scheme::RpcV1 => {
            let mut params = encode::form_pairs(parts.uri.query().unwrap_or(""));
            params.extend(encode::form_pairs(std::str::from_utf8(body).unwrap()));
            let claim = rpc_v1::Claim::read(&parts.method, &params)?;
            claim.verify(&parts.method, &params, secret)?;
            identity!(claim)
        }
        Scheme::RoaV1 => {
            let claim = roa_v1::Claim::read(parts)?;
            claim.verify(parts, body, secret)?;
            identity!(claim)
        }
        Scheme::Mns => {
            let claim = mns::Claim::read(parts)?;
            claim.verify(parts, body, secret)?;
            identity!(claim)
        }
        Scheme::OssV1 => {
            let claim = oss_v1::Claim::read(parts)?;
            claim.verify(parts, body, Addressing::Path, secret)?;
            identity!(claim)
        }
        Scheme::OssV4 => {
            let claim = oss_v4::Claim::read(parts)?;
            claim.verify(parts, body, Addressing::Path, secret)?;
            identity!(claim)
        }
        Scheme::Jdcloud(_) => {
            let claim = jdcloud::Claim::read(parts)?;
            claim.verify(parts, body, secret)?;
            identity!(claim)
        }
        other => panic!("{other:?} has no recording"),
    })
}

#[test]
fn every_recorded_request_verifies_and_shows_who_sent_it() {
    let recorded = recorded();
    assert!(recorded.len() >= 68, "only {} requests", recorded.len());
    for request in &recorded {
        let (id, token) = verify(request, "SKEXAMPLE").unwrap_or_else(|error| {
            panic!("{} {} {}: {error}", request.client, request.parts.method, request.parts.uri)
        });
        assert_eq!(id, "AKEXAMPLE");
        let expected = request.client.contains(" sts").then_some("tok+/=");
        assert_eq!(token.as_deref(), expected, "{} {}", request.client, request.parts.uri);
    }
}

#[test]
fn no_recorded_request_verifies_with_another_secret() {
    for request in &recorded() {
        assert!(matches!(verify(request, "SKEXAMPLF"), Err(Refused::Mismatch(_))), "{}", request.client);
    }
}

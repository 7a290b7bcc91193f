//! Request signatures of Alibaba Cloud and JD Cloud, Standard Webhooks, and the chat robots of DingTalk and Feishu: to sign
//! and to verify.
//!
//! Every scheme is a module of its own and works on [`http::request::Parts`] and the bytes of the body, so it fits any
//! client and any server. Clock and nonce are parameters: nothing here reads the time or rolls dice. Secrets are compared
//! in constant time and never shown by `Debug`.
//!
//! | module | scheme | spoken by |
//! | --- | --- | --- |
//! | [`acs3`] | `ACS3-HMAC-SHA256` | the OpenAPI products: VPC, ECS, PrivateLink, STS, FC 3.0 |
//! | [`rpc_v1`] | `SignatureMethod=HMAC-SHA1` | the same products, older clients |
//! | [`roa_v1`] | `acs` | path-style OpenAPI products, older clients |
//! | [`mns`] | `MNS` | the message service |
//! | [`sls`] | `LOG` | the log service |
//! | [`oss_v1`], [`oss_v4`] | `OSS`, `OSS4-HMAC-SHA256` | object storage |
//! | [`jdcloud`] | `JDCLOUD2-HMAC-SHA256`, `JDCLOUD3-HMAC-SHA256` | all of JD Cloud |
//! | [`webhook`] | Standard Webhooks `v1` | whoever sends or receives webhooks |
//! | [`dingtalk`] | `timestamp` and `sign` of the address | DingTalk's custom robots |
//! | [`feishu`] | `timestamp` and `sign` of the body | custom bots of Feishu and Lark |
//! | [`encode`] | percent-encoding | all of them |
//!
//! A server that speaks several asks [`Scheme::of`] first.
//!
//! Verifying has two steps, because the verifier must look the secret up in between: `Claim::read` says who the sender
//! claims to be and when it signed; `claim.verify` proves it. Whether the time is near enough and the nonce is new is the
//! caller's to judge.
//!
//! ```
//! use secrecy::SecretString;
//! use cloud_signing::{Credentials, acs3};
//!
//! let (mut parts, body) = http::Request::post("https://vpc.cn-hangzhou.aliyuncs.com/?RegionId=cn-hangzhou")
//!     .body(Vec::new())?
//!     .into_parts();
//! let now = "2026-01-02T03:04:05Z".parse()?;
//! acs3::sign(&mut parts, &body, "DescribeVpcs", "2016-04-28", &Credentials::new("id", "secret"), now, "nonce-1")?;
//!
//! // The other side:
//! let claim = acs3::Claim::read(&parts)?;
//! assert_eq!((claim.access_key_id(), claim.timestamp(), claim.nonce()), ("id", now, "nonce-1"));
//! claim.verify(&parts, &body, &SecretString::from("secret"))?;
//! assert!(claim.verify(&parts, b"changed", &SecretString::from("secret")).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate compiles with Rust 1.95 and later; a new minimum comes with a new minor version.

pub mod acs3;
mod claim;
mod credentials;
pub mod dingtalk;
pub mod encode;
mod error;
pub mod feishu;
mod hash;
mod headers;
pub mod jdcloud;
pub mod mns;
pub mod oss;
pub mod oss_v1;
pub mod oss_v4;
pub mod roa_v1;
mod robot;
pub mod rpc_v1;
mod scheme;
pub mod sls;
#[cfg(test)]
mod testing;
mod time;
pub mod webhook;

pub use credentials::Credentials;
pub use error::{Malformed, Mismatch, MismatchCause, SignError};
pub use hash::constant_time_eq;
pub use scheme::Scheme;

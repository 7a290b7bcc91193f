//! Exact requests, and the answers of the documents.

mod consumer;
mod provider;

use std::sync::Arc;

use super::PrivateLink;
use crate::names::ClientToken;
use crate::scripted::{Cloud, RecordedRequest};

const DONE: &str = r#"{"RequestId":"R-0"}"#;

fn link(cloud: &Arc<Cloud>) -> PrivateLink {
    cloud.client().private_link(&"eu-central-1".parse().unwrap())
}

fn token() -> ClientToken {
    "t-1".parse().unwrap()
}

/// Checks action and every parameter; `RegionId` is always there.
fn assert_asked(seen: &RecordedRequest, action: &str, parameters: &[(&str, &str)]) {
    assert_eq!(seen.line(), "POST https://privatelink.eu-central-1.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-version"), Some("2020-04-15"));
    let expected: Vec<_> = parameters.iter().copied().chain([("RegionId", "eu-central-1")]).collect();
    seen.assert_query(action, &expected);
}

//! Exact requests, and the answers of the documents.

mod commands;
mod groups;

use std::sync::Arc;

use super::Ecs;
use crate::scripted::{Cloud, RecordedRequest};

fn ecs(cloud: &Arc<Cloud>) -> Ecs {
    cloud.client().ecs(&"eu-central-1".parse().unwrap())
}

/// Checks action and every parameter; `RegionId` is always there.
fn assert_asked(seen: &RecordedRequest, action: &str, parameters: &[(&str, &str)]) {
    assert_eq!(seen.line(), "POST https://ecs.eu-central-1.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-version"), Some("2014-05-26"));
    let expected: Vec<_> = parameters.iter().copied().chain([("RegionId", "eu-central-1")]).collect();
    seen.assert_query(action, &expected);
}

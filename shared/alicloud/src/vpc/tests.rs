//! Exact requests, and the answers of the documents.

mod interfaces;
mod networks;

use std::sync::Arc;

use super::Vpc;
use crate::scripted::{Cloud, RecordedRequest};

fn vpc(cloud: &Arc<Cloud>) -> Vpc {
    cloud.client().vpc(&"cn-qingdao".parse().unwrap())
}

/// Checks action and every parameter; `RegionId` is always there.
fn assert_asked(seen: &RecordedRequest, action: &str, parameters: &[(&str, &str)]) {
    assert_eq!(seen.line(), "POST https://vpc.cn-qingdao.aliyuncs.com/");
    let region = ("RegionId", "cn-qingdao");
    let expected: Vec<_> = parameters.iter().copied().chain([region]).collect();
    seen.assert_query(action, &expected);
}

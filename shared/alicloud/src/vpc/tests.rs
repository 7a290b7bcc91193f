//! Exact requests, and the answers of the documents.

mod interfaces;
mod networks;

use std::sync::Arc;

use super::Vpc;
use crate::scripted::{Cloud, Seen};

fn vpc(cloud: &Arc<Cloud>) -> Vpc {
    cloud.client().vpc(&"cn-qingdao".parse().unwrap())
}

/// Checks action and every parameter; `RegionId` is always there.
fn assert_asked(seen: &Seen, action: &str, parameters: &[(&str, &str)]) {
    assert_eq!(seen.line(), "POST https://vpc.cn-qingdao.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-action"), Some(action));
    let region = ("RegionId", "cn-qingdao");
    let mut expected: Vec<_> =
        parameters.iter().chain([&region]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    expected.sort();
    assert_eq!(seen.query(), expected);
}

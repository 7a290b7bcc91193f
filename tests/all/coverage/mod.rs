//! `docs/coverage.md`: what the local cloud offers, written from its code. To write it anew:
//!
//! ```text
//! CAUSEWAY_WRITE=1 cargo test -p causeway-tests --test all coverage::
//! ```

mod page;
mod product;
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use alicloud::Credentials;
use bytes::Bytes;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::seed::Seed;
use serde_json::Value;
use signing::acs3;

const HOW: &str = "CAUSEWAY_WRITE=1 cargo test -p causeway-tests --test all coverage::";

#[test]
fn the_page_says_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/coverage.md");
    let page = page::write(&product::all());
    if std::env::var_os("CAUSEWAY_WRITE").is_some() {
        std::fs::write(&path, &page).expect("docs/ can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = kept.lines().zip(page.lines()).find(|(kept, new)| kept != new);
    assert!(kept == page, "docs/coverage.md is stale, first at {stale:?}. To write it anew: {HOW}");
}

/// Asks for an operation without any parameter. What is known is refused for another reason than that it is not.
async fn code(cloud: &Cloud, version: &str, action: &str) -> String {
    let account = &cloud.console().accounts[0];
    let key = Credentials::new(&account.access_key_id, &account.access_key_secret);
    let (mut parts, ()) = http::Request::post("http://127.0.0.1/").body(()).expect("a request").into_parts();
    let (now, nonce) = (cloud.shared().clock.wall(), cloud.shared().ids.uuid());
    acs3::sign(&mut parts, b"", action, version, &key, now, &nonce).expect("it signs");
    let response = cloud.handle(http::Request::from_parts(parts, Bytes::new())).await.expect("no fault drops it");
    let body: Value = serde_json::from_slice(response.body()).expect("the answer is JSON");
    body["Code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_operation_on_the_page_is_answered_and_no_other() {
    causeway_tests::on_virtual_time(async {
        let cloud = Cloud::open(Options::new(Seed::tutorial())).expect("a cloud in memory opens");
        for product in product::all() {
            assert!(product.operations.len() > 1, "{}", product.title);
            let Some(version) = product.version else { continue };
            for operation in &product.operations {
                let code = code(&cloud, version, &operation.name).await;
                assert_ne!(code, "InvalidAction.NotFound", "{}", operation.name);
            }
            assert_eq!(code(&cloud, version, "MakeCoffee").await, "InvalidAction.NotFound");
        }
    });
}

#[test]
fn no_code_of_the_sources_is_missing_on_the_page() {
    let products = product::all();
    let on_page: BTreeSet<&String> = products
        .iter()
        .flat_map(|product| product.operations.iter().flat_map(|operation| &operation.codes).chain(&product.common))
        .collect();
    let written =
        product::written(&["vpc", "vpcpeer", "ecs", "clb", "nlb_alb", "privatelink", "sts", "mns", "oss", "fc", "rpc"]);
    let missing: Vec<&String> = written.iter().filter(|code| !on_page.contains(code)).collect();
    assert!(written.len() > 100 && missing.is_empty(), "{missing:?}");
}

#[test]
fn what_the_page_says_of_an_operation_is_what_its_function_can_do() {
    let products = product::all();
    let of = |title: &str, name: &str| {
        let product = products.iter().find(|product| product.title.starts_with(title)).expect("the product");
        product.operations.iter().find(|operation| operation.name == name).expect("the operation")
    };
    let connect = of("Virtual", "ConnectRouterInterface");
    assert!(connect.writes && connect.waits.contains("InterfaceConnect"), "{connect:?}");
    for code in ["IncorrectRIStatus", "InvalidRouterInterfaceId.NotFound", "Forbidden.OnlyOneConnection"] {
        assert!(connect.codes.contains(code), "{connect:?}");
    }
    assert!(!connect.codes.contains("InvalidNextHopType"), "that belongs to routes: {connect:?}");
    let list = of("Virtual", "DescribeVpcs");
    assert!(!list.writes && list.waits.is_empty(), "{list:?}");
    assert!(of("Security", "AssumeRole").codes.contains("EntityNotExist.Role"));
    assert!(of("Message Service (SMQ)", "SendMessage").codes.contains("QueueNotExist"));
    assert!(of("Object", "GetObject").codes.contains("NoSuchKey"));
    assert!(of("Object", "PutBucket").codes.contains("BucketAlreadyExists"));
    assert!(of("Function", "InvokeFunction").codes.contains("RequestEntityTooLarge"));
}

//! `docs/coverage.md`: what the local cloud offers, written from its tables. To write it anew:
//!
//! ```text
//! CAUSEWAY_WRITE=1 cargo test -p causeway-local --test all coverage
//! ```

mod page;

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use causeway_local::calls::Product;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::coverage::{Coverage, Operation};
use causeway_local::delays::Wait;
use causeway_local::seed::Seed;
use cloud_signing::{Credentials, acs3};
use serde_json::Value;

const HOW: &str = "CAUSEWAY_WRITE=1 cargo test -p causeway-local --test all coverage";

/// A cloud, and what it offers.
fn offered() -> (Cloud, Vec<Coverage>) {
    let cloud = Cloud::open(Options::new(Seed::tutorial())).expect("a cloud in memory opens");
    let coverage = cloud.coverage();
    (cloud, coverage)
}

#[tokio::test(start_paused = true)]
async fn the_page_says_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/coverage.md");
    let page = page::write(&offered().1);
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
    if response.status().is_success() {
        return String::new();
    }
    let body: Value = serde_json::from_slice(response.body()).expect("the answer is JSON");
    body["Code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn every_operation_on_the_page_is_answered_and_no_other() {
    let (cloud, products) = offered();
    for product in products {
        assert!(!product.operations.is_empty(), "{}", product.product);
        let Some(version) = product.version else { continue };
        for operation in &product.operations {
            let code = code(&cloud, version, operation.name).await;
            assert_ne!(code, "InvalidAction.NotFound", "{}", operation.name);
            let is_named = code.is_empty() || product.names(operation.name, &code);
            assert!(is_named, "{} refuses with {code}, which its codes.txt does not name", operation.name);
        }
        assert_eq!(code(&cloud, version, "MakeCoffee").await, "InvalidAction.NotFound");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_page_says_of_an_operation_is_what_its_function_can_do() {
    let products = offered().1;
    let of = |product: Product, name: &str| -> Operation {
        let product = products.iter().find(|known| known.product == product).expect("the product");
        product.operations.iter().find(|operation| operation.name == name).expect("the operation").clone()
    };
    let connect = of(Product::Vpc, "ConnectRouterInterface");
    assert!(connect.writes && connect.begins.contains(&Wait::InterfaceConnect), "{connect:?}");
    for code in ["IncorrectRIStatus", "InvalidRouterInterfaceId.NotFound", "Forbidden.OnlyOneConnection"] {
        assert!(connect.codes.contains(code), "{connect:?}");
    }
    assert!(!connect.codes.contains("InvalidNextHopType"), "that belongs to routes: {connect:?}");
    let list = of(Product::Vpc, "DescribeVpcs");
    assert!(!list.writes && list.begins.is_empty(), "{list:?}");
    assert!(of(Product::Sts, "AssumeRole").codes.contains("EntityNotExist.Role"));
    assert!(of(Product::Mns, "SendMessage").codes.contains("QueueNotExist"));
    assert!(of(Product::Oss, "GetObject").codes.contains("NoSuchKey"));
    assert!(of(Product::Oss, "PutBucket").codes.contains("BucketAlreadyExists"));
    assert!(of(Product::Fc, "InvokeFunction").codes.contains("RequestEntityTooLarge"));
    assert!(of(Product::Jdcloud, "deleteVpc").codes.contains("FAILED_PRECONDITION"));
}

/// Parameters, which look like codes.
const PARAMETERS: [&str; 4] = [
    "DeletionProtectionConfig.Enabled",
    "Filter.Value",
    "ForwardGroupConfig.ServerGroupTuples",
    "LoadBalancerBillingConfig.PayType",
];

/// The texts in the sources of a folder that look like codes with a dot. Tests and templates are left out.
fn dotted(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "tests" && name != "ros" {
            dotted(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let is_part = |part: &str| {
                part.starts_with(|sign: char| sign.is_ascii_alphabetic())
                    && part.bytes().all(|sign| sign.is_ascii_alphanumeric())
            };
            let is_code = |text: &&str| {
                text.starts_with(|sign: char| sign.is_ascii_uppercase())
                    && text.contains('.')
                    && text.split('.').all(is_part)
            };
            found.extend(code.split('"').filter(is_code).map(str::to_owned));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_dotted_code_of_the_sources_is_missing_on_the_page() {
    let mut written = BTreeSet::new();
    for member in ["core", "network", "mns", "oss", "fc", "ops", "cloud"] {
        dotted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(member).join("src"), &mut written);
    }
    let products = offered().1;
    let on_page: BTreeSet<&str> = products
        .iter()
        .flat_map(|product| product.operations.iter().flat_map(|operation| &operation.codes).chain(&product.common))
        .copied()
        .collect();
    let missing: Vec<&String> = written
        .iter()
        .filter(|code| !on_page.contains(code.as_str()) && !PARAMETERS.contains(&code.as_str()))
        .collect();
    assert!(written.len() > 100 && missing.is_empty(), "{missing:?}");
}

//! The guide to private links: an endpoint of account `a`, a service of `a` itself or of `b`, and account `c`, whom nobody
//! named.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `shown` | what the cloud itself shows of the link, asked with each account's own keys |
//! | `requests` | requests from the consumer's server to the endpoint, sent for the demo alone |
//! | `stranger` | what becomes of account `c` |
//! | `report` | the end of the story |

mod report;
mod requests;
mod shown;
mod stranger;

use alicloud::Region;
use http::Method;
use serde_json::{Value, json};

use super::follow::{follow, follow_after};
use super::tell::listener;
use super::{DemoError, LOOK_EVERY, client_of};
use crate::guide::private_link_spec;
use crate::stand::Stand;

use self::shown::Link;

/// What the story comes to.
struct Story {
    record: Value,
    link: Link,
    requests: Vec<requests::Said>,
    stranger: stranger::Fate,
    log: Vec<Value>,
}

/// Tells it. `true` when the cloud's own API shows what was promised.
///
/// # Errors
/// See [`DemoError`].
pub async fn tell(stand: &Stand, provider: &'static str, json: bool, speed: f64) -> Result<bool, DemoError> {
    let (accounts, webhook) = (stand.accounts(), stand.webhook());
    let mut spec = private_link_spec(&accounts, provider)?;
    let name = spec["name"].as_str().unwrap_or_default().to_owned();
    let policy = policy();
    if !json {
        println!("A local cloud at {}, with template.yml deployed into it.", stand.gateway);
        println!("PUT /v1/approval-policy {}", serde_json::to_string_pretty(&policy).unwrap_or_default());
        println!("POST /v1/connections {}\n", serde_json::to_string_pretty(&spec).unwrap_or_default());
    }
    webhook.ask(Method::PUT, "/v1/approval-policy", &[], &policy.to_string()).await?;
    webhook.ask(Method::POST, "/v1/connections", &[("idempotency-key", "demo")], &spec.to_string()).await?;
    let mut record = follow(&webhook, &name, LOOK_EVERY, listener(json).as_mut()).await?;
    if record["phase"] != "active" {
        report::stopped(&record, json, speed);
        return Ok(false);
    }

    let consumer = client_of(stand, &accounts, "a")?;
    let region: Region = text(&spec["consumer"]["region_id"]).parse()?;
    let made = record["sides"]["consumer"]["outputs"]["private_link"].clone();
    let said = requests::send(stand, &consumer, &region, &text(&spec["consumer"]["instance_id"]), &made).await?;

    let stranger = stranger::Stranger::of(stand, &accounts, &region)?;
    let service = text(&record["sides"]["provider"]["outputs"]["private_link"]["service_id"]);
    let refused = stranger.asks(&service).await;
    if !json {
        println!("\nAccount c, which is on no list, asks for an endpoint: {}", refused.told());
        println!("PUT /v1/connections/{name} with provider.service.allowed_accounts: [{}]", stranger.account_id);
    }
    spec["provider"]["service"]["allowed_accounts"] = json!([stranger.account_id]);
    webhook.ask(Method::PUT, &format!("/v1/connections/{name}"), &[], &spec.to_string()).await?;
    let told = record["history"].as_array().and_then(|history| history.last()).cloned();
    record = follow_after(&webhook, &name, told, LOOK_EVERY, listener(json).as_mut()).await?;
    let left = stranger.asks_again(&webhook, &service).await?;

    let owner = client_of(stand, &accounts, provider)?;
    let link = Link::read(&record, (&consumer, &owner), &region).await?;
    let path = format!("/v1/approvals/{service}/{}", text(&made["endpoint_id"]));
    let log = webhook.ask(Method::GET, &path, &[], "").await?;
    let log = log["entries"].as_array().cloned().unwrap_or_default();
    let story = Story { record, link, requests: said, stranger: stranger::Fate { refused, left }, log };
    let ok = story.holds(&stranger.account_id);
    if json {
        println!("{:#}", report::json_document(&story, ok, speed));
    } else {
        report::print(&story, ok, speed);
    }
    Ok(ok)
}

/// A policy that names somebody else: nothing in this story is connected by a rule.
fn policy() -> Value {
    json!({"version": 1, "rules": [{"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]}]})
}

impl Story {
    /// Whether everything is as it was promised.
    fn holds(&self, stranger: &str) -> bool {
        self.record["phase"] == "active"
            && self.link.holds(&self.record)
            && self.link.whitelist.iter().any(|user| user == stranger)
            && self.requests.iter().all(requests::Said::is_answered)
            && self.stranger.holds()
            && self.log.iter().any(|entry| entry["event"]["verdict"]["reason"] == "approved-by-connection")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

//! The demo of private links: an endpoint of account `a`, a service of `a` itself or of `b`, and a third party: account `c`,
//! which neither a spec nor a policy names.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `readback` | what the cloud itself shows of the link, asked with each account's own keys |
//! | `requests` | requests from the consumer's server to the endpoint, sent for the demo alone |
//! | `third_party` | what becomes of account `c` |
//! | `report` | the end of the demo |

mod readback;
mod report;
mod requests;
mod third_party;

use alicloud::Region;
use api::approvals::{DecisionLog, StoredPolicy};
use api::connections::{Connection, Summary};
use approval::decision::Entry;
use approval::verdict::Reason;
use connection::outputs::Outputs;
use connection::record::Phase;
use connection::spec::{KindSpec, ServiceSpec};
use connection::words::Side;
use http::Method;
use serde_json::{Value, json};

use super::follow::{follow, follow_after};
use super::progress::listener;
use super::{DemoError, LOOK_EVERY, client_of};
use crate::deployment::Deployment;
use crate::render::{self, say};
use crate::tutorial::private_link_spec;

use self::readback::Link;

/// What the demo came to.
struct Ending {
    connection: Connection,
    link: Link,
    requests: Vec<requests::Exchange>,
    third_party: third_party::Fate,
    log: Vec<Entry>,
}

/// Runs it. `true` when the cloud's own API shows what was promised.
///
/// # Errors
/// See [`DemoError`].
pub async fn run(deployment: &Deployment, provider: &'static str, json: bool, speed: f64) -> Result<bool, DemoError> {
    let (accounts, webhook) = (deployment.local.accounts(), deployment.webhook());
    let spec = private_link_spec(&accounts, provider)?;
    let policy = policy();
    if !json {
        println!("A local cloud at {}, with template.yml deployed into it.", deployment.local.gateway);
        println!("PUT /v1/approval-policy {}", render::json(&policy));
        println!("POST /v1/connections {}\n", render::json(&spec));
    }
    webhook.submit::<StoredPolicy>(Method::PUT, "/v1/approval-policy", &policy).await?;
    let name = webhook.create(&spec, "demo").await?.name;
    let built = follow(&webhook, &name, LOOK_EVERY, listener(json).as_mut()).await?;
    let mut spec = built.spec.clone();
    let (KindSpec::PrivateLink(link_spec), Phase::Active) = (&mut spec.kind, built.summary.phase) else {
        report::print_stopped(&built, json, speed);
        return Ok(false);
    };

    let consumer = client_of(deployment, &accounts, "a")?;
    let region: Region = link_spec.consumer.region_id.as_str().parse()?;
    let made = outputs(&built, Side::Consumer)?.private_link.clone();
    let service = outputs(&built, Side::Provider)?.private_link.service_id.clone().unwrap_or_default();
    let instance = link_spec.consumer.instance_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let requests = requests::send(deployment, &consumer, &region, &instance, &made).await?;

    let third_party = third_party::ThirdParty::of(deployment, &accounts, &region)?;
    let refused = third_party.asks(&service).await;
    if !json {
        println!();
        say!("Account c, which is on no list, asks for an endpoint: {}", refused.in_words());
        println!("PUT /v1/connections/{name} with provider.service.allowed_accounts: [{}]", third_party.account_id);
    }
    let asked = link_spec.provider.service.get_or_insert_with(ServiceSpec::default);
    asked.allowed_accounts = vec![third_party.account_id.parse()?];
    webhook.submit::<Summary>(Method::PUT, &format!("/v1/connections/{name}"), &spec).await?;
    let seen = built.history.last().cloned();
    let connection = follow_after(&webhook, &name, seen, LOOK_EVERY, listener(json).as_mut()).await?;
    let left = third_party.asks_again(&webhook, &service).await?;

    let owner = client_of(deployment, &accounts, provider)?;
    let link = Link::read(&connection, (&consumer, &owner), &region).await?;
    let path = format!("/v1/approvals/{service}/{}", made.endpoint_id.unwrap_or_default());
    let log = webhook.get::<DecisionLog>(&path).await?.entries;
    let ending = Ending { connection, link, requests, third_party: third_party::Fate { refused, left }, log };
    let ok = ending.holds(&third_party.account_id);
    if json {
        println!("{}", report::json_document(&ending, ok, speed));
    } else {
        report::print(&ending, ok, speed);
    }
    Ok(ok)
}

/// A policy that names somebody else: no rule approves an endpoint of this demo.
fn policy() -> Value {
    json!({"version": 1, "rules": [{"id": "partner", "effect": "approve", "accounts": ["1000000000000009"]}]})
}

/// What was made on a side.
fn outputs(connection: &Connection, side: Side) -> Result<&Outputs, DemoError> {
    connection.sides.get(&side).map(|known| &known.outputs).ok_or(DemoError::Side(side))
}

impl Ending {
    /// Whether everything is as it was promised.
    fn holds(&self, third_party: &str) -> bool {
        let by_connection =
            |entry: &Entry| entry.event.verdict().is_some_and(|verdict| verdict.reason == Reason::ApprovedByConnection);
        self.connection.summary.phase == Phase::Active
            && self.link.holds(&self.connection)
            && self.link.whitelist.iter().any(|user| user == third_party)
            && self.requests.iter().all(requests::Exchange::is_answered)
            && self.third_party.holds()
            && self.log.iter().any(by_connection)
    }
}

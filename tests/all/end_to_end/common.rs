//! What the tests of several modules have in common.

use causeway_local::calls::{Call, Outcome, Product};
use causeway_tests::process::{Api, Options, Up, causeway};
use causeway_tests::shown::{Shown as _, refused_call};
use connection::record::Phase;
use connection::words::{Kind, StepName};
use serde_json::{Value, json};

/// The tutorial's two VPCs.
pub const A: (&str, &str) = ("a", "cn-qingdao");
pub const B: (&str, &str) = ("b", "cn-beijing");

/// A fresh cloud, and a client of it.
pub fn start() -> (Up, Api) {
    let up = Up::start(&Options::default());
    let api = up.api();
    (up, api)
}

/// A cloud whose accounts have one role for everything: only such a role lets the webhook ask for the verdict of a dry run.
pub fn start_with_one_role() -> (Up, Api) {
    let mut options = Options::default();
    options.parameters.push("SingleRole=causeway".to_owned());
    let up = Up::start(&options);
    let api = up.api();
    (up, api)
}

/// A text in an answer of the cloud.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value:#}"))
}

/// What a command that reads the store prints, and what it ends with.
pub fn reads_store(up: &Up, arguments: &[&str]) -> (Option<i32>, String) {
    let api = up.api();
    let operator = api.account("operator");
    let keys = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", operator.access_key_id.as_str()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &operator.access_key_secret),
    ];
    reads_store_with(up, arguments, &keys)
}

/// The same, with keys that the environment gives in another way. No variable of this machine counts, and no server's role.
pub fn reads_store_with(up: &Up, arguments: &[&str], keys: &[(&str, &str)]) -> (Option<i32>, String) {
    let environment = [
        ("CAUSEWAY_STORE", "oss://causeway-records"),
        ("CAUSEWAY_ENDPOINT", up.gateway()),
        ("CAUSEWAY_REGION", &up.ready.region),
        ("CAUSEWAY_AUDIT_VERIFIERS", up.verifier()),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
    ];
    let mut program = std::process::Command::new(causeway());
    let program = program.args(arguments).env_clear().envs(environment).envs(keys.iter().copied());
    let output = program.output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// What a command that speaks to the webhook prints, and what it ends with.
pub fn asks_webhook(up: &Up, command: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let webhook = up.webhook();
    let environment = [("CAUSEWAY_WEBHOOK", &webhook.url), ("CAUSEWAY_WEBHOOK_SECRET", &webhook.secret)];
    let mut program = std::process::Command::new(causeway());
    let output = program.arg(command).args(arguments).envs(environment).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Both instances of the tutorial answer each other.
pub async fn both_answer(api: &Api) {
    assert_eq!((api.lost_ping(A, B).await, api.lost_ping(B, A).await), (None, None));
}

/// Neither of them answers the other.
pub async fn neither_answers(api: &Api) {
    let lost = (api.lost_ping(A, B).await, api.lost_ping(B, A).await);
    assert!(lost.0.is_some() && lost.1.is_some(), "{lost:?}");
}

/// The routes of a VPC's system table that are not the system's, as `destination -> next hop`.
pub async fn routes_of(api: &Api, place: (&str, &str)) -> Vec<String> {
    routes_in(api, place, &api.vpc(place.0, place.1).route_table_id).await
}

/// The same of any table.
pub async fn routes_in(api: &Api, (account, region): (&str, &str), table: &str) -> Vec<String> {
    let vpc = api.client(account).vpc(&region.parse().unwrap());
    let entries = vpc.all_route_entries(table).await.unwrap();
    let own = entries.iter().filter(|entry| entry.route_type != Some(alicloud::vpc::RouteType::System));
    let mut routes: Vec<_> = own
        .map(|entry| {
            let hops: Vec<_> = entry.next_hops.iter().filter_map(|hop| hop.next_hop_id.clone()).collect();
            format!("{} -> {} {}", entry.destination_cidr_block, hops.join(","), entry.status)
        })
        .collect();
    routes.sort_unstable();
    routes
}

/// How many calls that change something the clouds of both sides have carried out.
pub async fn writes(api: &Api) -> usize {
    let of_clouds = |call: &&Call| matches!(call.info.product, Product::Vpc | Product::VpcPeer | Product::Ecs);
    let calls = api.calls().await;
    calls.iter().filter(of_clouds).filter(|call| call.is_write && call.outcome == Outcome::Done).count()
}

/// Waits until the cloud shows an effect of what was called by hand.
pub async fn moment() {
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
}

/// Calls of one account are refused for good.
pub async fn refuse(api: &Api, action: &str, account: &str, code: &str) {
    let status = if code.starts_with("Forbidden") { 403 } else { 400 };
    let fault = json!({"kind": "refuse", "status": status, "code": code});
    let rule = json!({"action": action, "account": api.account(account).account_id, "fault": fault});
    api.set_faults(&json!({"requests": [rule]})).await;
}

/// A connection of `kind` whose `step` meets a refusal is rolled back to nothing, and stands once it is told to go on.
pub async fn rolls_back(api: &Api, kind: Kind, step: StepName, refusal: &Value) {
    let name = step.word();
    api.set_faults(&json!({"requests": [refusal]})).await;
    let mut spec = api.tutorial_by(kind, name);
    spec["on_failure"] = json!("rollback");
    api.create(&spec).await;
    let record = api.settled(name, Phase::RolledBack).await;
    let cause = record.cause();
    let call = (text(&refusal["action"]), text(&refusal["fault"]["code"]));
    assert_eq!((cause.step, refused_call(cause)), (step, call), "{cause:#?}");
    api.inventory().await.is_empty().unwrap();
    api.clear_faults().await;
    api.retried(name).await;
    api.inventory().await.is_one_connection().unwrap();
    api.removed(name).await;
}

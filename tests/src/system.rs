//! Local cloud, functions and webhook, joined without sockets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alicloud::Client;
use api::connections::{Connection, Summary};
use api::drift::{CheckEnd, CheckExtent, CheckStatus, DriftCheck, DriftFindings, DriftPage};
use api::problem::Problem;
use audit::{Keys, SigningKey};
use bytes::Bytes;
use causeway_cli::audit::verify::verify;
use causeway_cli::demo::is_under_way;
use causeway_cli::deployment::{self, Account as ConsoleAccount, CALLER, STORE_BUCKET, TEMPLATE};
use causeway_cli::tutorial::tutorial_spec;
use causeway_cli::webhook::Webhook;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::clock;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::identity::Principal;
use causeway_local::seed::{Provider, Seed};
use cloud_signing::acs3;
use cloud_signing::oss::Addressing;
use cloud_signing::webhook::Secret;
use cloud_signing::{Credentials, oss_v4};
use connection::account::Account;
use connection::caller::{Caller, Callers, Credential, Role};
use connection::lane::{Lane, State};
use connection::record::Phase;
use connection::words::{Kind, RegionId};
use drift::check::CheckId;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use notice::Sinks;
use notice::sinks::SinkKind;
use operate::sls::GetLogs;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{NoRetention, OpenMarker, Retention, Store};
use transport::system::SeededEntropy;
use transport::{Clock, Io};

use crate::fragile::{Direct, FragileLauncher, Mishaps};
use crate::inventory::{self, Corner, Inventory};
use crate::jd::JdCorner;
use crate::receiver::{Receiver, Receivers, Speaks};
use crate::shown::Shown as _;
use crate::{name_of, on_virtual_time, read};

/// Where the cloud is said to be. Nothing listens there: requests are handed over in process.
const GATEWAY: &str = "http://cloud.test";
/// Where people open the webhook, by the links that they are sent.
pub const PUBLIC: &str = "https://causeway.example.com";

/// The most virtual time a connection may take to come to rest, or a drift check to end: longer than all limits of a chain and
/// the sweep's patience together.
const PATIENCE: Duration = Duration::from_secs(6 * 3600);

/// How often a connection is looked at, and a check.
const LOOK: Duration = Duration::from_secs(5);

/// What sinks of a world sign with.
const SINK_SECRET: [u8; 32] = [9; 32];
const ROBOT_SECRET: &str = "SEC-of-a-robot";
/// What stands in the addresses of sinks of a world.
pub const SINK_TOKEN: &str = "token-of-a-robot";
/// The parameter that turns copies of checkpoints on.
const RETENTION_DAYS: &str = "CheckpointRetentionDays";
/// The names that sinks of a world may have.
const SINK_NAMES: [&str; 16] = [
    "auditor",
    "busy",
    "dingtalk",
    "everybody",
    "feishu",
    "few",
    "gone",
    "good",
    "keyword",
    "late",
    "nobody",
    "other",
    "pager",
    "refuses",
    "second",
    "silent",
];

/// The template's parameter with the secrets of all sinks. They are for the sinks of these names, at `NAME.example.com`.
fn parameters() -> Vec<(String, String)> {
    let hook = Secret::from_bytes(SINK_SECRET).expect("32 bytes are a secret").to_text();
    let hosts = SINK_NAMES.map(|name| format!("{name}.example.com"));
    let secret = |kind: &str, value: &str| json!({"kind": kind, "hosts": hosts, "value": value});
    let secrets = json!({
        "hook": secret("webhook-signing-key", hook.expose_secret()),
        "robot": secret("robot-signing-key", ROBOT_SECRET),
        "token": secret("token", SINK_TOKEN),
    });
    let callers = CALLERS.map(|name| format!("{name}:{}", webhook_secret(name).to_text().expose_secret()));
    // Without an address of its own the functions speak to the cloud's own hosts, as they do when they are deployed there.
    vec![
        ("SinkSecrets".to_owned(), secrets.to_string()),
        ("Endpoint".to_owned(), String::new()),
        ("PublicUrl".to_owned(), PUBLIC.to_owned()),
        ("ConsentLinkKey".to_owned(), hook.expose_secret().to_owned()),
        ("WebhookSecrets".to_owned(), callers.join(" ")),
    ]
}

/// Everybody who has a secret of the webhook. The document names the first of them alone, unless a test writes another one.
const CALLERS: [&str; 4] = [CALLER, "ann", "bob", "carol"];

/// The secret of a sender.
fn webhook_secret(name: &str) -> Secret {
    let mut bytes = [7; 32];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Secret::from_bytes(bytes).expect("32 bytes are a secret")
}

/// The key with which functions sign entries and checkpoints.
///
/// # Panics
/// Never: the name is one.
#[must_use]
pub fn audit_keys() -> Keys {
    Keys::only(SigningKey::from_seed("causeway.test", [5; 32]).expect("it is a name"))
}

/// The system under test.
pub struct System {
    /// The cloud.
    pub cloud: Cloud,
    /// A client of the webhook whose own requests never come to grief.
    pub webhook: Webhook,
    /// Who can be told of events.
    pub receivers: Arc<Receivers>,
    corners: Vec<Corner>,
    jd_corners: Vec<JdCorner>,
    accounts: Vec<ConsoleAccount>,
    io: Io,
}

/// Runs a test in the tutorial's world, on virtual time.
pub fn in_world<T>(test: impl AsyncFnOnce(&System) -> T) -> T {
    in_world_of(Seed::tutorial(), &[], test)
}

/// The same in a world that begins with `accounts`, in which endpoint services of these regions are looked after.
pub fn in_world_of<T>(accounts: Seed, regions: &[&str], test: impl AsyncFnOnce(&System) -> T) -> T {
    on_virtual_time(async {
        let system = System::looking_after(regions, accounts, 1, Mishaps::none()).await;
        let outcome = test(&system).await;
        system.end().await;
        outcome
    })
}

/// The outside world of whoever calls this cloud: no socket in between, and the cloud's time.
#[must_use]
pub fn outside(cloud: &Cloud, seed: u64) -> Io {
    Io {
        transport: Arc::new(Direct(cloud.clone())),
        clock: Arc::new(VirtualClock(cloud.shared().clock.clone())),
        entropy: Arc::new(SeededEntropy::new(seed)),
    }
}

/// The same, in which functions write what they log into their log store.
pub fn in_logging_world<T>(test: impl AsyncFnOnce(&System) -> T) -> T {
    on_virtual_time(async {
        let system = System::logging(1, Mishaps::none()).await;
        let outcome = test(&system).await;
        system.end().await;
        outcome
    })
}

/// A drift check that has ended.
#[derive(Debug, Clone)]
pub struct EndedCheck {
    /// Its id.
    pub id: CheckId,
    /// What it looked at.
    pub extent: CheckExtent,
    /// What it came to.
    pub end: CheckEnd,
}

/// The functions' clock: the cloud's own, on virtual time.
struct VirtualClock(clock::Clock);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.wall()
    }
}

impl System {
    /// A world in which everything random follows from `seed`, and functions fail as `mishaps` says.
    ///
    /// # Panics
    /// When the world cannot be set up.
    pub async fn new(seed: u64, mishaps: Arc<Mishaps>) -> Self {
        Self::of(Seed::tutorial(), seed, mishaps).await
    }

    /// A world that begins with `accounts`.
    ///
    /// # Panics
    /// When the world cannot be set up.
    pub async fn of(accounts: Seed, seed: u64, mishaps: Arc<Mishaps>) -> Self {
        Self::looking_after(&[], accounts, seed, mishaps).await
    }

    /// The tutorial's world, in which the endpoint services of every account in these regions are looked after. In others
    /// none are, so that everybody else's requests stay as few as they are.
    ///
    /// # Panics
    /// When the world cannot be set up.
    pub async fn looking_after(regions: &[&str], accounts: Seed, seed: u64, mishaps: Arc<Mishaps>) -> Self {
        Self::with(&[], regions, accounts, seed, mishaps, |launcher| launcher).await
    }

    /// A world in which checkpoints are copied into a bucket that keeps them for so many days, once somebody locks its policy.
    ///
    /// # Panics
    /// When the world cannot be set up.
    pub async fn copying(days: u32, seed: u64, mishaps: Arc<Mishaps>) -> Self {
        let parameters = [(RETENTION_DAYS.to_owned(), days.to_string())];
        Self::with(&parameters, &[], Seed::tutorial(), seed, mishaps, |launcher| launcher).await
    }

    /// The tutorial's world, whose functions write what they log into their log store.
    ///
    /// # Panics
    /// When the world cannot be set up.
    pub async fn logging(seed: u64, mishaps: Arc<Mishaps>) -> Self {
        Self::with(&[], &[], Seed::tutorial(), seed, mishaps, FragileLauncher::logging).await
    }

    async fn with(
        more: &[(String, String)],
        regions: &[&str],
        accounts: Seed,
        seed: u64,
        mishaps: Arc<Mishaps>,
        how: impl FnOnce(FragileLauncher) -> FragileLauncher,
    ) -> Self {
        let mut options = Options::new(accounts);
        options.random_seed = seed;
        let cloud = Cloud::open(options).expect("a cloud in memory opens");
        let io = outside(&cloud, seed);
        let secret = Arc::new(webhook_secret(CALLER));
        let receivers = Arc::new(Receivers::default());
        let launcher = FragileLauncher::new(cloud.clone(), io.clone(), mishaps, receivers.clone());
        let launcher = Arc::new(how(launcher));
        let keys = audit_keys();
        let key = keys.own().expect("it has one");
        let parameters = [&parameters(), more].concat();
        deployment::deploy(&cloud, TEMPLATE, GATEWAY, (&secret, key), &parameters, launcher)
            .await
            .expect("template.yml deploys");
        let store = deployment::store(&cloud, GATEWAY, &io).expect("the store opens");
        let mut accounts_document = deployment::accounts(&cloud);
        let regions: Vec<RegionId> = regions.iter().map(|region| region.parse().expect("it is a region")).collect();
        for account in accounts_document.accounts.values_mut() {
            if let Account::Alicloud(account) = account {
                account.regions.clone_from(&regions);
            }
        }
        store.put_accounts(&accounts_document).await.expect("the accounts are written");
        // One person asks and approves in most tests.
        let admin = Caller::with(Credential::WebhookSecret, Role::Admin);
        let callers = [(CALLER.parse().expect("it is a name"), admin)].into();
        let callers = Callers { four_eyes: false, callers, ..Callers::none() };
        store.put_callers(&callers).await.expect("the callers are written");
        cloud.fc().start().await;

        let accounts = cloud.console().accounts;
        let corners = accounts.iter().flat_map(|account| Corner::all(account, GATEWAY, &io)).collect();
        let jd_corners = accounts.iter().flat_map(|account| JdCorner::all(account, GATEWAY, &io)).collect();
        let webhook = Webhook::new(GATEWAY.to_owned(), secret, io.clone());
        Self { cloud, webhook, receivers, corners, jd_corners, accounts, io }
    }

    /// A client of the webhook that signs as this caller.
    #[must_use]
    pub fn caller(&self, name: &str) -> Webhook {
        Webhook::new(GATEWAY.to_owned(), Arc::new(webhook_secret(name)), self.io.clone())
    }

    /// The client of the webhook as a process sees it with this outside world.
    #[must_use]
    pub fn webhook_through(&self, io: &Io) -> Webhook {
        Webhook::new(GATEWAY.to_owned(), Arc::new(webhook_secret(CALLER)), io.clone())
    }

    /// Writes who may do what beside the one who may do everything, and waits until it counts.
    ///
    /// # Panics
    /// When the document makes no sense.
    pub async fn puts_callers(&self, four_eyes: bool, callers: &Value, groups: &Value) {
        let mut document =
            json!({"version": 1, "four_eyes": four_eyes, "callers": callers.clone(), "groups": groups.clone()});
        document["callers"][CALLER] = json!({"credential": "webhook-secret", "roles": [{"role": "admin"}]});
        let callers = Callers::from_json(document.to_string().as_bytes()).expect("the callers make sense");
        self.store().put_callers(&callers).await.expect("the store takes them");
        tokio::time::sleep(Duration::from_secs(31)).await;
    }

    /// Gives accounts an owner, by their aliases, and waits until it counts.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn owned(&self, owners: &[(&str, &str)]) {
        let mut accounts = self.store().accounts().await.expect("the accounts read").expect("they are there");
        for (alias, owner) in owners {
            let account =
                accounts.accounts.get_mut(&alias.parse().expect("it is an alias")).expect("the account exists");
            let owner = Some(owner.parse().expect("it is a name"));
            match account {
                Account::Alicloud(account) => account.owner = owner,
                Account::Jdcloud(account) => account.owner = owner,
            }
        }
        self.store().put_accounts(&accounts).await.expect("the accounts are written");
        tokio::time::sleep(Duration::from_secs(61)).await;
    }

    /// Updates the stack so that only these kinds are deployed.
    ///
    /// # Panics
    /// When the template does not deploy.
    pub async fn deploys_only(&self, kinds: &[Kind]) {
        let kinds = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",");
        self.deploys(("Kinds", kinds), audit_keys().own().expect("it has one")).await;
    }

    /// Updates the stack so that functions sign with another key, and trust these.
    ///
    /// # Panics
    /// When the template does not deploy.
    pub async fn deploys_with(&self, key: &SigningKey, verifiers: &str) {
        self.deploys(("AuditVerifiers", verifiers.to_owned()), key).await;
    }

    /// Updates the stack so that copies of checkpoints are kept for so many days; for none with 0.
    ///
    /// # Panics
    /// When the template does not deploy.
    pub async fn deploys_copies(&self, days: u32) {
        self.deploys((RETENTION_DAYS, days.to_string()), audit_keys().own().expect("it has one")).await;
    }

    async fn deploys(&self, (name, value): (&str, String), key: &SigningKey) {
        let parameters: Vec<_> = parameters().into_iter().chain([(name.to_owned(), value)]).collect();
        let launcher =
            FragileLauncher::new(self.cloud.clone(), self.io.clone(), Mishaps::none(), self.receivers.clone());
        let secret = webhook_secret(CALLER);
        deployment::deploy(&self.cloud, TEMPLATE, GATEWAY, (&secret, key), &parameters, Arc::new(launcher))
            .await
            .expect("template.yml deploys");
    }

    /// Somebody who is told of events: a sink of this kind at `https://NAME.example.com/`, beside those that there are. `filter`
    /// is null for everything.
    ///
    /// # Panics
    /// When the store fails, or the sink makes no sense.
    pub async fn told(&self, name: &str, kind: SinkKind, filter: &Value) -> Arc<Receiver> {
        assert!(SINK_NAMES.contains(&name), "the secrets are for no sink of this name");
        let secret = if kind == SinkKind::Webhook { "hook" } else { "robot" };
        self.told_at(name, kind, secret, &format!("https://{name}.example.com/?token={{token}}"), filter).await
    }

    /// The same, at an address and with a secret that somebody chose. It is found at `NAME.example.com`.
    ///
    /// # Panics
    /// When the store fails, or the sink makes no sense.
    pub async fn told_at(&self, name: &str, kind: SinkKind, secret: &str, url: &str, filter: &Value) -> Arc<Receiver> {
        let speaks = match kind {
            SinkKind::Webhook => Speaks::Webhook(Secret::from_bytes(SINK_SECRET).expect("32 bytes are a secret")),
            SinkKind::Dingtalk => Speaks::Dingtalk(ROBOT_SECRET.into()),
            SinkKind::Feishu => Speaks::Feishu(ROBOT_SECRET.into()),
        };
        let receiver = Receiver::new(speaks, self.io.clock.clone());
        let host = format!("{name}.example.com");
        self.receivers.add(&host, receiver.clone());
        let mut sink = json!({"name": name, "kind": kind, "secret": secret, "url": url});
        if !filter.is_null() {
            sink["filter"] = filter.clone();
        }
        let mut all = serde_json::to_value(self.store().sinks().await.expect("the sinks read")).expect("they are data");
        all["sinks"].as_array_mut().expect("it is a list").push(sink);
        let sinks = Sinks::from_json(all.to_string().as_bytes()).expect("the sinks make sense");
        self.store().put_sinks(&sinks).await.expect("the store takes them");
        receiver
    }

    /// The accounts with what they began with.
    #[must_use]
    pub fn accounts(&self) -> &[ConsoleAccount] {
        &self.accounts
    }

    /// The account of this alias.
    ///
    /// # Panics
    /// When the seed has none such.
    #[must_use]
    pub fn account(&self, alias: &str) -> &ConsoleAccount {
        self.accounts.iter().find(|account| account.alias == alias).expect("the seed has it")
    }

    /// The id of the account of this alias.
    #[must_use]
    pub fn account_id(&self, alias: &str) -> &str {
        &self.account(alias).account_id
    }

    /// The outside world as functions see it in good weather.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// The tutorial's connection, by a pair of router interfaces.
    ///
    /// # Panics
    /// Never: the seed has what the tutorial needs.
    #[must_use]
    pub fn tutorial(&self) -> Value {
        self.tutorial_by(Kind::RouterInterface)
    }

    /// The tutorial's connection, by a connection of `kind`.
    ///
    /// # Panics
    /// Never: the seed has what the tutorial needs.
    #[must_use]
    pub fn tutorial_by(&self, kind: Kind) -> Value {
        tutorial_spec(&self.accounts, kind).expect("the seed has the tutorial's VPCs")
    }

    /// Puts another spec in the place of a connection's.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn put(&self, spec: &Value) -> Result<Summary, Box<Problem>> {
        self.tell(Method::PUT, &format!("/v1/connections/{}", name_of(spec)), spec).await
    }

    /// Posts a connection as a careful client does: the same idempotency key until it hears yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn post(&self, spec: &Value) -> Result<Summary, Box<Problem>> {
        let key = [("idempotency-key", name_of(spec))];
        self.insist(&self.webhook, Method::POST, "/v1/connections", &key, &spec.to_string()).await
    }

    /// Asks for `retry`, `pause`, `resume` or `abandon` of a connection.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn command(&self, name: &str, command: &str) -> Result<Summary, Box<Problem>> {
        self.ask(Method::POST, &format!("/v1/connections/{name}/{command}")).await
    }

    /// Asks for something until the webhook says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, Box<Problem>> {
        self.insist(&self.webhook, method, path, &[], "").await
    }

    /// Sends a document to the webhook until it says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn tell<T>(&self, method: Method, path: &str, document: &Value) -> Result<T, Box<Problem>>
    where
        T: DeserializeOwned,
    {
        self.text(method, path, &document.to_string()).await
    }

    /// Sends a text, whatever it is, until the webhook says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn text<T: DeserializeOwned>(&self, method: Method, path: &str, body: &str) -> Result<T, Box<Problem>> {
        self.insist(&self.webhook, method, path, &[], body).await
    }

    /// Sends a document, or nothing for null, as this caller until the webhook says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn tell_as<T: DeserializeOwned>(
        &self,
        caller: &str,
        method: Method,
        path: &str,
        document: &Value,
    ) -> Result<T, Box<Problem>> {
        let body = if document.is_null() { String::new() } else { document.to_string() };
        self.insist(&self.caller(caller), method, path, &[], &body).await
    }

    /// What a browser gets that opens a link to the webhook, or sends the form that it shows. Who sees that the server is busy tries
    /// again.
    ///
    /// # Panics
    /// When the webhook does not answer.
    pub async fn browse(&self, method: Method, link: &str, form: &str) -> Response<Bytes> {
        for _ in 0..20 {
            let request = Request::builder().method(method.clone()).uri(format!("{GATEWAY}{link}"));
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let request = request.body(Bytes::from(form.to_owned())).expect("it is a request");
            match self.io.transport.send(request).await {
                Ok(answer) if !answer.status().is_server_error() => return answer,
                _ => tokio::time::sleep(Duration::from_secs(2)).await,
            }
        }
        panic!("the webhook never answered {method} {link}");
    }

    async fn insist<T: DeserializeOwned>(
        &self,
        webhook: &Webhook,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<T, Box<Problem>> {
        for _ in 0..200 {
            if let Ok(response) = webhook.send(method.clone(), path, headers, body).await {
                let status = response.status();
                let value = serde_json::from_slice(response.body()).unwrap_or_default();
                crate::contract::holds(&method, path, status, &value);
                if status.is_success() {
                    return Ok(read(value));
                }
                // What a client must expect of any server: busy, down, or a process that died under its request.
                if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    let problem: Box<Problem> = read(value);
                    assert_eq!(problem.status, status, "{method} {path}: {problem:#?}");
                    return Err(problem);
                }
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        panic!("the webhook never answered {method} {path}");
    }

    /// Waits until a connection has come to rest, and returns it.
    ///
    /// # Panics
    /// When it never does.
    pub async fn at_rest(&self, name: &str) -> Connection {
        self.rested(name, LOOK, LOOK).await
    }

    /// The same, with less and less frequent looks: for many runs in which nobody asks when exactly it was.
    ///
    /// # Panics
    /// When it never does.
    pub async fn at_rest_some_time(&self, name: &str) -> Connection {
        self.rested(name, LOOK * 2, LOOK * 24).await
    }

    async fn rested(&self, name: &str, mut pause: Duration, longest: Duration) -> Connection {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let record: Connection =
                self.ask(Method::GET, &format!("/v1/connections/{name}")).await.expect("the record can be read");
            if !is_under_way(record.phase()) {
                return record;
            }
            assert!(tokio::time::Instant::now() < deadline, "{name} never came to rest: {record:#?}");
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(longest);
        }
    }

    /// Waits until a connection rests in `phase`.
    ///
    /// # Panics
    /// When it rests in another, or never.
    pub async fn settled(&self, name: &str, phase: Phase) -> Connection {
        let record = self.at_rest(name).await;
        assert_eq!(record.phase(), phase, "{record:#?}");
        record
    }

    /// Posts a connection, and waits until it stands.
    ///
    /// # Panics
    /// When the webhook refuses, or it never stands.
    pub async fn built(&self, spec: &Value) -> Connection {
        self.post(spec).await.expect("it is accepted");
        self.settled(name_of(spec), Phase::Active).await
    }

    /// Puts another spec, and waits until it stands.
    ///
    /// # Panics
    /// When the webhook refuses, or it never stands.
    pub async fn changed(&self, spec: &Value) -> Connection {
        self.put(spec).await.expect("the change is accepted");
        self.settled(name_of(spec), Phase::Active).await
    }

    /// Asks to go on, and waits until the connection stands.
    ///
    /// # Panics
    /// When the webhook refuses, or it never stands.
    pub async fn retried(&self, name: &str) -> Connection {
        self.command(name, "retry").await.expect("it can be retried");
        self.settled(name, Phase::Active).await
    }

    /// Asks for removal and waits for the end of it.
    ///
    /// # Panics
    /// When the webhook refuses, or it never ends.
    pub async fn remove(&self, name: &str) -> Connection {
        let asked: Result<Summary, _> = self.ask(Method::DELETE, &format!("/v1/connections/{name}")).await;
        asked.expect("removal is accepted");
        self.at_rest(name).await
    }

    /// Removes a connection.
    ///
    /// # Panics
    /// When the webhook refuses, or it rests in between.
    pub async fn removed(&self, name: &str) -> Connection {
        let record = self.remove(name).await;
        assert_eq!(record.phase(), Phase::Removed, "{record:#?}");
        record
    }

    /// Checks what `scope` names for drift, and waits for the end.
    ///
    /// # Panics
    /// When the webhook refuses, or the check never ends.
    pub async fn check_drift(&self, scope: &Value) -> EndedCheck {
        self.ended_check(scope, LOOK).await.unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// The same, with a look every so often.
    ///
    /// # Errors
    /// When the webhook refuses, or the check never ends.
    pub async fn ended_check(&self, scope: &Value, every: Duration) -> Result<EndedCheck, String> {
        // Records that changed at this very instant are passed over.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let refused = |problem: Box<Problem>| format!("no check: {problem:?}");
        let begun: DriftCheck = self.tell(Method::POST, "/v1/drift-checks", scope).await.map_err(refused)?;
        let path = format!("/v1/drift-checks/{}", begun.id);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let check: DriftCheck = self.ask(Method::GET, &path).await.map_err(refused)?;
            if let (CheckStatus::Ended, Some(extent), Some(end)) = (check.status, &check.extent, &check.end) {
                return Ok(EndedCheck { id: check.id, extent: extent.clone(), end: end.clone() });
            }
            if tokio::time::Instant::now() > deadline {
                return Err(format!("the check never ended: {check:#?}"));
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Everything that is found and open, by connection and account.
    ///
    /// # Panics
    /// When the webhook refuses.
    pub async fn drift(&self) -> Vec<DriftFindings> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let asked = self.ask(Method::GET, &format!("/v1/drift?limit=100{after}")).await;
            let DriftPage { page, .. } = asked.expect("the findings can be read");
            rows.extend(page.items);
            let Some(next) = page.next else { return rows };
            after = format!("&after={next}");
        }
    }

    /// What stands in the cloud.
    pub async fn inventory(&self) -> Inventory {
        Inventory::of(&self.corners, &self.jd_corners).await
    }

    /// How many calls of this action the cloud carried out.
    #[must_use]
    pub fn carried_out(&self, action: &str) -> usize {
        let is_it = |call: &&Call| call.info.action == action && !matches!(call.outcome, Outcome::Refused { .. });
        self.cloud.calls().iter().filter(is_it).count()
    }

    /// The connections that are marked as under way.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn open_markers(&self) -> Vec<OpenMarker> {
        self.store().open_markers().await.expect("the store lists markers")
    }

    /// Takes the accounts document away, as before anybody has written one.
    ///
    /// # Panics
    /// When the store does not let the operator.
    pub async fn forget_accounts(&self) {
        let answer = self.oss(Method::DELETE, &format!("{STORE_BUCKET}/config/accounts.json"), "").await;
        assert!(answer.status().is_success(), "{answer:?}");
    }

    /// What OSS answers to the operator, who asks for `BUCKET?…` or `BUCKET/KEY`.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn oss(&self, method: Method, target: &str, body: &str) -> Response<Bytes> {
        let operator = self.account("operator");
        let keys = Credentials::new(&operator.access_key_id, operator.access_key_secret.as_str());
        let request = Request::builder().method(method).uri(format!("{GATEWAY}/{target}"));
        let (mut parts, body) = request.body(Bytes::from(body.to_owned())).expect("it is a request").into_parts();
        let region = &self.cloud.shared().home.region;
        oss_v4::sign(&mut parts, &body, Addressing::Path, region, &keys, self.io.clock.now()).expect("it is signed");
        self.io.transport.send(Request::from_parts(parts, body)).await.expect("OSS answers")
    }

    /// The store that the functions use.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn store(&self) -> Store {
        deployment::store(&self.cloud, GATEWAY, &self.io).expect("the store opens")
    }

    /// The bucket with the copies of checkpoints, where there is one.
    #[must_use]
    pub fn copies_bucket(&self) -> String {
        let home = &self.cloud.shared().home;
        format!("causeway-checkpoints-{}-{}", home.account_id, home.region)
    }

    /// How the bucket with the copies of checkpoints protects them.
    ///
    /// # Errors
    /// When OSS does not tell.
    pub async fn retention(&self) -> Result<Retention, NoRetention> {
        let access = deployment::operators_access(&self.cloud, GATEWAY, &self.io);
        Retention::of(&self.copies_bucket(), &access).await
    }

    /// The copies of checkpoints.
    ///
    /// # Panics
    /// When they cannot be opened.
    #[must_use]
    pub fn copies(&self) -> Store {
        deployment::store_in(&self.cloud, &self.copies_bucket(), GATEWAY, &self.io).expect("the bucket opens")
    }

    /// The VPCs of JD Cloud, each asked with its account's own key.
    #[must_use]
    pub fn jd_corners(&self) -> &[JdCorner] {
        &self.jd_corners
    }

    /// A client of what deployments are made with, with the operator's own keys.
    ///
    /// # Panics
    /// Never: the address of the gateway is one.
    #[must_use]
    pub fn operator(&self) -> operate::Client {
        let keys = self.account("operator");
        let keys = Credentials::new(&keys.access_key_id, &keys.access_key_secret);
        let gateway = operate::Gateway::new(GATEWAY).expect("it is an address");
        operate::Client::new(self.io.clone(), Some(gateway), Arc::new(keys))
    }

    /// Puts something into the dead-letter queue, as the platform does.
    ///
    /// # Panics
    /// When the queue does not take it.
    pub async fn gives_up(&self, body: &[u8]) {
        let home = &self.cloud.shared().home;
        let region = home.region.parse().expect("it is a region");
        let queues = self.client("operator").mns(&home.account_id.parse().expect("it is an account"), &region);
        let queue = "causeway-dead-letter".parse().expect("it is a name");
        queues.send_message(&queue, body, Duration::ZERO).await.expect("the queue takes it");
    }

    /// What functions logged, oldest first, that the log service finds by this query: the function and its line.
    ///
    /// # Panics
    /// When the log service refuses.
    pub async fn logged(&self, query: &str) -> Vec<(String, Value)> {
        let home = &self.cloud.shared().home;
        let sls = self.operator().sls(&home.region.parse().expect("it is a region"));
        let mut found = Vec::new();
        loop {
            let asked = GetLogs {
                project: format!("causeway-{}-{}", home.account_id, home.region),
                logstore: "functions".to_owned(),
                from: Timestamp::UNIX_EPOCH,
                until: Timestamp::MAX,
                query: query.to_owned(),
                lines: 100,
                offset: u32::try_from(found.len()).expect("a test has fewer lines"),
                newest_first: false,
            };
            let lines = sls.logs(&asked).await.expect("the log service answers").lines;
            let is_last = lines.len() < 100;
            found.extend(lines.into_iter().map(|line| {
                let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
                let written = text("message");
                (text("functionName"), serde_json::from_str(&written).unwrap_or(Value::String(written)))
            }));
            if is_last {
                return found;
            }
        }
    }

    /// A client with an account's own keys.
    #[must_use]
    pub fn client(&self, alias: &str) -> Client {
        inventory::client(self.account(alias), GATEWAY, &self.io)
    }

    /// A call for which there is no typed one, with an account's own keys: what its owner does by hand.
    ///
    /// # Panics
    /// When the cloud does not answer.
    pub async fn raw(&self, account: &ConsoleAccount, version: &str, action: &str, params: &[(&str, &str)]) -> Value {
        let uri = format!("{GATEWAY}/?{}", cloud_signing::encode::query(params.iter().copied()));
        let (mut parts, ()) = http::Request::post(uri).body(()).expect("a request").into_parts();
        let keys = cloud_signing::Credentials::new(&account.access_key_id, &account.access_key_secret);
        let (now, nonce) = (self.io.clock.now(), self.io.entropy.nonce());
        acs3::sign(&mut parts, b"", action, version, &keys, now, &nonce).expect("it can be signed");
        let answer = self.io.transport.send(http::Request::from_parts(parts, Bytes::new())).await;
        serde_json::from_slice(answer.expect("the cloud answers").body()).expect("it is JSON")
    }

    /// Who waits, or works and still has time to, in the lane of the routes of any VPC or of the approvals of any account; each
    /// with its lane.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn visitors_of_lanes(&self) -> Vec<String> {
        let store = deployment::store(&self.cloud, GATEWAY, &self.io).expect("the store opens");
        let now = self.io.clock.now();
        let (mut lanes, mut visitors) = (BTreeSet::new(), Vec::new());
        for account in self.accounts.iter().filter(|account| account.cloud == Provider::Alicloud) {
            for vpc in &account.vpcs {
                lanes.insert(Lane::of_routes(&account.account_id, &vpc.region_id, &vpc.vpc_id));
                lanes.insert(Lane::of_approvals(&account.account_id));
            }
        }
        for lane in lanes {
            let State { holder, queue, .. } = store.lane(&lane).await.expect("the store shows a lane");
            let working = holder.filter(|holder| holder.until > now).map(|holder| holder.waiter);
            let told = |waiter: connection::lane::Waiter| format!("{waiter} in {lane}");
            visitors.extend(working.into_iter().chain(queue).map(told));
        }
        visitors
    }

    /// Ends functions and triggers. What was decided and asked for must have left logs that are whole, whatever happened.
    ///
    /// # Panics
    /// When they are not.
    pub async fn end(&self) {
        self.stop().await;
        // Otherwise a function that reads and writes in places which no journey of `least_privilege` leads to would not be noticed.
        let is_denied = |call: &Call| {
            let is_of_function = matches!(&call.caller, Some(Principal::Role { .. }));
            let denied = matches!(&call.outcome, Outcome::Refused { code } if code == "AccessDenied");
            call.info.product == Product::Oss && is_of_function && denied
        };
        let denied: Vec<Call> = self.cloud.calls().into_iter().filter(is_denied).collect();
        assert!(denied.is_empty(), "a function may not do in the store what it does: {denied:#?}");
        let found = verify(&self.store(), audit_keys().trusted(), &[]).await.expect("the store answers");
        assert!(found.problems.is_empty(), "the evidence is not whole: {found:#?}");
    }

    /// Ends functions and triggers, where somebody has interfered with the store.
    pub async fn stop(&self) {
        self.cloud.fc().stop(Duration::from_secs(60)).await;
    }
}

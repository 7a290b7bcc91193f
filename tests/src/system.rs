//! Local cloud, functions and webhook, joined without sockets.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alicloud::{Client, Credentials, Endpoints};
use causeway_cli::demo::is_under_way;
use causeway_cli::deployment::{self, Account as ConsoleAccount, TEMPLATE};
use causeway_cli::tutorial::tutorial_spec;
use causeway_cli::webhook::Webhook;
use causeway_local::clock;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::seed::{Provider, Seed};
use connection::account::Account;
use connection::lane::{Lane, State};
use connection::record::Phase;
use connection::words::{Kind, RegionId};
use http::{Method, StatusCode};
use jiff::Timestamp;
use notice::Sinks;
use notice::sinks::SinkKind;
use secrecy::ExposeSecret as _;
use serde::Deserialize as _;
use serde_json::{Value, json};
use signing::webhook::Secret;
use store::{OpenMarker, Store};
use transport::system::SeededEntropy;
use transport::{Clock, Io};

use crate::fragile::{Direct, FragileLauncher, Mishaps};
use crate::inventory::{Corner, Inventory};
use crate::jd::{self, JdCorner};
use crate::receiver::{Receiver, Receivers, Speaks};

/// Where the cloud is said to be. Nothing listens there: requests are handed over in process.
const GATEWAY: &str = "http://cloud.test";

/// The most virtual time a connection may take to come to rest: longer than all limits of a chain and the sweep's
/// patience together.
const PATIENCE: Duration = Duration::from_secs(6 * 3600);

/// The most virtual time a drift check may take: lost messages are sent again within minutes.
const PATIENCE_WITH_CHECKS: Duration = Duration::from_secs(3 * 3600);

/// How often a connection is looked at, and a check.
const LOOK: Duration = Duration::from_secs(5);

/// What sinks of a world sign with.
const SINK_SECRET: [u8; 32] = [9; 32];
const ROBOT_SECRET: &str = "SEC-of-a-robot";

/// The template's parameter with the secrets of all sinks.
fn sink_secrets() -> Vec<(String, String)> {
    let hook = Secret::from_bytes(SINK_SECRET).expect("32 bytes are a secret").to_text();
    let secrets = json!({"hook": hook.expose_secret(), "robot": ROBOT_SECRET, "token": "abc"});
    vec![("SinkSecrets".to_owned(), secrets.to_string())]
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
        let mut options = Options::new(accounts);
        options.random_seed = seed;
        let cloud = Cloud::open(options).expect("a cloud in memory opens");
        let io = Io {
            transport: Arc::new(Direct(cloud.clone())),
            clock: Arc::new(VirtualClock(cloud.shared().clock.clone())),
            entropy: Arc::new(SeededEntropy::new(seed)),
        };
        let secret = Arc::new(Secret::from_bytes([7; 32]).expect("32 bytes are a secret"));
        let receivers = Arc::new(Receivers::default());
        let launcher = Arc::new(FragileLauncher::new(cloud.clone(), io.clone(), mishaps, receivers.clone()));
        deployment::deploy(&cloud, TEMPLATE, GATEWAY, &secret, &sink_secrets(), launcher)
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
        cloud.fc().start().await;

        let accounts = cloud.console().accounts;
        let corners = accounts.iter().flat_map(|account| corners(account, &io)).collect();
        let jd_corners = accounts.iter().flat_map(|account| jd_corners(account, &io)).collect();
        let webhook = Webhook::new(GATEWAY.to_owned(), secret, io.clone());
        Self { cloud, webhook, receivers, corners, jd_corners, accounts, io }
    }

    /// Somebody who is told of events: a sink of this kind at `https://NAME.example.com/`, beside those that there are. `filter`
    /// is null for everything.
    ///
    /// # Panics
    /// When the store fails, or the sink makes no sense.
    pub async fn told(&self, name: &str, kind: SinkKind, filter: &Value) -> Arc<Receiver> {
        let speaks = match kind {
            SinkKind::Webhook => Speaks::Webhook(Secret::from_bytes(SINK_SECRET).expect("32 bytes are a secret")),
            SinkKind::Dingtalk => Speaks::Dingtalk(ROBOT_SECRET.into()),
            SinkKind::Feishu => Speaks::Feishu(ROBOT_SECRET.into()),
        };
        let receiver = Receiver::new(speaks, self.io.clock.clone());
        let host = format!("{name}.example.com");
        self.receivers.add(&host, receiver.clone());
        let secret = if kind == SinkKind::Webhook { "hook" } else { "robot" };
        let mut sink =
            json!({"name": name, "kind": kind, "secret": secret, "url": format!("https://{host}/?token={{token}}")});
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
    pub async fn put(&self, spec: &Value) -> Result<Value, (StatusCode, Value)> {
        let path = format!("/v1/connections/{}", spec["name"].as_str().unwrap_or_default());
        self.insist(Method::PUT, &path, &[], &spec.to_string()).await
    }

    /// Posts a connection as a careful client does: the same idempotency key until it hears yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn post(&self, spec: &Value) -> Result<Value, (StatusCode, Value)> {
        let name = spec["name"].as_str().unwrap_or_default().to_owned();
        self.insist(Method::POST, "/v1/connections", &[("idempotency-key", name.as_str())], &spec.to_string()).await
    }

    /// Asks for something of a connection until the webhook says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn ask(&self, method: Method, path: &str) -> Result<Value, (StatusCode, Value)> {
        self.insist(method, path, &[], "").await
    }

    /// Sends a document to the webhook until it says yes or no.
    ///
    /// # Errors
    /// The refusal, if the webhook refused for good.
    pub async fn tell(&self, method: Method, path: &str, document: &Value) -> Result<Value, (StatusCode, Value)> {
        self.insist(method, path, &[], &document.to_string()).await
    }

    async fn insist(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Value, (StatusCode, Value)> {
        for _ in 0..200 {
            if let Ok(response) = self.webhook.send(method.clone(), path, headers, body).await {
                let status = response.status();
                let value = serde_json::from_slice(response.body()).unwrap_or_default();
                crate::contract::holds(&method, path, status, &value);
                if status.is_success() {
                    return Ok(value);
                }
                // What a client must expect of any server: busy, down, or a process that died under its request.
                if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
                    return Err((status, value));
                }
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        panic!("the webhook never answered {method} {path}");
    }

    /// Waits until a connection has come to rest, and returns its record.
    ///
    /// # Panics
    /// When it never does.
    pub async fn at_rest(&self, name: &str) -> Value {
        self.rested(name, LOOK, LOOK).await
    }

    /// The same, with less and less frequent looks: for many runs in which nobody asks when exactly it was.
    ///
    /// # Panics
    /// When it never does.
    pub async fn at_rest_some_time(&self, name: &str) -> Value {
        self.rested(name, LOOK * 2, LOOK * 24).await
    }

    async fn rested(&self, name: &str, mut pause: Duration, longest: Duration) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let record =
                self.ask(Method::GET, &format!("/v1/connections/{name}")).await.expect("the record can be read");
            let phase = Phase::deserialize(&record["phase"]).expect("a connection shows its phase");
            if !is_under_way(phase) {
                return record;
            }
            assert!(tokio::time::Instant::now() < deadline, "{name} never came to rest: {record:#}");
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(longest);
        }
    }

    /// Asks for removal and waits for it.
    ///
    /// # Panics
    /// When the webhook refuses, or it never ends.
    pub async fn remove(&self, name: &str) -> Value {
        self.ask(Method::DELETE, &format!("/v1/connections/{name}")).await.expect("removal is accepted");
        self.at_rest(name).await
    }

    /// Checks what `scope` names for drift, and waits for the end.
    ///
    /// # Panics
    /// When the webhook refuses, or the check never ends.
    pub async fn check_drift(&self, scope: &Value) -> Value {
        // Records that changed at this very instant are passed over.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = self.tell(Method::POST, "/v1/drift-checks", scope).await.expect("the check is accepted");
        let path = format!("/v1/drift-checks/{}", begun["id"].as_str().unwrap_or_default());
        let deadline = tokio::time::Instant::now() + PATIENCE_WITH_CHECKS;
        loop {
            let check = self.ask(Method::GET, &path).await.expect("the check can be read");
            if check["status"] == "ended" {
                return check;
            }
            assert!(tokio::time::Instant::now() < deadline, "the check never ended: {check:#}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Everything that is found and open, by connection and account, as the API shows it.
    ///
    /// # Panics
    /// When the webhook refuses.
    pub async fn drift(&self) -> Vec<Value> {
        let (mut rows, mut path) = (Vec::new(), "/v1/drift?limit=100".to_owned());
        loop {
            let page = self.ask(Method::GET, &path).await.expect("the findings can be read");
            rows.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { return rows };
            path = format!("/v1/drift?limit=100&after={next}");
        }
    }

    /// What stands in the cloud.
    pub async fn inventory(&self) -> Inventory {
        Inventory::of(&self.corners, &self.jd_corners).await
    }

    /// The connections that are marked as under way.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn open_markers(&self) -> Vec<OpenMarker> {
        self.store().open_markers().await.expect("the store lists markers")
    }

    /// The store that the functions use.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn store(&self) -> Store {
        deployment::store(&self.cloud, GATEWAY, &self.io).expect("the store opens")
    }

    /// The VPCs of JD Cloud, each asked with its account's own key.
    #[must_use]
    pub fn jd_corners(&self) -> &[JdCorner] {
        &self.jd_corners
    }

    /// A client with an account's own keys.
    ///
    /// # Panics
    /// When the seed has no such account.
    #[must_use]
    pub fn client(&self, alias: &str) -> Client {
        let account = self.accounts.iter().find(|account| account.alias == alias).expect("the seed has it");
        client(account, &self.io)
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

    /// Ends functions and triggers.
    pub async fn end(&self) {
        self.cloud.fc().stop(Duration::from_secs(60)).await;
    }
}

fn client(account: &ConsoleAccount, io: &Io) -> Client {
    let credentials = Arc::new(Credentials::new(&account.access_key_id, &account.access_key_secret));
    let endpoints = Endpoints::at(GATEWAY).expect("the gateway's address is one");
    Client::new(io.clone(), endpoints, credentials)
}

fn jd_corners(account: &ConsoleAccount, io: &Io) -> Vec<JdCorner> {
    if account.cloud != Provider::Jdcloud {
        return Vec::new();
    }
    let client = jd::client((&account.access_key_id, &account.access_key_secret), GATEWAY, io);
    let vpcs = account.vpcs.iter().map(|vpc| (vpc.region_id.as_str(), vpc.vpc_id.as_str()));
    JdCorner::all(&account.alias, &client, vpcs).collect()
}

fn corners(account: &ConsoleAccount, io: &Io) -> Vec<Corner> {
    let client = client(account, io);
    let corner = |vpc: &causeway_local::console::ConsoleVpc| Corner {
        account: account.alias.clone(),
        client: client.clone(),
        region: vpc.region_id.parse().expect("a region of the seed is one"),
        vpc_id: vpc.vpc_id.clone(),
        route_table_id: vpc.route_table_id.clone(),
        vswitches: vpc.vswitches.iter().map(|vswitch| vswitch.vswitch_id.clone()).collect(),
        security_groups: vpc.security_groups.iter().map(|group| group.security_group_id.clone()).collect(),
    };
    // What is of another cloud has no router interfaces to look after.
    account.vpcs.iter().filter(|_| account.cloud == Provider::Alicloud).map(corner).collect()
}

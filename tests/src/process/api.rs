//! What `causeway up` serves, as its users reach it: the webhook, the accounts' own APIs, and the local cloud's faults.

use std::sync::Arc;
use std::time::{Duration, Instant};

use alicloud::{Client, Credentials};
use api::connections::{Connection, Summary};
use api::problem::{Problem, ProblemKind};
use api::{Link, Page};
use bytes::Bytes;
use causeway_cli::demo::is_under_way;
use causeway_cli::deployment::{Account, STORE_BUCKET};
use causeway_cli::tutorial::{private_link_spec, tutorial_spec};
use causeway_cli::up::Ready;
use causeway_cli::webhook::Webhook;
use causeway_local::calls::{Call, Outcome};
use causeway_local::console::ConsoleVpc;
use cloud_signing::encode::component;
use cloud_signing::webhook::Secret;
use connection::record::Phase;
use connection::words::Kind;
use http::{HeaderMap, Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{OssAccess, Store};
use transport::{Io, TransportError};

use crate::inventory::{self, Corner, Inventory};
use crate::jd::JdCorner;
use crate::shown::Shown as _;
use crate::{name_of, read};

/// Where the accounts of JD Cloud have their VPCs.
const JD_REGION: &str = "cn-north-1";
/// How often a connection is looked at while it moves: well below the webhook's rate limit.
const EVERY: Duration = Duration::from_millis(100);
/// How long a connection may move. The sweep alone may take a quarter of a minute to find a lost message.
const SETTLED: Duration = Duration::from_secs(60);

/// Speaks to one `causeway up`. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    ready: Arc<Ready>,
    io: Io,
    webhook: Webhook,
}

/// An answer of the webhook.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, which is always JSON.
    pub body: Value,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Panics
    /// When it is no JSON.
    #[must_use]
    pub fn of(response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let body = serde_json::from_slice(&body)
            .unwrap_or_else(|error| panic!("HTTP {}: {error}: {}", parts.status, String::from_utf8_lossy(&body)));
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// Holds the answer to the OpenAPI document.
    fn held_to(self, method: &Method, path: &str) -> Self {
        crate::contract::holds(method, path, self.status, &self.body);
        self
    }

    /// The body of an answer of this status.
    ///
    /// # Panics
    /// When the answer is anything else.
    #[must_use]
    pub fn read<T: DeserializeOwned>(self, status: StatusCode) -> T {
        assert_eq!(self.status, status, "{self:#?}");
        read(self.body)
    }

    /// The body of an answer to a request that was carried out at once.
    #[must_use]
    pub fn ok<T: DeserializeOwned>(self) -> T {
        self.read(StatusCode::OK)
    }

    /// The body of a problem document of this kind.
    ///
    /// # Panics
    /// When the answer is anything else.
    pub fn problem(self, kind: ProblemKind) -> Problem {
        assert_eq!(self.status.as_u16(), kind.status(), "{self:#?}");
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:#?}");
        assert!(kind != ProblemKind::MethodNotAllowed || self.headers.contains_key("allow"), "{self:#?}");
        let problem: Problem = read(self.body);
        assert_eq!((problem.kind, problem.status), (kind, kind.status()), "{problem:#?}");
        problem
    }

    /// What became of a connection by an accepted request.
    pub fn accepted(self) -> Summary {
        self.read(StatusCode::ACCEPTED)
    }
}

impl Api {
    pub(super) fn new(ready: Arc<Ready>, io: Io) -> Self {
        let address = ready.webhook.as_ref().expect("Causeway is deployed");
        let secret = Secret::parse(&address.secret).expect("the secret is a webhook secret");
        let webhook = Webhook::new(address.url.clone(), Arc::new(secret), io.clone());
        Self { ready, io, webhook }
    }

    /// One signed request to the webhook. `None` when no answer came.
    pub async fn try_send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        let answer = self.webhook.send(method.clone(), path, headers, body).await.ok().map(Answer::of)?;
        Some(answer.held_to(&method, path))
    }

    /// One signed request to the webhook.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let response = self.webhook.send(method.clone(), path, headers, body).await;
        Answer::of(response.expect("the webhook answers")).held_to(&method, path)
    }

    /// One request to the webhook as it is, with whatever proof it carries.
    ///
    /// # Errors
    /// When no answer comes.
    ///
    /// # Panics
    /// When the request cannot be built.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, TransportError> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.ready.gateway));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a test builds a good request");
        self.io.transport.send(request).await.map(Answer::of)
    }

    /// Asks for what is at `path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    /// Posts a connection.
    pub async fn post(&self, spec: &Value) -> Answer {
        self.send(Method::POST, "/v1/connections", &[], &spec.to_string()).await
    }

    /// Posts a connection that must be accepted.
    pub async fn create(&self, spec: &Value) -> Summary {
        self.post(spec).await.accepted()
    }

    /// Shows a connection that must exist.
    pub async fn show(&self, name: &str) -> Connection {
        self.get(&format!("/v1/connections/{name}")).await.ok()
    }

    /// The first connections of all.
    pub async fn listed(&self) -> Vec<Summary> {
        self.get("/v1/connections").await.ok::<Page<Summary>>().items
    }

    /// Asks for removal.
    pub async fn remove(&self, name: &str) -> Answer {
        self.send(Method::DELETE, &format!("/v1/connections/{name}"), &[], "").await
    }

    /// Asks for removal, which must be accepted, and waits until it is done.
    pub async fn removed(&self, name: &str) -> Connection {
        self.remove(name).await.accepted();
        self.settled(name, Phase::Removed).await
    }

    /// Asks for `retry`, `pause`, `resume` or `abandon`.
    pub async fn command(&self, name: &str, command: &str) -> Answer {
        self.send(Method::POST, &format!("/v1/connections/{name}/{command}"), &[], "").await
    }

    /// Asks to go on, which must be accepted, and waits until the connection stands.
    pub async fn retried(&self, name: &str) -> Connection {
        self.command(name, "retry").await.accepted();
        self.settled(name, Phase::Active).await
    }

    /// Switches a connection off.
    pub async fn paused(&self, name: &str) -> Connection {
        self.command(name, "pause").await.accepted();
        self.settled(name, Phase::Paused).await
    }

    /// Switches a connection on again.
    pub async fn resumed(&self, name: &str) -> Connection {
        self.command(name, "resume").await.accepted();
        self.settled(name, Phase::Active).await
    }

    /// Sends a request that an answer offers, and that must be accepted.
    ///
    /// # Panics
    /// When none is offered.
    pub async fn follow(&self, link: Option<&Link>) -> Summary {
        let link = link.expect("the request is possible");
        self.send(link.method.clone(), &link.href, &[], "").await.accepted()
    }

    /// Puts another spec in the place of the one of that name.
    pub async fn put(&self, spec: &Value) -> Answer {
        self.send(Method::PUT, &format!("/v1/connections/{}", name_of(spec)), &[], &spec.to_string()).await
    }

    /// Puts another spec, which must be accepted, and waits until it stands.
    pub async fn changed(&self, spec: &Value) -> Connection {
        self.put(spec).await.accepted();
        self.settled(name_of(spec), Phase::Active).await
    }

    /// Posts a connection, and waits until it stands.
    pub async fn built(&self, spec: &Value) -> Connection {
        self.create(spec).await;
        self.settled(name_of(spec), Phase::Active).await
    }

    /// Waits until a connection stands in `phase`.
    ///
    /// # Panics
    /// When it comes to rest in another, or never.
    pub async fn settled(&self, name: &str, phase: Phase) -> Connection {
        let record = self.at_rest(name).await;
        assert_eq!(record.phase(), phase, "{record:#?}");
        record
    }

    /// Waits until a connection no longer moves.
    ///
    /// # Panics
    /// When it moves for ever.
    pub async fn at_rest(&self, name: &str) -> Connection {
        let begun = Instant::now();
        loop {
            let record = self.show(name).await;
            if !is_under_way(record.phase()) {
                return record;
            }
            assert!(begun.elapsed() < SETTLED, "{name} does not come to rest: {record:#?}");
            tokio::time::sleep(EVERY).await;
        }
    }

    /// A pair of router interfaces between the VPCs of two accounts, each in the region given.
    #[must_use]
    pub fn spec(&self, name: &str, initiator: (&str, &str), acceptor: (&str, &str)) -> Value {
        self.spec_by(Kind::RouterInterface, name, initiator, acceptor)
    }

    /// A connection of `kind` between the VPCs of two accounts, each in the region given, with what a ping needs: a rule in the
    /// group of each side, and an instance.
    #[must_use]
    pub fn spec_by(&self, kind: Kind, name: &str, initiator: (&str, &str), acceptor: (&str, &str)) -> Value {
        let mut spec = json!({
            "version": 1, "name": name, "kind": kind,
            "initiator": self.side(initiator), "acceptor": self.side(acceptor),
        });
        if kind == Kind::RouterInterface {
            spec["spec"] = "Mini.2".into();
        }
        spec
    }

    fn side(&self, (account, region): (&str, &str)) -> Value {
        let vpc = self.vpc(account, region);
        json!({
            "account": account, "region_id": region, "vpc_id": vpc.vpc_id,
            "security_groups": [{"security_group_id": vpc.security_groups[0].security_group_id}],
            "instance_id": vpc.instances[0].instance_id,
        })
    }

    /// The tutorial's connection under another name.
    #[must_use]
    pub fn tutorial(&self, name: &str) -> Value {
        self.tutorial_by(Kind::RouterInterface, name)
    }

    /// The tutorial's connection by `kind`, under another name.
    ///
    /// # Panics
    /// When the seed lacks what it takes.
    #[must_use]
    pub fn tutorial_by(&self, kind: Kind, name: &str) -> Value {
        let mut spec = tutorial_spec(&self.ready.accounts, kind).expect("the seed has what it takes");
        spec["name"] = name.into();
        spec
    }

    /// The guide's private link under another name: account `a` uses a service of `provider`, which is `a` itself or `b`.
    ///
    /// # Panics
    /// When the seed lacks what it takes.
    #[must_use]
    pub fn private_link(&self, name: &str, provider: &'static str) -> Value {
        let mut spec = private_link_spec(&self.ready.accounts, provider).expect("the seed has what it takes");
        spec["name"] = name.into();
        spec
    }

    /// The VPC of an account in a region.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn vpc(&self, account: &str, region: &str) -> &ConsoleVpc {
        let mut vpcs = self.account(account).vpcs.iter();
        vpcs.find(|vpc| vpc.region_id == region).expect("the account has a VPC in the region")
    }

    /// An account, with what it began with.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn account(&self, alias: &str) -> &Account {
        self.ready.accounts.iter().find(|account| account.alias == alias).expect("the alias is known")
    }

    /// The cloud's API with an account's own keys.
    #[must_use]
    pub fn client(&self, alias: &str) -> Client {
        inventory::client(self.account(alias), &self.ready.gateway, &self.io)
    }

    fn keys(&self, alias: &str) -> Credentials {
        let account = self.account(alias);
        Credentials::new(&account.access_key_id, &account.access_key_secret)
    }

    /// Everything that stands in every VPC of every account.
    pub async fn inventory(&self) -> Inventory {
        let Ready { gateway, accounts, .. } = &*self.ready;
        let corners: Vec<_> = accounts.iter().flat_map(|account| Corner::all(account, gateway, &self.io)).collect();
        let of_jd: Vec<_> = accounts.iter().flat_map(|account| JdCorner::all(account, gateway, &self.io)).collect();
        Inventory::of(&corners, &of_jd).await
    }

    /// A ping between the first subnets of two accounts of JD Cloud, through the groups that the spec of a tutorial names.
    /// `None` when it is answered, else why not.
    pub async fn lost_jd_ping(&self, from: &str, to: &str) -> Option<String> {
        let end = |alias: &str| {
            let vpc = self.vpc(alias, JD_REGION);
            json!({
                "subnet_id": vpc.vswitches[0].vswitch_id,
                "security_group_ids": [vpc.security_groups[0].security_group_id],
            })
        };
        let ping = json!({"from": end(from), "to": end(to)});
        let pong = self.admin(Method::POST, "/_local/jd/ping", &ping.to_string()).await;
        (pong["reached"] != true).then(|| pong["text"].as_str().unwrap_or("unknown").to_owned())
    }

    /// Changes quotas and switches of the local JD Cloud.
    pub async fn set_jd(&self, settings: &Value) {
        self.admin(Method::PUT, "/_local/jd/settings", &settings.to_string()).await;
    }

    /// Calls an operation of the VPC product with an account's own keys, for what Causeway itself never calls.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn vpc_call(&self, alias: &str, action: &str, params: &[(&str, &str)]) -> Value {
        self.rpc("2016-04-28", alias, action, params).await
    }

    /// Calls an operation of the ECS product with an account's own keys.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn ecs_call(&self, alias: &str, action: &str, params: &[(&str, &str)]) -> Value {
        self.rpc("2014-05-26", alias, action, params).await
    }

    /// Calls an operation of the VPC peering product with an account's own keys.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn peering_call(&self, alias: &str, action: &str, params: &[(&str, &str)]) -> Value {
        self.rpc("2022-01-01", alias, action, params).await
    }

    async fn rpc(&self, version: &str, alias: &str, action: &str, params: &[(&str, &str)]) -> Value {
        let query: Vec<_> = params.iter().map(|(name, value)| format!("{name}={}", component(value))).collect();
        let request = Request::post(format!("{}/?{}", self.ready.gateway, query.join("&")));
        let (mut parts, body) = request.body(Bytes::new()).expect("a good request").into_parts();
        parts.headers.insert("content-length", 0.into());
        let keys = self.keys(alias);
        let (now, nonce) = (self.io.clock.now(), self.io.entropy.nonce());
        cloud_signing::acs3::sign(&mut parts, &body, action, version, &keys, now, &nonce).expect("it can be signed");
        let answer = self.io.transport.send(Request::from_parts(parts, body)).await.expect("the cloud answers");
        Answer::of(answer).ok()
    }

    /// A ping from the instance of one account's VPC to the one of another's, as routes, interfaces, peerings and groups let
    /// it. `None` when it is answered, else why not, in a word.
    pub async fn lost_ping(&self, from: (&str, &str), to: (&str, &str)) -> Option<String> {
        let instance = |(account, region): (&str, &str)| &self.vpc(account, region).instances[0];
        let ping = json!({"from_instance": instance(from).instance_id, "to": instance(to).private_ip});
        let pinged = self.admin(Method::POST, "/_local/ping", &ping.to_string()).await;
        (pinged["reachable"] != true).then(|| pinged["lost"]["reason"].as_str().unwrap_or("unknown").to_owned())
    }

    /// How far an account has opened CDT: `open`, `without-cross-border`, `only-cross-border` or `closed`.
    pub async fn set_cdt(&self, alias: &str, cdt: &str) {
        let of = json!({"account_id": self.account(alias).account_id, "cdt": cdt});
        self.admin(Method::PUT, "/_local/cdt", &of.to_string()).await;
    }

    /// Whether the Cloud Assistant of the instance of an account's VPC answers.
    pub async fn set_agent(&self, account: &str, region: &str, alive: bool) {
        let agent = json!({
            "account_id": self.account(account).account_id, "region_id": region,
            "instance_id": self.vpc(account, region).instances[0].instance_id, "cloud_assistant": alive,
        });
        self.admin(Method::PUT, "/_local/instances", &agent.to_string()).await;
    }

    /// The business status of a router interface, such as `FinancialLocked`.
    pub async fn set_bill_of_interface(&self, account: &str, region: &str, id: &str, status: &str) {
        let bill = json!({
            "account_id": self.account(account).account_id, "region_id": region,
            "router_interface_id": id, "business_status": status,
        });
        self.admin(Method::PUT, "/_local/router-interfaces", &bill.to_string()).await;
    }

    /// The business status of a peering connection.
    pub async fn set_bill_of_peering(&self, id: &str, status: &str) {
        let bill = json!({"instance_id": id, "business_status": status});
        self.admin(Method::PUT, "/_local/vpc-peerings", &bill.to_string()).await;
    }

    /// Puts `rules` in place of the local cloud's faults.
    pub async fn set_faults(&self, rules: &Value) {
        self.admin(Method::PUT, "/_local/faults", &rules.to_string()).await;
    }

    /// Takes every fault away.
    pub async fn clear_faults(&self) {
        self.admin(Method::DELETE, "/_local/faults", "").await;
    }

    /// Puts `rules` in place of how long the local cloud's changes take.
    pub async fn set_delays(&self, rules: &Value) {
        self.admin(Method::PUT, "/_local/delays", &rules.to_string()).await;
    }

    /// The store that the functions use.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn store(&self) -> Store {
        let access = OssAccess {
            region: self.ready.region.clone(),
            endpoint: self.ready.gateway.clone(),
            path_style: true,
            credentials: self.keys("operator"),
            transport: self.io.transport.clone(),
            clock: self.io.clock.clone(),
        };
        Store::in_oss(STORE_BUCKET, access).expect("the store opens")
    }

    /// Makes a connection believe that its step began `seconds` earlier, for limits that no test can wait for.
    ///
    /// # Panics
    /// When the record cannot be rewritten.
    pub async fn age(&self, name: &str, seconds: i64) {
        let store = self.store();
        let name = name.parse().expect("a connection's name");
        loop {
            let stored = store.read(&name).await.expect("the store answers").expect("the connection exists");
            let mut record = stored.record;
            record.step_since -= jiff::SignedDuration::from_secs(seconds);
            match store.write(&record, stored.revision.next(), self.io.entropy.nonce()).await {
                Ok(()) => return,
                // A function wrote just now: on its next revision, then.
                Err(error) => assert!(error.is_conflict(), "{error}"),
            }
        }
    }

    /// The newest calls that the local cloud handled.
    pub async fn calls(&self) -> Vec<Call> {
        read(self.admin(Method::GET, "/_local/calls", "").await)
    }

    /// How often an operation was answered with success.
    pub async fn done(&self, action: &str) -> usize {
        let is_it = |call: &&Call| call.info.action == action && call.outcome == Outcome::Done;
        self.calls().await.iter().filter(is_it).count()
    }

    async fn admin(&self, method: Method, path: &str, body: &str) -> Value {
        let json = [("content-type", "application/json")];
        self.send_raw(method, path, &json, body.to_owned()).await.expect("the local cloud answers").ok()
    }
}

//! For tests of a single step: a record, and clouds that answer what the test says.
//!
//! [`Rig`] runs a step on one side the way `carry` does, keeps what it leaves in `outputs`, and hands every call of the step
//! to a closure, which answers with JSON or an error code. No socket, no gateway, no other steps: a test says in a few
//! lines what the cloud shows, and looks at what was called. Whole chains are tested against the local cloud.

mod cloud;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alicloud::{Client, Credentials, Endpoints};
use connection::account::Accounts;
use connection::finding::Finding;
use connection::inventory::{AccountRegion, Inventory};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::record::{Network, Record, SideRecord};
use connection::spec::Spec;
use connection::words::Side;
use engine::clouds::Clouds;
use engine::dispatch::Queues;
use engine::fetch;
use engine::services::{Home, Services};
use engine::step::{SideContext, Step};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::Store;
use transport::system::SeededEntropy;
use transport::{Clock as _, Io};

pub use cloud::{Answer, Call};

use crate::cloud::Cloud;

/// The account of the initiator, which has the alias `a`.
pub const INITIATOR: &str = "1001";
/// The account of the acceptor, which has the alias `b`.
pub const ACCEPTOR: &str = "1002";

/// A record and the services of its step.
pub struct Rig {
    /// The record. A test may change it between calls.
    pub record: Record,
    cloud: Arc<Cloud>,
    services: Services,
}

impl Rig {
    /// A newly accepted record of `spec`, whose accounts are `a` and `b`, and clouds that answer by `rule`.
    ///
    /// The initiator's side is 192.168.0.0/16 with the table `vtb-a` on the router `vrt-a`, the acceptor's 172.16.0.0/16
    /// with `vtb-b` on `vrt-b`.
    ///
    /// # Panics
    /// When the spec does not read.
    #[must_use]
    pub fn new(spec: Value, rule: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let spec = Spec::from_value(spec).expect("the test's spec reads");
        let side = |account_id: &str, name: &str, range: &str| SideRecord {
            account_id: account_id.to_owned(),
            network: Network {
                cidr_blocks: vec![range.parse().expect("a range")],
                router_id: Some(format!("vrt-{name}")),
                route_tables: vec![format!("vtb-{name}")],
            },
            outputs: Outputs::default(),
        };
        let sides = BTreeMap::from([
            (Side::Initiator, side(INITIATOR, "a", "192.168.0.0/16")),
            (Side::Acceptor, side(ACCEPTOR, "b", "172.16.0.0/16")),
        ]);
        let cloud = Arc::new(Cloud::new(rule));
        let record = Record::accepted(spec, "00c0ffee".to_owned(), sides, cloud.now());
        let services = services(&cloud);
        Self { record, cloud, services }
    }

    /// Runs `apply` on one side and keeps what it leaves.
    ///
    /// # Errors
    /// As the step.
    pub async fn apply(&mut self, step: &dyn Step, side: Side) -> Result<(), NotDone> {
        loop {
            let mut outputs = self.outputs(side).clone();
            let outcome = step.apply(&self.context(step, side).for_change(), &mut outputs).await;
            if !self.keeps(side, outputs) {
                return outcome;
            }
        }
    }

    /// Runs `apply` on one side in a process that dies before it can write anything down.
    pub async fn apply_and_die(&mut self, step: &dyn Step, side: Side) {
        let mut lost = self.outputs(side).clone();
        let _ = step.apply(&self.context(step, side).for_change(), &mut lost).await;
    }

    /// Runs `undo` on one side and keeps what it leaves.
    ///
    /// # Errors
    /// As the step.
    pub async fn undo(&mut self, step: &dyn Step, side: Side) -> Result<(), NotDone> {
        loop {
            let mut outputs = self.outputs(side).clone();
            let outcome = step.undo(&self.context(step, side).for_change(), &mut outputs).await;
            if !self.keeps(side, outputs) {
                return outcome;
            }
        }
    }

    /// Keeps what a step leaves. Returns whether it only decided what becomes of things that several may use: it waits for the
    /// record to remember that, which it does now, so the next message comes at once.
    fn keeps(&mut self, side: Side, outputs: Outputs) -> bool {
        let before = std::mem::replace(self.outputs(side), outputs);
        let after = self.outputs(side);
        before.fates != after.fates
    }

    /// What the step would do on one side.
    ///
    /// # Errors
    /// As the step.
    pub async fn plan(&self, step: &dyn Step, side: Side, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        step.plan(&self.context(step, side), operation).await
    }

    /// How one side differs from what the record promises, by what both sides show now.
    pub async fn observe(&self, step: &dyn Step, side: Side) -> Vec<Finding> {
        let looks = [side, side.peer()].into_iter().flat_map(|side| {
            let context = self.context(step, side);
            step.listings(&context).into_iter().map(move |look| (context.account_region(), look))
        });
        let inventory = fetch::all(&self.services.clouds, looks.collect::<BTreeSet<_>>()).await;
        step.observe(&self.context(step, side), &inventory)
    }

    /// How one side differs from what the record promises, by what the test says is shown.
    #[must_use]
    pub fn compare(&self, step: &dyn Step, side: Side, inventory: &Inventory) -> Vec<Finding> {
        step.observe(&self.context(step, side), inventory)
    }

    /// Where the listings of one side are taken.
    #[must_use]
    pub fn account_region(&self, step: &dyn Step, side: Side) -> AccountRegion {
        self.context(step, side).account_region()
    }

    /// What was made on one side.
    ///
    /// # Panics
    /// Never: the record knows both sides.
    pub fn outputs(&mut self, side: Side) -> &mut Outputs {
        &mut self.record.sides.get_mut(&side).expect("the record knows both sides").outputs
    }

    /// What was called since this was asked last, in order; assuming roles is not among it.
    pub fn calls(&self) -> Vec<Call> {
        self.cloud.take_calls()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.cloud.pass(SignedDuration::from_secs(seconds));
    }

    fn context(&self, step: &dyn Step, side: Side) -> SideContext<'_> {
        SideContext::of(&self.record, side, step.name(), &self.services).expect("the record knows both sides")
    }
}

/// A key of the logs that is trusted.
fn audit_keys() -> audit::Keys {
    audit::Keys::only(audit::SigningKey::from_seed("causeway.test", [1; 32]).expect("it is a name"))
}

fn services(cloud: &Arc<Cloud>) -> Services {
    let io = Io { transport: cloud.clone(), clock: cloud.clone(), entropy: Arc::new(SeededEntropy::new(1)) };
    let endpoints = Endpoints::at("http://cloud.example").expect("an endpoint");
    let client = Client::new(io.clone(), endpoints, Arc::new(Credentials::new("key-0", "secret")));
    let account = |id: &str| json!({"cloud": "alicloud", "id": id, "role_arn": format!("acs:ram::{id}:role/causeway")});
    let accounts = json!({"version": 1, "accounts": {"a": account(INITIATOR), "b": account(ACCEPTOR)}}).to_string();
    let accounts = Accounts::from_json(accounts.as_bytes()).expect("the accounts read");
    let (account, region) = ("1000".parse().expect("an account id"), "cn-beijing".parse().expect("a region"));
    let queues = Queues::new(client.mns(&account, &region), "");
    let home = Home { account, region, stack: "rig".to_owned() };
    let clouds = Clouds::new(client, Arc::new(accounts), "rig");
    let (kinds, audit) = (connection::words::Kind::ALL.to_vec(), audit_keys());
    Services { store: Store::in_memory(), copies: None, queues, clouds, kinds, home, audit, io }
}

//! A connection that stands, checks of it, and what they found.

use std::sync::Arc;

use api::connections::Connection;
use api::drift::Finding;
use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::manual_edits::ManualEdits;
use causeway_tests::on_virtual_time;
use causeway_tests::system::{EndedCheck, System};
use connection::record::Phase;
use connection::words::Kind;
use drift::findings::Subject;
use serde_json::{Value, json};

/// The connection.
pub const NAME: &str = "qingdao-beijing";
/// A world in which a connection stands.
pub struct Bench {
    /// The world.
    pub system: System,
}

/// Runs a test with a connection of `kind` whose spec says `repair`.
pub fn with(kind: Kind, repair: &str, test: impl AsyncFnOnce(&Bench)) {
    with_mishaps(kind, repair, Mishaps::none(), test);
}

/// The same, where functions come to grief as `mishaps` says.
pub fn with_mishaps(kind: Kind, repair: &str, mishaps: Arc<Mishaps>, test: impl AsyncFnOnce(&Bench)) {
    on_virtual_time(async {
        let system = match kind {
            Kind::PrivateLink => System::looking_after(&[REGION], Seed::tutorial(), 1, mishaps).await,
            _ => System::new(1, mishaps).await,
        };
        let mut spec = system.tutorial_by(kind);
        spec["name"] = NAME.into();
        spec["repair"] = repair.into();
        system.built(&spec).await;
        let bench = Bench { system };
        test(&bench).await;
        bench.system.end().await;
    });
}

impl Bench {
    /// Somebody who changes things by hand.
    pub fn manual_edits(&self) -> ManualEdits<'_> {
        ManualEdits::of(&self.system, NAME)
    }

    /// Checks everything, and waits for the end.
    pub async fn check(&self) -> EndedCheck {
        self.system.check_drift(&json!({})).await
    }

    /// How many repairs a check of everything begins.
    pub async fn repaired(&self) -> usize {
        self.check().await.end.result.repaired
    }

    /// What is open of the connection.
    pub async fn findings(&self) -> Vec<Finding> {
        self.of(Subject::Connection(NAME.parse().unwrap())).await
    }

    /// What is open of an account.
    pub async fn strays(&self, account: &str) -> Vec<Finding> {
        self.of(Subject::Account(account.parse().unwrap())).await
    }

    async fn of(&self, subject: Subject) -> Vec<Finding> {
        let row = self.system.drift().await.into_iter().find(|row| row.subject == subject);
        row.map(|row| row.findings).unwrap_or_default()
    }

    /// Waits until the connection rests.
    pub async fn rests(&self, phase: Phase) -> Connection {
        self.system.settled(NAME, phase).await
    }

    /// The operator's `config/drift.json`.
    pub async fn settings(&self, settings: &Value) {
        let written = self.system.store().create("config/drift.json", settings.to_string().into_bytes()).await;
        assert!(written.unwrap(), "there are settings already");
    }

    /// Nothing may be changed, for whatever reason.
    pub async fn freeze(&self, reason: &str) {
        let freeze = json!({"from": "2020-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z", "reason": reason});
        self.settings(&json!({"version": 1, "freeze": [freeze]})).await;
    }
}

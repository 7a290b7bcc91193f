//! A connection that stands, checks of it, and what they found.

use std::sync::Arc;

use causeway_local::seed::Seed;
use causeway_tests::fragile::Mishaps;
use causeway_tests::links::REGION;
use causeway_tests::manual_edits::ManualEdits;
use causeway_tests::on_virtual_time;
use causeway_tests::system::System;
use connection::words::Kind;
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
        system.post(&spec).await.unwrap();
        let record = system.at_rest(NAME).await;
        assert_eq!(record["phase"], "active", "{record:#}");
        let bench = Bench { system };
        test(&bench).await;
        bench.system.end().await;
    });
}

/// What a finding says: kind, side, resource, field.
pub type Found = (String, String, String, String);

impl Bench {
    /// Somebody who changes things by hand.
    pub fn manual_edits(&self) -> ManualEdits<'_> {
        ManualEdits::of(&self.system, NAME)
    }

    /// Checks everything, and waits for the end.
    pub async fn check(&self) -> Value {
        self.check_of(&json!({})).await
    }

    /// Checks what `scope` names, and waits for the end.
    pub async fn check_of(&self, scope: &Value) -> Value {
        self.system.check_drift(scope).await
    }

    /// What is open, as the API shows it.
    pub async fn drift(&self) -> Vec<Value> {
        self.system.drift().await
    }

    /// What is open of the connection.
    pub async fn findings(&self) -> Vec<Found> {
        self.of(&json!({"connection": NAME})).await
    }

    /// What is open of an account.
    pub async fn strays(&self, account: &str) -> Vec<Found> {
        self.of(&json!({"account": account})).await
    }

    async fn of(&self, subject: &Value) -> Vec<Found> {
        let rows = self.drift().await;
        let row = rows.into_iter().find(|row| row["subject"] == *subject);
        let findings = row.map(|row| row["findings"].as_array().unwrap().clone()).unwrap_or_default();
        let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
        findings
            .iter()
            .map(|one| (text(one, "kind"), text(one, "side"), text(one, "resource"), text(one, "field")))
            .collect()
    }

    /// Waits until the connection rests.
    pub async fn rests(&self, phase: &str) -> Value {
        let record = self.system.at_rest(NAME).await;
        assert_eq!(record["phase"], phase, "{record:#}");
        record
    }

    /// The operator's `config/drift.json`.
    pub async fn settings(&self, settings: &Value) {
        let written = self.system.store().create("config/drift.json", settings.to_string().into_bytes()).await;
        assert!(written.unwrap(), "there are settings already");
    }
}

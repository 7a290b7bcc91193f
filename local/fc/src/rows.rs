//! What the service keeps of functions that were made over its API.

use bytes::Bytes;
use jiff::Timestamp;
use local_core::base64_bytes;
use local_core::pipeline::Rows;
use local_core::table::{Changes, Storage, StorageError, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::FunctionConfig;
use crate::ros::resource::{AsyncInvokeConfig, Kind as _, Resource, Trigger, TriggerConfig};

/// A function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FunctionRow {
    pub config: FunctionConfig,
    /// CRC-64 of its package, as decimal digits.
    pub checksum: String,
    pub size: usize,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A package.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PackageRow {
    #[serde(with = "base64_bytes")]
    pub zip: Bytes,
}

/// A trigger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TriggerRow {
    /// As a template would describe it.
    pub properties: Map<String, Value>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// Whether somebody paused its stream, whatever its configuration says.
    #[serde(default)]
    pub is_paused: bool,
}

impl TriggerRow {
    pub(super) fn new(properties: Map<String, Value>, now: Timestamp) -> Self {
        Self { properties, created_at: now, changed_at: now, is_paused: false }
    }

    pub(super) fn text(&self, property: &str) -> &str {
        self.properties.get(property).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.text("TriggerName")
    }

    /// What it does.
    ///
    /// # Errors
    /// What is wrong with its properties.
    pub(super) fn read(&self) -> Result<Trigger, String> {
        match Resource::read(Trigger::TYPE, self.properties.clone()) {
            Some(Ok(Resource::Trigger(trigger))) => Ok(trigger),
            Some(Err((_, problem))) => Err(format!("{}: {}", problem.path, problem.problem)),
            _ => Err("not a trigger".to_owned()),
        }
    }

    /// Whether it lets anything through.
    pub(super) fn is_enabled(&self) -> bool {
        let enabled = self.read().is_ok_and(|trigger| match trigger.config {
            TriggerConfig::EventBridge(queue) => queue.enabled,
            TriggerConfig::Timer(timer) => timer.enabled,
            TriggerConfig::Http(_) => true,
        });
        enabled && !self.is_paused
    }
}

/// The tables. Functions, packages and settings of asynchronous calls are kept under the function's key
/// (`{account}/{region}/{function}`), triggers under that and their name.
pub(super) struct Tables {
    pub functions: Table<FunctionRow>,
    pub packages: Table<PackageRow>,
    pub triggers: Table<TriggerRow>,
    pub asynchronous: Table<AsyncInvokeConfig>,
}

impl Tables {
    pub(super) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self {
            functions: Table::load(storage, "fc_functions")?,
            packages: Table::load(storage, "fc_packages")?,
            triggers: Table::load(storage, "fc_triggers")?,
            asynchronous: Table::load(storage, "fc_async_configs")?,
        })
    }

    /// The triggers of a function.
    pub(super) fn triggers_of(&self, function: &str) -> Vec<TriggerRow> {
        self.triggers.prefixed(&format!("{function}/")).map(|(_, row)| row.clone()).collect()
    }
}

impl Rows for Tables {
    /// Nothing here changes by itself.
    fn settle(&mut self, _: Timestamp) {}

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![&mut self.functions, &mut self.packages, &mut self.triggers, &mut self.asynchronous]
    }
}

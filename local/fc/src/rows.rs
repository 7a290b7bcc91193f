//! What the service keeps of functions that were made over its API.

use std::collections::BTreeMap;

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
    /// The number of the version that was published last. No number is given twice, whatever is deleted.
    #[serde(default)]
    pub last_version: u64,
}

/// A version: the function as it was when it was published. Its package is kept under its own key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct VersionRow {
    pub id: u64,
    pub description: String,
    pub function: FunctionRow,
}

/// An alias.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AliasRow {
    pub name: String,
    /// The version that it points to.
    pub version: u64,
    pub description: String,
    /// Other versions, each with its part of the calls, 0 to 1.
    pub weights: BTreeMap<u64, f64>,
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
/// (`{account}/{region}/{function}`), triggers and aliases under that and their name, versions and their packages under that and
/// their number.
pub(super) struct Tables {
    pub functions: Table<FunctionRow>,
    pub packages: Table<PackageRow>,
    pub triggers: Table<TriggerRow>,
    pub asynchronous: Table<AsyncInvokeConfig>,
    pub versions: Table<VersionRow>,
    pub aliases: Table<AliasRow>,
}

impl Tables {
    pub(super) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self {
            functions: Table::load(storage, "fc_functions")?,
            packages: Table::load(storage, "fc_packages")?,
            triggers: Table::load(storage, "fc_triggers")?,
            asynchronous: Table::load(storage, "fc_async_configs")?,
            versions: Table::load(storage, "fc_versions")?,
            aliases: Table::load(storage, "fc_aliases")?,
        })
    }

    /// The triggers of a function.
    pub(super) fn triggers_of(&self, function: &str) -> Vec<TriggerRow> {
        self.triggers.prefixed(&format!("{function}/")).map(|(_, row)| row.clone()).collect()
    }

    /// The aliases of a function, by name.
    pub(super) fn aliases_of(&self, function: &str) -> impl Iterator<Item = &AliasRow> {
        self.aliases.prefixed(&format!("{function}/")).map(|(_, row)| row).collect::<Vec<_>>().into_iter()
    }

    /// The versions of a function, the oldest first.
    pub(super) fn versions_of(&self, function: &str) -> Vec<&VersionRow> {
        let mut versions: Vec<&VersionRow> =
            self.versions.prefixed(&format!("{function}/")).map(|(_, row)| row).collect();
        versions.sort_by_key(|row| row.id);
        versions
    }

    /// Removes the versions and aliases of a function.
    pub(super) fn remove_versions(&mut self, function: &str) {
        let versions: Vec<u64> = self.versions_of(function).iter().map(|row| row.id).collect();
        for id in versions {
            self.versions.remove(&version_key(function, id));
            self.packages.remove(&version_key(function, id));
        }
        let aliases: Vec<String> = self.aliases_of(function).map(|row| row.name.clone()).collect();
        for alias in aliases {
            self.aliases.remove(&format!("{function}/{alias}"));
        }
    }
}

/// What a version of a function and its package are kept under.
pub(super) fn version_key(function: &str, id: u64) -> String {
    format!("{function}/{id}")
}

impl Rows for Tables {
    /// Nothing here changes by itself.
    fn settle(&mut self, _: Timestamp) {}

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![
            &mut self.functions,
            &mut self.packages,
            &mut self.triggers,
            &mut self.asynchronous,
            &mut self.versions,
            &mut self.aliases,
        ]
    }
}

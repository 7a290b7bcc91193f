//! Simple Log Service (2020-12-30): projects, log stores, their indexes, and the lines that functions print.
//!
//! Requests come in through [`Sls::handle`], signed by `LOG` (version 1 of the service's own scheme), with the project in the host's
//! name. Function Compute writes by [`Sls::append`], and asks [`Sls::find`] before it takes a function that logs.
//!
//! # Limits
//! Lines live in memory: a restart forgets them, and a store keeps its newest 100,000. A query looks for words, in any field or in those
//! that the index knows; ranges, phrases and SQL are refused with `ParameterInvalid`.
//!
//! | file | what |
//! | --- | --- |
//! | `service` | one HTTP request, from signature to reply |
//! | `query` | which lines a query fits |
//! | `operation` | which operation a request line means, and what it needs of the caller's policies |
//! | `state` | tables and lines |

mod operation;
mod query;
mod service;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use local_core::access::Need;
use local_core::calls::Product;
use local_core::coverage::Coverage;
use local_core::identity::Identity;
use local_core::rpc::RpcError;
use local_core::shared::Shared;
use local_core::table::StorageError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use operation::Operation;
use state::State;

/// The version of the API.
pub const VERSION: &str = "2020-12-30";

/// The log service. Clones share everything.
#[derive(Clone)]
pub struct Sls {
    shared: Shared,
    state: Arc<Mutex<State>>,
    settings: Arc<Mutex<Settings>>,
}

/// What the sources leave open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long functions do not see a new project or log store, in milliseconds of cloud time: it was seen to take up to three
    /// minutes (docs/reference/deploy-apis.md, section 8).
    pub visible_after_milliseconds: u64,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: Timestamp,
    /// Its fields, `message` among them.
    pub fields: Vec<(String, String)>,
}

impl Sls {
    /// Opens the service with whatever projects the storage holds.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub fn open(shared: &Shared) -> Result<Self, StorageError> {
        let state = Arc::new(Mutex::new(State::load(&shared.storage)?));
        Ok(Self { shared: shared.clone(), state, settings: Arc::default() })
    }

    /// What holds of what the sources leave open.
    #[must_use]
    pub fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what holds of what the sources leave open. Not kept across restarts.
    pub fn set_settings(&self, settings: Settings) {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// Whether functions of an account and region may log there.
    ///
    /// # Errors
    /// What does not exist, as Function Compute says it.
    pub fn find(&self, account_id: &str, region: &str, project: &str, store: &str) -> Result<(), String> {
        let before = self.shared.clock.now() - Duration::from_millis(self.settings().visible_after_milliseconds);
        let state = self.lock();
        let known = state.projects.get(project).filter(|row| row.account_id == account_id && row.region == region);
        if known.is_none_or(|row| row.created_at > before) {
            return Err(format!("project '{project}' does not exist"));
        }
        let known = state.stores.get(&state::store_key(project, store));
        if known.is_none_or(|row| row.created_at > before) {
            return Err(format!("logstore '{store}' does not exist"));
        }
        Ok(())
    }

    /// Writes lines. Those of a store that does not exist are dropped.
    pub fn append(&self, project: &str, store: &str, lines: impl IntoIterator<Item = Line>) {
        self.lock().append(project, store, lines);
    }

    /// Makes sure of a project, a log store and its index, without asking anybody: what a stack has that is deployed inside this
    /// process.
    ///
    /// # Errors
    /// When a name is taken by another account or region, or is none, and when the state cannot be written.
    pub fn provide(&self, account_id: &str, region: &str, made: &[Operation]) -> Result<(), RpcError> {
        for operation in made {
            let outcome =
                self.shared.change(&mut *self.lock(), |state, now| state.perform(operation, account_id, region, now));
            match outcome {
                Err(error) if error.code.ends_with("AlreadyExist") => {}
                ended => drop(ended?),
            }
        }
        Ok(())
    }

    /// What an operation needs of the caller's policies.
    #[must_use]
    pub fn needs(operation: &Operation, account_id: &str, region: &str) -> Vec<Need> {
        operation.needs(account_id, region)
    }

    /// Does one thing on a caller's behalf, through policies and faults and into the log of calls, as a request over the wire would
    /// be. Returns its request id with its outcome.
    ///
    /// # Errors
    /// The refusal.
    pub async fn call(
        &self,
        caller: &Identity,
        region: &str,
        operation: &Operation,
    ) -> (String, Result<Value, RpcError>) {
        let request_id = self.shared.ids.upper_hex(24);
        let mut call = self.shared.begin(Product::Sls, region, &request_id);
        let result = self.carry_out(caller, operation, &mut call).await;
        self.shared.note(call, result.as_ref().err());
        (request_id, result)
    }

    /// What it offers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::new(Product::Sls, operation::ALL, include_str!("codes.txt"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The tables, and the lines.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use local_core::pipeline::Rows;
use local_core::refuse_if;
use local_core::rpc::RpcError;
use local_core::table::{Changes, Storage, StorageError, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Line, Operation};
use crate::query::Query;

/// How many lines a store keeps.
const LINES: usize = 100_000;

/// A project. Its name is unique across all accounts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProjectRow {
    pub account_id: String,
    pub region: String,
    pub description: String,
    pub created_at: Timestamp,
}

/// A log store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoreRow {
    pub ttl: u32,
    pub shards: u32,
    pub created_at: Timestamp,
}

pub(crate) struct State {
    pub projects: Table<ProjectRow>,
    /// By project and name: `{project}/{store}`.
    pub stores: Table<StoreRow>,
    /// Likewise.
    indexes: Table<Value>,
    lines: HashMap<String, VecDeque<Line>>,
}

pub(crate) fn store_key(project: &str, store: &str) -> String {
    format!("{project}/{store}")
}

impl Rows for State {
    /// Nothing here changes by itself.
    fn settle(&mut self, _: Timestamp) {}

    fn tables(&mut self) -> Vec<&mut dyn Changes> {
        vec![&mut self.projects, &mut self.stores, &mut self.indexes]
    }
}

impl State {
    pub(crate) fn load(storage: &Storage) -> Result<Self, StorageError> {
        Ok(Self {
            projects: Table::load(storage, "sls_projects")?,
            stores: Table::load(storage, "sls_stores")?,
            indexes: Table::load(storage, "sls_indexes")?,
            lines: HashMap::new(),
        })
    }

    pub(crate) fn append(&mut self, project: &str, store: &str, lines: impl IntoIterator<Item = Line>) {
        let key = store_key(project, store);
        if self.stores.get(&key).is_none() {
            return;
        }
        let kept = self.lines.entry(key).or_default();
        kept.extend(lines);
        let excess = kept.len().saturating_sub(LINES);
        kept.drain(..excess);
    }

    /// Does it for an account in a region.
    pub(crate) fn perform(
        &mut self,
        operation: &Operation,
        account: &str,
        region: &str,
        now: Timestamp,
    ) -> Result<Value, RpcError> {
        match operation {
            Operation::GetSlsService | Operation::OpenSlsService => Ok(json!({})),
            Operation::CreateProject { project, description } => {
                check_name(project, "-")?;
                refuse_if!(self.projects.get(project).is_some(), bad "ProjectAlreadyExist", "Project {project} already exists.");
                let row = ProjectRow {
                    account_id: account.to_owned(),
                    region: region.to_owned(),
                    description: description.clone(),
                    created_at: now,
                };
                self.projects.insert(project.clone(), row);
                Ok(json!({}))
            }
            Operation::GetProject { project } => {
                let row = self.project(project, account, region)?;
                Ok(json!({
                    "projectName": project,
                    "description": row.description,
                    "region": row.region,
                    "owner": row.account_id,
                    "status": "Normal",
                    "createTime": row.created_at.as_second().to_string(),
                    "lastModifyTime": row.created_at.as_second().to_string(),
                }))
            }
            Operation::DeleteProject { project } => {
                self.project(project, account, region)?;
                let prefix = store_key(project, "");
                let stores: Vec<String> = self.stores.prefixed(&prefix).map(|(key, _)| key.to_owned()).collect();
                for key in stores {
                    self.remove_store(&key);
                }
                self.projects.remove(project);
                Ok(json!({}))
            }
            Operation::CreateLogStore { project, store, ttl, shards } => {
                self.project(project, account, region)?;
                check_name(store, "-_")?;
                refuse_if!(!(1..=3650).contains(ttl), bad "ParameterInvalid", "ttl must be 1 to 3650.");
                refuse_if!(!(1..=100).contains(shards), bad "ParameterInvalid", "shardCount must be 1 to 100.");
                let key = store_key(project, store);
                refuse_if!(self.stores.get(&key).is_some(), bad "LogStoreAlreadyExist", "logstore {store} already exists.");
                self.stores.insert(key, StoreRow { ttl: *ttl, shards: *shards, created_at: now });
                Ok(json!({}))
            }
            Operation::GetLogStore { project, store } => {
                let row = self.store(project, store, account, region)?;
                let at = row.created_at.as_second();
                Ok(
                    json!({"logstoreName": store, "ttl": row.ttl, "shardCount": row.shards, "createTime": at, "lastModifyTime": at}),
                )
            }
            Operation::UpdateLogStore { project, store, ttl } => {
                self.store(project, store, account, region)?;
                refuse_if!(!(1..=3650).contains(ttl), bad "ParameterInvalid", "ttl must be 1 to 3650.");
                if let Some(row) = self.stores.get_mut(&store_key(project, store)) {
                    row.ttl = *ttl;
                }
                Ok(json!({}))
            }
            Operation::DeleteLogStore { project, store } => {
                self.store(project, store, account, region)?;
                self.remove_store(&store_key(project, store));
                Ok(json!({}))
            }
            Operation::CreateIndex { project, store, index } => {
                self.store(project, store, account, region)?;
                let key = store_key(project, store);
                refuse_if!(self.indexes.get(&key).is_some(), bad "IndexAlreadyExist", "log store index is already created.");
                self.indexes.insert(key, index.clone());
                Ok(json!({}))
            }
            Operation::GetIndex { project, store } => {
                self.store(project, store, account, region)?;
                self.indexes.get(&store_key(project, store)).cloned().ok_or_else(no_index)
            }
            Operation::UpdateIndex { project, store, index } => {
                self.store(project, store, account, region)?;
                let row = self.indexes.get_mut(&store_key(project, store)).ok_or_else(no_index)?;
                row.clone_from(index);
                Ok(json!({}))
            }
            Operation::DeleteIndex { project, store } => {
                self.store(project, store, account, region)?;
                self.indexes.remove(&store_key(project, store)).map(|_| json!({})).ok_or_else(no_index)
            }
            Operation::GetLogs { project, store, from, to, query, line, offset, reverse } => {
                self.store(project, store, account, region)?;
                let looked = Look { from: *from, to: *to, line: *line, offset: *offset, reverse: *reverse };
                self.look(&store_key(project, store), query, looked).map(Value::Array)
            }
            Operation::GetLogsV2 { project, store, from, to, query, line, offset, reverse } => {
                self.store(project, store, account, region)?;
                let looked = Look { from: *from, to: *to, line: *line, offset: *offset, reverse: *reverse };
                let found = self.look(&store_key(project, store), query, looked)?;
                let meta = json!({"progress": "Complete", "count": found.len(), "hasSQL": false});
                Ok(json!({"meta": meta, "data": found}))
            }
        }
    }

    /// The lines of a store that a query fits.
    fn look(&self, key: &str, query: &str, look: Look) -> Result<Vec<Value>, RpcError> {
        let query = Query::read(query, self.indexes.get(key).ok_or_else(no_index)?)?;
        refuse_if!(look.from > look.to, bad "ParameterInvalid", "from is after to.");
        let within = look.from..look.to;
        let fits = |kept: &&Line| within.contains(&kept.at.as_second()) && query.fits(&kept.fields);
        let found: Vec<&Line> = self.lines.get(key).into_iter().flatten().filter(fits).collect();
        let page = |line: &Line| Value::Object(written(line));
        Ok(match look.reverse {
            true => found.into_iter().rev().skip(look.offset).take(look.line).map(page).collect(),
            false => found.into_iter().skip(look.offset).take(look.line).map(page).collect(),
        })
    }

    fn remove_store(&mut self, key: &str) {
        self.stores.remove(key);
        self.indexes.remove(key);
        self.lines.remove(key);
    }

    fn project(&self, project: &str, account: &str, region: &str) -> Result<&ProjectRow, RpcError> {
        let own = self.projects.get(project).filter(|row| row.account_id == account && row.region == region);
        own.ok_or_else(|| RpcError::missing("ProjectNotExist", format!("The Project does not exist : {project}")))
    }

    fn store(&self, project: &str, store: &str, account: &str, region: &str) -> Result<&StoreRow, RpcError> {
        self.project(project, account, region)?;
        let row = self.stores.get(&store_key(project, store));
        row.ok_or_else(|| RpcError::missing("LogStoreNotExist", format!("logstore {store} does not exist")))
    }
}

/// Which of the lines that a query fits.
struct Look {
    from: i64,
    to: i64,
    line: usize,
    offset: usize,
    reverse: bool,
}

/// A line as GetLogs shows it.
fn written(line: &Line) -> serde_json::Map<String, Value> {
    let own = [("__time__", line.at.as_second().to_string()), ("__source__", "127.0.0.1".to_owned())];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(line.fields.iter().cloned()).map(|(name, value)| (name, Value::String(value))).collect()
}

fn no_index() -> RpcError {
    RpcError::missing("IndexConfigNotExist", "The log store has no index.")
}

/// 3 to 63 small letters, digits and `signs`, letters or digits at both ends.
fn check_name(name: &str, signs: &str) -> Result<(), RpcError> {
    let plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit();
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(|sign| plain(sign) || signs.contains(sign))
        && name.starts_with(plain)
        && name.ends_with(plain);
    refuse_if!(!fits, bad "ParameterInvalid", "{name} must have 3 to 63 small letters, digits and inner signs.");
    Ok(())
}

//! The log service (SLS). The event only points at logs: the function reads them itself, from one cursor to the other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient;

/// What a log trigger sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEvent {
    /// The `functionParameter` of the trigger's configuration.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub parameter: Map<String, Value>,
    /// Which logs are new.
    pub source: LogSource,
    /// The trigger's job.
    #[serde(default, deserialize_with = "lenient::string")]
    pub job_name: String,
    /// This run of it.
    #[serde(default, deserialize_with = "lenient::string")]
    pub task_id: String,
    /// When the last of these logs arrived, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub cursor_time: i64,
}

/// A stretch of one shard of a log store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogSource {
    /// Where to read.
    pub endpoint: String,
    /// The project.
    pub project_name: String,
    /// The store in it.
    pub logstore_name: String,
    /// The shard of the store.
    #[serde(deserialize_with = "lenient::string")]
    pub shard_id: String,
    /// The first of the logs.
    #[serde(deserialize_with = "lenient::string")]
    pub begin_cursor: String,
    /// The end of the logs, not included.
    #[serde(deserialize_with = "lenient::string")]
    pub end_cursor: String,
}

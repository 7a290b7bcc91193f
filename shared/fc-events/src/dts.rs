//! Row changes of databases (Data Transmission Service), through an `eventbridge` trigger with source `DTS`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cloud_events::StreamEvent;
use crate::{Batch, lenient};

/// The changes of one invocation. Their type is `dts:ConsumeMessage`.
pub type DtsBatch = Batch<StreamEvent<DtsChange>>;

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DtsChange {
    /// The id of the change.
    #[serde(deserialize_with = "lenient::string")]
    pub id: String,
    /// The channel it was read from.
    #[serde(default)]
    pub topic_partition: Value,
    /// Its place in the channel.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub offset: i64,
    /// When the database made the change, in seconds since 1970.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub source_timestamp: i64,
    /// What was done: `INSERT`, `UPDATE`, `DELETE`, or a change of the schema.
    #[serde(default)]
    pub operation_type: String,
    /// The table's columns and keys.
    #[serde(default)]
    pub schema: Value,
    /// The row before, if there was one.
    #[serde(default)]
    pub before_image: Value,
    /// The row after, if there is one.
    #[serde(default)]
    pub after_image: Value,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

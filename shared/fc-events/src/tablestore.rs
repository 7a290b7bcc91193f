//! Row changes of Tablestore.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire_enum::wire_enum;
use crate::{cbor, lenient};

/// What a Tablestore trigger sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TablestoreEvent {
    /// The version of this format: `Sync-v1`.
    #[serde(default)]
    pub version: String,
    /// The changed rows, in order.
    pub records: Vec<TablestoreRecord>,
}

/// A changed row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TablestoreRecord {
    /// What was done.
    #[serde(rename = "Type")]
    pub operation: RowOperation,
    /// When it was done.
    pub info: RecordInfo,
    /// The key of the row.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub primary_key: Vec<PrimaryKeyColumn>,
    /// The changed columns.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub columns: Vec<Column>,
}

wire_enum! {
    /// What was done to a row.
    RowOperation {
        /// Written as a whole.
        Put = "PutRow",
        /// Changed in some columns.
        Update = "UpdateRow",
        /// Deleted.
        Delete = "DeleteRow",
    }
}

wire_enum! {
    /// What was done to a column.
    ColumnOperation {
        /// Written.
        Put = "Put",
        /// One version deleted.
        DeleteOneVersion = "DeleteOneVersion",
        /// All versions deleted.
        DeleteAllVersions = "DeleteAllVersions",
    }
}

/// When a row was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecordInfo {
    /// Microseconds since 1970.
    #[serde(deserialize_with = "lenient::integer")]
    pub timestamp: i64,
}

/// A column of the primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PrimaryKeyColumn {
    /// Its name.
    pub column_name: String,
    /// Its value: a text or a number; bytes are base64.
    #[serde(default)]
    pub value: Value,
}

/// A changed column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Column {
    /// What was done.
    #[serde(rename = "Type")]
    pub operation: ColumnOperation,
    /// Its name.
    pub column_name: String,
    /// Its new value. Bytes are base64.
    #[serde(default)]
    pub value: Value,
    /// The version that was written or deleted, in microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_integer")]
    pub timestamp: Option<i64>,
}

/// Why a payload is no Tablestore event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TablestoreError {
    /// Neither JSON nor CBOR.
    #[error("the event is neither JSON nor CBOR")]
    Unreadable,
    /// Readable, but of another shape.
    #[error("the event has another shape: {0}")]
    Shape(#[source] serde_json::Error),
}

impl TablestoreEvent {
    /// Reads the payload of an invocation. Sources differ on whether it is JSON or CBOR, so both are read.
    ///
    /// # Errors
    /// [`TablestoreError`] when it is neither, or of another shape.
    pub fn from_slice(payload: &[u8]) -> Result<Self, TablestoreError> {
        let value = serde_json::from_slice(payload).ok().or_else(|| cbor::decode(payload));
        serde_json::from_value(value.ok_or(TablestoreError::Unreadable)?).map_err(TablestoreError::Shape)
    }
}

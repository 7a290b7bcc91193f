//! Object storage.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lenient;

/// What an OSS trigger sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OssEvent {
    /// What happened, one entry an object.
    pub events: Vec<OssRecord>,
}

/// One thing that happened to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssRecord {
    /// What happened: `ObjectCreated:PutObject`. Without the `oss:` that stands before it in the trigger's configuration.
    pub event_name: String,
    /// `acs:oss`.
    #[serde(default)]
    pub event_source: String,
    /// When it happened.
    pub event_time: Timestamp,
    /// The version of this format: `1.0`.
    #[serde(default, deserialize_with = "lenient::string")]
    pub event_version: String,
    /// The bucket's region.
    #[serde(default)]
    pub region: String,
    /// The object.
    pub oss: OssEntity,
    /// Who asked, seen from the network.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub request_parameters: OssRequestParameters,
    /// What OSS answered.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub response_elements: OssResponseElements,
    /// Who asked.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub user_identity: OssUserIdentity,
}

impl OssRecord {
    /// What happened, without how: `ObjectCreated` of `ObjectCreated:PutObject`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.event_name.split(':').next().unwrap_or_default()
    }
}

/// Bucket and object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssEntity {
    /// The bucket.
    pub bucket: OssBucket,
    /// The object.
    pub object: OssObject,
    /// The version of this part of the format.
    #[serde(default, deserialize_with = "lenient::string")]
    pub oss_schema_version: String,
    /// The rule of the bucket's notification configuration.
    #[serde(default, deserialize_with = "lenient::string")]
    pub rule_id: String,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssBucket {
    /// Its resource name.
    #[serde(default)]
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The account that owns it.
    #[serde(default, deserialize_with = "lenient::string")]
    pub owner_identity: String,
    /// The virtual bucket, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::optional_string")]
    pub virtual_bucket: Option<String>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssObject {
    /// Its key.
    pub key: String,
    /// The hash of its content.
    #[serde(default, deserialize_with = "lenient::string")]
    pub e_tag: String,
    /// Its size in bytes.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub size: i64,
    /// By how many bytes it grew: negative when it became smaller.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub delta_size: i64,
    /// What else is stored with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_meta: Option<OssObjectMeta>,
}

/// What is stored with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssObjectMeta {
    /// The media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The user's own `x-oss-meta-*` headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_meta: Option<BTreeMap<String, String>>,
}

/// Who asked, seen from the network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OssRequestParameters {
    /// The client's address.
    #[serde(rename = "sourceIPAddress", default)]
    pub source_ip_address: String,
}

/// What OSS answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssResponseElements {
    /// The id of the request that did it.
    #[serde(default, deserialize_with = "lenient::string")]
    pub request_id: String,
}

/// Who asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OssUserIdentity {
    /// The user's id.
    #[serde(default, deserialize_with = "lenient::string")]
    pub principal_id: String,
}

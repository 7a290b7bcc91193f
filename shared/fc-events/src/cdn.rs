//! The content delivery network (`cdn_events`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient;

/// What a CDN trigger sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdnEvent {
    /// What happened.
    pub events: Vec<CdnRecord>,
}

/// One thing that happened to one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CdnRecord {
    /// What happened: `CachedObjectsRefreshed`.
    pub event_name: String,
    /// The version of the event.
    #[serde(default, deserialize_with = "lenient::string")]
    pub event_version: String,
    /// `cdn`.
    #[serde(default)]
    pub event_source: String,
    /// The region.
    #[serde(default)]
    pub region: String,
    /// When it happened. The service writes it with the offset of China; here it is an instant.
    pub event_time: Timestamp,
    /// The id of the event.
    #[serde(default, deserialize_with = "lenient::string")]
    pub trace_id: String,
    /// What it happened to.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub resource: CdnResource,
    /// What else there is to say: different for every kind of event.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub event_parameter: Map<String, Value>,
    /// Whose domain it is.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub user_identity: CdnUserIdentity,
}

/// What it happened to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CdnResource {
    /// The domain.
    #[serde(default)]
    pub domain: String,
}

/// Whose domain it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CdnUserIdentity {
    /// The account.
    #[serde(default, deserialize_with = "lenient::string")]
    pub ali_uid: String,
}

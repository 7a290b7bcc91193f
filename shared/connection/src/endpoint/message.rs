//! The message about one endpoint: thin, since what is true is in the cloud and in the endpoint's log.

use serde::{Deserialize, Serialize};

/// The version of the message's schema that this code writes and reads.
pub const MESSAGE_VERSION: u32 = 1;

/// "Look at this endpoint, decide, and carry on what was decided."
///
/// Two messages about one endpoint are the same visitor of a lane, however often they were put off.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// The operator's alias of the account that owns the service.
    pub account: String,
    /// The region of the service.
    pub region: String,
    /// `epsrv-…`
    pub service_id: String,
    /// `ep-…`
    pub endpoint_id: String,
    /// How often it was put off in a row because the cloud pushed back.
    #[serde(default)]
    pub times: u32,
}

impl PartialEq for EndpointMessage {
    fn eq(&self, other: &Self) -> bool {
        let who = |message: &Self| {
            let Self { version: _, account, region, service_id, endpoint_id, times: _ } = message.clone();
            (account, region, service_id, endpoint_id)
        };
        who(self) == who(other)
    }
}

impl Eq for EndpointMessage {}

/// Why a message body was not understood.
#[derive(Debug, thiserror::Error)]
pub enum BadEndpointMessage {
    /// It is no message of ours.
    #[error("not a message about an endpoint")]
    Shape(#[from] serde_json::Error),
    /// It was written by a newer version of the functions.
    #[error("message version {0} is newer than this function understands; deploy the newer functions")]
    Version(u64),
}

impl EndpointMessage {
    /// A message about an endpoint.
    #[must_use]
    pub fn new(account: &str, region: &str, service_id: &str, endpoint_id: &str) -> Self {
        Self {
            version: MESSAGE_VERSION,
            account: account.to_owned(),
            region: region.to_owned(),
            service_id: service_id.to_owned(),
            endpoint_id: endpoint_id.to_owned(),
            times: 0,
        }
    }

    /// Reads a message from a queue's JSON body.
    ///
    /// # Errors
    /// See [`BadEndpointMessage`].
    pub fn from_value(value: serde_json::Value) -> Result<Self, BadEndpointMessage> {
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version != u64::from(MESSAGE_VERSION) => Err(BadEndpointMessage::Version(version)),
            _ => Ok(serde_json::from_value(value)?),
        }
    }

    /// The JSON body to send.
    ///
    /// # Panics
    /// Never: a message is plain data.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data and always serialises")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_what_is_read_and_what_is_newer_or_unknown_is_refused() {
        let message = EndpointMessage { times: 3, ..EndpointMessage::new("b", "eu-central-1", "epsrv-1", "ep-1") };
        let mut value: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
        let read = EndpointMessage::from_value(value.clone()).unwrap();
        assert_eq!((read.times, &read), (3, &EndpointMessage { times: 0, ..message }));
        value["more"] = true.into();
        assert!(matches!(EndpointMessage::from_value(value.clone()), Err(BadEndpointMessage::Shape(_))));
        value["version"] = 2.into();
        assert!(matches!(EndpointMessage::from_value(value), Err(BadEndpointMessage::Version(2))));
    }
}

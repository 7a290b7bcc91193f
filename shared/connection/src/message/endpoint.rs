//! The message about one endpoint: thin, since what is true is in the cloud and in the endpoint's log.

use serde::{Deserialize, Serialize};

use super::{Message, VERSION};
use crate::queue::Queue;
use crate::words::StepName;

/// "Look at this endpoint, decide, and carry on what was decided."
///
/// Two messages about one endpoint are the same waiter in a lane, however often they were put off.
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

impl EndpointMessage {
    /// A message about an endpoint.
    #[must_use]
    pub fn new(account: &str, region: &str, service_id: &str, endpoint_id: &str) -> Self {
        Self {
            version: VERSION,
            account: account.to_owned(),
            region: region.to_owned(),
            service_id: service_id.to_owned(),
            endpoint_id: endpoint_id.to_owned(),
            times: 0,
        }
    }
}

impl Message for EndpointMessage {
    const ABOUT: &'static str = "an endpoint";

    fn queue(&self) -> Queue {
        Queue::Step(StepName::ApproveEndpoint)
    }
}

//! The message about a connection: thin, since what is true is in the record.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::queue::Queue;
use crate::words::{ConnectionName, StepName};

/// "Look at this connection and carry its current step on."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepMessage {
    /// The schema's version: 1.
    pub version: u32,
    /// Which connection.
    pub connection: ConnectionName,
    /// The generation of the spec that the sender saw.
    pub generation: u32,
    /// The step to carry on; also the name of the queue.
    pub step: StepName,
    /// The record's sequence number when the message was sent. A message whose number has passed is stale.
    pub sequence: u64,
}

impl Message for StepMessage {
    const ABOUT: &'static str = "a connection";

    fn queue(&self) -> Queue {
        Queue::Step(self.step)
    }
}

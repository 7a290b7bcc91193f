//! The trait that a step implements, and what it gets to see.
//!
//! # Guarantees
//! A step is called for one side at a time and for both sides side by side. It may be called again at any moment with the
//! same or an older view of the record, by the same or another process, so it looks before it acts. Whatever it leaves in
//! `made` is written to the record, whether it succeeds, waits or fails.
//!
//! # Assumptions
//! `apply` returns `Ok` only after it has read back that its side is as promised, `undo` only after it has read back that
//! nothing of the step is left. `observe` only reads.

use alicloud::ClientToken;
use async_trait::async_trait;
use serde::Serialize;

use crate::clouds::Clouds;
use crate::halt::Halt;
use crate::made::Made;
use crate::mark::{self, Mark};
use crate::record::{Network, Record, SideRecord};
use crate::spec::VpcSide;
use crate::words::{Side, StepName};

/// One stage of a chain.
#[async_trait]
pub trait Step: Send + Sync {
    /// Which stage this is.
    fn name(&self) -> StepName;

    /// Brings one side to what the spec promises.
    async fn apply(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt>;

    /// Removes what this step made on one side, and nothing else.
    async fn undo(&self, side: &SideContext<'_>, made: &mut Made) -> Result<(), Halt>;

    /// Compares one side with what the record promises.
    async fn observe(&self, side: &SideContext<'_>) -> Result<Vec<Finding>, Halt>;
}

/// One difference between what a record promises and what the cloud shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// On which side.
    pub side: Side,
    /// Which resource: its id, or what it would be if it were there.
    pub resource: String,
    /// Which of its fields; empty for the resource as a whole.
    pub field: String,
    /// What the record promises.
    pub expected: String,
    /// What the cloud shows.
    pub actual: String,
}

/// A step's view of one side.
#[derive(Clone, Copy)]
pub struct SideContext<'a> {
    record: &'a Record,
    side: Side,
    own: &'a SideRecord,
    peer: &'a SideRecord,
    step: StepName,
    clouds: &'a Clouds,
}

impl<'a> SideContext<'a> {
    /// The view of `side`, or `None` where the record does not know both sides.
    #[must_use]
    pub fn of(record: &'a Record, side: Side, step: StepName, clouds: &'a Clouds) -> Option<Self> {
        let own = record.sides.get(&side)?;
        let peer = record.sides.get(&side.peer())?;
        Some(Self { record, side, own, peer, step, clouds })
    }

    /// The whole record.
    #[must_use]
    pub fn record(&self) -> &'a Record {
        self.record
    }

    /// Which side this is.
    #[must_use]
    pub fn side(&self) -> Side {
        self.side
    }

    /// Where this side lies.
    #[must_use]
    pub fn place(&self) -> &'a VpcSide {
        self.record.spec.side(self.side)
    }

    /// Where the other side lies.
    #[must_use]
    pub fn peer_place(&self) -> &'a VpcSide {
        self.record.spec.side(self.side.peer())
    }

    /// This side's network.
    #[must_use]
    pub fn network(&self) -> &'a Network {
        &self.own.network
    }

    /// What is known of the other side.
    #[must_use]
    pub fn peer(&self) -> &'a SideRecord {
        self.peer
    }

    /// The mark on everything made for this connection.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::of(self.record)
    }

    /// What the steps made on this side, by the record. In `apply` and `undo` use the `made` that is handed in instead.
    #[must_use]
    pub fn made(&self) -> &'a Made {
        &self.own.made
    }

    /// The client token of one intent of this step on this side.
    #[must_use]
    pub fn client_token(&self, what: &str) -> ClientToken {
        mark::client_token(self.record, self.step, self.side, what)
    }

    /// The VPC API in this side's account and region.
    ///
    /// # Errors
    /// When the account is not in the operator's list.
    pub fn vpc(&self) -> Result<alicloud::vpc::Vpc, Halt> {
        self.clouds.vpc(self.place())
    }
}

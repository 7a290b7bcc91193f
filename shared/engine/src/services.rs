//! What a function needs to carry messages: store, queues, clouds, keys of the logs, time and randomness.

use alicloud::{AccountId, Region};
use audit::Keys;
use connection::words::Kind;
use transport::Io;

use crate::clouds::Clouds;
use crate::dispatch::Queues;
use store::Store;

/// What a function needs to carry messages.
#[derive(Clone)]
pub struct Services {
    /// Where records live.
    pub store: Store,
    /// Where checkpoints are copied to, if they are; only the function that makes them has it.
    pub copies: Option<Store>,
    /// Where messages go.
    pub queues: Queues,
    /// The clouds of both sides.
    pub clouds: Clouds,
    /// The kinds whose functions and queues are deployed.
    pub kinds: Vec<Kind>,
    /// Which deployment it is.
    pub home: Home,
    /// The keys of the logs: those that are trusted, and, in a function that decides, its own.
    pub audit: Keys,
    /// Time and randomness.
    pub io: Io,
}

/// Where functions and queues live, and what their names begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
    /// The name of the stack.
    pub stack: String,
}

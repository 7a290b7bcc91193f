//! What a function needs to carry messages: store, queues, clouds, time and randomness.

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
    /// Where messages go.
    pub queues: Queues,
    /// The clouds of both sides.
    pub clouds: Clouds,
    /// The kinds whose functions and queues are deployed.
    pub kinds: Vec<Kind>,
    /// Time and randomness.
    pub io: Io,
}

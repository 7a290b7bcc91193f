//! What a function needs to carry messages: store, queues, clouds, time and randomness.

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
    /// Time and randomness.
    pub io: Io,
}

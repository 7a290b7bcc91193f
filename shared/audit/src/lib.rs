//! Evidence that holds: logs of signed entries, and signed checkpoints over all of them.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`key`] | Ed25519 keys with a name: to sign, and to verify |
//! | [`entry`](mod@entry) | one entry of a log: what it is about, who did it, what comes before it, its signature |
//! | [`act`] | what is asked of connections, and of the approval policy |
//! | [`log`](mod@log) | whether a log is whole |
//! | [`tree`] | the Merkle tree of RFC 6962 |
//! | [`note`] | signed notes, as C2SP specifies them |
//! | [`checkpoint`] | the head of the tree in a signed note |
//! | [`canonical`] | one spelling of a JSON value, to hash and to sign |
//!
//! Everything here is pure: no I/O, no clock, no dice.
//!
//! # Guarantees
//! Nobody without the key makes an entry or a checkpoint that verifies. An entry is bound to its log and to its number, so
//! that it counts nowhere else. A checkpoint is bound to every entry that it covers: whoever keeps one can tell later
//! whether any of these was changed or taken away.
//!
//! # Assumptions
//! Only the functions that decide hold the key.
//!
//! ```
//! use audit::key::SigningKey;
//! use audit::tree::{Frontier, Hash};
//!
//! let key = SigningKey::from_seed("causeway.example/prod", [7; 32]).unwrap();
//! let mut tree = Frontier::default();
//! tree.push(Hash::of_leaf(b"an entry"));
//! let note = audit::checkpoint::Checkpoint::of("causeway.example/prod", &tree).sign(&key);
//! let trusted = key.verifier().to_string().parse().unwrap();
//! let checkpoint = audit::checkpoint::Checkpoint::open(&note, &trusted).unwrap();
//! assert_eq!((checkpoint.size, checkpoint.root), (1, tree.root()));
//! ```

pub mod act;
pub mod canonical;
pub mod checkpoint;
pub mod entry;
pub mod key;
pub mod log;
pub mod note;
pub mod tree;

pub use entry::{Actor, Content, Entry, PassedOver, Position, Subject};
pub use key::{Keys, NoKey, SigningKey, Verifier, Verifiers};

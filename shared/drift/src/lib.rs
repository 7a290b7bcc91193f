//! Drift: what was promised, what stands, and what follows from the difference.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`compare`](mod@compare) | one record against what the cloud shows, step by step |
//! | [`orphan`] | what stands in an account and no record owns |
//! | [`findings`] | findings as they are kept: since when, seen last, cleared; merging a new check's into them |
//! | [`settings`] | what is ignored and until when, and when nothing is changed |
//! | [`repair`] | what is done about findings: nothing, a proposal, a repair |
//! | [`check`] | a check run as documents: what is looked at in which order, and how far it has come |
//! | [`store`] | where all of it is kept |
//!
//! Everything but [`store`] is pure. Nothing here changes a cloud: a repair is an event for the
//! [decider](connection::decide), and the step that owns the thing does the work.

pub mod check;
pub mod compare;
pub mod findings;
pub mod orphan;
pub mod repair;
pub mod settings;
pub mod store;

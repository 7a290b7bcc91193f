//! Benchmarks: ours beside a peer, in the same run, as ratios.
//!
//! `scripts/bench NAME` builds and runs one. Each prints a table, and as its last line one JSON document whose `ratio` is its
//! headline figure. Absolute figures depend on the machine and on what else it does; so the sides take short turns, each
//! figure of a turn is set in proportion to the same turn of the other side, and the median of these proportions counts.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `load` | many keep-alive connections that send one request after the other |
//! | `peer` | a server as a process on a core of its own: its start, its memory, its processor time |
//! | `stats` | medians and percentiles |
//! | `report` | the table and the line of JSON |

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

pub mod load;
pub mod peer;
pub mod report;
pub mod stats;

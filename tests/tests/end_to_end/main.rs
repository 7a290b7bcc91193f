//! The whole system as its users meet it: the program `causeway`, over loopback HTTP and by signals.
//!
//! | module | what it proves |
//! | --- | --- |
//! | `lifecycle` | a connection comes to be, is shown, listed, removed, and made again |
//! | `webhook` | who is let in, and how everything else is refused |
//! | `faults` | duplicates, lost answers, refusals: rolled back, or kept and resumed |
//! | `crash` | functions and the whole cloud killed at any moment, and started again |
//! | `program` | signals, ports, exit codes, and what is printed |
//!
//! A step's limits are five minutes of real time and more: a test for a stuck connection makes its record older. The
//! simulation, whose clock jumps, brings every step to its limit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod faults;
mod lifecycle;
mod program;
mod webhook;

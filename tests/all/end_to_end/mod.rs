//! The whole system as its users meet it: the program `causeway`, over loopback HTTP and by signals.
//!
//! | module | what it proves |
//! | --- | --- |
//! | `lifecycle` | a connection comes to be, is shown, listed, removed, and made again |
//! | `webhook` | who is let in, and how everything else is refused |
//! | `change` | another spec for a connection that stands, and its way back |
//! | `pause` | switched off and on, given up, and taken over |
//! | `dry_run` | what would happen, without it happening |
//! | `routes` | which tables and ranges get routes, and whose routes are left alone |
//! | `reach` | groups, pings, and what is said when nothing comes back |
//! | `peering` | VPC peering in all its states |
//! | `jdcloud` | a peering on JD Cloud, from the first request to the last |
//! | `private_link` | the guide to private links, within an account and between two |
//! | `migrate` | from router interfaces to a peering, and back when that fails |
//! | `bills` | money and quotas come out as what they are |
//! | `approvals` | the approval policy, and the commands that read decisions |
//! | `credentials` | the keys that commands sign with |
//! | `drift` | a route deleted by hand, as `causeway drift` tells of it and sets it right |
//! | `endpoints` | endpoints that nobody announced: seen, let in, explained, sent away |
//! | `notify` | a webhook and two robots on real sockets, which check every signature |
//! | `faults` | duplicates, lost answers, refusals: rolled back, or kept and resumed |
//! | `crash` | functions and the whole cloud killed at any moment, and started again |
//! | `pipelines` | the examples of pipelines, run as their runners do |
//! | `verbs` | every verb of a person at a terminal, and what it ends with |
//! | `program` | signals, ports, exit codes, and what is printed |
//!
//! A step's limits are five minutes of real time and more: a test for a stuck connection makes its record older. The
//! simulation, whose clock jumps, brings every step to its limit.

#![allow(clippy::disallowed_methods, reason = "a process of its own takes real time")]

mod approvals;
mod bills;
mod change;
mod common;
mod crash;
mod credentials;
mod drift;
mod dry_run;
mod endpoints;
mod faults;
mod jdcloud;
mod lifecycle;
mod migrate;
mod notify;
mod observe;
mod pause;
mod peering;
mod pipelines;
mod private_link;
mod program;
mod reach;
mod routes;
mod verbs;
mod webhook;

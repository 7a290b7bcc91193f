//! The whole-system tests, in one program, so that everything is linked once. A file's name is the first word of its tests'
//! names: `cargo test -p causeway-tests --test all chain::` runs those of `chain.rs`.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

mod accounts;
mod adopted;
mod advice;
mod approvals;
mod callers;
mod chain;
mod checklists;
mod config;
mod connections;
mod consents;
mod dead_letters;
mod deploying;
mod doctor;
mod drift;
mod drift_seeds;
mod dry_runs;
mod end_to_end;
mod evidence;
mod files;
mod formats;
mod jdcloud;
mod jdcloud_peering;
mod least_privilege;
mod logs;
mod long_life;
mod notices;
mod overlaps;
mod private_link;
mod reading;
mod refused_early;
mod seeds;
mod sessions;
mod sharing;
mod slow;
mod template;
mod threat_model;

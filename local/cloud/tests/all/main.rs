//! The local cloud by its front door: every call is signed by a client and goes through the gateway.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed, and helpers are part of it")]

mod access;
mod cdt;
mod coverage;
mod ecs;
mod functions;
mod interface;
mod jd;
mod mns_open;
mod nlb_alb;
mod openings;
mod privatelink;
mod ram;
mod rpc;
mod server;
mod stacks;
mod testing;
mod vpc;
mod vpcpeer;

//! A connection between two private networks: its words as types, its state, and the rules by which it moves.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`words`] | names, kinds, sides, steps |
//! | [`kind`] | the kinds, a room each: spec, outputs, chain, rules |
//! | [`spec`] | what a user asks for, with its JSON Schema |
//! | [`chain`] | walking the ordered steps of a kind |
//! | [`record`] | the stored state of a connection |
//! | [`decide`](mod@decide) | the pure function that moves a record |
//! | [`outputs`] | what each step made on a side |
//! | [`finding`], [`inventory`] | what differs from what a record promises, and the listings it is found in |
//! | [`not_done`] | why a step has not finished: wait or fail |
//! | [`mark`] | client tokens and the mark on what we made |
//! | [`overlap`] | routes of other connections that meet those that one wants |
//! | [`next_hop`] | where a route to the other side leads |
//! | [`share`] | things that several connections use, and what becomes of one that its maker gives up |
//! | [`lane`] | taking turns where the cloud lets one change happen at a time |
//! | [`proof`] | whether the two sides reach each other, and how that was tried |
//! | [`plan`] | what a step would do, without doing it |
//! | [`trace`] | where a request belongs in the traces of whoever sent it |
//! | [`account`] | the operator's accounts by alias |
//! | [`caller`] | who may call the API, and what each may do |
//! | [`config`] | the documents of the configuration |
//! | [`consent`] | what the owners of accounts agree to |
//! | [`queue`], [`message`] | the queues, and what travels through them |
//!
//! Everything here is pure: no request, no store, no clock. The crate `store` keeps it, the crate `engine` moves it.

pub mod account;
pub mod caller;
pub mod chain;
pub mod config;
pub mod consent;
pub mod decide;
pub mod finding;
pub mod inventory;
pub mod kind;
pub mod lane;
pub mod mark;
pub mod message;
pub mod next_hop;
pub mod not_done;
pub mod outputs;
pub mod overlap;
pub mod plan;
pub mod proof;
pub mod queue;
pub mod record;
pub mod share;
pub mod spec;
pub mod trace;
pub mod words;

/// What is wrong with a request, field by field.
pub mod problem {
    pub use strict::Problem;
}

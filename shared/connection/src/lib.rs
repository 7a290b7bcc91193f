//! A connection between two private networks: its words as types, its state, and the rules by which it moves.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`words`] | names, kinds, sides, steps |
//! | [`spec`] | what a user asks for, with its JSON Schema |
//! | [`chain`] | the ordered steps of each kind, as data |
//! | [`record`] | the stored state of a connection |
//! | [`decide`](mod@decide) | the pure function that moves a record |
//! | [`resource`] | finding one's own things in the cloud |
//! | [`step`] | the trait that a step implements: `apply`, `undo`, `observe`, `plan` |
//! | [`finding`], [`inventory`] | what differs from what a record promises, and the listings it is found in |
//! | [`not_done`] | why a step has not finished: wait or fail |
//! | [`mark`] | client tokens and the mark on what we made |
//! | [`lane`] | taking turns where the cloud lets one change happen at a time |
//! | [`proof`] | whether the two sides reach each other, and how that was tried |
//! | [`plan`] | what a step would do, without doing it |
//! | [`account`] | the operator's accounts by alias |
//! | [`services`] | what a function needs to carry messages |
//! | [`clouds`], [`jdcloud_keys`] | clients for the accounts of both sides; the keys of those that have no roles |
//! | [`store`] | records as write-once objects |
//! | [`message`], [`dispatch`] | what travels through the queues, and how it is sent |
//! | [`endpoint`] | endpoints that ask to be connected: the message about one, and what the cloud shows of it |
//! | [`tell`](mod@tell) | what happened, put where the function `notify` finds it |
//! | [`carry`](mod@carry) | one message from receipt to the next: read, run the step, decide, write, send |
//!
//! Deciding is pure and everything else is thin. A message names a connection; [`carry`](mod@carry) reads its record, runs the
//! step on both sides at once, lets [`decide`](mod@decide) say what follows, writes the record if nobody else has, and
//! sends the next message. A process may die between any two of these: the record says what is true, the message comes
//! again, and every step looks before it acts.

#![warn(missing_docs)]

pub mod account;
pub mod carry;
pub mod chain;
pub mod clouds;
pub mod decide;
pub mod dispatch;
pub mod endpoint;
pub mod finding;
pub mod inventory;
pub mod jdcloud_keys;
pub mod lane;
pub mod mark;
pub mod message;
pub mod not_done;
pub mod outputs;
pub mod plan;
pub mod problem;
pub mod proof;
pub mod record;
pub mod resource;
pub mod services;
pub mod spec;
pub mod step;
pub mod store;
pub mod tell;
pub mod words;

//! What moves a connection: a message in, its step run on both sides, the record written, the next message out.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`carry`](mod@carry) | one message from receipt to the next: read, run the step, decide, write, send |
//! | [`acts`] | writing down what is asked of a connection, before it is done |
//! | [`step`] | the trait that a step implements: `apply`, `undo`, `observe`, `plan` |
//! | [`services`] | what a function needs to carry messages |
//! | [`clouds`], [`jdcloud_keys`] | clients for the accounts of both sides; the keys of those that have no roles |
//! | [`session`] | in which role an account is reached, under which name, narrowed to what |
//! | [`dispatch`] | how messages are sent |
//! | [`fetch`] | fetching the listings that steps compare with |
//! | [`kind`] | finding one's own things in the cloud, a room each kind |
//! | [`slow`] | places that did not answer in time |
//! | [`share`] | using and giving up what several connections use |
//! | [`group_rules`] | what the security groups of a side shall let in |
//! | [`endpoint`] | what the cloud shows of endpoints that ask to be connected |
//! | [`tell`](mod@tell) | what happened, put where the function `notify` finds it |
//!
//! Deciding is pure and stands in the crate `connection`; everything here is thin. A message names a connection;
//! [`carry`](mod@carry) reads its record, runs the step on both sides at once, lets [`decide`](mod@connection::decide) say
//! what follows, writes the record if nobody else has, and sends the next message. A process may die between any two of
//! these: the record says what is true, the message comes again, and every step looks before it acts.

pub mod acts;
pub mod adopted;
pub mod carry;
pub mod clouds;
pub mod dispatch;
pub mod endpoint;
pub mod fetch;
pub mod group_rules;
pub mod jdcloud_keys;
pub mod kind;
pub mod services;
pub mod session;
pub mod share;
pub mod slow;
pub mod step;
pub mod tell;

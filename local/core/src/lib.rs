//! What every product of the local cloud stands on: time, identity, policies, rows, faults, and the RPC style.
//!
//! A product is handed [`shared::Shared`] when it is opened, and takes from it everything that clouds have in common.
//!
//! | module | what |
//! | --- | --- |
//! | [`shared`] | what every product is handed |
//! | [`clock`] | cloud time and wall time |
//! | [`delays`] | how long states take, and which get stuck |
//! | [`faults`] | what goes wrong |
//! | [`coverage`] | what a product offers and can refuse |
//! | [`calls`] | what was called |
//! | [`pipeline`] | one call from its caller to its answer: policies, faults, rows, the log |
//! | [`identity`], [`ram`] | who holds which key; roles and trust |
//! | [`directory`] | roles, policies and attachments of all accounts: what RAM keeps |
//! | [`opened`] | which products an account has opened |
//! | [`policy`], [`access`] | what a role may do; asking before each call |
//! | [`rpc`] | what RPC products share: envelopes, parameters, paging, client tokens |
//! | [`xml`] | documents of the products that speak XML |
//! | [`words`] | enums whose values are words on the wire |
//! | [`ids`] | names of things, seeded |
//! | [`table`], [`base64_bytes`] | rows in memory and on disk |
//! | [`seed`], [`console`] | what a new cloud holds in its networks, and what a console shows of them, for every cloud |
//! | [`regions`] | regions and zones |

pub mod access;
pub mod base64_bytes;
pub mod calls;
pub mod clock;
pub mod console;
pub mod coverage;
pub mod delays;
pub mod directory;
pub mod faults;
pub mod identity;
pub mod ids;
pub mod opened;
pub mod pipeline;
pub mod policy;
pub mod ram;
pub mod regions;
pub mod rpc;
pub mod seed;
pub mod shared;
pub mod table;
mod words;
pub mod xml;

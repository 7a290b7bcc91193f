//! Drift, proven: what somebody changes by hand is found, on both sides, by a check that only reads; and set right where the
//! spec allows it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `bench` | a connection that stands, checks of it, and what they found |
//! | `found` | one test for each kind of finding |
//! | `jd` | the same on JD Cloud, and what is somebody else's there |
//! | `links` | private links: found, set right, and endpoints past the decisions |
//! | `reads` | a check changes nothing, and asks for no page twice |
//! | `repairs` | proposals, repairs by themselves, freezes |
//! | `bulk` | hundreds of connections in bounded messages, some of which are lost |
//! | `crashes` | a check and a repair, with a death at every request |

mod bench;
mod bulk;
mod crashes;
mod found;
mod jd;
mod links;
mod reads;
mod repairs;

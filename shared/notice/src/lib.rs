//! What people are told: events, how they read, who wants them, and how far each has got.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`event`] | something that happened, with an id that is the same whenever it is told |
//! | [`word`] | the types of events, and how grave they are |
//! | [`drift`] | the events of findings: found, and cleared |
//! | [`cloud_event`] | an event as a CloudEvent 1.0, in JSON |
//! | [`message`] | an event as a message to people: for DingTalk and for Feishu |
//! | [`consent_link`] | the link by which an owner agrees or refuses |
//! | [`sinks`] | who is told of what: the operator's document, with its JSON Schema |
//! | [`filter`] | which events a sink wants |
//! | [`target`] | which addresses may be written to |
//! | [`answer`] | what an answer of a sink means |
//! | [`delivery`] | how far the delivery of one event has got, and when it is tried again |
//!
//! Everything here is pure: no I/O, no clock, no dice. Whoever delivers hands in the instant and a random number.

pub mod answer;
pub mod cloud_event;
pub mod consent_link;
pub mod delivery;
pub mod drift;
pub mod event;
pub mod filter;
pub mod message;
pub mod sinks;
pub mod target;
pub mod word;

pub use event::{AwaitedConsent, Call, Data, Event, EventId};
pub use sinks::Sinks;
pub use word::{EventType, Severity};

//! A private link's own things: where they are found, and whose turn it is to change them.
//!
//! Name and description of a service, an endpoint and a load balancer are the user's, so the mark on them is a tag. What is
//! recorded counts first: a listing may be a moment late.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `service` | the service of the provider, and the resource it stands on |
//! | `endpoint` | the endpoint of the consumer |
//! | `clients` | who is let in to it |
//! | `lane` | taking turns: one change of a main account at a time |

pub mod clients;
pub mod endpoint;
pub mod lane;
pub mod service;

use crate::step::SideContext;
use connection::finding::{Finding, FindingKind};
use connection::not_done::NotDone;
use connection::spec::{KindSpec, PrivateLinkSpec};
use connection::words::Side;

/// The spec of the connection.
///
/// # Errors
/// When it is of another kind.
pub fn spec<'a>(side: &SideContext<'a>) -> Result<&'a PrivateLinkSpec, NotDone> {
    match &side.record().spec.kind {
        KindSpec::PrivateLink(spec) => Ok(spec),
        _ => Err(side.foreign()),
    }
}

/// Findings about one resource of one side.
#[derive(Debug)]
pub struct Findings {
    side: Side,
    found: Vec<Finding>,
}

impl Findings {
    /// None yet, on this side.
    #[must_use]
    pub const fn of(side: Side) -> Self {
        Self { side, found: Vec::new() }
    }

    /// Notes that something is missing which the step would make.
    pub fn missing(&mut self, kind: FindingKind, resource: impl Into<String>) {
        self.found.push(Finding::missing(kind, self.side, resource));
    }

    /// Notes that something is there which the step would take away.
    pub fn left(&mut self, kind: FindingKind, resource: impl Into<String>) {
        self.found.push(Finding::left(kind, self.side, resource));
    }

    /// Compares a field that the step would set right: its name, what it should be, what it is.
    pub fn compare(
        &mut self,
        kind: FindingKind,
        resource: &str,
        (field, expected, actual): (&str, impl Into<String>, impl Into<String>),
    ) {
        let (expected, actual) = (expected.into(), actual.into());
        if expected != actual {
            self.found.push(Finding::differs(kind, self.side, resource, (field, expected, actual)));
        }
    }

    /// What is noted here is for a person: no step sets it right.
    pub fn for_a_person(&mut self, note: impl FnOnce(&mut Self)) {
        let before = self.found.len();
        note(self);
        self.found[before..].iter_mut().for_each(|finding| finding.repairable = false);
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> Vec<Finding> {
        self.found
    }
}

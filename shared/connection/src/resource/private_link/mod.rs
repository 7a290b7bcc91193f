//! A private link's own things: where they are found, and whose turn it is to change them.
//!
//! Name and description of a service, an endpoint and a load balancer are the user's, so the mark on them is a tag. What is
//! recorded counts first: a listing may be a moment late.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `service` | the service of the provider, and the resource it stands on |
//! | `endpoint` | the endpoint of the consumer |
//! | `turn` | taking turns: one change of a main account at a time |

pub mod endpoint;
pub mod service;
pub mod turn;

use crate::halt::Halt;
use crate::spec::{KindSpec, PrivateLinkSpec};
use crate::step::{Finding, FindingKind, SideContext};

/// The spec of the connection.
///
/// # Errors
/// When it is of another kind.
pub fn spec<'a>(side: &SideContext<'a>) -> Result<&'a PrivateLinkSpec, Halt> {
    match &side.record().spec.kind {
        KindSpec::PrivateLink(spec) => Ok(spec),
        _ => Err(side.foreign()),
    }
}

/// Findings about one resource of one side.
#[derive(Debug)]
pub struct Findings {
    side: crate::words::Side,
    missing: FindingKind,
    changed: FindingKind,
    found: Vec<Finding>,
}

impl Findings {
    /// None yet, on this side; of what is gone, and of what was changed, they will be of these kinds.
    #[must_use]
    pub fn of(side: crate::words::Side, missing: FindingKind, changed: FindingKind) -> Self {
        Self { side, missing, changed, found: Vec::new() }
    }

    /// Compares one field; the empty name stands for the resource as a whole.
    pub fn compare(&mut self, resource: &str, field: &str, expected: impl Into<String>, actual: impl Into<String>) {
        self.compare_as(self.changed, resource, field, expected, actual);
    }

    /// Compares one field, a difference of which is of its own kind.
    pub fn compare_as(
        &mut self,
        kind: FindingKind,
        resource: &str,
        field: &str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        let (expected, actual) = (expected.into(), actual.into());
        if expected != actual {
            self.found.push(Finding::differs(kind, self.side, resource, (field, expected, actual)));
        }
    }

    /// Notes that a resource is missing.
    pub fn missing(&mut self, resource: &str) {
        self.found.push(Finding::missing(self.missing, self.side, resource));
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> Vec<Finding> {
        self.found
    }
}

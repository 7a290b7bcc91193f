//! What goes wrong with a call: the one error of all clouds, with the words of this one.
//!
//! The cloud answers with an HTTP status and a word (`409`, `ALREADY_EXISTS`); its documents of this product list the
//! statuses and leave the words open. So both are looked at.

mod codes;

pub use cloud_error::{Answer, Kind};
use cloud_error::{CloudCall, Effect, Table};

use crate::call::Call;
use crate::region::Region;

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
pub type Error = cloud_error::Error<Call>;

impl CloudCall for Call {
    type Region = Region;
    const TABLE: Table<Self> = codes::TABLE;

    fn service(self) -> &'static str {
        "jdcloud vpc"
    }

    fn effect(self) -> Effect {
        self.effect()
    }
}

//! What the cloud's codes mean: one table, first match wins, then the HTTP status.
//!
//! | file | the part of the table |
//! | --- | --- |
//! | `vpc_peer` | peering connections |
//! | `ecs` | security groups and commands |
//! | `private_link` | endpoint services, endpoints, and the connections between them |
//! | `slb` | load balancers |
//! | `cdt` | opening Cloud Data Transfer |
//! | `vpc` | router interfaces, routes, vSwitches |
//! | `general` | what every product may say: wait, gone, money, credentials; and the message service |
//!
//! Codes are spelled as the service spells them, misspellings included. Two generations coexist (`IncorrectStatus`,
//! `IncorrectRIStatus`) and are treated alike. A code whose documents leave its cause open is given the careful meaning:
//! wait or read back rather than give up.

use cloud_error::{Kind, Table};

use crate::call::Call;

mod cdt;
mod ecs;
mod general;
mod private_link;
mod slb;
mod vpc;
mod vpc_peer;

pub use general::General;

/// What the cloud says of a dry run that would have been carried out.
pub(crate) const DRY_RUN_PASSED: &str = "DryRunOperation";

type Rule = cloud_error::Rule<Call>;

/// The table. Only codes that say "not carried out" are believed on a 5xx.
pub(super) const TABLE: Table<Call> = Table {
    rules: &[
        vpc_peer::RULES,
        ecs::RULES,
        private_link::RULES,
        slb::RULES,
        cdt::RULES,
        vpc::RULES,
        general::OWN,
        General::<Call>::RULES,
        vpc::UNKNOWN,
    ],
    doubted: &[Kind::Busy, Kind::Refused, Kind::RuledOut, Kind::Gone],
    advice: &[],
};

#[cfg(test)]
mod tests;

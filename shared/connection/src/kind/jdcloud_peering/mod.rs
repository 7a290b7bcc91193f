//! `jdcloud-peering`: a VPC peering of JD Cloud, of two halves.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `here` | its chain and its rules |
//! | `spec` | what a user asks for |
//! | `outputs` | what is recorded of route tables |

mod outputs;
mod spec;

pub use outputs::JdTables;
pub use spec::{JdGroupRule, JdSide, JdcloudPeeringSpec};

use super::Rules;
use crate::chain::stage;
use crate::finding::FindingKind;
use crate::words::{Cloud, Side, StepName};

/// What the rest asks of the kind.
pub(super) const RULES: Rules = Rules {
    cloud: Cloud::Jdcloud,
    sides: [Side::Initiator, Side::Acceptor],
    switch: None,
    clears_from: StepName::AddRoute,
    replaces: None,
    // Which subnets use which table is the business of add-route here, and of nobody elsewhere.
    hindered_by: &[FindingKind::TableUnbound, FindingKind::TableLeft, FindingKind::SubnetMissing],
    chain: &[
        stage(StepName::CreatePeering, 300, 300),
        stage(StepName::AddRoute, 600, 600),
        stage(StepName::AuthorizeSecurityGroup, 300, 300),
    ],
};

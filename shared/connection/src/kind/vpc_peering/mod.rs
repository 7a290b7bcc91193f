//! `vpc-peering`: a VPC peering connection.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `here` | its chain and its rules |
//! | `spec` | what a user asks for |

mod spec;

pub use spec::{LinkType, VpcPeeringSpec};

use super::{Kind, Rules};
use crate::chain::stage;
use crate::words::{Cloud, Side, StepName};

/// What the rest asks of the kind.
pub(super) const RULES: Rules = Rules {
    cloud: Cloud::Alicloud,
    sides: [Side::Initiator, Side::Acceptor],
    switch: None,
    clears_from: StepName::AddRoute,
    replaces: Some(Kind::RouterInterface),
    hindered_by: &[],
    chain: &[
        stage(StepName::CreatePeering, 300, 300),
        stage(StepName::AcceptPeering, 300, 300),
        stage(StepName::AddRoute, 600, 600),
        stage(StepName::AuthorizeSecurityGroup, 300, 300),
        stage(StepName::VerifyReachability, 300, 300),
    ],
};

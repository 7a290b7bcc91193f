//! `router-interface`: a pair of Express Connect router interfaces.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `here` | its chain and its rules |
//! | `spec` | what a user asks for |

mod spec;

pub use spec::{AdoptedPair, InterfaceSpec, RouterInterfaceSpec};

use super::Rules;
use crate::chain::stage;
use crate::words::{Cloud, Side, StepName};

/// What the rest asks of the kind.
pub(super) const RULES: Rules = Rules {
    cloud: Cloud::Alicloud,
    sides: [Side::Initiator, Side::Acceptor],
    switch: Some(StepName::Connect),
    clears_from: StepName::AddRoute,
    replaces: None,
    hindered_by: &[],
    chain: &[
        stage(StepName::CreateInterface, 300, 1000),
        stage(StepName::SetPeerInfo, 300, 300),
        stage(StepName::Connect, 300, 500),
        stage(StepName::AddRoute, 600, 600),
        stage(StepName::AuthorizeSecurityGroup, 300, 300),
        stage(StepName::VerifyReachability, 300, 300),
    ],
};

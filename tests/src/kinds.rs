//! Which kinds a test is about.

use connection::words::{Cloud, Kind, Side};

/// The kinds between VPCs of Alibaba Cloud.
#[must_use]
pub fn on_alicloud() -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.rules().cloud == Cloud::Alicloud).collect()
}

/// The kinds between two VPCs of Alibaba Cloud that route to each other: with routes, rules and a ping each way.
#[must_use]
pub fn between_vpcs() -> Vec<Kind> {
    on_alicloud().into_iter().filter(|kind| kind.sides()[0] == Side::Initiator).collect()
}

//! Which kinds a test is about.

use connection::words::Kind;

/// The kinds between two VPCs of Alibaba Cloud that route to each other: with routes, rules and a ping each way.
pub const BETWEEN_VPCS: [Kind; 2] = [Kind::RouterInterface, Kind::VpcPeering];

/// The kinds between VPCs of Alibaba Cloud.
pub const ON_ALICLOUD: [Kind; 3] = [Kind::RouterInterface, Kind::VpcPeering, Kind::PrivateLink];

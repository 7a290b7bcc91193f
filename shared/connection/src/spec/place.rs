//! Where a side lies, whatever its kind.

use crate::words::{AccountAlias, RegionId, VpcId};

/// A VPC in a region of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The alias of the account that owns the VPC.
    pub account: &'a AccountAlias,
    /// The region the VPC lies in.
    pub region_id: &'a RegionId,
    /// The VPC.
    pub vpc_id: &'a VpcId,
}

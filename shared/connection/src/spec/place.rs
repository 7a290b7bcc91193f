//! Where a side lies, whatever its kind.

use super::{ConsumerSide, JdSide, ProviderSide, VpcSide};
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

macro_rules! sides {
    ($($side:ty),+) => {
        $(impl $side {
            /// Where it lies.
            #[must_use]
            pub fn place(&self) -> Place<'_> {
                Place { account: &self.account, region_id: &self.region_id, vpc_id: &self.vpc_id }
            }
        })+
    };
}

sides!(VpcSide, JdSide, ConsumerSide, ProviderSide);

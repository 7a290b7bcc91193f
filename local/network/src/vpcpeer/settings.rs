//! Quotas (docs/reference/vpc-connection-apis.md, section 3.3).

/// How many connections there may be. Rejected and expired ones do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Of one VPC, within its region.
    pub per_vpc_in_region: usize,
    /// Of one VPC, to other regions.
    pub per_vpc_across_regions: usize,
    /// That an account has asked for in one region.
    pub per_account_and_region: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { per_vpc_in_region: 10, per_vpc_across_regions: 20, per_account_and_region: 20 }
    }
}

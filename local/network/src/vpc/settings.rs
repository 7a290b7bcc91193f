//! Quotas, and switches for what no source says of the real cloud.

/// How this cloud behaves where accounts differ or the documentation is silent (docs/reference/vpc-connection-apis.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Router interfaces of one router (1.1).
    pub interfaces_per_router: usize,
    /// Custom route entries of one table (2.2).
    pub routes_per_table: usize,
    /// vSwitches of one VPC (2.3).
    pub vswitches_per_vpc: usize,
    /// Whether deactivating one side of a pair deactivates the other as well (1.5, not confirmed).
    pub deactivation_reaches_peer: bool,
    /// Whether router interfaces between VPCs are sold: since 2019-06-20 to accounts alone that used them before.
    pub sells_interfaces: bool,
    /// Whether a wrong state is refused with the codes of the older tables, `IncorrectStatus` (1.6).
    pub older_codes: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interfaces_per_router: 5,
            routes_per_table: 200,
            vswitches_per_vpc: 150,
            deactivation_reaches_peer: false,
            sells_interfaces: true,
            older_codes: false,
        }
    }
}

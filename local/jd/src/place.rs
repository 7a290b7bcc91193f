//! An account in a region: the only place that a call sees.

/// The regions there are.
pub(super) const REGIONS: [&str; 4] = ["cn-north-1", "cn-east-1", "cn-east-2", "cn-south-1"];

/// Whose resources, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub account: String,
    pub region: String,
}

impl Place {
    pub(super) fn new(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned() }
    }

    /// The place in the key of a resource.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        let mut parts = key.split('/');
        Some(Self::new(parts.next()?, parts.next()?))
    }

    /// The key of a resource here.
    pub(super) fn key(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.account, self.region)
    }

    /// What the keys of all resources here begin with.
    pub(super) fn prefix(&self) -> String {
        self.key("")
    }
}

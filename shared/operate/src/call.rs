//! Every call this crate makes, as an enum: errors name it, the table of codes matches on it.

/// A product of Alibaba Cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Product {
    /// Security Token Service.
    Sts,
}

impl Product {
    /// What the product's actions begin with in policies, and what errors call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
        }
    }

    /// The version of its API that this crate speaks.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Sts => "2015-04-01",
        }
    }
}

alicloud::calls! {
    Sts {
        // Each call makes a token, but one that nobody received harms nobody.
        Reads { GetCallerIdentity, AssumeRoleWithOIDC }
    }
}

impl Call {
    /// The permission that it takes, as policies name it: `ros:CreateStack`.
    #[must_use]
    pub fn permission(self) -> String {
        format!("{}:{self}", self.product().name())
    }
}

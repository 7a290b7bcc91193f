//! One side of a connection, whatever its kind.

use super::{ConsumerSide, JdSide, Place, ProviderSide, VpcSide};
use crate::words::ResourceId;

/// What is asked of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideSpec<'a> {
    /// A VPC of Alibaba Cloud that is joined to another.
    Vpc(&'a VpcSide),
    /// A VPC of JD Cloud that is joined to another.
    Jd(&'a JdSide),
    /// The side that uses a service.
    Consumer(&'a ConsumerSide),
    /// The side that offers one.
    Provider(&'a ProviderSide),
}

impl<'a> SideSpec<'a> {
    /// Where it lies.
    #[must_use]
    pub fn place(self) -> Place<'a> {
        match self {
            Self::Vpc(side) => side.place(),
            Self::Jd(side) => side.place(),
            Self::Consumer(side) => side.place(),
            Self::Provider(side) => side.place(),
        }
    }

    /// Its security groups that are opened for the other side.
    #[must_use]
    pub fn opened_groups(self) -> Vec<&'a str> {
        match self {
            Self::Vpc(side) => side.security_groups.iter().map(|rule| rule.security_group_id.as_str()).collect(),
            Self::Jd(side) => side.security_groups.iter().map(|rule| rule.security_group_id.as_str()).collect(),
            Self::Consumer(side) => side.security_groups.iter().map(ResourceId::as_str).collect(),
            Self::Provider(_) => Vec::new(),
        }
    }
}

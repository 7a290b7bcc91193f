//! An address range as the cloud writes it.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// What a rule matches, or where a network lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cidr {
    /// A range. A bare address is a range of one.
    Net(IpNet),
    /// `local`: the network's own range, in the rule that every route table begins with.
    Local,
    /// Something else in its place: the id of a prefix list, for example.
    Unknown(String),
}

impl Cidr {
    /// The range, if it is one.
    #[must_use]
    pub const fn net(&self) -> Option<IpNet> {
        match self {
            Self::Net(net) => Some(*net),
            Self::Local | Self::Unknown(_) => None,
        }
    }
}

impl From<IpNet> for Cidr {
    fn from(net: IpNet) -> Self {
        Self::Net(net)
    }
}

impl From<&str> for Cidr {
    fn from(text: &str) -> Self {
        let text = text.trim();
        let bare = || text.parse::<IpAddr>().ok().map(IpNet::from);
        match text.parse().ok().or_else(bare) {
            Some(net) => Self::Net(net),
            None if text.eq_ignore_ascii_case("local") => Self::Local,
            None => Self::Unknown(text.to_owned()),
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) => net.fmt(f),
            Self::Local => f.write_str("local"),
            Self::Unknown(text) => f.write_str(text),
        }
    }
}

cloud_wire::text!(Cidr);

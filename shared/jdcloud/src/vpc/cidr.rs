//! An address range as the cloud writes it.

use std::fmt;

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
        match strict::range::lenient(text) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_with_leading_zeros_is_none_since_programs_read_it_differently() {
        assert_eq!(Cidr::from("10.0.0.1").net(), Some("10.0.0.1/32".parse().unwrap()));
        for odd in ["010.010.0.0/16", "10.0.0.08", "10.0.0.0/08"] {
            assert_eq!(Cidr::from(odd), Cidr::Unknown(odd.to_owned()));
        }
    }
}

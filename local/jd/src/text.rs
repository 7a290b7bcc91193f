//! Names, descriptions, times and ranges as this product wants them.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;

use super::error::JdError;
use super::request::JdRequest;

/// Where VPCs and subnets may lie.
const PRIVATE: [Ipv4Net; 3] = [
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// `YYYY-MM-DDThh:mm:ssZ`.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A name: 1 to 32 letters, digits, `_` and `-`, of any script.
pub(super) fn name(parameter: &str, text: &str) -> Result<String, JdError> {
    let is_fine = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '-';
    if (1..=32).contains(&text.chars().count()) && text.chars().all(is_fine) {
        Ok(text.to_owned())
    } else {
        Err(JdError::invalid(format!("{parameter} must have 1 to 32 letters, digits, _ and -")))
    }
}

/// A description: at most 256 characters.
pub(super) fn description(text: Option<String>) -> Result<String, JdError> {
    let text = text.unwrap_or_default();
    if text.chars().count() <= 256 {
        Ok(text)
    } else {
        Err(JdError::invalid("description must have at most 256 characters"))
    }
}

/// What a change says of name and description.
pub(super) struct NewLabels {
    pub name: Option<String>,
    description: Option<String>,
}

impl NewLabels {
    /// Reads both. `parameter` holds the name; each kind of thing has its own.
    pub(super) fn read(request: &JdRequest, parameter: &str) -> Result<Self, JdError> {
        let new = request.field::<Option<String>>(parameter)?.map(|text| name(parameter, &text));
        let words: Option<String> = request.field("description")?;
        let description = words.map(|words| description(Some(words))).transpose()?;
        Ok(Self { name: new.transpose()?, description })
    }

    /// Puts what was said; the rest stays.
    pub(super) fn put(self, name: &mut String, description: &mut String) {
        *name = self.name.unwrap_or_else(|| std::mem::take(name));
        *description = self.description.unwrap_or_else(|| std::mem::take(description));
    }
}

/// A range that something is to match. A bare address means that address alone.
pub(super) fn range(text: &str) -> Result<Ipv4Net, JdError> {
    let net = match strict::range::lenient(text) {
        Some(IpNet::V4(net)) => Some(net),
        Some(IpNet::V6(_)) | None => None,
    };
    net.filter(|net: &Ipv4Net| net.network() == net.addr())
        .ok_or_else(|| JdError::invalid(format!("addressPrefix {text} is not a CIDR block")))
}

/// A range that a VPC or a subnet is to have.
pub(super) fn network_range(text: &str) -> Result<Ipv4Net, JdError> {
    let net = range(text)?;
    if (16..=28).contains(&net.prefix_len()) && PRIVATE.iter().any(|private| private.contains(&net)) {
        Ok(net)
    } else {
        let where_to = "in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, with a mask of 16 to 28";
        Err(JdError::invalid(format!("addressPrefix {text} must lie {where_to}")))
    }
}

/// Whether two ranges share an address.
pub(super) fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ranges_are_held_to_the_documents() {
        for (text, fits) in [("a_b-1", true), ("京东", true), ("", false), ("a b", false), ("a.b", false)] {
            assert_eq!(name("vpcName", text).is_ok(), fits, "{text}");
        }
        assert!(name("vpcName", &"a".repeat(33)).is_err());
        for (text, fits) in
            [("10.0.0.0/16", true), ("10.0.0.0/15", false), ("172.32.0.0/16", false), ("192.168.1.0/29", false)]
        {
            assert_eq!(network_range(text).is_ok(), fits, "{text}");
        }
        assert_eq!(range("10.0.0.1").unwrap().to_string(), "10.0.0.1/32");
        assert!(range("10.0.0.1/16").is_err() && range("fd00::/8").is_err() && range("pl-1").is_err());
        assert!(range("010.010.0.0/16").is_err() && range("10.0.0.08").is_err(), "octal to some");
    }
}

//! IPv4 addresses and ranges, as every program reads them.
//!
//! `010.010.0.0` is 10.10.0.0 to some programs and 8.8.0.0 to others (`inet_aton`, ping, firewalls), so it is nothing here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Deserialize;

use crate::shown::quoted;

/// The pattern of a range in a JSON Schema.
pub const PATTERN: &str = concat!(
    r"^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])",
    r"(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}/(3[0-2]|[12]?[0-9])$"
);

/// A range without bits behind its prefix.
///
/// # Errors
/// The text, what is wrong with it, and what to write instead.
pub fn v4(text: &str) -> Result<Ipv4Net, String> {
    let refused = |why: &str| Err(format!("{} is no IPv4 range: {why}", quoted(text)));
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return refused("it is empty; write an address and a prefix, such as 172.16.0.0/16");
    }
    if trimmed != text {
        return refused(&format!("it has spaces around it; write {}", quoted(trimmed)));
    }
    if text.parse::<Ipv6Net>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
        return refused("it is IPv6, which is not connected here; write an IPv4 range such as 172.16.0.0/16");
    }
    let Some((address, prefix)) = text.split_once('/') else {
        return match text.parse::<Ipv4Addr>() {
            Ok(address) => refused(&format!("the prefix is missing; for this one address write \"{address}/32\"")),
            Err(_) => refused("write an address and a prefix, such as 172.16.0.0/16"),
        };
    };
    if let Some(octet) =
        address.split('.').find(|octet| octet.len() > 1 && octet.starts_with('0') && !octet.contains(' '))
    {
        return refused(&format!(
            "{} begins with a zero, which some programs read as octal; write each number without leading zeros",
            quoted(octet)
        ));
    }
    let Ok(address) = address.parse::<Ipv4Addr>() else {
        return refused(&format!(
            "{} is no address; write four numbers from 0 to 255, such as 172.16.0.0",
            quoted(address)
        ));
    };
    let plain = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    let bits = prefix.parse::<u8>().ok().filter(|_| plain && (prefix == "0" || !prefix.starts_with('0')));
    let Some(net) = bits.and_then(|bits| Ipv4Net::new(address, bits).ok()) else {
        return refused(&format!("the prefix {} is not a number from 0 to 32", quoted(prefix)));
    };
    if net.trunc() != net {
        return refused(&format!("it has bits behind its prefix; did you mean {}?", net.trunc()));
    }
    Ok(net)
}

/// A range or a bare address as a cloud or its client writes it, of either family; `None` where it is something else. Bits behind
/// the prefix are kept.
#[must_use]
pub fn lenient(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    // The standard library refuses leading zeros, which `ipnet` by itself does not.
    let address: IpAddr = address.parse().ok()?;
    match prefix {
        None => Some(address.into()),
        Some(prefix) if prefix.len() > 1 && prefix.starts_with('0') => None,
        Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
            IpNet::new(address, prefix.parse().ok()?).ok()
        }
        Some(_) => None,
    }
}

/// A range within a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Range(
    /// The range.
    pub Ipv4Net,
);

impl TryFrom<String> for Range {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        v4(&text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_in_one_spelling_only_and_every_other_is_told_what_to_write() {
        for right in ["0.0.0.0/0", "10.0.0.0/8", "192.168.128.0/17", "10.1.2.3/32", "255.255.255.255/32"] {
            assert_eq!(v4(right).unwrap().to_string(), right);
        }
        for (wrong, told) in [
            ("010.010.0.0/16", "\"010\" begins with a zero"),
            ("10.0.00.0/16", "\"00\" begins with a zero"),
            ("10.0.0.08/32", "\"08\" begins with a zero"),
            ("172.16.0.20", "write \"172.16.0.20/32\""),
            ("172.16.0.0/33", "\"33\" is not a number from 0 to 32"),
            ("172.16.0.0/016", "\"016\" is not a number from 0 to 32"),
            ("172.16.0.0/+8", "\"+8\" is not a number"),
            ("172.16.0.0/-1", "\"-1\" is not a number"),
            ("172.16.0.0/", "\"\" is not a number"),
            ("172.16.0.0/255.255.0.0", "is not a number from 0 to 32"),
            (" 172.16.0.0/16", "write \"172.16.0.0/16\""),
            ("172.16.0.0/16\u{a0}", "write \"172.16.0.0/16\""),
            ("172.16.0.0 /16", "\"172.16.0.0 \" is no address"),
            ("172.16.0.9/16", "did you mean 172.16.0.0/16?"),
            ("::0/0", "it is IPv6"),
            ("::ffff:10.0.0.0/104", "it is IPv6"),
            ("fd00::1", "it is IPv6"),
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("10/8", "\"10\" is no address"),
            ("10.0/16", "is no address"),
            ("0x0a.0.0.0/8", "\"0x0a\" begins with a zero"),
            ("256.0.0.0/8", "is no address"),
            ("10.0.0.0.0/8", "is no address"),
            ("１０.0.0.0/8", "is no address"),
            ("any", "such as 172.16.0.0/16"),
            ("pl-123", "such as 172.16.0.0/16"),
        ] {
            let error = v4(wrong).unwrap_err();
            assert!(error.contains(told) && error.contains(&quoted(wrong)), "{wrong}: {error}");
            assert!(!["any", "pl-123"].contains(&wrong) || lenient(wrong).is_none());
        }
    }

    #[test]
    fn what_a_cloud_writes_may_be_a_bare_address_and_of_both_families_but_not_with_leading_zeros() {
        for right in ["10.0.0.0/8", "172.16.0.9/16", "10.0.0.1", "fd00::/8", "::1"] {
            assert!(lenient(right).is_some(), "{right}");
        }
        for wrong in ["010.010.0.0/16", "010.0.0.1", "10.0.0.0/08", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "x", ""]
        {
            assert!(lenient(wrong).is_none(), "{wrong}");
        }
    }
}

//! Address ranges and the rules about them.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};
use local_core::rpc::RpcError;

/// 100.64.0.0/10: the cloud's own services.
const CLOUD: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);

/// Ranges that no vSwitch may lie in.
const RESERVED: [Ipv4Net; 4] = [
    CLOUD,
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4),
];

/// The range that `text` writes. A bare address means that address alone.
pub(crate) fn parse(parameter: &str, text: &str) -> Result<Ipv4Net, RpcError> {
    let net = match strict::range::lenient(text) {
        Some(IpNet::V4(net)) => Some(net),
        Some(IpNet::V6(_)) | None => None,
    };
    let malformed = || {
        RpcError::bad(
            "InvalidCidrBlock.Malformed",
            format!("The specified {parameter} \"{text}\" is not a CIDR block."),
        )
    };
    net.filter(|net: &Ipv4Net| net.network() == net.addr()).ok_or_else(malformed)
}

/// Whether two ranges share an address.
pub(crate) fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

/// Whether a route may lead to `net`: not to the cloud's own services.
pub(crate) fn is_routable(net: &Ipv4Net) -> bool {
    !CLOUD.contains(net)
}

/// Whether a vSwitch may lie in `net`.
pub(crate) fn is_usable(net: &Ipv4Net) -> bool {
    !RESERVED.iter().any(|reserved| overlap(reserved, net))
}

/// The first free range with this mask inside `space`, apart from every one of `taken`.
pub(crate) fn first_free(space: &[Ipv4Net], mask: u8, taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    space.iter().filter_map(|net| net.subnets(mask).ok()).flatten().find(|net| !taken.iter().any(|t| overlap(t, net)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        parse("CidrBlock", text).unwrap()
    }

    #[test]
    fn a_bare_address_is_one_host_and_host_bits_are_refused() {
        assert_eq!(net("10.0.0.1"), net("10.0.0.1/32"));
        for text in
            ["10.0.0.1/8", "10.0.0.0/33", "ten", "10.0.0/8", "fd00::/8", "010.010.0.0/16", "10.0.0.08", "10.0.0.0/08"]
        {
            assert_eq!(parse("CidrBlock", text).unwrap_err().code, "InvalidCidrBlock.Malformed", "{text}");
        }
    }

    #[test]
    fn reserved_ranges_are_known_from_inside_and_from_outside() {
        assert!(!is_routable(&net("100.64.1.0/24")));
        assert!(is_routable(&net("100.0.0.0/8")));
        assert!(!is_usable(&net("100.0.0.0/8")));
        assert!(is_usable(&net("192.168.0.0/24")));
    }

    #[test]
    fn the_first_free_range_avoids_what_is_taken() {
        assert_eq!(
            first_free(&[net("10.0.0.0/22")], 24, &[net("10.0.0.0/24"), net("10.0.1.128/25")]),
            Some(net("10.0.2.0/24"))
        );
        assert_eq!(first_free(&[net("10.0.0.0/24")], 24, &[net("10.0.0.0/16")]), None);
    }
}

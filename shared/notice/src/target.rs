//! Which addresses may be written to.
//!
//! A sink's address comes from a document, and the function that writes to it sits inside the operator's cloud. So it must not
//! be talked into reaching what only it can reach: the platform's metadata service, the loopback interface, private ranges.
//! HTTPS to a host by its name, or to a public address, is all there is. For a cloud that runs on one machine the loopback
//! interface may be allowed, over plain HTTP too. Names are not looked up here: a name that leads inside still has to show a
//! certificate that the public authorities signed for it. No redirect is followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

/// Whether sinks on the loopback interface may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loopback {
    /// No: in the cloud.
    #[default]
    Refused,
    /// Yes, without TLS too: on one's own machine.
    Allowed,
}

/// An address that is not written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum BadTarget {
    #[error("the address does not read; it must be https://HOST/PATH")]
    Unreadable,
    #[error("the address carries a user name or a password")]
    UserInfo,
    #[error("the address is not https://, and a loopback address is not allowed here")]
    NotHttps,
    #[error("the address is not a public one")]
    NotPublic,
}

/// Checks an address.
///
/// # Errors
/// See [`BadTarget`]. The address itself is not repeated: it may hold a token.
pub fn check(address: &str, loopback: Loopback) -> Result<Uri, BadTarget> {
    let uri: Uri = address.parse().map_err(|_| BadTarget::Unreadable)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(BadTarget::Unreadable);
    };
    if authority.as_str().contains('@') {
        return Err(BadTarget::UserInfo);
    }
    let here = is_loopback(authority.host());
    if here && loopback == Loopback::Allowed && matches!(scheme, "http" | "https") {
        return Ok(uri);
    }
    if scheme != "https" {
        return Err(BadTarget::NotHttps);
    }
    if here || !is_public(authority.host()) {
        return Err(BadTarget::NotPublic);
    }
    Ok(uri)
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || address(host).is_some_and(|address| address.is_loopback())
}

fn is_public(host: &str) -> bool {
    match address(host) {
        Some(IpAddr::V4(address)) => is_public_v4(address),
        Some(IpAddr::V6(address)) => is_public_v6(address),
        // `2130706433`, `0x7f.1`: numbers that clients take for an address in a spelling of old.
        None => {
            let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            let is_number =
                last.bytes().all(|byte| byte.is_ascii_digit()) || last.to_ascii_lowercase().starts_with("0x");
            !is_number && !host.starts_with('[')
        }
    }
}

/// By the registry of special-purpose addresses (RFC 6890 and later). `100.64.0.0/10` holds the platform's own services.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 198 && (b == 18 || b == 19)
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4() {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    // Global unicast, but for what tunnels an IPv4 address (6to4, Teredo) and what documents use.
    (0x2000..0x4000).contains(&first) && first != 0x2002 && !(first == 0x2001 && (second == 0 || second == 0xdb8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_to_a_name_or_a_public_address_is_fine() {
        for good in [
            "https://oapi.dingtalk.com/robot/send?access_token=x",
            "https://hooks.example.com:8443/a",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            "https://1password.com/",
        ] {
            assert!(check(good, Loopback::Refused).is_ok(), "{good}");
        }
    }

    #[test]
    fn whatever_leads_inside_is_refused() {
        for (bad, why) in [
            ("http://hooks.example.com/", BadTarget::NotHttps),
            ("ftp://hooks.example.com/", BadTarget::NotHttps),
            ("https://user:word@hooks.example.com/", BadTarget::UserInfo),
            ("/relative", BadTarget::Unreadable),
            ("not an address", BadTarget::Unreadable),
            ("https://100.100.100.200/latest/meta-data/", BadTarget::NotPublic),
            ("https://169.254.169.254/", BadTarget::NotPublic),
            ("https://10.0.0.1/", BadTarget::NotPublic),
            ("https://192.168.1.1/", BadTarget::NotPublic),
            ("https://127.0.0.1/", BadTarget::NotPublic),
            ("https://0.0.0.0/", BadTarget::NotPublic),
            ("https://2130706433/", BadTarget::NotPublic),
            ("https://0x7f.1/", BadTarget::NotPublic),
            ("https://127.1/", BadTarget::NotPublic),
            ("https://localhost/", BadTarget::NotPublic),
            ("https://a.localhost./", BadTarget::NotPublic),
            ("https://[::1]/", BadTarget::NotPublic),
            ("https://[::ffff:10.0.0.1]/", BadTarget::NotPublic),
            ("https://[fd00::1]/", BadTarget::NotPublic),
            ("https://[fe80::1]/", BadTarget::NotPublic),
            ("https://[2002:a00:1::]/", BadTarget::NotPublic),
        ] {
            assert_eq!(check(bad, Loopback::Refused).unwrap_err(), why, "{bad}");
        }
    }

    #[test]
    fn one_s_own_machine_is_reached_where_that_is_allowed_and_nothing_else_becomes_so() {
        for good in ["http://127.0.0.1:8080/", "http://localhost:1/", "https://[::1]/"] {
            assert!(check(good, Loopback::Allowed).is_ok(), "{good}");
        }
        assert_eq!(check("http://10.0.0.1/", Loopback::Allowed).unwrap_err(), BadTarget::NotHttps);
        assert_eq!(check("https://10.0.0.1/", Loopback::Allowed).unwrap_err(), BadTarget::NotPublic);
        assert_eq!(check("http://hooks.example.com/", Loopback::Allowed).unwrap_err(), BadTarget::NotHttps);
    }
}

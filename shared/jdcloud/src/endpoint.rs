//! Where the product is reached: its public host, or another address.

/// The product's own host. It serves every region; the region stands in the path.
const PUBLIC: &str = "https://vpc.jdcloud-api.com";

/// A text that is no address of a cloud.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint must be http:// or https://, a host and optionally a port, and nothing else")]
pub struct BadEndpoint;

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints(String);

impl Endpoints {
    /// The cloud's public host over HTTPS.
    #[must_use]
    pub fn public() -> Self {
        Self(PUBLIC.to_owned())
    }

    /// Another address, such as `http://127.0.0.1:4600`: a local cloud.
    ///
    /// # Errors
    /// When `base` is not `http://` or `https://` followed by a host and optionally a port.
    pub fn at(base: &str) -> Result<Self, BadEndpoint> {
        let base = base.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|_| BadEndpoint)?;
        let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let only_host = uri.path() == "/" && uri.query().is_none();
        match uri.authority() {
            Some(authority) if known_scheme && only_host && !authority.as_str().contains('@') => {
                Ok(Self(base.to_owned()))
            }
            _ => Err(BadEndpoint),
        }
    }

    /// Scheme and host, without a final slash.
    pub(crate) fn base(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_no_more() {
        assert_eq!(Endpoints::public().base(), "https://vpc.jdcloud-api.com");
        assert_eq!(Endpoints::at("http://127.0.0.1:4600/").unwrap().base(), "http://127.0.0.1:4600");
        for base in ["", "127.0.0.1:1", "ftp://h", "http://", "http://h/path", "http://h?x=1", "http://u:p@h"] {
            assert_eq!(Endpoints::at(base), Err(BadEndpoint), "{base:?}");
        }
    }
}

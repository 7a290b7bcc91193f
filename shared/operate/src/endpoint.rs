//! Where a product is reached: the host of each product and region, or one address for all of them.
//!
//! Source of the hosts: docs/reference/deploy-apis.md, section 0.

use alicloud::{BadName, Region};
use http::request::Builder;
use http::{Request, header};

/// One address that stands in for every product: a local cloud.
///
/// Requests go there with the host of the product that they are for, which tells it what is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway(String);

impl Gateway {
    /// The address, such as `http://127.0.0.1:4600`.
    ///
    /// # Errors
    /// When it is not `http://` or `https://`, a host and optionally a port.
    pub fn new(base: &str) -> Result<Self, BadName> {
        alicloud::Endpoints::at(base)?;
        Ok(Self(base.trim_end_matches('/').to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request to `host`, or through the gateway if there is one. `target` is path and query.
pub(crate) fn request(gateway: Option<&Gateway>, host: &str, target: &str) -> Builder {
    match gateway {
        Some(Gateway(base)) => Request::builder().uri(format!("{base}{target}")).header(header::HOST, host),
        None => Request::builder().uri(format!("https://{host}{target}")),
    }
}

/// The hosts.
pub(crate) mod hosts {
    use super::Region;

    /// STS, central.
    pub(crate) const STS: &str = "sts.aliyuncs.com";

    #[allow(dead_code)]
    pub(crate) fn unused(_: &Region) {}
}

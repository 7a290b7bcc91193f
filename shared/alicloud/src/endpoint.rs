//! Where a product is reached: the rule of each product and region, or one address for everything.

use crate::call::Product;
use crate::names::{AccountId, BadName, Region};

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints(Rule);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Public,
    Inside(Region),
    At(String),
}

impl Endpoints {
    /// The cloud's public hosts over HTTPS.
    #[must_use]
    pub const fn public() -> Self {
        Self(Rule::Public)
    }

    /// For code that runs in the cloud, in `home`: STS by the host of that region, and message queues of that region by
    /// the internal network. Everything else is public.
    #[must_use]
    pub const fn inside(home: Region) -> Self {
        Self(Rule::Inside(home))
    }

    /// Every product at one address, such as `http://127.0.0.1:4600`: a local cloud.
    ///
    /// # Errors
    /// When `base` is not `http://` or `https://` followed by a host and optionally a port.
    pub fn at(base: &str) -> Result<Self, BadName> {
        const BAD: BadName =
            BadName::new("an endpoint", "http:// or https://, a host and optionally a port, and nothing else");
        let base = base.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|_| BAD)?;
        let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let only_host = uri.path() == "/" && uri.query().is_none();
        match uri.authority() {
            Some(authority) if known_scheme && only_host && !authority.as_str().contains('@') => {
                Ok(Self(Rule::At(base.to_owned())))
            }
            _ => Err(BAD),
        }
    }

    /// Scheme and host of an RPC product, without a final slash.
    pub(crate) fn rpc(&self, product: Product, region: Option<&Region>) -> String {
        let home = match &self.0 {
            Rule::At(base) => return base.clone(),
            Rule::Inside(home) => Some(home),
            Rule::Public => None,
        };
        let name = product.name();
        let region = match product {
            Product::Sts => region.or(home).map(Region::as_str),
            Product::Vpc | Product::Mns => region.map(Region::as_str).filter(|region| *region != "cn-hangzhou"),
        };
        match region {
            Some(region) => format!("https://{name}.{region}.aliyuncs.com"),
            None => format!("https://{name}.aliyuncs.com"),
        }
    }

    /// Scheme and host of an account's queues in a region, without a final slash.
    pub(crate) fn mns(&self, account: &AccountId, region: &Region) -> String {
        match &self.0 {
            Rule::At(base) => base.clone(),
            Rule::Inside(home) if home == region => format!("https://{account}.mns.{region}-internal.aliyuncs.com"),
            Rule::Inside(_) | Rule::Public => format!("https://{account}.mns.{region}.aliyuncs.com"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    #[test]
    fn vpc_is_regional_but_for_hangzhou() {
        let endpoints = Endpoints::public();
        assert_eq!(endpoints.rpc(Product::Vpc, Some(&region("cn-qingdao"))), "https://vpc.cn-qingdao.aliyuncs.com");
        assert_eq!(endpoints.rpc(Product::Vpc, Some(&region("cn-hangzhou"))), "https://vpc.aliyuncs.com");
    }

    #[test]
    fn sts_is_central_from_outside_and_regional_from_inside() {
        assert_eq!(Endpoints::public().rpc(Product::Sts, None), "https://sts.aliyuncs.com");
        assert_eq!(
            Endpoints::inside(region("cn-hangzhou")).rpc(Product::Sts, None),
            "https://sts.cn-hangzhou.aliyuncs.com"
        );
    }

    #[test]
    fn queues_use_the_internal_network_only_in_their_own_region() {
        let account = "1000000000000001".parse().unwrap();
        let inside = Endpoints::inside(region("cn-qingdao"));
        let host = |endpoints: &Endpoints, name: &str| endpoints.mns(&account, &region(name));
        assert_eq!(host(&inside, "cn-qingdao"), "https://1000000000000001.mns.cn-qingdao-internal.aliyuncs.com");
        assert_eq!(host(&inside, "cn-beijing"), "https://1000000000000001.mns.cn-beijing.aliyuncs.com");
        assert_eq!(host(&Endpoints::public(), "cn-qingdao"), "https://1000000000000001.mns.cn-qingdao.aliyuncs.com");
    }

    #[test]
    fn one_address_serves_every_product() {
        let local = Endpoints::at("http://127.0.0.1:4600/").unwrap();
        assert_eq!(local.rpc(Product::Vpc, Some(&region("cn-qingdao"))), "http://127.0.0.1:4600");
        assert_eq!(local.rpc(Product::Sts, None), "http://127.0.0.1:4600");
        assert_eq!(local.mns(&"1".parse().unwrap(), &region("cn-qingdao")), "http://127.0.0.1:4600");
    }

    #[test]
    fn an_address_with_more_than_host_and_port_is_refused() {
        for base in
            ["", "127.0.0.1:1", "ftp://h", "http://", "http://h/path", "http://h?x=1", "http://user:pw@h", "http://h h"]
        {
            assert!(Endpoints::at(base).is_err(), "{base:?}");
        }
    }
}

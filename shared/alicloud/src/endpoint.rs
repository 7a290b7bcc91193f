//! Where a product is reached: the rule of each product and region, one address for everything, or an address of one's
//! own for some product.

use crate::call::Product;
use crate::names::{AccountId, BadName, Region};

/// The regions whose classic load balancers are reached at the central address; the others have one of their own.
const SLB_CENTRAL: &[&str] = &[
    "cn-qingdao",
    "cn-beijing",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-1",
    "us-west-1",
    "us-east-1",
];

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    rule: Rule,
    /// Addresses that stand before the rule.
    own: Vec<(Product, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Public,
    Inside(Region),
    At(String),
}

impl Endpoints {
    const fn by(rule: Rule) -> Self {
        Self { rule, own: Vec::new() }
    }

    /// The cloud's public hosts over HTTPS.
    #[must_use]
    pub const fn public() -> Self {
        Self::by(Rule::Public)
    }

    /// For code that runs in the cloud, in `home`: STS by the host of that region. Everything else is public: inside, queues
    /// are offered without TLS only.
    #[must_use]
    pub const fn inside(home: Region) -> Self {
        Self::by(Rule::Inside(home))
    }

    /// Every product at one address, such as `http://127.0.0.1:4600`: a local cloud.
    ///
    /// # Errors
    /// When `base` is not `http://` or `https://` followed by a host and optionally a port.
    pub fn at(base: &str) -> Result<Self, BadName> {
        Ok(Self::by(Rule::At(checked(base)?)))
    }

    /// The same, but with `product` at an address of its own: a private network's, or that of a region whose host does not
    /// follow the rule.
    ///
    /// # Errors
    /// When `base` is not `http://` or `https://` followed by a host and optionally a port.
    pub fn with(mut self, product: Product, base: &str) -> Result<Self, BadName> {
        let base = checked(base)?;
        self.own.retain(|(known, _)| *known != product);
        self.own.push((product, base));
        Ok(self)
    }

    fn own(&self, product: Product) -> Option<&String> {
        self.own.iter().find(|(known, _)| *known == product).map(|(_, base)| base)
    }

    /// Scheme and host of an RPC product, without a final slash.
    #[must_use]
    pub fn rpc(&self, product: Product, region: Option<&Region>) -> String {
        if let Some(base) = self.own(product) {
            return base.clone();
        }
        let home = match &self.rule {
            Rule::At(base) => return base.clone(),
            Rule::Inside(home) => Some(home),
            Rule::Public => None,
        };
        let name = product.name();
        let region = region.map(Region::as_str);
        let region = match product {
            Product::Sts => region.or(home.map(Region::as_str)),
            Product::VpcPeer | Product::Cdt => None,
            Product::Ecs if region == Some("cn-hangzhou") => return "https://ecs-cn-hangzhou.aliyuncs.com".to_owned(),
            Product::Vpc | Product::Mns => region.filter(|region| *region != "cn-hangzhou"),
            Product::Slb => region.filter(|region| !SLB_CENTRAL.contains(region)),
            Product::Ecs | Product::PrivateLink | Product::Nlb | Product::Alb => region,
        };
        match region {
            Some(region) => format!("https://{name}.{region}.aliyuncs.com"),
            None => format!("https://{name}.aliyuncs.com"),
        }
    }

    /// Scheme and host of an account's queues in a region, without a final slash.
    pub(crate) fn mns(&self, account: &AccountId, region: &Region) -> String {
        if let Some(base) = self.own(Product::Mns) {
            return base.clone();
        }
        match &self.rule {
            Rule::At(base) => base.clone(),
            Rule::Inside(_) | Rule::Public => format!("https://{account}.mns.{region}.aliyuncs.com"),
        }
    }
}

/// An address without a final slash.
fn checked(base: &str) -> Result<String, BadName> {
    const BAD: BadName =
        BadName::new("an endpoint", "http:// or https://, a host and optionally a port, and nothing else");
    let base = base.trim_end_matches('/');
    let uri: http::Uri = base.parse().map_err(|_| BAD)?;
    let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    let only_host = uri.path() == "/" && uri.query().is_none();
    match uri.authority() {
        Some(authority) if known_scheme && only_host && !authority.as_str().contains('@') => Ok(base.to_owned()),
        _ => Err(BAD),
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
    fn queues_are_reached_by_the_public_host_everywhere() {
        let account = "1000000000000001".parse().unwrap();
        let inside = Endpoints::inside(region("cn-qingdao"));
        let host = |endpoints: &Endpoints, name: &str| endpoints.mns(&account, &region(name));
        assert_eq!(host(&inside, "cn-qingdao"), "https://1000000000000001.mns.cn-qingdao.aliyuncs.com");
        assert_eq!(host(&inside, "cn-beijing"), "https://1000000000000001.mns.cn-beijing.aliyuncs.com");
        assert_eq!(host(&Endpoints::public(), "cn-qingdao"), "https://1000000000000001.mns.cn-qingdao.aliyuncs.com");
    }

    #[test]
    fn each_product_is_reached_by_its_own_rule() {
        let host = |product, name| Endpoints::public().rpc(product, Some(&region(name)));
        for (product, name, expected) in [
            (Product::Ecs, "eu-central-1", "https://ecs.eu-central-1.aliyuncs.com"),
            (Product::Ecs, "cn-hangzhou", "https://ecs-cn-hangzhou.aliyuncs.com"),
            (Product::VpcPeer, "eu-central-1", "https://vpcpeer.aliyuncs.com"),
            (Product::Cdt, "eu-central-1", "https://cdt.aliyuncs.com"),
            (Product::PrivateLink, "cn-hangzhou", "https://privatelink.cn-hangzhou.aliyuncs.com"),
            (Product::Slb, "eu-central-1", "https://slb.eu-central-1.aliyuncs.com"),
            (Product::Slb, "cn-qingdao", "https://slb.aliyuncs.com"),
            (Product::Nlb, "eu-central-1", "https://nlb.eu-central-1.aliyuncs.com"),
            (Product::Alb, "eu-central-1", "https://alb.eu-central-1.aliyuncs.com"),
        ] {
            assert_eq!(host(product, name), expected);
        }
    }

    #[test]
    fn a_product_may_have_an_address_of_its_own() {
        let endpoints = Endpoints::public()
            .with(Product::Slb, "https://old.example")
            .and_then(|endpoints| endpoints.with(Product::Slb, "https://slb.example/"))
            .and_then(|endpoints| endpoints.with(Product::Mns, "http://mns.example"))
            .unwrap();
        assert_eq!(endpoints.rpc(Product::Slb, Some(&region("cn-qingdao"))), "https://slb.example");
        assert_eq!(endpoints.rpc(Product::Vpc, Some(&region("cn-qingdao"))), "https://vpc.cn-qingdao.aliyuncs.com");
        assert_eq!(endpoints.mns(&"1".parse().unwrap(), &region("cn-qingdao")), "http://mns.example");
        assert!(endpoints.with(Product::Ecs, "ecs.example").is_err());
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

//! Where a product is reached: the host of each product and region, or one address for all of them.
//!
//! Source of the hosts: docs/reference/deploy-apis.md, section 0.

use alicloud::BadName;
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

/// The public hosts.
pub(crate) mod hosts {
    use alicloud::{AccountId, Region};

    pub(crate) const STS: &str = "sts.aliyuncs.com";
    /// The same for every region.
    pub(crate) const ROS: &str = "ros.aliyuncs.com";
    pub(crate) const RAM: &str = "ram.aliyuncs.com";
    pub(crate) const RESOURCE_MANAGER: &str = "resourcemanager.aliyuncs.com";
    pub(crate) const BILLING: &str = "business.aliyuncs.com";
    pub(crate) const BILLING_ABROAD: &str = "business.ap-southeast-1.aliyuncs.com";
    pub(crate) const FC_OPEN: &str = "fc-open.cn-hangzhou.aliyuncs.com";
    pub(crate) const OSS_ADMIN: &str = "oss-admin.aliyuncs.com";

    /// Not `eventbridge.{region}`, which takes events.
    pub(crate) fn event_bridge(region: &Region) -> String {
        format!("eventbridge-console.{region}.aliyuncs.com")
    }

    pub(crate) fn fc(region: &Region) -> String {
        format!("fcv3.{region}.aliyuncs.com")
    }

    pub(crate) fn sls(region: &Region) -> String {
        format!("{region}.log.aliyuncs.com")
    }

    pub(crate) fn oss(region: &Region) -> String {
        format!("oss-{region}.aliyuncs.com")
    }

    pub(crate) fn mns(account: &AccountId, region: &Region) -> String {
        format!("{account}.mns.{region}.aliyuncs.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_has_the_host_of_the_sheet() {
        let region = "cn-qingdao".parse().unwrap();
        assert_eq!(hosts::event_bridge(&region), "eventbridge-console.cn-qingdao.aliyuncs.com");
        assert_eq!(hosts::fc(&region), "fcv3.cn-qingdao.aliyuncs.com");
        assert_eq!(hosts::sls(&region), "cn-qingdao.log.aliyuncs.com");
        assert_eq!(hosts::oss(&region), "oss-cn-qingdao.aliyuncs.com");
        assert_eq!(hosts::mns(&"1".parse().unwrap(), &region), "1.mns.cn-qingdao.aliyuncs.com");
    }

    #[test]
    fn a_gateway_is_an_address_and_nothing_else() {
        assert_eq!(Gateway::new("http://127.0.0.1:4600/").unwrap().as_str(), "http://127.0.0.1:4600");
        for base in ["", "127.0.0.1:1", "ftp://h", "http://h/path", "http://user@h"] {
            assert!(Gateway::new(base).is_err(), "{base:?}");
        }
    }
}

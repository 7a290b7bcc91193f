//! Which of the clouds' own hosts exist. A client that does not speak to the loopback address but to a host by its name, as
//! programs on the cloud do, must know the right one: another leads nowhere.
//!
//! Sources: docs/reference/deploy-apis.md, section 0; function-compute.md and mns-signing-sts.md for queues and STS.

use http::Uri;
use local_core::regions::Region;

/// Whether a request to this address reaches anybody. Hosts that are not the clouds' are none of our business.
pub(crate) fn exists(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let is_https = uri.scheme_str() == Some("https");
    if let Some(product) = host.strip_suffix(".jdcloud-api.com") {
        return is_https && product == "vpc";
    }
    let Some(name) = host.strip_suffix(".aliyuncs.com") else { return true };
    let is_region = |text: &str| Region::find(text).is_some();
    let is_account = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match name.split('.').collect::<Vec<_>>().as_slice() {
        ["sts" | "ram"] => is_https,
        ["sts", region] => is_https && is_region(region),
        ["ros" | "ros-intl" | "resourcemanager" | "business" | "oss-admin"] => true,
        [region, "log"] | [_, region, "log"] => is_region(region.strip_suffix("-intranet").unwrap_or(region)),
        ["vpc" | "vpcpeer" | "ecs" | "ecs-cn-hangzhou" | "slb" | "cdt"] => true,
        [
            "vpc"
            | "ecs"
            | "slb"
            | "privatelink"
            | "nlb"
            | "alb"
            | "mns-open"
            | "fcv3"
            | "fc-open"
            | "eventbridge-console",
            region,
        ] => is_region(region),
        [account, region, "fc"] => is_account(account) && is_region(region),
        // Inside the cloud queues are reached without TLS only.
        [account, "mns", region] => match region.strip_suffix("-internal") {
            Some(region) => !is_https && is_account(account) && is_region(region),
            None => is_account(account) && is_region(region),
        },
        [service] | [_, service] => service
            .strip_prefix("oss-")
            .is_some_and(|region| is_region(region.strip_suffix("-internal").unwrap_or(region))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_exists_or_leads_nowhere() {
        for (address, expected) in [
            ("https://vpc.cn-qingdao.aliyuncs.com/", true),
            ("https://vpc.cn-nowhere.aliyuncs.com/", false),
            ("https://sts.cn-hangzhou.aliyuncs.com/", true),
            ("http://sts.cn-hangzhou.aliyuncs.com/", false),
            ("https://vpcpeer.aliyuncs.com/", true),
            ("https://vpcpeer.cn-qingdao.aliyuncs.com/", false),
            ("https://cdt.aliyuncs.com/", true),
            ("https://cdt.cn-qingdao.aliyuncs.com/", false),
            ("https://1.mns.cn-hangzhou.aliyuncs.com/queues/q", true),
            ("http://1.mns.cn-hangzhou-internal.aliyuncs.com/queues/q", true),
            ("https://1.mns.cn-hangzhou-internal.aliyuncs.com/queues/q", false),
            ("https://records.oss-cn-hangzhou-internal.aliyuncs.com/a", true),
            ("https://oss-cn-hangzhou.aliyuncs.com/", true),
            ("https://records.oss-hangzhou.aliyuncs.com/a", false),
            ("https://eventbridge.cn-hangzhou.aliyuncs.com/", false),
            ("https://eventbridge-console.cn-hangzhou.aliyuncs.com/", true),
            ("http://ram.aliyuncs.com/", false),
            ("https://ros.aliyuncs.com/", true),
            ("https://p.cn-hangzhou.log.aliyuncs.com/logstores/s", true),
            ("https://vpc.jdcloud-api.com/v1/", true),
            ("http://vpc.jdcloud-api.com/v1/", false),
            ("http://127.0.0.1:4600/", true),
            ("/queues/q", true),
        ] {
            assert_eq!(exists(&address.parse().unwrap()), expected, "{address}");
        }
    }
}

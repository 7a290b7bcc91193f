//! Which product a request is for.

use http::header::{AUTHORIZATION, HOST};
use http::{Request, Uri};
use local_core::rpc::envelope;
use local_ops::opening::FC_OPEN_PATH;

/// What the hosts of HTTP triggers end with.
pub(super) const FUNCTION_HOST: &str = ".fcapp.run";

/// What JD Cloud's hosts end with.
const JD_HOST: &str = ".jdcloud-api.com";

/// Who answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A product of RPC style: VPC, STS, the control plane of the message service.
    Rpc,
    /// The opening of functions.
    FcOpen,
    /// The message service's XML API.
    Mns,
    /// Object storage.
    Oss,
    /// Logs.
    Sls,
    /// The management API of functions.
    Fc,
    /// JD Cloud.
    Jd,
    /// This local cloud itself.
    Admin,
    /// The function with the HTTP trigger.
    Function,
}

impl Destination {
    /// By path for the cloud itself, then by host, then by what the request shows.
    pub(crate) fn of<B: AsRef<[u8]>>(request: &Request<B>) -> Self {
        if is_admin(request.uri()) {
            return Self::Admin;
        }
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).or(request.uri().host());
        host.and_then(by_host).unwrap_or_else(|| by_content(request))
    }
}

fn is_admin(uri: &Uri) -> bool {
    uri.path().starts_with("/_local/")
}

/// The product behind one of the cloud's own hosts.
fn by_host(host: &str) -> Option<Destination> {
    // A client told to use an endpoint with a scheme sends all of it as its host.
    let host = host.rsplit("//").next()?.to_ascii_lowercase();
    let host = host.split(':').next()?;
    if host.ends_with(FUNCTION_HOST) {
        return Some(Destination::Function);
    }
    if host.ends_with(JD_HOST) {
        return Some(Destination::Jd);
    }
    let labels: Vec<&str> = host.strip_suffix(".aliyuncs.com")?.split('.').collect();
    let is = |label: &str| labels.contains(&label);
    if is("mns") {
        Some(Destination::Mns)
    } else if labels.last().is_some_and(|label| label.starts_with("oss-")) {
        Some(Destination::Oss)
    } else if is("log") {
        Some(Destination::Sls)
    } else if is("fc-open") {
        Some(Destination::FcOpen)
    } else if is("fc") || is("fcv3") {
        Some(Destination::Fc)
    } else {
        Some(Destination::Rpc)
    }
}

fn by_content<B: AsRef<[u8]>>(request: &Request<B>) -> Destination {
    let headers = request.headers();
    let scheme = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let has = |name: &str| headers.contains_key(name);
    if scheme.starts_with("MNS") || has("x-mns-version") {
        Destination::Mns
    } else if scheme.starts_with("ACS3-") || has("x-acs-action") {
        // Functions and their opening alone of these products have paths.
        match request.uri().path() {
            "/" => Destination::Rpc,
            FC_OPEN_PATH => Destination::FcOpen,
            _ => Destination::Fc,
        }
    } else if scheme.starts_with("LOG ") {
        Destination::Sls
    } else if scheme.starts_with("OSS") || is_oss_query(request.uri().query().unwrap_or_default()) {
        Destination::Oss
    } else if scheme.starts_with("JDCLOUD") || is_jd(request) {
        Destination::Jd
    } else if request.uri().path() == "/" && is_rpc_v1(request) {
        Destination::Rpc
    } else {
        Destination::Function
    }
}

/// Whether a request that is not signed for JD Cloud is meant for it all the same.
fn is_jd<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with("/v1/regions/")
        || request.headers().keys().any(|name| name.as_str().starts_with("x-jdcloud-"))
}

/// Whether a URL was signed for object storage.
fn is_oss_query(query: &str) -> bool {
    query.split('&').any(|pair| pair.starts_with("OSSAccessKeyId=") || pair.starts_with("x-oss-signature"))
}

fn is_rpc_v1<B: AsRef<[u8]>>(request: &Request<B>) -> bool {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.uri = request.uri().clone();
    parts.headers = request.headers().clone();
    envelope::looks_like_v1(&parts, request.body().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(host: &str, path: &str, headers: &[(&str, &str)]) -> Destination {
        let mut request = Request::get(path).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Destination::of(&request.body(Vec::<u8>::new()).unwrap())
    }

    #[test]
    fn a_products_host_decides() {
        for (host, expected) in [
            ("vpc.cn-qingdao.aliyuncs.com", Destination::Rpc),
            ("vpc.aliyuncs.com", Destination::Rpc),
            ("sts.aliyuncs.com:443", Destination::Rpc),
            ("1000.mns.cn-beijing.aliyuncs.com", Destination::Mns),
            ("1000.mns.cn-beijing-internal.aliyuncs.com", Destination::Mns),
            ("bucket.oss-cn-hangzhou.aliyuncs.com", Destination::Oss),
            ("oss-cn-hangzhou-internal.aliyuncs.com", Destination::Oss),
            ("1000.cn-hangzhou.fc.aliyuncs.com", Destination::Fc),
            ("fcv3.cn-hangzhou.aliyuncs.com", Destination::Fc),
            ("project.cn-hangzhou.log.aliyuncs.com", Destination::Sls),
            ("ros.aliyuncs.com", Destination::Rpc),
            ("http://vpc.cn-qingdao.aliyuncs.com", Destination::Rpc),
            ("vpc.jdcloud-api.com", Destination::Jd),
            ("vpc.internal.cn-north-1.jdcloud-api.com:80", Destination::Jd),
            ("webhook-abc.cn-hangzhou.fcapp.run", Destination::Function),
        ] {
            assert_eq!(destination(host, "/", &[]), expected, "{host}");
        }
    }

    #[test]
    fn on_loopback_the_request_itself_decides() {
        let local = "127.0.0.1:8000";
        for (path, headers, expected) in [
            ("/queues/q", vec![("authorization", "MNS id:sig")], Destination::Mns),
            ("/queues/q", vec![("x-mns-version", "2015-06-06")], Destination::Mns),
            ("/?RegionId=x", vec![("authorization", "ACS3-HMAC-SHA256 Credential=id")], Destination::Rpc),
            ("/2023-03-30/functions", vec![("authorization", "ACS3-HMAC-SHA256 Credential=id")], Destination::Fc),
            ("/logstores/s", vec![("authorization", "LOG id:sig")], Destination::Sls),
            ("/bucket/key", vec![("authorization", "OSS id:sig")], Destination::Oss),
            ("/bucket/key", vec![("authorization", "OSS4-HMAC-SHA256 Credential=id")], Destination::Oss),
            ("/bucket/key?OSSAccessKeyId=id&Signature=s&Expires=1", vec![], Destination::Oss),
            ("/?Action=DescribeVpcs&Version=2016-04-28&Signature=s", vec![], Destination::Rpc),
            ("/v1/regions/r/vpcs/", vec![("authorization", "JDCLOUD3-HMAC-SHA256 Credential=id")], Destination::Jd),
            ("/v1/regions/r/vpcs/", vec![], Destination::Jd),
            ("/v1/x", vec![("x-jdcloud-nonce", "n")], Destination::Jd),
            ("/v1/connections", vec![("authorization", "Bearer t")], Destination::Function),
            ("/", vec![], Destination::Function),
            ("/_local/faults", vec![], Destination::Admin),
        ] {
            assert_eq!(destination(local, path, &headers), expected, "{path} {headers:?}");
        }
    }

    #[test]
    fn a_form_body_is_read_too() {
        let request = Request::post("/")
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(b"Action=DescribeVpcs&Version=2016-04-28".to_vec())
            .unwrap();
        assert_eq!(Destination::of(&request), Destination::Rpc);
    }
}

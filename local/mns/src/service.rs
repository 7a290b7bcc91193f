//! One HTTP request: who asks, for which account and region, for what; then the reply.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use local_core::access::Denied;
use local_core::calls::{Call, Product};
use local_core::opened::Openable;
use local_core::pipeline::{Ordered, Refusals};
use local_core::refuse_if;
use local_core::xml::Element;

use super::error::MnsError;
use super::operation::{self, Operation};
use super::reply::{Place, Reply};
use super::rows::QueueRef;
use super::wire::{self, NAMESPACE};
use super::{Mns, caller};

impl Mns {
    /// Answers one request of the XML API. A long poll waits here, in cloud time.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.upper_hex(24);
        let address = address(&parts);
        let mut call = self.shared.begin(Product::Mns, &self.shared.home.region, &request_id);
        let result = self.answer(&parts, &body, &address, &mut call).await;
        let refused = result.as_ref().err().map(|error| error.code().to_owned());
        let reply = result.unwrap_or_else(|error| {
            let body = Element::new("Error")
                .in_namespace(NAMESPACE)
                .field("Code", error.code())
                .field("Message", &error)
                .field("RequestId", &request_id)
                .field("HostId", &address);
            Reply::status(error.status(), body)
        });
        call.attach(self.write(reply, &request_id), refused)
    }

    fn write(&self, reply: Reply, request_id: &str) -> Response<Bytes> {
        let mut response = Response::new(reply.body.map(|body| Bytes::from(body.document())).unwrap_or_default());
        *response.status_mut() = reply.status;
        let headers = response.headers_mut();
        headers.insert("x-mns-version", HeaderValue::from_static(cloud_signing::mns::VERSION));
        headers.insert(http::header::SERVER, HeaderValue::from_static("AliyunMNS"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=utf-8"));
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&self.shared.clock.wall());
        let written = [
            ("x-mns-request-id", Some(request_id.to_owned())),
            ("date", date.ok()),
            (LOCATION.as_str(), reply.location),
        ];
        for (name, value) in written {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }

    async fn answer(&self, parts: &Parts, body: &[u8], address: &str, call: &mut Call) -> Result<Reply, MnsError> {
        let caller = caller::identify(&self.shared, parts, body)?;
        call.info.account.clone_from(&caller.account_id);
        call.caller = Some(caller.principal.clone());
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).or(parts.uri.host());
        let (account_id, region) = match host.and_then(account_and_region) {
            Some(named) => named,
            None => (caller.account_id.clone(), self.shared.home.region.clone()),
        };
        call.info.region.clone_from(&region);
        let place = Place { account_id, region, address: address.to_owned() };
        let operation = Operation::read(&parts.method, &parts.uri)?;
        call.info.action = operation.action().to_owned();
        call.is_write = operation.is_write();
        let path = operation::segments(&parts.uri)?;
        call.resource = path.get(1).cloned();
        if place.account_id != caller.account_id {
            let text = format!("the resources of account {} belong to somebody else.", place.account_id);
            return Err(MnsError::AccessDenied(text));
        }
        call.needs = operation.needs(&place, &path, body);
        let work = async {
            match operation {
                Operation::OpenService => self.open_service(&place.account_id),
                // What a closed account is told is in no source.
                _ if !self.shared.opened.has(&place.account_id, Openable::Mns) => Err(closed()),
                Operation::ReceiveMessage { queue, batch, wait_seconds } => {
                    self.receive_messages(&place.queue(queue), batch, wait_seconds).await
                }
                other => self.perform(&place, other, body, &parts.headers),
            }
        };
        self.shared.carry_out(self, call, &caller, &[], work).await
    }

    /// Opens the product for an account (docs/reference/deploy-apis.md, section 3).
    fn open_service(&self, account_id: &str) -> Result<Reply, MnsError> {
        if !self.shared.opened.open(account_id, Openable::Mns)? {
            return Err(MnsError::Opened);
        }
        let order = 200_000_000_000_u64 + self.shared.ids.below(99_999_999_999);
        Ok(Reply::ok(Element::new("OpenService").in_namespace(NAMESPACE).field("OrderId", order)))
    }

    async fn receive_messages(
        &self,
        queue: &QueueRef,
        batch: Option<usize>,
        wait_seconds: Option<u32>,
    ) -> Result<Reply, MnsError> {
        let wait = match wait_seconds {
            Some(seconds) => seconds,
            None => self.queue(queue)?.attributes.polling_wait_seconds,
        };
        let deliveries = self.receive(queue, batch.unwrap_or(1), Duration::from_secs(wait.into())).await?;
        refuse_if!(deliveries.is_empty(), MnsError::MessageNotExist);
        Ok(Reply::ok(wire::messages(deliveries.iter().map(wire::delivery).collect(), batch.is_some())))
    }
}

impl Refusals for Mns {
    type Error = MnsError;

    fn denied(&self, denied: &Denied) -> MnsError {
        MnsError::AccessDenied(denied.message())
    }

    fn ordered(&self, order: Ordered<'_>) -> MnsError {
        let (status, code) = match order {
            // Its status is not documented.
            Ordered::Throttle => (StatusCode::BAD_REQUEST, "QpsLimitExceeded"),
            Ordered::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            Ordered::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            Ordered::Refuse { status, code } => (status, code),
        };
        MnsError::Ordered { status, code: code.to_owned() }
    }
}

pub(super) fn closed() -> MnsError {
    MnsError::AccessDenied("the account has not opened the service.".into())
}

/// `http://` and the host that the client asked.
fn address(parts: &Parts) -> String {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(parts.uri.authority().map(|authority| authority.as_str()));
    match host.unwrap_or("localhost") {
        // Some SDKs put the whole address there.
        whole if whole.contains("://") => whole.trim_end_matches('/').to_owned(),
        host => format!("http://{host}"),
    }
}

/// The account and region in a host `{account}.mns.{region}[-internal|-vpc].aliyuncs.com`.
fn account_and_region(host: &str) -> Option<(String, String)> {
    let host = host.split(':').next()?;
    let (account, rest) = host.split_once(".mns.")?;
    let region = rest.split('.').next()?;
    let region = region.strip_suffix("-internal").or(region.strip_suffix("-vpc")).unwrap_or(region);
    let numeric = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then(|| (account.to_owned(), region.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_names_account_and_region() {
        let expected = Some(("123".to_owned(), "cn-hangzhou".to_owned()));
        for host in [
            "123.mns.cn-hangzhou.aliyuncs.com",
            "123.mns.cn-hangzhou-internal.aliyuncs.com",
            "123.mns.cn-hangzhou-vpc.aliyuncs.com:80",
            "123.mns.cn-hangzhou.localhost:4000",
        ] {
            assert_eq!(account_and_region(host), expected, "{host}");
        }
        for host in ["127.0.0.1:4000", "mns.cn-hangzhou.aliyuncs.com", "x.mns.cn-hangzhou.aliyuncs.com"] {
            assert_eq!(account_and_region(host), None, "{host}");
        }
    }
}

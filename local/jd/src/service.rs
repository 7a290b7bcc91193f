//! One request from beginning to end.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use local_core::access::Denied;
use local_core::calls::{Call, Product};
use local_core::identity::Identity;
use local_core::pipeline::{Ordered, Refusals};
use local_core::refuse_if;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Jd;
use super::caller;
use super::error::{JdError, JdStatus};
use super::operations::Operation;
use super::place::REGIONS;
use super::request::{JdRequest, read_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-jdcloud-request-id");

/// How this cloud words what every call can meet.
struct Wording;

impl Refusals for Wording {
    type Error = JdError;

    /// Never happens: every key is an account's own.
    fn denied(&self, denied: &Denied) -> JdError {
        JdError::access(&denied.message())
    }

    fn ordered(&self, order: Ordered<'_>) -> JdError {
        match order {
            Ordered::Throttle => JdError::new(JdStatus::RateLimit, "request rate limit exceeded [gw]"),
            Ordered::ServerError => JdError::new(JdStatus::Internal, "internal error"),
            Ordered::Unavailable => JdError::new(JdStatus::Unavailable, "service unavailable"),
            Ordered::Refuse { status, code } => JdError::ordered(status, code),
        }
    }
}

impl Jd {
    /// Answers one request. The response carries the record of the call.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.uuid();
        let mut call = self.shared.begin(Product::Jdcloud, "", &request_id);
        let result = self.answer(&parts, &body, &mut call).await;
        if let Ok(result) = &result {
            call.resource = call.resource.or_else(|| made(result));
        }
        let refused = result.as_ref().err().map(|error| error.code.to_string());
        call.attach(answer(&request_id, result), refused)
    }

    async fn answer(&self, parts: &Parts, body: &[u8], call: &mut Call) -> Result<Value, JdError> {
        let (operation, caller, request) = self.accept(parts, body, call)?;
        let work = async { self.change(|world| (operation.run)(world, &request)) };
        self.shared.carry_out(&Wording, call, &caller, &[], work).await
    }

    /// Proves the caller and finds the operation.
    fn accept(
        &self,
        parts: &Parts,
        body: &[u8],
        call: &mut Call,
    ) -> Result<(&'static Operation, Identity, JdRequest), JdError> {
        let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
        let no_route = || JdError::new(JdStatus::NotFound, format!("no api for {} {path}", parts.method));
        let (region, path_below) = path
            .strip_prefix("/v1/regions/")
            .and_then(|rest| rest.split_at_checked(rest.find('/')?))
            .ok_or_else(no_route)?;
        call.info.region = region.to_owned();
        let caller = caller::prove(&self.shared, &self.nonces, self.settings(), region, parts, body)?;
        call.info.account.clone_from(&caller.account_id);
        call.caller = Some(caller.principal.clone());
        refuse_if!(!REGIONS.contains(&region), JdError::invalid(format!("region {region} does not exist")));
        let (operation, id) = Operation::find(&parts.method, path_below).ok_or_else(no_route)?;
        operation.name.clone_into(&mut call.info.action);
        call.is_write = operation.writes;
        call.resource = Some(id.clone()).filter(|id| !id.is_empty());
        let request = JdRequest {
            account: caller.account_id.clone(),
            region: region.to_owned(),
            id,
            query: cloud_signing::encode::form_pairs(parts.uri.query().unwrap_or_default()),
            body: read_body(body)?,
        };
        Ok((operation, caller, request))
    }
}

/// The id of what a call made, for the log.
fn made(result: &Value) -> Option<String> {
    const IDS: [&str; 4] = ["vpcId", "subnetId", "routeTableId", "networkSecurityGroupId"];
    let peering = || result.pointer("/vpcPeering/vpcPeeringId");
    let id = IDS.iter().find_map(|id| result.get(*id)).or_else(peering)?;
    id.as_str().map(str::to_owned)
}

/// Every answer has a request id: the Python SDK drops an error without one.
fn answer(request_id: &str, result: Result<Value, JdError>) -> Response<Bytes> {
    let (status, body) = match result {
        Ok(Value::Null) => (StatusCode::OK, json!({ "requestId": request_id })),
        Ok(result) => (StatusCode::OK, json!({ "requestId": request_id, "result": result })),
        Err(JdError { status, code, message }) => {
            let error = json!({ "code": status.as_u16(), "status": code, "message": message });
            (status, json!({ "requestId": request_id, "error": error }))
        }
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

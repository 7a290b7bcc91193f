//! One request from beginning to end.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use local_core::calls::{Call, CallInfo, Outcome, Product};
use local_core::faults::{Fault, Swallow};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Jd;
use super::caller;
use super::error::{JdError, JdStatus};
use super::operations::Operation;
use super::place::REGIONS;
use super::request::{JdRequest, read_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-jdcloud-request-id");

/// What becomes of a call, and of its answer.
type Ended = (Result<Value, JdError>, Option<Outcome>);

impl Jd {
    /// Answers one request. The response carries a [`Call`], and [`Swallow`] when a fault wants the answer lost.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.uuid();
        let mut call = Call {
            info: CallInfo {
                product: Product::Jdcloud,
                action: String::new(),
                account: String::new(),
                region: String::new(),
            },
            caller: None,
            needs: Vec::new(),
            is_write: false,
            outcome: Outcome::Done,
            request_id: request_id.clone(),
            resource: None,
            at: self.shared.clock.now(),
        };
        let (result, lost) = match self.accept(&parts, &body, &mut call) {
            Ok((operation, request)) => {
                let fault = self.shared.faults.on_request(&call.info);
                self.carry_out(operation, &request, fault).await
            }
            Err(error) => (Err(error), None),
        };
        let is_lost = lost.is_some();
        call.outcome = lost.unwrap_or_else(|| match &result {
            Ok(_) => Outcome::Done,
            Err(error) => Outcome::Refused { code: error.code.to_string() },
        });
        if let Ok(result) = &result {
            call.resource = call.resource.or_else(|| made(result));
        }
        let mut response = answer(&request_id, result);
        response.extensions_mut().insert(call);
        if is_lost {
            response.extensions_mut().insert(Swallow);
        }
        response
    }

    /// Proves the caller and finds the operation.
    fn accept(&self, parts: &Parts, body: &[u8], call: &mut Call) -> Result<(&'static Operation, JdRequest), JdError> {
        let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
        let no_route = || JdError::new(JdStatus::NotFound, format!("no api for {} {path}", parts.method));
        let (region, path_below) = path
            .strip_prefix("/v1/regions/")
            .and_then(|rest| rest.split_at_checked(rest.find('/')?))
            .ok_or_else(no_route)?;
        call.info.region = region.to_owned();
        let caller = caller::prove(&self.shared, &self.nonces, self.settings(), region, parts, body)?;
        call.info.account.clone_from(&caller.account_id);
        call.caller = Some(caller.principal);
        if !REGIONS.contains(&region) {
            return Err(JdError::invalid(format!("region {region} does not exist")));
        }
        let (operation, id) = Operation::find(&parts.method, path_below).ok_or_else(no_route)?;
        operation.name.clone_into(&mut call.info.action);
        call.is_write = operation.writes;
        call.resource = Some(id.clone()).filter(|id| !id.is_empty());
        let request = JdRequest {
            account: caller.account_id,
            region: region.to_owned(),
            id,
            query: signing::encode::form_pairs(parts.uri.query().unwrap_or_default()),
            body: read_body(body)?,
        };
        Ok((operation, request))
    }

    async fn carry_out(&self, operation: &Operation, request: &JdRequest, fault: Option<Fault>) -> Ended {
        let refused = |error| (Err(error), None);
        match fault {
            None => (self.run(operation, request), None),
            Some(Fault::Slow { milliseconds }) => {
                self.shared.clock.sleep(Duration::from_millis(milliseconds)).await;
                (self.run(operation, request), None)
            }
            Some(Fault::LoseAnswer) => (self.run(operation, request), Some(Outcome::AnswerLost)),
            Some(Fault::DropBefore) => (Ok(Value::Null), Some(Outcome::DroppedBefore)),
            Some(Fault::Throttle) => refused(JdError::new(JdStatus::RateLimit, "request rate limit exceeded [gw]")),
            Some(Fault::ServerError) => refused(JdError::new(JdStatus::Internal, "internal error")),
            Some(Fault::Unavailable) => refused(JdError::new(JdStatus::Unavailable, "service unavailable")),
            Some(Fault::Refuse { status, code }) => refused(JdError::ordered(status, &code)),
        }
    }

    fn run(&self, operation: &Operation, request: &JdRequest) -> Result<Value, JdError> {
        let world = &mut *self.world();
        world.settle();
        let result = (operation.run)(world, request);
        // What fell due is kept even if the call is refused.
        world.commit()?;
        result
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

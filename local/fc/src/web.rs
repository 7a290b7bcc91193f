//! The `http` trigger: passes requests on to a function, and its answers back (docs/reference/function-compute.md,
//! section 2.1).

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::json;

use super::contract::{put, strip_response};
use super::invoke::{Call, Payload};
use super::log::{Outcome, TriggeredBy};
use super::{Inner, new_request_id};

impl Inner {
    pub(super) async fn http_trigger(&self, function: &str, request: Request<Bytes>) -> Response<Bytes> {
        let refuse =
            |status, code: &str, message: String| refusal(status, code, &message, &new_request_id(&self.shared));
        let Ok(deployed) = self.deployed(function) else {
            return refuse(StatusCode::NOT_FOUND, "FunctionNotFound", format!("function {function:?} does not exist"));
        };
        let Some(trigger) = &deployed.http else {
            let message = format!("function {function:?} has no http trigger");
            return refuse(StatusCode::NOT_FOUND, "TriggerNotFound", message);
        };
        if !trigger.methods.iter().any(|method| method == request.method().as_str()) {
            let message = format!("the http trigger does not take {}", request.method());
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message);
            put(response.headers_mut(), "allow", &trigger.methods.join(", "));
            return response;
        }
        if let Some((code, message)) = beyond_limits(&request) {
            return refuse(StatusCode::BAD_REQUEST, code, message);
        }
        let call = Call { payload: Payload::Http(Box::new(request)), ..Call::event(Bytes::new(), TriggeredBy::Http) };
        let ended = self.invoke(&deployed.pool, call).await;
        let mut response = match ended.response {
            Some(mut response) => {
                strip_response(response.headers_mut());
                response
            }
            // Which status FC gives a client whose function timed out or crashed is not documented.
            None => {
                let status = match ended.outcome {
                    Outcome::TimedOut => StatusCode::GATEWAY_TIMEOUT,
                    _ => StatusCode::BAD_GATEWAY,
                };
                let code = ended.outcome.error_type().unwrap_or("InternalError");
                let mut response = refusal(status, code, &ended.outcome.message(), &ended.request_id);
                put(response.headers_mut(), "x-fc-error-type", code);
                response
            }
        };
        put(response.headers_mut(), "x-fc-request-id", &ended.request_id);
        response
    }
}

/// 32 MB of body, 8 KB of headers, 4 KB of path and query (docs/reference/function-compute.md, section 1.7).
fn beyond_limits(request: &Request<Bytes>) -> Option<(&'static str, String)> {
    const CODE: &str = "InvalidArgument";
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if request.body().len() > super::SYNC_BYTES {
        return Some((CODE, format!("the body is longer than {} bytes", super::SYNC_BYTES)));
    }
    if headers > 8 * 1024 {
        return Some((CODE, "the headers are longer than 8 KB".to_owned()));
    }
    (target > 4 * 1024).then(|| (CODE, "path and query are longer than 4 KB".to_owned()))
}

/// A refusal in the manner of the service.
pub(super) fn refusal(status: StatusCode, code: &str, message: &str, request_id: &str) -> Response<Bytes> {
    let body = json!({ "RequestId": request_id, "Code": code, "Message": message }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    put(response.headers_mut(), "x-fc-request-id", request_id);
    response
}

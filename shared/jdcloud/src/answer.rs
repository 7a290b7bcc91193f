//! The envelope that every answer comes in: `{"requestId", "result"}` or `{"requestId", "error"}`.

use cloud_wire::lenient;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Answer as Refusal;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Envelope {
    request_id: Option<String>,
    result: Option<Value>,
    error: Option<ErrorBody>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: Option<String>,
    status: Option<String>,
    message: Option<String>,
}

/// An answer, read as far as it could be.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The result, null where the call has none.
    Success { request_id: Option<String>, result: Value },
    /// The cloud, or somebody in between, said no.
    Refused(Refusal),
    /// A success whose body is no answer of this cloud.
    Nonsense { request_id: Option<String>, reason: String },
}

impl Answer {
    /// Reads an answer. An error in the body counts whatever the HTTP status is: the cloud's own clients look at nothing
    /// else.
    pub(crate) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let of_header = headers.get("x-jdcloud-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let envelope = match lenient::from_slice::<Envelope>(body) {
            Ok(envelope) => envelope,
            // A change may be answered with an empty body; the request id is in the headers then.
            Err(_) if body.is_empty() && of_header.is_some() => Envelope::default(),
            Err(error) if status.is_success() => {
                return Self::Nonsense { request_id: of_header, reason: error.to_string() };
            }
            Err(_) => Envelope::default(),
        };
        let request_id = envelope.request_id.or(of_header);
        // Some of the cloud's clients read every answer into one structure, so an error of code 0 is none.
        let error = envelope.error.filter(|error| error.code.as_deref() != Some("0") || !status.is_success());
        if status.is_success() && error.is_none() {
            return Self::Success { request_id, result: envelope.result.unwrap_or_default() };
        }
        let error = error.unwrap_or_default();
        let told = error.code.and_then(|code| StatusCode::from_bytes(code.as_bytes()).ok());
        // The body's own status is the more precise one where a gateway in between made the other.
        let status = told.filter(|told| !told.is_success()).unwrap_or(status);
        let (code, message) = (error.status, error.message);
        Self::Refused(Refusal { status, code, message, request_id, denied_action: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Answer {
        Answer::read(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn an_error_in_the_body_counts_whatever_the_status_of_http_is() {
        let body = r#"{"requestId":"r","error":{"code":404,"status":"NOT_FOUND","message":"gone"}}"#;
        for status in [200, 404, 502] {
            let Answer::Refused(refusal) = read(status, body) else { panic!("refused") };
            assert_eq!((refusal.status, refusal.code.as_deref()), (StatusCode::NOT_FOUND, Some("NOT_FOUND")));
            assert_eq!((refusal.message.as_deref(), refusal.request_id.as_deref()), (Some("gone"), Some("r")));
        }
    }

    #[test]
    fn an_error_that_says_nothing_is_no_error() {
        for body in [r#"{"requestId":"r","error":{"code":0,"status":"","message":""}}"#, r#"{"error":null}"#] {
            assert!(matches!(read(200, body), Answer::Success { result: Value::Null, .. }), "{body}");
        }
    }

    #[test]
    fn an_empty_body_is_a_success_only_with_the_request_id_of_the_gateway() {
        let mut headers = HeaderMap::new();
        assert!(matches!(Answer::read(StatusCode::OK, &headers, b""), Answer::Nonsense { .. }));
        headers.insert("x-jdcloud-request-id", "r".parse().unwrap());
        let Answer::Success { request_id, .. } = Answer::read(StatusCode::OK, &headers, b"") else { panic!("success") };
        assert_eq!(request_id.as_deref(), Some("r"));
    }

    #[test]
    fn the_page_of_a_proxy_has_no_code() {
        for body in ["<html><body>502</body></html>", "", "[]", "null"] {
            let Answer::Refused(refusal) = read(502, body) else { panic!("refused") };
            assert_eq!((refusal.status, refusal.code), (StatusCode::BAD_GATEWAY, None));
        }
        assert!(matches!(read(200, "<html>"), Answer::Nonsense { .. }));
    }
}

//! Reading error answers: JSON of the RPC gateway, XML of the message service, or the page of some proxy in between.

use cloud_wire::lenient;
use http::StatusCode;
use serde::Deserialize;

use crate::error::Answer;

/// The error body of the RPC gateway in either capitalisation, and of the log service.
#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonError {
    #[serde(rename = "Code", alias = "code", alias = "errorCode")]
    code: Option<String>,
    #[serde(rename = "Message", alias = "message", alias = "errorMessage")]
    message: Option<String>,
    #[serde(rename = "RequestId", alias = "requestId", alias = "request_id")]
    request_id: Option<String>,
    #[serde(rename = "AccessDeniedDetail", alias = "accessDeniedDetail")]
    denied: Option<Denied>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    #[serde(rename = "AuthAction")]
    action: Option<String>,
}

/// The error body of the message service, and of an RPC gateway asked for XML.
#[derive(Default, Deserialize)]
#[serde(default)]
struct XmlError {
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
}

/// What can be read of a JSON answer; whatever cannot be read is absent.
#[must_use]
pub fn from_json(status: StatusCode, body: &[u8]) -> Answer {
    let JsonError { code, message, request_id, denied } = lenient::from_slice(body).unwrap_or_default();
    Answer { status, code, message, request_id, denied_action: denied.and_then(|denied| denied.action) }
}

/// What can be read of an XML answer; whatever cannot be read is absent.
#[must_use]
pub fn from_xml(status: StatusCode, body: &[u8]) -> Answer {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let XmlError { code, message, request_id } = quick_xml::de::from_str(text).unwrap_or_default();
    Answer { status, code, message, request_id, denied_action: None }
}

/// The request id of an answer, of products that send it as a header.
pub(crate) fn header_request_id(headers: &http::HeaderMap) -> Option<String> {
    const NAMES: [&str; 5] =
        ["x-mns-request-id", "x-acs-request-id", "x-fc-request-id", "x-log-requestid", "x-oss-request-id"];
    NAMES.iter().find_map(|name| headers.get(*name)?.to_str().ok().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_capitalisations_of_an_error_are_read() {
        let upper = br#"{"RequestId":"R-1","HostId":"vpc.aliyuncs.com","Code":"TaskConflict","Message":"busy"}"#;
        let lower = br#"{"requestId":"R-1","code":"TaskConflict","message":"busy"}"#;
        for body in [&upper[..], &lower[..]] {
            let answer = from_json(StatusCode::BAD_REQUEST, body);
            assert_eq!(answer.code.as_deref(), Some("TaskConflict"));
            assert_eq!(answer.message.as_deref(), Some("busy"));
            assert_eq!(answer.request_id.as_deref(), Some("R-1"));
        }
    }

    #[test]
    fn the_missing_permission_is_read_from_a_denial() {
        let body = br#"{"Code":"Forbidden.RAM","Message":"no","AccessDeniedDetail":{"AuthAction":"vpc:DescribeVpcs","PolicyType":"x"}}"#;
        let answer = from_json(StatusCode::FORBIDDEN, body);
        assert_eq!(answer.denied_action.as_deref(), Some("vpc:DescribeVpcs"));
    }

    #[test]
    fn an_xml_error_is_read() {
        let body = br#"<?xml version="1.0"?><Error xmlns="http://mns.aliyuncs.com/doc/v1/"><Code>QueueNotExist</Code>
            <Message>no such queue</Message><RequestId>5A</RequestId><HostId>http://h</HostId></Error>"#;
        let answer = from_xml(StatusCode::NOT_FOUND, body);
        assert_eq!((answer.code.as_deref(), answer.request_id.as_deref()), (Some("QueueNotExist"), Some("5A")));
    }

    #[test]
    fn the_page_of_a_proxy_has_no_code() {
        for body in [&b"<html><body>502</body></html>"[..], b"", b"\xff\xfe", b"[]", b"null"] {
            assert!(from_json(StatusCode::BAD_GATEWAY, body).code.is_none());
            assert!(from_xml(StatusCode::BAD_GATEWAY, body).code.is_none());
        }
    }
}

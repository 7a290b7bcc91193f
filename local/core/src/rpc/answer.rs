//! Bodies of answers, in JSON or XML.

use bytes::Bytes;
use http::{Response, header};
use serde_json::{Map, Value};

use super::RpcError;
use super::envelope::Format;
use crate::xml::Element;

/// A success: the answer's fields and `RequestId`.
pub fn success(format: Format, action: &str, request_id: &str, answer: Value) -> Response<Bytes> {
    let mut fields = match answer {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    fields.insert("RequestId".to_owned(), request_id.into());
    write(http::StatusCode::OK, format, &format!("{action}Response"), fields)
}

/// A refusal.
pub fn refusal(format: Format, host: &str, request_id: &str, error: &RpcError) -> Response<Bytes> {
    let recommend = format!("https://api.aliyun.com/troubleshoot?q={}&requestId={request_id}", error.code);
    let mut fields = Map::from_iter([
        ("RequestId".to_owned(), Value::from(request_id)),
        ("HostId".to_owned(), host.into()),
        ("Code".to_owned(), error.code.as_str().into()),
        ("Message".to_owned(), error.message.as_str().into()),
        ("Recommend".to_owned(), recommend.into()),
    ]);
    if let Some(denied) = &error.denied {
        fields.insert("AccessDeniedDetail".to_owned(), denied.clone());
    }
    write(error.status, format, "Error", fields)
}

fn write(status: http::StatusCode, format: Format, root: &str, fields: Map<String, Value>) -> Response<Bytes> {
    let (content_type, body) = match format {
        Format::Json => ("application/json;charset=utf-8", Value::Object(fields).to_string()),
        Format::Xml => ("text/xml;charset=utf-8", element(root, &Value::Object(fields)).document()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    response
}

/// A list becomes one element an item, each with the list's own name: in JSON `{"Vpcs": {"Vpc": [..]}}`, in XML
/// `<Vpcs><Vpc/><Vpc/></Vpcs>`.
fn element(name: &str, value: &Value) -> Element {
    match value {
        Value::Object(fields) => Element::new(name).with_all(fields.iter().flat_map(|(name, value)| match value {
            Value::Array(items) => items.iter().map(|item| element(name, item)).collect::<Vec<_>>(),
            other => vec![element(name, other)],
        })),
        Value::Array(items) => Element::new(name).with_all(items.iter().map(|item| element("Item", item))),
        Value::Null => Element::new(name),
        Value::String(text) => Element::text(name, text),
        scalar => Element::text(name, scalar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_answer_in_json_and_in_xml() {
        let answer =
            json!({"Vpcs": {"Vpc": [{"VpcId": "vpc-1", "IsDefault": false}, {"VpcId": "vpc-<2>"}]}, "TotalCount": 2});
        let json = success(Format::Json, "DescribeVpcs", "R-1", answer.clone()).into_body();
        let read: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(read["RequestId"], "R-1");
        assert_eq!(read["Vpcs"], answer["Vpcs"]);
        let xml = success(Format::Xml, "DescribeVpcs", "R-1", answer).into_body();
        let root = Element::parse(&xml).unwrap();
        assert_eq!(root.name(), "DescribeVpcsResponse");
        let vpcs: Vec<_> =
            root.child("Vpcs").unwrap().children("Vpc").map(|v| v.child_text("VpcId").unwrap()).collect();
        assert_eq!(vpcs, ["vpc-1", "vpc-<2>"]);
        assert_eq!(root.child_text("TotalCount"), Some("2"));
    }
}

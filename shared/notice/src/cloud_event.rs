//! An event as a [CloudEvent 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), in the JSON format
//! and structured mode: one JSON document that is the whole body.

use serde_json::{Value, json};

use crate::event::{Event, VERSION};

/// The content type of a body in structured mode.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";
/// Where events come from unless the operator says otherwise: a URI reference.
pub const SOURCE: &str = "urn:causeway";

/// The event as a CloudEvent. `source` and the id together are unique. `severity` is an extension attribute, and so is `traceparent`
/// (CloudEvents, Distributed Tracing).
#[must_use]
pub fn of(event: &Event, source: &str) -> Value {
    let mut told = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": event.what,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "dataschema": format!("urn:causeway:event:{VERSION}"),
        "severity": event.severity,
        "data": event.data,
    });
    if let Some(trace) = &event.data.traceparent {
        told["traceparent"] = json!(trace);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::sample;

    #[test]
    fn it_has_what_cloud_events_must_have_and_names_that_they_may_have() {
        let value = of(&sample(), SOURCE);
        assert_eq!(value["specversion"], "1.0");
        for required in ["id", "source", "type"] {
            assert!(value[required].as_str().is_some_and(|text| !text.is_empty()), "{required}");
        }
        // Names of attributes are lower-case letters and digits (CloudEvents 1.0.2, "Naming conventions").
        let names = value.as_object().unwrap().keys();
        assert!(names.clone().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())));
        let time = value["time"].as_str().unwrap();
        assert_eq!(time, "2026-01-02T03:04:05Z", "RFC 3339");
        assert_eq!(value["data"]["call"]["request_id"], "REQ-1");
        assert!(value["data"].get("endpoint").is_none(), "what does not apply is left out");
    }
}

//! The events that triggers hand to functions (docs/reference/function-compute.md, sections 3 and 4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use local_mns::Delivery;
use serde_json::{Value, json};

use super::contract::Place;
use crate::ros::resource::{EventBridgeTrigger, EventSchema, RunMode};

/// What a timer hands over. All texts; the payload is not parsed.
pub(super) fn timer(trigger: &str, at: Timestamp, payload: &str) -> Vec<u8> {
    json!({ "triggerTime": format!("{at:.0}"), "triggerName": trigger, "payload": payload }).to_string().into_bytes()
}

/// What a queue hands over: a list for streams, one object for single events.
pub(super) fn batch(
    trigger: &EventBridgeTrigger,
    bus: &str,
    place: &Place,
    now: Timestamp,
    of: &[Delivery],
) -> Vec<u8> {
    let events: Vec<Value> = of.iter().map(|message| one(trigger, bus, place, now, message)).collect();
    match (trigger.run.mode, events.as_slice()) {
        (RunMode::EventDriven, [event]) => event.to_string().into_bytes(),
        _ => Value::Array(events).to_string().into_bytes(),
    }
}

/// The longest that a message can be in its event, roughly.
pub(super) const LARGEST: usize = 1024 + 65_536;

/// The size of a message in its event, roughly: what counts against the limit of a call.
pub(super) fn size(message: &Delivery) -> usize {
    1024 + message.body().len()
}

fn one(trigger: &EventBridgeTrigger, bus: &str, place: &Place, now: Timestamp, message: &Delivery) -> Value {
    let Place { account_id, region } = place;
    let data = json!({
        "requestId": request_id(message),
        "messageId": message.message_id,
        "messageBody": body(message.body(), trigger.base64_decode),
    });
    if trigger.schema == EventSchema::RawData {
        return data;
    }
    json!({
        "id": message.message_id,
        "source": bus,
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": format!("acs:mns:{region}:{account_id}:queues/{}", trigger.queue),
        "time": format!("{:.3}", message.enqueued_at),
        "aliyunaccountid": account_id,
        "aliyunpublishtime": format!("{now:.3}"),
        "aliyunoriginalaccountid": account_id,
        "aliyuneventbusname": bus,
        "aliyunregionid": region,
        "aliyunpublishaddr": "127.0.0.1",
        "data": data,
    })
}

/// The body as the source embeds it: decoded, then as the JSON value that it is, else as text. An empty body becomes null.
fn body(text: &str, decode: bool) -> Value {
    let decoded = if decode { STANDARD.decode(text).ok() } else { None };
    // A body that is not base64, or not text once decoded, goes through as it was sent.
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned());
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// The id of the receiving request. It follows from the delivery, so that a replayed run shows the same one.
fn request_id(message: &Delivery) -> String {
    local_core::ids::derived(24, &[&message.message_id, &message.dequeue_count.to_string()]).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_decoded_and_embedded_as_the_json_that_it_is() {
        assert_eq!(body(&STANDARD.encode(r#"{"a":1}"#), true), json!({"a": 1}));
        assert_eq!(body(&STANDARD.encode("plain"), true), json!("plain"));
        assert_eq!(body(r#"{"a":1}"#, true), json!({"a": 1}), "not base64: as it was sent");
        assert_eq!(body(&STANDARD.encode("x"), false), json!(STANDARD.encode("x")));
        assert_eq!(body("", true), Value::Null);
    }
}

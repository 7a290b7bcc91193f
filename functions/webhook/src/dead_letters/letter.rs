//! Reading what is in the dead-letter queue.
//!
//! In which form the platform puts a message there is not documented (docs/reference/function-compute.md, section 4.2). So a letter is
//! read as the message itself, as the event that carried it, and as a batch of either.

use connection::message::{EndpointMessage, Message, NoticeMessage, StepMessage, WakeMessage};
use connection::queue::Queue;
use connection::words::ConnectionName;
use drift::check::CheckMessage;
use serde_json::Value;

/// The field that the envelope adds to a message: how often it was put back. A message that is sent again begins anew.
const PUT_BACK: &str = "put_back";
/// How much of a letter is shown that does not read, in characters.
const SHOWN: usize = 4000;
/// What secrets begin with.
const SECRETS: [&str; 4] = ["whsec_", "STS.", "LTAI", "PRIVATE+KEY"];
/// What the names of fields contain that hold one.
const SECRET_NAMES: [&str; 5] = ["secret", "token", "password", "authorization", "signature"];
/// What is shown in the place of one.
const HIDDEN: &str = "[hidden]";

/// A message that can be sent again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    /// Where it goes.
    pub queue: Queue,
    /// The connection that it is about.
    pub connection: Option<ConnectionName>,
    /// The endpoint that it is about: account and service.
    pub service: Option<(String, String)>,
    /// As it is sent.
    pub body: Value,
}

/// The messages in a letter; `None` where something in it is none of ours.
pub(super) fn read(payload: &[u8]) -> Option<Vec<Content>> {
    let document: Value = serde_json::from_slice(payload).ok()?;
    let contents = match document {
        Value::Array(events) => events.into_iter().map(of_event).collect::<Option<Vec<_>>>()?,
        event => vec![of_event(event)?],
    };
    (!contents.is_empty()).then_some(contents)
}

/// The message that an event carries, or that it is.
fn of_event(event: Value) -> Option<Content> {
    let event = unpacked(event);
    let data = event.get("data").cloned().map(unpacked);
    let carried = data.as_ref().unwrap_or(&event).get("messageBody").cloned();
    of_body(carried.map_or(event, unpacked))
}

/// JSON that travels as a text.
fn unpacked(value: Value) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    inner.unwrap_or(value)
}

fn of_body(mut body: Value) -> Option<Content> {
    body.as_object_mut()?.remove(PUT_BACK);
    let (mut connection, mut service) = (None, None);
    let queue = if let Some(message) = is::<StepMessage>(&body) {
        connection = Some(message.connection.clone());
        message.queue()
    } else if let Some(message) = is::<EndpointMessage>(&body) {
        service = Some((message.account.clone(), message.service_id.clone()));
        message.queue()
    } else if let Some(message) = is::<NoticeMessage>(&body) {
        message.queue()
    } else if let Some(message) = is::<CheckMessage>(&body) {
        message.queue()
    } else {
        is::<WakeMessage>(&body)?.queue()
    };
    Some(Content { queue, connection, service, body })
}

fn is<M: Message>(body: &Value) -> Option<M> {
    M::from_value(body.clone()).ok()
}

/// A letter that does not read, as it is shown: shortened, and without what looks like a secret.
pub(super) fn shown(payload: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(payload) {
        Ok(mut document) => {
            hide(&mut document);
            document.to_string()
        }
        Err(_) => String::from_utf8_lossy(payload).split(' ').map(without_secret).collect::<Vec<_>>().join(" "),
    };
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    strict::escaped(&short)
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_lowercase();
                if SECRET_NAMES.iter().any(|word| name.contains(word)) {
                    *value = HIDDEN.into();
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide),
        Value::String(text) => *text = text.split(' ').map(without_secret).collect::<Vec<_>>().join(" "),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A word, up to where a secret begins in it.
fn without_secret(word: &str) -> String {
    match SECRETS.iter().filter_map(|secret| word.find(secret)).min() {
        Some(begin) => format!("{}{HIDDEN}", &word[..begin]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn step() -> Value {
        json!({"version": 1, "connection": "a-b", "generation": 1, "step": "add-route", "sequence": 7})
    }

    fn read_json(document: &Value) -> Option<Vec<Content>> {
        read(document.to_string().as_bytes())
    }

    #[test]
    fn a_message_is_read_bare_in_its_event_and_in_a_batch_and_begins_anew() {
        let mut put_back = step();
        put_back["put_back"] = json!(5);
        let event =
            |body: Value| json!({"id": "1", "specversion": "1.0", "data": {"messageId": "1", "messageBody": body}});
        for document in [
            step(),
            put_back.clone(),
            event(step()),
            event(put_back.clone()),
            event(json!(step().to_string())),
            json!({"id": "1", "data": json!({"messageBody": step()}).to_string()}),
            json!({"requestId": "1", "messageId": "1", "messageBody": step()}),
            json!([event(step())]),
            json!([event(step()).to_string()]),
        ] {
            let read = read_json(&document).unwrap_or_else(|| panic!("{document}"));
            let [content] = &read[..] else { panic!("{document}") };
            assert_eq!((content.queue.name(), &content.body), ("add-route", &step()), "{document}");
            assert_eq!(content.connection.as_ref().unwrap().as_str(), "a-b");
        }
        assert_eq!(read_json(&json!([event(step()), step()])).unwrap().len(), 2);
    }

    #[test]
    fn each_message_of_ours_finds_its_queue_and_nothing_else_does() {
        let check = CheckMessage::new(
            &"20270115t080000z-0123456789abcdef".parse().unwrap(),
            drift::check::Task::Plan { part: 0 },
        );
        for (message, queue) in [
            (EndpointMessage::new("a", "eu-central-1", "epsrv-1", "ep-1").to_json(), "approve-endpoint"),
            (NoticeMessage::new(&"connection-active-0-1".parse().unwrap()).to_json(), "notify"),
            (check.to_json(), "check-drift"),
            (WakeMessage { version: 1 }.to_json(), "sweep-endpoints"),
        ] {
            let read = read(message.as_bytes()).unwrap_or_else(|| panic!("{message}"));
            assert_eq!(read[0].queue.name(), queue, "{message}");
        }
        let mut newer = step();
        newer["version"] = json!(2);
        let mut other = step();
        other["colour"] = json!("green");
        for none in [newer, other, json!([]), json!("text"), json!(null), json!([step(), 1]), json!({"data": {}})] {
            assert_eq!(read_json(&none), None, "{none}");
        }
        assert_eq!(read(b"\xff"), None);
    }

    #[test]
    fn what_does_not_read_is_shown_short_escaped_and_without_secrets() {
        let secrets =
            br#"{"accessKeySecret":"abc","x":["key whsec_abc","LTAIabc"],"y":{"Security-Token":"STS.abc"},"z":1}"#;
        assert_eq!(
            shown(secrets),
            r#"{"accessKeySecret":"[hidden]","x":["key [hidden]","[hidden]"],"y":{"Security-Token":"[hidden]"},"z":1}"#
        );
        assert_eq!(shown(b"at whsec_abc \x1b[2J\xff"), "at [hidden] \\u{1b}[2J\u{fffd}");
        assert_eq!(shown("é".repeat(10_000).as_bytes()).chars().count(), SHOWN + 1);
    }
}

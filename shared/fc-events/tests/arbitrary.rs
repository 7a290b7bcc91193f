//! Whatever a queue delivers, reading it ends in a value or an error, never in a panic; and a message body that is JSON
//! comes out as it went in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fc_events::mns_queue::MnsQueueBatch;
use fc_events::mns_topic::MnsTopicEvent;
use fc_events::tablestore::TablestoreEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any JSON without floats, whose text is not unique.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = MnsQueueBatch::from_slice(&payload);
        let _ = MnsTopicEvent::from_slice(&payload).text();
        let _ = TablestoreEvent::from_slice(&payload);
    }

    #[test]
    fn arbitrary_json_never_panics(payload in any_json()) {
        let payload = payload.to_string();
        let _ = MnsQueueBatch::from_slice(payload.as_bytes());
        let _ = MnsTopicEvent::from_slice(payload.as_bytes()).body_as::<Vec<String>>();
    }

    #[test]
    fn a_body_comes_out_as_it_went_in(body in any_json()) {
        let payload = json!([{"requestId": "r", "messageId": "m", "messageBody": body}]);
        let batch = MnsQueueBatch::from_slice(payload.to_string().as_bytes()).unwrap();
        prop_assert_eq!(batch.events[0].body_as::<Value>().unwrap(), body);
        prop_assert_eq!(serde_json::to_value(&batch).unwrap(), payload);
    }
}

//! The contract: for each family a payload as the service sends it, read, checked and written back; then the same payload
//! with the variations that the service, or its documents, allow themselves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fc_events::api_gateway::{ApiGatewayRequest, ApiGatewayResponse};
use fc_events::cdn::CdnEvent;
use fc_events::dts::DtsBatch;
use fc_events::http::{HttpRequestEvent, HttpResponseEvent};
use fc_events::kafka::KafkaBatch;
use fc_events::log::LogEvent;
use fc_events::mns_queue::MnsQueueBatch;
use fc_events::mns_topic::{MnsTopicEvent, MnsTopicNotification, MnsTopicStream};
use fc_events::mqtt::MqttBatch;
use fc_events::oss::OssEvent;
use fc_events::rabbitmq::RabbitMqBatch;
use fc_events::rocketmq::RocketMqBatch;
use fc_events::tablestore::{ColumnOperation, RowOperation, TablestoreEvent};
use fc_events::timer::TimerEvent;
use fc_events::{BodyError, CloudEvent, Delivery, StreamEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name, ".json"))
    };
}

/// Reads a fixture, demands that it is written back as it was, and that fields nobody knows yet do no harm.
fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) -> T {
    let event: T = serde_json::from_str(text).unwrap();
    let original: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(&event).unwrap(), original);

    let mut grown = original;
    grow(&mut grown);
    let _: T = serde_json::from_value(grown).unwrap();
    event
}

/// Adds an unknown field to every object.
fn grow(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(grow),
        Value::Object(fields) => {
            fields.values_mut().for_each(grow);
            fields.insert("fieldOfTomorrow".into(), "surprise".into());
        }
        _ => {}
    }
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Job {
    name: String,
}

#[test]
fn a_batch_of_mns_queue_messages() {
    let batch: MnsQueueBatch = read(fixture!("mns-queue"));
    assert_eq!((batch.delivery, batch.events.len()), (Delivery::Streaming, 2));
    let StreamEvent::CloudEvent(first) = &batch.events[0] else { panic!("an envelope was sent") };
    assert_eq!(first.subject.as_deref(), Some("acs:mns:cn-hangzhou:1234567890123456:queues/jobs"));
    assert_eq!(first.time, Some("2026-01-02T03:04:05.678Z".parse().unwrap()));
    assert_eq!(first.data.body_text(), "TEST");
    assert!(matches!(batch.events[0].body_as::<Job>(), Err(BodyError::NotJson(_))));
    assert_eq!(batch.events[1].body_as::<Job>().unwrap(), Job { name: "resize".into() });
    assert_eq!(batch.events[1].message().message_id, "BB23");
}

#[test]
fn mns_queue_messages_without_envelope() {
    let batch: MnsQueueBatch = read(fixture!("mns-queue-raw"));
    assert!(matches!(batch.events[0], StreamEvent::RawData(_)));
    assert_eq!(batch.events[0].body_as::<Job>().unwrap(), Job { name: "resize".into() });
}

#[test]
fn mns_queue_batches_are_the_same_however_they_are_wrapped() {
    let original: Value = serde_json::from_str(fixture!("mns-queue")).unwrap();
    let element = original[1].clone();
    let mut data_as_text = element.clone();
    data_as_text["data"] = Value::String(element["data"].to_string());
    for payload in [
        json!([element]),
        element.clone(),
        json!([element.to_string()]),
        Value::String(element.to_string()),
        json!([data_as_text]),
    ] {
        let batch = MnsQueueBatch::from_slice(payload.to_string().as_bytes()).unwrap();
        assert_eq!(batch.events.len(), 1, "{payload}");
        assert_eq!(batch.events[0].message().message_id, "BB23");
        assert_eq!(batch.events[0].body_as::<Job>().unwrap(), Job { name: "resize".into() });
    }
}

#[test]
fn an_mns_message_body_may_be_any_json() {
    for (body, text) in [
        (json!({"name": "a"}), r#"{"name":"a"}"#),
        (json!([1, 2]), "[1,2]"),
        (json!("plain"), "plain"),
        (json!(12.5), "12.5"),
        (json!(true), "true"),
        (Value::Null, ""),
    ] {
        let payload = json!([{"messageId": 7, "messageBody": body}]).to_string();
        let batch = MnsQueueBatch::from_slice(payload.as_bytes()).unwrap();
        assert_eq!(batch.events[0].message().body_text(), text);
        assert_eq!(batch.events[0].body_as::<Value>().unwrap(), body);
        assert_eq!(batch.events[0].message().message_id, "7");
    }
    let empty = MnsQueueBatch::from_slice(br#"[{"messageId":"a"}]"#).unwrap();
    assert_eq!(empty.events[0].message().message_body, Value::Null);
}

#[test]
fn an_envelope_with_the_least_attributes_is_enough_and_an_odd_time_does_no_harm() {
    let payload =
        br#"{"id":1,"source":"acs:mns","type":"mns:Queue:SendMessage","time":"yesterday","data":{"messageId":"a"}}"#;
    let batch = MnsQueueBatch::from_slice(payload).unwrap();
    let StreamEvent::CloudEvent(event) = &batch.events[0] else { panic!("an envelope was sent") };
    assert_eq!((event.id.as_str(), event.time, event.specversion.as_str()), ("1", None, "1.0"));
    assert_eq!(batch.delivery, Delivery::Single);
}

#[test]
fn an_event_of_another_source_is_an_error_that_names_what_is_missing() {
    let error = MnsQueueBatch::from_slice(fixture!("kafka").as_bytes()).unwrap_err();
    assert!(std::error::Error::source(&error).is_some_and(|cause| cause.to_string().contains("messageId")), "{error}");
}

#[test]
fn mns_topic_messages_in_every_format() {
    let notification: MnsTopicNotification = read(fixture!("mns-topic-json"));
    assert_eq!((notification.publish_time, notification.message_md5.as_str()), (1_767_323_045_000, "AA00"));
    let event = MnsTopicEvent::from_slice(fixture!("mns-topic-json").as_bytes());
    assert_eq!(event.body_as::<Job>().unwrap(), Job { name: "resize".into() });
    assert_eq!(event.attributes().unwrap()["k"], "v");

    let _ = serde_json::from_str::<MnsTopicStream>(fixture!("mns-topic-stream")).unwrap();
    let event = MnsTopicEvent::from_slice(fixture!("mns-topic-stream").as_bytes());
    assert_eq!(event.text(), "hello");
    assert_eq!(event.attributes().unwrap()["Extend"], r#"{"k":"v"}"#);

    for (payload, text) in
        [(&b"hello"[..], "hello"), (b"\"hello\"", "hello"), (br#"{"body":1}"#, r#"{"body":1}"#), (b"", "")]
    {
        let event = MnsTopicEvent::from_slice(payload);
        assert_eq!(event, MnsTopicEvent::Body(payload.to_vec()));
        assert_eq!((event.text().as_ref(), event.attributes()), (text, None));
    }
    for payload in [r#"{"name":"a"}"#, r#""{\"name\":\"a\"}""#, "eyJuYW1lIjoiYSJ9"] {
        let event = MnsTopicEvent::from_slice(payload.as_bytes());
        assert_eq!(event.body_as::<Job>().unwrap(), Job { name: "a".into() }, "{payload}");
    }
}

#[test]
fn a_timer() {
    let event: TimerEvent = read(fixture!("timer"));
    assert_eq!(event.trigger_time, "2026-01-02T03:04:00Z".parse().unwrap());
    assert_eq!((event.trigger_name.as_str(), event.payload.as_str()), ("nightly", "any text, JSON not parsed"));
    assert!(event.payload_as::<Job>().is_err());
    for bare in [
        r#"{"triggerTime":"2026-01-02T03:04:00Z","triggerName":"n"}"#,
        r#"{"triggerTime":"2026-01-02T03:04:00Z","triggerName":"n","payload":null}"#,
    ] {
        assert_eq!(serde_json::from_str::<TimerEvent>(bare).unwrap().payload, "");
    }
}

#[test]
fn an_http_request_and_its_answer() {
    let event: HttpRequestEvent = read(fixture!("http"));
    assert_eq!(event.body_bytes().unwrap(), br#"{"a":1}"#);
    assert_eq!(event.request_context.time_epoch, 1_767_323_045_000);
    let mut variant: Value = serde_json::from_str(fixture!("http")).unwrap();
    variant["isBase64Encoded"] = json!(false);
    variant["requestContext"]["timeEpoch"] = json!(1_767_323_045_000_i64);
    variant["requestContext"]["triggerId"].take();
    variant["headers"].take();
    let variant: HttpRequestEvent = serde_json::from_value(variant).unwrap();
    assert_eq!(variant.body_bytes().unwrap(), b"eyJhIjoxfQ==");
    assert_eq!(variant.request_context.time_epoch, 1_767_323_045_000);

    assert_eq!(read::<HttpResponseEvent>(fixture!("http-response")).status_code, 200);
}

#[test]
fn an_oss_event() {
    let event: OssEvent = read(fixture!("oss"));
    let record = &event.events[0];
    assert_eq!((record.family(), record.oss.object.delta_size), ("ObjectCreated", -20));
    assert_eq!(record.request_parameters.source_ip_address, "203.0.113.9");
    let meta = record.oss.object.object_meta.as_ref().unwrap();
    assert_eq!(meta.user_meta.as_ref().unwrap()["x-oss-meta-owner"], "me");

    let mut bare: Value = serde_json::from_str(fixture!("oss")).unwrap();
    bare["events"][0]["oss"]["object"].as_object_mut().unwrap().remove("objectMeta");
    bare["events"][0]["oss"]["bucket"].as_object_mut().unwrap().remove("virtualBucket");
    let bare: OssEvent = serde_json::from_value(bare).unwrap();
    assert_eq!((&bare.events[0].oss.object.object_meta, &bare.events[0].oss.bucket.virtual_bucket), (&None, &None));
}

#[test]
fn a_log_event() {
    let event: LogEvent = read(fixture!("log"));
    assert_eq!((event.source.shard_id.as_str(), event.cursor_time), ("0", 1_767_323_045));
    let mut variant: Value = serde_json::from_str(fixture!("log")).unwrap();
    variant["source"]["shardId"] = json!(0);
    variant["cursorTime"] = json!("1767323045");
    variant["parameter"].take();
    let variant: LogEvent = serde_json::from_value(variant).unwrap();
    assert_eq!((variant.source, variant.cursor_time), (event.source, event.cursor_time));
}

#[test]
fn a_cdn_event() {
    let event: CdnEvent = serde_json::from_str(fixture!("cdn")).unwrap();
    let record = &event.events[0];
    assert_eq!(record.event_time, "2026-01-02T03:04:05Z".parse().unwrap());
    assert_eq!(record.resource.domain, "example.com");
    assert_eq!(record.event_parameter["taskId"], 2_089_687_230_i64);
    // The offset is not kept: the instant is.
    let again: CdnEvent = serde_json::from_value(serde_json::to_value(&event).unwrap()).unwrap();
    assert_eq!(again, event);
}

#[test]
fn a_tablestore_event_in_json_and_in_cbor() {
    let event: TablestoreEvent = serde_json::from_str(fixture!("tablestore")).unwrap();
    let record = &event.records[0];
    assert_eq!((&record.operation, record.info.timestamp), (&RowOperation::Update, 1_767_323_045_000_000));
    assert_eq!(record.primary_key[1].value, 7);
    assert_eq!(record.columns[1].operation, ColumnOperation::DeleteAllVersions);
    assert_eq!(record.columns[2].operation, ColumnOperation::Unknown("Increment".into()));
    let _: TablestoreEvent = read(fixture!("tablestore"));

    // {"Records": [{"Type": "PutRow", "Info": {"Timestamp": 5}}]}
    let cbor = b"\xa1\x67Records\x81\xa2\x64Type\x66PutRow\x64Info\xa1\x69Timestamp\x05";
    let event = TablestoreEvent::from_slice(cbor).unwrap();
    assert_eq!((&event.records[0].operation, event.records[0].info.timestamp), (&RowOperation::Put, 5));
    assert!(TablestoreEvent::from_slice(b"\xff").is_err());
    assert_eq!(TablestoreEvent::from_slice(fixture!("tablestore").as_bytes()).unwrap().version, "Sync-v1");
}

#[test]
fn an_api_gateway_request_and_its_answer() {
    let event: ApiGatewayRequest = read(fixture!("api-gateway"));
    assert_eq!((event.path_parameters["id"].as_str(), event.body_bytes().unwrap()), ("7", b"hello".to_vec()));
    for (spelling, body) in [(json!("true"), "hello"), (json!("false"), "aGVsbG8="), (json!(false), "aGVsbG8=")] {
        let mut variant: Value = serde_json::from_str(fixture!("api-gateway")).unwrap();
        variant["isBase64Encoded"] = spelling;
        let variant: ApiGatewayRequest = serde_json::from_value(variant).unwrap();
        assert_eq!(variant.body_bytes().unwrap(), body.as_bytes());
    }
    let answer: ApiGatewayResponse = read(fixture!("api-gateway-response"));
    assert_eq!((answer.status_code, answer.body.as_str()), (201, "done"));
}

#[test]
fn an_event_of_an_event_bus() {
    let event: CloudEvent = read(fixture!("cloud-event"));
    assert_eq!((event.event_type.as_str(), &event.data["size"]), ("oss:ObjectCreated:PutObject", &json!(3)));
    assert_eq!(event.extensions["traceparent"], "00-abc-def-01");
}

#[test]
fn messages_of_the_other_queues() {
    let batch: RocketMqBatch = read(fixture!("rocketmq"));
    assert_eq!(batch.events[0].message().system_properties["CONSUME_START_TIME"], 1_767_323_045_000_i64);
    let batch: RabbitMqBatch = read(fixture!("rabbitmq"));
    assert_eq!(
        (batch.events[0].message().envelope.delivery_tag, &batch.events[0].message().body["hello"]),
        (98, &json!("rabbit"))
    );
    let batch: KafkaBatch = read(fixture!("kafka"));
    assert_eq!((batch.events[0].message().partition, batch.events[0].message().offset), (7, 25));
    let batch: DtsBatch = read(fixture!("dts"));
    assert_eq!(
        (batch.events[0].message().operation_type.as_str(), batch.events[0].message().offset),
        ("UPDATE", 3_218_099)
    );
    assert_eq!(batch.events[0].message().others["bornTimestamp"], 1_767_323_045);
    let batch: MqttBatch = read(fixture!("mqtt"));
    assert_eq!(batch.events[0].message().props.second_topic, "/a/b");
}

#[test]
fn kafka_messages_as_texts_and_without_key() {
    let mut element = serde_json::from_str::<Value>(fixture!("kafka")).unwrap()[0].take();
    element["data"].as_object_mut().unwrap().remove("key");
    let batch = KafkaBatch::from_slice(json!([element.to_string()]).to_string().as_bytes()).unwrap();
    assert_eq!((&batch.events[0].message().key, &batch.events[0].message().value["a"]), (&Value::Null, &json!(1)));
}

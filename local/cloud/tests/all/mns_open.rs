//! The control plane through the gateway, and what it does to messages.

use std::time::Duration;

use causeway_local::mns::QueueRef;
use causeway_local::mns::open::VERSION;
use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass, refused};

async fn call(client: &Client, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
    client.call(VERSION, action, params).await
}

fn names(listed: &Value) -> Vec<&str> {
    listed["Data"]["PageData"].as_array().unwrap().iter().map(|row| row["QueueName"].as_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_received_too_often_moves_to_the_queue_that_the_policy_names() {
    let a = Client::new(&cloud(), "a");
    call(&a, "CreateQueue", &[("QueueName", "dead")]).await.unwrap();
    let policy = r#"{"Enabled":true,"DeadLetterTargetQueue":"dead","MaxReceiveCount":2}"#;
    let made =
        call(&a, "CreateQueue", &[("QueueName", "work"), ("VisibilityTimeout", "5"), ("DlqPolicy", policy)]).await;
    assert_eq!(made.unwrap()["Data"]["Code"], 201);
    let read = call(&a, "GetQueueAttributes", &[("QueueName", "work")]).await.unwrap();
    assert_eq!(read["Data"]["DlqPolicy"]["MaxReceiveCount"], "2");

    let queue = |name: &str| QueueRef::new(&a.account_id, "cn-hangzhou", name);
    let mns = a.cloud.mns();
    mns.send(&queue("work"), "poison", None).unwrap();
    for _ in 0..2 {
        assert_eq!(mns.receive(&queue("work"), 1, Duration::from_secs(10)).await.unwrap().len(), 1);
    }
    assert!(mns.receive(&queue("work"), 1, Duration::from_secs(10)).await.unwrap().is_empty());
    assert_eq!(mns.receive(&queue("dead"), 1, Duration::ZERO).await.unwrap()[0].body(), "poison");
}

#[tokio::test(start_paused = true)]
async fn attributes_change_by_name_and_a_policy_can_be_switched_off() {
    let a = Client::new(&cloud(), "a");
    call(&a, "CreateQueue", &[("QueueName", "dead")]).await.unwrap();
    let policy = r#"{"Enabled":true,"DeadLetterTargetQueue":"dead","MaxReceiveCount":"9"}"#;
    call(&a, "CreateQueue", &[("QueueName", "q"), ("DlqPolicy", policy)]).await.unwrap();
    call(&a, "SetQueueAttributes", &[("QueueName", "q"), ("DelaySeconds", "4")]).await.unwrap();
    let data = call(&a, "GetQueueAttributes", &[("QueueName", "q")]).await.unwrap()["Data"].clone();
    assert_eq!((&data["DelaySeconds"], &data["DlqPolicy"]["Enabled"]), (&4.into(), &true.into()));
    call(&a, "SetQueueAttributes", &[("QueueName", "q"), ("DlqPolicy", r#"{"Enabled":false}"#)]).await.unwrap();
    let data = call(&a, "GetQueueAttributes", &[("QueueName", "q")]).await.unwrap()["Data"].clone();
    assert_eq!((&data["DelaySeconds"], &data["DlqPolicy"]["Enabled"]), (&4.into(), &false.into()));
}

#[tokio::test(start_paused = true)]
async fn a_listing_has_pages_and_narrows_by_name_and_tag_within_one_account() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    for number in 10..22 {
        let name = format!("q-{number}");
        let tag = if number % 2 == 0 { "even" } else { "odd" };
        call(&a, "CreateQueue", &[("QueueName", &name), ("Tag.1.Key", "is"), ("Tag.1.Value", tag)]).await.unwrap();
    }
    let second = call(&a, "ListQueue", &[("PageNum", "2"), ("PageSize", "1")]).await.unwrap();
    assert_eq!(names(&second), ["q-20", "q-21"], "a page has at least 10");
    assert_eq!((&second["Data"]["Pages"], &second["Data"]["Total"]), (&2.into(), &12.into()));
    let odd = [("QueueName", "q-1"), ("Tag.1.Key", "is"), ("Tag.1.Value", "odd")];
    assert_eq!(names(&call(&a, "ListQueue", &odd).await.unwrap()), ["q-11", "q-13", "q-15", "q-17", "q-19"]);
    assert_eq!(call(&b, "ListQueue", &[]).await.unwrap()["Data"]["Total"], 0);
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_code() {
    let a = Client::new(&cloud(), "a");
    call(&a, "CreateQueue", &[("QueueName", "q")]).await.unwrap();
    let itself = r#"{"Enabled":true,"DeadLetterTargetQueue":"q","MaxReceiveCount":2}"#;
    let nowhere = r#"{"Enabled":true,"DeadLetterTargetQueue":"none","MaxReceiveCount":2}"#;
    let idle = r#"{"Enabled":true,"MaxReceivesPerSecond":0}"#;
    for (action, params, status, code) in [
        ("CreateQueue", vec![], 400, "MissingParameter"),
        ("CreateQueue", vec![("QueueName", "-q")], 400, "InvalidQueueName"),
        ("CreateQueue", vec![("QueueName", "q"), ("DelaySeconds", "1")], 409, "QueueAlreadyExist"),
        ("CreateQueue", vec![("QueueName", "p"), ("DelaySeconds", "604801")], 400, "InvalidArgument"),
        ("CreateQueue", vec![("QueueName", "p"), ("QueueType", "fifo")], 400, "UnsupportedOperation"),
        ("CreateQueue", vec![("QueueName", "p"), ("EnableSSE", "true"), ("SseType", "KMS")], 400, "MissingParameter"),
        ("CreateQueue", vec![("QueueName", "p"), ("EnableSSE", "true"), ("SseType", "OWN")], 400, "InvalidParameter"),
        ("SetQueueAttributes", vec![("QueueName", "q"), ("TenantRateLimitPolicy", idle)], 400, "InvalidParameter"),
        ("SetQueueAttributes", vec![("QueueName", "p"), ("DelaySeconds", "1")], 404, "QueueNotExist"),
        ("SetQueueAttributes", vec![("QueueName", "q"), ("DlqPolicy", itself)], 400, "InvalidArgument"),
        ("SetQueueAttributes", vec![("QueueName", "q"), ("DlqPolicy", nowhere)], 404, "QueueNotExist"),
        ("GetQueueAttributes", vec![("QueueName", "p")], 404, "QueueNotExist"),
        ("CreateBucket", vec![], 404, "InvalidAction.NotFound"),
    ] {
        assert_eq!(call(&a, action, &params).await, refused(status, code), "{action} {params:?}");
    }
    assert_eq!(call(&a, "CreateQueue", &[("QueueName", "q")]).await.unwrap()["Data"]["Code"], 204);
    call(&a, "DeleteQueue", &[("QueueName", "q")]).await.unwrap();
    assert_eq!(call(&a, "GetQueueAttributes", &[("QueueName", "q")]).await, refused(404, "QueueNotExist"));
}

#[tokio::test(start_paused = true)]
async fn a_queue_answers_as_many_receives_a_second_as_its_policy_says() {
    let a = Client::new(&cloud(), "a");
    let policy = r#"{"Enabled":true,"MaxReceivesPerSecond":2}"#;
    call(&a, "CreateQueue", &[("QueueName", "q"), ("TenantRateLimitPolicy", policy)]).await.unwrap();
    let queue = QueueRef::new(&a.account_id, "cn-hangzhou", "q");
    let receive =
        || async { a.cloud.mns().receive(&queue, 1, Duration::ZERO).await.map_err(|error| error.code().to_owned()) };
    // Whatever part of a second is left, the whole one that follows admits two.
    pass(Duration::from_secs(1)).await;
    let outcomes = [receive().await, receive().await, receive().await];
    assert_eq!(outcomes, [Ok(vec![]), Ok(vec![]), Err("QpsLimitExceeded".to_owned())]);
    pass(Duration::from_secs(1)).await;
    assert_eq!(receive().await, Ok(vec![]));
    let off = [("QueueName", "q"), ("TenantRateLimitPolicy", r#"{"Enabled":false}"#)];
    call(&a, "SetQueueAttributes", &off).await.unwrap();
    for _ in 0..5 {
        assert_eq!(receive().await, Ok(vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn encryption_is_told_and_stays_until_it_is_switched_off() {
    let a = Client::new(&cloud(), "a");
    let told = || async { call(&a, "GetQueueAttributes", &[("QueueName", "q")]).await.unwrap()["Data"].clone() };
    let kms = [("QueueName", "q"), ("EnableSSE", "true"), ("SseType", "KMS"), ("KmsKeyId", "key-1")];
    call(&a, "CreateQueue", &kms).await.unwrap();
    call(&a, "SetQueueAttributes", &[("QueueName", "q"), ("DelaySeconds", "1")]).await.unwrap();
    let data = told().await;
    assert_eq!(
        (&data["EnableSSE"], &data["SseType"], &data["KmsKeyId"]),
        (&true.into(), &"KMS".into(), &"key-1".into())
    );
    call(&a, "SetQueueAttributes", &[("QueueName", "q"), ("EnableSSE", "false")]).await.unwrap();
    assert_eq!((&told().await["EnableSSE"], &told().await["SseType"]), (&false.into(), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn what_is_published_to_a_topic_reaches_the_queue_that_subscribes() {
    let a = Client::new(&cloud(), "a");
    call(&a, "CreateQueue", &[("QueueName", "q")]).await.unwrap();
    let topic = [("TopicName", "t"), ("MaxMessageSize", "2048"), ("Tag.1.Key", "k"), ("Tag.1.Value", "v")];
    assert_eq!(call(&a, "CreateTopic", &topic).await.unwrap()["Data"]["Code"], 201);
    call(&a, "SetTopicAttributes", &[("TopicName", "t"), ("EnableLogging", "true")]).await.unwrap();
    let data = call(&a, "GetTopicAttributes", &[("TopicName", "t")]).await.unwrap()["Data"].clone();
    assert_eq!((&data["MaxMessageSize"], &data["LoggingEnabled"]), (&2048.into(), &true.into()));
    let tagged = call(&a, "ListTopic", &[("Tag.1.Key", "k")]).await.unwrap()["Data"].clone();
    assert_eq!((&tagged["Total"], &tagged["PageData"][0]["TopicName"]), (&1.into(), &"t".into()));
    assert_eq!(call(&a, "ListTopic", &[("TopicName", "u")]).await.unwrap()["Data"]["Total"], 0);

    let endpoint = format!("acs:mns:cn-hangzhou:{}:queues/q", a.account_id);
    let named = [("TopicName", "t"), ("SubscriptionName", "s")];
    let asked = [("Endpoint", endpoint.as_str()), ("PushType", "queue"), ("NotifyContentFormat", "SIMPLIFIED")];
    call(&a, "Subscribe", &[named.as_slice(), &asked].concat()).await.unwrap();
    let strategy = [named.as_slice(), &[("NotifyStrategy", "EXPONENTIAL_DECAY_RETRY")]].concat();
    call(&a, "SetSubscriptionAttributes", &strategy).await.unwrap();
    let data = call(&a, "GetSubscriptionAttributes", &named).await.unwrap()["Data"].clone();
    assert_eq!(
        (&data["Endpoint"], &data["NotifyStrategy"]),
        (&endpoint.as_str().into(), &"EXPONENTIAL_DECAY_RETRY".into())
    );
    let listed = call(&a, "ListSubscriptionByTopic", &[("TopicName", "t")]).await.unwrap();
    assert_eq!(listed["Data"]["PageData"][0]["SubscriptionName"], "s");
    call(&a, "Unsubscribe", &named).await.unwrap();
    assert_eq!(call(&a, "GetSubscriptionAttributes", &named).await, refused(404, "SubscriberNotExist"));
    call(&a, "DeleteTopic", &[("TopicName", "t")]).await.unwrap();
    assert_eq!(call(&a, "GetTopicAttributes", &[("TopicName", "t")]).await, refused(404, "TopicNotExist"));
}

#[tokio::test(start_paused = true)]
async fn a_topic_or_subscription_that_cannot_be_is_refused() {
    let a = Client::new(&cloud(), "a");
    call(&a, "CreateTopic", &[("TopicName", "t")]).await.unwrap();
    let endpoint = format!("acs:mns:cn-hangzhou:{}:queues/q", a.account_id);
    let dlq = r#"{"Enabled":true,"DeadLetterTargetQueue":"d"}"#;
    let on = |topic| vec![("TopicName", topic), ("SubscriptionName", "s"), ("Endpoint", endpoint.as_str())];
    for (action, params, status, code) in [
        ("CreateTopic", vec![("TopicName", "-t")], 400, "TopicNameInvalid"),
        ("CreateTopic", vec![("TopicName", "t"), ("MaxMessageSize", "1024")], 409, "TopicAlreadyExist"),
        ("CreateTopic", vec![("TopicName", "u"), ("TopicType", "fifo")], 400, "UnsupportedOperation"),
        ("CreateTopic", vec![("TopicName", "u"), ("EnableSSE", "true")], 400, "UnsupportedOperation"),
        ("SetTopicAttributes", vec![("TopicName", "t"), ("MaxMessageSize", "1")], 400, "InvalidArgument"),
        ("Subscribe", on("u"), 404, "TopicNotExist"),
        ("Subscribe", vec![("TopicName", "t"), ("SubscriptionName", "s")], 400, "MissingParameter"),
        ("Subscribe", [on("t"), vec![("PushType", "http")]].concat(), 400, "UnsupportedOperation"),
        ("Subscribe", [on("t"), vec![("DlqPolicy", dlq)]].concat(), 400, "UnsupportedOperation"),
        ("ListSubscriptionByTopic", vec![("TopicName", "u")], 404, "TopicNotExist"),
    ] {
        assert_eq!(call(&a, action, &params).await, refused(status, code), "{action} {params:?}");
    }
}

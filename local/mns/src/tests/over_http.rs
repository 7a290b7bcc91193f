use std::time::Duration;

use cloud_signing::Credentials;
use http::StatusCode;
use local_core::calls::{Call, Outcome};
use local_core::faults::{Fault, FaultRule, Swallow};
use local_core::ram::{Role, Trust};
use secrecy::ExposeSecret as _;

use super::{ACCOUNT, Client};
use crate::{Attributes, QueueRef};

const HELLO: &str = "<Message xmlns='http://mns.aliyuncs.com/doc/v1/'><MessageBody>aGVsbG8=</MessageBody></Message>";

#[tokio::test]
async fn creating_a_queue_is_201_then_204_then_409() {
    let client = Client::new();
    let first = client.call("PUT", "/queues/jobs", "<Queue><DelaySeconds>5</DelaySeconds></Queue>").await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(first.headers["location"], "http://127.0.0.1:4000/queues/jobs");
    assert_eq!(first.headers["x-mns-version"], "2015-06-06");
    assert_eq!(first.headers["x-mns-request-id"].len(), 24);

    let again = client.call("PUT", "/queues/jobs", "<Queue><DelaySeconds>5</DelaySeconds></Queue>").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
    assert!(again.headers.contains_key("location"));

    let other = client.call("PUT", "/queues/jobs", "<Queue/>").await;
    assert_eq!(other.refusal(), (409, "QueueAlreadyExist"));
    assert_eq!(other.text("RequestId"), other.headers["x-mns-request-id"]);
    assert_eq!(other.text("HostId"), "http://127.0.0.1:4000");
}

#[tokio::test]
async fn bad_names_are_refused_by_kind() {
    let client = Client::new();
    let long = format!("/queues/{}", "q".repeat(121));
    for (target, code) in [
        ("/queues/-q", "InvalidQueueName"),
        ("/queues/q_1", "InvalidQueueName"),
        (long.as_str(), "QueueNameLengthError"),
    ] {
        assert_eq!(client.call("PUT", target, "").await.refusal(), (400, code));
    }
}

#[tokio::test]
async fn attributes_can_be_set_and_read_back() {
    let client = Client::with_queue("q").await;
    let set = "<Queue><VisibilityTimeout>60</VisibilityTimeout><LoggingEnabled>True</LoggingEnabled></Queue>";
    assert_eq!(client.call("PUT", "/queues/q?metaoverride=true", set).await.status, StatusCode::NO_CONTENT);
    let got = client.call("GET", "/queues/q", "").await;
    for (name, value) in [
        ("QueueName", "q"),
        ("VisibilityTimeout", "60"),
        ("DelaySeconds", "0"),
        ("MaximumMessageSize", "65536"),
        ("MessageRetentionPeriod", "345600"),
        ("PollingWaitSeconds", "0"),
        ("LoggingEnabled", "True"),
        ("ActiveMessages", "0"),
        ("InactiveMessages", "0"),
        ("DelayMessages", "0"),
    ] {
        assert_eq!(got.text(name), value, "{name}");
    }
    assert_eq!(got.text("CreateTime").len(), 10, "in seconds");
    assert_eq!(client.call("GET", "/queues/none", "").await.refusal(), (404, "QueueNotExist"));
}

#[tokio::test]
async fn queues_are_listed_in_pages_by_prefix_and_without_empty_elements() {
    let client = Client::new();
    for name in ["a-1", "a-2", "a-3", "b-1"] {
        client.call("PUT", &format!("/queues/{name}"), "").await;
    }
    let page = |marker: &'static str| {
        let mut request = client.request("GET", "/queues", "");
        for (name, value) in
            [("x-mns-prefix", "a-"), ("x-mns-ret-number", "2"), ("x-mns-marker", marker), ("x-mns-with-meta", "true")]
        {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        client.send(request)
    };
    let first = page("").await;
    let urls: Vec<_> = first.list("Queue").iter().map(|queue| queue.child_text("QueueURL").unwrap()).collect();
    assert_eq!(urls, ["http://127.0.0.1:4000/queues/a-1", "http://127.0.0.1:4000/queues/a-2"]);
    assert_eq!(first.list("Queue")[0].child_text("VisibilityTimeout"), Some("30"));
    assert_eq!(first.text("NextMarker"), "a-2");
    let second = page("a-2").await;
    assert_eq!(second.list("Queue").len(), 1);
    assert!(second.list("NextMarker").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_through_its_life() {
    let client = Client::with_queue("q").await;
    let sent = client.call("POST", "/queues/q/messages", HELLO).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    assert_eq!(sent.text("MessageBodyMD5"), "0733351879B2FA9BD05C7CA3061529C0");
    assert!(sent.list("ReceiptHandle").is_empty(), "only a delayed message has one");

    let peeked = client.call("GET", "/queues/q/messages?peekonly=true", "").await;
    assert_eq!((peeked.text("DequeueCount"), peeked.text("FirstDequeueTime")), ("0", "0"));
    assert!(peeked.list("ReceiptHandle").is_empty() && peeked.list("NextVisibleTime").is_empty());

    let received = client.call("GET", "/queues/q/messages", "").await;
    assert_eq!(received.text("MessageBody"), "aGVsbG8=");
    assert_eq!(received.text("MessageId"), sent.text("MessageId"));
    assert_eq!((received.text("DequeueCount"), received.text("Priority")), ("1", "8"));
    let millis = |name: &str| received.text(name).parse::<i64>().unwrap();
    assert_eq!(millis("NextVisibleTime") - millis("FirstDequeueTime"), 30_000);
    let none = client.call("GET", "/queues/q/messages", "").await;
    assert_eq!(none.refusal(), (404, "MessageNotExist"));

    let old = received.text("ReceiptHandle");
    assert!(old.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{old}");
    tokio::time::sleep(Duration::from_secs(20)).await;
    let target = format!("/queues/q/messages?receiptHandle={old}&visibilityTimeout=60");
    let changed = client.call("PUT", &target, "").await;
    assert_eq!(changed.status, StatusCode::OK);
    let new = changed.text("ReceiptHandle");

    let delete = |handle: &str| client.call_owned("DELETE", format!("/queues/q/messages?ReceiptHandle={handle}"));
    assert_eq!(delete(old).await.refusal(), (404, "MessageNotExist"), "the new handle replaced it");
    assert_eq!(delete("nonsense").await.refusal(), (400, "ReceiptHandleError"));
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert_eq!(delete(new).await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete(new).await.refusal(), (404, "MessageNotExist"));
}

#[tokio::test]
async fn a_batch_is_sent_received_peeked_and_deleted_with_one_bad_handle() {
    let client = Client::with_queue("q").await;
    let message = |body: &str, rest: &str| format!("<Message>{rest}<MessageBody>{body}</MessageBody></Message>");
    let batch = format!(
        "<Messages>{}{}{}</Messages>",
        message("low", "<Priority>16</Priority>"),
        message("high", "<Priority>1</Priority>"),
        message("usual", ""),
    );
    let sent = client.call("POST", "/queues/q/messages", &batch).await;
    assert_eq!((sent.status, sent.list("Message").len()), (StatusCode::CREATED, 3));

    let peeked = client.call("GET", "/queues/q/messages?numOfMessages=2&peekonly=true", "").await;
    assert_eq!(peeked.list("Message").len(), 2);

    let received = client.call("GET", "/queues/q/messages?numOfMessages=16", "").await;
    let bodies: Vec<_> = received.list("Message").iter().map(|m| m.child_text("MessageBody").unwrap()).collect();
    assert_eq!(bodies, ["high", "usual", "low"]);

    let mut handles: String = received
        .list("Message")
        .iter()
        .map(|m| format!("<ReceiptHandle>{}</ReceiptHandle>", m.child_text("ReceiptHandle").unwrap()))
        .collect();
    handles.push_str("<ReceiptHandle>ff-gone</ReceiptHandle>");
    let target = "/queues/q/messages";
    let deleted = client.call("DELETE", target, &format!("<ReceiptHandles>{handles}</ReceiptHandles>")).await;
    assert_eq!(deleted.status, StatusCode::NOT_FOUND);
    let errors = deleted.list("Error");
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].child_text("ErrorCode"), Some("MessageNotExist"));
    assert_eq!(errors[0].child_text("ReceiptHandle"), Some("ff-gone"));
    assert_eq!(client.mns.queue(&super::queue("q")).unwrap().inactive, 0, "the others are gone");
}

#[tokio::test]
async fn a_partly_bad_batch_says_which_message_was_bad() {
    let client = Client::with_queue("q").await;
    let batch = "<Messages><Message><MessageBody>a</MessageBody></Message>\
                 <Message><MessageBody>b</MessageBody><Priority>17</Priority></Message></Messages>";
    let sent = client.call("POST", "/queues/q/messages", batch).await;
    assert_eq!(sent.status, StatusCode::INTERNAL_SERVER_ERROR);
    let messages = sent.list("Message");
    assert!(messages[0].child_text("MessageId").is_some());
    assert_eq!(messages[1].child_text("ErrorCode"), Some("InvalidArgument"));
}

#[tokio::test]
async fn properties_travel_with_the_message() {
    let client = Client::with_queue("q").await;
    let body = "<Message><UserProperties><PropertyValue><Value>v</Value><Name>n</Name><Type>STRING</Type></PropertyValue>\
                </UserProperties><MessageBody>b</MessageBody></Message>";
    client.call("POST", "/queues/q/messages", body).await;
    let received = client.call("GET", "/queues/q/messages", "").await;
    let properties = received.list("UserProperties");
    let property = properties[0].child("PropertyValue").unwrap();
    assert_eq!((property.child_text("Name"), property.child_text("Value")), (Some("n"), Some("v")));
}

#[tokio::test]
async fn a_message_must_fit_its_queue_and_have_a_body() {
    let client = Client::new();
    client.call("PUT", "/queues/q", "<Queue><MaximumMessageSize>1024</MaximumMessageSize></Queue>").await;
    let long = format!("<Message><MessageBody>{}</MessageBody></Message>", "x".repeat(1025));
    for (body, code) in [
        (long.as_str(), "InvalidArgument"),
        ("<Message><MessageBody></MessageBody></Message>", "InvalidArgument"),
        ("<Message><MessageBody>b</MessageBody><DelaySeconds>604801</DelaySeconds></Message>", "InvalidArgument"),
        ("<Message></Message>", "MalformedXML"),
        ("<Message><MessageBody>", "MalformedXML"),
        ("<Other/>", "MalformedXML"),
    ] {
        assert_eq!(client.call("POST", "/queues/q/messages", body).await.refusal(), (400, code), "{body:.60}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_ends_with_404_after_its_wait_and_at_once_when_a_message_comes() {
    let client = Client::with_queue("q").await;
    let began = tokio::time::Instant::now();
    let none = client.call("GET", "/queues/q/messages?waitseconds=7", "").await;
    assert_eq!(none.refusal(), (404, "MessageNotExist"));
    assert_eq!(began.elapsed().as_secs(), 7);

    let began = tokio::time::Instant::now();
    let (received, ()) = tokio::join!(client.call("GET", "/queues/q/messages?waitseconds=30", ""), async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        client.call("POST", "/queues/q/messages", HELLO).await;
    });
    assert_eq!(received.status, StatusCode::OK);
    assert_eq!(began.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_queue_says_how_long_to_wait_when_the_request_does_not() {
    let client = Client::new();
    client.call("PUT", "/queues/q", "<Queue><PollingWaitSeconds>3</PollingWaitSeconds></Queue>").await;
    let began = tokio::time::Instant::now();
    client.call("GET", "/queues/q/messages", "").await;
    assert_eq!(began.elapsed().as_secs(), 3);
    client.call("GET", "/queues/q/messages?waitseconds=0", "").await;
    assert_eq!(began.elapsed().as_secs(), 3, "the request's own value wins");
}

#[tokio::test]
async fn a_wrong_signature_key_or_date_is_refused() {
    let mut client = Client::with_queue("q").await;
    client.credentials = Credentials::new("testid", "wrong");
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "SignatureDoesNotMatch"));
    client.credentials = Credentials::new("nobody", "testsecret");
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "InvalidAccessKeyId"));

    client.credentials = Credentials::new("testid", "testsecret");
    let (mut parts, body) = client.request("GET", "/queues/q", "").into_parts();
    let late = client.shared.clock.wall() - Duration::from_secs(901);
    cloud_signing::mns::sign(&mut parts, &body, &client.credentials, late).unwrap();
    let answer = client.send_as_is(http::Request::from_parts(parts, body)).await;
    assert_eq!(answer.refusal(), (408, "TimeExpired"));

    let bare = client.request("GET", "/queues/q", "");
    assert_eq!(client.send_as_is(bare).await.refusal(), (400, "MissingAuthorizationHeader"));

    let (mut parts, body) = client.request("POST", "/queues/q/messages", HELLO).into_parts();
    cloud_signing::mns::sign(&mut parts, &body, &client.credentials, client.shared.clock.wall()).unwrap();
    let changed = http::Request::from_parts(parts, HELLO.replace("aGVsbG8=", "b3RoZXI=").into());
    assert_eq!(client.send_as_is(changed).await.refusal(), (400, "InvalidDegist"));
}

#[tokio::test]
async fn the_host_chooses_account_and_region_and_another_account_is_kept_out() {
    let mut client = Client::new();
    client.host = "1000000000000001.mns.cn-beijing.aliyuncs.com";
    assert_eq!(client.call("PUT", "/queues/q", "").await.status, StatusCode::CREATED);
    assert!(client.mns.queue(&QueueRef::new(ACCOUNT, "cn-beijing", "q")).is_ok());
    client.host = "127.0.0.1:4000";
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (404, "QueueNotExist"), "home is elsewhere");

    client.shared.identities.add_account("2000000000000002", "second", "secret".into());
    client.credentials = Credentials::new("second", "secret");
    client.host = "1000000000000001.mns.cn-beijing.aliyuncs.com";
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "AccessDenied"));
    client.host = "127.0.0.1:4000";
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (404, "QueueNotExist"));
}

#[tokio::test]
async fn a_topic_pushes_to_the_queues_whose_filter_fits() {
    let client = Client::with_queue("q").await;
    assert_eq!(client.call("PUT", "/topics/t", "<Topic/>").await.status, StatusCode::CREATED);
    assert_eq!(client.call("PUT", "/topics/t", "<Topic/>").await.status, StatusCode::NO_CONTENT);
    let endpoint = format!("<Endpoint>acs:mns:cn-hangzhou:{ACCOUNT}:queues/q</Endpoint>");
    let plain = format!("<Subscription>{endpoint}<NotifyContentFormat>SIMPLIFIED</NotifyContentFormat></Subscription>");
    let tagged = format!(
        "<Subscription>{endpoint}<FilterTag>red</FilterTag><NotifyContentFormat>JSON</NotifyContentFormat></Subscription>"
    );
    let made = client.call("PUT", "/topics/t/subscriptions/plain", &plain).await;
    assert_eq!(made.headers["location"], "http://127.0.0.1:4000/topics/t/subscriptions/plain");
    client.call("PUT", "/topics/t/subscriptions/tagged", &tagged).await;
    let listed = client.call("GET", "/topics/t/subscriptions", "").await;
    assert_eq!(listed.list("Subscription").len(), 2);

    let blue = "<Message><MessageBody>one</MessageBody><MessageTag>blue</MessageTag></Message>";
    assert_eq!(client.call("POST", "/topics/t/messages", blue).await.status, StatusCode::CREATED);
    let received = client.call("GET", "/queues/q/messages?numOfMessages=16", "").await;
    assert_eq!(received.list("Message").len(), 1);
    assert_eq!(received.list("Message")[0].child_text("MessageBody"), Some("one"));

    let red = "<Message><MessageBody>two</MessageBody><MessageTag>red</MessageTag></Message>";
    client.call("POST", "/topics/t/messages", red).await;
    let received = client.call("GET", "/queues/q/messages?numOfMessages=16", "").await;
    let json = received.list("Message")[1].child_text("MessageBody").unwrap();
    let notification: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(notification["Message"], "two");
    assert_eq!(notification["SubscriptionName"], "tagged");

    let elsewhere = "<Subscription><Endpoint>http://example.com</Endpoint></Subscription>";
    assert_eq!(client.call("PUT", "/topics/t/subscriptions/h", elsewhere).await.refusal(), (400, "EndpointInvalid"));
    assert_eq!(client.call("DELETE", "/topics/t", "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.call("GET", "/topics/t", "").await.refusal(), (404, "TopicNotExist"));
}

#[tokio::test]
async fn a_fault_refuses_before_the_effect_or_swallows_the_answer_after_it() {
    let client = Client::with_queue("q").await;
    client.shared.faults.add(FaultRule::once("SendMessage", Fault::ServerError));
    client.shared.faults.add(FaultRule::once("SendMessage", Fault::LoseAnswer));
    let messages = || client.mns.queue(&super::queue("q")).unwrap().active;

    let refused = client.call("POST", "/queues/q/messages", HELLO).await;
    assert_eq!((refused.refusal(), messages()), ((500, "InternalError"), 0));

    let (mut parts, body) = client.request("POST", "/queues/q/messages", HELLO).into_parts();
    cloud_signing::mns::sign(&mut parts, &body, &client.credentials, client.shared.clock.wall()).unwrap();
    let response = client.mns.handle(http::Request::from_parts(parts, body)).await;
    assert!(response.extensions().get::<Swallow>().is_some());
    let call = response.extensions().get::<Call>().unwrap();
    assert_eq!((call.info.action.as_str(), &call.outcome), ("SendMessage", &Outcome::AnswerLost));
    assert_eq!(messages(), 1);
}

#[tokio::test]
async fn the_account_keeps_the_name_of_its_log_bucket() {
    let client = Client::new();
    let set = client.call("PUT", "/?accountmeta=true", "<Account><LoggingBucket>logs</LoggingBucket></Account>").await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    assert_eq!(client.call("GET", "/?accountmeta=true", "").await.text("LoggingBucket"), "logs");
}

#[tokio::test]
async fn a_queue_with_a_dead_letter_policy_still_equals_itself_over_http() {
    let client = Client::with_queue("dead").await;
    let policy = crate::DeadLetterPolicy { queue: "dead".into(), max_receive_count: 3 };
    let attributes = Attributes { dead_letter: Some(policy), ..Attributes::default() };
    client.mns.create_queue(&super::queue("q"), attributes).unwrap();
    assert_eq!(client.call("PUT", "/queues/q", "<Queue/>").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(start_paused = true)]
async fn temporary_credentials_need_their_token_and_end() {
    let mut client = Client::with_queue("q").await;
    let identities = client.shared.identities.clone();
    let role = Role::new(ACCOUNT, "worker", Trust::account(ACCOUNT));
    let policy = serde_json::json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "mns:GetQueueAttributes", "Resource": "*"}]});
    identities.put_role(Role { policies: vec![policy], ..role }).unwrap();
    let arn = format!("acs:ram::{ACCOUNT}:role/worker");
    let issued = identities.assume(&arn, "s1", Duration::from_secs(900)).unwrap();
    let secret = issued.access_key_secret.expose_secret();
    let bare = Credentials::new(&issued.access_key_id, secret);

    client.credentials = bare.clone();
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "AccessDenied"));
    client.credentials = bare.clone().with_security_token("another");
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "AccessDenied"));
    client.credentials = bare.with_security_token(issued.security_token.expose_secret());
    assert_eq!(client.call("GET", "/queues/q", "").await.status, StatusCode::OK);
    tokio::time::sleep(Duration::from_secs(901)).await;
    assert_eq!(client.call("GET", "/queues/q", "").await.refusal(), (403, "AccessDenied"));
}

#[tokio::test]
async fn a_character_that_xml_cannot_hold_is_refused_wherever_it_stands_and_spoils_nothing() {
    let client = Client::with_queue("q").await;
    client.call("PUT", "/topics/t", "<Topic/>").await;
    for bad in ["\u{1}", "&#0;", "&#x1;", "&#xD800;", "\u{fffe}", "<![CDATA[\u{b}]]>"] {
        let message = |body: &str, more: &str| format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>");
        let property = format!(
            "<UserProperties><PropertyValue><Name>n</Name><Value>{bad}</Value><Type>STRING</Type></PropertyValue></UserProperties>"
        );
        for (method, target, body) in [
            ("POST", "/queues/q/messages", message(bad, "")),
            ("POST", "/queues/q/messages", message("b", &property)),
            ("POST", "/queues/q/messages", message("b", &format!("<MessageGroupId>{bad}</MessageGroupId>"))),
            ("POST", "/queues/q/messages", format!("<Messages>{}{}</Messages>", message("a", ""), message(bad, ""))),
            (
                "DELETE",
                "/queues/q/messages",
                format!("<ReceiptHandles><ReceiptHandle>{bad}</ReceiptHandle></ReceiptHandles>"),
            ),
            ("POST", "/topics/t/messages", message(bad, "")),
            ("POST", "/topics/t/messages", message("b", &format!("<MessageTag>{bad}</MessageTag>"))),
            ("PUT", "/queues/other", format!("<Queue><DelaySeconds>{bad}</DelaySeconds></Queue>")),
        ] {
            assert_eq!(client.call(method, target, &body).await.refusal(), (400, "MalformedXML"), "{target}: {body:?}");
        }
    }
    let none = client.call("GET", "/queues/q/messages", "").await;
    assert_eq!(none.refusal(), (404, "MessageNotExist"), "nothing was taken");
    let named = client.call("PUT", "/queues/a%01b", "<Queue/>").await;
    assert_eq!(named.refusal(), (400, "InvalidQueueName"));
}

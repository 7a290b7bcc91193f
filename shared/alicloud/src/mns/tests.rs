use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::Kind;
use crate::scripted::Cloud;

fn mns(cloud: &Arc<Cloud>) -> Mns {
    cloud.client().mns(&"1000000000000001".parse().unwrap(), &"cn-qingdao".parse().unwrap())
}

fn queue() -> QueueName {
    "create-interface".parse().unwrap()
}

const HOST: &str = "https://1000000000000001.mns.cn-qingdao.aliyuncs.com";

fn xml_error(code: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
        <Error xmlns="http://mns.aliyuncs.com/doc/v1/">
          <Code>{code}</Code><Message>the cloud's words</Message>
          <RequestId>5A1B</RequestId><HostId>http://h</HostId>
        </Error>"#
    )
}

#[tokio::test]
async fn a_message_goes_out_encoded_and_delayed() {
    let cloud = Cloud::new().says(
        201,
        r#"<?xml version="1.0" encoding="utf-8"?><Message xmlns="http://mns.aliyuncs.com/doc/v1/">
           <MessageId>M-1</MessageId><MessageBodyMD5>0733351879B2FA9BD05C7CA3061529C0</MessageBodyMD5>
           <ReceiptHandle>H-1</ReceiptHandle></Message>"#,
    );
    let sent = mns(&cloud).send_message(&queue(), b"hello", Duration::from_millis(4001)).await.unwrap();
    assert_eq!(sent, Sent { message_id: "M-1".to_owned(), receipt_handle: Some("H-1".to_owned()) });
    let seen = cloud.only();
    assert_eq!(seen.line(), format!("POST {HOST}/queues/create-interface/messages"));
    assert_eq!(seen.header("content-type"), Some("text/xml;charset=UTF-8"));
    assert_eq!(
        seen.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Message xmlns=\"http://mns.aliyuncs.com/doc/v1/\">\
         <MessageBody>aGVsbG8=</MessageBody><DelaySeconds>5</DelaySeconds></Message>"
    );
}

#[tokio::test]
async fn a_delay_beyond_seven_days_is_refused_before_sending() {
    let cloud = Cloud::new();
    let error = mns(&cloud).send_message(&queue(), b"", Duration::from_secs(604_801)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn a_message_is_received_with_its_times_and_decoded() {
    let cloud = Cloud::new().says(
        200,
        r#"<Message xmlns="http://mns.aliyuncs.com/doc/v1/">
             <MessageId>M-1</MessageId>
             <ReceiptHandle>1-ODU4OTkz-a+/=</ReceiptHandle>
             <MessageBody>aGVsbG8=</MessageBody>
             <MessageBodyMD5>0733351879B2FA9BD05C7CA3061529C0</MessageBodyMD5>
             <EnqueueTime>1767323045000</EnqueueTime>
             <NextVisibleTime>1767323075000</NextVisibleTime>
             <FirstDequeueTime>1767323045500</FirstDequeueTime>
             <DequeueCount>2</DequeueCount>
             <Priority>8</Priority>
             <UserProperties><PropertyValue><Name>a</Name><Value>b</Value><Type>STRING</Type></PropertyValue></UserProperties>
           </Message>"#,
    );
    let message = mns(&cloud).receive_message(&queue(), Duration::from_secs(10)).await.unwrap().unwrap();
    assert_eq!(message.payload(), b"hello");
    assert_eq!(message.receipt_handle, "1-ODU4OTkz-a+/=");
    assert_eq!(message.dequeue_count, 2);
    assert_eq!(message.enqueue_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(message.next_visible_time, Some("2026-01-02T03:04:35Z".parse().unwrap()));
    let seen = cloud.only();
    assert_eq!(seen.line(), format!("GET {HOST}/queues/create-interface/messages"));
    assert_eq!(seen.parts.uri.query(), Some("waitseconds=10"));
    assert_eq!(seen.header("content-type"), None);
}

#[tokio::test]
async fn a_body_that_is_not_encoded_is_taken_as_it_is() {
    let body = "<Message><MessageId>M</MessageId><ReceiptHandle>H</ReceiptHandle><MessageBody>{&quot;a&quot;:1}</MessageBody></Message>";
    let cloud = Cloud::new().says(200, body);
    let message = mns(&cloud).receive_message(&queue(), Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(message.payload(), br#"{"a":1}"#);
}

#[tokio::test]
async fn an_empty_queue_has_no_message_and_a_missing_one_is_an_error() {
    let cloud = Cloud::new()
        .says(404, &xml_error("MessageNotExist"))
        .says(404, &xml_error("MessageNotExist"))
        .says(404, &xml_error("QueueNotExist"));
    let mns = mns(&cloud);
    assert_eq!(mns.receive_message(&queue(), Duration::ZERO).await.unwrap(), None);
    assert_eq!(mns.peek_message(&queue()).await.unwrap(), None);
    let error = mns.receive_message(&queue(), Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.request_id()), (Kind::Gone, Some("QueueNotExist"), Some("5A1B")));
}

#[tokio::test]
async fn peeking_reads_a_message_without_a_handle() {
    let cloud = Cloud::new().says(
        200,
        "<Message><MessageId>M-1</MessageId><MessageBody>aGVsbG8=</MessageBody><DequeueCount>0</DequeueCount></Message>",
    );
    let peeked = mns(&cloud).peek_message(&queue()).await.unwrap().unwrap();
    assert_eq!((peeked.payload(), peeked.dequeue_count), (b"hello".to_vec(), 0));
    assert_eq!(cloud.only().parts.uri.query(), Some("peekonly=true"));
}

#[tokio::test]
async fn a_handle_is_escaped_in_the_query_and_signed_so() {
    let cloud = Cloud::new().says(204, "");
    mns(&cloud).delete_message(&queue(), "1-a+b/c==").await.unwrap();
    let seen = cloud.only();
    assert_eq!(seen.line(), format!("DELETE {HOST}/queues/create-interface/messages"));
    assert_eq!(seen.parts.uri.query(), Some("ReceiptHandle=1-a%2Bb%2Fc%3D%3D"));
}

#[tokio::test]
async fn a_handle_that_is_no_longer_valid_is_gone() {
    let cloud = Cloud::new().says(404, &xml_error("MessageNotExist"));
    let error = mns(&cloud).delete_message(&queue(), "h").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Gone);
}

#[tokio::test]
async fn hiding_a_message_gives_a_new_handle() {
    let cloud = Cloud::new().says(
        200,
        r#"<ChangeVisibility xmlns="http://mns.aliyuncs.com/doc/v1/"><ReceiptHandle>H-2</ReceiptHandle>
           <NextVisibleTime>1767323105000</NextVisibleTime></ChangeVisibility>"#,
    );
    let visibility = mns(&cloud).change_visibility(&queue(), "H-1", Duration::from_secs(60)).await.unwrap();
    assert_eq!(visibility.receipt_handle, "H-2");
    assert_eq!(visibility.next_visible_time, Some("2026-01-02T03:05:05Z".parse().unwrap()));
    let seen = cloud.only();
    assert_eq!(seen.line(), format!("PUT {HOST}/queues/create-interface/messages"));
    assert_eq!(seen.parts.uri.query(), Some("ReceiptHandle=H-1&VisibilityTimeout=60"));
}

#[tokio::test]
async fn a_queue_is_made_once_and_found_the_second_time() {
    let cloud = Cloud::new().says(201, "").says(204, "").says(409, &xml_error("QueueAlreadyExist"));
    let mns = mns(&cloud);
    let attributes =
        QueueAttributes { visibility_timeout: Some(Duration::from_secs(60)), ..QueueAttributes::default() };
    assert_eq!(mns.create_queue(&queue(), &attributes).await.unwrap(), Created::New);
    assert_eq!(mns.create_queue(&queue(), &attributes).await.unwrap(), Created::Existed);
    assert_eq!(mns.create_queue(&queue(), &attributes).await.unwrap_err().kind(), Kind::AlreadyThere);
    let seen = &cloud.seen()[0];
    assert_eq!(seen.line(), format!("PUT {HOST}/queues/create-interface"));
    assert!(
        seen.body.ends_with(
            "<Queue xmlns=\"http://mns.aliyuncs.com/doc/v1/\"><VisibilityTimeout>60</VisibilityTimeout></Queue>"
        ),
        "{}",
        seen.body
    );
}

#[tokio::test]
async fn a_queues_attributes_are_read() {
    let cloud = Cloud::new().says(
        200,
        r#"<?xml version="1.0"?><Queue xmlns="http://mns.aliyuncs.com/doc/v1/"><QueueName>create-interface</QueueName>
           <CreateTime>1767323045</CreateTime><LastModifyTime>1767323045</LastModifyTime><DelaySeconds>0</DelaySeconds>
           <MaximumMessageSize>65536</MaximumMessageSize><MessageRetentionPeriod>345600</MessageRetentionPeriod>
           <VisibilityTimeout>30</VisibilityTimeout><PollingWaitSeconds>0</PollingWaitSeconds>
           <ActiveMessages>3</ActiveMessages><InactiveMessages>1</InactiveMessages><DelayMessages>2</DelayMessages>
           <LoggingEnabled>False</LoggingEnabled></Queue>"#,
    );
    let read = mns(&cloud).queue_attributes(&queue()).await.unwrap();
    assert_eq!((read.active_messages, read.inactive_messages, read.delayed_messages), (3, 1, 2));
    assert_eq!(read.attributes.visibility_timeout, Some(Duration::from_secs(30)));
    assert_eq!(read.create_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
}

#[tokio::test]
async fn deleting_a_queue_is_one_request() {
    let cloud = Cloud::new().says(204, "");
    mns(&cloud).delete_queue(&queue()).await.unwrap();
    assert_eq!(cloud.only().line(), format!("DELETE {HOST}/queues/create-interface"));
}

#[tokio::test]
async fn an_answer_that_is_no_message_is_malformed_with_the_request_id_of_its_header() {
    let cloud = Cloud::new().says(201, "<html/>");
    let error = mns(&cloud).send_message(&queue(), b"x", Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (Kind::Malformed, Some("6DF7A4C1")));
    assert!(!error.may_repeat());
}

#[test]
fn queue_names_are_checked() {
    assert!("create-interface".parse::<QueueName>().is_ok());
    for text in ["", "-a", "a/b", "a b", "a?b", &"a".repeat(121)] {
        assert!(text.parse::<QueueName>().is_err(), "{text:?}");
    }
}

#[tokio::test]
async fn several_messages_are_taken_and_looked_at_by_one_call() {
    let message = |id: &str, handle: &str| {
        format!("<Message><MessageId>{id}</MessageId>{handle}<MessageBody>aGVsbG8=</MessageBody></Message>")
    };
    let handle = "<ReceiptHandle>H</ReceiptHandle>";
    let cloud = Cloud::new()
        .says(200, &format!("<Messages>{}{}</Messages>", message("M-1", handle), message("M-2", handle)))
        .says(200, &format!("<Messages>{}</Messages>", message("M-1", "")))
        .says(404, &xml_error("MessageNotExist"))
        .says(200, &format!("<Messages>{}</Messages>", message("M-1", "")));
    let mns = mns(&cloud);
    let taken = mns.receive_messages(&queue()).await.unwrap();
    assert_eq!(taken.iter().map(|message| message.message_id.as_str()).collect::<Vec<_>>(), ["M-1", "M-2"]);
    let seen = mns.peek_messages(&queue()).await.unwrap();
    assert_eq!((seen.len(), seen[0].payload()), (1, b"hello".to_vec()));
    assert_eq!(mns.receive_messages(&queue()).await.unwrap(), []);
    assert_eq!(mns.receive_messages(&queue()).await.unwrap_err().kind(), Kind::Malformed, "it has no handle");
}

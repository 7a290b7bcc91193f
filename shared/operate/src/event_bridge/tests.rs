//! Requests byte by byte, and the answers of docs/reference/deploy-apis.md, sections 2.3 and 6.1.

use alicloud::Kind;

use super::*;
use crate::scripted::{Cloud, in_turn, refusal};

const HOST: &str = "eventbridge-console.cn-hangzhou.aliyuncs.com";
const VERSION: &str = "2020-04-01";
const ROLE: &str = "AliyunServiceRoleForEventBridgeSendToFC";

fn bridge(cloud: &std::sync::Arc<Cloud>) -> EventBridge {
    cloud.client().event_bridge(&"cn-hangzhou".parse().unwrap())
}

#[tokio::test]
async fn a_role_is_asked_for_and_made() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"Code":"Success","Data":{"CheckPass":false,"StsRoleName":"x"},"RequestId":"R","Success":true}"#),
        (200, r#"{"Code":"Success","RequestId":"R","Success":true,"HttpCode":200}"#),
    ]));
    assert!(!bridge(&cloud).check_service_linked_role(ROLE).await.unwrap());
    assert_eq!(bridge(&cloud).create_service_linked_role(ROLE).await.unwrap(), Made::Now);
    let form = "ProductName=AliyunServiceRoleForEventBridgeSendToFC";
    cloud.seen()[0].assert_form(HOST, "CheckServiceLinkedRoleForProduct", VERSION, form);
    cloud.seen()[1].assert_form(HOST, "CreateServiceLinkedRoleForProduct", VERSION, form);
}

#[tokio::test]
async fn http_200_is_no_success_by_itself() {
    for (body, kind, code) in [
        (
            r#"{"Code":"ServiceNotEnable","Message":"m","RequestId":"R-2","Success":false}"#,
            Kind::Commercial,
            "ServiceNotEnable",
        ),
        (r#"{"Code":"NoPermission","Message":"m","RequestId":"R-2"}"#, Kind::Denied, "NoPermission"),
        (r#"{"Code":"Whatever","Message":"m","RequestId":"R-2","Success":true}"#, Kind::Refused, "Whatever"),
    ] {
        let error = bridge(&Cloud::saying(200, body)).create_service_linked_role(ROLE).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.request_id()), (kind, Some(code), Some("R-2")));
    }
    let closed =
        bridge(&Cloud::saying(403, &refusal("ServiceNotEnable"))).check_service_linked_role(ROLE).await.unwrap_err();
    assert_eq!(closed.kind(), Kind::Commercial);
    assert!(closed.advice().contains("not opened EventBridge"));
}

#[tokio::test]
async fn streams_are_found_by_their_ends_paused_and_started() {
    let page = |name: &str, token: &str| {
        format!(
            r#"{{"Code":"Success","Data":{{"EventStreamings":[{{"EventStreamingName":"{name}","Status":"RUNNING"}}],"NextToken":"{token}","Total":2}},"Success":true}}"#
        )
    };
    let done = r#"{"Code":"Success","Success":true}"#;
    let one = r#"{"Code":"Success","Data":{"EventStreamingName":"a","Status":"PAUSED"},"Success":true}"#;
    let cloud = Cloud::answering(in_turn(&[
        (200, &page("a", "n")),
        (200, &page("b", "")),
        (200, done),
        (200, done),
        (200, one),
    ]));
    let which = ListEventStreamings {
        source_arn: Some("acs:mns:cn-hangzhou:1:/queues/q".to_owned()),
        ..ListEventStreamings::default()
    };
    let streams = bridge(&cloud).list_event_streamings(&which).await.unwrap();
    let names: Vec<_> = streams.iter().map(|stream| stream.event_streaming_name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    bridge(&cloud).pause_event_streaming("a").await.unwrap();
    bridge(&cloud).start_event_streaming("a").await.unwrap();
    assert_eq!(bridge(&cloud).event_streaming("a").await.unwrap().status.as_deref(), Some("PAUSED"));
    let seen = cloud.seen();
    for (seen, (action, form)) in seen.iter().zip([
        ("ListEventStreamings", "Limit=100&SourceArn=acs%3Amns%3Acn-hangzhou%3A1%3A%2Fqueues%2Fq"),
        ("ListEventStreamings", "Limit=100&NextToken=n&SourceArn=acs%3Amns%3Acn-hangzhou%3A1%3A%2Fqueues%2Fq"),
        ("PauseEventStreaming", "EventStreamingName=a"),
        ("StartEventStreaming", "EventStreamingName=a"),
        ("GetEventStreaming", "EventStreamingName=a"),
    ]) {
        seen.assert_form(HOST, action, VERSION, form);
    }
}

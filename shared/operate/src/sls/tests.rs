//! Requests byte by byte, and answers as the log service writes them.

use alicloud::Kind;

use super::*;
use crate::scripted::{Cloud, in_turn};

fn sls(cloud: &std::sync::Arc<Cloud>) -> Sls {
    cloud.client().sls(&"cn-hangzhou".parse().unwrap())
}

fn which() -> GetLogs {
    GetLogs {
        project: "causeway-1-cn-hangzhou".to_owned(),
        logstore: "functions".to_owned(),
        from: "2026-01-02T03:04:05Z".parse().unwrap(),
        until: "2026-01-02T04:04:05Z".parse().unwrap(),
        query: "connection: \"a\"".to_owned(),
        lines: 100,
        offset: 0,
        newest_first: true,
    }
}

#[tokio::test]
async fn logs_are_asked_for_at_the_projects_host_in_json() {
    let body = r#"{"meta":{"progress":"Incomplete","count":1},"data":[{"__time__":"1767323045","level":"INFO","message":"  a "}]}"#;
    let cloud = Cloud::answering(in_turn(&[(200, body), (200, r#"{"meta":{"progress":"Complete"},"data":null}"#)]));
    let logs = sls(&cloud).logs(&which()).await.unwrap();
    assert!(!logs.complete);
    assert_eq!((&logs.lines[0]["level"], &logs.lines[0]["message"]), (&Value::from("INFO"), &Value::from("  a ")));
    assert!(sls(&cloud).logs(&which()).await.unwrap().complete);
    let seen = &cloud.seen()[0];
    assert_eq!(
        seen.line(),
        "POST https://causeway-1-cn-hangzhou.cn-hangzhou.log.aliyuncs.com/logstores/functions/logs"
    );
    assert_eq!(
        seen.text(),
        r#"{"from":1767323045,"line":100,"offset":0,"query":"connection: \"a\"","reverse":true,"to":1767326645}"#
    );
    assert_eq!(
        (seen.header("x-log-apiversion"), seen.header("content-type")),
        (Some("0.6.0"), Some("application/json"))
    );
    assert!(seen.header("authorization").unwrap().starts_with("LOG id-1:"));
}

#[tokio::test]
async fn a_refusal_is_read_in_the_services_own_words() {
    for (code, status, kind) in [
        ("ProjectNotExist", 404, Kind::Gone),
        ("LogStoreNotExist", 404, Kind::Gone),
        ("IndexConfigNotExist", 400, Kind::Refused),
        ("Unauthorized", 401, Kind::Denied),
        ("ServerBusy", 503, Kind::OutcomeUnknown),
    ] {
        let body = format!(r#"{{"errorCode":"{code}","errorMessage":"the words"}}"#);
        let cloud = Cloud::answering(move |_| {
            Ok(Response::builder().status(status).header("x-log-requestid", "R-5").body(body.clone()).unwrap())
        });
        let error = sls(&cloud).logs(&which()).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.request_id()), (kind, Some(code), Some("R-5")));
        assert_eq!(error.message(), "the words");
    }
}

#[tokio::test]
async fn a_project_that_would_change_the_host_is_not_sent() {
    let cloud = Cloud::saying(200, "{}");
    for project in ["a.evil.example/", "A", "ab", "-ab", "a b c", "evil@host"] {
        let error = sls(&cloud).logs(&GetLogs { project: project.to_owned(), ..which() }).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Refused, "{project}");
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn whether_it_is_open_is_asked_and_it_is_opened() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"enabled":false,"status":"Opening"}"#),
        (200, r#"{"Status":"Opened"}"#),
        (200, r#"{"enabled":false}"#),
        (200, ""),
    ]));
    assert_eq!(sls(&cloud).service_status().await.unwrap(), ServiceStatus::Opening);
    assert_eq!(sls(&cloud).service_status().await.unwrap(), ServiceStatus::Opened);
    assert_eq!(sls(&cloud).service_status().await.unwrap(), ServiceStatus::Closed);
    assert_eq!(sls(&cloud).open_service().await.unwrap(), Made::Now);
    let [first, .., last] = &cloud.seen()[..] else { panic!("four calls") };
    assert_eq!(first.line(), "GET https://cn-hangzhou.log.aliyuncs.com/slsservice");
    assert_eq!((last.line().as_str(), last.text()), ("POST https://cn-hangzhou.log.aliyuncs.com/slsservice", ""));
    assert_eq!((last.header("content-length"), last.header("x-log-bodyrawsize")), (Some("0"), Some("0")));
}

//! Requests byte by byte, and answers as Function Compute writes them.

use serde_json::json;

use super::*;
use crate::scripted::{Cloud, in_turn, refusal};

fn fc(cloud: &std::sync::Arc<Cloud>) -> Fc {
    cloud.client().fc(&"cn-hangzhou".parse().unwrap())
}

const FUNCTION: &str = r#"{"functionName":"causeway-webhook","codeChecksum":"2825179536350383434","codeSize":123,"runtime":"custom.debian12",
    "environmentVariables":{"A":"sesame","B":""},"memorySize":128,"timeout":60,"lastModifiedTime":"2026-01-02T03:04:05Z","state":"Active",
    "lastUpdateStatus":"Successful","requestId":"R"}"#;

#[tokio::test]
async fn a_function_is_read_by_path_and_its_environment_is_not_shown() {
    let cloud = Cloud::answering(in_turn(&[
        (200, FUNCTION),
        (404, &refusal("FunctionNotFound")),
        (403, &refusal("AccessDenied")),
    ]));
    let function = fc(&cloud).function("causeway-webhook").await.unwrap().unwrap();
    assert_eq!(function.code_checksum.as_deref(), Some("2825179536350383434"));
    assert_eq!(function.environment_variables.as_ref().unwrap()["B"], None);
    assert!(!format!("{function:?}").contains("sesame"));
    assert_eq!(fc(&cloud).function("a/b").await.unwrap(), None);
    assert_eq!(fc(&cloud).function("x").await.unwrap_err().kind(), Kind::Denied);
    let [first, second, _] = &cloud.seen()[..] else { panic!("three calls") };
    assert_eq!(first.line(), "GET https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/causeway-webhook");
    assert_eq!(
        (first.header("x-acs-action"), first.header("x-acs-version")),
        (Some("GetFunction"), Some("2023-03-30"))
    );
    assert_eq!(second.line(), "GET https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/a%2Fb");
}

#[tokio::test]
async fn functions_and_triggers_are_listed_over_all_pages() {
    let page = |name: &str, token: Option<&str>| {
        json!({"functions": [{"functionName": name}], "nextToken": token}).to_string()
    };
    let triggers = json!({"triggers": [{"triggerName": "queue", "triggerType": "eventbridge", "triggerConfig": "{\"triggerEnable\":true}"},
        {"triggerName": "http", "triggerType": "http", "triggerConfig": {"authType": "anonymous"},
         "httpTrigger": {"urlInternet": "https://x.fcapp.run"}}]});
    let cloud = Cloud::answering(in_turn(&[
        (200, &page("causeway-a", Some("n+1"))),
        (200, &page("causeway-b", None)),
        (200, &triggers.to_string()),
    ]));
    let names: Vec<_> =
        fc(&cloud).list_functions("causeway-").await.unwrap().into_iter().map(|one| one.function_name).collect();
    assert_eq!(names, ["causeway-a", "causeway-b"]);
    let triggers = fc(&cloud).list_triggers("causeway-a").await.unwrap();
    assert_eq!(
        (triggers[0].config(), triggers[1].config()),
        (json!({"triggerEnable": true}), json!({"authType": "anonymous"}))
    );
    assert_eq!(triggers[1].http_trigger.as_ref().unwrap().url_internet.as_deref(), Some("https://x.fcapp.run"));
    let lines: Vec<_> = cloud.seen().iter().map(crate::scripted::Seen::line).collect();
    assert_eq!(
        lines,
        [
            "GET https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions?limit=100&prefix=causeway-",
            "GET https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions?limit=100&nextToken=n%2B1&prefix=causeway-",
            "GET https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/causeway-a/triggers?limit=100",
        ]
    );
}

#[tokio::test]
async fn a_function_is_made_and_changed_by_what_is_given_and_nothing_else() {
    let cloud = Cloud::answering(in_turn(&[
        (200, FUNCTION),
        (409, &refusal("FunctionAlreadyExists")),
        (200, FUNCTION),
        (204, ""),
    ]));
    let code = Code {
        zip_file: Some("UEs=".to_owned()),
        oss_bucket_name: None,
        oss_object_name: None,
        checksum: Some("1".to_owned()),
    };
    let input = FunctionInput {
        function_name: Some("courier".to_owned()),
        code: Some(code),
        handler: Some("index".to_owned()),
        cpu: Some(0.1),
        environment_variables: Some([("A".to_owned(), "1".to_owned())].into()),
        others: json!({"internetAccess": true}).as_object().unwrap().clone(),
        ..FunctionInput::default()
    };
    fc(&cloud).create_function(&input).await.unwrap();
    assert_eq!(fc(&cloud).create_function(&input).await.unwrap_err().kind(), Kind::AlreadyThere);
    let update = FunctionInput { timeout: Some(60), ..FunctionInput::default() };
    fc(&cloud).update_function("courier", &update).await.unwrap();
    fc(&cloud).delete_function("courier").await.unwrap();
    let seen = cloud.seen();
    assert_eq!(seen[0].line(), "POST https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions");
    assert_eq!(
        seen[0].text(),
        r#"{"functionName":"courier","code":{"zipFile":"UEs=","checksum":"1"},"handler":"index","cpu":0.1,"environmentVariables":{"A":"1"},"internetAccess":true}"#
    );
    assert_eq!(seen[2].line(), "PUT https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/courier");
    assert_eq!((seen[2].text(), seen[2].header("content-type")), (r#"{"timeout":60}"#, Some("application/json")));
    assert_eq!(seen[3].line(), "DELETE https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/courier");
}

#[tokio::test]
async fn an_invocation_carries_bytes_and_says_when_the_function_failed() {
    let cloud = Cloud::answering(|seen| {
        let failed = seen.header("x-fc-log-type") == Some("Tail");
        let answer = Response::builder().header("x-fc-request-id", "R-7");
        let answer = if failed {
            answer.header("x-fc-error-type", "UnhandledInvocationError").header("x-fc-log-result", "bG9n")
        } else {
            answer
        };
        Ok(answer.body("out".to_owned()).unwrap())
    });
    let event = Bytes::from_static(b"\x00\xffzip");
    let invoked =
        fc(&cloud).invoke_function("courier", event.clone(), Invocation::Wait { with_log: false }).await.unwrap();
    assert_eq!(
        (invoked.body.as_ref(), invoked.error_type, invoked.request_id.as_deref()),
        (&b"out"[..], None, Some("R-7"))
    );
    let failed =
        fc(&cloud).invoke_function("courier", event.clone(), Invocation::Wait { with_log: true }).await.unwrap();
    assert_eq!(
        (failed.error_type.as_deref(), failed.log_tail.as_deref()),
        (Some("UnhandledInvocationError"), Some("bG9n"))
    );
    fc(&cloud).invoke_function("courier", event.clone(), Invocation::Later).await.unwrap();
    let seen = cloud.seen();
    assert_eq!(seen[0].line(), "POST https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/courier/invocations");
    assert_eq!(
        (seen[0].header("x-fc-invocation-type"), seen[2].header("x-fc-invocation-type")),
        (Some("Sync"), Some("Async"))
    );
    assert_eq!((&seen[0].body, seen[0].header("content-type")), (&event, Some("application/octet-stream")));
    assert!(seen[0].parts.extensions.get::<CallLimit>().is_some(), "a package takes longer than 15 s on a slow line");
}

#[tokio::test]
async fn a_trigger_is_read_and_paused() {
    let trigger = r#"{"triggerName":"queue","triggerType":"eventbridge","triggerConfig":"{\"triggerEnable\":false}"}"#;
    let cloud = Cloud::answering(in_turn(&[(200, trigger), (404, &refusal("TriggerNotFound")), (200, trigger)]));
    assert_eq!(fc(&cloud).trigger("f", "queue").await.unwrap().unwrap().config(), json!({"triggerEnable": false}));
    assert_eq!(fc(&cloud).trigger("f", "other").await.unwrap(), None);
    fc(&cloud).update_trigger("f", "queue", &json!({"triggerEnable": false})).await.unwrap();
    let seen = cloud.seen();
    assert_eq!(seen[2].line(), "PUT https://fcv3.cn-hangzhou.aliyuncs.com/2023-03-30/functions/f/triggers/queue");
    assert_eq!(seen[2].text(), r#"{"triggerConfig":"{\"triggerEnable\":false}"}"#);
}

#[tokio::test]
async fn through_a_gateway_the_host_is_kept() {
    let cloud = Cloud::saying(404, &refusal("FunctionNotFound"));
    let fc = cloud.behind_gateway().fc(&"cn-beijing".parse().unwrap());
    assert_eq!(fc.function("x").await.unwrap(), None);
    let seen = cloud.only();
    assert_eq!(seen.line(), "GET http://127.0.0.1:4600/2023-03-30/functions/x");
    assert_eq!(seen.header("host"), Some("fcv3.cn-beijing.aliyuncs.com"));
}

use std::num::ParseIntError;

use fc_runtime::LogLines;
use http::Request;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("not a number")]
struct BadNumber(#[source] ParseIntError);

fn number(body: Value) -> Result<u32, BadNumber> {
    body["number"].as_str().unwrap_or_default().parse().map_err(BadNumber)
}

fn batch(bodies: &[&str]) -> Vec<u8> {
    let mut event: Value =
        serde_json::from_str(include_str!("../../../fc-events/tests/fixtures/mns-queue.json")).unwrap();
    let template = event.as_array().map_or_else(|| event.clone(), |events| events[0].clone());
    let events = bodies.iter().map(|body| {
        let mut event = template.clone();
        event["data"]["messageId"] = format!("m-{body}").into();
        event["data"]["messageBody"] = serde_json::json!({"number": body});
        event
    });
    event = events.collect();
    event.to_string().into_bytes()
}

#[tokio::test]
async fn a_message_that_fails_is_reported_with_its_type_and_causes_and_the_others_are_handled() {
    let handled = std::sync::Mutex::new(Vec::new());
    let handle = async |number| {
        handled.lock().unwrap().push(number);
        Ok::<_, BadNumber>(number)
    };
    let failure = each_message(&batch(&["1", "x", "3"]), number, handle).await.unwrap_err();
    assert_eq!(failure.error_type(), "BatchError");
    assert_eq!(
        failure.message(),
        "1 of 3 messages failed: m-x (BadNumber: not a number; caused by: invalid digit found in string)"
    );
    assert_eq!(handled.into_inner().unwrap(), [1, 3]);
}

#[tokio::test]
async fn a_call_that_fails_is_answered_with_the_error_s_own_type() {
    let environment: Environment =
        [("CAUSEWAY_STORE", "oss://records"), ("FC_ACCOUNT_ID", "1"), ("FC_REGION", "cn-x")].into_iter().collect();
    let runtime = serve(&environment, Io::system().unwrap(), |_, _| async { Ok::<_, BadNumber>(()) }).unwrap();
    let service = runtime.environment(environment).log_lines(LogLines::off()).into_service();
    let request = Request::post("/invoke").header("x-fc-control-path", "/invoke").header("x-fc-request-id", "r-1");
    let answer = service.handle(request.body(Bytes::from_static(b"{}")).unwrap()).await;
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(answer["errorType"], "NoServices", "{answer}");
}

use std::num::ParseIntError;
use std::sync::Mutex;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud_signing::Credentials;
use connection::account::Accounts;
use engine::services::Home;
use fc_runtime::LogLines;
use http::Request;
use serde_json::json;
use store::Store;
use transport::{Transport, TransportError};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("not a number")]
struct BadNumber(#[source] ParseIntError);

fn number(body: Value) -> Result<u32, BadNumber> {
    body["number"].as_str().unwrap_or_default().parse().map_err(BadNumber)
}

fn batch(bodies: &[Value]) -> Vec<u8> {
    let mut event: Value =
        serde_json::from_str(include_str!("../../../fc-events/tests/fixtures/mns-queue.json")).unwrap();
    let template = event.as_array().map_or_else(|| event.clone(), |events| events[0].clone());
    let events = bodies.iter().map(|body| {
        let mut event = template.clone();
        event["data"]["messageId"] = format!("m-{}", body["number"].as_str().unwrap()).into();
        event["data"]["messageBody"] = body.clone();
        event
    });
    event = events.collect();
    event.to_string().into_bytes()
}

/// Queues that note what is sent to them, or take nothing.
struct Queues {
    sent: Mutex<Vec<String>>,
    open: bool,
}

#[async_trait]
impl Transport for Queues {
    async fn send(&self, request: Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.sent.lock().unwrap().push(format!("{} {body}", request.uri().path()));
        let taken = "<Message><MessageId>m</MessageId><MessageBodyMD5>x</MessageBodyMD5></Message>";
        let (status, body) =
            if self.open { (201, taken) } else { (503, "<Error><Code>ServiceUnavailable</Code></Error>") };
        Ok(http::Response::builder().status(status).body(Bytes::from(body)).unwrap())
    }
}

/// What becomes of a batch of numbers of which `handle` takes some, and what is sent.
async fn handled(
    bodies: &[Value],
    open: bool,
    handle: impl AsyncFn(u32) -> Result<u32, BadNumber>,
) -> (Result<Vec<u32>, Diagnostic>, Vec<String>) {
    let queues = Arc::new(Queues { sent: Mutex::default(), open });
    let io = Io { transport: queues.clone(), ..Io::system().unwrap() };
    let client = alicloud::Client::new(io.clone(), alicloud::Endpoints::public(), Arc::new(Credentials::new("i", "s")));
    let services = Services {
        store: Store::in_memory(),
        copies: None,
        queues: engine::dispatch::Queues::new(client.mns(&"1".parse().unwrap(), &"cn-x".parse().unwrap()), "p-"),
        clouds: engine::clouds::Clouds::new(client, Arc::new(Accounts::none()), "test"),
        kinds: Vec::new(),
        home: Home { account: "1".parse().unwrap(), region: "cn-x".parse().unwrap(), stack: "p".to_owned() },
        audit: Default::default(),
        io,
    };
    let feed = Feed { queue: Queue::Notify, limit: Duration::from_secs(20) };
    let result = each_message(&services, feed, &batch(bodies), number, |message| handle(message)).await;
    let sent = queues.sent.lock().unwrap().clone();
    (result, sent)
}

fn plain(number: &str) -> Value {
    json!({"number": number})
}

#[tokio::test(start_paused = true)]
async fn what_fails_or_takes_too_long_is_put_back_and_the_others_are_done() {
    let handle = async |number| match number {
        2 => Err(BadNumber("no".parse::<u32>().unwrap_err())),
        3 => {
            tokio::time::sleep(Duration::from_secs(21)).await;
            Ok(3)
        }
        number => Ok(number),
    };
    let mut again = plain("2");
    again["put_back"] = 1.into();
    let (result, sent) = handled(&[plain("1"), again, plain("3"), plain("4")], true, handle).await;
    assert_eq!(result.unwrap(), [1, 4]);
    assert_eq!(sent.len(), 2);
    let holds = |words: [&str; 3]| sent.iter().any(|sent| words.iter().all(|word| sent.contains(word)));
    // The bodies go as base64, as the trigger wants them.
    let body = |body: Value| STANDARD.encode(body.to_string());
    let (second, third) = (body(json!({"number": "2", "put_back": 2})), body(json!({"number": "3", "put_back": 1})));
    assert!(holds(["/queues/p-notify/messages", "<DelaySeconds>20</DelaySeconds>", &second]), "{sent:?}");
    assert!(holds(["/queues/p-notify/messages", "<DelaySeconds>10</DelaySeconds>", &third]), "{sent:?}");
}

#[tokio::test]
async fn what_does_not_read_was_put_back_too_often_or_cannot_be_is_left_to_the_platform() {
    let refuse = async |_| Err(BadNumber("no".parse::<u32>().unwrap_err()));
    let (result, sent) = handled(&[plain("x")], true, refuse).await;
    assert!(result.unwrap_err().message().contains("m-x (BadNumber: not a number; caused by: invalid digit"));
    assert_eq!(sent, Vec::<String>::new());
    let mut last = plain("5");
    last["put_back"] = 5.into();
    let (result, _) = handled(&[last], true, refuse).await;
    assert!(result.unwrap_err().message().contains("it failed 5 times; caused by: not a number"));
    let (result, _) = handled(&[plain("5")], false, refuse).await;
    assert!(result.unwrap_err().message().contains("could not be put back into its queue"));
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

//! People are told over real sockets: a webhook, and robots that check their signatures and answer as the real ones.

use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_tests::process::{Options, Up};
use causeway_tests::receiver::{Listening, Mood, Receiver, Speaks};
use cloud_signing::webhook::Secret;
use notice::Sinks;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use transport::system::SystemClock;

use crate::end_to_end::common::asks_webhook;

const ROBOT: &str = "SEC-of-a-robot";
const PATIENCE: Duration = Duration::from_secs(60);

fn secret() -> Secret {
    Secret::from_bytes([5; 32]).unwrap()
}

fn receiver(speaks: Speaks) -> Arc<Receiver> {
    Receiver::new(speaks, Arc::new(SystemClock))
}

fn options() -> Options {
    let here = |kind: &str, value: &str| json!({"kind": kind, "hosts": ["127.0.0.1"], "value": value});
    let secrets = json!({
        "hook": here("webhook-signing-key", secret().to_text().expose_secret()),
        "robot": here("robot-signing-key", ROBOT),
        "token": here("token", "t-0123"),
    });
    let mut options = Options::default();
    options.parameters.push(format!("SinkSecrets={secrets}"));
    options
}

fn sinks(all: &[Value]) -> Sinks {
    let document = json!({"version": 1, "source": "https://causeway.example.com/test", "sinks": all});
    Sinks::from_json(document.to_string().as_bytes()).unwrap()
}

async fn takes(receiver: &Receiver, count: usize) {
    let begun = Instant::now();
    while receiver.taken().len() < count {
        let (taken, refused) = (receiver.taken().len(), receiver.refused());
        assert!(begun.elapsed() < PATIENCE, "{taken} of {count} came, refused were {refused:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_and_two_robots_are_told_each_with_a_signature_that_fits() {
    let up = Up::start(&options());
    let api = up.api();
    let hook = receiver(Speaks::Webhook(secret()));
    let dingtalk = receiver(Speaks::Dingtalk(ROBOT.into()));
    let feishu = receiver(Speaks::Feishu(ROBOT.into()));
    let at_hook = Listening::start(hook.clone()).await;
    let at_dingtalk = Listening::start(dingtalk.clone()).await;
    let at_feishu = Listening::start(feishu.clone()).await;
    let everybody = sinks(&[
        json!({"name": "hook", "kind": "webhook", "secret": "hook", "url": format!("{}/in", at_hook.address)}),
        json!({"name": "dingtalk", "kind": "dingtalk", "secret": "robot",
               "url": format!("{}/robot/send?access_token={{token}}", at_dingtalk.address)}),
        json!({"name": "feishu", "kind": "feishu", "secret": "robot",
               "url": format!("{}/open-apis/bot/v2/hook/{{token}}", at_feishu.address)}),
    ]);
    api.store().put_sinks(&everybody).await.unwrap();

    let record = api.built(&api.tutorial("told")).await;
    takes(&hook, 1).await;
    takes(&dingtalk, 1).await;
    takes(&feishu, 1).await;
    api.removed("told").await;
    takes(&hook, 2).await;
    takes(&dingtalk, 2).await;
    takes(&feishu, 2).await;

    assert_eq!(hook.types(), ["causeway.connection.active", "causeway.connection.removed"]);
    let letter = &hook.taken()[0];
    let event = &letter.body;
    assert_eq!((&event["source"], &event["subject"]), (&json!("https://causeway.example.com/test"), &json!("told")));
    assert_eq!(letter.data().uid, Some(record.uid), "{event:#}");
    let markdown = &dingtalk.taken()[0].body["markdown"];
    assert_eq!(markdown["title"], "Connection told is active");
    let post = &feishu.taken()[1].body["content"]["post"]["en_us"];
    assert_eq!(post["title"], "Connection told is removed");
    for receiver in [&hook, &dingtalk, &feishu] {
        assert_eq!(receiver.refused(), Vec::<String>::new());
        assert_eq!(receiver.tried().len(), 2, "each is told each once");
    }
    let said = up.complaints();
    assert!(!said.contains("t-0123") && !said.contains(ROBOT), "no secret is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_is_told_once_when_it_is_well_again_and_a_wrong_secret_is_no_secret() {
    let up = Up::start(&options());
    let api = up.api();
    let hook = receiver(Speaks::Webhook(secret()));
    hook.is_in([Mood::Fails(503, None)]);
    let stranger = receiver(Speaks::Webhook(Secret::from_bytes([6; 32]).unwrap()));
    let at_hook = Listening::start(hook.clone()).await;
    let at_stranger = Listening::start(stranger.clone()).await;
    let both = sinks(&[
        json!({"name": "hook", "kind": "webhook", "secret": "hook", "url": at_hook.address}),
        json!({"name": "stranger", "kind": "webhook", "secret": "hook", "url": at_stranger.address}),
    ]);
    api.store().put_sinks(&both).await.unwrap();
    api.built(&api.tutorial("late")).await;
    takes(&hook, 1).await;
    let tried = hook.tried();
    assert_eq!(tried.len(), 2);
    assert!(tried[1].duration_since(tried[0]).as_secs() >= 3, "it was left alone for a while: {tried:?}");
    // Long enough for a copy to come.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(hook.taken().len(), 1);
    assert!(stranger.taken().is_empty() && !stranger.refused().is_empty());
}

/// What `causeway notices` prints, and what it ends with.
fn notices(up: &Up, arguments: &[&str]) -> (Option<i32>, String) {
    asks_webhook(up, "notices", arguments)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_seen_and_sent_again_from_the_command_line() {
    let up = Up::start(&options());
    let api = up.api();
    let hook = receiver(Speaks::Webhook(secret()));
    hook.is_in([Mood::Fails(410, None)]);
    let at_hook = Listening::start(hook.clone()).await;
    let one = json!({"name": "hook", "kind": "webhook", "secret": "hook", "url": at_hook.address});
    api.store().put_sinks(&sinks(&[one])).await.unwrap();
    api.built(&api.tutorial("lost")).await;
    let begun = Instant::now();
    let id = loop {
        let (code, printed) = notices(&up, &["--dead-letters", "--json"]);
        assert_eq!(code, Some(0), "{printed}");
        let told: Value = serde_json::from_str(&printed).unwrap();
        if let Some(id) = told["notices"][0]["id"].as_str() {
            break id.to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "it is not given up: {printed}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let (code, printed) = notices(&up, &["--dead-letters"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("gone since ") && printed.contains("connection.active"), "{printed}");
    assert!(printed.contains(&format!("causeway notices redeliver {id}")), "{printed}");

    let (code, printed) = notices(&up, &["redeliver", &id, "--sink", "hook"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("sent again by admin"), "{printed}");
    takes(&hook, 1).await;
    let (code, printed) = notices(&up, &["--dead-letters"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("0 events"), "{printed}");
    let (code, printed) = notices(&up, &["redeliver", "connection-active-0-1"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("HTTP 404") && printed.contains("event connection-active-0-1"), "{printed}");
    assert_eq!(hook.tried().len(), 2);
}

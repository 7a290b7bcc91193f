//! One request to one sink, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use cloud_signing::{dingtalk, feishu, webhook};
use connection::trace::TRACEPARENT;
use http::{Request, header};
use jiff::Timestamp;
use notice::answer::{self, Confidential, SinkAnswer};
use notice::message::Message;
use notice::sinks::{BadAddress, BadSinkUrl, Sink, SinkKind};
use notice::target::{self, BadTarget};
use notice::{Event, cloud_event};
use secrecy::ExposeSecret as _;
use transport::{AnswerLimit, Chain, Io};

use crate::secrets::{Secrets, Unusable};
use crate::silence::Silence;

/// How long a sink may take to answer. Everybody who is told later waits for it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);
/// How much of an answer is read, in bytes. A robot's is a line; what a webhook says beside its status is not looked at.
const MOST_OF_AN_ANSWER: usize = 8 * 1024;

/// Why no request could be made.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    /// The address cannot be completed.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The address cannot be used, whatever its tokens are.
    #[error(transparent)]
    Url(#[from] BadSinkUrl),
    /// A secret is missing, or not for this.
    #[error(transparent)]
    Secret(#[from] Unusable),
    /// The address may not be written to.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// No request can be made of it.
    #[error("no request can be made of address and event")]
    Request(#[source] http::Error),
}

/// Sends an event to a sink, once.
///
/// A sink that did not answer a moment ago is not asked.
pub async fn post(
    io: &Io,
    secrets: &Secrets,
    silence: &Silence,
    sink: &Sink,
    event: &Event,
    source: &str,
) -> SinkAnswer {
    let now = io.clock.now();
    if silence.holds(&sink.name, now) {
        return SinkAnswer::Later {
            after: None,
            what: "it did not answer a moment ago, and was not asked again".to_owned(),
        };
    }
    let Letter { mut request, confidential } = match letter(secrets, sink, event, source, now) {
        Ok(letter) => letter,
        // Whoever has forgotten a secret may still set it.
        Err(unsendable) => return SinkAnswer::Later { after: None, what: Chain(&unsendable).to_string() },
    };
    request.extensions_mut().insert(AnswerLimit(MOST_OF_AN_ANSWER));
    match tokio::time::timeout(ANSWERS_WITHIN, io.transport.send(request)).await {
        Err(_) => {
            silence.begin(&sink.name, io.clock.now());
            SinkAnswer::Later { after: None, what: format!("no answer within {} s", ANSWERS_WITHIN.as_secs()) }
        }
        Ok(Ok(response)) => {
            let (now, status, headers, body) = (io.clock.now(), response.status(), response.headers(), response.body());
            match sink.kind {
                SinkKind::Webhook => answer::of_webhook(status, headers, now),
                SinkKind::Dingtalk => answer::of_dingtalk(status, headers, body, now, &confidential),
                SinkKind::Feishu => answer::of_feishu(status, headers, body, now, &confidential),
            }
        }
        Ok(Err(error)) => SinkAnswer::Later { after: None, what: Chain(&error).to_string() },
    }
}

/// What a sink is sent.
struct Letter {
    request: Request<Bytes>,
    /// What of it nobody else is to learn.
    confidential: Confidential,
}

/// The request that tells a sink of an event, signed at `now`.
fn letter(secrets: &Secrets, sink: &Sink, event: &Event, source: &str, now: Timestamp) -> Result<Letter, Unsendable> {
    // The host stands in the url as it is; no token changes it.
    let target = sink.target(secrets.loopback())?;
    let host = target.host().unwrap_or_default();
    let mut held = Vec::new();
    let address = sink.address(|name| {
        let token = secrets.token(name, host)?.expose_secret();
        held.push(token.to_owned());
        Ok::<_, Unsendable>(token.to_owned())
    })?;
    let uri = target::check(&address, secrets.loopback())?;
    let event = &secrets.links().told(event, sink, now);
    held.extend(event.data.consents.iter().filter_map(|consent| consent.link.clone()));
    let request = Request::post(uri).header(header::USER_AGENT, "causeway");
    let request = match sink.kind {
        SinkKind::Webhook => {
            let key = secrets.webhook_signing_key(&sink.secret, host)?;
            let body = cloud_event::of(event, source).to_string();
            let signature = webhook::sign(key, event.id.as_str(), now, body.as_bytes());
            let trace = event.data.traceparent.as_ref();
            let request = trace.into_iter().fold(request, |request, trace| request.header(TRACEPARENT, trace));
            request
                .header(header::CONTENT_TYPE, cloud_event::CONTENT_TYPE)
                .header(webhook::ID, event.id.as_str())
                .header(webhook::TIMESTAMP, now.as_second())
                .header(webhook::SIGNATURE, signature)
                .body(Bytes::from(body))
        }
        SinkKind::Dingtalk => {
            let body = Message::of(event).for_dingtalk().to_string();
            let key = secrets.robot_signing_key(&sink.secret, host)?;
            let signed = dingtalk::signed(&address, key, now);
            held.extend([key.expose_secret().to_owned(), dingtalk::sign(key, now.as_millisecond())]);
            request.uri(signed).header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.into())
        }
        SinkKind::Feishu => {
            let mut body = Message::of(event).for_feishu();
            let (key, seconds) = (secrets.robot_signing_key(&sink.secret, host)?, now.as_second());
            let signature = feishu::sign(key, seconds);
            held.extend([key.expose_secret().to_owned(), signature.clone()]);
            body[feishu::TIMESTAMP] = seconds.to_string().into();
            body[feishu::SIGN] = signature.into();
            request.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string().into())
        }
    };
    let request = request.map_err(Unsendable::Request)?;
    Ok(Letter { request, confidential: Confidential::of(held.iter().map(String::as_str)) })
}

#[cfg(test)]
mod tests {
    use notice::drift::{self, Finding};
    use notice::word::Severity;
    use notice::{EventType, Sinks};
    use serde_json::{Value, json};

    use super::*;

    const HOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn secrets(more: &[(&str, &str)]) -> Secrets {
        let secret = |kind: &str, hosts: &[&str], value: &str| json!({"kind": kind, "hosts": hosts, "value": value});
        let robots = ["oapi.dingtalk.com", "open.feishu.cn"];
        let all = json!({
            "hook": secret("webhook-signing-key", &["hooks.example.com", "127.0.0.1"], HOOK),
            "robot": secret("robot-signing-key", &robots, "SEC1"),
            "token": secret("token", &["hooks.example.com", "127.0.0.1", robots[0], robots[1]], "t0123"),
        })
        .to_string();
        let environment = [("CAUSEWAY_SINK_SECRETS", all.as_str())].into_iter().chain(more.iter().copied()).collect();
        Secrets::read(&environment).unwrap()
    }

    fn sink(kind: &str, secret: &str, url: &str) -> Sink {
        let document = json!({"version": 1, "sinks": [{"name": "one", "kind": kind, "secret": secret, "url": url}]});
        Sinks::from_json(document.to_string().as_bytes()).unwrap().sinks.remove(0)
    }

    fn event() -> Event {
        drift::found(&Finding {
            id: "uid/initiator/vtb-1".to_owned(),
            connection: Some("a-b".to_owned()),
            uid: Some("uid".to_owned()),
            kind: Some("vpc-peering".to_owned()),
            labels: [].into(),
            accounts: vec!["a".to_owned()],
            side: Some("initiator".to_owned()),
            resource: "vtb-1".to_owned(),
            field: Some("next_hop".to_owned()),
            expected: Some("pcc-1".to_owned()),
            actual: None,
            severity: Severity::Critical,
            since: now(),
            what: "the route is missing".to_owned(),
            advice: None,
        })
    }

    fn asked(secrets: &Secrets, sink: &Sink) -> Result<Request<Bytes>, Unsendable> {
        letter(secrets, sink, &event(), "urn:test", now()).map(|letter| letter.request)
    }

    fn body(request: &Request<Bytes>) -> Value {
        serde_json::from_slice(request.body()).unwrap()
    }

    /// A sink that never answers, and how often it was asked.
    #[derive(Default)]
    struct Mute(std::sync::atomic::AtomicUsize);

    #[async_trait::async_trait]
    impl transport::Transport for Mute {
        async fn send(&self, _: Request<Bytes>) -> Result<http::Response<Bytes>, transport::TransportError> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            std::future::pending().await
        }
    }

    /// A clock that goes with tokio's.
    struct Paused(tokio::time::Instant);

    impl transport::Clock for Paused {
        fn now(&self) -> Timestamp {
            now() + self.0.elapsed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_did_not_answer_is_waited_for_once_a_minute() {
        let (mute, began) = (std::sync::Arc::new(Mute::default()), tokio::time::Instant::now());
        let io = Io {
            transport: mute.clone(),
            clock: std::sync::Arc::new(Paused(began)),
            entropy: std::sync::Arc::new(transport::system::SeededEntropy::new(1)),
        };
        let (secrets, silence) = (secrets(&[]), Silence::default());
        let sink = sink("webhook", "hook", "https://hooks.example.com/in");
        for _ in 0..100 {
            let heard = post(&io, &secrets, &silence, &sink, &event(), "urn:test").await;
            assert!(matches!(heard, SinkAnswer::Later { .. }), "{heard:?}");
        }
        assert_eq!((mute.0.load(std::sync::atomic::Ordering::Relaxed), began.elapsed()), (1, ANSWERS_WITHIN));
        tokio::time::sleep(Duration::from_secs(60)).await;
        post(&io, &secrets, &silence, &sink, &event(), "urn:test").await;
        assert_eq!(mute.0.load(std::sync::atomic::Ordering::Relaxed), 2);
    }

    #[test]
    fn a_webhook_gets_a_cloud_event_whose_signature_fits() {
        let sink = sink("webhook", "hook", "https://hooks.example.com/in");
        let request = asked(&secrets(&[]), &sink).unwrap();
        let secret = webhook::Secret::parse(HOOK).unwrap();
        let tolerance = std::time::Duration::from_secs(1);
        let verified = webhook::verify(&[secret], request.headers(), request.body(), now(), tolerance).unwrap();
        assert_eq!(verified.id, event().id.as_str());
        let body = body(&request);
        assert_eq!(body["type"], EventType::DriftFound.as_str());
        assert_eq!((&body["source"], &body["id"]), (&json!("urn:test"), &json!(verified.id)));
    }

    #[test]
    fn a_robot_gets_its_signature_where_it_looks_for_it_and_the_token_in_its_place() {
        let dingtalk = sink("dingtalk", "robot", "https://oapi.dingtalk.com/robot/send?access_token={token}");
        let asked_for = asked(&secrets(&[]), &dingtalk).unwrap();
        let query = asked_for.uri().query().unwrap();
        assert!(query.starts_with("access_token=t0123&timestamp="), "{query}");
        assert!(cloud_signing::dingtalk::verify(&["SEC1".into()], query, now(), dingtalk::TOLERANCE).is_ok());

        let feishu = sink("feishu", "robot", "https://open.feishu.cn/open-apis/bot/v2/hook/{token}");
        let asked_for = asked(&secrets(&[]), &feishu).unwrap();
        assert_eq!(asked_for.uri().path(), "/open-apis/bot/v2/hook/t0123");
        let body = body(&asked_for);
        let (timestamp, sign) = (body["timestamp"].as_str().unwrap(), body["sign"].as_str().unwrap());
        assert!(cloud_signing::feishu::verify(&["SEC1".into()], timestamp, sign, now(), feishu::TOLERANCE).is_ok());
    }

    #[test]
    fn what_cannot_be_sent_says_why_and_shows_no_secret() {
        let address = "https://hooks.example.com/{token}";
        let why = |sink: &Sink| asked(&secrets(&[]), sink).unwrap_err().to_string();
        assert!(why(&sink("webhook", "other", address)).starts_with("there is no secret other"));
        let missing = why(&sink("webhook", "hook", "https://hooks.example.com/{other}"));
        assert!(missing.starts_with("there is no secret other"), "{missing}");
        let inside = why(&sink("webhook", "hook", "http://127.0.0.1:1/{token}"));
        assert!(inside.contains("not a public one") || inside.contains("not https"), "{inside}");
        assert!(!inside.contains("t0123"), "{inside}");
        let here = secrets(&[("CAUSEWAY_SINKS_ON_LOOPBACK", "allowed")]);
        let sink = sink("webhook", "hook", "http://127.0.0.1:1/{token}");
        assert!(asked(&here, &sink).is_ok());
    }

    /// Whoever writes the sinks document names whatever secret and whatever address.
    #[test]
    fn no_sink_gets_a_signing_key_in_its_url_or_a_secret_to_a_host_that_is_not_its_own() {
        for (kind, secret, url, told) in [
            (
                "webhook",
                "hook",
                "https://hooks.example.com/steal/{hook}",
                "webhook-signing-key and is not used as a token",
            ),
            ("webhook", "hook", "https://hooks.example.com/steal?{robot}", "the secret robot is not used for hooks"),
            ("dingtalk", "robot", "https://oapi.dingtalk.com/{robot}", "robot-signing-key and is not used as a token"),
            (
                "webhook",
                "hook",
                "https://evil.example.com/{token}",
                "the secret token is not used for evil.example.com",
            ),
            ("webhook", "hook", "https://evil.example.com/in", "the secret hook is not used for evil.example.com"),
            (
                "webhook",
                "hook",
                "https://hooks.example.com.evil.example/{token}",
                "is not used for hooks.example.com.evil",
            ),
            ("webhook", "hook", "https://hooks.example.com./{token}", "is not used for hooks.example.com."),
            ("webhook", "hook", "https://a.hooks.example.com/{token}", "is not used for a.hooks.example.com"),
            (
                "webhook",
                "robot",
                "https://oapi.dingtalk.com/in",
                "robot-signing-key and is not used as a webhook-signing",
            ),
            (
                "webhook",
                "token",
                "https://hooks.example.com/in",
                "the secret token is a token and is not used as a webhook",
            ),
            ("feishu", "token", "https://open.feishu.cn/in", "the secret token is a token and is not used as a robot"),
            ("dingtalk", "hook", "https://hooks.example.com/in", "webhook-signing-key and is not used as a robot"),
            ("dingtalk", "robot", "https://evil.example.com/in", "the secret robot is not used for evil.example.com"),
            ("feishu", "robot", "https://evil.example.com/in", "the secret robot is not used for evil.example.com"),
        ] {
            let why = asked(&secrets(&[]), &sink(kind, secret, url)).unwrap_err().to_string();
            assert!(why.contains(told), "{kind} {secret} {url}: {why}");
            assert!(!why.contains("t0123") && !why.contains("SEC1") && !why.contains("MfKQ"), "{why}");
        }
    }

    /// A robot that answers with what it was asked, and with much more.
    struct Parrot;

    #[async_trait::async_trait]
    impl transport::Transport for Parrot {
        async fn send(&self, request: Request<Bytes>) -> Result<http::Response<Bytes>, transport::TransportError> {
            assert_eq!(request.extensions().get(), Some(&AnswerLimit(MOST_OF_AN_ANSWER)));
            let said = format!("{} {} {}", request.uri(), String::from_utf8_lossy(request.body()), "x".repeat(100_000));
            let body = json!({"errcode": 310_000, "errmsg": said, "code": 19_021, "msg": said}).to_string();
            Ok(http::Response::new(body.into()))
        }
    }

    #[tokio::test]
    async fn what_is_kept_of_an_answer_that_repeats_the_request_holds_no_secret_of_it() {
        let io = Io {
            transport: std::sync::Arc::new(Parrot),
            clock: std::sync::Arc::new(Paused(tokio::time::Instant::now())),
            entropy: std::sync::Arc::new(transport::system::SeededEntropy::new(1)),
        };
        for (kind, url) in [
            ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token={token}"),
            ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/{token}"),
        ] {
            let heard =
                post(&io, &secrets(&[]), &Silence::default(), &sink(kind, "robot", url), &event(), "urn:test").await;
            let SinkAnswer::Refused { what } = heard else { panic!("{heard:?}") };
            assert!(what.contains("***") && !what.contains("t0123") && !what.contains("SEC1"), "{what}");
            assert!(what.chars().count() < 400, "{what}");
            let signature = dingtalk::sign(&"SEC1".into(), io.clock.now().as_millisecond());
            assert!(!what.contains(&signature[..12]), "{what}");
        }
    }
}

//! One request to one sink, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use cloud_signing::{dingtalk, feishu, webhook};
use http::{Request, header};
use jiff::Timestamp;
use notice::answer::{self, SinkAnswer};
use notice::message::Message;
use notice::sinks::{BadAddress, Name, Sink, SinkKind};
use notice::target::{self, BadTarget};
use notice::{Event, cloud_event};
use transport::{Chain, Io};

use crate::secrets::Secrets;
use crate::silence::Silence;

/// How long a sink may take to answer. Everybody who is told later waits for it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(8);

/// Why no request could be made.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    /// A secret is missing.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// There is no secret of that name.
    #[error("there is no secret {0}")]
    NoSecret(Name),
    /// The secret is none for a webhook.
    #[error("the secret {name} cannot sign")]
    BadSecret {
        /// Its name.
        name: Name,
        /// What is wrong with it.
        source: webhook::InvalidSecret,
    },
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
    let request = match request(secrets, sink, event, source, now) {
        Ok(request) => request,
        // Whoever has forgotten a secret may still set it.
        Err(unsendable) => return SinkAnswer::Later { after: None, what: Chain(&unsendable).to_string() },
    };
    match tokio::time::timeout(ANSWERS_WITHIN, io.transport.send(request)).await {
        Err(_) => {
            silence.begin(&sink.name, io.clock.now());
            SinkAnswer::Later { after: None, what: format!("no answer within {} s", ANSWERS_WITHIN.as_secs()) }
        }
        Ok(Ok(response)) => {
            let (now, status, headers, body) = (io.clock.now(), response.status(), response.headers(), response.body());
            match sink.kind {
                SinkKind::Webhook => answer::of_webhook(status, headers, now),
                SinkKind::Dingtalk => answer::of_dingtalk(status, headers, body, now),
                SinkKind::Feishu => answer::of_feishu(status, headers, body, now),
            }
        }
        Ok(Err(error)) => SinkAnswer::Later { after: None, what: Chain(&error).to_string() },
    }
}

/// The request that tells a sink of an event, signed at `now`.
///
/// # Errors
/// See [`Unsendable`].
pub fn request(
    secrets: &Secrets,
    sink: &Sink,
    event: &Event,
    source: &str,
    now: Timestamp,
) -> Result<Request<Bytes>, Unsendable> {
    let secret = secrets.get(&sink.secret).ok_or_else(|| Unsendable::NoSecret(sink.secret.clone()))?;
    let address = sink.address(|name| secrets.text(name))?;
    let uri = target::check(&address, secrets.loopback())?;
    let request = Request::post(uri).header(header::USER_AGENT, "causeway");
    let request = match sink.kind {
        SinkKind::Webhook => {
            let secret = webhook::Secret::parse(secrecy::ExposeSecret::expose_secret(secret))
                .map_err(|source| Unsendable::BadSecret { name: sink.secret.clone(), source })?;
            let body = cloud_event::of(event, source).to_string();
            let signature = webhook::sign(&secret, event.id.as_str(), now, body.as_bytes());
            request
                .header(header::CONTENT_TYPE, cloud_event::CONTENT_TYPE)
                .header(webhook::ID, event.id.as_str())
                .header(webhook::TIMESTAMP, now.as_second())
                .header(webhook::SIGNATURE, signature)
                .body(Bytes::from(body))
        }
        SinkKind::Dingtalk => {
            let body = Message::of(event).for_dingtalk().to_string();
            let signed = dingtalk::signed(&address, secret, now);
            request.uri(signed).header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.into())
        }
        SinkKind::Feishu => {
            let mut body = Message::of(event).for_feishu();
            let seconds = now.as_second();
            body[feishu::TIMESTAMP] = seconds.to_string().into();
            body[feishu::SIGN] = feishu::sign(secret, seconds).into();
            request.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body.to_string().into())
        }
    };
    request.map_err(Unsendable::Request)
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
        let all = json!({"hook": HOOK, "robot": "SEC1", "token": "t0123"}).to_string();
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
        let request = request(&secrets(&[]), &sink, &event(), "urn:test", now()).unwrap();
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
        let asked = request(&secrets(&[]), &dingtalk, &event(), "urn:test", now()).unwrap();
        let query = asked.uri().query().unwrap();
        assert!(query.starts_with("access_token=t0123&timestamp="), "{query}");
        assert!(cloud_signing::dingtalk::verify(&["SEC1".into()], query, now(), dingtalk::TOLERANCE).is_ok());

        let feishu = sink("feishu", "robot", "https://open.feishu.cn/open-apis/bot/v2/hook/{token}");
        let asked = request(&secrets(&[]), &feishu, &event(), "urn:test", now()).unwrap();
        assert_eq!(asked.uri().path(), "/open-apis/bot/v2/hook/t0123");
        let body = body(&asked);
        let (timestamp, sign) = (body["timestamp"].as_str().unwrap(), body["sign"].as_str().unwrap());
        assert!(cloud_signing::feishu::verify(&["SEC1".into()], timestamp, sign, now(), feishu::TOLERANCE).is_ok());
    }

    #[test]
    fn what_cannot_be_sent_says_why_and_shows_no_secret() {
        let address = "https://hooks.example.com/{token}";
        let why = |sink: &Sink| request(&secrets(&[]), sink, &event(), "urn:test", now()).unwrap_err().to_string();
        assert_eq!(why(&sink("webhook", "other", address)), "there is no secret other");
        assert_eq!(why(&sink("webhook", "hook", "https://hooks.example.com/{other}")), "there is no secret other");
        assert!(why(&sink("webhook", "robot", address)).starts_with("the secret robot cannot sign"));
        let inside = why(&sink("webhook", "hook", "http://127.0.0.1:1/{token}"));
        assert!(inside.contains("not a public one") || inside.contains("not https"), "{inside}");
        assert!(!inside.contains("t0123"), "{inside}");
        let here = secrets(&[("CAUSEWAY_SINKS_ON_LOOPBACK", "allowed")]);
        let sink = sink("webhook", "hook", "http://127.0.0.1:1/{token}");
        assert!(request(&here, &sink, &event(), "urn:test", now()).is_ok());
    }
}

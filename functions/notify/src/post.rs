//! One request to one sink, and what its answer means.

use bytes::Bytes;
use http::{Request, header};
use jiff::Timestamp;
use notice::answer::{self, Heard};
use notice::message::Message;
use notice::sinks::{BadAddress, Name, Sink, SinkKind};
use notice::target::{self, BadTarget};
use notice::{Event, cloud_event};
use signing::{dingtalk, feishu, webhook};
use transport::Io;

use crate::secrets::Secrets;

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
    #[error("the secret {name} cannot sign: {why}")]
    BadSecret {
        /// Its name.
        name: Name,
        /// What is wrong with it.
        why: webhook::InvalidSecret,
    },
    /// The address may not be written to.
    #[error(transparent)]
    Target(#[from] BadTarget),
    /// No request can be made of it.
    #[error("no request can be made of address and event")]
    Request(#[source] http::Error),
}

/// Sends an event to a sink, once.
pub async fn post(io: &Io, secrets: &Secrets, sink: &Sink, event: &Event, source: &str) -> Heard {
    let now = io.clock.now();
    let request = match request(secrets, sink, event, source, now) {
        Ok(request) => request,
        // Whoever has forgotten a secret may still set it.
        Err(unsendable) => return Heard::Later { after: None, what: unsendable.to_string() },
    };
    match io.transport.send(request).await {
        Ok(response) => {
            let (now, status, headers, body) = (io.clock.now(), response.status(), response.headers(), response.body());
            match sink.kind {
                SinkKind::Webhook => answer::of_webhook(status, headers, now),
                SinkKind::Dingtalk => answer::of_dingtalk(status, headers, body, now),
                SinkKind::Feishu => answer::of_feishu(status, headers, body, now),
            }
        }
        Err(error) => Heard::Later { after: None, what: error.to_string() },
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
                .map_err(|why| Unsendable::BadSecret { name: sink.secret.clone(), why })?;
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

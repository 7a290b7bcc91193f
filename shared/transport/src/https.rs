//! The real client: one reqwest client over rustls (ring) with compiled-in CA roots.
//!
//! The TLS provider is named in this file only, so that it can be swapped in one place. Plain `http://` works too; it is
//! what a local cloud speaks.

use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use crate::{AnswerLimit, CallLimit, Transport, TransportError};

/// How long to wait for a TCP and TLS connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one call may take in all, unless it says so by a [`CallLimit`]. The clouds' control planes answer within seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// The largest answer that is read, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// [`Transport`] over real sockets.
#[derive(Debug, Clone)]
pub struct HttpsTransport {
    client: reqwest::Client,
}

/// The TLS client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The TLS provider refused the default protocol versions.
    #[error("the TLS provider has no usable protocol version")]
    Tls(#[from] rustls::Error),
    /// reqwest refused the configuration.
    #[error("the HTTP client could not be built")]
    Http(#[from] reqwest::Error),
}

impl HttpsTransport {
    /// A client that trusts the public CA roots of Mozilla's programme.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new() -> Result<Self, BuildError> {
        Self::with_roots(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect())
    }

    /// A client that trusts `roots` only, for a test CA.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn with_roots(roots: rustls::RootCertStore) -> Result<Self, BuildError> {
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .build()?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for HttpsTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let limit = request.extensions().get::<AnswerLimit>().copied();
        let time = request.extensions().get::<CallLimit>().map(|CallLimit(time)| *time);
        let mut request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::NotSent { host: host.clone(), reason: error.to_string() })?;
        if let Some(time) = time {
            *request.timeout_mut() = Some(time);
        }
        let mut response = self.client.execute(request).await.map_err(|error| failure(&host, &error))?;
        let mut answer = http::Response::builder().status(response.status()).version(response.version());
        if let Some(headers) = answer.headers_mut() {
            std::mem::swap(headers, response.headers_mut());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&host, &error))? {
            if let Some(AnswerLimit(most)) = limit
                && body.len() + chunk.len() >= most
            {
                body.extend_from_slice(&chunk[..most - body.len()]);
                break;
            }
            if body.len() + chunk.len() > MOST_BYTES {
                let reason = format!("the answer is larger than {MOST_BYTES} bytes");
                return Err(TransportError::NoAnswer { host, reason });
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body.freeze()).map_err(|error| TransportError::NoAnswer { host, reason: error.to_string() })
    }
}

fn failure(host: &str, error: &reqwest::Error) -> TransportError {
    let reason = reason(error);
    if error.is_connect() {
        TransportError::NotSent { host: host.to_owned(), reason }
    } else {
        TransportError::NoAnswer { host: host.to_owned(), reason }
    }
}

/// The innermost cause, which names the problem. The URL stays out: a query may hold a signature.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut cause = error.source();
    let mut text = "request failed".to_owned();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_refused_connection_was_not_sent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let transport = HttpsTransport::new().expect("a client");
        let request = http::Request::get(format!("http://{address}/")).body(Bytes::new()).expect("a request");
        let error = transport.send(request).await.expect_err("nobody listens");
        assert!(matches!(error, TransportError::NotSent { .. }), "{error}");
    }

    /// A server that answers one request with 200 and a body that never ends, until nobody listens any more.
    async fn endless() -> (String, tokio::task::JoinHandle<usize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let served = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut request = [0; 1024];
            while stream.try_read(&mut request).is_err() {
                stream.readable().await.expect("a request");
            }
            let mut sent = 0;
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
            for piece in std::iter::once(&head[..]).chain(std::iter::repeat(chunk.as_bytes())) {
                let mut rest = piece;
                while !rest.is_empty() {
                    if stream.writable().await.is_err() {
                        return sent;
                    }
                    match stream.try_write(rest) {
                        Ok(written) => (sent, rest) = (sent + written, &rest[written..]),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => return sent,
                    }
                }
            }
            sent
        });
        (format!("http://{address}/"), served)
    }

    #[tokio::test]
    async fn of_an_endless_answer_no_more_is_read_than_asked_for() {
        let (address, served) = endless().await;
        let transport = HttpsTransport::new().expect("a client");
        let request = http::Request::post(&address).extension(AnswerLimit(1000)).body(Bytes::new()).expect("a request");
        let response = transport.send(request).await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.body().len()), (200, 1000));
        // What stands in the buffers of both sides is sent; it is not read.
        assert!(served.await.expect("the server ends") < MOST_BYTES / 2);
    }

    #[tokio::test]
    async fn a_cloud_whose_answer_never_ends_has_not_answered() {
        let (address, _) = endless().await;
        let transport = HttpsTransport::new().expect("a client");
        let request = http::Request::get(&address).body(Bytes::new()).expect("a request");
        let error = transport.send(request).await.expect_err("there is a limit");
        assert!(matches!(error, TransportError::NoAnswer { .. }), "{error}");
    }
}

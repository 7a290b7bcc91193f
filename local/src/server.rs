//! The gateway on a port of this machine.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::cloud::Cloud;
use crate::gateway::Dropped;

/// The longest body: the longest a function takes, and the longest part of an object, with room to spare.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// Why the cloud cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from elsewhere. The keys of this cloud are no secrets.
    #[error("{0} is not a loopback address: the local cloud listens on this machine only")]
    NotLoopback(SocketAddr),
    /// The listener does not work.
    #[error("the listener does not work")]
    Listener(#[from] std::io::Error),
}

/// Serves `cloud` until `shutdown` ends.
pub(crate) async fn serve(
    cloud: Cloud,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file handles, most likely: it passes when connections end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let cloud = cloud.clone();
        let service = service_fn(move |request| {
            let cloud = cloud.clone();
            async move { answer(&cloud, request).await }
        });
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that went away, or a fault that broke the connection on purpose.
            if let Err(error) = connection.await {
                tracing::debug!(error = &error as &dyn std::error::Error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::info!("some requests did not finish in time");
    }
    Ok(())
}

/// One request. An error breaks the connection, which is just what a dropped answer shall look like.
async fn answer(cloud: &Cloud, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
        Err(_) => return Err(Dropped),
    };
    let response = cloud.handle(Request::from_parts(parts, body)).await?;
    Ok(response.map(Full::new))
}

fn too_large() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"the body is too large\n")));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;
    use crate::faults::{Fault, FaultRule};
    use crate::testing::{Client, cloud};

    /// A request as it goes over the wire.
    fn wire(request: Request<Bytes>) -> Vec<u8> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().unwrap();
        let mut bytes = format!("{} {target} HTTP/1.1\r\n", parts.method).into_bytes();
        for (name, value) in &parts.headers {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// What comes back up to the end of a JSON answer; empty when the connection breaks.
    async fn answer(stream: &mut TcpStream) -> String {
        let (mut text, mut buffer) = (String::new(), [0; 4096]);
        loop {
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            text.push_str(&String::from_utf8_lossy(&buffer[..read]));
            if read == 0 || text.ends_with('}') {
                return text;
            }
        }
    }

    #[tokio::test]
    async fn a_connection_serves_many_requests_and_breaks_when_an_answer_is_lost() {
        let cloud = cloud();
        let a = Client::new(&cloud, "a");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn({
            let cloud = cloud.clone();
            async move {
                let shutdown = async { drop(stopped.await) };
                cloud.serve(listener, shutdown, Duration::from_secs(5)).await
            }
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..2 {
            let request = a.acs3("2016-04-28", "DescribeVpcs", &[("RegionId", "cn-qingdao")]);
            stream.write_all(&wire(request)).await.unwrap();
            let answer = answer(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"TotalCount\":1"), "{answer}");
        }
        cloud.shared().faults.add(FaultRule::once("CreateVpc", Fault::LoseAnswer));
        let request = a.acs3("2016-04-28", "CreateVpc", &[("RegionId", "cn-qingdao")]);
        stream.write_all(&wire(request)).await.unwrap();
        assert_eq!(answer(&mut stream).await, "");

        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }

    #[tokio::test]
    async fn an_address_that_others_reach_is_refused() {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let refused = cloud().serve(listener, std::future::pending(), Duration::ZERO).await;
        assert!(matches!(refused, Err(ServeError::NotLoopback(_))), "{refused:?}");
    }
}

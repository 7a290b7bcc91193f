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
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum ServeError {
    /// The address can be reached from elsewhere. The keys of this cloud are no secrets.
    #[error("{0} is not a loopback address: the local cloud listens on this machine only")]
    NotLoopback(SocketAddr),
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
    if cloud.fc().http_base().is_empty() {
        cloud.fc().set_http_base(&format!("http://{address}"));
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

//! The socket: HTTP/1.1 with keep-alive and without timeouts, and a stop that lets calls in flight finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::diagnostic::with_causes;
use crate::environment::BadVariable;
use crate::socket::{Received, Socket};
use crate::{Body, FunctionService, LogLines, Runtime};

/// FC passes 8 KB of a client's headers on. The shortest has five bytes as FC writes it (`A: ` and its line end). FC adds fifty of
/// its own at most.
///
/// hyper allocates 64 bytes for each of these with every request. From 128 KB on, the allocator gives them back to the system each
/// time, which doubles the cost of a call.
const MAX_HEADERS: usize = 8 * 1024 / 5 + 50;

/// Why a runtime could not start or did not stop in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The environment names no usable address: correct the variable.
    #[error(transparent)]
    Environment(#[from] BadVariable),
    /// The address is taken or not allowed.
    #[error("could not listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The signals that stop the runtime could not be watched.
    #[error("could not watch for signals")]
    Signals(#[source] io::Error),
    /// The runtime was told to stop and the grace period passed before all calls were answered. They were dropped.
    #[error("{connections} connections still had a call in flight {grace:?} after the signal to stop")]
    Unfinished {
        /// How many connections were cut off.
        connections: usize,
        /// How long they were waited for.
        grace: Duration,
    },
}

impl Runtime {
    /// Listens where the environment says and serves until SIGTERM or SIGINT.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub async fn run(mut self) -> Result<(), ServeError> {
        let address = self.take_environment().listen_address()?;
        let stop = stop_signal().map_err(ServeError::Signals)?;
        let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
        self.serve(listener, stop).await
    }

    /// Serves a listener until `shutdown` completes, or the function asks for its [end](crate::Retirement); then takes no more connections, answers what is in flight and returns,
    /// at the latest after the grace period.
    ///
    /// # Errors
    /// [`ServeError::Unfinished`] when the grace period was too short.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let (grace, lines) = (self.grace, self.lines().clone());
        let service = self.into_service();
        let retirement = service.retirement().clone();
        let mut connections = JoinSet::new();
        let graceful = GracefulShutdown::new();
        lines.write(&["FunctionCompute fc-runtime runtime inited."]);

        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = retirement.begun() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let connection = graceful.watch(connect(stream, service.clone()));
                        let lines = lines.clone();
                        connections.spawn(async move {
                            if let Err(error) = connection.await {
                                tell(&lines, &error);
                            }
                        });
                    }
                    Err(error) => {
                        // Out of file descriptors, most likely: connections that end will free some.
                        tracing::warn!("could not accept a connection: {error}");
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
            }
        }
        drop(listener);

        let drained = tokio::time::timeout(grace, async {
            graceful.shutdown().await;
            while connections.join_next().await.is_some() {}
        });
        match drained.await {
            Ok(()) => Ok(()),
            Err(_) => Err(ServeError::Unfinished { connections: connections.len(), grace }),
        }
    }
}

/// Tells of what no call has told.
fn tell(lines: &LogLines, error: &hyper::Error) {
    let why = with_causes(error);
    if error.is_parse() {
        lines.warn(None, &format!("refused a request that HTTP does not allow, and closed its connection: {why}"));
    } else if error.is_incomplete_message() {
        lines.warn(None, &format!("a client left before its request was whole, or answered: {why}"));
    } else {
        // The call has told why its answer broke off; and an idle connection that breaks off matters to nobody.
        tracing::debug!("a connection ended with an error: {why}");
    }
}

fn connect(stream: TcpStream, service: FunctionService) -> http1::Connection<TokioIo<Socket>, OverHttp> {
    // Answers are small: waiting to fill a packet would only delay them. Without it they are slower, not wrong.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        // FC keeps connections open for a quarter of an hour and more: no timeout of any kind.
        .header_read_timeout(None)
        .keep_alive(true)
        .max_headers(MAX_HEADERS)
        // Answers are small: to copy head and body into one buffer costs less than to write two.
        .writev(false)
        .serve_connection(TokioIo::new(Socket::new(stream)), OverHttp(service))
}

/// The service as hyper calls it.
struct OverHttp(FunctionService);

impl hyper::service::Service<Request<Incoming>> for OverHttp {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (head, body) = request.into_parts();
        // Whoever reads it tells a client that waits for it to continue.
        let body = Body::untouched(Received::new(body, &head.headers));
        Box::pin(self.0.clone().answer(Request::from_parts(head, body)))
    }
}

/// Completes at the first SIGTERM or SIGINT after this call.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Completes at the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

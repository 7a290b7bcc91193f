//! The shortest ways to run a function.

use std::process::ExitCode;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower::Service;

use crate::diagnostic::with_causes;
use crate::layers::TracingLayer;
use crate::{Body, Environment, Error, Event, FromPayload, IntoPayload, Runtime, logging};

/// Serves events with this handler until SIGTERM or SIGINT: [`Runtime::new`] with a [`TracingLayer`].
///
/// # Errors
/// When the runtime cannot start or stop, see [`ServeError`](crate::ServeError).
pub async fn run<S, T, R>(handler: S) -> Result<(), Error>
where
    S: Service<Event<T>, Response = R> + Clone + Send + Sync + 'static,
    S::Error: Into<Error>,
    S::Future: Send,
    T: FromPayload + Send + 'static,
    R: IntoPayload + Send + 'static,
{
    Ok(Runtime::new(handler).layer(TracingLayer::new()).run().await?)
}

/// Serves HTTP requests with this handler until SIGTERM or SIGINT: [`Runtime::for_http`] with a [`TracingLayer`].
///
/// # Errors
/// When the runtime cannot start or stop, see [`ServeError`](crate::ServeError).
pub async fn run_http<S, B>(handler: S) -> Result<(), Error>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<Error>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Error>,
{
    Ok(Runtime::for_http(handler).layer(TracingLayer::new()).run().await?)
}

/// A whole `main`: sets up [`logging`], starts tokio on this one thread, builds the function from the process's environment
/// and runs it.
///
/// ```no_run
/// use std::process::ExitCode;
/// use fc_runtime::{Environment, Error, Event, Runtime, service_fn};
///
/// /// Also what a test calls, with an environment of its own.
/// pub fn function(environment: Environment) -> Result<Runtime, Error> {
///     let greeting = environment.get("GREETING").ok_or("set GREETING")?.to_owned();
///     Ok(Runtime::new(service_fn(move |event: Event<String>| {
///         let answer = format!("{greeting}, {}", event.payload);
///         async move { Ok::<_, Error>(answer) }
///     })))
/// }
///
/// fn main() -> ExitCode {
///     fc_runtime::start(function)
/// }
/// ```
///
/// `build` runs inside tokio, so it may spawn tasks. The process exits with 1 when the function cannot be built, started
/// or stopped in order, and logs why.
pub fn start<E: Into<Error>>(build: impl FnOnce(Environment) -> Result<Runtime, E>) -> ExitCode {
    let environment = Environment::process();
    logging::init_from(&environment);
    let tokio = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(tokio) => tokio,
        Err(error) => return gave_up(&error),
    };
    let ran = tokio.block_on(async {
        let runtime = build(environment.clone()).map_err(Into::into)?;
        runtime.environment(environment).layer(TracingLayer::new()).run().await.map_err(Error::from)
    });
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => gave_up(&*error),
    }
}

fn gave_up(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let why = with_causes(error);
    tracing::error!("the function stops: {why}");
    // A function that does not start must not be silent, also where nothing is logged. The platform keeps stderr too.
    if !tracing::enabled!(tracing::Level::ERROR) {
        eprintln!("the function stops: {why}");
    }
    ExitCode::FAILURE
}

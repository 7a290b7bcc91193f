//! [`Runtime`]: handlers, hooks and layers, put together.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower::{Layer, Service};

use crate::context::Clock;
use crate::handler::Handlers;
use crate::{
    Answer, Body, Call, CallService, Context, Environment, Error, Event, FromPayload, FunctionService, IntoPayload,
    LogLines,
};

type Wrap = Box<dyn FnOnce(CallService) -> CallService + Send>;

/// A function: its handlers, its hooks, the layers around them.
///
/// One binary may serve events and HTTP at once: since FC 3.0 the kind is a matter of the call, not of the function.
///
/// ```
/// use fc_runtime::layers::TracingLayer;
/// use fc_runtime::{Body, Error, Event, Runtime, http_fn, service_fn};
///
/// async fn count(event: Event<Vec<String>>) -> Result<usize, Error> {
///     Ok(event.payload.len())
/// }
///
/// let runtime = Runtime::new(service_fn(count))
///     .http(http_fn(async |_request, context| {
///         Ok::<_, Error>(http::Response::new(Body::from(format!("hello from {:?}", context.region()))))
///     }))
///     .initialize(async |_context| Ok::<_, Error>(()))
///     .pre_stop(async |_context| Ok::<_, Error>(()))
///     .layer(TracingLayer::new());
/// # let _ = runtime.into_service();
/// ```
#[must_use = "a runtime does nothing before it is run, served or made a service"]
pub struct Runtime {
    handlers: Handlers,
    layers: Vec<Wrap>,
    environment: Option<Environment>,
    lines: LogLines,
    clock: Clock,
    health: Option<String>,
    pub(crate) grace: Duration,
}

impl Runtime {
    /// A function for events: every trigger but HTTP.
    ///
    /// Clones of the handler serve calls at the same time, as many as the function's instance concurrency says (1–200).
    /// What they share, such as clients and caches, belongs into an `Arc`.
    pub fn new<S, T, R>(handler: S) -> Self
    where
        S: Service<Event<T>, Response = R> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        T: FromPayload + Send + 'static,
        R: IntoPayload + Send + 'static,
    {
        Self::empty().event(handler)
    }

    /// A function for HTTP requests alone.
    pub fn for_http<S, B>(handler: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Error>,
    {
        Self::empty().http(handler)
    }

    #[expect(clippy::disallowed_methods, reason = "a published crate brings its own clock")]
    fn empty() -> Self {
        Self {
            handlers: Handlers::default(),
            layers: Vec::new(),
            environment: None,
            lines: LogLines::stdout(),
            clock: Arc::new(SystemTime::now),
            health: None,
            grace: Duration::from_secs(10),
        }
    }

    /// Sets the handler for events.
    pub fn event<S, T, R>(mut self, handler: S) -> Self
    where
        S: Service<Event<T>, Response = R> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        T: FromPayload + Send + 'static,
        R: IntoPayload + Send + 'static,
    {
        self.handlers.event = Some(CallService::event(handler));
        self
    }

    /// Sets the handler for HTTP requests: an `axum::Router`, an [`http_fn`](crate::http_fn), any tower service of that shape.
    ///
    /// The request comes without the `x-fc-*` headers; the [`Context`] is among its extensions.
    pub fn http<S, B>(mut self, handler: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Error>,
    {
        self.handlers.http = Some(CallService::http(handler));
        self
    }

    /// Sets the initializer, which FC calls before the first call of an instance where the function is so configured.
    ///
    /// The documents differ on whether it comes again after a freeze: make it idempotent.
    pub fn initialize<H, F, E>(mut self, hook: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        self.handlers.initialize = Some(CallService::hook(hook));
        self
    }

    /// Sets the pre-stop hook, which FC calls before it destroys an instance where the function is so configured.
    pub fn pre_stop<H, F, E>(mut self, hook: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        self.handlers.pre_stop = Some(CallService::hook(hook));
        self
    }

    /// Wraps everything, hooks and earlier layers included: the layer added last sees a call first.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<CallService> + Send + 'static,
        L::Service: Service<Call, Response = Answer> + Clone + Send + Sync + 'static,
        <L::Service as Service<Call>>::Error: Into<Error>,
        <L::Service as Service<Call>>::Future: Send,
    {
        self.layers.push(Box::new(move |inner| CallService::of(layer.layer(inner))));
        self
    }

    /// Answers this path with an empty 200 before anything else: the URL of the function's `healthCheckConfig`.
    ///
    /// Only requests without `x-fc-control-path` are meant, so no HTTP client can reach it.
    pub fn health(mut self, path: impl Into<String>) -> Self {
        self.health = Some(path.into());
        self
    }

    /// Sets the environment from which port, credentials and context come, in place of the process's.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Sets where the marker lines go, in place of stdout.
    pub fn log_lines(mut self, lines: LogLines) -> Self {
        self.lines = lines;
        self
    }

    /// Sets the clock that deadlines are reckoned by, in place of the system's.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets how long calls in flight may take after the signal to stop. Ten seconds unless set.
    pub fn grace(mut self, limit: Duration) -> Self {
        self.grace = limit;
        self
    }

    /// The environment that the function will see.
    pub(crate) fn take_environment(&mut self) -> Environment {
        self.environment.get_or_insert_with(Environment::process).clone()
    }

    /// The runtime without a socket, for tests, simulations and local clouds: the very path that a served request takes.
    pub fn into_service(mut self) -> FunctionService {
        let environment = self.take_environment();
        let serves_http = self.handlers.http.is_some();
        let calls = self.layers.into_iter().fold(CallService::dispatch(self.handlers), |inner, wrap| wrap(inner));
        FunctionService::new(calls, environment, self.lines, self.clock, self.health, serves_http)
    }

    pub(crate) fn lines(&self) -> &LogLines {
        &self.lines
    }
}

//! Handlers behind one face: event functions, HTTP functions, hooks and layers all become a [`CallService`].

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use http::{Request, Response};
use http_body::Body as HttpBody;
use tower::{Service, ServiceExt};

use crate::{Answer, Body, Call, CallKind, Context, Diagnostic, Error, Event, FromPayload, IntoPayload};

/// The future of a call.
type Answering = BoxFuture<'static, Result<Answer, Error>>;

trait Handle: Send + Sync {
    fn handle(&self, call: Call) -> Answering;
}

/// All handlers of a runtime as one tower service: what a layer wraps. Cheap to clone, always ready.
#[derive(Clone)]
pub struct CallService(Arc<dyn Handle>);

impl CallService {
    /// Hides a service that came out of a layer.
    pub(crate) fn of<S>(service: S) -> Self
    where
        S: Service<Call, Response = Answer> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
    {
        Self(Arc::new(Layered(service)))
    }

    pub(crate) fn event<S, T, R>(service: S) -> Self
    where
        S: Service<Event<T>, Response = R> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        T: FromPayload + Send + 'static,
        R: IntoPayload + Send + 'static,
    {
        Self(Arc::new(EventHandler { service, event: PhantomData }))
    }

    pub(crate) fn http<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<Error>,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Error>,
    {
        Self(Arc::new(HttpHandler(service)))
    }

    pub(crate) fn hook<H, F, E>(hook: H) -> Self
    where
        H: Fn(Context) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Error>,
    {
        Self(Arc::new(Hook(Arc::new(hook))))
    }

    pub(crate) fn dispatch(handlers: Handlers) -> Self {
        Self(Arc::new(handlers))
    }

    /// Handles a call, and turns a panic on the way into an error.
    pub(crate) async fn handle_safely(&self, call: Call) -> Result<Answer, Error> {
        match catch_unwind(AssertUnwindSafe(|| self.0.handle(call))) {
            Ok(answering) => catch_panic(answering).await,
            Err(panic) => Err(Diagnostic::of_panic(&*panic).into()),
        }
    }
}

impl Service<Call> for CallService {
    type Response = Answer;
    type Error = Error;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Answering {
        self.0.handle(call)
    }
}

/// Turns a panic of the future into an error: the instance goes on.
async fn catch_panic(answering: impl Future<Output = Result<Answer, Error>>) -> Result<Answer, Error> {
    // What a handler shares across calls is its own business, as it is in every server that survives a panic.
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(answered) => answered,
        Err(panic) => Err(Diagnostic::of_panic(&*panic).into()),
    }
}

/// The handlers of a runtime by the kind of call.
#[derive(Clone, Default)]
pub(crate) struct Handlers {
    pub(crate) event: Option<CallService>,
    pub(crate) http: Option<CallService>,
    pub(crate) initialize: Option<CallService>,
    pub(crate) pre_stop: Option<CallService>,
}

impl Handle for Handlers {
    fn handle(&self, call: Call) -> Answering {
        let (handler, what) = match call.kind {
            CallKind::Event => (&self.event, "handler for events"),
            CallKind::Http => (&self.http, "handler for HTTP requests"),
            CallKind::Initialize => (&self.initialize, "initializer"),
            CallKind::PreStop => (&self.pre_stop, "pre-stop hook"),
        };
        match handler {
            Some(handler) => handler.0.handle(call),
            None => {
                let missing = Diagnostic::new("NoHandler", format!("this function has no {what}"));
                Box::pin(std::future::ready(Err(missing.into())))
            }
        }
    }
}

struct Layered<S>(S);

impl<S> Handle for Layered<S>
where
    S: Service<Call, Response = Answer> + Clone + Send + Sync + 'static,
    S::Error: Into<Error>,
    S::Future: Send,
{
    fn handle(&self, call: Call) -> Answering {
        let mut service = self.0.clone();
        // Nearly every service is ready at once. One that is not is asked again, with a waker.
        match service.poll_ready(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Box::pin(service.call(call).map_err(Into::into)),
            Poll::Ready(Err(error)) => Box::pin(std::future::ready(Err(error.into()))),
            Poll::Pending => Box::pin(async move {
                let ready = service.ready().await.map_err(Into::into)?;
                ready.call(call).await.map_err(Into::into)
            }),
        }
    }
}

struct EventHandler<S, T> {
    service: S,
    event: PhantomData<fn(T)>,
}

impl<S, T, R> Handle for EventHandler<S, T>
where
    S: Service<Event<T>, Response = R> + Clone + Send + Sync + 'static,
    S::Error: Into<Error>,
    S::Future: Send,
    T: FromPayload + Send + 'static,
    R: IntoPayload + Send + 'static,
{
    fn handle(&self, call: Call) -> Answering {
        let mut service = self.service.clone();
        let (body, context) = (call.request.into_body(), call.context);
        Box::pin(catch_panic(async move {
            let payload = T::from_payload(body.into_bytes().await?).map_err(named)?;
            let ready = service.ready().await.map_err(named)?;
            let result = ready.call(Event::new(payload, context)).await.map_err(named)?;
            Ok(Response::new(Body::from(result.into_payload().map_err(named)?)))
        }))
    }
}

struct HttpHandler<S>(S);

impl<S, B> Handle for HttpHandler<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<Error>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Error>,
{
    fn handle(&self, call: Call) -> Answering {
        let mut service = self.0.clone();
        Box::pin(catch_panic(async move {
            let Call { mut request, context, .. } = call;
            request.extensions_mut().insert(context);
            let ready = service.ready().await.map_err(named)?;
            Ok(ready.call(request).await.map_err(named)?.map(Body::new))
        }))
    }
}

struct Hook<H>(Arc<H>);

impl<H, F, E> Handle for Hook<H>
where
    H: Fn(Context) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Error>,
{
    fn handle(&self, call: Call) -> Answering {
        let (hook, context) = (self.0.clone(), call.context);
        Box::pin(catch_panic(async move {
            hook(context).await.map_err(named)?;
            Ok(Response::new(Body::empty()))
        }))
    }
}

/// Notes the error's type while it is still known.
fn named<E: Into<Error>>(error: E) -> Error {
    Diagnostic::of(error).into()
}

/// Makes an HTTP handler of a function that takes the request and its context.
///
/// Without need for the context, or with extractors, hand any `tower::Service<http::Request<Body>>` to the runtime as it is:
/// an `axum::Router`, or [`service_fn`](crate::service_fn). The context is then among the request's extensions.
pub fn http_fn<H, F, B, E>(
    handler: H,
) -> impl Service<Request<Body>, Response = Response<B>, Error = E, Future = F> + Clone + Send + Sync
where
    H: Fn(Request<Body>, Context) -> F + Clone + Send + Sync,
    F: Future<Output = Result<Response<B>, E>> + Send,
{
    tower::service_fn(move |request: Request<Body>| {
        let context = request.extensions().get::<Context>().cloned().unwrap_or_default();
        handler(request, context)
    })
}

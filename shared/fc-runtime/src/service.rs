//! [`FunctionService`]: a request of FC in, the answer that FC expects out, with or without a socket.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{self, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use tower::Service;

use crate::answer::{Asked, Framed};
use crate::body::MAX_REQUEST_BODY;
use crate::call::Route;
use crate::context::{Clock, take_fc_headers};
use crate::lines::Mark;
use crate::stream::Streamed;
use crate::{
    Answer, Body, BodyError, Call, CallKind, CallService, Context, Diagnostic, Environment, LogLines, Retirement,
};

const OUTCOME: HeaderName = HeaderName::from_static("x-fc-status");
const CONTROL_PATH: HeaderName = HeaderName::from_static("x-fc-control-path");

/// A runtime as a tower service: what [`Runtime::serve`](crate::Runtime::serve) puts on a socket, and what a test, a
/// simulation or a local cloud calls in process. Cheap to clone; clones share the handlers.
///
/// It never fails: every failure is an answer in the form that FC expects.
#[derive(Clone)]
pub struct FunctionService(Arc<Shared>);

struct Shared {
    calls: CallService,
    environment: Environment,
    lines: LogLines,
    clock: Clock,
    health: Option<String>,
    serves_http: bool,
    nameless: AtomicU64,
    retirement: Retirement,
}

impl FunctionService {
    pub(crate) fn new(
        calls: CallService,
        environment: Environment,
        lines: LogLines,
        clock: Clock,
        health: Option<String>,
        serves_http: bool,
    ) -> Self {
        let (nameless, retirement) = (AtomicU64::new(0), Retirement::default());
        Self(Arc::new(Shared { calls, environment, lines, clock, health, serves_http, nameless, retirement }))
    }

    /// The end that the function may ask for: whoever runs it without a socket gives it no more calls then.
    #[must_use]
    pub fn retirement(&self) -> &Retirement {
        &self.0.retirement
    }

    /// Answers one request whose body is whole, and waits for the whole answer. A streamed answer that breaks off, which on
    /// a socket cuts the connection, becomes a failed answer here.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let Ok(answer) = self.clone().answer(request.map(Body::from)).await;
        let (head, body) = answer.into_parts();
        match body.into_bytes_up_to(usize::MAX).await {
            Ok(body) => Response::from_parts(head, body),
            Err(error) => {
                let (head, body) = failed(StatusCode::NOT_FOUND, &Diagnostic::of(error)).into_parts();
                Response::from_parts(head, body.try_into_whole().unwrap_or_default())
            }
        }
    }

    /// Answers one request; the answer of an HTTP function may still be under way then.
    pub(crate) async fn answer(self, mut request: Request<Body>) -> Result<Answer, Infallible> {
        let shared = &*self.0;
        let control =
            request.headers().get(&CONTROL_PATH).and_then(|path| path.to_str().ok()).filter(|path| !path.is_empty());
        let (method, path) = (request.method(), request.uri().path());
        let kind = match Route::of(control, method, path, shared.health.as_deref(), shared.serves_http) {
            Route::Call(kind) => kind,
            Route::Health => return Ok(succeeded(Response::new(Body::empty()))),
            Route::Unknown => {
                let message = match control {
                    Some(control) => format!("there is nothing at the control path {control}"),
                    None => format!("there is nothing at {method} {path}"),
                };
                return Ok(failed(StatusCode::NOT_FOUND, &Diagnostic::new("UnknownPath", message)));
            }
        };

        let received = (shared.clock)();
        let of_fc = match kind {
            CallKind::Http => take_fc_headers(request.headers_mut()),
            CallKind::Event | CallKind::Initialize | CallKind::PreStop => std::mem::take(request.headers_mut()),
        };
        let (environment, clock, retirement) =
            (shared.environment.clone(), shared.clock.clone(), shared.retirement.clone());
        let context = Context::of(kind, of_fc, environment, clock, received, retirement, || {
            format!("local-{}", shared.nameless.fetch_add(1, Ordering::Relaxed) + 1)
        });
        let mark = shared.lines.start(kind, &context);

        let (head, body) = request.into_parts();
        let request = match take_body(body, kind).await {
            Ok(body) => Request::from_parts(head, body),
            Err(error) => {
                let status = match error {
                    BodyError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                    BodyError::Broken(_) => StatusCode::BAD_REQUEST,
                };
                return Ok(self.failed_call(mark, kind, Diagnostic::of(error), status));
            }
        };
        let asked = Asked::of(&request);
        let answered = shared.calls.handle_safely(Call { kind, context, request }).await;
        Ok(match answered.and_then(|answer| Ok(Framed::of(&asked, answer)?)) {
            Ok(framed) => self.finish(framed, mark),
            Err(error) => {
                // Only the client of an HTTP function sees the status itself, and to a client 404 means something else.
                let status = match kind {
                    CallKind::Http if shared.serves_http => StatusCode::INTERNAL_SERVER_ERROR,
                    _ => StatusCode::NOT_FOUND,
                };
                self.failed_call(mark, kind, Diagnostic::of(error), status)
            }
        })
    }

    /// Sees to it that the end line comes before the end of the answer.
    fn finish(&self, Framed { answer, length }: Framed, mark: Mark) -> Answer {
        let answer = succeeded(answer);
        if answer.body().is_whole() {
            mark.succeeded();
            return answer;
        }
        let service = self.clone();
        answer.map(|body| body.wrap_stream(|body| Streamed::new(body, length, mark, service)))
    }

    fn failed_call(&self, mark: Mark, kind: CallKind, failure: Diagnostic, status: StatusCode) -> Answer {
        self.report(mark.request_id(), &failure);
        let failure = if kind == CallKind::Http && status.is_server_error() {
            // Whoever is at the other end of an HTTP trigger may be anyone: the log has the reason.
            let told = format!("the function failed, see its log for request {}", mark.request_id());
            Diagnostic::new("InternalError", told)
        } else {
            failure
        };
        mark.failed();
        failed(status, &failure)
    }

    /// Logs a failure; where nobody has set up logging, among the marker lines.
    pub(crate) fn report(&self, request_id: &str, failure: &Diagnostic) {
        let (error_type, trace) = (failure.error_type(), failure.trace());
        if tracing::dispatcher::has_been_set() {
            let trace = (!trace.is_empty()).then(|| tracing::field::debug(trace));
            tracing::error!(request_id, error_type, trace, "{}", failure.message());
        } else {
            self.0.lines.write(&[&format!("{request_id} [ERROR] {}", failure.in_full())]);
        }
    }
}

/// Reads the body of everything but an HTTP call, which may stream it; and holds both to the limit.
async fn take_body(body: Body, kind: CallKind) -> Result<Body, BodyError> {
    if body.size_hint().lower() > MAX_REQUEST_BODY as u64 {
        return Err(BodyError::TooLong { limit: MAX_REQUEST_BODY });
    }
    match kind {
        CallKind::Http => Ok(body.limited(MAX_REQUEST_BODY)),
        CallKind::Event | CallKind::Initialize | CallKind::PreStop => Ok(body.into_bytes().await?.into()),
    }
}

fn succeeded(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(OUTCOME, HeaderValue::from_static("200"));
    answer
}

fn failed(status: StatusCode, failure: &Diagnostic) -> Answer {
    let mut answer = Response::new(Body::from(failure.to_json()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(OUTCOME, HeaderValue::from_static("404"));
    answer
}

impl Service<Request<Body>> for FunctionService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}

impl Service<Request<Bytes>> for FunctionService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Service::<Request<Body>>::call(self, request.map(Body::from))
    }
}

//! A span around each call.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tower::{Layer, Service};
use tracing::instrument::Instrument;
use tracing::{Span, field, info_span};

use crate::{Answer, Body, Call, Error};

/// Puts each call into a span `call` with its `request_id` and `kind`, and for a call that FC repeats its `retry`.
///
/// A streamed answer stays in the span to its end. [`logging`](crate::logging) writes the request id into each line.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingLayer(());

impl TracingLayer {
    /// The layer.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for TracingLayer {
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Traced<S> {
        Traced { inner }
    }
}

/// The service of [`TracingLayer`].
#[derive(Debug, Clone)]
pub struct Traced<S> {
    inner: S,
}

impl<S> Service<Call> for Traced<S>
where
    S: Service<Call, Response = Answer> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Answer;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Answer, S::Error>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let context = &call.context;
        let span =
            info_span!("call", request_id = context.request_id(), kind = call.kind.as_str(), retry = field::Empty);
        if context.retry_count() > 0 {
            span.record("retry", context.retry_count());
        }
        // The one that was asked whether it is ready must be the one that is called.
        let spare = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, spare);
        let stream_span = span.clone();
        let answering = async move {
            let answer = inner.call(call).await?;
            Ok(answer.map(|body| body.wrap_stream(|body| InSpan { body, span: stream_span })))
        };
        Box::pin(answering.instrument(span))
    }
}

/// A streamed answer whose pieces are made inside the span.
struct InSpan {
    body: Body,
    span: Span,
}

impl HttpBody for InSpan {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Self { body, span } = &mut *self;
        span.in_scope(|| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

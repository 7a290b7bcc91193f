//! A span around each call.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};
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
    S: Service<Call, Response = Answer> + Clone,
{
    type Response = Answer;
    type Error = S::Error;
    type Future = TracedFuture<S>;

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
        let service = std::mem::replace(&mut self.inner, spare);
        TracedFuture { stage: Stage::Called { service, call: Some(call) }, span }
    }
}

pin_project! {
    /// The future of [`Traced`].
    ///
    /// Entering a span is the dearest part of a traced call: it is entered once for each time that the handler is woken,
    /// and the handler is called, and its future dropped, in one of these times.
    pub struct TracedFuture<S: Service<Call>> {
        #[pin]
        stage: Stage<S>,
        span: Span,
    }

    impl<S: Service<Call>> PinnedDrop for TracedFuture<S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let StageNow::Running { .. } = this.stage.as_mut().project() {
                // The caller hung up: what the handler logs as it is dropped belongs to the call.
                let _inside = this.span.enter();
                this.stage.set(Stage::Done);
            }
        }
    }
}

pin_project! {
    #[project = StageNow]
    enum Stage<S: Service<Call>> {
        Called { service: S, call: Option<Call> },
        Running { #[pin] answering: S::Future },
        Done,
    }
}

impl<S> Future for TracedFuture<S>
where
    S: Service<Call, Response = Answer>,
{
    type Output = Result<Answer, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inside = this.span.enter();
        let answered = loop {
            match this.stage.as_mut().project() {
                StageNow::Called { service, call } => {
                    let call = call.take().expect("a panic in the service ends this future");
                    let answering = service.call(call);
                    this.stage.set(Stage::Running { answering });
                }
                StageNow::Running { answering } => match answering.poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(answered) => break answered,
                },
                StageNow::Done => panic!("polled after it was ready"),
            }
        };
        this.stage.set(Stage::Done);
        drop(inside);
        let span = &*this.span;
        Poll::Ready(
            answered.map(|answer| answer.map(|body| body.wrap_stream(|body| InSpan { body, span: span.clone() }))),
        )
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

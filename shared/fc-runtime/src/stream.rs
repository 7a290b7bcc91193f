//! A streamed answer on its way: its bytes are counted, and its end line is written before its end is sent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::answer::{too_long, too_short};
use crate::lines::Mark;
use crate::{Body, Diagnostic, Error, FunctionService};

/// A streamed answer. An error, a panic, or another length than was said ends it with an error, which cuts the connection.
pub(crate) struct Streamed {
    body: Body,
    length: Option<Length>,
    /// Taken when the call has ended.
    mark: Option<Mark>,
    service: FunctionService,
}

/// What comes next of a stream: a frame, or its end.
struct Step {
    frame: Option<Frame<Bytes>>,
    /// Whether nothing comes after it.
    last: bool,
}

/// How many bytes a stream was said to have, and how many are to come.
struct Length {
    said: u64,
    left: u64,
}

impl Streamed {
    pub(crate) fn new(body: Body, length: Option<u64>, mark: Mark, service: FunctionService) -> Self {
        Self { body, length: length.map(|said| Length { said, left: said }), mark: Some(mark), service }
    }

    fn next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Step, Diagnostic>> {
        let frame = ready!(poll_safely(&mut self.body, cx))?;
        let Some(Length { said, left }) = &mut self.length else {
            let last = frame.is_none() || ends_safely(&self.body);
            return Poll::Ready(Ok(Step { frame, last }));
        };
        let Some(frame) = frame else {
            return Poll::Ready(match *left {
                0 => Ok(Step { frame: None, last: true }),
                missing => Err(too_short(*said, missing)),
            });
        };
        let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
        *left = left.checked_sub(bytes).ok_or_else(|| too_long(*said))?;
        // Whoever sends the last byte does not come back to ask for the end.
        let last = *left == 0;
        if last && goes_on(&mut self.body, cx)? {
            return Poll::Ready(Err(too_long(*said)));
        }
        Poll::Ready(Ok(Step { frame: Some(frame), last }))
    }
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.mark.is_none() {
            return Poll::Ready(None);
        }
        let next = ready!(self.next(cx));
        let ended = !matches!(next, Ok(Step { last: false, .. }));
        if let Some(mark) = self.mark.take_if(|_| ended) {
            match &next {
                Ok(_) => mark.succeeded(),
                Err(failure) => {
                    self.service.report(mark.request_id(), failure);
                    mark.failed();
                }
            }
        }
        Poll::Ready(next.map(|step| step.frame).map_err(Into::into).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.mark.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.as_ref().map_or_else(SizeHint::default, |length| SizeHint::with_exact(length.left))
    }
}

/// Whether a body has more bytes at hand. One that has none yet is taken to have ended.
pub(crate) fn goes_on(body: &mut Body, cx: &mut TaskContext<'_>) -> Result<bool, Diagnostic> {
    match poll_safely(body, cx) {
        Poll::Ready(Ok(frame)) => Ok(frame.is_some_and(|frame| frame.data_ref().is_some_and(|data| !data.is_empty()))),
        Poll::Ready(Err(failure)) => Err(failure),
        Poll::Pending => Ok(false),
    }
}

fn poll_safely(body: &mut Body, cx: &mut TaskContext<'_>) -> Poll<Result<Option<Frame<Bytes>>, Diagnostic>> {
    match catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_frame(cx))) {
        Ok(polled) => polled.map(|frame| frame.transpose().map_err(Diagnostic::of)),
        Err(panic) => Poll::Ready(Err(Diagnostic::of_panic(&*panic))),
    }
}

/// A body that panics here is asked for the next frame, which then tells.
fn ends_safely(body: &Body) -> bool {
    catch_unwind(AssertUnwindSafe(|| body.is_end_stream())).unwrap_or(false)
}

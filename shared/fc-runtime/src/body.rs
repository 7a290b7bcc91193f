//! [`Body`]: what flows in and out of a function, whole or as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::{Bytes, BytesMut};
use futures::{Stream, TryStreamExt};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::{BodyExt, Limited, StreamBody};

use crate::Error;

/// The largest request body that FC passes on: 32 MB (synchronous calls; asynchronous ones end at 128 KB).
pub const MAX_REQUEST_BODY: usize = 32 * 1024 * 1024;

/// The body of a request or a response.
///
/// Made from anything that turns into [`Bytes`], from any [`http_body::Body`] ([`Body::new`]) or from a stream
/// ([`Body::from_stream`]). Read it whole with [`Body::into_bytes`] or piece by piece through [`http_body::Body`].
#[derive(Default)]
pub struct Body(Inner);

#[derive(Default)]
enum Inner {
    #[default]
    Empty,
    Whole(Bytes),
    Stream(Pin<Box<dyn HttpBody<Data = Bytes, Error = Error> + Send>>),
}

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than was allowed.
    #[error("the body is longer than {limit} bytes")]
    TooLong {
        /// How many bytes were allowed.
        limit: usize,
    },
    /// Whoever sends it stopped in the middle, or sent what is no body.
    #[error("the body could not be read to its end")]
    Broken(#[source] Error),
}

impl Body {
    /// No bytes at all.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Inner::Empty)
    }

    /// Takes over any HTTP body.
    ///
    /// One whose length is known and whose bytes are at hand becomes a whole body, so that the runtime knows that the
    /// answer is complete before it is sent.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Error>,
    {
        let mut slot = Some(body);
        if let Some(already) = (&mut slot as &mut dyn std::any::Any).downcast_mut::<Option<Self>>() {
            return already.take().unwrap_or_default();
        }
        match slot {
            Some(body) if !body.is_end_stream() => Self::settled(Box::pin(body.map_err(Into::into))),
            _ => Self::empty(),
        }
    }

    fn settled(mut body: Pin<Box<dyn HttpBody<Data = Bytes, Error = Error> + Send>>) -> Self {
        let Some(length) = body.size_hint().exact() else {
            return Self(Inner::Stream(body));
        };
        // Whoever reads the body later polls it anew, with a waker of their own: nothing is lost when it is not ready yet.
        let frame = match body.as_mut().poll_frame(&mut TaskContext::from_waker(Waker::noop())) {
            Poll::Pending => return Self(Inner::Stream(body)),
            Poll::Ready(None) if length == 0 => return Self::empty(),
            Poll::Ready(None) => Err(format!("the body was said to have {length} bytes, and has none").into()),
            Poll::Ready(Some(frame)) => frame,
        };
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) if data.len() as u64 == length && body.is_end_stream() => Self(Inner::Whole(data)),
            Ok(Ok(data)) => Self(Inner::Stream(Box::pin(Resumed { first: Some(Ok(Frame::data(data))), rest: body }))),
            Ok(Err(frame)) => Self(Inner::Stream(Box::pin(Resumed { first: Some(Ok(frame)), rest: body }))),
            Err(error) => Self(Inner::Stream(Box::pin(Resumed { first: Some(Err(error)), rest: body }))),
        }
    }

    /// Takes over an HTTP body that nobody may ask for anything yet.
    pub(crate) fn untouched<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Error>,
    {
        if body.is_end_stream() { Self::empty() } else { Self(Inner::Stream(Box::pin(body.map_err(Into::into)))) }
    }

    /// A body that is sent piece by piece, as the stream yields them. An error of the stream cuts the response off.
    pub fn from_stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes> + 'static,
        E: Into<Error> + 'static,
    {
        let frames = stream.map_ok(|piece| Frame::data(piece.into())).map_err(Into::into);
        Self(Inner::Stream(Box::pin(StreamBody::new(frames))))
    }

    /// Reads the body to its end, up to [`MAX_REQUEST_BODY`].
    ///
    /// # Errors
    /// When it is longer, or breaks off.
    pub async fn into_bytes(self) -> Result<Bytes, BodyError> {
        self.into_bytes_up_to(MAX_REQUEST_BODY).await
    }

    /// Reads the body to its end, up to `limit` bytes.
    ///
    /// # Errors
    /// When it is longer, or breaks off.
    pub async fn into_bytes_up_to(self, limit: usize) -> Result<Bytes, BodyError> {
        let mut stream = match self.0 {
            Inner::Empty => return Ok(Bytes::new()),
            Inner::Whole(bytes) if bytes.len() > limit => return Err(BodyError::TooLong { limit }),
            Inner::Whole(bytes) => return Ok(bytes),
            Inner::Stream(stream) => stream,
        };
        // A body that comes in one piece is never copied.
        let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
        while let Some(frame) = stream.frame().await {
            let Ok(piece) = frame.map_err(BodyError::Broken)?.into_data() else { continue };
            if first.len() + joined.len() + piece.len() > limit {
                return Err(BodyError::TooLong { limit });
            }
            if first.is_empty() && joined.is_empty() {
                first = piece;
                continue;
            }
            if joined.is_empty() {
                let expected = stream.size_hint().lower().min(limit as u64) as usize;
                joined.reserve(first.len() + piece.len() + expected);
                joined.extend_from_slice(&std::mem::take(&mut first));
            }
            joined.extend_from_slice(&piece);
        }
        Ok(if joined.is_empty() { first } else { joined.freeze() })
    }

    /// The bytes, where they are all at hand; the body itself where they are still to come.
    ///
    /// # Errors
    /// Hands the body back when it is a stream.
    pub fn try_into_whole(self) -> Result<Bytes, Self> {
        match self.0 {
            Inner::Empty => Ok(Bytes::new()),
            Inner::Whole(bytes) => Ok(bytes),
            Inner::Stream(stream) => Err(Self(Inner::Stream(stream))),
        }
    }

    /// Cuts a streamed body off where it exceeds `limit` bytes.
    pub(crate) fn limited(self, limit: usize) -> Self {
        match self.0 {
            Inner::Stream(stream) => Self(Inner::Stream(Box::pin(Limited::new(stream, limit)))),
            whole => Self(whole),
        }
    }

    /// Wraps what is still to come; a whole body stays what it is.
    pub(crate) fn wrap_stream<W, B>(self, wrap: W) -> Self
    where
        W: FnOnce(Self) -> B,
        B: HttpBody<Data = Bytes, Error = Error> + Send + 'static,
    {
        match self.0 {
            Inner::Stream(stream) => Self(Inner::Stream(Box::pin(wrap(Self(Inner::Stream(stream)))))),
            whole => Self(whole),
        }
    }

    /// Whether all bytes are at hand.
    pub(crate) fn is_whole(&self) -> bool {
        !matches!(self.0, Inner::Stream(_))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Inner::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Inner::Stream(stream) => stream.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Empty => true,
            Inner::Whole(bytes) => bytes.is_empty(),
            Inner::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(stream) => stream.size_hint(),
        }
    }
}

/// A body of which one frame was looked at already.
struct Resumed {
    first: Option<Result<Frame<Bytes>, Error>>,
    rest: Pin<Box<dyn HttpBody<Data = Bytes, Error = Error> + Send>>,
}

impl HttpBody for Resumed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.first.take() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => self.rest.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = match &self.first {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
            _ => 0,
        };
        let mut hint = self.rest.size_hint();
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + held);
        }
        hint.set_lower(hint.lower() + held);
        hint
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Empty => f.write_str("Body(empty)"),
            Inner::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Inner::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::empty() } else { Self(Inner::Whole(bytes)) }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use http_body_util::Full;

    /// Everything here is at hand.
    fn block_on<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("no body here waits")
    }

    #[test]
    fn a_foreign_body_whose_bytes_are_at_hand_becomes_whole() {
        let body = Body::new(axum::body::Body::from("abc"));
        assert!(body.is_whole());
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(block_on(body.into_bytes()).unwrap(), "abc");
        assert!(Body::new(Full::new(Bytes::new())).is_whole());
    }

    #[test]
    fn wrapping_a_body_again_keeps_it() {
        let body = Body::new(Body::from("abc"));
        assert_eq!(body.try_into_whole().unwrap(), "abc");
    }

    #[test]
    fn a_body_in_several_pieces_of_known_length_loses_none() {
        let pieces =
            futures::stream::iter([Ok::<_, Error>(Frame::data(Bytes::from("ab"))), Ok(Frame::data("cd".into()))]);
        struct Sized<S>(S);
        impl<S: HttpBody<Data = Bytes, Error = Error> + Unpin> HttpBody for Sized<S> {
            type Data = Bytes;
            type Error = Error;
            fn poll_frame(
                mut self: Pin<&mut Self>,
                cx: &mut TaskContext<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
                Pin::new(&mut self.0).poll_frame(cx)
            }
            fn size_hint(&self) -> SizeHint {
                SizeHint::with_exact(4)
            }
        }
        let body = Body::new(Sized(StreamBody::new(pieces)));
        assert!(!body.is_whole());
        assert_eq!(block_on(body.into_bytes()).unwrap(), "abcd");
    }

    #[test]
    fn a_body_over_the_limit_is_refused_whole_or_streamed() {
        let whole = block_on(Body::from("abcd").into_bytes_up_to(3));
        assert!(matches!(whole, Err(BodyError::TooLong { limit: 3 })));
        let pieces = futures::stream::iter([Ok::<_, Error>("ab"), Ok("cd")]);
        let streamed = block_on(Body::from_stream(pieces).into_bytes_up_to(3));
        assert!(matches!(streamed, Err(BodyError::TooLong { limit: 3 })));
    }

    #[test]
    fn a_stream_that_fails_says_so() {
        let pieces = futures::stream::iter([Ok("ab"), Err(Error::from("gone"))]);
        let error = block_on(Body::from_stream(pieces).into_bytes()).unwrap_err();
        assert!(matches!(error, BodyError::Broken(reason) if reason.to_string() == "gone"));
    }
}

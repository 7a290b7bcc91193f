//! One connection's socket, and the requests' bodies that come over it: what hyper leaves to its user.

use std::io;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::MAX_REQUEST_BODY;

/// How long a client is borne with that has shut its side, or sends what nobody wants.
const PATIENCE: Duration = Duration::from_secs(2);

/// A TCP stream with two manners of its own.
///
/// - To hyper, a client that has shut its side has left. It may only have said all it has to say, so hyper hears of it later.
/// - A socket that is closed over unread bytes takes the answer away from the client that has not read it yet. So those are
///   read first.
pub(crate) struct Socket {
    stream: TcpStream,
    /// Whether anything was ever read: whoever connects and says nothing leaves at once.
    used: bool,
    shut: bool,
    patience: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) const fn new(stream: TcpStream) -> Self {
        Self { stream, used: false, shut: false, patience: None }
    }

    fn lose_patience(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE))).as_mut().poll(cx)
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.used = true;
        } else if self.used {
            ready!(self.lose_patience(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.shut = true;
        } else if self.lose_patience(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut unwanted = [0; 4096];
        let mut any = self.patience.is_some();
        loop {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => any = true,
                // There is more to come, most likely.
                Poll::Pending if any => return self.lose_patience(cx).map(Ok),
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// A request's body. What a handler leaves of it is read and thrown away, so that the connection can carry the next call.
pub(crate) struct Received {
    /// `None` once it has ended.
    incoming: Option<Incoming>,
    /// Whether the client holds it back until it is told to continue: what nobody reads never comes then.
    held_back: bool,
}

impl Received {
    pub(crate) fn new(incoming: Incoming, headers: &HeaderMap) -> Self {
        Self { incoming: Some(incoming), held_back: headers.contains_key(header::EXPECT) }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let limit = MAX_REQUEST_BODY as u64;
        let unread = self.incoming.take().filter(|rest| !rest.is_end_stream() && rest.size_hint().lower() <= limit);
        let (Some(mut rest), false, Ok(runtime)) = (unread, self.held_back, tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(tokio::time::timeout(PATIENCE, async move {
            let mut room = MAX_REQUEST_BODY;
            while let Some(Ok(frame)) = rest.frame().await {
                match room.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                    Some(left) => room = left,
                    None => break,
                }
            }
        }));
    }
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(incoming).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.incoming = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

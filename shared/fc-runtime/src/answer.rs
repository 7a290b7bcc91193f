//! What a handler answers, made fit to be sent: where a body ends, and what happens to the connection, is the runtime's to say.
//! Taken at its word, a handler could spoil the connection for the calls after its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context as TaskContext, Waker};

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body as HttpBody;

use crate::stream::goes_on;
use crate::{Answer, Body, Diagnostic};

/// Headers about the connection, beside those that `connection` names. It is FC's, and stays open.
const OF_THE_CONNECTION: [HeaderName; 6] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// What an answer depends on of its request.
pub(crate) struct Asked {
    method: Method,
    version: Version,
}

impl Asked {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self { method: request.method().clone(), version: request.version() }
    }
}

/// An answer that can be sent.
pub(crate) struct Framed {
    pub(crate) answer: Answer,
    /// How many bytes its stream has, if anybody said so.
    pub(crate) length: Option<u64>,
}

impl Framed {
    /// Corrects what can be corrected.
    ///
    /// # Errors
    /// When no client could make sense of the answer.
    pub(crate) fn of(asked: &Asked, answer: Answer) -> Result<Self, Diagnostic> {
        // A body of the handler's own type is asked for its length, and dropped where HTTP forbids it: both may panic.
        catch_unwind(AssertUnwindSafe(|| Self::checked(asked, answer)))
            .unwrap_or_else(|panic| Err(Diagnostic::of_panic(&*panic)))
    }

    fn checked(asked: &Asked, answer: Answer) -> Result<Self, Diagnostic> {
        let (mut head, mut body) = answer.into_parts();
        let status = head.status;
        if status.is_informational() {
            return Err(invalid(format!("{status} announces an answer and is none")));
        }
        if asked.method == Method::CONNECT && status.is_success() {
            return Err(invalid(format!("{status} would open a tunnel, which this runtime cannot")));
        }
        remove_what_is_about_the_connection(&mut head.headers);
        head.version = Version::HTTP_11;
        let declared = take_content_length(&mut head.headers);
        if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            head.headers.remove(header::TRAILER);
            return Ok(Self { answer: Response::from_parts(head, Body::empty()), length: None });
        }

        let head_only = asked.method == Method::HEAD;
        let known = body.size_hint().exact();
        let length = match known {
            // To a HEAD, no bytes say nothing about those that a GET would get.
            Some(bytes) if body.is_whole() && !(head_only && bytes == 0) => known,
            Some(bytes) if !body.is_whole() => match declared? {
                Some(declared) if declared != bytes => {
                    return Err(invalid(format!("its content-length is {declared} and its body has {bytes} bytes")));
                }
                _ => known,
            },
            _ => declared?,
        };
        if head_only {
            if let Some(length) = length {
                head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
            body = Body::empty();
        }
        if length == Some(0) && !body.is_whole() {
            // Nobody would ask such a stream for anything.
            if goes_on(&mut body, &mut TaskContext::from_waker(Waker::noop()))? {
                return Err(too_long(0));
            }
            body = Body::empty();
        }
        if body.is_whole() || length.is_some() {
            // Only chunks can be followed by trailers.
            head.headers.remove(header::TRAILER);
        } else if asked.version == Version::HTTP_10 {
            // Such a client takes the end of the connection for the end of the stream.
            head.version = Version::HTTP_10;
        }
        Ok(Self { answer: Response::from_parts(head, body), length })
    }
}

fn remove_what_is_about_the_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_THE_CONNECTION.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Removes the content length and reads it: whoever sends the answer writes it anew.
fn take_content_length(headers: &mut HeaderMap) -> Result<Option<u64>, Diagnostic> {
    let mut length = None;
    for value in headers.get_all(header::CONTENT_LENGTH) {
        let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(bytes) = digits.and_then(|digits| digits.parse::<u64>().ok()) else {
            let unread = invalid(format!("its content-length is {value:?}, which is no number of bytes"));
            headers.remove(header::CONTENT_LENGTH);
            return Err(unread);
        };
        match length {
            Some(other) if other != bytes => {
                headers.remove(header::CONTENT_LENGTH);
                return Err(invalid(format!("it has two content-lengths, {other} and {bytes}")));
            }
            _ => length = Some(bytes),
        }
    }
    headers.remove(header::CONTENT_LENGTH);
    Ok(length)
}

fn invalid(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new("InvalidAnswer", format!("the handler's answer cannot be sent: {why}"))
}

/// A stream that has more bytes than was said.
pub(crate) fn too_long(length: u64) -> Diagnostic {
    Diagnostic::new("InvalidAnswer", format!("the body goes on after the {length} bytes of its content-length"))
}

/// A stream that has fewer bytes than was said.
pub(crate) fn too_short(length: u64, missing: u64) -> Diagnostic {
    Diagnostic::new(
        "InvalidAnswer",
        format!("the body ended {missing} bytes before the {length} of its content-length"),
    )
}

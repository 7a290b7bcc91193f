//! One error for every call, sorted by what the caller can do about it.
//!
//! The cloud answers with an HTTP status and a word (`409`, `ALREADY_EXISTS`); its documents of this product list the
//! statuses and leave the words open. So both are looked at: a caller matches on [`Kind`], people read [`Error::advice`],
//! and the word itself is only carried along. What a word and a status mean stands in one table, `codes.rs`.
//!
//! An error never holds a secret: texts of the cloud are cleaned of the key that signed the request.

mod codes;

use std::fmt;

use http::StatusCode;
use transport::TransportError;

use crate::call::{Call, Effect};
use crate::region::Region;

/// How much of a message of the cloud is kept.
const MESSAGE_LIMIT: usize = 600;

/// What the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Too many calls. Try again later, with jitter.
    Throttled,
    /// Something is in the way that goes by itself, or goes when something else was undone. Wait, then try again.
    Busy,
    /// What the call would have made is there already. Read it back and compare before taking it as success.
    AlreadyThere,
    /// What the call names does not exist. On a delete that is the aim reached.
    Gone,
    /// The request is wrong and stays wrong.
    Refused,
    /// A quota is used up.
    Quota,
    /// The key is wrong or lacks the permission.
    Denied,
    /// The call may or may not have had its effect. Read back before judging.
    OutcomeUnknown,
    /// The request never left. Safe to send again.
    NotSent,
    /// The cloud accepted the call, but its answer could not be understood. Read back before judging.
    Malformed,
}

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
#[derive(Debug, Clone)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    kind: Kind,
    call: Call,
    region: Region,
    cause: Cause,
    advice: &'static str,
}

/// Where the failure arose.
#[derive(Debug, Clone)]
enum Cause {
    Request(String),
    Transport(TransportError),
    Refused(Refusal),
    Malformed { status: StatusCode, request_id: Option<String>, reason: String },
}

/// An error answer, as far as it could be read.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    /// The word, such as `NOT_FOUND`.
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
}

impl Error {
    /// The request cannot be sent as it is.
    pub(crate) fn request(call: Call, region: &Region, reason: &dyn fmt::Display) -> Self {
        let advice = "Correct the request: it was refused before it was sent.";
        Self::new(Kind::Refused, call, region, Cause::Request(reason.to_string()), advice)
    }

    pub(crate) fn transport(call: Call, region: &Region, error: TransportError) -> Self {
        let kind = match error {
            TransportError::NotSent { .. } => Kind::NotSent,
            TransportError::NoAnswer { .. } => Kind::OutcomeUnknown,
        };
        Self::new(kind, call, region, Cause::Transport(error), codes::default_advice(kind))
    }

    pub(crate) fn refused(call: Call, region: &Region, mut refusal: Refusal) -> Self {
        let meaning = codes::meaning(call, refusal.code.as_deref(), refusal.status);
        if let Some(message) = &mut refusal.message {
            shorten(message);
        }
        Self::new(meaning.kind, call, region, Cause::Refused(refusal), meaning.advice)
    }

    pub(crate) fn malformed(
        call: Call,
        region: &Region,
        status: StatusCode,
        request_id: Option<String>,
        reason: &dyn fmt::Display,
    ) -> Self {
        let mut reason = reason.to_string();
        shorten(&mut reason);
        let advice = codes::default_advice(Kind::Malformed);
        Self::new(Kind::Malformed, call, region, Cause::Malformed { status, request_id, reason }, advice)
    }

    fn new(kind: Kind, call: Call, region: &Region, cause: Cause, advice: &'static str) -> Self {
        Self(Box::new(Details { kind, call, region: region.clone(), cause, advice }))
    }

    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Whether the very same request may simply be sent again, later, without reading anything back.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        match self.0.kind {
            Kind::Throttled | Kind::Busy | Kind::NotSent => true,
            Kind::OutcomeUnknown | Kind::Malformed => self.0.call.effect() == Effect::Reads,
            Kind::AlreadyThere | Kind::Gone | Kind::Refused | Kind::Quota | Kind::Denied => false,
        }
    }

    /// The call that failed.
    #[must_use]
    pub fn call(&self) -> Call {
        self.0.call
    }

    /// The region it was sent to.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.0.region
    }

    /// The cloud's word, such as `ALREADY_EXISTS`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Refused(refusal) => refusal.code.as_deref(),
            Cause::Request(_) | Cause::Transport(_) | Cause::Malformed { .. } => None,
        }
    }

    /// The cloud's message, or what went wrong where the cloud said nothing.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.0.cause {
            Cause::Request(reason) | Cause::Malformed { reason, .. } => reason.clone(),
            Cause::Transport(error) => error.to_string(),
            Cause::Refused(refusal) => refusal.message.clone().unwrap_or_else(|| format!("HTTP {}", refusal.status)),
        }
    }

    /// The request's id at the cloud: what its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Refused(Refusal { request_id, .. }) | Cause::Malformed { request_id, .. } => request_id.as_deref(),
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// The status of the answer, if there was one: the one in the body, which is the cloud's own, else that of HTTP.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.cause {
            Cause::Refused(Refusal { status, .. }) | Cause::Malformed { status, .. } => Some(*status),
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// What a person can do about it, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.0.advice
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { call, region, cause, .. } = &*self.0;
        write!(f, "jdcloud vpc {call} in {region}")?;
        match cause {
            Cause::Request(reason) => write!(f, " was not sent: {reason}"),
            Cause::Transport(error) => write!(f, ": {error}"),
            Cause::Malformed { status, reason, .. } => {
                write!(f, ": the answer (HTTP {}) could not be understood: {reason}", status.as_u16())
            }
            Cause::Refused(refusal) => {
                write!(f, " failed with {}", refusal.code.as_deref().unwrap_or("no code"))?;
                write!(f, " (HTTP {})", refusal.status.as_u16())?;
                refusal.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
        }?;
        self.request_id().map_or(Ok(()), |id| write!(f, " [request {id}]"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            Cause::Request(_) | Cause::Refused(_) | Cause::Malformed { .. } => None,
        }
    }
}

fn shorten(text: &mut String) {
    if text.len() > MESSAGE_LIMIT {
        text.truncate(text.floor_char_boundary(MESSAGE_LIMIT));
        text.push('…');
    }
}

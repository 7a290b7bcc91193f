//! A call that did not succeed.

use std::fmt;

use cloud_signing::Credentials;
use http::StatusCode;
use transport::{Chain, TransportError};

use crate::answer::without_secrets;
use crate::kind::{Kind, Patience};
use crate::table::{CloudCall, Effect};

/// How much of a message of the cloud is kept.
const MESSAGE_LIMIT: usize = 600;

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
#[derive(Debug, Clone)]
pub struct Error<C: CloudCall>(Box<Details<C>>);

#[derive(Debug, Clone)]
struct Details<C: CloudCall> {
    kind: Kind,
    call: C,
    region: Option<C::Region>,
    cause: Cause,
    advice: &'static str,
}

/// Where the failure arose.
#[derive(Debug, Clone)]
enum Cause {
    /// Before sending: the request itself.
    Request(String),
    /// Before sending: no credentials to sign it with.
    Credentials(NoCredentials),
    Transport(TransportError),
    Answer(Answer),
    Malformed {
        status: StatusCode,
        request_id: Option<String>,
        reason: String,
    },
}

/// An error answer of the cloud, as far as it could be read.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status: the cloud's own where its body has one, else that of HTTP.
    pub status: StatusCode,
    /// The code, such as `TaskConflict` or `NOT_FOUND`.
    pub code: Option<String>,
    /// The cloud's message.
    pub message: Option<String>,
    /// The request's id at the cloud.
    pub request_id: Option<String>,
    /// The permission that was missing, where a denial names it.
    pub denied_action: Option<String>,
}

/// Why there are no credentials to sign a call with: the call that should have fetched them failed, or their source has none.
#[derive(Debug, Clone)]
pub struct NoCredentials(Box<Missing>);

#[derive(Debug, Clone)]
struct Missing {
    kind: Kind,
    reason: String,
    advice: String,
    code: Option<String>,
    request_id: Option<String>,
    status: Option<StatusCode>,
}

impl NoCredentials {
    /// A source that has none, in words that hold no secret: why, and what a person can do about it. Until somebody does, no
    /// call is signed.
    pub fn new(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        let (reason, advice) = (reason.into(), advice.into());
        Self(Box::new(Missing { kind: Kind::Denied, reason, advice, code: None, request_id: None, status: None }))
    }

    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What a person can do about it.
    #[must_use]
    pub fn advice(&self) -> &str {
        &self.0.advice
    }
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.reason)
    }
}

impl std::error::Error for NoCredentials {}

impl<C: CloudCall> From<Error<C>> for NoCredentials {
    fn from(error: Error<C>) -> Self {
        Self(Box::new(Missing {
            kind: error.kind(),
            reason: Chain(&error).to_string(),
            advice: error.advice(),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            status: error.status(),
        }))
    }
}

impl<C: CloudCall> Error<C> {
    /// The request cannot be sent as it is.
    pub fn request(call: C, region: Option<&C::Region>, reason: impl fmt::Display) -> Self {
        let advice = "Correct the request: it was refused before it was sent.";
        Self::new(Kind::Refused, call, region, Cause::Request(reason.to_string()), advice)
    }

    /// `call` was not sent because the credentials to sign it could not be had.
    pub fn credentials(call: C, region: Option<&C::Region>, why: NoCredentials) -> Self {
        // Whatever became of the call for credentials, the call itself never left.
        let kind = match why.0.kind {
            Kind::OutcomeUnknown | Kind::Malformed | Kind::NotSent => Kind::NotSent,
            Kind::Gone | Kind::AlreadyThere => Kind::Denied,
            kind => kind,
        };
        Self::new(kind, call, region, Cause::Credentials(why), C::TABLE.advice(kind))
    }

    /// No answer came.
    pub fn transport(call: C, region: Option<&C::Region>, error: TransportError) -> Self {
        let kind = match error {
            TransportError::NotSent { .. } => Kind::NotSent,
            TransportError::NoAnswer { .. } => Kind::OutcomeUnknown,
        };
        Self::new(kind, call, region, Cause::Transport(error), C::TABLE.advice(kind))
    }

    /// The cloud refused, or failed. `signed_with` are the credentials that the request was signed with.
    pub fn answer(call: C, region: Option<&C::Region>, mut answer: Answer, signed_with: &Credentials) -> Self {
        let meaning = C::TABLE.meaning(call, answer.code.as_deref(), answer.status);
        answer.message = answer.message.map(|message| shortened(without_secrets(message, signed_with)));
        Self::new(meaning.kind, call, region, Cause::Answer(answer), meaning.advice)
    }

    /// The cloud's answer says success and cannot be understood.
    pub fn malformed(
        call: C,
        region: Option<&C::Region>,
        status: StatusCode,
        request_id: Option<String>,
        reason: impl fmt::Display,
    ) -> Self {
        let cause = Cause::Malformed { status, request_id, reason: shortened(reason.to_string()) };
        Self::new(Kind::Malformed, call, region, cause, C::TABLE.advice(Kind::Malformed))
    }

    fn new(kind: Kind, call: C, region: Option<&C::Region>, cause: Cause, advice: &'static str) -> Self {
        Self(Box::new(Details { kind, call, region: region.cloned(), cause, advice }))
    }

    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// When to look again.
    #[must_use]
    pub fn patience(&self) -> Patience {
        self.kind().patience()
    }

    /// Whether the very same request may simply be sent again, later, without reading anything back.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        match self.kind() {
            Kind::Throttled | Kind::Busy | Kind::StaleCredentials | Kind::NotSent => true,
            Kind::OutcomeUnknown | Kind::Malformed => self.0.call.effect() == Effect::Reads,
            Kind::AlreadyThere
            | Kind::Gone
            | Kind::Refused
            | Kind::RuledOut
            | Kind::Quota
            | Kind::Denied
            | Kind::Commercial => false,
        }
    }

    /// The call that failed.
    #[must_use]
    pub fn call(&self) -> C {
        self.0.call
    }

    /// The region it was sent to; `None` where a product has one entry for all.
    #[must_use]
    pub fn region(&self) -> Option<&C::Region> {
        self.0.region.as_ref()
    }

    /// The cloud's code, such as `TaskConflict`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.code.as_deref(),
            Cause::Credentials(why) => why.0.code.as_deref(),
            Cause::Request(_) | Cause::Transport(_) | Cause::Malformed { .. } => None,
        }
    }

    /// The cloud's message, or what went wrong where the cloud said nothing.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.0.cause {
            Cause::Request(reason) | Cause::Malformed { reason, .. } => reason.clone(),
            Cause::Credentials(why) => why.to_string(),
            Cause::Transport(error) => error.to_string(),
            Cause::Answer(answer) => answer.message.clone().unwrap_or_else(|| format!("HTTP {}", answer.status)),
        }
    }

    /// The request's id at the cloud: what its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(Answer { request_id, .. }) | Cause::Malformed { request_id, .. } => request_id.as_deref(),
            Cause::Credentials(why) => why.0.request_id.as_deref(),
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.cause {
            Cause::Answer(Answer { status, .. }) | Cause::Malformed { status, .. } => Some(*status),
            Cause::Credentials(why) => why.0.status,
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// The same without `secrets`, which the request carried: the cloud may quote them.
    #[must_use]
    pub fn hiding<'a>(mut self, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        if let Cause::Answer(Answer { message: Some(message), .. }) = &mut self.0.cause {
            for secret in secrets {
                *message = message.replace(secret, "[hidden]");
            }
        }
        self
    }

    /// The permission that was missing, such as `ros:CreateStack`, where a denial names it.
    #[must_use]
    pub fn denied_action(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.denied_action.as_deref(),
            _ => None,
        }
    }

    /// What a person can do about it, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> String {
        match &self.0.cause {
            Cause::Answer(Answer { denied_action: Some(action), .. }) => {
                format!("{} The permission that is missing: {action}.", self.0.advice)
            }
            Cause::Credentials(why) => why.advice().to_owned(),
            _ => self.0.advice.to_owned(),
        }
    }
}

impl<C: CloudCall> fmt::Display for Error<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { call, region, cause, .. } = &*self.0;
        write!(f, "{} {call}", call.service())?;
        if let Some(region) = region {
            write!(f, " in {region}")?;
        }
        match cause {
            Cause::Request(reason) => write!(f, " was not sent: {reason}"),
            Cause::Credentials(_) => write!(f, " was not sent, for want of credentials"),
            Cause::Transport(TransportError::NotSent { .. }) => write!(f, " was not sent"),
            Cause::Transport(TransportError::NoAnswer { .. }) => write!(f, " failed"),
            Cause::Malformed { status, reason, .. } => {
                write!(f, ": the answer (HTTP {}) could not be understood: {reason}", status.as_u16())
            }
            Cause::Answer(answer) => {
                let code = answer.code.as_deref().unwrap_or("no code");
                write!(f, " failed with {code} (HTTP {})", answer.status.as_u16())?;
                answer.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
            }
        }?;
        match cause {
            Cause::Answer(Answer { request_id: Some(id), .. }) | Cause::Malformed { request_id: Some(id), .. } => {
                write!(f, " [request {id}]")
            }
            _ => Ok(()),
        }
    }
}

impl<C: CloudCall> std::error::Error for Error<C> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            Cause::Credentials(why) => Some(why),
            Cause::Request(_) | Cause::Answer(_) | Cause::Malformed { .. } => None,
        }
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MESSAGE_LIMIT {
        text.truncate(text.floor_char_boundary(MESSAGE_LIMIT));
        text.push('…');
    }
    text
}

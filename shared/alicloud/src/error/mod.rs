//! One error for every product, sorted by what the caller can do about it.
//!
//! The cloud has hundreds of codes, two generations of them and some misspelled; a caller has about a dozen moves. So a
//! caller matches on [`Kind`], people read [`Error::advice`], and the code itself is only carried along. What a code means
//! stands in one table, `codes.rs`; where no row fits, the HTTP status decides.
//!
//! An error never holds a secret: texts of the cloud are cleaned of the credentials that signed the request.

mod codes;

use std::fmt;

use http::StatusCode;
use transport::TransportError;

use crate::call::{Call, Effect, Product};
use crate::names::Region;

/// How much of a message of the cloud is kept.
const MESSAGE_LIMIT: usize = 600;

/// What the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Too many calls. Try again later, with jitter.
    Throttled,
    /// The thing is in the middle of a change, or somebody else's change is in the way. Wait, then try again.
    Busy,
    /// What the call would have made is there already. Read it back and compare before taking it as success.
    AlreadyThere,
    /// What the call names does not exist. On a delete that is the aim reached.
    Gone,
    /// The request is wrong and stays wrong.
    Refused,
    /// Nothing is wrong with the request, but what it names, as it stands, rules it out; another way to the same end may be
    /// open: a rule by address range instead of by group, a migration where another kind of connection is in the way.
    RuledOut,
    /// A quota is used up, or the cloud has no capacity.
    Quota,
    /// The credentials are wrong or lack the permission.
    Denied,
    /// The session token ran out. A cached one has been dropped: the next try signs with a fresh one.
    StaleCredentials,
    /// Money: bills outstanding, something locked for debt, something not sold to this account.
    Commercial,
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
    region: Option<Region>,
    cause: Cause,
    advice: &'static str,
}

/// Where the failure arose.
#[derive(Debug, Clone)]
enum Cause {
    /// Before sending: the request itself, or no credentials to sign it with.
    Request(String),
    Credentials(Error),
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
pub(crate) struct Answer {
    pub status: StatusCode,
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    /// The RAM action that was missing, where a denial names it.
    pub denied_action: Option<String>,
}

impl Error {
    /// The request cannot be sent as it is.
    pub(crate) fn request(call: Call, region: Option<&Region>, reason: impl fmt::Display) -> Self {
        let advice = "Correct the request: it was refused before it was sent.";
        Self::new(Kind::Refused, call, region, Cause::Request(reason.to_string()), advice)
    }

    /// `call` was not sent because the credentials to sign it could not be had.
    pub(crate) fn credentials(call: Call, region: Option<&Region>, error: Self) -> Self {
        let advice = error.0.advice;
        // Whatever became of the call for credentials, the call itself never left.
        let kind = match error.kind() {
            Kind::OutcomeUnknown | Kind::Malformed | Kind::NotSent => Kind::NotSent,
            Kind::Gone | Kind::AlreadyThere => Kind::Denied,
            kind => kind,
        };
        Self::new(kind, call, region, Cause::Credentials(error), advice)
    }

    pub(crate) fn transport(call: Call, region: Option<&Region>, error: TransportError) -> Self {
        let kind = match error {
            TransportError::NotSent { .. } => Kind::NotSent,
            TransportError::NoAnswer { .. } => Kind::OutcomeUnknown,
        };
        Self::new(kind, call, region, Cause::Transport(error), codes::default_advice(kind))
    }

    pub(crate) fn answer(call: Call, region: Option<&Region>, mut answer: Answer) -> Self {
        let meaning = codes::meaning(call, answer.code.as_deref(), answer.status);
        if let Some(message) = &mut answer.message {
            shorten(message);
        }
        Self::new(meaning.kind, call, region, Cause::Answer(answer), meaning.advice)
    }

    pub(crate) fn malformed(
        call: Call,
        region: Option<&Region>,
        status: StatusCode,
        request_id: Option<String>,
        reason: impl fmt::Display,
    ) -> Self {
        let mut reason = reason.to_string();
        shorten(&mut reason);
        let advice = codes::default_advice(Kind::Malformed);
        Self::new(Kind::Malformed, call, region, Cause::Malformed { status, request_id, reason }, advice)
    }

    fn new(kind: Kind, call: Call, region: Option<&Region>, cause: Cause, advice: &'static str) -> Self {
        Self(Box::new(Details { kind, call, region: region.cloned(), cause, advice }))
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

    /// Whether this is what the cloud says of a dry run that would have been carried out.
    pub(crate) fn says_dry_run_passed(&self) -> bool {
        self.code() == Some(codes::DRY_RUN_PASSED)
    }

    /// The product that was called.
    #[must_use]
    pub fn product(&self) -> Product {
        self.0.call.product()
    }

    /// The call that failed.
    #[must_use]
    pub fn call(&self) -> Call {
        self.0.call
    }

    /// The region it was sent to; `None` where a product has one entry for all.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    /// The cloud's code, such as `TaskConflict`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.code.as_deref(),
            Cause::Credentials(error) => error.code(),
            Cause::Request(_) | Cause::Transport(_) | Cause::Malformed { .. } => None,
        }
    }

    /// The cloud's message, or what went wrong where the cloud said nothing.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.0.cause {
            Cause::Request(reason) | Cause::Malformed { reason, .. } => reason.clone(),
            Cause::Credentials(error) => error.to_string(),
            Cause::Transport(error) => error.to_string(),
            Cause::Answer(answer) => answer.message.clone().unwrap_or_else(|| format!("HTTP {}", answer.status)),
        }
    }

    /// The request's id at the cloud: what its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Answer(answer) => answer.request_id.as_deref(),
            Cause::Malformed { request_id, .. } => request_id.as_deref(),
            Cause::Credentials(error) => error.request_id(),
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match &self.0.cause {
            Cause::Answer(answer) => Some(answer.status),
            Cause::Malformed { status, .. } => Some(*status),
            Cause::Credentials(error) => error.status(),
            Cause::Request(_) | Cause::Transport(_) => None,
        }
    }

    /// What a person can do about it, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> String {
        match &self.0.cause {
            Cause::Answer(Answer { denied_action: Some(action), .. }) => {
                format!("{} The permission that is missing: {action}.", self.0.advice)
            }
            Cause::Credentials(error) => error.advice(),
            _ => self.0.advice.to_owned(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { call, region, cause, .. } = &*self.0;
        write!(f, "{} {call}", call.product())?;
        if let Some(region) = region {
            write!(f, " in {region}")?;
        }
        match cause {
            Cause::Request(reason) => write!(f, " was not sent: {reason}"),
            Cause::Credentials(error) => write!(f, " was not sent, for want of credentials: {error}"),
            Cause::Transport(error) => write!(f, ": {error}"),
            Cause::Malformed { status, reason, .. } => {
                write!(f, ": the answer (HTTP {}) could not be understood: {reason}", status.as_u16())
            }
            Cause::Answer(answer) => {
                write!(f, " failed with {}", answer.code.as_deref().unwrap_or("no code"))?;
                write!(f, " (HTTP {})", answer.status.as_u16())?;
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.cause {
            Cause::Transport(error) => Some(error),
            Cause::Credentials(error) => Some(error),
            Cause::Request(_) | Cause::Answer(_) | Cause::Malformed { .. } => None,
        }
    }
}

fn shorten(text: &mut String) {
    if text.len() > MESSAGE_LIMIT {
        text.truncate(text.floor_char_boundary(MESSAGE_LIMIT));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str, status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            code: Some(code.to_owned()),
            message: Some("what the cloud says".to_owned()),
            request_id: Some("0F0E0D0C".to_owned()),
            denied_action: None,
        }
    }

    #[test]
    fn an_error_names_call_region_code_and_request() {
        let region = "cn-qingdao".parse().unwrap();
        let error = Error::answer(Call::CreateRouteEntry, Some(&region), answer("TaskConflict", 400));
        assert_eq!(
            error.to_string(),
            "vpc CreateRouteEntry in cn-qingdao failed with TaskConflict (HTTP 400): what the cloud says [request 0F0E0D0C]"
        );
        assert_eq!(error.kind(), Kind::Busy);
        assert_eq!((error.code(), error.request_id()), (Some("TaskConflict"), Some("0F0E0D0C")));
        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn a_lost_answer_may_be_asked_for_again_only_by_a_call_that_reads() {
        let lost = || TransportError::NoAnswer { host: "h".into(), reason: "timed out".into() };
        let read = Error::transport(Call::DescribeVpcs, None, lost());
        let write = Error::transport(Call::CreateRouteEntry, None, lost());
        assert_eq!((read.kind(), write.kind()), (Kind::OutcomeUnknown, Kind::OutcomeUnknown));
        assert!(read.may_repeat());
        assert!(!write.may_repeat());
    }

    #[test]
    fn when_the_credentials_time_out_the_call_itself_was_not_sent() {
        let lost = TransportError::NoAnswer { host: "h".into(), reason: "timed out".into() };
        let inner = Error::transport(Call::AssumeRole, None, lost);
        let error = Error::credentials(Call::CreateRouterInterface, None, inner);
        assert_eq!(error.kind(), Kind::NotSent);
        assert!(error.to_string().contains("AssumeRole"), "{error}");
    }

    #[test]
    fn a_denial_says_which_permission_is_missing() {
        let mut denied = answer("Forbidden.RAM", 403);
        denied.denied_action = Some("vpc:CreateRouterInterface".to_owned());
        let error = Error::answer(Call::CreateRouterInterface, None, denied);
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.advice().contains("vpc:CreateRouterInterface"), "{}", error.advice());
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let mut long = answer("InvalidParameter", 400);
        long.message = Some("é".repeat(MESSAGE_LIMIT));
        let error = Error::answer(Call::CreateRouteEntry, None, long);
        assert!(error.message().len() <= MESSAGE_LIMIT + '…'.len_utf8());
    }
}

//! A request, read: which operation, with which parameters.

use std::fmt;
use std::str::FromStr;

use connection::config::ConfigDocument;
use connection::finding::Severity;
use connection::words::{AccountAlias, BadWord, ConnectionName, RegionId, ResourceId};
use drift::check::CheckId;
use drift::findings::Subject;
use notice::EventId;
use notice::delivery::Status;
use notice::sinks::Name;

use crate::dead_letters::LetterId;

/// What a request asks for. The body, where there is one, is read by whoever answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `POST /v1/connections`; also `POST /`, for senders that know a webhook by its bare address.
    CreateConnection {
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/connections`.
    ListConnections(PageQuery<ConnectionName>),
    /// `GET /v1/connections/{name}`.
    GetConnection {
        /// The connection.
        name: ConnectionName,
    },
    /// `PUT /v1/connections/{name}`.
    ChangeConnection {
        /// The connection.
        name: ConnectionName,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `DELETE /v1/connections/{name}`, and `POST` to `retry`, `pause`, `resume` and `abandon` below it.
    Command {
        /// The connection.
        name: ConnectionName,
        /// What is to be done with it.
        command: Command,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/consents`.
    ListConsents(PageQuery<ConnectionName>),
    /// `POST /v1/connections/{name}/consents/{account}`.
    SayConsent {
        /// The connection.
        name: ConnectionName,
        /// The account.
        account: AccountAlias,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/approvals`.
    ListDecisions(PageQuery<EndpointName>),
    /// `GET /v1/approvals/{service}/{endpoint}`.
    GetDecisionLog {
        /// The endpoint.
        endpoint: EndpointName,
    },
    /// `POST /v1/approvals/{service}/{endpoint}`.
    Decide {
        /// The endpoint.
        endpoint: EndpointName,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/approval-policy`.
    GetPolicy,
    /// `PUT /v1/approval-policy`.
    PutPolicy {
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/config/{document}`.
    GetConfig {
        /// Which one.
        document: ConfigDocument,
    },
    /// `PUT /v1/config/{document}`.
    PutConfig {
        /// Which one.
        document: ConfigDocument,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/deployment`.
    GetDeployment,
    /// `POST /v1/accounts/{account}/checks`.
    CheckAccount {
        /// The account.
        account: AccountAlias,
        /// Where to look; in the first region of the account's entry, or else that of the functions.
        region: Option<RegionId>,
    },
    /// `GET /v1/audit/checkpoint`.
    GetCheckpoint,
    /// `GET /v1/audit/objects`.
    ListEvidence {
        /// What their keys begin with: a folder, or a whole key.
        prefix: String,
        /// Only those whose keys stand behind this one.
        after: Option<String>,
    },
    /// `POST /v1/drift-checks`.
    BeginDriftCheck {
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/drift-checks/{id}`.
    GetDriftCheck {
        /// The check.
        id: CheckId,
    },
    /// `GET /v1/drift`.
    ListDrift(DriftQuery),
    /// `POST /v1/drift/{name}/repair`.
    Repair {
        /// The connection.
        name: ConnectionName,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/notices`.
    ListNotices(NoticeQuery),
    /// `GET /v1/notices/{id}`.
    GetNotice {
        /// The event.
        id: EventId,
    },
    /// `POST /v1/notices/{id}/redeliver`.
    Redeliver {
        /// The event.
        id: EventId,
        /// Only to this sink.
        sink: Option<Name>,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /v1/dead-letters`.
    ListDeadLetters,
    /// `GET /v1/dead-letters/{letter}`.
    GetDeadLetter {
        /// The message.
        id: LetterId,
    },
    /// `POST /v1/dead-letters/{letter}/replay`.
    ReplayDeadLetter {
        /// The message.
        id: LetterId,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `POST /v1/dead-letters/{letter}/discard`.
    DiscardDeadLetter {
        /// The message.
        id: LetterId,
        /// Whether the query asks for a dry run.
        dry_run: bool,
    },
    /// `GET /openapi.json`.
    GetOpenApi,
}

/// What can be done with a connection as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Undo everything that was made for it. Asking again changes nothing.
    Remove,
    /// Go on after it failed, got stuck or was rolled back.
    Retry,
    /// Switch it off and keep everything.
    Pause,
    /// Switch it on again; if it stopped, go on.
    Resume,
    /// Stop working on it, and keep whatever was made.
    Abandon,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery<T> {
    /// List only what comes after this.
    pub after: Option<T>,
    /// How many at most.
    pub limit: usize,
}

/// Which findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftQuery {
    /// Only those of this connection.
    pub connection: Option<ConnectionName>,
    /// Only those that are at least as bad.
    pub severity: Option<Severity>,
    /// Which page.
    pub page: PageQuery<SubjectKey>,
}

/// Which notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeQuery {
    /// Only deliveries of this status.
    pub status: Option<Status>,
    /// Only deliveries to this sink.
    pub sink: Option<Name>,
    /// Which page; `after` is as `next` gives it.
    pub page: PageQuery<String>,
}

/// An endpoint, by its service and its own id: `SERVICE/ENDPOINT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointName {
    /// `epsrv-…`
    pub service: ResourceId,
    /// `ep-…`
    pub endpoint: ResourceId,
}

/// A text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEndpointName(Option<BadWord>);

impl fmt::Display for BadEndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be SERVICE/ENDPOINT, as next gives it")?;
        self.0.as_ref().map_or(Ok(()), |bad| write!(f, ": {bad}"))
    }
}

impl std::error::Error for BadEndpointName {}

impl FromStr for EndpointName {
    type Err = BadEndpointName;

    fn from_str(text: &str) -> Result<Self, BadEndpointName> {
        let (service, endpoint) = text.split_once('/').ok_or(BadEndpointName(None))?;
        let id = |text: &str| text.parse().map_err(|bad| BadEndpointName(Some(bad)));
        Ok(Self { service: id(service)?, endpoint: id(endpoint)? })
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.endpoint)
    }
}

/// What findings are about, as the lists name it: `connection:NAME` or `account:ALIAS`. In the order of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectKey(String);

impl SubjectKey {
    /// The key of a subject.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        Self(match subject {
            Subject::Connection(name) => format!("connection:{name}"),
            Subject::Account(alias) => format!("account:{alias}"),
        })
    }
}

/// A text is no key of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSubjectKey;

impl fmt::Display for BadSubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be connection:NAME or account:ALIAS, as next gives it")
    }
}

impl std::error::Error for BadSubjectKey {}

impl FromStr for SubjectKey {
    type Err = BadSubjectKey;

    fn from_str(text: &str) -> Result<Self, BadSubjectKey> {
        let subject = match text.split_once(':').ok_or(BadSubjectKey)? {
            ("connection", name) => name.parse().ok().map(Subject::Connection),
            ("account", alias) => alias.parse().ok().map(Subject::Account),
            _ => None,
        };
        subject.as_ref().map(Self::of).ok_or(BadSubjectKey)
    }
}

impl fmt::Display for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

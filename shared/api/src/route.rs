//! The table of routes, and the router made of it.
//!
//! A route stands here once: method, path, parameters, body and answers, and how its [`Call`] is read. The router and the
//! OpenAPI document are made of the table.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::LazyLock;

use approval::policy::Policy;
use connection::account::Accounts;
use connection::caller::{Act, Callers};
use connection::config::ConfigDocument;
use connection::consent::StandingConsents;
use connection::finding::Severity;
use connection::words::{AccountAlias, ConnectionName, RegionId, ResourceId};
use drift::check::CheckId;
use drift::settings::Settings;
use http::Method;
use notice::EventId;
use notice::delivery::Status;
use notice::sinks::{Name, Sinks};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::accounts::{AccountChecks, Deployment};
use crate::approvals::{Checkpoint, Decide, Decision, DecisionLog, DecisionPlan, Decisions, PolicyPlan, StoredPolicy};
use crate::call::{Call, Command, DriftQuery, EndpointName, NoticeQuery, PageQuery};
use crate::config::ConfigPut;
use crate::connections::{Connection, Plan, Summary};
use crate::consents::{ConsentRequest, SayConsent};
use crate::dead_letters::{DeadLetter, DeadLetterPlan, DeadLetters, DiscardDeadLetter, LetterId};
use crate::drift::{BeginDriftCheck, DriftCheck, DriftCheckPlan, DriftPage};
use crate::evidence::EvidenceObject;
use crate::notices::{Notice, RedeliveryPlan};
use crate::problem::ProblemKind;
use crate::{DryRun, Page, SpecRequest};

/// How many items a page has unless the request says so.
pub const DEFAULT_LIMIT: usize = 20;
/// How many items a page has at most.
pub const LARGEST_LIMIT: usize = 100;
/// The longest idempotency key, in characters.
pub const LONGEST_KEY: usize = 255;

/// The name of the query parameter, and of the field of a body, that asks for a dry run.
pub const DRY_RUN: &str = "dry_run";

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One operation of the API.
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path, with names in braces where a value stands.
    pub path: &'static str,
    /// The unique name of the operation.
    pub id: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else is to be known; may be empty.
    pub description: &'static str,
    /// Query parameters and headers.
    pub parameters: Vec<Parameter>,
    /// The body it takes.
    pub body: Option<Body>,
    /// What it answers when it does what was asked.
    pub answers: Vec<Answer>,
    /// How it refuses, beside what every route may answer.
    pub problems: &'static [ProblemKind],
    /// Whether everybody may call it.
    pub is_open: bool,
    /// What it does, as far as its caller needs a role for it.
    pub needs: Act,
    read: fn(&mut Arguments<'_>) -> Result<Call, RouteError>,
}

/// A parameter of a route.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it stands: `query` or `header`.
    pub place: &'static str,
    /// What it means.
    pub description: &'static str,
    /// What it takes.
    pub schema: SchemaOf,
}

/// The body that a route takes.
#[derive(Clone, Copy)]
pub struct Body {
    /// Whether there must be one.
    pub is_required: bool,
    /// Its schema.
    pub schema: SchemaOf,
}

/// An answer of a route.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When it comes.
    pub description: &'static str,
    /// Its body; none for the OpenAPI document itself.
    pub schema: Option<SchemaOf>,
    /// Whether the header `Location` leads to what was begun.
    pub has_location: bool,
    /// Whether the header `ETag` names the version.
    pub has_etag: bool,
}

/// How any route but an open one may refuse.
pub const COMMON: &[ProblemKind] = &[
    ProblemKind::BadParameter,
    ProblemKind::Unauthorized,
    ProblemKind::Forbidden,
    ProblemKind::TooLarge,
    ProblemKind::TooManyRequests,
    ProblemKind::Unavailable,
];

/// Why no route was found, or its parameters could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// Nothing is at the path.
    NotFound(String),
    /// The path takes other methods: those of the header `Allow`.
    MethodNotAllowed {
        /// The methods, separated by commas.
        allow: String,
    },
    /// A parameter is unknown, repeated or cannot be read.
    BadParameter(String),
    /// A dry run of what changes nothing.
    NoDryRun(String),
}

/// The parameters of one request.
struct Arguments<'a> {
    route: &'a Route,
    path: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

impl Arguments<'_> {
    /// A value of the path. One that cannot be is not there.
    fn path<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, RouteError> {
        let text = self.path.get(name).map_or("", String::as_str);
        text.parse().map_err(|error: T::Err| RouteError::NotFound(error.to_string()))
    }

    /// A value of the query.
    fn query<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, RouteError> {
        debug_assert!(self.route.knows(name), "{name} is missing from the table");
        let Some(text) = self.query.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|error: T::Err| {
            let (why, given) = (error.to_string(), strict::quoted(&text));
            let why = if why.contains(&given) { why } else { format!("{why}; given is {given}") };
            RouteError::BadParameter(format!("{name}: {why}"))
        })
    }

    fn dry_run(&mut self) -> Result<bool, RouteError> {
        let given = self.query::<String>(DRY_RUN)?;
        match given.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(RouteError::BadParameter(format!(
                "{DRY_RUN}: must be true or false; given is {}",
                strict::quoted(other)
            ))),
        }
    }

    fn page<T: FromStr<Err: Display>>(&mut self) -> Result<PageQuery<T>, RouteError> {
        let after = self.query("after")?;
        let Some(text) = self.query::<String>("limit")? else { return Ok(PageQuery { after, limit: DEFAULT_LIMIT }) };
        match text.parse() {
            Ok(limit) if (1..=LARGEST_LIMIT).contains(&limit) => Ok(PageQuery { after, limit }),
            _ => {
                let given = strict::quoted(&text);
                Err(RouteError::BadParameter(format!(
                    "limit: must be a number from 1 to {LARGEST_LIMIT}; given is {given}"
                )))
            }
        }
    }

    fn endpoint(&self) -> Result<EndpointName, RouteError> {
        let id = |name| self.path::<ResourceId>(name);
        Ok(EndpointName { service: id("service")?, endpoint: id("endpoint")? })
    }

    fn command(&mut self, command: Command) -> Result<Call, RouteError> {
        Ok(Call::Command { name: self.path("name")?, command, dry_run: self.dry_run()? })
    }
}

impl Route {
    fn knows(&self, parameter: &str) -> bool {
        self.queries().any(|known| known == parameter)
    }

    fn queries(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().filter(|parameter| parameter.place == "query").map(|parameter| parameter.name)
    }

    /// Whether the query may ask for a dry run.
    #[must_use]
    pub fn has_dry_run(&self) -> bool {
        self.knows(DRY_RUN)
    }

    /// The query's values by name, each of them known and given once.
    fn read_query(&self, query: &str) -> Result<BTreeMap<String, String>, RouteError> {
        let mut values = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !self.knows(&name) {
                return Err(self.unknown(&name));
            }
            if values.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(RouteError::BadParameter(format!(
                    "the query parameter {name} is given twice; give it once"
                )));
            }
        }
        Ok(values)
    }

    fn unknown(&self, name: &str) -> RouteError {
        let Self { method, path, .. } = self;
        if name == DRY_RUN {
            return RouteError::NoDryRun(format!(
                "{method} {path} changes nothing, so it has no dry run; leave {DRY_RUN} out"
            ));
        }
        let known: Vec<_> = self.queries().collect();
        let known = if known.is_empty() { "takes none".to_owned() } else { format!("takes {}", known.join(", ")) };
        RouteError::BadParameter(format!("unknown query parameter {}; {method} {path} {known}", strict::quoted(name)))
    }
}

/// Finds the route of a request.
pub struct Router(matchit::Router<Vec<&'static Route>>);

impl Default for Router {
    fn default() -> Self {
        Self::new()
    }
}

/// What is escaped in a segment before it is matched: what would end it, or be taken for an escape.
const SEGMENT: &AsciiSet = &CONTROLS.add(b'/').add(b'%');

impl Router {
    /// The router of the [table](routes).
    ///
    /// # Panics
    /// Never: a test builds it.
    #[must_use]
    pub fn new() -> Self {
        let mut by_path: BTreeMap<&str, Vec<&'static Route>> = BTreeMap::new();
        for route in routes() {
            by_path.entry(route.path).or_default().push(route);
        }
        let mut router = matchit::Router::new();
        for (path, routes) in by_path {
            router.insert(path, routes).expect("the paths of the table do not contradict each other");
        }
        Self(router)
    }

    /// Reads method, path and query. Any escaping of the path and the query is undone; an escaped slash stays within its
    /// segment. A slash at the end of the path does not count.
    ///
    /// # Errors
    /// When there is no such route, or a parameter cannot be read.
    pub fn read(&self, method: &Method, path: &str, query: Option<&str>) -> Result<(&'static Route, Call), RouteError> {
        let (route, path) = self.find(method, path)?;
        let query = route.read_query(query.unwrap_or_default())?;
        Ok((route, (route.read)(&mut Arguments { route, path, query })?))
    }

    /// The route of a method and path, with the path's values by name.
    ///
    /// # Errors
    /// When there is no such route.
    pub fn find(&self, method: &Method, path: &str) -> Result<(&'static Route, BTreeMap<String, String>), RouteError> {
        let nothing = || RouteError::NotFound(format!("no such path: {path}; see /openapi.json"));
        let segments: Option<Vec<String>> = path.trim_matches('/').split('/').map(decoded).collect();
        let segments = segments.ok_or_else(nothing)?;
        let spelled: Vec<_> = segments.iter().map(|text| utf8_percent_encode(text, SEGMENT).to_string()).collect();
        let spelled = format!("/{}", spelled.join("/"));
        let found = self.0.at(&spelled).map_err(|_| nothing())?;
        let Some(route) = found.value.iter().find(|route| route.method == *method) else {
            let methods: Vec<_> = found.value.iter().map(|route| route.method.as_str()).collect();
            return Err(RouteError::MethodNotAllowed { allow: methods.join(", ") });
        };
        let values = found.params.iter().filter_map(|(name, value)| Some((name.to_owned(), decoded(value)?)));
        Ok((route, values.collect()))
    }
}

/// A segment without its escaping; `None` where that is not UTF-8.
fn decoded(segment: &str) -> Option<String> {
    Some(percent_decode_str(segment).decode_utf8().ok()?.into_owned())
}

/// Every route there is.
#[must_use]
pub fn routes() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(table);
    &ROUTES
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn query(name: &'static str, description: &'static str, schema: SchemaOf) -> Parameter {
    Parameter { name, place: "query", description, schema }
}

const fn answer(status: u16, description: &'static str, schema: SchemaOf) -> Answer {
    Answer { status, description, schema: Some(schema), has_location: false, has_etag: false }
}

const fn versioned(answer: Answer) -> Answer {
    Answer { has_etag: true, ..answer }
}

const fn begun(description: &'static str, schema: SchemaOf) -> Answer {
    Answer { has_location: true, ..answer(202, description, schema) }
}

const fn required(schema: SchemaOf) -> Option<Body> {
    Some(Body { is_required: true, schema })
}

const fn optional(schema: SchemaOf) -> Option<Body> {
    Some(Body { is_required: false, schema })
}

const DRY: Parameter = Parameter {
    name: DRY_RUN,
    place: "query",
    description: "Only say what would happen.",
    schema: |_| json_schema!({"type": "boolean", "default": false}),
};
const LIMIT: Parameter = query(
    "limit",
    "How many items at most.",
    |_| json_schema!({"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT}),
);
const ANY_CONFIG: SchemaOf = |generator| {
    let any = [
        of::<Accounts>(generator),
        of::<Callers>(generator),
        of::<StandingConsents>(generator),
        of::<Settings>(generator),
        of::<Sinks>(generator),
    ];
    json_schema!({"oneOf": any})
};
const AFTER_ENDPOINT: SchemaOf =
    |_| json_schema!({"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}/[A-Za-z0-9-]{1,64}$"});
const AFTER_SUBJECT: SchemaOf = |_| {
    let (connection, account) = ("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", "[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?");
    json_schema!({"type": "string", "pattern": format!("^(connection:{connection}|account:{account})$")})
};
const AFTER_NOTICE: SchemaOf = |_| json_schema!({"type": "string", "pattern": "^[0-9]{1,12}-[a-z0-9-]{1,128}$"});
const EVIDENCE_PREFIX: SchemaOf = |_| json_schema!({"type": "string", "pattern": "^(acts/|audit/checkpoints/|decisions/|policy/|approvals/report.json$)"});
const EVIDENCE_KEY: SchemaOf = |_| json_schema!({"type": "string", "maxLength": 1023});
const KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: "header",
    description: "Makes a repeated request harmless: the same key and body give the same connection; the same key with another body is refused.",
    schema: |_| json_schema!({"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}),
};
const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: "header",
    description: "Replaces only what has this ETag, or one of several; * stands for any.",
    schema: |_| json_schema!({"type": "string", "pattern": "^ *([*]|\"[0-9a-f]{64}\"( *, *\"[0-9a-f]{64}\")*) *$"}),
};
const IF_NONE_MATCH: Parameter = Parameter {
    name: "If-None-Match",
    place: "header",
    description: "Puts it only if there is none yet.",
    schema: |_| json_schema!({"type": "string", "const": "*"}),
};
const WOULD: Answer = answer(200, "What would happen, for a dry run", of::<Plan>);

/// A row of the table. What is left out is empty; only `needs`, what its caller needs a role for, and `read`, which makes the
/// [`Call`], stand in every row.
macro_rules! route {
    ($method:ident $path:literal, $id:literal, $summary:literal $(, $description:literal)?;
        $(takes $($parameter:expr),+;)?
        $(body $body:expr;)?
        answers $($answer:expr),+;
        $(refuses $($problem:ident),+;)?
        needs $needs:ident;
        read $read:expr) => {
        Route {
            method: Method::$method,
            path: $path,
            id: $id,
            summary: $summary,
            description: concat!($($description)?),
            parameters: vec![$($($parameter),+)?],
            body: None$(.or($body))?,
            answers: vec![$($answer),+],
            problems: &[$($(ProblemKind::$problem),+)?],
            is_open: false,
            needs: Act::$needs,
            read: $read,
        }
    };
}

/// The route of a command: they differ by little.
macro_rules! command {
    ($method:ident $path:literal, $id:literal, $summary:literal, $command:ident, $needs:ident, $accepted:literal) => {
        route!($method $path, $id, $summary;
            takes DRY; body optional(of::<DryRun>);
            answers WOULD, answer(202, $accepted, of::<Summary>);
            refuses Malformed, NotFound, Conflict;
            needs $needs;
            read |arguments| arguments.command(Command::$command))
    };
}

/// The route that creates, under one of its two paths.
macro_rules! create {
    ($path:literal, $id:literal, $description:literal) => {
        route!(POST $path, $id, "Create a connection", $description;
            takes DRY, KEY; body required(of::<SpecRequest>);
            answers WOULD, begun("Accepted; Location leads to the connection", of::<Summary>);
            refuses Malformed, Conflict, Impossible, KeyReused;
            needs Ask;
            read |arguments| Ok(Call::CreateConnection { dry_run: arguments.dry_run()? }))
    };
}

fn table() -> Vec<Route> {
    vec![
        create!(
            "/v1/connections",
            "createConnection",
            "Everything is checked before anything is made. The answer comes at once; follow the Location."
        ),
        create!(
            "/",
            "createConnectionByAddress",
            "The same as POST /v1/connections, for senders that know a webhook by its bare address."
        ),
        route!(GET "/v1/connections", "listConnections", "List connections by name";
            takes query("after", "List only names after this one.", of::<ConnectionName>), LIMIT;
            answers answer(200, "A page; next names its last item if there are more", of::<Page<Summary>>);
            needs See;
            read |arguments| Ok(Call::ListConnections(arguments.page()?))),
        route!(GET "/v1/connections/{name}", "getConnection", "Show one connection with its history";
            answers answer(200, "The connection", of::<Connection>);
            refuses NotFound;
            needs See;
            read |arguments| Ok(Call::GetConnection { name: arguments.path("name")? })),
        route!(PUT "/v1/connections/{name}", "changeConnection", "Replace the spec of a connection",
            "The connection moves to its next generation with the fewest changes. The VPCs cannot change. The kind changes only from router-interface to vpc-peering, with migrate: true.";
            takes DRY; body required(of::<SpecRequest>);
            answers WOULD, answer(202, "The change begins, or there is nothing to change", of::<Summary>);
            refuses Malformed, NotFound, Conflict, Impossible;
            needs Ask;
            read |arguments| Ok(Call::ChangeConnection { name: arguments.path("name")?, dry_run: arguments.dry_run()? })),
        command!(DELETE "/v1/connections/{name}", "removeConnection", "Undo everything that was made for the connection", Remove, Ask,
            "Removal begins, or is under way or done already"),
        command!(POST "/v1/connections/{name}/retry", "retryConnection", "Go on with a failed, stuck or rolled-back connection", Retry, Switch,
            "It goes on"),
        command!(POST "/v1/connections/{name}/pause", "pauseConnection",
            "Switch an active connection off and keep everything that was made", Pause, Switch, "It is being switched off"),
        command!(POST "/v1/connections/{name}/resume", "resumeConnection",
            "Switch a paused connection on again; if it failed, is stuck or rolled back, go on", Resume, Switch, "It goes on"),
        command!(POST "/v1/connections/{name}/abandon", "abandonConnection",
            "Stop working on a failed or stuck connection; what was made stays, and the name is free", Abandon, Abandon, "It is abandoned"),
        route!(GET "/v1/consents", "listConsents", "List what waits for the consent of accounts' owners",
            "Of the caller's own accounts, and of connections that it sees.";
            takes query("after", "List only connections after this one.", of::<ConnectionName>), LIMIT;
            answers answer(200, "A page; next leads to more", of::<Page<ConsentRequest>>);
            needs Consent;
            read |arguments| Ok(Call::ListConsents(arguments.page()?))),
        route!(POST "/v1/connections/{name}/consents/{account}", "sayConsent", "Agree or refuse as the owner of an account",
        "Takes a caller that is the account's owner, or one of the group that is. Who refuses after it agreed has the connection removed.";
        takes DRY; body required(of::<SayConsent>);
        answers WOULD, answer(202, "It is written down; where every owner agrees, what waited begins", of::<Summary>);
        refuses Malformed, NotFound, Conflict;
        needs Consent;
        read |arguments| {
            let (name, account) = (arguments.path("name")?, arguments.path("account")?);
            Ok(Call::SayConsent { name, account, dry_run: arguments.dry_run()? })
        }),
        route!(GET "/v1/approvals", "listApprovals", "List the newest decision of each endpoint",
            "The first page also has what the last sweep of endpoints saw.";
            takes query("after", "List only endpoints after this one: SERVICE/ENDPOINT, as next gives it.", AFTER_ENDPOINT), LIMIT;
            answers answer(200, "A page; next leads to more", of::<Decisions>);
            needs See;
            read |arguments| Ok(Call::ListDecisions(arguments.page()?))),
        route!(GET "/v1/approvals/{service}/{endpoint}", "getApproval", "Show the whole log of one endpoint";
            answers answer(200, "The log", of::<DecisionLog>);
            refuses NotFound;
            needs See;
            read |arguments| Ok(Call::GetDecisionLog { endpoint: arguments.endpoint()? })),
        route!(POST "/v1/approvals/{service}/{endpoint}", "decide", "Decide on an endpoint",
            "Recorded with the caller's name. The policy never overrules a rejection; rules that reject overrule an approval.";
            takes DRY; body required(of::<Decide>);
            answers answer(200, "What would be recorded, for a dry run", of::<DecisionPlan>),
                answer(202, "Recorded; it is being carried out", of::<Decision>);
            refuses Malformed, NotFound, Conflict;
            needs Decide;
            read |arguments| Ok(Call::Decide { endpoint: arguments.endpoint()?, dry_run: arguments.dry_run()? })),
        route!(GET "/v1/approval-policy", "getApprovalPolicy", "Show the policy in force";
            answers versioned(answer(200, "The policy; ETag is its hash", of::<StoredPolicy>));
            refuses NotFound;
            needs SeePolicy;
            read |_| Ok(Call::GetPolicy)),
        route!(PUT "/v1/approval-policy", "putApprovalPolicy", "Put a policy in force",
            "Every version is kept. One that cannot be read changes nothing. Without If-Match the last one wins.";
            takes DRY, IF_MATCH, IF_NONE_MATCH; body required(of::<Policy>);
            answers versioned(answer(200, "It is in force, and ETag is its hash; or, for a dry run, what would change", |generator| {
                let either = [of::<StoredPolicy>(generator), of::<PolicyPlan>(generator)];
                json_schema!({"oneOf": either})
            }));
            refuses Malformed, Conflict, PreconditionFailed;
            needs PutPolicy;
            read |arguments| Ok(Call::PutPolicy { dry_run: arguments.dry_run()? })),
        route!(GET "/v1/config/{document}", "getConfig", "Show a document of the configuration";
            answers versioned(answer(200, "The document as it is stored; ETag is the SHA-256 of its text", ANY_CONFIG));
            refuses NotFound;
            needs Configure;
            read |arguments| Ok(Call::GetConfig { document: arguments.path("document")? })),
        route!(PUT "/v1/config/{document}", "putConfig", "Put a document of the configuration",
        "One that cannot be read changes nothing. Without If-Match the last one wins. It counts within a minute.";
        takes DRY, IF_MATCH, IF_NONE_MATCH; body required(ANY_CONFIG);
        answers versioned(answer(200, "It is stored, and ETag is the SHA-256 of its text; or, for a dry run, whether it would change anything", of::<ConfigPut>));
        refuses Malformed, NotFound, Conflict, PreconditionFailed;
        needs Configure;
        read |arguments| {
            Ok(Call::PutConfig { document: arguments.path("document")?, dry_run: arguments.dry_run()? })
        }),
        route!(GET "/v1/deployment", "getDeployment", "Show which deployment the webhook belongs to";
            answers answer(200, "The deployment", of::<Deployment>);
            needs Configure;
            read |_| Ok(Call::GetDeployment)),
        route!(POST "/v1/accounts/{account}/checks", "checkAccount", "Look whether a connected account lets Causeway in",
        "Assumes the account's role for looking, or takes its key, and makes one call of each product that the deployed kinds need. Changes nothing.";
        takes query("region", "Look in this region; by default in the first of the account's entry, or else that of the functions.", of::<RegionId>);
        answers answer(200, "What was looked at, and what came of it", of::<AccountChecks>);
        refuses NotFound;
        needs Configure;
        read |arguments| {
            Ok(Call::CheckAccount { account: arguments.path("account")?, region: arguments.query("region")? })
        }),
        route!(GET "/v1/audit/checkpoint", "getCheckpoint", "Show the newest checkpoint over all logs",
            "Keep its note elsewhere: it shows later whether anything that it covers was changed or taken away.";
            answers answer(200, "The checkpoint", of::<Checkpoint>);
            refuses NotFound;
            needs SeePolicy;
            read |_| Ok(Call::GetCheckpoint)),
        route!(GET "/v1/audit/objects", "listEvidence", "Read logs, policies and checkpoints as they stand in the store",
        "What verifying takes, for whoever cannot reach the bucket. The objects prove themselves by their signatures: who answers need not be trusted for them.";
        takes query("prefix", "What their keys begin with.", EVIDENCE_PREFIX),
            query("after", "As next gives it.", EVIDENCE_KEY);
        answers answer(200, "A page; next leads to more", of::<Page<EvidenceObject>>);
        needs Audit;
        read |arguments| {
            let (prefix, after) = (arguments.query("prefix")?, arguments.query("after")?);
            let prefix = prefix.ok_or_else(|| RouteError::BadParameter("prefix: it is required".to_owned()))?;
            Ok(Call::ListEvidence { prefix, after })
        }),
        route!(POST "/v1/drift-checks", "beginDriftCheck", "Compare connections with the cloud",
            "Compares one connection, those that carry all of these labels, or everything. Only reads; follow the Location.";
            takes DRY; body optional(of::<BeginDriftCheck>);
            answers answer(200, "What would be compared, for a dry run", of::<DriftCheckPlan>),
                begun("The check has begun; Location leads to it", of::<DriftCheck>);
            refuses Malformed, NotFound;
            needs Check;
            read |arguments| Ok(Call::BeginDriftCheck { dry_run: arguments.dry_run()? })),
        route!(GET "/v1/drift-checks/{id}", "getDriftCheck", "Show how far a check is, or what it came to",
            "A check is kept for a day.";
            answers answer(200, "The check", of::<DriftCheck>);
            refuses NotFound;
            needs See;
            read |arguments| Ok(Call::GetDriftCheck { id: arguments.path::<CheckId>("id")? })),
        route!(GET "/v1/drift", "listDrift", "List open findings by connection and account";
        takes query("connection", "Only those of this connection.", of::<ConnectionName>),
            query("severity", "Only those that are at least as bad.", of::<Severity>),
            query("after", "As next gives it.", AFTER_SUBJECT), LIMIT;
        answers answer(200, "A page; next leads to more", of::<DriftPage>);
        needs See;
        read |arguments| {
            let (connection, severity) = (arguments.query("connection")?, arguments.query("severity")?);
            Ok(Call::ListDrift(DriftQuery { connection, severity, page: arguments.page()? }))
        }),
        route!(POST "/v1/drift/{name}/repair", "repairDrift", "Approve the repair plan of a connection",
            "Recorded with the caller's name. Refused while changes are frozen, and when the findings have changed since the plan was made.";
            takes DRY; body optional(of::<DryRun>);
            answers WOULD, answer(202, "The repair begins, or has begun already", of::<Summary>);
            refuses Malformed, NotFound, Conflict;
            needs Repair;
            read |arguments| Ok(Call::Repair { name: arguments.path("name")?, dry_run: arguments.dry_run()? })),
        route!(GET "/v1/notices", "listNotices", "List notices, newest first",
        "Events of the last 90 days, with how far each has got with each sink. A page may be short, or empty, and yet have a next one.";
        takes query("status", "Only deliveries of this status.", of::<Status>),
            query("sink", "Only deliveries to this sink.", of::<Name>),
            query("after", "As next gives it.", AFTER_NOTICE), LIMIT;
        answers answer(200, "A page; next leads to older ones", of::<Page<Notice>>);
        needs See;
        read |arguments| {
            let (status, sink) = (arguments.query("status")?, arguments.query("sink")?);
            Ok(Call::ListNotices(NoticeQuery { status, sink, page: arguments.page()? }))
        }),
        route!(GET "/v1/notices/{id}", "getNotice", "Show one event with all its deliveries";
            answers answer(200, "The event", of::<Notice>);
            refuses NotFound;
            needs See;
            read |arguments| Ok(Call::GetNotice { id: arguments.path::<EventId>("id")? })),
        route!(POST "/v1/notices/{id}/redeliver", "redeliverNotice", "Send an event again to the sinks where it is a dead letter",
        "Begins again under the same id. Recorded with the caller's name. Deliveries that are under way are left alone.";
        takes query("sink", "Only to this sink; to all where it is a dead letter unless named.", of::<Name>), DRY;
        body optional(of::<DryRun>);
        answers answer(200, "Which sinks would be tried again, for a dry run", of::<RedeliveryPlan>),
            answer(202, "It is on its way", of::<Notice>);
        refuses Malformed, NotFound, Conflict;
        needs Redeliver;
        read |arguments| {
            let (id, sink) = (arguments.path("id")?, arguments.query("sink")?);
            Ok(Call::Redeliver { id, sink, dry_run: arguments.dry_run()? })
        }),
        route!(GET "/v1/dead-letters", "listDeadLetters", "List messages that functions failed to handle",
            "The queue shows sixteen at most. Looking at them changes nothing.";
            answers answer(200, "What the queue shows, and how many there are", of::<DeadLetters>);
            needs See;
            read |_| Ok(Call::ListDeadLetters)),
        route!(GET "/v1/dead-letters/{letter}", "getDeadLetter", "Show one dead letter";
            answers answer(200, "The letter", of::<DeadLetter>);
            refuses NotFound;
            needs See;
            read |arguments| Ok(Call::GetDeadLetter { id: arguments.path("letter")? })),
        route!(POST "/v1/dead-letters/{letter}/replay", "replayDeadLetter", "Send a dead letter to its queue again",
        "It is sent first and deleted then, so it may be handled twice, which does no harm. Recorded with the caller's name.";
        takes DRY; body optional(of::<DryRun>);
        answers answer(200, "What would be sent, for a dry run", of::<DeadLetterPlan>),
            answer(202, "It is on its way", of::<DeadLetter>);
        refuses Malformed, NotFound, Conflict;
        needs Replay;
        read |arguments| {
            Ok(Call::ReplayDeadLetter { id: arguments.path("letter")?, dry_run: arguments.dry_run()? })
        }),
        route!(POST "/v1/dead-letters/{letter}/discard", "discardDeadLetter", "Delete a dead letter",
        "Recorded with the caller's name and the reason.";
        takes DRY; body required(of::<DiscardDeadLetter>);
        answers answer(200, "It is deleted; or, for a dry run, what would be", |generator| {
            let either = [of::<DeadLetter>(generator), of::<DeadLetterPlan>(generator)];
            json_schema!({"oneOf": either})
        });
        refuses Malformed, NotFound, Conflict;
        needs Discard;
        read |arguments| {
            Ok(Call::DiscardDeadLetter { id: arguments.path("letter")?, dry_run: arguments.dry_run()? })
        }),
        Route {
            is_open: true,
            ..route!(GET "/openapi.json", "getOpenApi", "Show this document";
                answers Answer { status: 200, description: "OpenAPI 3.1", schema: None, has_location: false, has_etag: false };
                needs See;
                read |_| Ok(Call::GetOpenApi))
        },
    ]
}

/// The schema of a value in a path, by its name.
pub(crate) fn path_schema(name: &str, generator: &mut SchemaGenerator) -> Schema {
    match name {
        "name" => of::<ConnectionName>(generator),
        "account" => of::<AccountAlias>(generator),
        "service" | "endpoint" => of::<ResourceId>(generator),
        "document" => of::<ConfigDocument>(generator),
        "letter" => of::<LetterId>(generator),
        _ => json_schema!({"type": "string", "pattern": "^[a-z0-9-]{1,128}$"}),
    }
}

#[cfg(test)]
mod tests;

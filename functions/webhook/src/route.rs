//! Which request asks for what.

use connection::words::ConnectionName;
use drift::check::CheckId;
use http::Method;
use notice::EventId;
use notice::sinks::Name;

use crate::approvals::EndpointName;
use crate::drift::Asked;
use crate::dry_run::{self, Flag};
use crate::notices;
use crate::problem_json::Refusal;
use crate::wish::Wish;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/connections`; also `POST /`, for senders that know a webhook by its bare address
    Create(Flag),
    /// `GET /v1/connections?after=NAME&limit=N`
    List {
        /// List only names after this one.
        after: Option<ConnectionName>,
        /// How many at most.
        limit: usize,
    },
    /// `GET /v1/connections/NAME`
    Show(ConnectionName),
    /// `PUT /v1/connections/NAME`
    Change(ConnectionName, Flag),
    /// `DELETE /v1/connections/NAME`; `POST /v1/connections/NAME/` and one of `retry`, `pause`, `resume`, `abandon`
    Wish(ConnectionName, Wish, Flag),
    /// `GET /v1/approvals?after=SERVICE/ENDPOINT&limit=N`
    Approvals {
        /// List only endpoints after this one.
        after: Option<EndpointName>,
        /// How many at most.
        limit: usize,
    },
    /// `GET /v1/approvals/SERVICE/ENDPOINT`
    Approval(EndpointName),
    /// `POST /v1/approvals/SERVICE/ENDPOINT`
    Say(EndpointName),
    /// `GET /v1/approval-policy`
    Policy,
    /// `PUT /v1/approval-policy`
    PutPolicy,
    /// `POST /v1/drift-checks`
    BeginCheck,
    /// `GET /v1/drift-checks/ID`
    Check(CheckId),
    /// `GET /v1/drift?connection=NAME&severity=WORD&after=NEXT&limit=N`
    Drift(Asked),
    /// `POST /v1/drift/NAME/repair`
    Repair(ConnectionName, Flag),
    /// `GET /v1/notices?status=WORD&sink=NAME&after=NEXT&limit=N`
    Notices(notices::Asked),
    /// `GET /v1/notices/ID`
    Notice(EventId),
    /// `POST /v1/notices/ID/redeliver?sink=NAME`
    Redeliver(EventId, Option<Name>),
    /// `GET /openapi.json`
    OpenApi,
}

const DEFAULT_LIMIT: usize = 20;
const MOST: usize = 100;

impl Route {
    /// Reads method, path and query.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn of(method: &Method, path: &str, query: Option<&str>) -> Result<Self, Refusal> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let query = query.unwrap_or_default();
        match (segments.as_slice(), method) {
            (["openapi.json"], &Method::GET) => Ok(Self::OpenApi),
            (["v1", "connections"] | [""], &Method::POST) => dry_run(query).map(Self::Create),
            (["v1", "connections"], &Method::GET) => list(query),
            (["v1", "connections", given], &Method::GET) => name(given).map(Self::Show),
            (["v1", "connections", given], &Method::PUT) => Ok(Self::Change(name(given)?, dry_run(query)?)),
            (["v1", "connections", given], &Method::DELETE) => {
                Ok(Self::Wish(name(given)?, Wish::Remove, dry_run(query)?))
            }
            (["v1", "connections", given, wish], &Method::POST) => {
                let wish = match *wish {
                    "retry" => Wish::Retry,
                    "pause" => Wish::Pause,
                    "resume" => Wish::Resume,
                    "abandon" => Wish::Abandon,
                    _ => return Err(nothing_at(path)),
                };
                Ok(Self::Wish(name(given)?, wish, dry_run(query)?))
            }
            (["v1", "approvals"], &Method::GET) => approvals(query),
            (["v1", "approvals", service, endpoint], &Method::GET) => {
                endpoint_name(service, endpoint).map(Self::Approval)
            }
            (["v1", "approvals", service, endpoint], &Method::POST) => endpoint_name(service, endpoint).map(Self::Say),
            (["v1", "approval-policy"], &Method::GET) => Ok(Self::Policy),
            (["v1", "approval-policy"], &Method::PUT) => Ok(Self::PutPolicy),
            (["v1", "drift-checks"], &Method::POST) => Ok(Self::BeginCheck),
            (["v1", "drift-checks", id], &Method::GET) => id.parse().map(Self::Check).map_err(Refusal::not_found),
            (["v1", "drift"], &Method::GET) => drift(query).map(Self::Drift),
            (["v1", "drift", given, "repair"], &Method::POST) => Ok(Self::Repair(name(given)?, dry_run(query)?)),
            (["v1", "notices"], &Method::GET) => notices(query).map(Self::Notices),
            (["v1", "notices", id], &Method::GET) => event(id).map(Self::Notice),
            (["v1", "notices", id, "redeliver"], &Method::POST) => Ok(Self::Redeliver(event(id)?, sink(query)?)),
            (["v1", "notices"] | ["v1", "notices", _] | ["v1", "notices", _, "redeliver"], _) => {
                Err(Refusal::method_not_allowed())
            }
            (["v1", "drift-checks" | "drift"] | ["v1", "drift-checks", _] | ["v1", "drift", _, "repair"], _) => {
                Err(Refusal::method_not_allowed())
            }
            (["v1", "approvals"] | ["v1", "approvals", _, _] | ["v1", "approval-policy"], _) => {
                Err(Refusal::method_not_allowed())
            }
            (["openapi.json"] | ["v1", "connections", ..], _) if segments.len() <= 4 => {
                Err(Refusal::method_not_allowed())
            }
            _ => Err(nothing_at(path)),
        }
    }
}

fn nothing_at(path: &str) -> Refusal {
    Refusal::not_found(format!("nothing stands at {path}; see /openapi.json"))
}

fn dry_run(query: &str) -> Result<Flag, Refusal> {
    let mut flag = Flag::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            (dry_run::NAME, value) => flag = Flag::of_query(value)?,
            (other, _) => {
                let detail = format!("unknown query parameter {other:?}; known is {}", dry_run::NAME);
                return Err(Refusal::malformed(detail, Vec::new()));
            }
        }
    }
    Ok(flag)
}

fn name(given: &str) -> Result<ConnectionName, Refusal> {
    given.parse().map_err(|error| Refusal::not_found(format!("{error}")))
}

fn endpoint_name(service: &str, endpoint: &str) -> Result<EndpointName, Refusal> {
    let id = |given: &str| given.parse().map_err(|error| Refusal::not_found(format!("{error}")));
    Ok(EndpointName { service: id(service)?, endpoint: id(endpoint)? })
}

fn list(query: &str) -> Result<Route, Refusal> {
    let parse = |value: &str| value.parse().map_err(|error| bad(format!("after: {error}")));
    page(query, parse).map(|(after, limit)| Route::List { after, limit })
}

fn approvals(query: &str) -> Result<Route, Refusal> {
    let parse = |value: &str| {
        let name = value.split_once('/').or_else(|| value.split_once("%2F"));
        let name = name.and_then(|(service, endpoint)| endpoint_name(service, endpoint).ok());
        name.ok_or_else(|| bad("after: must be SERVICE/ENDPOINT, as next gives it".to_owned()))
    };
    page(query, parse).map(|(after, limit)| Route::Approvals { after, limit })
}

fn drift(query: &str) -> Result<Asked, Refusal> {
    let (mut connection, mut severity, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("connection", value) => {
                connection = Some(value.parse().map_err(|error| bad(format!("connection: {error}")))?);
            }
            ("severity", value) => {
                severity = Some(value.parse().map_err(|error| bad(format!("severity: {error}")))?);
            }
            ("after" | "limit", _) => rest.push(pair),
            (other, _) => {
                let known = "known are connection, severity, after and limit";
                return Err(bad(format!("unknown query parameter {other:?}; {known}")));
            }
        }
    }
    let (after, limit) = page(&rest.join("&"), |value| Ok(value.replace("%3A", ":")))?;
    Ok(Asked { connection, severity, after, limit })
}

fn notices(query: &str) -> Result<notices::Asked, Refusal> {
    let (mut status, mut sink, mut rest) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("status", value) => status = Some(value.parse().map_err(|error| bad(format!("status: {error}")))?),
            ("sink", value) => sink = Some(value.parse().map_err(|error| bad(format!("sink: {error}")))?),
            ("after" | "limit", _) => rest.push(pair),
            (other, _) => {
                return Err(bad(format!("unknown query parameter {other:?}; known are status, sink, after and limit")));
            }
        }
    }
    let (after, limit) = page(&rest.join("&"), |value| value.parse().map_err(|error| bad(format!("after: {error}"))))?;
    Ok(notices::Asked { status, sink, after, limit })
}

fn event(given: &str) -> Result<EventId, Refusal> {
    given.parse().map_err(|error| Refusal::not_found(format!("{error}")))
}

fn sink(query: &str) -> Result<Option<Name>, Refusal> {
    let mut sink = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("sink", value) => sink = Some(value.parse().map_err(|error| bad(format!("sink: {error}")))?),
            (other, _) => return Err(bad(format!("unknown query parameter {other:?}; known is sink"))),
        }
    }
    Ok(sink)
}

fn bad(detail: String) -> Refusal {
    Refusal::malformed(detail, Vec::new())
}

/// Reads `after` and `limit`.
fn page<T>(query: &str, parse: impl Fn(&str) -> Result<T, Refusal>) -> Result<(Option<T>, usize), Refusal> {
    let (mut after, mut limit) = (None, DEFAULT_LIMIT);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("after", value) => after = Some(parse(value)?),
            ("limit", value) => {
                limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MOST).contains(limit))
                    .ok_or_else(|| bad(format!("limit: must be a number from 1 to {MOST}")))?;
            }
            (other, _) => return Err(bad(format!("unknown query parameter {other:?}; known are after and limit"))),
        }
    }
    Ok((after, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, target: &str) -> Option<Route> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Route::of(&method, path, query).ok()
    }

    #[test]
    fn each_path_finds_its_route_and_nothing_else_does() {
        let name = || "a-b".parse().unwrap();
        let (wet, dry) = (Flag::default(), Flag::of_query("true").unwrap());
        assert_eq!(route(Method::POST, "/v1/connections"), Some(Route::Create(wet)));
        assert_eq!(route(Method::POST, "/?dry_run=true"), Some(Route::Create(dry)));
        assert_eq!(route(Method::GET, "/"), None);
        assert_eq!(route(Method::GET, "/v1/connections/a-b"), Some(Route::Show(name())));
        assert_eq!(route(Method::PUT, "/v1/connections/a-b"), Some(Route::Change(name(), wet)));
        assert_eq!(route(Method::DELETE, "/v1/connections/a-b"), Some(Route::Wish(name(), Wish::Remove, wet)));
        for (path, wish) in
            [("retry", Wish::Retry), ("pause", Wish::Pause), ("resume", Wish::Resume), ("abandon", Wish::Abandon)]
        {
            let target = format!("/v1/connections/a-b/{path}?dry_run=true");
            assert_eq!(route(Method::POST, &target), Some(Route::Wish(name(), wish, dry)));
        }
        assert_eq!(
            route(Method::GET, "/v1/connections?after=a-b&limit=5"),
            Some(Route::List { after: Some(name()), limit: 5 })
        );
        let endpoint = || EndpointName { service: "epsrv-1".parse().unwrap(), endpoint: "ep-1".parse().unwrap() };
        assert_eq!(route(Method::GET, "/v1/approvals/epsrv-1/ep-1"), Some(Route::Approval(endpoint())));
        assert_eq!(route(Method::POST, "/v1/approvals/epsrv-1/ep-1"), Some(Route::Say(endpoint())));
        assert_eq!(
            route(Method::GET, "/v1/approvals?after=epsrv-1/ep-1&limit=5"),
            Some(Route::Approvals { after: Some(endpoint()), limit: 5 })
        );
        assert_eq!(route(Method::PUT, "/v1/approval-policy"), Some(Route::PutPolicy));
        assert_eq!(route(Method::POST, "/v1/drift-checks"), Some(Route::BeginCheck));
        assert!(matches!(
            route(Method::GET, "/v1/drift-checks/20261121t104502z-0000000000000007"),
            Some(Route::Check(_))
        ));
        let asked = Asked {
            connection: Some(name()),
            severity: Some(connection::finding::Severity::Down),
            after: Some("connection:a".to_owned()),
            limit: 3,
        };
        let target = "/v1/drift?connection=a-b&severity=down&after=connection%3Aa&limit=3";
        assert_eq!(route(Method::GET, target), Some(Route::Drift(asked)));
        assert_eq!(route(Method::POST, "/v1/drift/a-b/repair?dry_run=true"), Some(Route::Repair(name(), dry)));
        let asked = notices::Asked {
            status: Some(notice::delivery::Status::Dead),
            sink: Some("pager".parse().unwrap()),
            after: Some("1767323045-connection-active-0-1".parse().unwrap()),
            limit: 7,
        };
        let target = "/v1/notices?status=dead&sink=pager&after=1767323045-connection-active-0-1&limit=7";
        assert_eq!(route(Method::GET, target), Some(Route::Notices(asked)));
        let id = || "connection-active-0-1".parse().unwrap();
        assert_eq!(route(Method::GET, "/v1/notices/connection-active-0-1"), Some(Route::Notice(id())));
        let target = "/v1/notices/connection-active-0-1/redeliver?sink=pager";
        assert_eq!(route(Method::POST, target), Some(Route::Redeliver(id(), Some("pager".parse().unwrap()))));
        for (method, target) in [
            (Method::GET, "/v1/notices?status=given-up"),
            (Method::GET, "/v1/notices?after=yesterday"),
            (Method::GET, "/v1/notices?sink=a/b"),
            (Method::POST, "/v1/notices"),
            (Method::DELETE, "/v1/notices/connection-active-0-1"),
            (Method::GET, "/v1/notices/connection-active-0-1/redeliver"),
            (Method::POST, "/v1/notices/Connection/redeliver"),
            (Method::POST, "/v1/notices/a/redeliver?force=true"),
            (Method::GET, "/v1/drift?severity=bad"),
            (Method::GET, "/v1/drift?all=true"),
            (Method::GET, "/v1/drift-checks/../x"),
            (Method::GET, "/v1/drift-checks/x"),
            (Method::DELETE, "/v1/drift"),
            (Method::POST, "/v1/approvals"),
            (Method::GET, "/v1/approvals/epsrv-1"),
            (Method::GET, "/v1/approvals/..%2F/ep-1"),
            (Method::GET, "/v1/approvals?after=epsrv-1"),
            (Method::DELETE, "/v1/approval-policy"),
            (Method::PUT, "/v1/connections"),
            (Method::POST, "/v1/connections/a-b/delete"),
            (Method::DELETE, "/v1/connections/a-b?dryrun=true"),
            (Method::GET, "/v1/connections/A_B"),
            (Method::GET, "/v1/connections?limit=0"),
            (Method::GET, "/v1/connections?page=2"),
            (Method::GET, "/v2/connections"),
            (Method::GET, "/v1/connections/a/b/c/d"),
        ] {
            assert_eq!(route(method, target), None, "{target}");
        }
    }
}

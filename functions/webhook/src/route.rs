//! Which request asks for what.

use connection::words::ConnectionName;
use http::Method;

use crate::problem_json::Refusal;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/connections`; also `POST /`, for senders that know a webhook by its bare address
    Create,
    /// `GET /v1/connections?after=NAME&limit=N`
    List {
        /// List only names after this one.
        after: Option<ConnectionName>,
        /// How many at most.
        limit: usize,
    },
    /// `GET /v1/connections/NAME`
    Show(ConnectionName),
    /// `DELETE /v1/connections/NAME`
    Remove(ConnectionName),
    /// `POST /v1/connections/NAME/retry`
    Retry(ConnectionName),
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
        match (segments.as_slice(), method) {
            (["openapi.json"], &Method::GET) => Ok(Self::OpenApi),
            (["v1", "connections"] | [""], &Method::POST) => Ok(Self::Create),
            (["v1", "connections"], &Method::GET) => list(query.unwrap_or_default()),
            (["v1", "connections", given], &Method::GET) => name(given).map(Self::Show),
            (["v1", "connections", given], &Method::DELETE) => name(given).map(Self::Remove),
            (["v1", "connections", given, "retry"], &Method::POST) => name(given).map(Self::Retry),
            (["openapi.json"] | ["v1", "connections", ..], _) if segments.len() <= 4 => {
                Err(Refusal::method_not_allowed())
            }
            _ => Err(Refusal::not_found(format!("nothing stands at {path}; see /openapi.json"))),
        }
    }
}

fn name(given: &str) -> Result<ConnectionName, Refusal> {
    given.parse().map_err(|error| Refusal::not_found(format!("{error}")))
}

fn list(query: &str) -> Result<Route, Refusal> {
    let (mut after, mut limit) = (None, DEFAULT_LIMIT);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let bad = |detail: String| Refusal::malformed(detail, Vec::new());
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("after", value) => after = Some(value.parse().map_err(|error| bad(format!("after: {error}")))?),
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
    Ok(Route::List { after, limit })
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
        assert_eq!(route(Method::POST, "/v1/connections"), Some(Route::Create));
        assert_eq!(route(Method::POST, "/"), Some(Route::Create));
        assert_eq!(route(Method::GET, "/"), None);
        assert_eq!(route(Method::GET, "/v1/connections/a-b"), Some(Route::Show(name())));
        assert_eq!(route(Method::DELETE, "/v1/connections/a-b"), Some(Route::Remove(name())));
        assert_eq!(route(Method::POST, "/v1/connections/a-b/retry"), Some(Route::Retry(name())));
        assert_eq!(
            route(Method::GET, "/v1/connections?after=a-b&limit=5"),
            Some(Route::List { after: Some(name()), limit: 5 })
        );
        for (method, target) in [
            (Method::PUT, "/v1/connections"),
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

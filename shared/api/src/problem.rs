//! Every way a request can be refused, as problem+json (RFC 9457).
//!
//! [`ProblemKind`] lists them all. The `type` of a problem is a stable URL that ends with the kind's slug. What stands
//! behind it is the page `docs/problems/SLUG.md`, which is written from the kind.

use connection::problem::Problem as FieldError;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What the URL of a problem's type begins with; the slug follows.
pub const TYPE_BASE: &str = "https://causeway.dev/problems/";

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The kind of problem, as a URL.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// What is wrong with the body, field by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of this kind.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let (title, status) = (kind.title().to_owned(), kind.status());
        Self { kind, title, status, detail: detail.into(), errors: Vec::new() }
    }
}

macro_rules! problems {
    ($($kind:ident = $slug:literal, $status:literal, $title:literal, $happened:literal, $remedy:literal;)+) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[non_exhaustive]
        pub enum ProblemKind {
            $(#[doc = $title] $kind,)+
        }

        impl ProblemKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// The last part of the type's URL.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$kind => $slug,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)+ }
            }

            /// The title, the same for every problem of the kind.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)+ }
            }

            /// What happened.
            #[must_use]
            pub const fn happened(self) -> &'static str {
                match self { $(Self::$kind => $happened,)+ }
            }

            /// What to do.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$kind => $remedy,)+ }
            }
        }
    };
}

problems! {
    Malformed = "malformed", 400, "The body cannot be read",
        "The body is not JSON, a key of it is there twice, a field is missing or unknown, or a value is not what the field takes: a list in the place of an object, an address with a leading zero, a character that cannot be seen. Nothing was changed.",
        "Correct the fields that `errors` names by JSON pointer, each with what to write instead, then send the request again. Of more than 50 errors the last entry says how many are not listed. `GET /openapi.json` has the schema of every body.";
    BadParameter = "bad-parameter", 400, "A parameter cannot be read",
        "A query parameter or a header is unknown, is given twice, or has a value that it does not take. Nothing was changed.",
        "Correct the parameter that `detail` names. It also names the parameters that the route knows.";
    NoDryRun = "no-dry-run", 400, "The route has no dry run",
        "The request asks for a dry run of a route that changes nothing, so there is nothing to leave undone. Nothing was changed.",
        "Leave `dry_run` out.";
    Unauthorized = "unauthorized", 401, "The request is not authenticated",
        "The request has neither a signature that fits a webhook secret nor a known bearer token; or the signature does not cover method, path and query; or its `webhook-id` was used before for another request; or its timestamp is more than five minutes off. Nothing was changed.",
        "Sign `id.timestamp.body` as Standard Webhooks describes it, with the caller's secret, the time of sending and a new id for each request that ends with `_` and the hexadecimal SHA-256 of method, space, path and query. An id without that is taken for `POST /` only. Or send a bearer token that the webhook knows.";
    Forbidden = "forbidden", 403, "The caller may not do this",
        "The request is authenticated, but no role of its caller allows it: the callers document does not name the caller, its role is another one, the role is limited to other accounts, kinds, services or labels, the caller has expired, or it asked for the connection itself and somebody else has to approve. Nothing was changed.",
        "`detail` says which role it takes. An admin adds it to `config/callers.json`; docs/api.md describes the roles. Or another caller, who has the role, sends the request.";
    NotFound = "not-found", 404, "There is no such resource",
        "The path leads nowhere, or the connection, endpoint, check or event that it names is not known, or the caller may not see it.",
        "Look at the spelling of the name or id. The lists (`GET /v1/connections`, `/v1/approvals`, `/v1/notices`) have those that are known; `GET /openapi.json` has the paths.";
    MethodNotAllowed = "method-not-allowed", 405, "The path does not take this method",
        "The path exists, but not with this HTTP method. Nothing was changed.",
        "Use one of the methods that the header `Allow` names.";
    Conflict = "conflict", 409, "The state does not allow this",
        "The request can be read, but the state of what it is about does not allow it: the name is taken, the connection is in another phase, a repair plan no longer fits, no delivery is a dead letter, or the functions of its kind are not deployed. Nothing was changed.",
        "Read the state, which `detail` names, and choose a request that it allows. A connection that stopped has the possible ones under `failure.links`.";
    PreconditionFailed = "precondition-failed", 412, "Another policy is in force",
        "The request names, by `If-Match` or `If-None-Match`, which policy it replaces, and another one is in force: somebody put one meanwhile. Nothing was changed.",
        "Read the policy in force, whose hash the header `ETag` names, carry its changes over, then send the request with that hash.";
    TooLarge = "too-large", 413, "The body is too large",
        "The body has more bytes than the webhook takes. Nothing was changed.",
        "Send a body of at most 64 KiB. A connection, a policy and a decision are far smaller.";
    Impossible = "impossible", 422, "The request cannot be carried out",
        "The body can be read, but what it asks for cannot work: the preflight found something in the cloud that stands against it, or a change would move what cannot be moved. Nothing was made.",
        "`errors` names every reason, each with the field and what to do about it. Change the spec or the cloud, then send the request again.";
    KeyReused = "key-reused", 422, "The idempotency key was used for another request",
        "The same caller used the `Idempotency-Key` before with another body. Nothing was changed.",
        "Use a new key for a new request. Use the same key only to send the very same body again.";
    TooManyRequests = "too-many-requests", 429, "Too many requests",
        "One instance of the webhook takes 20 requests a second of each caller in the long run, and 60 at once. Requests without a valid signature or token share a smaller limit of their own. Nothing was changed.",
        "Wait for the seconds that the header `Retry-After` names, then send the request again.";
    Unavailable = "unavailable", 503, "Something behind the webhook does not answer",
        "The record store or a cloud did not answer in time, or somebody else keeps changing the same thing. Either nothing was changed, or sending the same request again finds what was.",
        "Wait for the seconds that the header `Retry-After` names, then send the same request again. If it stays so, read the log of the function `webhook`.";
}

impl ProblemKind {
    /// The type as it travels.
    #[must_use]
    pub fn url(self) -> String {
        format!("{TYPE_BASE}{}", self.slug())
    }

    /// The page that describes it, as Markdown.
    #[must_use]
    pub fn page(self) -> String {
        format!(
            "# {}\n\n`{}` · HTTP {}\n\n## What happened\n\n{}\n\n## What to do\n\n{}\n",
            self.title(),
            self.url(),
            self.status(),
            self.happened(),
            self.remedy()
        )
    }
}

impl From<ProblemKind> for String {
    fn from(kind: ProblemKind) -> Self {
        kind.url()
    }
}

impl TryFrom<String> for ProblemKind {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|kind| url.strip_prefix(TYPE_BASE) == Some(kind.slug()));
        known.copied().ok_or_else(|| format!("{url} is no type of problem that this version knows"))
    }
}

impl JsonSchema for ProblemKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProblemType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let urls: Vec<String> = Self::ALL.iter().map(|kind| kind.url()).collect();
        json_schema!({"type": "string", "format": "uri", "description": "The kind of problem", "enum": urls})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Set to write the pages anew.
    const WRITE: &str = "CAUSEWAY_WRITE";

    #[test]
    fn every_kind_has_its_page_and_no_other_page_stands_beside_them() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/problems");
        let page = |kind: &ProblemKind| (format!("{}.md", kind.slug()), kind.page());
        let mut pages: Vec<_> = ProblemKind::ALL.iter().map(page).collect();
        let line = |kind: &ProblemKind| {
            format!("| [{}]({}.md) | {} | {} |\n", kind.slug(), kind.slug(), kind.status(), kind.title())
        };
        let lines: String = ProblemKind::ALL.iter().map(line).collect();
        pages.push((
            "README.md".to_owned(),
            format!(
                "# Problems\n\nA request that is refused is answered with `application/problem+json` (RFC 9457). Its `type` is\n\
                 `{TYPE_BASE}SLUG`; the page for it is `SLUG.md` in this directory.\n\n| slug | HTTP | title |\n| --- | --- | --- |\n{lines}"
            ),
        ));
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(&directory).unwrap();
            for (name, text) in &pages {
                std::fs::write(directory.join(name), text).unwrap();
            }
        }
        for (name, text) in &pages {
            let kept = std::fs::read_to_string(directory.join(name)).unwrap_or_default();
            assert!(kept == *text, "docs/problems/{name} is stale; write it with {WRITE}=1 cargo test -p causeway-api");
        }
        let there =
            std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(there.collect::<BTreeSet<_>>(), pages.into_iter().map(|(name, _)| name).collect());
    }

    #[test]
    fn a_problem_reads_as_it_is_written_and_an_unknown_type_is_refused() {
        for kind in ProblemKind::ALL {
            let problem = Problem::new(*kind, "because");
            let text = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
        }
        assert!(ProblemKind::try_from("urn:causeway:problem:malformed".to_owned()).is_err());
    }
}

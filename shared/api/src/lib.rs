//! The HTTP API as types: what the webhook answers, and what its clients read.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`accounts`] | checks of connected accounts |
//! | [`connections`] | connections, the plan of a dry run |
//! | [`config`] | documents of the configuration |
//! | [`consents`] | consents of accounts' owners |
//! | [`approvals`] | decisions on endpoints, the approval policy |
//! | [`drift`](mod@drift) | drift checks, findings, repairs |
//! | [`notices`] | events and their deliveries |
//! | [`dead_letters`] | messages that were given up |
//! | [`evidence`] | logs, policies and checkpoints as they stand in the store |
//! | [`problem`] | every way a request can be refused |
//! | [`delivery`] | what a signature is bound to beside the body |
//! | [`call`] | a request, read: which operation, with which parameters |
//! | [`route`] | the table of routes, and the router made of it |
//! | [`openapi`] | the OpenAPI document made of the table |
//!
//! Types of the other crates stand here unchanged where they are what travels: a spec, a history, a log entry.
//!
//! ```
//! let router = api::route::Router::new();
//! let (_, call) = router.read(&http::Method::GET, "/v1/connections/qingdao%2Dbeijing", None).unwrap();
//! assert_eq!(call, api::call::Call::GetConnection { name: "qingdao-beijing".parse().unwrap() });
//! ```

pub mod accounts;
pub mod approvals;
pub mod call;
pub mod config;
pub mod connections;
pub mod consents;
pub mod dead_letters;
pub mod delivery;
pub mod drift;
pub mod evidence;
pub mod notices;
pub mod openapi;
pub mod problem;
pub mod route;

use connection::spec::Spec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest body of a request, in bytes.
pub const LARGEST_BODY: usize = 64 * 1024;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// What to give as `after` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A request that is possible now: `METHOD PATH`, such as `POST /v1/connections/a/retry`. It needs no body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^(POST|DELETE) /"))]
pub struct Link {
    /// The HTTP method.
    pub method: http::Method,
    /// The path.
    pub href: String,
}

impl Link {
    /// A POST without a body.
    #[must_use]
    pub fn post(href: String) -> Self {
        Self { method: http::Method::POST, href }
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(href: String) -> Self {
        Self { method: http::Method::DELETE, href }
    }
}

impl std::fmt::Display for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.href)
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.to_string()
    }
}

impl TryFrom<String> for Link {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (method, href) = text.split_once(' ').ok_or_else(|| format!("{text:?} is not METHOD PATH"))?;
        let method = method.parse().map_err(|_| format!("{method:?} is no HTTP method"))?;
        Ok(Self { method, href: href.to_owned() })
    }
}

/// A body that asks for a dry run, or for nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// Only say what would happen. The same as the query parameter `dry_run`.
    #[serde(default)]
    pub dry_run: bool,
}

/// A spec, and beside it whether the run is dry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpecRequest {
    /// The spec.
    #[serde(flatten)]
    pub spec: Spec,
    /// Only say what would happen. The same as the query parameter `dry_run`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

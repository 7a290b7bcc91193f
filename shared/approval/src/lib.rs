//! Who may connect an endpoint to a service: the policy, what it says of a request, and what is kept of that.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`policy`] | the rules an operator writes, with their JSON Schema; every mistake is named by its pointer |
//! | [`request`] | an endpoint that asks, and what is known around it |
//! | [`verdict`] | what was decided, and why |
//! | [`decide`](mod@decide) | the pure function from policy, request and facts to a verdict |
//! | [`decision`] | the log of an endpoint: signed entries, and what they come to |
//! | [`report`] | what waits, and what stands connected though it should not |
//! | [`replay`] | what another policy would have said of past requests |
//!
//! Everything here is pure: no I/O, no clock. Whoever decides hands in the facts and the instant.
//!
//! ```
//! use approval::policy::Policy;
//!
//! let policy = Policy::from_value(serde_json::json!({
//!     "version": 1,
//!     "rules": [{"id": "partner", "effect": "approve", "accounts": ["1000000000000001"], "bandwidth_mbps": 500}],
//! })).expect("it reads");
//! assert_eq!(policy.rules.len(), 1);
//!
//! let problems = Policy::from_value(serde_json::json!({"version": 1, "rules": [{"id": "x", "effect": "aprove"}]}));
//! assert_eq!(problems.unwrap_err()[0].pointer, "/rules/0/effect");
//! ```

pub mod decide;
pub mod decision;
pub mod policy;
pub mod replay;
pub mod report;
pub mod request;
pub mod verdict;

pub use decide::{decide, recheck};

//! What a signature is bound to beside the body: method, path and query, by the end of the `webhook-id`.
//!
//! Standard Webhooks signs `id.timestamp.body`. An id that ends with a digest of the request line carries it into the signature,
//! and every library that signs Standard Webhooks can make such an id: `NONCE_DIGEST`, where DIGEST is the hexadecimal SHA-256 of
//! [`what`] is asked.
//!
//! ```
//! use api::delivery::{Bound, bound, id};
//! use http::Method;
//!
//! let id = id("7f2c", &Method::DELETE, "/v1/connections/a-b?dry_run=true");
//! assert_eq!(bound(&id, &Method::DELETE, "/v1/connections/a-b?dry_run=true"), Bound::ToThis);
//! assert_eq!(bound(&id, &Method::DELETE, "/v1/connections/a-b"), Bound::ToAnother);
//! assert_eq!(bound("msg_1", &Method::POST, "/"), Bound::ToNothing);
//! ```

use http::Method;
use sha2::{Digest as _, Sha256};

/// How many characters the digest has.
const DIGEST: usize = 64;

/// What an id is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The request that it came with.
    ToThis,
    /// Another request.
    ToAnother,
    /// Nothing: it has no digest.
    ToNothing,
}

/// What the digest is of: method and target as sent, such as `GET /v1/connections?limit=5`.
#[must_use]
pub fn what(method: &Method, target: &str) -> String {
    format!("{method} {target}")
}

/// The id of a request; `nonce` must be unique.
#[must_use]
pub fn id(nonce: &str, method: &Method, target: &str) -> String {
    format!("{nonce}_{}", hex::encode(Sha256::digest(what(method, target))))
}

/// What `id` is bound to, held against the request that it came with.
#[must_use]
pub fn bound(id: &str, method: &Method, target: &str) -> Bound {
    let is_digest = |end: &&str| end.len() == DIGEST && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    match id.rsplit_once('_').map(|(_, end)| end).filter(is_digest) {
        None => Bound::ToNothing,
        Some(end) if end == hex::encode(Sha256::digest(what(method, target))) => Bound::ToThis,
        Some(_) => Bound::ToAnother,
    }
}

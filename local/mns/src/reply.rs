//! Where a request works, and what it is answered.

use http::{HeaderMap, StatusCode};
use local_core::xml::Element;

use super::error::MnsError;
use super::queues::PageOf;
use super::rows::{Created, QueueRef};
use super::wire::NAMESPACE;

/// The account and region that a request works in.
pub(super) struct Place {
    pub account_id: String,
    pub region: String,
    /// Where the client reaches the service, for the addresses in replies.
    pub address: String,
}

impl Place {
    pub(super) fn queue(&self, name: impl Into<String>) -> QueueRef {
        QueueRef::new(&self.account_id, &self.region, name)
    }
}

/// An answer before it is written out.
pub(super) struct Reply {
    pub status: StatusCode,
    pub body: Option<Element>,
    pub location: Option<String>,
}

impl Reply {
    pub(super) fn ok(body: Element) -> Self {
        Self { status: StatusCode::OK, body: Some(body), location: None }
    }

    pub(super) fn status(status: StatusCode, body: Element) -> Self {
        Self { status, body: Some(body), location: None }
    }

    pub(super) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, location: None }
    }

    /// The Python SDK reads `Location` on both statuses.
    pub(super) fn created(created: Created, location: String) -> Self {
        let status = match created {
            Created::New => StatusCode::CREATED,
            Created::Existed => StatusCode::NO_CONTENT,
        };
        Self { status, body: None, location: Some(location) }
    }
}

/// A document of a page's items.
pub(super) fn listing(root: &str, items: impl Iterator<Item = Element>, next_marker: Option<String>) -> Element {
    Element::new(root).in_namespace(NAMESPACE).with_all(items).optional("NextMarker", next_marker)
}

/// The text of a header; empty without one.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The page that the `x-mns-*` headers of a listing ask for.
pub(super) fn page_of(headers: &HeaderMap) -> Result<PageOf, MnsError> {
    let most = match header(headers, "x-mns-ret-number") {
        "" => None,
        text => match text.parse() {
            Ok(number @ 1..=1_000) => Some(number),
            _ => return Err(MnsError::InvalidArgument("The value of x-mns-ret-number should be 1 to 1000.".into())),
        },
    };
    Ok(PageOf {
        prefix: header(headers, "x-mns-prefix").to_owned(),
        marker: header(headers, "x-mns-marker").to_owned(),
        most,
    })
}

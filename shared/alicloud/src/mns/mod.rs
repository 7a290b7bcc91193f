//! MNS (2015-06-06): message queues, XML over HTTP.
//!
//! Bodies go out Base64-encoded, as the service's documents ask for and as its triggers and SDKs expect; the service itself
//! takes a body as opaque text. Delivery is at least once and in no order.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `queue` | making, reading and deleting queues |
//! | `message` | sending, receiving, deleting, hiding and peeking |
//! | `xml` | the shapes on the wire |

mod message;
mod queue;
mod xml;

pub use message::{Message, Peeked, Sent, Visibility};
pub use queue::{Created, Queue, QueueAttributes};

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::header_request_id;
use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::names::{AccountId, BadName, Region, checked_text};

const CONTENT_TYPE: &str = "text/xml;charset=UTF-8";

/// The name of a queue: up to 120 letters, digits and hyphens, starting with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueName(String);

impl QueueName {
    fn check(text: &str) -> Result<(), BadName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=120).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(allowed) {
            Ok(())
        } else {
            Err(BadName::new("a queue name", "up to 120 letters, digits and hyphens, starting with a letter or digit"))
        }
    }
}
checked_text!(QueueName);

/// The queues of one account in one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Mns {
    client: Client,
    account: AccountId,
    region: Region,
}

impl Mns {
    pub(crate) const fn new(client: Client, account: AccountId, region: Region) -> Self {
        Self { client, account, region }
    }

    /// Sends one request; `target` is path and query.
    async fn call(&self, call: Call, method: Method, target: &str, body: Bytes) -> Result<Response<Bytes>, Error> {
        let base = self.client.endpoints().mns(&self.account, &self.region);
        let mut request = Request::builder().method(method).uri(format!("{base}{target}"));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, CONTENT_TYPE);
        }
        let request = request.body(body).map_err(|error| self.refused(call, error))?;
        self.client.send(call, Some(&self.region), request).await
    }

    /// The XML document `root` as a body.
    fn document(&self, call: Call, root: &impl Serialize) -> Result<Bytes, Error> {
        xml::write(root).map(Bytes::from).map_err(|error| self.refused(call, error))
    }

    fn read<T: DeserializeOwned>(&self, call: Call, response: &Response<Bytes>) -> Result<T, Error> {
        xml::read(response.body()).map_err(|reason| {
            let request_id = header_request_id(response.headers());
            Error::malformed(call, Some(&self.region), response.status(), request_id, reason)
        })
    }

    fn refused(&self, call: Call, reason: impl std::fmt::Display) -> Error {
        Error::request(call, Some(&self.region), reason)
    }

    /// Whole seconds of `duration`, rounded up, within what the cloud allows.
    fn seconds(&self, call: Call, what: &str, duration: Duration, allowed: (u64, u64)) -> Result<u64, Error> {
        let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
        let (least, most) = allowed;
        if (least..=most).contains(&seconds) {
            Ok(seconds)
        } else {
            Err(self.refused(call, format_args!("{what} must be {least} to {most} seconds, not {seconds}")))
        }
    }
}

#[cfg(test)]
mod tests;

//! Log service 2020-12-30: opening it, and reading logs.
//!
//! Its requests carry a signature of its own. Source: docs/reference/deploy-apis.md, sections 0 and 3.

use std::collections::BTreeMap;

use alicloud::wire::{Moment, from_json};
use alicloud::{BadName, Region};
use bytes::Bytes;
use cloud_wire::{lenient, words};
use http::request::Parts;
use http::{Method, Response, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::client::{Client, read};
use crate::endpoint::{self, hosts};
use crate::error::Error;
use crate::ram::{Made, made};

/// The log service of one region, called with the credentials of a [`Client`].
#[derive(Debug, Clone)]
pub struct Sls {
    client: Client,
    region: Region,
}

words! {
    /// Whether an account has opened the log service.
    ServiceStatus {
        /// It has.
        Opened = "Opened",
        /// It is being opened: at most a minute.
        Opening = "Opening",
        /// It has not.
        Closed = "Closed",
    }
}

/// Which logs. Times are counted in whole seconds, `until` not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetLogs {
    /// The project: 3 to 63 lower-case letters, digits and hyphens.
    pub project: String,
    /// The store in it.
    pub logstore: String,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What to look for; `*` is everything.
    pub query: String,
    /// How many lines at most: up to 100.
    pub lines: u32,
    /// How many lines to leave out.
    pub offset: u32,
    /// Whether the newest come first.
    pub newest_first: bool,
}

/// Logs.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    /// A line each, by field.
    pub lines: Vec<BTreeMap<String, Value>>,
    /// Whether that is all there is in this range of times: otherwise ask again.
    pub complete: bool,
}

#[derive(Deserialize)]
struct Status {
    #[serde(alias = "Status")]
    status: Option<ServiceStatus>,
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    data: Vec<BTreeMap<String, Value>>,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    progress: Option<String>,
}

#[derive(Serialize)]
struct Query<'a> {
    from: i64,
    line: u32,
    offset: u32,
    query: &'a str,
    reverse: bool,
    to: i64,
}

impl Client {
    /// The log service of `region`.
    #[must_use]
    pub fn sls(&self, region: &Region) -> Sls {
        Sls { client: self.clone(), region: region.clone() }
    }
}

impl Sls {
    async fn send(
        &self,
        call: Call,
        method: Method,
        host: &str,
        target: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, Error> {
        let request = endpoint::request(self.client.gateway(), host, target)
            .method(method)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| Error::request(call, Some(&self.region), error))?;
        let sign = |parts: &mut Parts, body: &[u8], moment: Moment<'_>| {
            cloud_signing::sls::sign(parts, body, moment.credentials, moment.now)
        };
        self.client.send(call, Some(&self.region), request, sign, from_json).await
    }

    /// Whether the account has opened the log service.
    ///
    /// # Errors
    /// As any call that reads.
    pub async fn service_status(&self) -> Result<ServiceStatus, Error> {
        let call = Call::GetSlsService;
        let response = self.send(call, Method::GET, &hosts::sls(&self.region), "/slsservice", Bytes::new()).await?;
        let answer: Status = read(call, Some(&self.region), &response)?;
        Ok(answer.status.unwrap_or(if answer.enabled == Some(true) {
            ServiceStatus::Opened
        } else {
            ServiceStatus::Closed
        }))
    }

    /// Opens the log service, which places an order in the account's name. It is open when [its status](Self::service_status) says so.
    ///
    /// # Errors
    /// `Denied` where the caller may not place orders.
    pub async fn open_service(&self) -> Result<Made, Error> {
        let host = hosts::sls(&self.region);
        made(self.send(Call::OpenSlsService, Method::POST, &host, "/slsservice", Bytes::new()).await)
    }

    /// Reads logs.
    ///
    /// # Errors
    /// `Gone` where there is no such project or store, or it is too new to be seen; `Refused` where the query is wrong.
    pub async fn logs(&self, which: &GetLogs) -> Result<Logs, Error> {
        let call = Call::GetLogsV2;
        let bad = |error: BadName| Error::request(call, Some(&self.region), error);
        let project = host_label(&which.project, "a log project").map_err(bad)?;
        let query = Query {
            from: which.from.as_second(),
            line: which.lines,
            offset: which.offset,
            query: &which.query,
            reverse: which.newest_first,
            to: which.until.as_second(),
        };
        let body = serde_json::to_vec(&query).map_err(|error| Error::request(call, Some(&self.region), error))?;
        let host = format!("{project}.{}", hosts::sls(&self.region));
        let target = format!("/logstores/{}/logs", cloud_signing::encode::component(&which.logstore));
        let response = self.send(call, Method::POST, &host, &target, Bytes::from(body)).await?;
        let found: Found = read(call, Some(&self.region), &response)?;
        let progress = found.meta.and_then(|meta| meta.progress);
        Ok(Logs { lines: found.data, complete: progress.is_none_or(|word| word.eq_ignore_ascii_case("Complete")) })
    }
}

/// A name that stands in a host.
pub(crate) fn host_label<'a>(name: &'a str, what: &'static str) -> Result<&'a str, BadName> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (3..=63).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('-') && !name.ends_with('-') {
        Ok(name)
    } else {
        Err(BadName::new(what, "3 to 63 lower-case letters, digits and hyphens, with no hyphen at either end"))
    }
}

#[cfg(test)]
mod tests;

//! The client of one account, and where its calls are made requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use alicloud::wire::{Moment, Params, Sender, Style, from_json};
use alicloud::{CredentialsProvider, Endpoints, Region};
use bytes::Bytes;
use cloud_error::{Answer, Kind};
use cloud_signing::SignError;
use cloud_wire::lenient;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use transport::Io;

use crate::call::Call;
use crate::endpoint::{self, Gateway};
use crate::error::Error;

const FORM: &str = "application/x-www-form-urlencoded";
/// How many seconds to wait before a throttled call is sent again, each time.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 15];

/// Calls the products that a deployment needs, with the credentials of one account. Cheap to clone.
///
/// # Guarantees
/// Each call sends one request, or none (renewing credentials that ran low takes others). One that the cloud throttled, and so did
/// not carry out, is sent again up to five times, half a minute in all. Nothing else is repeated: an [`Error`] says by its kind what
/// a repeat would do. Parameters travel in the body, never in the query, which proxies log.
#[derive(Clone)]
pub struct Client {
    sender: Sender,
    gateway: Option<Gateway>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that signs with what `credentials` hands out, and reaches the cloud's own hosts, or all of them through `gateway`.
    #[must_use]
    pub fn new(io: Io, gateway: Option<Gateway>, credentials: Arc<dyn CredentialsProvider>) -> Self {
        Self { sender: Sender { io, credentials }, gateway }
    }

    /// The client of the products that functions call too: networks, PrivateLink, queues, roles of other accounts.
    #[must_use]
    pub fn networks(&self) -> alicloud::Client {
        let at = |gateway: &Gateway| Endpoints::at(gateway.as_str()).ok();
        let endpoints = self.gateway.as_ref().and_then(at).unwrap_or_else(Endpoints::public);
        alicloud::Client::new(self.sender.io.clone(), endpoints, Arc::clone(&self.sender.credentials))
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.sender.io.clock.now()
    }

    /// A call of RPC style: a POST with all parameters in a form, ACS3 signed.
    pub(crate) async fn rpc_response(
        &self,
        call: Call,
        region: Option<&Region>,
        host: &str,
        params: Params,
    ) -> Result<Response<Bytes>, Error> {
        let (_, form) = params.split(Style::Form);
        let mut request = endpoint::request(self.gateway.as_ref(), host, "/")
            .method(Method::POST)
            .header(header::ACCEPT, "application/json");
        if !form.is_empty() {
            request = request.header(header::CONTENT_TYPE, FORM);
        }
        let request = request.body(Bytes::from(form)).map_err(|error| Error::request(call, region, error))?;
        self.acs3(call, region, request).await
    }

    /// The same, with what it answers.
    pub(crate) async fn rpc<A: DeserializeOwned>(
        &self,
        call: Call,
        region: Option<&Region>,
        host: &str,
        params: Params,
    ) -> Result<A, Error> {
        let response = self.rpc_response(call, region, host, params).await?;
        read(call, region, &response)
    }

    /// The address that stands in for all products, if there is one.
    pub(crate) fn gateway(&self) -> Option<&Gateway> {
        self.gateway.as_ref()
    }

    /// Signs by `sign`, sends, and returns an answer of success; of another `read` takes what it says.
    pub(crate) async fn send(
        &self,
        call: Call,
        region: Option<&Region>,
        request: Request<Bytes>,
        sign: impl Fn(&mut Parts, &[u8], Moment<'_>) -> Result<(), SignError>,
        read: impl Fn(StatusCode, &[u8]) -> Answer,
    ) -> Result<Response<Bytes>, Error> {
        for seconds in PAUSES {
            match self.sender.send(call, region, request.clone(), &sign, &read).await {
                Err(error) if error.kind() == Kind::Throttled => {
                    tokio::time::sleep(self.sender.io.entropy.jitter(Duration::from_secs(seconds))).await;
                }
                ended => return ended,
            }
        }
        self.sender.send(call, region, request, &sign, &read).await
    }

    /// Signs as the OpenAPI gateway wants it, sends, and returns an answer of success.
    pub(crate) async fn acs3(
        &self,
        call: Call,
        region: Option<&Region>,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let sign = |parts: &mut Parts, body: &[u8], moment: Moment<'_>| {
            moment.acs3(parts, body, call.action(), call.product().version())
        };
        self.send(call, region, request, sign, from_json).await
    }
}

/// The JSON of an answer.
pub(crate) fn read<A: DeserializeOwned>(
    call: Call,
    region: Option<&Region>,
    response: &Response<Bytes>,
) -> Result<A, Error> {
    lenient::from_slice(response.body()).map_err(|error| {
        let request_id = from_json(response.status(), response.body()).request_id;
        Error::malformed(call, region, response.status(), request_id, error)
    })
}

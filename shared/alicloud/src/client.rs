//! The client of one account, and where its calls are made requests.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use cloud_wire::lenient;
use http::request::Parts;
use http::{Method, Request, Response, header};
use serde::de::DeserializeOwned;
use transport::Io;

use crate::answer::{from_json, from_xml};
use crate::balancer::{Alb, Nlb};
use crate::call::{Call, Product};
use crate::cdt::Cdt;
use crate::credentials::CredentialsProvider;
use crate::ecs::Ecs;
use crate::endpoint::Endpoints;
use crate::error::Error;
use crate::mns::Mns;
use crate::names::{AccountId, Region};
use crate::params::Params;
use crate::private_link::PrivateLink;
use crate::sender::{Moment, Sender};
use crate::slb::Slb;
use crate::sts::{AssumeRole, Roles, Sts};
use crate::vpc::Vpc;
use crate::vpc_peer::VpcPeer;

/// Calls Alibaba Cloud with the credentials of one account. Cheap to clone.
///
/// # Guarantees
/// Each call sends at most one request (and, with an assumed role whose token ran low, one to STS before it). It never
/// retries and never sleeps: the caller knows what a repeat would do.
#[derive(Clone)]
pub struct Client {
    sender: Sender,
    endpoints: Arc<Endpoints>,
    pub(crate) roles: Arc<Roles>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that reaches the cloud through `io` at `endpoints` and signs with what `credentials` hands out.
    #[must_use]
    pub fn new(io: Io, endpoints: Endpoints, credentials: Arc<dyn CredentialsProvider>) -> Self {
        Self { sender: Sender { io, credentials }, endpoints: Arc::new(endpoints), roles: Arc::new(Roles::default()) }
    }

    /// The same client in another role: every call is signed with temporary credentials that this client's own
    /// credentials fetch from STS. They are cached, by all that `role` says: clones of this client share one session.
    #[must_use]
    pub fn assume(&self, role: &AssumeRole) -> Self {
        self.signing_with(self.roles.get(role, || self.without_roles()))
    }

    /// The same client, signing with other credentials.
    #[must_use]
    pub fn signing_with(&self, credentials: Arc<dyn CredentialsProvider>) -> Self {
        let sender = Sender { credentials, ..self.sender.clone() };
        Self { sender, ..self.without_roles() }
    }

    /// This client with a cache of its own, so that roles taken on from another role are kept apart, and so that the
    /// cache does not own itself.
    fn without_roles(&self) -> Self {
        Self { roles: Arc::default(), ..self.clone() }
    }

    /// Router interfaces, VPCs and routes in `region`.
    #[must_use]
    pub fn vpc(&self, region: &Region) -> Vpc {
        Vpc::new(self.clone(), region.clone())
    }

    /// Security groups, servers and commands on them in `region`.
    #[must_use]
    pub fn ecs(&self, region: &Region) -> Ecs {
        Ecs::new(self.clone(), region.clone())
    }

    /// VPC peering connections, as `region` sees them. The product has one address for all regions.
    #[must_use]
    pub fn vpc_peer(&self, region: &Region) -> VpcPeer {
        VpcPeer::new(self.clone(), region.clone())
    }

    /// Endpoint services and endpoints of PrivateLink in `region`.
    #[must_use]
    pub fn private_link(&self, region: &Region) -> PrivateLink {
        PrivateLink::new(self.clone(), region.clone())
    }

    /// Classic load balancers in `region`.
    #[must_use]
    pub fn slb(&self, region: &Region) -> Slb {
        Slb::new(self.clone(), region.clone())
    }

    /// Network load balancers in `region`.
    #[must_use]
    pub fn nlb(&self, region: &Region) -> Nlb {
        Nlb::new(self.clone(), region.clone())
    }

    /// Application load balancers in `region`.
    #[must_use]
    pub fn alb(&self, region: &Region) -> Alb {
        Alb::new(self.clone(), region.clone())
    }

    /// Whether this account can be billed for traffic between regions. The product has one address for all regions.
    #[must_use]
    pub fn cdt(&self) -> Cdt {
        Cdt::new(self.clone())
    }

    /// Temporary credentials.
    #[must_use]
    pub fn sts(&self) -> Sts {
        Sts::new(self.clone())
    }

    /// The message queues of `account` in `region`.
    #[must_use]
    pub fn mns(&self, account: &AccountId, region: &Region) -> Mns {
        Mns::new(self.clone(), account.clone(), region.clone())
    }

    pub(crate) fn io(&self) -> &Io {
        &self.sender.io
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// An RPC call: a POST with the parameters where the product wants them, ACS3 signed, JSON back.
    pub(crate) async fn rpc<A: DeserializeOwned>(
        &self,
        call: Call,
        region: Option<&Region>,
        params: Params,
    ) -> Result<A, Error> {
        let (query, form) = params.split(call.product().style());
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}/{mark}{query}", self.endpoints.rpc(call.product(), region));
        let mut request = Request::builder().method(Method::POST).uri(uri).header(header::ACCEPT, "application/json");
        if !form.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Bytes::from(form)).map_err(|error| Error::request(call, region, error))?;
        let response = self.send(call, region, request).await?;
        lenient::from_slice(response.body()).map_err(|error| {
            let request_id = from_json(response.status(), response.body()).request_id;
            // An answer that holds a secret must not be quoted.
            let reason: &dyn fmt::Display =
                if call.product() == Product::Sts { &"no credentials in it" } else { &error };
            Error::malformed(call, region, response.status(), request_id, reason)
        })
    }

    /// Signs `request` in the scheme of the call's product, sends it once, and returns the answer if it says success.
    pub(crate) async fn send(
        &self,
        call: Call,
        region: Option<&Region>,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let sign = |parts: &mut Parts, body: &[u8], moment: Moment<'_>| match call.product() {
            Product::Mns => cloud_signing::mns::sign(parts, body, moment.credentials, moment.now),
            product => moment.acs3(parts, body, call.action(), product.version()),
        };
        let read = match call.product() {
            Product::Mns => from_xml,
            _ => from_json,
        };
        self.sender.send(call, region, request, sign, read).await
    }
}

#[cfg(test)]
mod tests;

//! One port for every product.
//!
//! A request goes to the product whose host it names; a client that only knows the loopback address is told apart by what it
//! sends. What nobody claims is for the function with the HTTP trigger.

mod admin;
mod hosts;
mod jd;
mod route;

use bytes::Bytes;
use http::{Request, Response, header};
use local_core::calls::{Call, CallLog};
use local_core::faults::Swallow;
use local_core::rpc::service::Rpc;
use local_fc::Fc;
use local_jd::Jd;
use local_mns::Mns;
use local_ops::opening::FcOpen;
use local_oss::Oss;
use local_sls::Sls;

pub(crate) use admin::Admin;
pub(crate) use hosts::exists;
pub(crate) use route::Destination;

/// A fault broke the connection: the client gets no answer. Whether the request had its effect is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fault broke the connection before the answer")]
pub struct Dropped;

/// All products on one port.
pub(crate) struct Gateway {
    pub rpc: Rpc,
    pub fc_open: FcOpen,
    pub mns: Mns,
    pub oss: Oss,
    pub sls: Sls,
    pub fc: Fc,
    pub jd: Jd,
    pub admin: Admin,
    pub calls: std::sync::Arc<CallLog>,
}

impl Gateway {
    /// Answers one request.
    pub(crate) async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        let destination = Destination::of(&request);
        let mut response = match destination {
            Destination::Rpc => self.rpc.handle(request).await,
            Destination::FcOpen => self.fc_open.handle(request).await,
            Destination::Mns => self.mns.handle(request).await,
            Destination::Oss => self.oss.handle(request).await,
            Destination::Sls => self.sls.handle(request).await,
            Destination::Fc => self.fc.handle(request).await,
            Destination::Jd => self.jd.handle(request).await,
            Destination::Admin => self.admin.handle(&request),
            Destination::Function => self.http_trigger(request).await,
        };
        if let Some(call) = response.extensions_mut().remove::<Call>() {
            self.calls.record(call);
        }
        match response.extensions_mut().remove::<Swallow>() {
            Some(Swallow) => Err(Dropped),
            None => Ok(response),
        }
    }

    /// Passes a request on to the function that its host names, else to the one that has an HTTP trigger.
    async fn http_trigger(&self, request: Request<Bytes>) -> Response<Bytes> {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let first = host.split('.').next().unwrap_or_default();
        let named = host.contains(route::FUNCTION_HOST).then(|| self.fc.http_function_at(first)).flatten();
        match named.or_else(|| self.fc.http_functions().into_iter().next()) {
            Some(key) => self.fc.http_trigger(&key, request).await,
            None => {
                let mut response = Response::new(Bytes::from_static(b"no function with an http trigger is deployed\n"));
                *response.status_mut() = http::StatusCode::NOT_FOUND;
                response
            }
        }
    }
}

//! One RPC call from beginning to end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode, header};

use super::envelope::{self, Envelope};
use super::nonce::Nonces;
use super::{Product, RpcError, RpcRequest, answer, caller};
use crate::access;
use crate::calls::{Call, CallInfo, Outcome};
use crate::faults::{Fault, Swallow};
use crate::regions::Region;
use crate::shared::Shared;

/// The products that speak RPC, by the version that clients send.
pub struct Rpc {
    shared: Shared,
    nonces: Nonces,
    products: Vec<(&'static str, Arc<dyn Product>)>,
}

/// A call that may be carried out.
struct Accepted<'a> {
    product: &'a dyn Product,
    request: RpcRequest,
    is_write: bool,
}

/// What became of a call.
struct Ended {
    result: Result<serde_json::Value, RpcError>,
    outcome: Option<Outcome>,
}

impl Rpc {
    /// These products, each by the version that its clients send.
    pub fn new(shared: Shared, products: Vec<(&'static str, Arc<dyn Product>)>) -> Self {
        Self { shared, nonces: Nonces::default(), products }
    }

    /// Answers one call. The response carries a [`Call`] once it is known what was asked, and [`Swallow`] when a fault
    /// wants the answer lost.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.request_id();
        let format = envelope::format(&parts, &body);
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let refuse = |error: &RpcError| answer::refusal(format, host, &request_id, error);

        let accepted = match self.accept(&parts, &body) {
            Ok(accepted) => accepted,
            Err(error) => return refuse(&error),
        };
        let Accepted { product, request, is_write } = accepted;
        let info = CallInfo {
            product: product.name(),
            action: request.action.clone(),
            account: request.account().to_owned(),
            region: request.region.clone(),
        };
        let needs = product.needs(&request);
        let allowed = access::check(&self.shared, &request.caller, &needs, &product.facts(&request));
        let Ended { result, outcome } = match allowed {
            Ok(()) => self.carry_out(product, &request, self.shared.faults.on_request(&info)).await,
            Err(denied) => {
                let error = RpcError::denied(product.denial(), &denied);
                Ended { result: Err(RpcError { status: product.denial_status(), ..error }), outcome: None }
            }
        };
        let mut response = match &result {
            Ok(answer) => answer::success(format, &request.action, &request_id, answer.clone()),
            Err(error) => refuse(error),
        };
        let swallow = outcome.is_some();
        let outcome = outcome.unwrap_or_else(|| match &result {
            Ok(_) => Outcome::Done,
            Err(error) => Outcome::Refused { code: error.code.clone() },
        });
        let resource = resource(&request, result.as_ref().ok());
        let at = self.shared.clock.now();
        response.extensions_mut().insert(Call {
            info,
            caller: Some(request.caller.principal),
            needs,
            is_write,
            outcome,
            request_id: request_id.clone(),
            resource,
            at,
        });
        if swallow {
            response.extensions_mut().insert(Swallow);
        }
        response
    }

    /// Proves the caller and finds product and action.
    fn accept(&self, parts: &Parts, body: &[u8]) -> Result<Accepted<'_>, RpcError> {
        let envelope = Envelope::read(parts, body)?;
        let unknown = || RpcError::unknown_action(&envelope.action, &envelope.version);
        let (_, product) =
            self.products.iter().find(|(version, _)| *version == envelope.version).ok_or_else(unknown)?;
        let is_write = product.is_write(&envelope.action).ok_or_else(unknown)?;
        let caller = caller::prove(&self.shared, &self.nonces, &envelope, parts, body)?;
        let region = match envelope.params.get("RegionId") {
            Some(region) => Region::find(region).ok_or_else(|| product.unknown_region(region))?.id.to_owned(),
            None => region_of_host(parts).map_or_else(|| self.shared.home.region.clone(), str::to_owned),
        };
        let Envelope { action, params, .. } = envelope;
        let request = RpcRequest { product: product.name(), action, caller, region, params };
        Ok(Accepted { product: product.as_ref(), request, is_write })
    }

    async fn carry_out(&self, product: &dyn Product, request: &RpcRequest, fault: Option<Fault>) -> Ended {
        let refused = |error| Ended { result: Err(error), outcome: None };
        match fault {
            None => Ended { result: product.call(request), outcome: None },
            Some(Fault::Slow { milliseconds }) => {
                self.shared.clock.sleep(Duration::from_millis(milliseconds)).await;
                Ended { result: product.call(request), outcome: None }
            }
            Some(Fault::LoseAnswer) => Ended { result: product.call(request), outcome: Some(Outcome::AnswerLost) },
            Some(Fault::DropBefore) => Ended { result: Err(internal_error()), outcome: Some(Outcome::DroppedBefore) },
            Some(Fault::Throttle) => {
                refused(RpcError::bad("Throttling.User", "Request was denied due to user flow control."))
            }
            Some(Fault::ServerError) => refused(internal_error()),
            Some(Fault::Unavailable) => refused(RpcError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            )),
            Some(Fault::Refuse { status, code }) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                let message = format!("The request was refused on demand with {code}.");
                refused(RpcError::new(status, code, message))
            }
        }
    }
}

fn internal_error() -> RpcError {
    RpcError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "The request processing has failed due to some unknown error.",
    )
}

/// The region in a product's own host name, as in `vpc.cn-qingdao.aliyuncs.com`.
fn region_of_host(parts: &Parts) -> Option<&'static str> {
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let host = host.strip_suffix(".aliyuncs.com")?;
    host.split('.').find_map(|label| Region::find(label).map(|region| region.id))
}

/// The resource that a call names or made, for the log.
fn resource(request: &RpcRequest, answer: Option<&serde_json::Value>) -> Option<String> {
    const IDS: [&str; 14] = [
        "EndpointId",
        "ServiceId",
        "ListenerId",
        "ServerGroupId",
        "LoadbalancerId",
        "LoadBalancerId",
        "RouterInterfaceId",
        "RouteEntryId",
        "VSwitchId",
        "VpcId",
        "RouteTableId",
        "InstanceId",
        "RoleArn",
        "QueueName",
    ];
    let made = answer.and_then(|answer| IDS.iter().find_map(|id| answer.get(*id)?.as_str()));
    let named = || IDS.iter().find_map(|id| request.params.get(id));
    made.or_else(named).map(str::to_owned)
}

//! One RPC call from beginning to end.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};

use super::envelope::{self, Envelope};
use super::nonce::Nonces;
use super::{Product, RpcError, RpcRequest, answer, caller};
use crate::access::Denied;
use crate::calls::Call;
use crate::coverage::Coverage;
use crate::pipeline::{Ordered, Refusals};
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
}

impl Refusals for dyn Product + '_ {
    type Error = RpcError;

    fn denied(&self, denied: &Denied) -> RpcError {
        RpcError { status: self.denial_status(), ..RpcError::denied(self.denial(), denied) }
    }

    fn ordered(&self, order: Ordered<'_>) -> RpcError {
        match order {
            Ordered::Throttle => RpcError::bad("Throttling.User", "Request was denied due to user flow control."),
            Ordered::ServerError => RpcError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalError",
                "The request processing has failed due to some unknown error.",
            ),
            Ordered::Unavailable => RpcError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            Ordered::Refuse { status, code } => {
                RpcError::new(status, code, format!("The request was refused on demand with {code}."))
            }
        }
    }
}

/// Makes a call inside this process, through policies and faults and into the log of calls, as a request over the wire would be.
/// Returns its request id with its outcome.
///
/// # Errors
/// The refusal.
pub async fn perform(
    shared: &Shared,
    product: &dyn Product,
    request: &RpcRequest,
) -> (String, Result<serde_json::Value, RpcError>) {
    let request_id = shared.ids.request_id();
    let mut call = begin(shared, product, request, &request_id);
    let (facts, work) = (product.facts(request), async { product.call(request) });
    let result = shared.carry_out(product, &mut call, &request.caller, &facts, work).await;
    call.resource = resource(request, result.as_ref().ok());
    shared.note(call, result.as_ref().err());
    (request_id, result)
}

fn begin(shared: &Shared, product: &dyn Product, request: &RpcRequest, request_id: &str) -> Call {
    let mut call = shared.begin(product.name(), &request.region, request_id);
    call.info.action.clone_from(&request.action);
    request.account().clone_into(&mut call.info.account);
    call.caller = Some(request.caller.principal.clone());
    call.needs = product.needs(request);
    call.is_write = product.is_write(&request.action).unwrap_or_default();
    call
}

impl Rpc {
    /// These products, each by the version that its clients send.
    pub fn new(shared: Shared, products: Vec<(&'static str, Arc<dyn Product>)>) -> Self {
        Self { shared, nonces: Nonces::default(), products }
    }

    /// What each product offers, in the order in which they were given.
    pub fn coverage(&self) -> impl Iterator<Item = Coverage> {
        self.products.iter().map(|(_, product)| product.coverage())
    }

    /// Answers one call. The response carries the record of the call once it is known what was asked.
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
        let Accepted { product, request } = accepted;
        let mut call = begin(&self.shared, product, &request, &request_id);
        let (facts, work) = (product.facts(&request), async { product.call(&request) });
        let result = self.shared.carry_out(product, &mut call, &request.caller, &facts, work).await;
        call.resource = resource(&request, result.as_ref().ok());
        let response = match &result {
            Ok(answer) => answer::success(format, &request.action, &request_id, answer.clone()),
            Err(error) => refuse(error),
        };
        call.attach(response, result.err().map(|error| error.code))
    }

    /// Proves the caller and finds product and action.
    fn accept(&self, parts: &Parts, body: &[u8]) -> Result<Accepted<'_>, RpcError> {
        // A page of common client errors has the code (docs/reference/vpc-connection-apis.md, section 0).
        if !matches!(parts.method, Method::GET | Method::POST) {
            return Err(RpcError::forbidden("UnsupportedHTTPMethod", "This http method is not supported."));
        }
        let envelope = Envelope::read(parts, body)?;
        let unknown = || RpcError::unknown_action(&envelope.action, &envelope.version);
        let (_, product) =
            self.products.iter().find(|(version, _)| *version == envelope.version).ok_or_else(unknown)?;
        product.is_write(&envelope.action).ok_or_else(unknown)?;
        let caller = caller::prove(&self.shared, &self.nonces, &envelope, parts, body)?;
        let region = match envelope.params.get("RegionId") {
            Some(region) => Region::find(region).ok_or_else(|| product.unknown_region(region))?.id.to_owned(),
            None => region_of_host(parts).map_or_else(|| self.shared.home.region.clone(), str::to_owned),
        };
        let Envelope { action, params, .. } = envelope;
        let request = RpcRequest { product: product.name(), action, caller, region, params };
        Ok(Accepted { product: product.as_ref(), request })
    }
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

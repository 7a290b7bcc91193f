//! The products that open others, and what they know of the roles that services have in an account
//! (docs/reference/deploy-apis.md, sections 2.3 and 3).
//!
//! | product | version | what of it |
//! | --- | --- | --- |
//! | ResourceManager | 2020-03-31 | service-linked roles |
//! | EventBridge | 2020-04-01 | whether it is open, its roles, the streams of function triggers |
//! | BssOpenApi | 2017-12-14 | the order that opens EventBridge |
//! | OSS | 2019-04-22 | opening |
//! | FC-Open | 2020-03-10 | opening; a path, not RPC |

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use local_core::access::{Denied, Need};
use local_core::calls::Product as Name;
use local_core::coverage::Coverage;
use local_core::directory::{LinkedService, role_key};
use local_core::opened::Openable;
use local_core::pipeline::{Ordered, Refusals};
use local_core::refuse_if;
use local_core::rpc::caller::prove;
use local_core::rpc::envelope::Envelope;
use local_core::rpc::nonce::Nonces;
use local_core::rpc::{Product, RpcError, RpcRequest};
use local_core::shared::Shared;
use local_fc::{EventStream, Fc};
use serde_json::{Value, json};

use crate::operation::{Operation, anything};
use crate::ram::Ram;

/// The number of an order.
fn order(shared: &Shared) -> String {
    (200_000_000_000_u64 + shared.ids.below(99_999_999_999)).to_string()
}

/// Declares a product of RPC style over one table of operations.
macro_rules! product {
    ($type:ident, $name:ident, $version:expr, $codes:literal, $denial:literal, [$($operation:expr),+ $(,)?]) => {
        impl $type {
            fn all() -> &'static [Operation<$type>] {
                const ALL: &[Operation<$type>] = &[$($operation),+];
                ALL
            }
        }

        impl Product for $type {
            fn name(&self) -> Name {
                Name::$name
            }

            fn is_write(&self, action: &str) -> Option<bool> {
                Operation::find(Self::all(), action).map(|operation| operation.writes)
            }

            fn needs(&self, request: &RpcRequest) -> Vec<Need> {
                Operation::needs(Self::all(), request)
            }

            fn facts(&self, request: &RpcRequest) -> Vec<(&'static str, String)> {
                request.params.get("ServiceName").map(|name| ("ram:ServiceName", name.to_owned())).into_iter().collect()
            }

            fn denial(&self) -> &'static str {
                $denial
            }

            fn coverage(&self) -> Coverage {
                Coverage::of_rpc(self, $version, Operation::names(Self::all()), include_str!($codes))
            }

            fn call(&self, request: &RpcRequest) -> Result<Value, RpcError> {
                Operation::call(Self::all(), self, request, $version)
            }
        }
    };
}

const fn read<P>(name: &'static str, run: fn(&P, &RpcRequest) -> Result<Value, RpcError>) -> Operation<P> {
    Operation { name, writes: false, on: anything, run }
}

const fn write<P>(name: &'static str, run: fn(&P, &RpcRequest) -> Result<Value, RpcError>) -> Operation<P> {
    Operation { name, writes: true, on: anything, run }
}

/// Service-linked roles, as ResourceManager has them.
pub struct ResourceManager {
    shared: Shared,
    ram: Ram,
}

/// The version that clients of [`ResourceManager`] send.
pub const RESOURCE_MANAGER: &str = "2020-03-31";

product!(
    ResourceManager,
    ResourceManager,
    RESOURCE_MANAGER,
    "resource-manager-codes.txt",
    "NoPermission",
    [
        write("CreateServiceLinkedRole", |product: &ResourceManager, request| product.ram.create_linked(request)),
        read("CheckServiceLinkedRoleExistence", ResourceManager::exists),
    ]
);

impl ResourceManager {
    /// The same roles as those of `ram`.
    #[must_use]
    pub fn new(shared: &Shared, ram: &Ram) -> Self {
        Self { shared: shared.clone(), ram: ram.clone() }
    }

    /// Not published; a tool of the cloud's own uses it.
    fn exists(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let name = request.params.required("ServiceName")?;
        let service = LinkedService::listed(name).ok_or_else(|| {
            RpcError::missing("EntityNotExist.Service", format!("The service {name} does not exist."))
        })?;
        Ok(json!({ "Exists": has_role(&self.shared, request.account(), service)? }))
    }
}

fn has_role(shared: &Shared, account: &str, service: &LinkedService) -> Result<bool, RpcError> {
    shared.identities.directory(|directory| Ok(directory.roles.get(&role_key(account, service.role)).is_some()))
}

/// EventBridge, as far as an operator needs it.
pub struct EventBridge {
    shared: Shared,
    fc: Fc,
}

/// The version that clients of [`EventBridge`] send.
pub const EVENT_BRIDGE: &str = "2020-04-01";

/// The roles that EventBridge makes by its own call. That for dead letters is made by its service's name alone.
const PRODUCTS: [&str; 2] = ["AliyunServiceRoleForEventBridgeSendToFC", "AliyunServiceRoleForEventBridgeSourceMNS"];

product!(
    EventBridge,
    EventBridge,
    EVENT_BRIDGE,
    "event-bridge-codes.txt",
    "NoPermission",
    [
        read("GetEventBridgeStatus", EventBridge::status),
        read("CheckServiceLinkedRoleForProduct", EventBridge::check_role),
        read("CheckRoleForProduct", EventBridge::check_role),
        write("CreateServiceLinkedRoleForProduct", EventBridge::create_role),
        read("ListEventStreamings", EventBridge::list_streams),
        write("PauseEventStreaming", |product: &EventBridge, request| product.set_paused(request, true)),
        write("StartEventStreaming", |product: &EventBridge, request| product.set_paused(request, false)),
    ]
);

impl EventBridge {
    /// The streams of these functions.
    #[must_use]
    pub fn new(shared: &Shared, fc: &Fc) -> Self {
        Self { shared: shared.clone(), fc: fc.clone() }
    }

    fn check_opened(&self, request: &RpcRequest) -> Result<(), RpcError> {
        refuse_if!(!self.shared.opened.has(request.account(), Openable::EventBridge),
            forbidden "ServiceNotEnable", "The account has not opened EventBridge.");
        Ok(())
    }

    fn status(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.check_opened(request)?;
        Ok(success(json!({ "Components": [{ "Name": "EventStreaming", "Status": "UP" }] })))
    }

    fn service(&self, request: &RpcRequest) -> Result<&'static LinkedService, RpcError> {
        self.check_opened(request)?;
        let name = request.params.required("ProductName")?;
        let service = LinkedService::of_role(name).filter(|_| PRODUCTS.contains(&name));
        service.ok_or_else(|| RpcError::bad("InvalidArgument", format!("ProductName {name} is not known.")))
    }

    fn check_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let service = self.service(request)?;
        let exists = has_role(&self.shared, request.account(), service)?;
        Ok(success(json!({ "CheckPass": exists, "StsRoleName": service.role })))
    }

    /// What it answers where the role exists is not confirmed: here HTTP 200 with another code than `Success`.
    fn create_role(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let service = self.service(request)?;
        if self.shared.identities.link(request.account(), service)? {
            return Ok(success(json!({ "StsRoleName": service.role })));
        }
        let message = format!("The role already exists: {}.", service.role);
        Ok(json!({ "Code": "EntityAlreadyExists.Role", "Message": message, "Success": false }))
    }

    fn list_streams(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        self.check_opened(request)?;
        let params = &request.params;
        let account = request.account();
        let shown = |stream: EventStream| {
            let source = format!("acs:mns:{}:{account}:/queues/{}", request.region, stream.queue);
            let sink = format!("acs:fc:{}:{account}:functions/{}", request.region, stream.function);
            let fits = params.get("SourceArn").is_none_or(|wanted| wanted == source)
                && params.get("SinkArn").is_none_or(|wanted| wanted == sink)
                && params.get("NamePrefix").is_none_or(|prefix| stream.name.starts_with(prefix));
            fits.then(|| {
                json!({
                    "EventStreamingName": stream.name,
                    // The values are not confirmed.
                    "Status": if stream.is_running { "RUNNING" } else { "PAUSED" },
                    "Source": { "SourceMNSParameters": { "QueueName": stream.queue, "RegionId": request.region } },
                    "Sink": { "SinkFcParameters": { "FunctionName": { "Value": stream.function } } },
                })
            })
        };
        let streams: Vec<Value> = self.fc.streams(account, &request.region).into_iter().filter_map(shown).collect();
        Ok(success(json!({ "Total": streams.len(), "EventStreamings": streams })))
    }

    fn set_paused(&self, request: &RpcRequest, paused: bool) -> Result<Value, RpcError> {
        self.check_opened(request)?;
        let name = request.params.required("EventStreamingName")?;
        match self.fc.set_stream_paused(request.account(), &request.region, name, paused)? {
            true => Ok(success(json!({}))),
            false => {
                Err(RpcError::missing("EventStreamingNotExist", format!("The event stream {name} does not exist.")))
            }
        }
    }
}

fn success(data: Value) -> Value {
    json!({ "Code": "Success", "Message": "success", "Success": true, "Data": data })
}

/// Orders of an account.
pub struct Bss {
    shared: Shared,
}

/// The version that clients of [`Bss`] send.
pub const BSS: &str = "2017-12-14";

product!(Bss, Bss, BSS, "bss-codes.txt", "NotAuthorized", [write("CreateInstance", Bss::create_instance)]);

impl Bss {
    /// Orders that open products.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone() }
    }

    fn create_instance(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let params = &request.params;
        let product = params.required("ProductCode")?;
        let kind = params.required("ProductType")?;
        refuse_if!(
            params.required("SubscriptionType")? != "PayAsYouGo",
            RpcError::invalid_parameter("SubscriptionType", "the product is PayAsYouGo")
        );
        refuse_if!(product != "eventbridge", bad "NotApplicable", "The product {product} is not ordered here.");
        // Accounts here belong to the site of China.
        refuse_if!(kind != "eventbridge_post_public_cn", bad "NotApplicable", "The product type {kind} is not applicable.");
        let was_closed = self.shared.opened.open(request.account(), Openable::EventBridge)?;
        refuse_if!(!was_closed, bad "ORDER.OPEND", "The product is open already.");
        let id = order(&self.shared);
        Ok(success(json!({ "OrderId": id, "InstanceId": format!("eventbridge-{id}") })))
    }
}

/// Opening object storage.
pub struct OssOpen {
    shared: Shared,
}

/// The version that clients of [`OssOpen`] send.
pub const OSS_OPEN: &str = "2019-04-22";

product!(OssOpen, OssOpen, OSS_OPEN, "oss-open-codes.txt", "NoPermission", [write("OpenOssService", OssOpen::open)]);

impl OssOpen {
    /// Opens object storage for accounts.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone() }
    }

    fn open(&self, request: &RpcRequest) -> Result<Value, RpcError> {
        let was_closed = self.shared.opened.open(request.account(), Openable::Oss)?;
        refuse_if!(!was_closed, bad "ORDER.OPEND", "The product is open already.");
        Ok(json!({ "OrderId": order(&self.shared) }))
    }
}

/// Opening functions: `POST /service/open`.
pub struct FcOpen {
    shared: Shared,
    nonces: Nonces,
}

/// The path of the one call.
pub const FC_OPEN_PATH: &str = "/service/open";

impl Refusals for FcOpen {
    type Error = RpcError;

    fn denied(&self, denied: &Denied) -> RpcError {
        RpcError::denied("AccessDenied", denied)
    }

    fn ordered(&self, order: Ordered<'_>) -> RpcError {
        let (status, code) = match order {
            Ordered::Throttle => (StatusCode::TOO_MANY_REQUESTS, "Throttling.User"),
            Ordered::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
            Ordered::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            Ordered::Refuse { status, code } => (status, code),
        };
        RpcError::new(status, code, "The request was refused on demand.")
    }
}

impl FcOpen {
    /// Opens functions for accounts.
    #[must_use]
    pub fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone(), nonces: Nonces::default() }
    }

    /// What it offers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        Coverage::new(Name::FcOpen, [("OpenFcService", true)], include_str!("fc-open-codes.txt"))
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = self.shared.ids.request_id();
        let mut call = self.shared.begin(Name::FcOpen, &self.shared.home.region, &request_id);
        let work = async {
            let identity = Envelope::read(&parts, &body)
                .and_then(|envelope| prove(&self.shared, &self.nonces, &envelope, &parts, &body))?;
            let is_known = parts.method == Method::POST && parts.uri.path() == FC_OPEN_PATH;
            refuse_if!(!is_known, RpcError::unknown_action(parts.uri.path(), "2020-03-10"));
            "OpenFcService".clone_into(&mut call.info.action);
            call.info.account.clone_from(&identity.account_id);
            call.caller = Some(identity.principal.clone());
            call.needs = vec![Need::new("fc:OpenFcService", "*")];
            call.is_write = true;
            let open = async {
                let was_closed = self.shared.opened.open(&identity.account_id, Openable::Fc)?;
                refuse_if!(!was_closed, bad "ORDER.OPEND", "The product is open already.");
                Ok(json!({ "orderId": order(&self.shared), "requestId": request_id }))
            };
            self.shared.carry_out(self, &mut call, &identity, &[], open).await
        };
        let result: Result<Value, RpcError> = work.await;
        let refused = result.as_ref().err().map(|error| error.code.clone());
        let (status, body) = match result {
            Ok(body) => (StatusCode::OK, body),
            Err(error) => {
                (error.status, json!({ "RequestId": request_id, "Code": error.code, "Message": error.message }))
            }
        };
        let mut response = Response::new(Bytes::from(body.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.attach(response, refused)
    }
}

//! The management API, as far as one needs it to poke functions: InvokeFunction and some reading (version 2023-03-30).

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use local_core::access::{Denied, Need};
use local_core::calls::{CallInfo, Product};
use local_core::pipeline::{Ordered, Refusals};
use local_core::rpc::RpcError;
use local_core::rpc::caller::prove;
use local_core::rpc::envelope::Envelope;
use serde_json::{Value, json};

use super::contract::put;
use super::invoke::{Call, Ended, Payload, invoke};
use super::log::TriggeredBy;
use super::web::refusal;
use super::{Deployed, Inner, InvokeError, SYNC_BYTES, new_request_id};

const VERSION: &str = "2023-03-30";

/// What a request line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operation {
    Invoke(String),
    Get(String),
    List,
    ListTriggers(String),
}

impl Operation {
    fn read(method: &Method, path: &str) -> Option<Self> {
        let mut parts = path.trim_start_matches('/').split('/');
        let (VERSION, "functions") = (parts.next()?, parts.next()?) else { return None };
        let rest: Vec<&str> = parts.collect();
        match (method.as_str(), rest.as_slice()) {
            ("GET", [] | [""]) => Some(Self::List),
            ("GET", [name]) => Some(Self::Get((*name).to_owned())),
            ("GET", [name, "triggers"]) => Some(Self::ListTriggers((*name).to_owned())),
            ("POST", [name, "invocations"]) => Some(Self::Invoke((*name).to_owned())),
            _ => None,
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Invoke(_) => "InvokeFunction",
            Self::Get(_) => "GetFunction",
            Self::List => "ListFunctions",
            Self::ListTriggers(_) => "ListTriggers",
        }
    }

    /// What the caller's policies must allow.
    fn needs(&self, info: &CallInfo) -> Vec<Need> {
        let resource = match self {
            Self::Invoke(name) | Self::Get(name) => format!("functions/{name}"),
            Self::ListTriggers(name) => format!("functions/{name}/triggers/*"),
            Self::List => "functions/*".to_owned(),
        };
        let resource = format!("acs:fc:{}:{}:{resource}", info.region, info.account);
        vec![Need::new(format!("fc:{}", self.action()), resource)]
    }

    fn function(&self) -> Option<&str> {
        match self {
            Self::Invoke(name) | Self::Get(name) | Self::ListTriggers(name) => Some(name),
            Self::List => None,
        }
    }
}

impl Refusals for Inner {
    type Error = RpcError;

    fn denied(&self, denied: &Denied) -> RpcError {
        RpcError::denied("AccessDenied", denied)
    }

    fn ordered(&self, order: Ordered<'_>) -> RpcError {
        let (status, code) = match order {
            Ordered::Throttle => (StatusCode::TOO_MANY_REQUESTS, "ResourceExhausted"),
            Ordered::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
            Ordered::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
            Ordered::Refuse { status, code } => (status, code),
        };
        RpcError::new(status, code, "a fault was asked for")
    }
}

impl Inner {
    pub(super) async fn handle(self: &Arc<Self>, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = new_request_id(&self.shared);
        let refuse = |error: &RpcError| refusal(error.status, &error.code, &error.message, &request_id);
        let Some(operation) = Operation::read(&parts.method, parts.uri.path()) else {
            let message = format!("there is no operation {} {}", parts.method, parts.uri.path());
            return refuse(&RpcError::missing("InvalidAction.NotFound", message));
        };
        let identity = Envelope::read(&parts, &body)
            .and_then(|envelope| prove(&self.shared, &self.nonces, &envelope, &parts, &body));
        let identity = match identity {
            Ok(identity) => identity,
            Err(error) => return refuse(&error),
        };
        let mut call = self.shared.begin(Product::Fc, &self.shared.home.region, &request_id);
        operation.action().clone_into(&mut call.info.action);
        call.info.account.clone_from(&identity.account_id);
        call.caller = Some(identity.principal.clone());
        call.needs = operation.needs(&call.info);
        call.is_write = matches!(operation, Operation::Invoke(_));
        call.resource = operation.function().map(str::to_owned);
        let work = self.perform(&operation, &identity.account_id, &parts, body);
        let result = self.shared.carry_out(&**self, &mut call, &identity, &[], work).await;
        let refused = result.as_ref().err().map(|error| error.code.clone());
        let mut response = result.unwrap_or_else(|error| refuse(&error));
        if !response.headers().contains_key("x-fc-request-id") {
            put(response.headers_mut(), "x-fc-request-id", &request_id);
        }
        call.attach(response, refused)
    }

    async fn perform(
        self: &Arc<Self>,
        operation: &Operation,
        account: &str,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Response<Bytes>, RpcError> {
        // Somebody else's functions do not exist.
        let own = |name: &str| match self.deployed(name) {
            Ok(deployed) if deployed.pool.place.account_id == account => Ok(deployed),
            _ => Err(not_found(name)),
        };
        match operation {
            Operation::Invoke(name) => self.invoke_function(name, &*own(name)?, parts, body).await,
            Operation::Get(name) => Ok(answer(&describe(&*own(name)?))),
            Operation::List => {
                let all = self.functions();
                let mine = all.values().filter(|deployed| deployed.pool.place.account_id == account);
                Ok(answer(&json!({ "functions": mine.map(|one| describe(one)).collect::<Vec<_>>() })))
            }
            Operation::ListTriggers(name) => {
                let triggers: Vec<Value> = own(name)?
                    .triggers
                    .iter()
                    .map(|(name, kind)| json!({ "triggerName": name, "triggerType": kind, "status": "Enabled" }))
                    .collect();
                Ok(answer(&json!({ "triggers": triggers })))
            }
        }
    }

    async fn invoke_function(
        self: &Arc<Self>,
        name: &str,
        deployed: &Deployed,
        parts: &Parts,
        event: Bytes,
    ) -> Result<Response<Bytes>, RpcError> {
        let kind = parts.headers.get("x-fc-invocation-type").map(HeaderValue::as_bytes);
        match kind {
            Some(kind) if kind.eq_ignore_ascii_case(b"async") => {
                let accepted = self.accept(name, &event, TriggeredBy::Api).map_err(refused)?;
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::ACCEPTED;
                put(response.headers_mut(), "x-fc-request-id", &accepted);
                Ok(response)
            }
            Some(kind) if !kind.eq_ignore_ascii_case(b"sync") => {
                Err(RpcError::bad("InvalidArgument", "X-Fc-Invocation-Type must be Sync or Async"))
            }
            _ if event.len() > SYNC_BYTES => Err(refused(InvokeError::TooLarge { most: SYNC_BYTES })),
            _ => {
                let call = Call { payload: Payload::Event(event), ..Call::event(Bytes::new(), TriggeredBy::Api) };
                Ok(conclude(invoke(&deployed.pool, &self.shared, &self.log, call).await))
            }
        }
    }
}

/// What the caller sees of a synchronous call: always HTTP 200 and the body alone, a failure named in a header
/// (docs/reference/function-compute.md, section 1.4).
fn conclude(ended: Ended) -> Response<Bytes> {
    let error = ended.outcome.error_type();
    let body = match ended.response {
        Some(response) => response.into_body(),
        None => json!({ "errorMessage": ended.outcome.message(), "errorType": error }).to_string().into(),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    put(response.headers_mut(), "x-fc-request-id", &ended.request_id);
    if let Some(error) = error {
        put(response.headers_mut(), "x-fc-error-type", error);
    }
    response
}

/// A function as GetFunction shows it. Its environment is shown by name only: values may be secrets, and the console prints this.
fn describe(deployed: &Deployed) -> Value {
    let config = &deployed.pool.config;
    let place = &deployed.pool.place;
    let names: serde_json::Map<String, Value> =
        config.environment_variables.keys().map(|name| (name.clone(), Value::from("******"))).collect();
    json!({
        "functionName": config.function_name,
        "functionArn": config.arn(&place.account_id, &place.region),
        "description": config.description.clone().unwrap_or_default(),
        "runtime": config.runtime,
        "handler": config.handler,
        "timeout": config.timeout,
        "memorySize": config.memory_size,
        "cpu": config.cpu,
        "diskSize": config.disk_size,
        "instanceConcurrency": config.instance_concurrency,
        "role": config.role.clone().unwrap_or_default(),
        "environmentVariables": names,
        "state": "Active",
    })
}

fn answer(body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn not_found(name: &str) -> RpcError {
    RpcError::missing("FunctionNotFound", format!("function '{name}' does not exist"))
}

fn refused(error: InvokeError) -> RpcError {
    match error {
        InvokeError::NoSuchFunction(name) => not_found(&name),
        InvokeError::TooLarge { .. } => {
            RpcError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", error.to_string())
        }
        InvokeError::Storage(error) => error.into(),
    }
}

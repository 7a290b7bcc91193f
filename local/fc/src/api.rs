//! The management API (version 2023-03-30) on the wire: request lines, the caller, the answer. What it does is in `manage`.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use local_core::access::{Denied, Need};
use local_core::calls::{Call as Record, Product};
use local_core::identity::Identity;
use local_core::opened::Openable;
use local_core::pipeline::{Ordered, Refusals};
use local_core::ram::{parse_role_arn, role_arn};
use local_core::refuse_if;
use local_core::regions::Region;
use local_core::rpc::RpcError;
use local_core::rpc::caller::prove;
use local_core::rpc::envelope::Envelope;
use serde_json::{Value, json};

use super::contract::{Place, put};
use super::invoke::{Call, Ended};
use super::log::TriggeredBy;
use super::manage::parameter;
use super::versions::Target;
use super::web::refusal;
use super::{Deployed, Fc, Inner, InvokeError, SYNC_BYTES, new_request_id};

const VERSION: &str = "2023-03-30";

/// What a request line asks for, with its body where it has one.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the service's own")]
pub enum Operation {
    InvokeFunction { function: String, qualifier: Option<String> },
    CreateFunction { body: Value },
    GetFunction { function: String, qualifier: Option<String> },
    UpdateFunction { function: String, body: Value },
    DeleteFunction { function: String },
    ListFunctions { query: Vec<(String, String)> },
    GetFunctionCode { function: String, qualifier: Option<String> },
    CreateTrigger { function: String, body: Value },
    GetTrigger { function: String, trigger: String },
    UpdateTrigger { function: String, trigger: String, body: Value },
    DeleteTrigger { function: String, trigger: String },
    ListTriggers { function: String },
    PutAsyncInvokeConfig { function: String, body: Value },
    GetAsyncInvokeConfig { function: String },
    DeleteAsyncInvokeConfig { function: String },
    PublishFunctionVersion { function: String, body: Value },
    ListFunctionVersions { function: String, query: Vec<(String, String)> },
    DeleteFunctionVersion { function: String, version: String },
    CreateAlias { function: String, body: Value },
    GetAlias { function: String, alias: String },
    UpdateAlias { function: String, alias: String, body: Value },
    ListAliases { function: String, query: Vec<(String, String)> },
    DeleteAlias { function: String, alias: String },
}

/// All of them, and which of them write.
pub(super) const ALL: [(&str, bool); 23] = [
    ("InvokeFunction", true),
    ("CreateFunction", true),
    ("GetFunction", false),
    ("UpdateFunction", true),
    ("DeleteFunction", true),
    ("ListFunctions", false),
    ("GetFunctionCode", false),
    ("CreateTrigger", true),
    ("GetTrigger", false),
    ("UpdateTrigger", true),
    ("DeleteTrigger", true),
    ("ListTriggers", false),
    ("PutAsyncInvokeConfig", true),
    ("GetAsyncInvokeConfig", false),
    ("DeleteAsyncInvokeConfig", true),
    ("PublishFunctionVersion", true),
    ("ListFunctionVersions", false),
    ("DeleteFunctionVersion", true),
    ("CreateAlias", true),
    ("GetAlias", false),
    ("UpdateAlias", true),
    ("ListAliases", false),
    ("DeleteAlias", true),
];

impl Operation {
    fn read(parts: &Parts, body: &[u8]) -> Result<Self, RpcError> {
        let (method, path) = (&parts.method, parts.uri.path());
        let unknown = || RpcError::missing("InvalidAction.NotFound", format!("there is no operation {method} {path}"));
        let mut segments = path.trim_start_matches('/').split('/');
        refuse_if!((segments.next(), segments.next()) != (Some(VERSION), Some("functions")), unknown());
        let rest: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
        let is_empty = body.is_empty();
        let body = || -> Result<Value, RpcError> {
            let value: Value = serde_json::from_slice(body)
                .map_err(|error| RpcError::bad("InvalidArgument", format!("the body is not JSON: {error}")))?;
            refuse_if!(!value.is_object(), bad "InvalidArgument", "the body is not a JSON object");
            Ok(value)
        };
        let optional_body = || if is_empty { Ok(json!({})) } else { body() };
        let owned = |text: &&str| (*text).to_owned();
        let query = || cloud_signing::encode::form_pairs(parts.uri.query().unwrap_or_default());
        let qualifier = || parameter(&query(), "qualifier").map(str::to_owned);
        Ok(match (method.as_str(), rest.as_slice()) {
            ("GET", []) => Self::ListFunctions { query: query() },
            ("POST", []) => Self::CreateFunction { body: body()? },
            ("GET", [name]) => Self::GetFunction { function: owned(name), qualifier: qualifier() },
            ("PUT", [name]) => Self::UpdateFunction { function: owned(name), body: body()? },
            ("DELETE", [name]) => Self::DeleteFunction { function: owned(name) },
            ("GET", [name, "code"]) => Self::GetFunctionCode { function: owned(name), qualifier: qualifier() },
            ("POST", [name, "invocations"]) => Self::InvokeFunction { function: owned(name), qualifier: qualifier() },
            ("GET", [name, "triggers"]) => Self::ListTriggers { function: owned(name) },
            ("POST", [name, "triggers"]) => Self::CreateTrigger { function: owned(name), body: body()? },
            ("GET", [name, "triggers", trigger]) => Self::GetTrigger { function: owned(name), trigger: owned(trigger) },
            ("PUT", [name, "triggers", trigger]) => {
                Self::UpdateTrigger { function: owned(name), trigger: owned(trigger), body: body()? }
            }
            ("DELETE", [name, "triggers", trigger]) => {
                Self::DeleteTrigger { function: owned(name), trigger: owned(trigger) }
            }
            ("PUT", [name, "async-invoke-config"]) => {
                Self::PutAsyncInvokeConfig { function: owned(name), body: body()? }
            }
            ("GET", [name, "async-invoke-config"]) => Self::GetAsyncInvokeConfig { function: owned(name) },
            ("DELETE", [name, "async-invoke-config"]) => Self::DeleteAsyncInvokeConfig { function: owned(name) },
            ("POST", [name, "versions"]) => {
                Self::PublishFunctionVersion { function: owned(name), body: optional_body()? }
            }
            ("GET", [name, "versions"]) => Self::ListFunctionVersions { function: owned(name), query: query() },
            ("DELETE", [name, "versions", version]) => {
                Self::DeleteFunctionVersion { function: owned(name), version: owned(version) }
            }
            ("GET", [name, "aliases"]) => Self::ListAliases { function: owned(name), query: query() },
            ("POST", [name, "aliases"]) => Self::CreateAlias { function: owned(name), body: body()? },
            ("GET", [name, "aliases", alias]) => Self::GetAlias { function: owned(name), alias: owned(alias) },
            ("PUT", [name, "aliases", alias]) => {
                Self::UpdateAlias { function: owned(name), alias: owned(alias), body: body()? }
            }
            ("DELETE", [name, "aliases", alias]) => Self::DeleteAlias { function: owned(name), alias: owned(alias) },
            _ => return Err(unknown()),
        })
    }

    fn action(&self) -> &'static str {
        match self {
            Self::InvokeFunction { .. } => "InvokeFunction",
            Self::CreateFunction { .. } => "CreateFunction",
            Self::GetFunction { .. } => "GetFunction",
            Self::UpdateFunction { .. } => "UpdateFunction",
            Self::DeleteFunction { .. } => "DeleteFunction",
            Self::ListFunctions { .. } => "ListFunctions",
            Self::GetFunctionCode { .. } => "GetFunctionCode",
            Self::CreateTrigger { .. } => "CreateTrigger",
            Self::GetTrigger { .. } => "GetTrigger",
            Self::UpdateTrigger { .. } => "UpdateTrigger",
            Self::DeleteTrigger { .. } => "DeleteTrigger",
            Self::ListTriggers { .. } => "ListTriggers",
            Self::PutAsyncInvokeConfig { .. } => "PutAsyncInvokeConfig",
            Self::GetAsyncInvokeConfig { .. } => "GetAsyncInvokeConfig",
            Self::DeleteAsyncInvokeConfig { .. } => "DeleteAsyncInvokeConfig",
            Self::PublishFunctionVersion { .. } => "PublishFunctionVersion",
            Self::ListFunctionVersions { .. } => "ListFunctionVersions",
            Self::DeleteFunctionVersion { .. } => "DeleteFunctionVersion",
            Self::CreateAlias { .. } => "CreateAlias",
            Self::GetAlias { .. } => "GetAlias",
            Self::UpdateAlias { .. } => "UpdateAlias",
            Self::ListAliases { .. } => "ListAliases",
            Self::DeleteAlias { .. } => "DeleteAlias",
        }
    }

    /// What the caller's policies must allow; passing a role to the service among it.
    fn needs(&self, account: &str, region: &str) -> Vec<Need> {
        let on = |resource: String| {
            Need::new(format!("fc:{}", self.action()), format!("acs:fc:{region}:{account}:functions/{resource}"))
        };
        match self {
            Self::ListFunctions { .. } => vec![on("*".to_owned())],
            Self::CreateFunction { body } => {
                let name = body.get("functionName").and_then(Value::as_str).unwrap_or("*");
                [vec![on(name.to_owned())], pass_role(body)].concat()
            }
            Self::UpdateFunction { function, body } => [vec![on(function.clone())], pass_role(body)].concat(),
            Self::CreateTrigger { function, .. } | Self::ListTriggers { function } => {
                vec![on(format!("{function}/triggers/*"))]
            }
            Self::GetTrigger { function, trigger }
            | Self::UpdateTrigger { function, trigger, .. }
            | Self::DeleteTrigger { function, trigger } => vec![on(format!("{function}/triggers/{trigger}"))],
            // Which resources versions and aliases are is in no source: by the pattern of triggers.
            Self::PublishFunctionVersion { function, .. } | Self::ListFunctionVersions { function, .. } => {
                vec![on(format!("{function}/versions/*"))]
            }
            Self::DeleteFunctionVersion { function, version } => vec![on(format!("{function}/versions/{version}"))],
            Self::CreateAlias { function, .. } | Self::ListAliases { function, .. } => {
                vec![on(format!("{function}/aliases/*"))]
            }
            Self::GetAlias { function, alias }
            | Self::UpdateAlias { function, alias, .. }
            | Self::DeleteAlias { function, alias } => vec![on(format!("{function}/aliases/{alias}"))],
            Self::InvokeFunction { function, .. }
            | Self::GetFunction { function, .. }
            | Self::DeleteFunction { function }
            | Self::GetFunctionCode { function, .. }
            | Self::PutAsyncInvokeConfig { function, .. }
            | Self::GetAsyncInvokeConfig { function }
            | Self::DeleteAsyncInvokeConfig { function } => vec![on(function.clone())],
        }
    }

    /// What the service reads on the caller's behalf: the package.
    pub(super) fn reads(&self, account: &str) -> Option<Need> {
        let (Self::CreateFunction { body } | Self::UpdateFunction { body, .. }) = self else { return None };
        let code = body.get("code")?;
        let text = |name: &str| code.get(name).and_then(Value::as_str);
        let (bucket, key) = (text("ossBucketName")?, text("ossObjectName")?);
        Some(Need::new("oss:GetObject", format!("acs:oss:*:{account}:{bucket}/{key}")))
    }

    fn resource(&self) -> Option<String> {
        match self {
            Self::ListFunctions { .. } => None,
            Self::CreateFunction { body } => body.get("functionName").and_then(Value::as_str).map(str::to_owned),
            Self::GetTrigger { function, trigger }
            | Self::UpdateTrigger { function, trigger, .. }
            | Self::DeleteTrigger { function, trigger } => Some(format!("{function}/{trigger}")),
            Self::DeleteFunctionVersion { function, version } => Some(format!("{function}/{version}")),
            Self::GetAlias { function, alias }
            | Self::UpdateAlias { function, alias, .. }
            | Self::DeleteAlias { function, alias } => Some(format!("{function}/{alias}")),
            Self::InvokeFunction { function, .. }
            | Self::GetFunction { function, .. }
            | Self::UpdateFunction { function, .. }
            | Self::DeleteFunction { function }
            | Self::GetFunctionCode { function, .. }
            | Self::PublishFunctionVersion { function, .. }
            | Self::ListFunctionVersions { function, .. }
            | Self::CreateAlias { function, .. }
            | Self::ListAliases { function, .. }
            | Self::CreateTrigger { function, .. }
            | Self::ListTriggers { function }
            | Self::PutAsyncInvokeConfig { function, .. }
            | Self::GetAsyncInvokeConfig { function }
            | Self::DeleteAsyncInvokeConfig { function } => Some(function.clone()),
        }
    }
}

fn pass_role(body: &Value) -> Vec<Need> {
    let arn = body.get("role").and_then(Value::as_str).filter(|arn| !arn.is_empty());
    let of = |arn: &str| parse_role_arn(arn).map_or_else(|| arn.to_owned(), |(account, name)| role_arn(account, name));
    arn.map(|arn| Need::new("ram:PassRole", of(arn))).into_iter().collect()
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

impl Fc {
    /// Does one thing on a caller's behalf, through policies and faults and into the log of calls, as a request over the wire would
    /// be. Returns its request id with its outcome.
    ///
    /// # Errors
    /// The refusal. InvokeFunction is refused: see [`Fc::invoke`].
    pub async fn call(
        &self,
        caller: &Identity,
        region: &str,
        operation: &Operation,
    ) -> (String, Result<Value, RpcError>) {
        let inner = &self.0;
        let request_id = new_request_id(&inner.shared);
        let mut call = inner.begin(caller, region, operation, &request_id);
        let work = async { inner.manage(operation, caller, &inner.place(caller, region)) };
        let result = inner.shared.carry_out(&**inner, &mut call, caller, &[], work).await;
        inner.shared.note(call, result.as_ref().err());
        (request_id, result)
    }

    /// What an operation needs of the caller's policies, what the service does on the caller's behalf included.
    #[must_use]
    pub fn needs(operation: &Operation, account_id: &str, region: &str) -> Vec<Need> {
        operation.needs(account_id, region).into_iter().chain(operation.reads(account_id)).collect()
    }
}

impl Inner {
    pub(super) async fn handle(self: &Arc<Self>, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let request_id = new_request_id(&self.shared);
        let refuse = |error: &RpcError| refusal(error.status, &error.code, &error.message, &request_id);
        let operation = match Operation::read(&parts, &body) {
            Ok(operation) => operation,
            Err(error) => return refuse(&error),
        };
        let identity = Envelope::read(&parts, &body)
            .and_then(|envelope| prove(&self.shared, &self.nonces, &envelope, &parts, &body));
        let identity = match identity {
            Ok(identity) => identity,
            Err(error) => return refuse(&error),
        };
        let (account, region) = account_and_region(&parts.headers);
        let region = region.unwrap_or(&self.shared.home.region);
        let mut call = self.begin(&identity, region, &operation, &request_id);
        let work = async {
            refuse_if!(account.is_some_and(|account| account != identity.account_id),
                forbidden "AccessDenied", "the host names another account than that of the key");
            let place = self.place(&identity, region);
            match &operation {
                Operation::InvokeFunction { function, qualifier } => {
                    self.invoke_function(function, qualifier.as_deref(), &place, &parts, body).await
                }
                other => self.manage(other, &identity, &place).map(|answer| write(&answer, &parts.method)),
            }
        };
        let result = self.shared.carry_out(&**self, &mut call, &identity, &[], work).await;
        let refused = result.as_ref().err().map(|error| error.code.clone());
        let mut response = result.unwrap_or_else(|error| refuse(&error));
        if !response.headers().contains_key("x-fc-request-id") {
            put(response.headers_mut(), "x-fc-request-id", &request_id);
        }
        call.attach(response, refused)
    }

    fn begin(&self, caller: &Identity, region: &str, operation: &Operation, request_id: &str) -> Record {
        let mut call = self.shared.begin(Product::Fc, region, request_id);
        operation.action().clone_into(&mut call.info.action);
        call.info.account.clone_from(&caller.account_id);
        call.caller = Some(caller.principal.clone());
        call.needs = operation.needs(&caller.account_id, region);
        call.is_write = ALL.iter().any(|(name, writes)| *name == operation.action() && *writes);
        call.resource = operation.resource();
        call
    }

    fn place(&self, caller: &Identity, region: &str) -> Place {
        Place { account_id: caller.account_id.clone(), region: region.to_owned() }
    }

    /// Whether the account may use the product at all. The code is the one that clients report; no reference has it.
    pub(super) fn check_opened(&self, account: &str) -> Result<(), RpcError> {
        refuse_if!(!self.shared.opened.has(account, Openable::Fc), forbidden "AccessDenied",
            "FC service is not enabled for current user.");
        Ok(())
    }

    async fn invoke_function(
        self: &Arc<Self>,
        name: &str,
        qualifier: Option<&str>,
        place: &Place,
        parts: &Parts,
        event: Bytes,
    ) -> Result<Response<Bytes>, RpcError> {
        self.check_opened(&place.account_id)?;
        let Target { pool, qualifier, version } = self.target(place, name, qualifier)?;
        let kind = parts.headers.get("x-fc-invocation-type").map(HeaderValue::as_bytes);
        match kind {
            Some(kind) if kind.eq_ignore_ascii_case(b"async") => {
                let chosen = version.map(|id| (qualifier, id));
                let accepted = self.accept_for(&place.key(name), chosen, &event, TriggeredBy::Api).map_err(refused)?;
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
                let call = Call { qualifier, ..Call::event(event, TriggeredBy::Api) };
                Ok(conclude(self.invoke(&pool, call).await))
            }
        }
    }

    /// The function of an account. Somebody else's functions do not exist.
    pub(super) fn find(&self, place: &Place, name: &str) -> Result<Arc<Deployed>, RpcError> {
        self.deployed(&place.key(name)).map_err(|_| not_found(name))
    }
}

/// What `{account}.{region}.fc.aliyuncs.com` or `fcv3.{region}.aliyuncs.com` names.
fn account_and_region(headers: &HeaderMap) -> (Option<&str>, Option<&'static str>) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.rsplit("//").next().unwrap_or_default().split(':').next().unwrap_or_default();
    let Some(labels) = host.strip_suffix(".aliyuncs.com") else { return (None, None) };
    let labels: Vec<&str> = labels.split('.').collect();
    let region = labels.iter().find_map(|label| Region::find(label.trim_end_matches("-internal")));
    let account =
        labels.first().filter(|label| labels.last() == Some(&"fc") && label.bytes().all(|b| b.is_ascii_digit()));
    (account.copied(), region.map(|region| region.id))
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

fn write(body: &Value, method: &Method) -> Response<Bytes> {
    if *method == Method::DELETE {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return response;
    }
    let mut response = Response::new(Bytes::from(body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn not_found(name: &str) -> RpcError {
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

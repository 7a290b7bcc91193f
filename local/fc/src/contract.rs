//! The custom runtime contract: what an instance is told, and how its answers are read
//! (docs/reference/function-compute.md, sections 1.2–1.6).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, Uri};
use local_core::identity::Issued;
use secrecy::ExposeSecret as _;

use super::FunctionConfig;
use super::log::Outcome;

/// The header by which an instance knows what a request is.
pub const CONTROL_PATH: &str = "x-fc-control-path";
/// The header by which an instance reports the outcome: `200` or `404`.
pub const STATUS: &str = "x-fc-status";
/// The header with the request id.
pub const REQUEST_ID: &str = "x-fc-request-id";

/// How much of a failed function's answer is kept in the log, in characters.
const KEPT: usize = 500;

/// Whose function it is and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub account_id: String,
    pub region: String,
}

impl Place {
    /// What a function of this name is kept under.
    pub(super) fn key(&self, function: &str) -> String {
        format!("{}/{}/{function}", self.account_id, self.region)
    }
}

/// The environment of an instance: the function's own and the platform's (docs/reference/function-compute.md, section
/// 1.6). Ports are the launcher's matter.
pub(super) fn environment(
    function: &FunctionConfig,
    place: &Place,
    instance_id: &str,
    credentials: Option<&Issued>,
) -> BTreeMap<String, String> {
    let mut environment = function.environment_variables.clone();
    let mut put = |name: &str, value: &str| environment.insert(name.to_owned(), value.to_owned());
    put("FC_FUNC_CODE_PATH", "/code");
    put("FC_ACCOUNT_ID", &place.account_id);
    put("FC_REGION", &place.region);
    put("FC_FUNCTION_NAME", &function.function_name);
    put("FC_FUNCTION_HANDLER", &function.handler);
    put("FC_FUNCTION_MEMORY_SIZE", &function.memory_size.to_string());
    put("FC_INSTANCE_ID", instance_id);
    put("FC_RUNTIME", &function.runtime);
    put("FC_TIMEOUT", &function.timeout.to_string());
    if let Some(initializer) = &function.instance_lifecycle_config.initializer {
        put("FC_INITIALIZER_HANDLER", &initializer.handler);
        put("FC_INITIALIZATION_TIMEOUT", &initializer.timeout.to_string());
    }
    if let Some(issued) = credentials {
        put("ALIBABA_CLOUD_ACCESS_KEY_ID", &issued.access_key_id);
        put("ALIBABA_CLOUD_ACCESS_KEY_SECRET", issued.access_key_secret.expose_secret());
        put("ALIBABA_CLOUD_SECURITY_TOKEN", issued.security_token.expose_secret());
    }
    environment
}

/// What all requests of one call tell the instance.
pub(super) struct RequestContext<'a> {
    pub function: &'a FunctionConfig,
    pub place: &'a Place,
    /// What the caller asked for: a version, an alias or `LATEST`.
    pub qualifier: &'a str,
    /// The version that it came to; empty for `LATEST`.
    pub version: &'a str,
    pub request_id: &'a str,
    pub retry: u32,
    pub credentials: Option<&'a Issued>,
}

impl RequestContext<'_> {
    /// An event.
    pub(super) fn invoke(&self, event: Bytes) -> Request<Bytes> {
        let mut request = self.control(Method::POST, "/invoke", event);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        request
    }

    /// The call before the first one.
    pub(super) fn initialize(&self) -> Request<Bytes> {
        self.control(Method::POST, "/initialize", Bytes::new())
    }

    /// The call after the last one. Its control path is not documented; its own path is the likely value.
    pub(super) fn pre_stop(&self) -> Request<Bytes> {
        self.control(Method::GET, "/pre-stop", Bytes::new())
    }

    /// A client's request, passed on.
    pub(super) fn http(&self, mut request: Request<Bytes>) -> Request<Bytes> {
        let base_path = request.uri().path().to_owned();
        strip_request(request.headers_mut());
        self.tell(request.headers_mut(), "/http-invoke");
        put(request.headers_mut(), "x-fc-base-path", &base_path);
        request
    }

    fn control(&self, method: Method, path: &'static str, body: Bytes) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_static(path);
        self.tell(request.headers_mut(), path);
        request
    }

    /// The common headers. Those without a value are sent empty, as the real service does.
    fn tell(&self, headers: &mut HeaderMap, control_path: &str) {
        let Self { function, place, .. } = self;
        // The images of today get none by header: theirs are in the environment, and as old as the instance.
        let told = self.credentials.filter(|_| function.runtime == "custom");
        let secret = |read: fn(&Issued) -> &str| told.map_or("", read);
        for (name, value) in [
            (CONTROL_PATH, control_path),
            (REQUEST_ID, self.request_id),
            ("x-fc-access-key-id", secret(|issued| &issued.access_key_id)),
            ("x-fc-access-key-secret", secret(|issued| issued.access_key_secret.expose_secret())),
            ("x-fc-security-token", secret(|issued| issued.security_token.expose_secret())),
            ("x-fc-function-name", &function.function_name),
            ("x-fc-function-handler", &function.handler),
            ("x-fc-function-memory", &function.memory_size.to_string()),
            ("x-fc-function-timeout", &function.timeout.to_string()),
            ("x-fc-region", &place.region),
            ("x-fc-account-id", &place.account_id),
            ("x-fc-qualifier", self.qualifier),
            ("x-fc-version-id", self.version),
            ("x-fc-retry-count", &self.retry.to_string()),
            ("x-fc-service-name", ""),
            ("x-fc-service-logproject", ""),
            ("x-fc-service-logstore", ""),
            ("x-fc-tracing-opentracing-span-context", ""),
            ("x-fc-tracing-opentracing-span-baggages", ""),
            ("x-fc-tracing-jaeger-endpoint", ""),
        ] {
            put(headers, name, value);
        }
        for name in ["x-fc-access-key-secret", "x-fc-security-token"] {
            if let Some(value) = headers.get_mut(name) {
                value.set_sensitive(true);
            }
        }
    }
}

/// Sets a header. A value that no header can hold is left out rather than sent broken.
pub(super) fn put(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        headers.insert(name, value);
    }
}

/// How an answer counts. Without `x-fc-status` it is a success, whatever its HTTP status
/// (docs/reference/function-compute.md, section 1.4).
pub(super) fn judge(response: &Response<Bytes>) -> Outcome {
    match response.headers().get(STATUS).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"200") => Outcome::Succeeded,
        Some(_) => Outcome::Failed(explanation(response.body())),
    }
}

/// What went wrong in a function's own words: `errorMessage` where the body follows the convention, else its beginning.
fn explanation(body: &[u8]) -> String {
    let said = serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|body| Some(body.get("errorMessage")?.as_str()?.to_owned()));
    let text = said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    match text.char_indices().nth(KEPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Takes away what a client may not tell a function (docs/reference/function-compute.md, section 2.1).
fn strip_request(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-fc-") || matches!(name.as_str(), "connection" | "keep-alive"))
        .cloned()
        .collect();
    for name in own {
        headers.remove(name);
    }
}

/// Takes away what a function may not tell a client (docs/reference/function-compute.md, section 2.1).
pub(super) fn strip_response(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| match name.as_str() {
            "connection" | "content-length" | "transfer-encoding" | "date" | "keep-alive" | "server" => true,
            "content-disposition" => value.as_bytes().eq_ignore_ascii_case(b"attachment"),
            name => name.starts_with("x-fc-"),
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in own {
        headers.remove(name);
    }
}

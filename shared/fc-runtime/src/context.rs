//! [`Context`]: what FC says about a call, and the environment it runs in.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::Retirement;
use crate::{CallKind, Credentials, Environment};

/// Tells the time. The system's clock unless [`Runtime::clock`](crate::Runtime::clock) sets another.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What FC says about a call. Cheap to clone.
///
/// Every value comes from the call's `x-fc-*` headers, those that do not change from call to call also from the environment.
/// FC sends unset values as empty strings: they are `None` here. Nothing is parsed before it is asked for.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    kind: CallKind,
    request_id: String,
    headers: HeaderMap,
    environment: Environment,
    received: SystemTime,
    clock: Clock,
    retirement: Retirement,
}

impl Context {
    /// A context from the headers of an event call received at `received`, as a test of a handler needs it.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "only tests of handlers make a context of their own")]
    pub fn new(headers: HeaderMap, environment: Environment, received: SystemTime) -> Self {
        let clock: Clock = Arc::new(SystemTime::now);
        Self::of(CallKind::Event, headers, environment, clock, received, Retirement::default(), String::new)
    }

    /// `local_id` names a call that came without a request id, as only local runs have them.
    pub(crate) fn of(
        kind: CallKind,
        headers: HeaderMap,
        environment: Environment,
        clock: Clock,
        received: SystemTime,
        retirement: Retirement,
        local_id: impl FnOnce() -> String,
    ) -> Self {
        let request_id = text(headers.get(&names::REQUEST_ID)).map_or_else(local_id, str::to_owned);
        Self(Arc::new(Inner { kind, request_id, headers, environment, received, clock, retirement }))
    }

    /// The request's id, `1-65aa0b07-1520aa26-bf73aabb1b69`: no UUID in FC 3.0, so take it for a string. A call that came
    /// without one, as in local runs, is numbered `local-1`, `local-2` and so on.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// What was asked for.
    #[must_use]
    pub fn kind(&self) -> CallKind {
        self.0.kind
    }

    /// The function's name.
    #[must_use]
    pub fn function_name(&self) -> Option<&str> {
        self.named(&names::FUNCTION_NAME).or_else(|| self.variable("FC_FUNCTION_NAME"))
    }

    /// The handler's name in the function's configuration. The platform makes nothing of it for a custom runtime.
    #[must_use]
    pub fn function_handler(&self) -> Option<&str> {
        self.named(&names::FUNCTION_HANDLER).or_else(|| self.variable("FC_FUNCTION_HANDLER"))
    }

    /// Memory of the instance in MB.
    #[must_use]
    pub fn memory_mb(&self) -> Option<u32> {
        self.number(&names::FUNCTION_MEMORY).or_else(|| self.variable("FC_FUNCTION_MEMORY_SIZE")?.parse().ok())
    }

    /// How long the call may take: the function's timeout, or for the initializer its own. Unknown for the pre-stop hook.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        let (header, variable) = match self.0.kind {
            CallKind::Event | CallKind::Http => (&names::FUNCTION_TIMEOUT, "FC_TIMEOUT"),
            CallKind::Initialize => (&names::INITIALIZATION_TIMEOUT, "FC_INITIALIZATION_TIMEOUT"),
            CallKind::PreStop => return None,
        };
        self.number(header)
            .or_else(|| self.variable(variable)?.parse().ok())
            .map(|seconds: u32| Duration::from_secs(seconds.into()))
    }

    /// When the call arrived.
    #[must_use]
    pub fn received(&self) -> SystemTime {
        self.0.received
    }

    /// When FC gives the call up: arrival plus timeout, since a custom runtime is sent no deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<SystemTime> {
        self.0.received.checked_add(self.timeout()?)
    }

    /// How much time is left before the deadline; nothing once it has passed.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        Some(self.deadline()?.duration_since((self.0.clock)()).unwrap_or_default())
    }

    /// The region, `cn-hangzhou`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.named(&names::REGION).or_else(|| self.variable("FC_REGION"))
    }

    /// Id of the account that owns the function.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.named(&names::ACCOUNT_ID).or_else(|| self.variable("FC_ACCOUNT_ID"))
    }

    /// The version or alias that was asked for, `LATEST`.
    #[must_use]
    pub fn qualifier(&self) -> Option<&str> {
        self.named(&names::QUALIFIER).or_else(|| self.variable("FC_QUALIFIER"))
    }

    /// The version that runs.
    #[must_use]
    pub fn version_id(&self) -> Option<&str> {
        self.named(&names::VERSION_ID)
            .or_else(|| self.variable("FC_FUNCTION_VERSION"))
            .or_else(|| self.variable("FC_VER_ID"))
    }

    /// The instance's id, from the environment.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.variable("FC_INSTANCE_ID")
    }

    /// How often this asynchronous call was tried before. Above zero, effects of an earlier try may exist.
    #[must_use]
    pub fn retry_count(&self) -> u32 {
        self.number(&names::RETRY_COUNT).unwrap_or(0)
    }

    /// The Simple Log Service project that takes the function's logs.
    #[must_use]
    pub fn log_project(&self) -> Option<&str> {
        self.named(&names::SERVICE_LOGPROJECT)
    }

    /// The log store that takes the function's logs.
    #[must_use]
    pub fn log_store(&self) -> Option<&str> {
        self.named(&names::SERVICE_LOGSTORE)
    }

    /// The service of FC 2.0; `None` in FC 3.0, which has none.
    #[must_use]
    pub fn service_name(&self) -> Option<&str> {
        self.named(&names::SERVICE_NAME).or_else(|| self.variable("FC_SERVICE_NAME"))
    }

    /// Of HTTP calls: the path under which the function is reached.
    #[must_use]
    pub fn base_path(&self) -> Option<&str> {
        self.named(&names::BASE_PATH)
    }

    /// The OpenTracing span context of the caller, where tracing is switched on.
    #[must_use]
    pub fn tracing_span_context(&self) -> Option<&str> {
        self.named(&names::TRACING_OPENTRACING_SPAN_CONTEXT)
    }

    /// The OpenTracing baggage, base64.
    #[must_use]
    pub fn tracing_span_baggages(&self) -> Option<&str> {
        self.named(&names::TRACING_OPENTRACING_SPAN_BAGGAGES)
    }

    /// Where to report spans.
    #[must_use]
    pub fn tracing_jaeger_endpoint(&self) -> Option<&str> {
        self.named(&names::TRACING_JAEGER_ENDPOINT)
    }

    /// Temporary credentials of the function's role: from the headers, which have new ones with each call, else from the
    /// environment, where they are as old as the instance; newer images get no others. `None` for a function without a role.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        Credentials::from_headers(&self.0.headers).or_else(|| Credentials::from_environment(&self.0.environment))
    }

    /// How to end this instance, for a function that cannot go on in it.
    #[must_use]
    pub fn retirement(&self) -> &Retirement {
        &self.0.retirement
    }

    /// The environment that the function runs in: the process's, or the one given to the runtime.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// Any other `x-fc-*` header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        text(self.0.headers.get(name))
    }

    fn named(&self, name: &HeaderName) -> Option<&str> {
        text(self.0.headers.get(name))
    }

    fn number(&self, name: &HeaderName) -> Option<u32> {
        self.named(name)?.parse().ok()
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.0.environment.get(name)
    }
}

impl Default for Context {
    /// A context in which nothing is known, for tests of handlers.
    fn default() -> Self {
        Self::new(HeaderMap::new(), Environment::default(), SystemTime::UNIX_EPOCH)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("kind", &self.0.kind)
            .field("function_name", &self.function_name())
            .field("region", &self.region())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

/// Takes the headers of FC out of a request's: a handler that prints or forwards all headers of its client must not thereby
/// give away the credentials. FC lets no `x-fc-*` header of a client through, so none of the client's is lost.
pub(crate) fn take_fc_headers(headers: &mut HeaderMap) -> HeaderMap {
    let mut of_fc = HeaderMap::with_capacity(headers.len());
    let mut of_client = HeaderMap::with_capacity(headers.len());
    let mut last: Option<HeaderName> = None;
    for (name, value) in std::mem::take(headers) {
        // A repeated header yields its name only the first time.
        let Some(name) = name.or_else(|| last.clone()) else { continue };
        append(if name.as_str().starts_with("x-fc-") { &mut of_fc } else { &mut of_client }, &name, value);
        last = Some(name);
    }
    *headers = of_client;
    of_fc
}

fn append(headers: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    headers.append(name.clone(), value);
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    value?.to_str().ok().filter(|value| !value.is_empty())
}

/// The headers, hashed at compile time as far as that goes: they are looked up at every call.
mod names {
    use http::HeaderName;

    pub(super) const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-fc-account-id");
    pub(super) const BASE_PATH: HeaderName = HeaderName::from_static("x-fc-base-path");
    pub(super) const FUNCTION_HANDLER: HeaderName = HeaderName::from_static("x-fc-function-handler");
    pub(super) const FUNCTION_MEMORY: HeaderName = HeaderName::from_static("x-fc-function-memory");
    pub(super) const FUNCTION_NAME: HeaderName = HeaderName::from_static("x-fc-function-name");
    pub(super) const FUNCTION_TIMEOUT: HeaderName = HeaderName::from_static("x-fc-function-timeout");
    pub(super) const INITIALIZATION_TIMEOUT: HeaderName = HeaderName::from_static("x-fc-initialization-timeout");
    pub(super) const QUALIFIER: HeaderName = HeaderName::from_static("x-fc-qualifier");
    pub(super) const REGION: HeaderName = HeaderName::from_static("x-fc-region");
    pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-fc-request-id");
    pub(super) const RETRY_COUNT: HeaderName = HeaderName::from_static("x-fc-retry-count");
    pub(super) const SERVICE_LOGPROJECT: HeaderName = HeaderName::from_static("x-fc-service-logproject");
    pub(super) const SERVICE_LOGSTORE: HeaderName = HeaderName::from_static("x-fc-service-logstore");
    pub(super) const SERVICE_NAME: HeaderName = HeaderName::from_static("x-fc-service-name");
    pub(super) const TRACING_JAEGER_ENDPOINT: HeaderName = HeaderName::from_static("x-fc-tracing-jaeger-endpoint");
    pub(super) const TRACING_OPENTRACING_SPAN_BAGGAGES: HeaderName =
        HeaderName::from_static("x-fc-tracing-opentracing-span-baggages");
    pub(super) const TRACING_OPENTRACING_SPAN_CONTEXT: HeaderName =
        HeaderName::from_static("x-fc-tracing-opentracing-span-context");
    pub(super) const VERSION_ID: HeaderName = HeaderName::from_static("x-fc-version-id");
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn an_empty_header_is_an_absent_one_and_the_environment_stands_in() {
        let context = Context::new(
            headers(&[("x-fc-region", ""), ("x-fc-function-name", "jobs"), ("x-fc-qualifier", "")]),
            Environment::from([("FC_REGION", "cn-hangzhou"), ("FC_FUNCTION_NAME", "other"), ("FC_VER_ID", "3")]),
            SystemTime::UNIX_EPOCH,
        );
        assert_eq!(context.region(), Some("cn-hangzhou"));
        assert_eq!(context.function_name(), Some("jobs"));
        assert_eq!(context.qualifier(), None);
        assert_eq!(context.version_id(), Some("3"));
        assert_eq!(context.retry_count(), 0);
    }

    #[test]
    fn the_deadline_is_arrival_plus_timeout() {
        let arrival = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let now: Clock = Arc::new(move || arrival + Duration::from_secs(45));
        let sent = headers(&[("x-fc-function-timeout", "60")]);
        let of = |kind| {
            let (sent, now, retirement) = (sent.clone(), now.clone(), Retirement::default());
            Context::of(kind, sent, Environment::default(), now, arrival, retirement, String::new)
        };
        let context = of(CallKind::Event);
        assert_eq!(context.deadline(), Some(arrival + Duration::from_secs(60)));
        assert_eq!(context.time_left(), Some(Duration::from_secs(15)));

        let hook = of(CallKind::PreStop);
        assert_eq!(hook.deadline(), None, "the function's timeout says nothing about its hooks");
    }

    #[test]
    fn credentials_come_from_the_headers_first() {
        let sent = headers(&[
            ("x-fc-access-key-id", "STS.header"),
            ("x-fc-access-key-secret", "header-secret"),
            ("x-fc-security-token", "header-token"),
        ]);
        let own = Environment::from([
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.env"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret"),
        ]);
        let from =
            |sent: &HeaderMap| Context::new(sent.clone(), own.clone(), SystemTime::UNIX_EPOCH).credentials().unwrap();
        let both = from(&sent);
        assert_eq!(both.access_key_id, "STS.header");
        assert_eq!(both.security_token.unwrap().expose_secret(), "header-token");
        let half = from(&headers(&[("x-fc-access-key-id", "STS.header"), ("x-fc-security-token", "header-token")]));
        assert_eq!(half.access_key_id, "STS.env");
        assert!(half.security_token.is_none(), "the two sources never mix");
        assert!(Context::default().credentials().is_none());
    }

    #[test]
    fn debug_hides_every_secret() {
        let sent = headers(&[
            ("x-fc-access-key-id", "STS.a"),
            ("x-fc-access-key-secret", "hush"),
            ("x-fc-security-token", "hush"),
        ]);
        let environment = Environment::from([("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hush")]);
        let context = Context::new(sent, environment, SystemTime::UNIX_EPOCH);
        assert!(!format!("{context:?} {:?}", context.credentials()).contains("hush"));
    }

    #[test]
    fn the_headers_of_fc_leave_the_clients_in_order() {
        let mut mixed = headers(&[("x-fc-region", "r"), ("accept", "a"), ("cookie", "one")]);
        mixed.append("cookie", HeaderValue::from_static("two"));
        let of_fc = take_fc_headers(&mut mixed);
        assert_eq!(of_fc.keys().collect::<Vec<_>>(), ["x-fc-region"]);
        assert_eq!(mixed.get_all("cookie").iter().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(mixed.len(), 3);
    }
}

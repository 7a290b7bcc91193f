//! [`Call`]: one request of FC, sorted by what it asks for. This is what layers see.

use std::fmt;

use http::{Method, Request, Response};

use crate::{Body, Context};

/// What a call is answered with, before the runtime adds the outcome headers.
pub type Answer = Response<Body>;

/// One request of FC on its way to a handler.
#[derive(Debug)]
pub struct Call {
    /// What is asked for.
    pub kind: CallKind,
    /// Request id, function, credentials, deadline.
    pub context: Context,
    /// The client's request for [`CallKind::Http`], without the `x-fc-*` headers, which [`Call::context`] holds. For all
    /// other kinds FC's own request: no headers left, and the body read already.
    pub request: Request<Body>,
}

/// What FC asks a function for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallKind {
    /// Handle an event: every trigger but HTTP, and the API operation InvokeFunction.
    Event,
    /// Answer an HTTP client.
    Http,
    /// Prepare the instance.
    Initialize,
    /// Wind the instance up: it is about to be destroyed.
    PreStop,
}

impl CallKind {
    /// `event`, `http`, `initialize` or `pre-stop`, as in the logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Http => "http",
            Self::Initialize => "initialize",
            Self::PreStop => "pre-stop",
        }
    }

    /// The word that the platform's marker lines use: event and HTTP calls are both `Invoke`.
    pub(crate) const fn marker(self) -> &'static str {
        match self {
            Self::Event | Self::Http => "Invoke",
            Self::Initialize => "Initialize",
            Self::PreStop => "PreStop",
        }
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Call(CallKind),
    Health,
    Unknown,
}

impl Route {
    /// Decides by the header `x-fc-control-path`, since an HTTP client can ask for the path `/invoke` as well; and by
    /// method and path where FC, or a local caller, sends none.
    pub(crate) fn of(
        control: Option<&str>,
        method: &Method,
        path: &str,
        health: Option<&str>,
        serves_http: bool,
    ) -> Self {
        match control {
            Some("/invoke") => Self::Call(CallKind::Event),
            Some("/http-invoke") => Self::Call(CallKind::Http),
            Some("/initialize") => Self::Call(CallKind::Initialize),
            Some("/pre-stop") => Self::Call(CallKind::PreStop),
            Some(_) => Self::Unknown,
            None if health == Some(path) => Self::Health,
            None => match (method, path) {
                (&Method::POST, "/invoke") => Self::Call(CallKind::Event),
                (&Method::POST, "/initialize") => Self::Call(CallKind::Initialize),
                (&Method::GET, "/pre-stop") => Self::Call(CallKind::PreStop),
                _ if serves_http => Self::Call(CallKind::Http),
                _ => Self::Unknown,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(control: Option<&str>, method: &Method, path: &str) -> Route {
        Route::of(control, method, path, Some("/healthz"), true)
    }

    #[test]
    fn the_header_decides_whatever_the_path_says() {
        assert_eq!(route(Some("/http-invoke"), &Method::POST, "/invoke"), Route::Call(CallKind::Http));
        assert_eq!(route(Some("/http-invoke"), &Method::GET, "/healthz"), Route::Call(CallKind::Http));
        assert_eq!(route(Some("/invoke"), &Method::GET, "/elsewhere"), Route::Call(CallKind::Event));
        assert_eq!(route(Some("/initialize"), &Method::POST, "/initialize"), Route::Call(CallKind::Initialize));
        assert_eq!(route(Some("/pre-stop"), &Method::GET, "/pre-stop"), Route::Call(CallKind::PreStop));
        assert_eq!(route(Some("/pre-freeze"), &Method::GET, "/pre-freeze"), Route::Unknown);
    }

    #[test]
    fn without_the_header_method_and_path_decide() {
        assert_eq!(route(None, &Method::POST, "/invoke"), Route::Call(CallKind::Event));
        assert_eq!(route(None, &Method::GET, "/invoke"), Route::Call(CallKind::Http));
        assert_eq!(route(None, &Method::POST, "/initialize"), Route::Call(CallKind::Initialize));
        assert_eq!(route(None, &Method::GET, "/pre-stop"), Route::Call(CallKind::PreStop));
        assert_eq!(route(None, &Method::GET, "/healthz"), Route::Health);
        assert_eq!(route(None, &Method::GET, "/any"), Route::Call(CallKind::Http));
        assert_eq!(Route::of(None, &Method::GET, "/any", None, false), Route::Unknown);
    }
}

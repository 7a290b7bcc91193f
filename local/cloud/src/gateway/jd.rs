//! What the local cloud's own API has for JD Cloud, below `/_local/jd/`.
//!
//! | path | what |
//! | --- | --- |
//! | `ping` | POST a ping between two addresses |
//! | `settings` | GET, PUT, DELETE quotas and switches |

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use local_jd::{Jd, Ping, Settings};

use super::admin::{answer, is_json, refuse, with};

/// Answers a request for `thing`, the rest of the path.
pub(super) fn handle(jd: &Jd, thing: &str, request: &Request<Bytes>) -> Response<Bytes> {
    let has_body = matches!(*request.method(), Method::POST | Method::PUT);
    if has_body && !is_json(request) {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
    }
    match (thing.trim_end_matches('/'), request.method()) {
        ("ping", &Method::POST) => with(request, |ping: Ping| match jd.ping(&ping) {
            Ok(pong) => answer(&pong),
            Err(unknown) => refuse(StatusCode::NOT_FOUND, &unknown.to_string()),
        }),
        ("settings", &Method::GET) => answer(&jd.settings()),
        ("settings", &Method::PUT) => with(request, |settings: Settings| {
            jd.set_settings(settings);
            answer(&jd.settings())
        }),
        ("settings", &Method::DELETE) => {
            jd.set_settings(Settings::default());
            answer(&jd.settings())
        }
        ("ping" | "settings", _) => refuse(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here"),
        _ => refuse(StatusCode::NOT_FOUND, "there is no such thing"),
    }
}

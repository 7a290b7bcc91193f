//! One binary for events, HTTP, both hooks and a health probe, with a layer of its own and a `main` of one line.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 GREETING=hello cargo run --example everything
//! curl -X POST http://127.0.0.1:9000/initialize
//! curl -d '"ann"' http://127.0.0.1:9000/invoke
//! curl http://127.0.0.1:9000/
//! ```

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use fc_runtime::{Body, Call, Diagnostic, Environment, Error, Event, Runtime, http_fn, service_fn};
use http::Response;
use tower::util::MapRequestLayer;

/// Made by the initializer, used by every call.
type Greeting = Arc<OnceLock<String>>;

/// The whole function. It sees the world through `environment` alone, so a test can run it as it is.
fn function(environment: Environment) -> Result<Runtime, Error> {
    let wording = environment.get("GREETING").ok_or("set GREETING")?.to_owned();
    let greeting = Greeting::default();
    let (of_events, of_http) = (greeting.clone(), greeting.clone());

    let events = service_fn(move |event: Event<String>| {
        let greeting = of_events.get().cloned();
        async move {
            let greeting = greeting.ok_or_else(|| Diagnostic::new("NotInitialized", "the initializer has not run"))?;
            Ok::<_, Diagnostic>(format!("{greeting}, {}", event.payload))
        }
    });
    let http = http_fn(move |_request, _context| {
        let text = of_http.get().cloned().unwrap_or_default();
        async move { Ok::<_, Error>(Response::new(Body::from(text))) }
    });
    Ok(Runtime::new(events)
        .http(http)
        .initialize(move |_context| {
            // FC may call it again: the first time counts.
            greeting.get_or_init(|| wording.clone());
            async { Ok::<_, Error>(()) }
        })
        .pre_stop(async |_context| {
            tracing::info!("winding up");
            Ok::<_, Error>(())
        })
        .health("/healthz")
        .layer(MapRequestLayer::new(|call: Call| {
            tracing::debug!(kind = %call.kind, "called");
            call
        })))
}

fn main() -> ExitCode {
    fc_runtime::start(function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use fc_runtime::LogLines;
    use http::Request;

    #[tokio::test]
    async fn the_initializer_comes_first() {
        let environment = Environment::from([("GREETING", "hello")]);
        let service = function(environment).unwrap().log_lines(LogLines::off()).into_service();
        let post = |path: &str| Request::post(path).body(Bytes::from("\"ann\"")).unwrap();
        assert_eq!(service.handle(post("/invoke")).await.status(), 404);
        assert_eq!(service.handle(post("/initialize")).await.status(), 200);
        assert_eq!(service.handle(post("/invoke")).await.body(), "\"hello, ann\"");
        assert_eq!(service.handle(Request::get("/").body(Bytes::new()).unwrap()).await.body(), "hello");
        assert_eq!(service.handle(Request::get("/pre-stop").body(Bytes::new()).unwrap()).await.status(), 200);
    }

    #[test]
    fn without_its_variable_the_function_does_not_start() {
        assert!(function(Environment::default()).is_err());
    }
}

//! A function behind API Gateway: request and response are JSON.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example api_gateway
//! curl -d '{"path":"/hi","httpMethod":"POST","headers":{},"queryParameters":{},"pathParameters":{},"body":"YW5u","isBase64Encoded":true}' \
//!     http://127.0.0.1:9000/invoke
//! ```

use std::collections::BTreeMap;

use fc_events::api_gateway::{ApiGatewayRequest, ApiGatewayResponse};
use fc_runtime::{Error, Event, service_fn};

async fn handler(event: Event<ApiGatewayRequest>) -> Result<ApiGatewayResponse, Error> {
    let request = event.payload;
    let name = String::from_utf8(request.body_bytes()?)?;
    let headers = BTreeMap::from([("content-type".to_owned(), "text/plain".to_owned())]);
    Ok(ApiGatewayResponse { is_base64_encoded: false, status_code: 200, headers, body: format!("hello, {name}") })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use fc_runtime::{LogLines, Runtime};

    #[tokio::test]
    async fn it_greets_who_is_in_the_body() {
        let function = Runtime::new(service_fn(handler)).log_lines(LogLines::off()).into_service();
        let event = r#"{"path":"/hi","httpMethod":"POST","headers":{},"queryParameters":{},"pathParameters":{},"body":"YW5u","isBase64Encoded":true}"#;
        let answer = function.handle(http::Request::post("/invoke").body(Bytes::from(event)).unwrap()).await;
        assert_eq!(
            answer.body(),
            "{\"isBase64Encoded\":false,\"statusCode\":200,\"headers\":{\"content-type\":\"text/plain\"},\"body\":\"hello, ann\"}"
        );
    }
}

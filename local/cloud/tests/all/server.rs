//! The gateway on a port.

use std::time::Duration;

use bytes::Bytes;
use causeway_local::server::ServeError;
use http::Request;
use local_core::faults::{Fault, FaultRule};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::testing::{Client, cloud};

/// A request as it goes over the wire.
fn wire(request: Request<Bytes>) -> Vec<u8> {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap();
    let mut bytes = format!("{} {target} HTTP/1.1\r\n", parts.method).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// What comes back up to the end of a JSON answer; empty when the connection breaks.
async fn answer(stream: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if read == 0 || text.ends_with('}') {
            return text;
        }
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_breaks_when_an_answer_is_lost() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn({
        let cloud = cloud.clone();
        async move {
            let shutdown = async { drop(stopped.await) };
            cloud.serve(listener, shutdown, Duration::from_secs(5)).await
        }
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        let request = a.acs3("2016-04-28", "DescribeVpcs", &[("RegionId", "cn-qingdao")]);
        stream.write_all(&wire(request)).await.unwrap();
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\"TotalCount\":1"), "{answer}");
    }
    cloud.shared().faults.add(FaultRule::once("CreateVpc", Fault::LoseAnswer));
    let request = a.acs3("2016-04-28", "CreateVpc", &[("RegionId", "cn-qingdao")]);
    stream.write_all(&wire(request)).await.unwrap();
    assert_eq!(answer(&mut stream).await, "");

    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_address_that_others_reach_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = cloud().serve(listener, std::future::pending(), Duration::ZERO).await;
    assert!(matches!(refused, Err(ServeError::NotLoopback(_))), "{refused:?}");
}

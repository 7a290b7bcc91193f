//! OpenDAL as it is, but for a transport that calls this OSS instead of the network.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{Method, Request, Response, header};
use opendal::services::Oss as Service;
use opendal::{Buffer, ErrorKind, HttpBody, HttpTransport, HttpTransporter, Operator};

use super::{ACCOUNT, Client};
use crate::{Oss, Settings, Versioning};

struct InProcess(Oss);

impl HttpTransport for InProcess {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let (mut parts, body) = request.into_parts();
        // What any HTTP client does: the host goes into a header, and the body's length too.
        let authority = parts.uri.authority().map(|authority| authority.to_string()).unwrap_or_default();
        parts.headers.insert(header::HOST, authority.parse().unwrap());
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        parts.uri = target.parse().unwrap();
        let is_head = parts.method == Method::HEAD;
        let (parts, body) = self.0.handle(Request::from_parts(parts, body.to_bytes())).await.into_parts();
        let length = (!is_head).then_some(body.len() as u64);
        let body = if is_head { Bytes::new() } else { body };
        let stream = futures::stream::iter([Ok(Buffer::from(body))]);
        Ok(Response::from_parts(parts, HttpBody::new(stream, length)))
    }
}

fn operator(oss: &Oss, secret: &str, bucket: &str) -> Operator {
    // By itself OpenDAL signs by version 1.
    oss.set_settings(Settings { signature_v1: true, ..Settings::default() });
    let service = Service::default()
        .endpoint("http://127.0.0.1:4000")
        .addressing_style("path")
        .bucket(bucket)
        .root("/state/")
        .access_key_id("testid")
        .access_key_secret(secret);
    let operator = Operator::new(service).unwrap();
    let context = operator.base_context().with_http_transport(HttpTransporter::new(InProcess(oss.clone())));
    operator.with_context(context)
}

fn client() -> (Client, Operator) {
    let client = Client::with_bucket();
    let operator = operator(&client.oss, "testsecret", "records");
    (client, operator)
}

async fn listed(operator: &Operator, path: &str, limit: usize) -> Vec<String> {
    let lister = operator.lister_with(path).limit(limit).await.unwrap();
    lister.map_ok(|entry| entry.path().to_owned()).try_collect().await.unwrap()
}

#[tokio::test]
async fn exactly_one_of_two_writers_creates_an_object() {
    let (_client, operator) = client();
    operator.write_with("a/1", "first").if_not_exists(true).await.unwrap();
    let second = operator.write_with("a/1", "second").if_not_exists(true).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::ConditionNotMatch);
    assert_eq!(operator.read("a/1").await.unwrap().to_vec(), b"first");
}

#[tokio::test]
async fn of_many_writers_at_once_one_wins() {
    let (_client, operator) = client();
    let operator = Arc::new(operator);
    let writers = (0..16).map(|n| {
        let operator = Arc::clone(&operator);
        tokio::spawn(async move { operator.write_with("a", vec![n]).if_not_exists(true).await.is_ok() })
    });
    let won = futures::future::join_all(writers).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_versioned_bucket_lets_both_writers_win() {
    let (client, operator) = client();
    client.oss.set_versioning("records", Versioning::Suspended).unwrap();
    for body in ["first", "second"] {
        operator.write_with("a", body).if_not_exists(true).await.unwrap();
    }
    assert_eq!(operator.read("a").await.unwrap().to_vec(), b"second");
}

#[tokio::test]
async fn listings_come_in_the_order_of_keys_over_all_pages() {
    let (_client, operator) = client();
    for number in [3, 1, 12, 2, 10] {
        operator.write(&format!("r/{number:03} +ä"), "x").await.unwrap();
    }
    operator.write("s/1", "x").await.unwrap();
    let expected: Vec<String> = [1, 2, 3, 10, 12].iter().map(|number| format!("r/{number:03} +ä")).collect();
    for limit in [1, 2, 1000] {
        assert_eq!(listed(&operator, "r/", limit).await, expected, "{limit} a page");
    }
    assert_eq!(listed(&operator, "/", 1000).await, ["r/", "s/"], "folders first are folders only");
    let after = operator.lister_with("r/").start_after("r/003 +ä").await.unwrap();
    let after: Vec<String> = after.map_ok(|entry| entry.path().to_owned()).try_collect().await.unwrap();
    assert_eq!(after, expected[3..]);
}

#[tokio::test]
async fn objects_are_read_in_part_described_copied_and_deleted() {
    let (_client, operator) = client();
    operator.write_with("a", "0123456789").content_type("text/plain").await.unwrap();
    assert_eq!(operator.read_with("a").range(2..5).await.unwrap().to_vec(), b"234");
    let metadata = operator.stat("a").await.unwrap();
    assert_eq!((metadata.content_length(), metadata.content_type()), (10, Some("text/plain")));
    assert!(metadata.last_modified().is_some());
    operator.copy("a", "b").await.unwrap();
    assert_eq!(operator.read("b").await.unwrap().to_vec(), b"0123456789");
    operator.delete("a").await.unwrap();
    assert_eq!(operator.read("a").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!operator.exists("a").await.unwrap());
    operator.delete_iter(["b", "none"]).await.unwrap();
    assert!(listed(&operator, "/", 1000).await.is_empty());
}

#[tokio::test]
async fn a_large_object_is_written_in_parts_only_if_absent() {
    let (_client, operator) = client();
    let part = vec![7_u8; 200 * 1024];
    let write = || async {
        let mut writer = operator.writer_with("big").chunk(part.len()).if_not_exists(true).await?;
        for _ in 0..3 {
            writer.write(part.clone()).await?;
        }
        writer.close().await
    };
    write().await.unwrap();
    assert_eq!(operator.stat("big").await.unwrap().content_length(), 600 * 1024);
    assert_eq!(write().await.unwrap_err().kind(), ErrorKind::ConditionNotMatch);
}

#[tokio::test]
async fn what_is_refused_has_the_kind_that_opendal_gives_it() {
    let client = Client::with_bucket();
    let wrong = operator(&client.oss, "wrong", "records");
    assert_eq!(wrong.read("a").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    let missing = operator(&client.oss, "testsecret", "nothing");
    assert_eq!(missing.write("a", "x").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(client.oss.buckets()[0].account_id, ACCOUNT);
}

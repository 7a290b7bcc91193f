use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use local_core::clock::Clock;
use local_core::table::Storage;

use super::{ACCOUNT, Client, shared};
use crate::Versioning;

const FORBID: (&str, &str) = ("x-oss-forbid-overwrite", "true");

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let client = Client::with_bucket();
    let headers = [("content-type", "text/plain"), ("x-oss-meta-color", "red"), ("cache-control", "no-store")];
    let put = client.call("PUT", "/records/a", &headers, b"hello").await;
    assert_eq!(
        (put.status, put.headers["etag"].to_str().unwrap()),
        (StatusCode::OK, "\"5D41402ABC4B2A76B9719D911017C592\"")
    );
    let got = client.get("/records/a").await;
    assert_eq!(got.body, "hello");
    for (name, value) in headers {
        assert_eq!(got.headers[name], value);
    }
    assert_eq!(got.headers["etag"], put.headers["etag"]);
    assert!(got.headers["last-modified"].to_str().unwrap().ends_with(" GMT"));
    assert_eq!(got.headers["x-oss-request-id"].len(), 24);

    let head = client.call("HEAD", "/records/a", &[], b"").await;
    assert_eq!((head.headers["content-length"].to_str().unwrap(), head.body.len()), ("5", 0));
    assert_eq!(client.get("/records/b").await.refusal(), (404, "NoSuchKey".into()));
    let head = client.call("HEAD", "/records/b", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::NOT_FOUND, 0));
    assert!(head.headers.contains_key("x-oss-err"));
}

#[tokio::test]
async fn of_two_writers_that_forbid_overwriting_the_second_is_refused() {
    let client = Client::with_bucket();
    assert_eq!(client.call("PUT", "/records/a", &[FORBID], b"1").await.status, StatusCode::OK);
    assert_eq!(client.call("PUT", "/records/a", &[FORBID], b"2").await.refusal(), (409, "FileAlreadyExists".into()));
    assert_eq!(client.get("/records/a").await.body, "1");
    assert_eq!(client.put("/records/a", "3").await.status, StatusCode::OK);
    let odd = client.call("PUT", "/records/a", &[("x-oss-forbid-overwrite", "yes")], b"4").await;
    assert_eq!(odd.refusal(), (400, "InvalidArgument".into()));
}

#[tokio::test]
async fn a_bucket_that_has_or_had_versions_ignores_the_ban_on_overwriting() {
    let client = Client::with_bucket();
    client.put("/records/a", "1").await;
    for (versioning, body) in [(Versioning::Enabled, "2"), (Versioning::Suspended, "3")] {
        client.oss.set_versioning("records", versioning).unwrap();
        assert_eq!(client.call("PUT", "/records/a", &[FORBID], body.as_bytes()).await.status, StatusCode::OK);
        assert_eq!(client.get("/records/a").await.body, body);
    }
}

#[tokio::test]
async fn a_write_with_a_condition_is_not_implemented() {
    let client = Client::with_bucket();
    for name in ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
        let refused = client.call("PUT", "/records/a", &[(name, "*")], b"1").await;
        assert_eq!(refused.refusal(), (400, "NotImplemented".into()), "{name}");
    }
    assert_eq!(client.get("/records/a").await.refusal(), (404, "NoSuchKey".into()));
}

#[tokio::test]
async fn a_read_can_ask_for_a_range_and_make_conditions() {
    let client = Client::with_bucket();
    client.put("/records/a", "0123456789").await;
    let get = |headers: &'static [(&str, &str)]| client.call("GET", "/records/a", headers, b"");
    let part = get(&[("range", "bytes=2-4")]).await;
    assert_eq!((part.status, part.body.as_ref()), (StatusCode::PARTIAL_CONTENT, b"234".as_slice()));
    assert_eq!(part.headers["content-range"], "bytes 2-4/10");
    let beyond = get(&[("range", "bytes=10-"), ("x-oss-range-behavior", "standard")]).await;
    assert_eq!(beyond.refusal(), (416, "InvalidRange".into()));

    assert_eq!(get(&[("if-match", "\"other\"")]).await.refusal(), (412, "PreconditionFailed".into()));
    assert_eq!(get(&[("if-none-match", "*")]).await.status, StatusCode::NOT_MODIFIED);
    let since = [("if-modified-since", "Wed, 01 Jan 2020 00:00:00 GMT")];
    assert_eq!(client.call("GET", "/records/a", &since, b"").await.status, StatusCode::OK);
    let since = [("if-unmodified-since", "Wed, 01 Jan 2020 00:00:00 GMT")];
    assert_eq!(client.call("GET", "/records/a", &since, b"").await.refusal(), (412, "PreconditionFailed".into()));
}

#[tokio::test]
async fn appending_is_a_comparison_of_lengths() {
    let client = Client::with_bucket();
    for (position, body, expected) in [(0, "abc", "3"), (3, "de", "5")] {
        let target = format!("/records/log?append&position={position}");
        let answer = client.call("POST", &target, &[], body.as_bytes()).await;
        assert_eq!(answer.headers["x-oss-next-append-position"], expected);
    }
    let late = client.call("POST", "/records/log?append&position=3", &[], b"x").await;
    assert_eq!(late.refusal(), (409, "PositionNotEqualToLength".into()));
    assert_eq!(late.headers["x-oss-next-append-position"], "5");
    assert_eq!(client.get("/records/log").await.body, "abcde");
    client.put("/records/plain", "x").await;
    let refused = client.call("POST", "/records/plain?append&position=1", &[], b"x").await;
    assert_eq!(refused.refusal(), (409, "ObjectNotAppendable".into()));
}

#[tokio::test]
async fn a_copy_keeps_the_metadata_unless_told_otherwise() {
    let client = Client::with_bucket();
    client.call("PUT", "/records/a%20b", &[("x-oss-meta-color", "red")], b"1").await;
    let source = ("x-oss-copy-source", "/records/a%20b");
    let copied = client.call("PUT", "/records/c", &[source], b"").await;
    assert_eq!(copied.document().name(), "CopyObjectResult");
    assert_eq!(client.get("/records/c").await.headers["x-oss-meta-color"], "red");
    let replace = [source, ("x-oss-metadata-directive", "REPLACE"), ("x-oss-meta-color", "blue")];
    client.call("PUT", "/records/c", &replace, b"").await;
    assert_eq!(client.get("/records/c").await.headers["x-oss-meta-color"], "blue");
    assert_eq!(
        client.call("PUT", "/records/c", &[source, FORBID], b"").await.refusal(),
        (409, "FileAlreadyExists".into())
    );
    let missing = [("x-oss-copy-source", "/records/none")];
    assert_eq!(client.call("PUT", "/records/d", &missing, b"").await.refusal(), (404, "NoSuchKey".into()));
}

#[tokio::test]
async fn one_request_deletes_many_objects() {
    let client = Client::with_bucket();
    for key in ["a", "b", "c"] {
        client.put(&format!("/records/{key}"), "x").await;
    }
    let body =
        b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Object><Key>none</Key></Object></Delete>";
    let deleted = client.call("POST", "/records/?delete", &[], body).await;
    assert_eq!(deleted.each("Deleted", "Key"), ["a", "b", "none"]);
    assert_eq!(client.get("/records?list-type=2").await.each("Contents", "Key"), ["c"]);
    let quiet = b"<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>";
    assert!(client.call("POST", "/records/?delete", &[], quiet).await.body.is_empty());
}

#[tokio::test]
async fn an_upload_in_parts_becomes_one_object() {
    let client = Client::with_bucket();
    let begun = client.call("POST", "/records/big?uploads", &[("content-type", "text/plain")], b"").await;
    let id = begun.document().child_text("UploadId").unwrap().to_owned();
    let first = vec![b'a'; 100 * 1024];
    let one = client.call("PUT", &format!("/records/big?partNumber=1&uploadId={id}"), &[], &first).await;
    let two = client.call("PUT", &format!("/records/big?partNumber=2&uploadId={id}"), &[], b"end").await;
    let listed = client.get(&format!("/records/big?uploadId={id}")).await;
    assert_eq!(listed.each("Part", "Size"), ["102400", "3"]);
    assert_eq!(client.get("/records?uploads").await.each("Upload", "Key"), ["big"]);
    assert_eq!(client.get("/records/big").await.refusal(), (404, "NoSuchKey".into()));

    let part = |number: u32, etag: &str| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    let (one, two) = (one.headers["etag"].to_str().unwrap(), two.headers["etag"].to_str().unwrap());
    let complete = |parts: String| {
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let target = format!("/records/big?uploadId={id}");
        let client = &client;
        async move { client.call("POST", &target, &[], body.as_bytes()).await }
    };
    assert_eq!(complete(part(2, two) + &part(1, one)).await.refusal(), (400, "InvalidPartOrder".into()));
    assert_eq!(complete(part(1, two)).await.refusal(), (400, "InvalidPart".into()));
    let done = complete(part(1, one) + &part(2, two)).await;
    assert!(done.document().child_text("ETag").unwrap().ends_with("-2\""));
    let got = client.get("/records/big").await;
    assert_eq!((got.body.len(), got.headers["content-type"].to_str().unwrap()), (102_403, "text/plain"));
    assert_eq!(complete(part(1, one)).await.refusal(), (404, "NoSuchUpload".into()));
}

#[tokio::test]
async fn bad_keys_digests_and_sizes_are_refused() {
    let client = Client::with_bucket();
    let long = format!("/records/{}", "k".repeat(1024));
    assert_eq!(client.put(&long, "x").await.refusal(), (400, "InvalidObjectName".into()));
    let large = vec![0; 16 * 1024 * 1024 + 1];
    assert_eq!(client.call("PUT", "/records/a", &[], &large).await.refusal(), (400, "EntityTooLarge".into()));
}

#[tokio::test(start_paused = true)]
async fn objects_and_buckets_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    let open = |at: Timestamp| {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Client::of(shared(storage, Clock::new(at, at, 1.0)))
    };
    {
        let client = open(start);
        client.oss.create_bucket(ACCOUNT, "cn-hangzhou", "records").unwrap();
        client.oss.set_versioning("records", Versioning::Suspended).unwrap();
        client.call("PUT", "/records/a", &[("x-oss-meta-n", "1")], b"\x00\xffbytes").await;
        client.put("/records/b", "gone").await;
        client.call("DELETE", "/records/b", &[], b"").await;
    }
    let client = open(start + Duration::from_secs(60));
    let got = client.get("/records/a").await;
    assert_eq!((got.body.as_ref(), got.headers["x-oss-meta-n"].to_str().unwrap()), (b"\x00\xffbytes".as_slice(), "1"));
    assert_eq!(got.headers["last-modified"], "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(client.get("/records?list-type=2").await.each("Contents", "Key"), ["a"]);
    assert_eq!(client.oss.buckets()[0].versioning, Some(Versioning::Suspended));
}

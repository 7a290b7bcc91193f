use std::time::Duration;

use bytes::Bytes;
use cloud_signing::oss::Addressing;
use cloud_signing::{Credentials, oss_v1, oss_v4};
use http::{Request, StatusCode};
use local_core::calls::{Call, Outcome};
use local_core::faults::{Fault, FaultRule, Swallow};
use local_core::ram::{Role, Trust};
use secrecy::ExposeSecret as _;

use super::{ACCOUNT, Client};
use crate::Settings;

#[tokio::test]
async fn a_bucket_is_made_described_listed_and_deleted_when_empty() {
    let client = Client::new();
    assert_eq!(client.put("/records", "").await.status, StatusCode::OK);
    assert_eq!(client.put("/records", "").await.status, StatusCode::OK, "one's own again is no error");
    let info = client.get("/records?bucketInfo").await.document();
    let bucket = info.child("Bucket").unwrap();
    assert_eq!((bucket.child_text("Name"), bucket.child_text("Location")), (Some("records"), Some("oss-cn-hangzhou")));
    let listed = client.get("/").await.document();
    assert_eq!(listed.child("Buckets").unwrap().children("Bucket").count(), 1);
    assert_eq!(client.get("/records?location").await.document().as_text(), "oss-cn-hangzhou");

    client.put("/records/a", "1").await;
    let delete = || client.call("DELETE", "/records", &[], b"");
    assert_eq!(delete().await.refusal(), (409, "BucketNotEmpty".into()));
    client.call("DELETE", "/records/a", &[], b"").await;
    assert_eq!(delete().await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.get("/records?bucketInfo").await.refusal(), (404, "NoSuchBucket".into()));
    assert_eq!(client.put("/Records", "").await.refusal(), (400, "InvalidBucketName".into()));
}

#[tokio::test]
async fn versioning_has_no_status_until_it_is_set() {
    let client = Client::with_bucket();
    let status =
        || async { client.get("/records?versioning").await.document().child_text("Status").map(str::to_owned) };
    assert_eq!(status().await, None);
    for wanted in ["Enabled", "Suspended"] {
        let body = format!("<VersioningConfiguration><Status>{wanted}</Status></VersioningConfiguration>");
        assert_eq!(client.put("/records?versioning", &body).await.status, StatusCode::OK);
        assert_eq!(status().await.as_deref(), Some(wanted));
    }
    let body = "<VersioningConfiguration><Status>Off</Status></VersioningConfiguration>";
    assert_eq!(client.put("/records?versioning", body).await.refusal(), (400, "MalformedXML".into()));
}

#[tokio::test]
async fn a_listing_groups_by_delimiter_and_goes_on_where_the_page_ended() {
    let client = Client::with_bucket();
    for key in ["a/1", "a/2", "b", "c/1", "c/2", "d"] {
        client.put(&format!("/records/{key}"), "x").await;
    }
    let first = client.get("/records?list-type=2&delimiter=%2F&max-keys=2").await;
    assert_eq!(first.each("Contents", "Key"), ["b"]);
    assert_eq!(first.each("CommonPrefixes", "Prefix"), ["a/"]);
    assert_eq!(first.document().child_text("KeyCount"), Some("2"));
    let token = first.document().child_text("NextContinuationToken").unwrap().to_owned();
    let second = client.get(&format!("/records?list-type=2&delimiter=%2F&max-keys=1&continuation-token={token}")).await;
    assert_eq!(second.each("CommonPrefixes", "Prefix"), ["c/"]);
    let token = second.document().child_text("NextContinuationToken").unwrap().to_owned();
    let third = client.get(&format!("/records?list-type=2&delimiter=%2F&continuation-token={token}")).await;
    assert_eq!(third.each("Contents", "Key"), ["d"]);
    assert_eq!(third.document().child_text("IsTruncated"), Some("false"));

    let inside = client.get("/records?list-type=2&prefix=c%2F&start-after=c%2F1").await;
    assert_eq!(inside.each("Contents", "Key"), ["c/2"]);
}

#[tokio::test]
async fn the_first_version_of_listing_pages_by_marker() {
    let client = Client::with_bucket();
    for key in ["a", "b", "c"] {
        client.put(&format!("/records/{key}"), "x").await;
    }
    let first = client.get("/records?max-keys=2").await;
    assert_eq!(first.each("Contents", "Key"), ["a", "b"]);
    assert_eq!(first.document().child_text("NextMarker"), Some("b"));
    assert_eq!(client.get("/records?marker=b").await.each("Contents", "Key"), ["c"]);
}

#[tokio::test]
async fn names_are_encoded_on_demand_and_limits_are_checked() {
    let client = Client::with_bucket();
    client.put("/records/a%20b%2Bc%E4%B8%AD", "x").await;
    let plain = client.get("/records?list-type=2").await;
    assert_eq!(plain.each("Contents", "Key"), ["a b+c中"]);
    let encoded = client.get("/records?list-type=2&encoding-type=url").await;
    assert_eq!(encoded.each("Contents", "Key"), ["a%20b%2Bc%E4%B8%AD"]);
    for query in ["max-keys=0", "max-keys=1001", "max-keys=x", "encoding-type=hex", "continuation-token=%21"] {
        let refused = client.get(&format!("/records?list-type=2&{query}")).await;
        assert_eq!(refused.refusal(), (400, "InvalidArgument".into()), "{query}");
    }
}

#[tokio::test]
async fn another_account_is_kept_out_and_cannot_take_the_name() {
    let mut client = Client::with_bucket();
    client.shared.identities.add_account("2000000000000002", "second", "secret".into());
    client.credentials = Credentials::new("second", "secret");
    assert_eq!(client.get("/records/a").await.refusal(), (403, "AccessDenied".into()));
    assert_eq!(client.get("/records?list-type=2").await.refusal(), (403, "AccessDenied".into()));
    assert_eq!(client.put("/records", "").await.refusal(), (409, "BucketAlreadyExists".into()));
}

#[tokio::test]
async fn a_wrong_signature_key_or_date_is_refused() {
    let mut client = Client::with_bucket();
    client.credentials = Credentials::new("testid", "wrong");
    assert_eq!(client.get("/records/a").await.refusal(), (403, "SignatureDoesNotMatch".into()));
    client.credentials = Credentials::new("nobody", "testsecret");
    assert_eq!(client.get("/records/a").await.refusal(), (403, "InvalidAccessKeyId".into()));

    client.credentials = Credentials::new("testid", "testsecret");
    let sign = |at| {
        let request = Request::get("/records/a").header("host", "127.0.0.1").body(Bytes::new()).unwrap();
        let (mut parts, body) = request.into_parts();
        oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &client.credentials, at).unwrap();
        Request::from_parts(parts, body)
    };
    let late = client.send_as_is(sign(client.shared.clock.wall() - Duration::from_secs(901))).await;
    assert_eq!(late.refusal(), (403, "RequestTimeTooSkewed".into()));
    let bare = Request::get("/records/a").header("host", "127.0.0.1").body(Bytes::new()).unwrap();
    assert_eq!(client.send_as_is(bare).await.refusal(), (403, "AccessDenied".into()));
}

/// A request for the object `a`, signed by version 4 for a region.
fn signed_for(client: &Client, region: &str, host: &str, path: &str, addressing: Addressing<'_>) -> Request<Bytes> {
    let request = Request::get(path).header("host", host).body(Bytes::new()).unwrap();
    let (mut parts, body) = request.into_parts();
    oss_v4::sign(&mut parts, &body, addressing, region, &client.credentials, client.shared.clock.wall()).unwrap();
    Request::from_parts(parts, body)
}

#[tokio::test]
async fn at_the_clouds_own_hosts_the_bucket_stands_in_the_name() {
    let client = Client::with_bucket();
    client.put("/records/a", "one").await;
    let bucket = Addressing::VirtualHost("records");
    let ask = |region, host| client.send_as_is(signed_for(&client, region, host, "/a", bucket));
    client.oss.set_settings(Settings { public_hosts_of: [(ACCOUNT.to_owned(), true)].into(), ..Settings::default() });
    let own = "records.oss-cn-hangzhou.aliyuncs.com";
    assert_eq!(ask("cn-hangzhou", own).await.body, "one");
    let elsewhere = ask("cn-beijing", "records.oss-cn-beijing.aliyuncs.com").await;
    assert_eq!(elsewhere.refusal(), (400, "InvalidArgument".into()), "the bucket is in another region");
    let host = "oss-cn-hangzhou.aliyuncs.com";
    let by_path = client.send_as_is(signed_for(&client, "cn-hangzhou", host, "/records/a", Addressing::Path)).await;
    assert_eq!(by_path.refusal(), (403, "SecondLevelDomainForbidden".into()));
}

#[tokio::test]
async fn the_internal_network_is_reached_by_functions_alone() {
    let client = Client::with_bucket();
    client.put("/records/a", "one").await;
    let bucket = Addressing::VirtualHost("records");
    let host = "records.oss-cn-hangzhou-internal.aliyuncs.com";
    let ask = async |client: &Client| client.oss.handle(signed_for(client, "cn-hangzhou", host, "/a", bucket)).await;
    assert!(ask(&client).await.extensions().get::<Swallow>().is_some(), "a key from elsewhere gets no answer");
    let identities = &client.shared.identities;
    let all = serde_json::json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let role = Role::new(ACCOUNT, "worker", Trust::service("fc.aliyuncs.com"));
    identities.put_role(Role { policies: vec![all], ..role }).unwrap();
    let arn = format!("acs:ram::{ACCOUNT}:role/worker");
    let issued = identities.assume_inside(&arn, "worker", Duration::from_secs(900)).unwrap();
    let secret = secrecy::ExposeSecret::expose_secret;
    let credentials = Credentials::new(&issued.access_key_id, secret(&issued.access_key_secret))
        .with_security_token(secret(&issued.security_token));
    let function = Client { credentials, ..client };
    assert_eq!(&ask(&function).await.body()[..], b"one");
}

#[tokio::test]
async fn a_signature_counts_in_the_region_of_the_bucket_alone() {
    let client = Client::with_bucket();
    let ask = |region| client.send_as_is(signed_for(&client, region, "127.0.0.1", "/records/a", Addressing::Path));
    assert_eq!(ask("cn-hangzhou").await.refusal(), (404, "NoSuchKey".into()));
    assert_eq!(ask("cn-beijing").await.refusal(), (400, "InvalidArgument".into()));
    assert_eq!(ask("oss-cn-hangzhou").await.refusal(), (400, "InvalidArgument".into()), "the region, not the host");
}

#[tokio::test]
async fn version_1_of_the_signature_is_closed_unless_it_is_opened_for_old_clients() {
    let client = Client::with_bucket();
    client.put("/records/a", "one").await;
    let ask = || {
        let request = Request::get("/records/a").header("host", "127.0.0.1").body(Bytes::new()).unwrap();
        let (mut parts, body) = request.into_parts();
        let now = client.shared.clock.wall();
        oss_v1::sign(&mut parts, &body, Addressing::Path, &client.credentials, now).unwrap();
        client.send_as_is(Request::from_parts(parts, body))
    };
    assert_eq!(ask().await.refusal(), (403, "AccessDenied".into()));
    client.oss.set_settings(Settings { signature_v1: true, ..Settings::default() });
    assert_eq!(ask().await.body, "one");
}

#[tokio::test]
async fn public_hosts_of_the_mainland_keep_out_calls_on_objects_of_new_accounts() {
    let client = Client::with_bucket();
    client.put("/records/a", "one").await;
    let bucket = Addressing::VirtualHost("records");
    let ask = |path| {
        let host = "records.oss-cn-hangzhou.aliyuncs.com";
        client.send_as_is(signed_for(&client, "cn-hangzhou", host, path, bucket))
    };
    for path in ["/a", "/?list-type=2"] {
        assert_eq!(ask(path).await.refusal(), (400, "PublicEndpointForbidden".into()), "{path}");
    }
    assert_eq!(ask("/?versioning").await.status, StatusCode::OK);
    client.oss.set_settings(Settings { public_hosts: true, ..Settings::default() });
    assert_eq!(ask("/a").await.body, "one");

    client.oss.create_bucket(ACCOUNT, "cn-hongkong", "abroad").unwrap();
    let host = "abroad.oss-cn-hongkong.aliyuncs.com";
    client.oss.set_settings(Settings::default());
    let request = signed_for(&client, "cn-hongkong", host, "/a", Addressing::VirtualHost("abroad"));
    assert_eq!(client.send_as_is(request).await.refusal(), (404, "NoSuchKey".into()));
}

#[tokio::test]
async fn what_this_oss_does_not_have_is_refused_and_never_taken_for_something_else() {
    let client = Client::with_bucket();
    client.put("/records/a", "keep").await;
    for (method, target) in [
        ("PUT", "/records/a?tagging"),
        ("PUT", "/records/a?acl"),
        ("GET", "/records?versions"),
        ("DELETE", "/records/a?versionId=1"),
        ("PUT", "/records?lifecycle"),
    ] {
        assert_eq!(client.call(method, target, &[], b"").await.refusal(), (400, "NotImplemented".into()), "{target}");
    }
    assert_eq!(client.get("/records/a").await.body, "keep");
    assert_eq!(client.call("PATCH", "/records/a", &[], b"").await.refusal(), (405, "MethodNotAllowed".into()));
}

#[tokio::test]
async fn a_fault_refuses_before_the_effect_or_swallows_the_answer_after_it() {
    let client = Client::with_bucket();
    client.shared.faults.add(FaultRule::once("PutObject", Fault::Unavailable));
    assert_eq!(client.put("/records/a", "1").await.refusal(), (503, "ServiceUnavailable".into()));
    assert_eq!(client.oss.buckets()[0].objects, 0);

    client.shared.faults.add(FaultRule::once("PutObject", Fault::LoseAnswer));
    let request = Request::put("/records/a").header("host", "127.0.0.1").body(Bytes::from("1")).unwrap();
    let (mut parts, body) = request.into_parts();
    let now = client.shared.clock.wall();
    oss_v4::sign(&mut parts, &body, Addressing::Path, "cn-hangzhou", &client.credentials, now).unwrap();
    let response = client.oss.handle(Request::from_parts(parts, body)).await;
    assert!(response.extensions().get::<Swallow>().is_some());
    let call = response.extensions().get::<Call>().unwrap();
    assert_eq!((call.outcome.clone(), call.resource.as_deref()), (Outcome::AnswerLost, Some("records/a")));
    assert_eq!(client.oss.buckets()[0].objects, 1);
    assert_eq!(client.oss.buckets()[0].account_id, ACCOUNT);
}

#[tokio::test(start_paused = true)]
async fn temporary_credentials_need_their_token_and_end() {
    let mut client = Client::with_bucket();
    let identities = client.shared.identities.clone();
    let role = Role::new(ACCOUNT, "worker", Trust::account(ACCOUNT));
    let policy = serde_json::json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": "oss:ListObjects", "Resource": "*"}]});
    identities.put_role(Role { policies: vec![policy], ..role }).unwrap();
    let arn = format!("acs:ram::{ACCOUNT}:role/worker");
    let issued = identities.assume(&arn, "s1", Duration::from_secs(900)).unwrap();
    let bare = Credentials::new(&issued.access_key_id, issued.access_key_secret.expose_secret());
    let listed = async |client: &Client| client.get("/records?list-type=2").await.refusal();

    client.credentials = bare.clone();
    assert_eq!(listed(&client).await, (403, "InvalidAccessKeyId".into()));
    client.credentials = bare.clone().with_security_token("another");
    assert_eq!(listed(&client).await, (403, "InvalidSecurityToken".into()));
    client.credentials = bare.with_security_token(issued.security_token.expose_secret());
    assert_eq!(listed(&client).await, (200, String::new()));
    tokio::time::sleep(Duration::from_secs(901)).await;
    assert_eq!(listed(&client).await, (403, "SecurityTokenExpired".into()));
}

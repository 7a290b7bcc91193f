//! Retention policies: what they refuse, for how long, and who may end them.

use std::time::Duration;

use http::StatusCode;
use local_core::clock::Clock;
use local_core::table::Storage;

use super::{Answer, Client, shared};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Client {
    async fn post(&self, target: &str, body: &str) -> Answer {
        self.call("POST", target, &[], body.as_bytes()).await
    }

    async fn delete(&self, target: &str) -> Answer {
        self.call("DELETE", target, &[], b"").await
    }

    /// Makes a policy and returns its id.
    async fn retains(&self, days: u32) -> String {
        let answer = self.post("/records?worm", &wanted("Initiate", days)).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.headers["x-oss-worm-id"].to_str().unwrap().to_owned()
    }

    async fn locks(&self, id: &str) -> Answer {
        self.post(&format!("/records?wormId={id}"), "").await
    }

    /// The state and the days of the policy.
    async fn policy(&self) -> Option<(String, String)> {
        let document = self.get("/records?worm").await.document();
        let text = |name| document.child_text(name).map(str::to_owned);
        Some((text("State")?, text("RetentionPeriodInDays")?))
    }
}

fn wanted(what: &str, days: u32) -> String {
    format!("<{what}WormConfiguration><RetentionPeriodInDays>{days}</RetentionPeriodInDays></{what}WormConfiguration>")
}

/// A bucket on virtual time.
fn bucket() -> Client {
    let client = Client::of(shared(Storage::in_memory(), Clock::system()));
    client.oss.create_bucket(super::ACCOUNT, "cn-hangzhou", "records").unwrap();
    client
}

/// What every way to change an object is answered with.
async fn changes(client: &Client, key: &str) -> Vec<(u16, String)> {
    let target = format!("/records/{key}");
    let all = format!("<Delete><Object><Key>{key}</Key></Object><Object><Key>other</Key></Object></Delete>");
    client.put("/records/other", "o").await;
    let copy = [("x-oss-copy-source", "/records/other")];
    let forbid = [("x-oss-forbid-overwrite", "true")];
    let begun = client.post(&format!("{target}?uploads"), "").await.document();
    let upload = begun.child_text("UploadId").unwrap().to_owned();
    let part = client.put(&format!("{target}?partNumber=1&uploadId={upload}"), "p").await;
    let tag = part.headers["etag"].to_str().unwrap().to_owned();
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    );
    let answers = [
        client.put(&target, "another").await,
        client.call("PUT", &target, &forbid, b"another").await,
        client.call("PUT", &target, &copy, b"").await,
        client.post(&format!("{target}?append&position=1"), "more").await,
        client.post(&format!("{target}?uploadId={upload}"), &parts).await,
        client.delete(&target).await,
        client.post("/records?delete", &all).await,
    ];
    client.delete(&format!("{target}?uploadId={upload}")).await;
    answers.iter().map(Answer::refusal).collect()
}

#[tokio::test(start_paused = true)]
async fn what_a_policy_protects_cannot_be_overwritten_or_deleted_until_its_days_are_over() {
    let client = bucket();
    client.put("/records/before", "b").await;
    let id = client.retains(3).await;
    assert_eq!(client.locks(&id).await.status, StatusCode::OK);
    client.put("/records/after", "a").await;
    for key in ["before", "after"] {
        assert_eq!(changes(&client, key).await, vec![(409, "FileImmutable".to_owned()); 7], "{key}");
        assert_eq!(client.get(&format!("/records/{key}")).await.body.len(), 1);
    }
    assert_eq!(client.delete("/records/nothing").await.status, StatusCode::NO_CONTENT);
    tokio::time::sleep(3 * DAY).await;
    assert_eq!(client.put("/records/before", "anew").await.status, StatusCode::OK);
    assert_eq!(client.delete("/records/after").await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.delete("/records/before").await.refusal(), (409, "FileImmutable".into()), "its days begin anew");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_nobody_locks_within_a_day_protects_nothing_any_more() {
    let client = bucket();
    assert_eq!(client.get("/records?worm").await.refusal(), (404, "NoSuchWORMConfiguration".into()));
    let id = client.retains(30).await;
    assert_eq!(client.policy().await, Some(("InProgress".into(), "30".into())));
    client.put("/records/a", "1").await;
    assert_eq!(client.delete("/records/a").await.refusal(), (409, "FileImmutable".into()));
    tokio::time::sleep(DAY).await;
    assert_eq!(client.locks(&id).await.refusal(), (404, "NoSuchWORMConfiguration".into()), "it is too late");
    assert_eq!(client.delete("/records/a").await.status, StatusCode::NO_CONTENT);

    let id = client.retains(30).await;
    assert_eq!(client.locks("another").await.refusal(), (404, "NoSuchWORMConfiguration".into()));
    assert_eq!(client.locks(&id).await.status, StatusCode::OK);
    tokio::time::sleep(2 * DAY).await;
    assert_eq!(client.policy().await, Some(("Locked".into(), "30".into())));
}

#[tokio::test(start_paused = true)]
async fn a_locked_policy_can_only_be_extended() {
    let client = bucket();
    let longer = |id: &str, days| (format!("/records?wormId={id}&wormExtend"), wanted("Extend", days));
    let extends = async |id: &str, days| {
        let (target, body) = longer(id, days);
        client.post(&target, &body).await.refusal()
    };
    let invalid = (400, "InvalidWORMConfiguration".to_owned());
    let id = client.retains(2).await;
    assert_eq!(extends(&id, 3).await, invalid, "it is not locked");
    assert_eq!(client.post("/records?worm", &wanted("Initiate", 9)).await.refusal(), invalid, "there is one");
    assert_eq!(client.delete("/records?worm").await.status, StatusCode::NO_CONTENT, "it can be given up");
    let id = client.retains(2).await;
    client.locks(&id).await;
    let locked = (403, "WORMConfigurationLocked".to_owned());
    assert_eq!(client.delete("/records?worm").await.refusal(), locked);
    assert_eq!(client.locks(&id).await.refusal(), locked);
    assert_eq!(client.post("/records?worm", &wanted("Initiate", 9)).await.refusal(), locked);
    assert_eq!(extends(&id, 1).await, invalid, "it does not become shorter");
    assert_eq!(extends(&id, 25_551).await, invalid);
    assert_eq!(extends("another", 5).await, (404, "NoSuchWORMConfiguration".into()));
    assert_eq!(extends(&id, 5).await.0, 200);
    assert_eq!(client.policy().await, Some(("Locked".into(), "5".into())));
    for bad in ["<InitiateWormConfiguration/>", "x"] {
        assert_eq!(client.post("/records?worm", bad).await.refusal(), (400, "MalformedXML".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_has_a_policy_or_versions() {
    let client = bucket();
    let enable = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let invalid = (400, "InvalidWORMConfiguration".to_owned());
    client.retains(1).await;
    assert_eq!(client.put("/records?versioning", enable).await.refusal(), invalid);
    tokio::time::sleep(DAY).await;
    assert_eq!(client.put("/records?versioning", enable).await.status, StatusCode::OK);
    assert_eq!(client.post("/records?worm", &wanted("Initiate", 1)).await.refusal(), invalid);
}

//! What survives a process that is killed.

use std::path::Path;
use std::time::Duration;

use causeway_local::cloud::{Cloud, Options};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;

use super::{HERE, THERE, join};
use crate::testing::{Client, pass, refused};

/// Opens the cloud kept in `folder`. Dropping it without a word is as good as killing it: nothing is written at the end.
fn open(folder: &Path, speed: f64) -> Cloud {
    let storage = Storage::in_folder(folder).unwrap();
    Cloud::open(Options { storage, speed, ..Options::new(Seed::tutorial()) }).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_is_there_after_a_kill_and_what_was_under_way_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (interface, console, token) = {
        let cloud = open(folder.path(), 1.0);
        let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
        let params = [("CidrBlock", "10.0.0.0/8"), ("ClientToken", "t-1")];
        let made = a.vpc_call(HERE, "CreateVpc", &params).await.unwrap();
        (join(&a, &b).await, cloud.console(), made["VpcId"].clone())
    };
    let cloud = open(folder.path(), 1.0);
    assert_eq!(cloud.console(), console, "the seed is not planted twice");
    let a = Client::new(&cloud, "a");
    let again = a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/8"), ("ClientToken", "t-1")]).await.unwrap();
    assert_eq!(again["VpcId"], token);
    let status = async || {
        let seen = a.vpc_call(HERE, "DescribeRouterInterfaceAttribute", &[("InstanceId", &interface)]).await.unwrap();
        seen["Status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status().await, "Connecting");
    pass(Duration::from_secs(7)).await;
    assert_eq!(status().await, "Active");
}

#[tokio::test(start_paused = true)]
async fn a_second_run_gives_new_ids_and_its_time_does_not_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let create = async |cloud: &Cloud| {
        let a = Client::new(cloud, "a");
        a.vpc_call(THERE, "CreateVpc", &[("CidrBlock", "10.0.0.0/8")]).await.unwrap()["VpcId"].clone()
    };
    let (first, then) = {
        let cloud = open(folder.path(), 100.0);
        pass(Duration::from_secs(60)).await;
        (create(&cloud).await, cloud.shared().clock.now())
    };
    let cloud = open(folder.path(), 1.0);
    assert!(cloud.shared().clock.now() >= then);
    assert_ne!(create(&cloud).await, first);
}

#[tokio::test(start_paused = true)]
async fn temporary_credentials_and_their_end_survive() {
    let folder = tempfile::tempdir().unwrap();
    let role = {
        let cloud = open(folder.path(), 1.0);
        let arn = "acs:ram::1000000000000001:role/causeway-read";
        let duration = Duration::from_secs(900);
        cloud.shared().identities.assume(arn, "s-1", duration).unwrap()
    };
    let cloud = open(folder.path(), 1.0);
    let secret = secrecy::ExposeSecret::expose_secret;
    let credentials = cloud_signing::Credentials::new(role.access_key_id, secret(&role.access_key_secret))
        .with_security_token(secret(&role.security_token));
    let client = Client { cloud, credentials, account_id: "1000000000000001".into() };
    assert!(client.vpc_call(HERE, "DescribeVpcs", &[]).await.is_ok());
    pass(Duration::from_secs(901)).await;
    let late = client.vpc_call(HERE, "DescribeVpcs", &[]).await;
    assert_eq!(late, refused(400, "InvalidSecurityToken.Expired"));
}

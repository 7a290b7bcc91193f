//! Who calls, and by which right.

use std::sync::Arc;

use alicloud::sts::{AssumeRole, RoleArn};
use alicloud::vpc::{DescribeVpcs, Network};
use alicloud::vpc_peer::ListVpcPeerConnections;
use alicloud::{Call, Client, Credentials, Endpoints, Error};
use causeway_local::ram::{Role, Trust};
use causeway_tests::system::System;
use engine::session::Session;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use transport::{Clock, Entropy, Io};

use super::stories;
use crate::sessions::{clouds, open_role};

stories! { Call;
    AssumeRole "EntityNotExist.Role" Denied "Check the role's name and trust policy" => a_role_by_a_wrong_name;
    AssumeRole "NoPermission" Denied "The role does not exist, or does not trust the caller" => a_stranger;
    DescribeVpcs "InvalidSecurityToken.MismatchWithAccessKey" Denied "Hand over both from the same source" => a_token_of_another_key;
    DescribeVpcs "InvalidAccessKeyId.NotFound" Denied "The access key does not exist or is disabled" => a_key_that_is_gone;
    DescribeVpcs "SignatureDoesNotMatch" Denied "the secret does not belong to the access key" => a_wrong_secret;
    DescribeVpcs "InvalidTimeStamp.Expired" Denied "The clock of this machine is off by more than 15 minutes" => a_late_clock;
    DescribeVpcs "SignatureNonceUsed" OutcomeUnknown "Look at what the first one did" => a_request_sent_twice;
    ListVpcPeerConnections "Forbidden.NoPermission" Denied "Grant the action to it" => a_role_without_the_right;
    DescribeVpcs "Forbidden.RAM" Denied "Grant the missing permission to the role" => a_session_without_the_right;
}

/// The tutorial's first VPC, as the world shows it to these credentials.
async fn seen(io: Io, credentials: Credentials) -> Result<Vec<Network>, Error> {
    let client = Client::new(io, Endpoints::at("http://cloud.test").unwrap(), Arc::new(credentials));
    client.vpc(&"cn-qingdao".parse().unwrap()).describe_vpcs(&DescribeVpcs { vpc_ids: Vec::new() }).await
}

fn keys(system: &System, alias: &str) -> Credentials {
    let account = system.account(alias);
    Credentials::new(&account.access_key_id, &account.access_key_secret)
}

/// A role that anybody of the operator may assume.
const OPEN: &str = "open";

fn role(system: &System, name: &str) -> AssumeRole {
    open_role(system, OPEN);
    let role = RoleArn::new(&system.account_id("a").parse().unwrap(), name).unwrap();
    AssumeRole::new(role, "advice".parse().unwrap())
}

async fn a_role_by_a_wrong_name(system: &System) -> Error {
    let operator = system.client("operator").sts();
    let refused = operator.assume_role(&role(system, "opens")).await.unwrap_err();
    operator.assume_role(&role(system, OPEN)).await.unwrap();
    refused
}

async fn a_stranger(system: &System) -> Error {
    let refused = system.client("b").sts().assume_role(&role(system, OPEN)).await.unwrap_err();
    system.client("operator").sts().assume_role(&role(system, OPEN)).await.unwrap();
    refused
}

async fn a_token_of_another_key(system: &System) -> Error {
    let sts = system.client("operator").sts();
    let one = sts.assume_role(&role(system, OPEN)).await.unwrap().credentials;
    let other = sts.assume_role(&role(system, OPEN)).await.unwrap().credentials;
    let mixed = Credentials { security_token: other.security_token, ..one.clone() };
    let refused = seen(system.io().clone(), mixed).await.unwrap_err();
    seen(system.io().clone(), one).await.unwrap();
    refused
}

async fn a_key_that_is_gone(system: &System) -> Error {
    let gone = Credentials::new("LTAI5tNobodys", "secret");
    let refused = seen(system.io().clone(), gone).await.unwrap_err();
    seen(system.io().clone(), keys(system, "a")).await.unwrap();
    refused
}

async fn a_wrong_secret(system: &System) -> Error {
    let mixed = Credentials::new(&system.account("a").access_key_id, &system.account("b").access_key_secret);
    let refused = seen(system.io().clone(), mixed).await.unwrap_err();
    seen(system.io().clone(), keys(system, "a")).await.unwrap();
    refused
}

/// A clock that is wrong by this much.
struct Off(Arc<dyn Clock>, SignedDuration);

/// The world by a clock that is off by so many minutes.
pub(super) fn off(system: &System, minutes: i64) -> Io {
    let clock = Arc::new(Off(system.io().clock.clone(), SignedDuration::from_mins(minutes)));
    Io { clock, ..system.io().clone() }
}

impl Clock for Off {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }
}

async fn a_late_clock(system: &System) -> Error {
    let refused = seen(off(system, -16), keys(system, "a")).await.unwrap_err();
    seen(off(system, -14), keys(system, "a")).await.unwrap();
    seen(off(system, 0), keys(system, "a")).await.unwrap();
    refused
}

/// Bits that never change, so that each request has the nonce of the one before.
struct Same;

impl Entropy for Same {
    fn next_u64(&self) -> u64 {
        7
    }
}

async fn a_request_sent_twice(system: &System) -> Error {
    let io = Io { entropy: Arc::new(Same), ..system.io().clone() };
    let first = seen(io.clone(), keys(system, "a")).await.unwrap();
    let refused = seen(io, keys(system, "a")).await.unwrap_err();
    assert_eq!(seen(system.io().clone(), keys(system, "a")).await.unwrap(), first);
    refused
}

async fn a_role_without_the_right(system: &System) -> Error {
    let grant = |policies| {
        let trust = Trust::account(system.account_id("operator"));
        let role = Role { policies, ..Role::new(system.account_id("a"), "narrow", trust) };
        system.cloud.shared().identities.put_role(role).unwrap();
    };
    let list = async || {
        let peers = system.client("operator").assume(&role(system, "narrow")).vpc_peer(&"cn-qingdao".parse().unwrap());
        peers.list_vpc_peer_connections(&ListVpcPeerConnections::default()).await
    };
    grant(Vec::new());
    let refused = list().await.unwrap_err();
    assert!(refused.advice().contains("vpc:ListVpcPeerConnections"), "{}", refused.advice());
    grant(vec![json!({
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "vpc:ListVpcPeerConnections", "Resource": "*"}]
    })]);
    list().await.unwrap();
    refused
}

/// The session's own policy counts like the role's: it is right where the role has the permission and the session has not.
async fn a_session_without_the_right(system: &System) -> Error {
    let look = async || {
        let session = Session::reading(None, None);
        let (_, client, region) = clouds(system, "webhook").await.client_at(&session, "a", "cn-qingdao").unwrap();
        client.vpc(&region).describe_vpcs(&DescribeVpcs::default()).await
    };
    let shared = system.cloud.shared();
    let whole = shared.identities.role(system.account_id("a"), "causeway-read").unwrap();
    shared.identities.put_role(Role { policies: Vec::new(), ..whole.clone() }).unwrap();
    let refused = look().await.unwrap_err();
    assert!(refused.advice().contains("vpc:DescribeVpcs"), "{}", refused.advice());
    shared.identities.put_role(whole).unwrap();
    look().await.unwrap();
    refused
}

//! Who the credentials belong to: asked and shown before anything is done.

use std::fmt;

use alicloud::AccountId;
use alicloud::wire::Params;
use cloud_wire::words;
use http::{Response, header};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use strict::escaped;

use crate::call::Call;
use crate::client::{Client, read};
use crate::endpoint::hosts;
use crate::error::Error;

words! {
    /// What kind of identity calls.
    IdentityKind {
        /// The account itself, which may do everything.
        Account = "Account",
        /// A RAM user of the account.
        User = "RAMUser",
        /// A session of a role.
        Role = "AssumedRoleUser",
    }
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// The identity: `acs:ram::1000000000000001:user/ann`.
    pub arn: String,
    /// Its kind.
    pub kind: IdentityKind,
    /// How far this machine's clock is ahead of the cloud's, as the answer's `Date` says; to a second.
    pub clock_ahead: Option<SignedDuration>,
}

impl fmt::Display for Identity {
    /// `account 1000000000000001, RAM user acs:ram::1000000000000001:user/ann`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            IdentityKind::Account => "the account itself",
            IdentityKind::User => "RAM user",
            IdentityKind::Role => "session of a role",
            IdentityKind::Unknown(word) => word,
        };
        write!(f, "account {}, {} {}", self.account, escaped(kind), escaped(&self.arn))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    account_id: AccountId,
    arn: String,
    identity_type: IdentityKind,
}

impl Client {
    /// Asks STS who the credentials belong to. Whoever can sign may ask.
    ///
    /// # Errors
    /// `Denied` where the key is wrong, or this machine's clock is; `StaleCredentials` where a session is over.
    pub async fn identity(&self) -> Result<Identity, Error> {
        let call = Call::GetCallerIdentity;
        let response = self.rpc_response(call, None, hosts::STS, Params::new()).await?;
        let answer: Answer = read(call, None, &response)?;
        let clock_ahead = date(&response).map(|date| self.now().duration_since(date));
        Ok(Identity { account: answer.account_id, arn: answer.arn, kind: answer.identity_type, clock_ahead })
    }
}

/// When an answer was written.
fn date<B>(response: &Response<B>) -> Option<Timestamp> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Cloud, refusal};
    use alicloud::Kind;

    fn says(kind: &str, arn: &str) -> String {
        let arn = serde_json::to_string(arn).unwrap();
        format!(
            r#"{{"RequestId":"R","AccountId":"1000000000000001","Arn":{arn},"IdentityType":"{kind}","PrincipalId":"1"}}"#
        )
    }

    #[tokio::test]
    async fn who_calls_is_asked_by_one_signed_post_without_parameters() {
        let cloud = Cloud::saying(200, &says("RAMUser", "acs:ram::1000000000000001:user/ann"));
        let identity = cloud.client().identity().await.unwrap();
        assert_eq!(identity.to_string(), "account 1000000000000001, RAM user acs:ram::1000000000000001:user/ann");
        assert_eq!((identity.kind, identity.clock_ahead), (IdentityKind::User, None));
        let seen = cloud.only();
        assert_eq!(seen.line(), "POST https://sts.aliyuncs.com/");
        assert_eq!(
            (seen.header("x-acs-action"), seen.header("x-acs-version")),
            (Some("GetCallerIdentity"), Some("2015-04-01"))
        );
        assert_eq!((seen.header("content-length"), seen.text()), (Some("0"), ""));
    }

    #[tokio::test]
    async fn through_a_gateway_the_host_tells_what_is_meant() {
        let cloud = Cloud::saying(200, &says("Account", "acs:ram::1000000000000001:root"));
        let identity = cloud.behind_gateway().identity().await.unwrap();
        assert_eq!(identity.to_string(), "account 1000000000000001, the account itself acs:ram::1000000000000001:root");
        let seen = cloud.only();
        assert_eq!(seen.line(), "POST http://127.0.0.1:4600/");
        assert_eq!(seen.header("host"), Some("sts.aliyuncs.com"));
    }

    #[tokio::test]
    async fn a_clock_that_is_off_is_seen_by_the_date_of_the_answer() {
        let cloud = Cloud::answering(|_| {
            let body = says("AssumedRoleUser", "acs:ram::1000000000000001:assumed-role/ops/ann");
            Ok(Response::builder().header("date", "Fri, 02 Jan 2026 03:00:05 GMT").body(body).unwrap())
        });
        let identity = cloud.client().identity().await.unwrap();
        assert_eq!(identity.clock_ahead, Some(SignedDuration::from_mins(4)));
    }

    #[tokio::test]
    async fn what_others_wrote_does_not_reach_the_terminal() {
        let cloud = Cloud::saying(200, &says("x", "acs\u{1b}[2J"));
        let shown = cloud.client().identity().await.unwrap().to_string();
        assert!(!shown.chars().any(strict::is_unseen), "{shown:?}");
    }

    #[tokio::test]
    async fn a_wrong_key_and_a_wrong_clock_say_so() {
        for (code, kind, words) in [
            ("InvalidAccessKeyId.NotFound", Kind::Denied, "does not exist or is disabled"),
            ("InvalidSecurityToken.Expired", Kind::StaleCredentials, "ran out"),
            ("IllegalTimestamp", Kind::Denied, "clock of this machine"),
        ] {
            let error = Cloud::saying(400, &refusal(code)).client().identity().await.unwrap_err();
            assert_eq!(error.kind(), kind, "{code}");
            assert!(error.advice().contains(words), "{}", error.advice());
        }
    }
}

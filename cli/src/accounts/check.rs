//! `causeway accounts check`: whether accounts let Causeway in.

use std::time::Duration;

use api::accounts::{AccountCheck, AccountChecks, Look, LookOutcome};
use connection::words::AccountAlias;
use futures::future::try_join_all;
use serde::Serialize;

use super::{AccountsError, document, progress};
use crate::args::CheckAccounts;
use crate::remote::connect;
use crate::render::{counted, json, say, word};
use crate::webhook::{Webhook, WebhookError};

/// Rests between looks at an account whose roles were made just now: RAM needs up to a minute until everybody sees them.
const RESTS: [u64; 6] = [2, 4, 8, 16, 20, 20];

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    passed: bool,
    accounts: &'a [AccountChecks],
}

/// `causeway accounts check`. Whether nothing failed.
///
/// # Errors
/// When the webhook refuses or does not answer.
pub async fn run(args: &CheckAccounts) -> Result<bool, AccountsError> {
    let webhook = connect(&args.webhook)?;
    let aliases = match &args.alias {
        Some(alias) => vec![alias.clone()],
        None => document::read(&webhook).await?.0.accounts.into_keys().collect(),
    };
    let looks = aliases.iter().map(|alias| check(&webhook, alias, args.region.as_deref()));
    let accounts = try_join_all(looks).await?;
    let passed = accounts.iter().all(|account| !account.has_failed());
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, passed, accounts: &accounts }));
        return Ok(passed);
    }
    accounts.iter().for_each(show);
    let failed = accounts.iter().filter(|account| account.has_failed()).count();
    say!("{}, {failed} of them with failures", counted(accounts.len(), "account"));
    Ok(passed)
}

/// What the webhook sees in an account now.
///
/// # Errors
/// When it refuses or does not answer.
pub async fn check(
    webhook: &Webhook,
    alias: &AccountAlias,
    region: Option<&str>,
) -> Result<AccountChecks, WebhookError> {
    let region = region.map(|region| format!("?region={region}")).unwrap_or_default();
    webhook.post(&format!("/v1/accounts/{alias}/checks{region}")).await
}

/// The same of an account whose roles were made just now: looks again until it lets Causeway in, or a minute is over.
pub(super) async fn until_it_passes(webhook: &Webhook, alias: &AccountAlias) -> Result<AccountChecks, AccountsError> {
    for seconds in RESTS {
        let found = check(webhook, alias, None).await?;
        if !found.has_failed() {
            return Ok(found);
        }
        progress!("the account does not let Causeway in yet; new roles take up to a minute");
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    Ok(check(webhook, alias, None).await?)
}

/// Prints what was looked at, a line each.
pub fn show(found: &AccountChecks) {
    say!("{} ({}), looked at in {}", found.account, found.account_id, found.region_id);
    for check in &found.checks {
        let sign = match check.outcome {
            LookOutcome::Passed => "✓",
            LookOutcome::Closed => "!",
            LookOutcome::Failed | LookOutcome::Unknown => "✗",
        };
        say!("  {sign} {}", line(check));
        for more in details(check) {
            say!("      {more}");
        }
    }
}

/// What was looked at.
#[must_use]
pub fn line(check: &AccountCheck) -> String {
    let what = match check.look {
        Look::Access => "Causeway is let in",
        Look::Vpc => "VPCs can be looked at",
        Look::Ecs => "security groups can be looked at",
        Look::Peering => "peerings can be looked at",
        Look::Cdt => "traffic between regions is billed (CDT)",
        Look::CdtCrossBorder => "traffic across the border of mainland China is billed (CDT)",
        Look::PrivateLink => "PrivateLink is open",
        Look::LoadBalancer => "load balancers can be looked at",
    };
    match check.outcome {
        LookOutcome::Passed => what.to_owned(),
        outcome => format!("{what}: {}", word(&outcome)),
    }
}

/// What happened, and what to do.
#[must_use]
pub fn details(check: &AccountCheck) -> Vec<String> {
    let permission = check.permission.as_ref().map(|permission| format!("missing permission: {permission}"));
    let request = check.call.as_ref().and_then(|call| call.request_id.as_ref()).map(|id| format!("request id: {id}"));
    [check.what.clone(), permission, request, check.advice.clone()].into_iter().flatten().collect()
}

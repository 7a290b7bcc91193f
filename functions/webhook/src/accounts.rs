//! Whether a connected account lets Causeway in: its role for looking is assumed, or its key taken, and one call of each product
//! is made that the deployed kinds need. Nothing is changed.
//!
//! Sessions are new and the accounts document is read anew, so that what was let in a minute ago counts for nothing. The other roles
//! of an account trust other functions, so they cannot be tried here.

use std::sync::Arc;

use alicloud::cdt::Part;
use alicloud::ecs::DescribeSecurityGroups;
use alicloud::slb::DescribeLoadBalancers;
use alicloud::{Client, Kind as Failure, Patience, Region};
use api::accounts::{AccountCheck, AccountChecks, Deployment, Look, LookOutcome};
use bytes::Bytes;
use cloud_error::{CloudCall, Error};
use connection::account::{Account, Accounts};
use connection::caller::{Act, Subject};
use connection::not_done::{FailedCall, NotDone};
use connection::words::{AccountAlias, Kind, RegionId};
use engine::clouds::Clouds;
use engine::services::Services;
use engine::session::Session;
use futures::future::{BoxFuture, FutureExt as _, join_all};
use http::{Response, StatusCode};
use jdcloud::vpc::DescribeVpcs;
use transport::Chain;

use crate::access::Principal;
use crate::gate::unavailable;
use crate::preflight::billing;
use crate::problem_json::{Refusal, json_response};

/// Where an account of JD Cloud is looked at unless the caller names a region: the first of docs/reference/jdcloud-apis.md.
const JDCLOUD_REGION: &str = "cn-north-1";

/// Which deployment this is.
///
/// # Errors
/// The refusal to answer with.
pub fn deployment(services: &Services, caller: &Principal) -> Result<Response<Bytes>, Refusal> {
    may_see(caller)?;
    let home = &services.home;
    let answer = Deployment {
        account_id: home.account.to_string(),
        region_id: region_id(home.region.as_str())?,
        stack: home.stack.clone(),
        kinds: services.kinds.clone(),
    };
    Ok(json_response(StatusCode::OK, &answer))
}

/// Looks at a connected account.
///
/// # Errors
/// The refusal to answer with.
pub async fn check(
    services: &Services,
    caller: &Principal,
    alias: &AccountAlias,
    region: Option<RegionId>,
) -> Result<Response<Bytes>, Refusal> {
    may_see(caller)?;
    let accounts = services.store.accounts().await.map_err(unavailable)?.unwrap_or_else(Accounts::none);
    let clouds = services.clouds.clone().of_accounts(Arc::new(accounts));
    let account = clouds.account(alias).ok_or_else(|| {
        Refusal::not_found(format!("no account has the alias {alias}; the aliases are those of config/accounts.json"))
    })?;
    let region = match (region, account) {
        (Some(region), _) => region,
        (None, Account::Jdcloud(_)) => region_id(JDCLOUD_REGION)?,
        (None, Account::Alicloud(_)) => match account.regions().first() {
            Some(first) => first.clone(),
            None => region_id(services.home.region.as_str())?,
        },
    };
    let checks = match account {
        Account::Alicloud(_) => alicloud(&clouds, &services.kinds, alias, &region, account.id()).await,
        Account::Jdcloud(_) => jdcloud(&clouds, alias, &region).await,
    };
    let account_id = account.id().to_owned();
    let answer = AccountChecks { account: alias.clone(), account_id, region_id: region, checks };
    tracing::info!(account = %alias, failed = answer.has_failed(), "account checked");
    Ok(json_response(StatusCode::OK, &answer))
}

fn may_see(caller: &Principal) -> Result<(), Refusal> {
    caller.may(Act::Configure, &Subject::everything(), "the configuration, which is for everything")
}

fn region_id(region: &str) -> Result<RegionId, Refusal> {
    region.parse().map_err(|error| Refusal::unavailable(format!("the region {region} cannot be named: {error}")))
}

async fn alicloud(
    clouds: &Clouds,
    kinds: &[Kind],
    alias: &AccountAlias,
    region: &RegionId,
    id: &str,
) -> Vec<AccountCheck> {
    let session = Session::reading(None, None);
    let (client, region) = match clouds.new_client_at(&session, alias.as_str(), region.as_str()).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return vec![refused(Look::Access, &error, alicloud::Call::permission)],
        Err(not_done) => return vec![unusable(not_done)],
    };
    let looks = looks(kinds).into_iter().map(|look| at(look, client.clone(), region.clone(), (alias, id)));
    let mut checks = vec![passed(Look::Access)];
    checks.extend(join_all(looks).await);
    checks
}

/// What connections of these kinds need.
fn looks(kinds: &[Kind]) -> Vec<Look> {
    let mut looks = vec![Look::Vpc, Look::Ecs];
    if kinds.contains(&Kind::VpcPeering) {
        looks.extend([Look::Peering, Look::Cdt, Look::CdtCrossBorder]);
    }
    if kinds.contains(&Kind::PrivateLink) {
        looks.extend([Look::PrivateLink, Look::LoadBalancer]);
    }
    looks
}

fn at<'a>(
    look: Look,
    client: Client,
    region: Region,
    (alias, id): (&'a AccountAlias, &'a str),
) -> BoxFuture<'a, AccountCheck> {
    let is_open = move |open: Result<bool, alicloud::Error>, how: String| match open {
        Ok(true) => passed(look),
        Ok(false) => AccountCheck { outcome: LookOutcome::Closed, what: Some(how), ..passed(look) },
        Err(error) => refused(look, &error, alicloud::Call::permission),
    };
    async move {
        let answer = match look {
            Look::Access => Ok(()),
            Look::Vpc => client.vpc(&region).vpcs_page(1).await.map(drop),
            Look::Ecs => {
                let all = DescribeSecurityGroups::default();
                client.ecs(&region).describe_security_groups(&all).await.map(drop)
            }
            Look::Peering => client.vpc_peer(&region).page(None).await.map(drop),
            Look::LoadBalancer => {
                let all = DescribeLoadBalancers::default();
                client.slb(&region).describe_load_balancers(&all).await.map(drop)
            }
            Look::Cdt | Look::CdtCrossBorder => {
                let part = if look == Look::Cdt { Part::WithinBorder } else { Part::CrossBorder };
                return is_open(client.cdt().is_open(part).await, billing::closed_part(alias, id, part));
            }
            Look::PrivateLink => {
                let open = match client.private_link(&region).check_product_open().await {
                    Err(error) if error.kind() == Failure::Commercial => Ok(false),
                    answer => answer,
                };
                return is_open(open, format!(
                    "account {alias} ({id}) has not opened PrivateLink. Its owner opens it once, in the console or by \
                     `aliyun privatelink OpenPrivateLinkService`"
                ));
            }
        };
        answer.map_or_else(|error| refused(look, &error, alicloud::Call::permission), |()| passed(look))
    }
    .boxed()
}

async fn jdcloud(clouds: &Clouds, alias: &AccountAlias, region: &RegionId) -> Vec<AccountCheck> {
    let vpc = match clouds.jd_vpc_at(alias.as_str(), region.as_str()) {
        Ok(vpc) => vpc,
        Err(not_done) => return vec![unusable(not_done)],
    };
    let seen = match vpc.all_vpcs(&DescribeVpcs::default()).await {
        Ok(_) => passed(Look::Vpc),
        Err(error) => refused(Look::Vpc, &error, |call| call.to_string()),
    };
    vec![passed(Look::Access), seen]
}

fn passed(look: Look) -> AccountCheck {
    AccountCheck { look, outcome: LookOutcome::Passed, what: None, call: None, permission: None, advice: None }
}

/// An entry of the document that leads nowhere.
fn unusable(not_done: NotDone) -> AccountCheck {
    let (what, call, advice) = match not_done {
        NotDone::Failed(failure) => (failure.what, failure.call, Some(failure.advice)),
        NotDone::Retry(retry) => (retry.why, retry.call, None),
    };
    AccountCheck { outcome: LookOutcome::Failed, what: Some(what), call, advice, ..passed(Look::Access) }
}

fn refused<C: CloudCall>(look: Look, error: &Error<C>, permission: impl Fn(C) -> String) -> AccountCheck {
    let outcome = if error.patience() == Patience::GiveUp { LookOutcome::Failed } else { LookOutcome::Unknown };
    let lacks_right = error.kind() == Failure::Denied && error.status() == Some(StatusCode::FORBIDDEN);
    let named = error.denied_action().map(str::to_owned);
    AccountCheck {
        look,
        outcome,
        what: Some(Chain(error).to_string()),
        call: Some(FailedCall::from(error)),
        permission: named.or_else(|| lacks_right.then(|| permission(error.call()))),
        advice: Some(error.advice()),
    }
}

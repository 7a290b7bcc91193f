//! Whether traffic between regions can be billed. Each account pays for what it sends by Cloud Data Transfer (CDT), which its
//! owner opens once; within a region traffic is free (docs/reference/vpc-connection-apis.md, section 3.3).

use alicloud::Patience;
use alicloud::cdt::Part;
use connection::words::AccountAlias;
use futures::future::join_all;
use transport::Chain;

use super::{Found, PreflightError};

/// The parts of CDT that an account has not opened and a peering of the two needs, each told with how to open it.
///
/// What cannot be looked at, as in an account whose role does not have the right yet, is left to create-peering: the cloud
/// refuses there what it cannot bill.
pub(crate) async fn closed(one: &Found<'_>, other: &Found<'_>) -> Vec<PreflightError> {
    if one.region == other.region {
        return Vec::new();
    }
    let crosses = one.region.is_mainland() != other.region.is_mainland();
    let needed = [Some(Part::WithinBorder), crosses.then_some(Part::CrossBorder)].into_iter().flatten();
    let accounts = [Some(one), Some(other).filter(|other| other.account_id != one.account_id)].into_iter().flatten();
    let looks = accounts.flat_map(|found| needed.clone().map(move |part| look(found, part)));
    join_all(looks).await.into_iter().flatten().collect()
}

async fn look(found: &Found<'_>, part: Part) -> Option<PreflightError> {
    let (pointer, account) = (format!("/{}/account", found.side), &found.place.account);
    match found.client.cdt().is_open(part).await {
        Ok(true) => None,
        Ok(false) => Some(PreflightError::at(pointer, advice(account, &found.account_id, part))),
        Err(error) if error.patience() == Patience::GiveUp => {
            tracing::warn!(%account, call = %error.call(), error = %Chain(&error),
                "not known whether the account has opened CDT; create-peering is told");
            None
        }
        Err(error) => Some(PreflightError::of(pointer, error)),
    }
}

fn advice(account: &AccountAlias, account_id: &str, part: Part) -> String {
    format!("{}; then send the request again", closed_part(account, account_id, part))
}

/// That an account has not opened a part, and how it does. The console's address and the command line are those of
/// docs/reference/deploy-apis.md, section 3.1.
pub(crate) fn closed_part(account: &AccountAlias, account_id: &str, part: Part) -> String {
    let (traffic, product) = match part {
        Part::WithinBorder => ("between regions", "Cloud Data Transfer (CDT)"),
        Part::CrossBorder => {
            ("across the border of mainland China", "the cross-border part of Cloud Data Transfer (CDT)")
        }
    };
    let call = part.opened_by();
    format!(
        "account {account} ({account_id}) has not opened {product}, which bills traffic {traffic}. Its owner opens it once, at \
         https://cdt.console.aliyun.com/overview or by `aliyun cdt {call} --version 2021-08-13 --endpoint cdt.aliyuncs.com \
         --force`"
    )
}

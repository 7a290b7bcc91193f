//! The ranges of consumers' VPCs, where the policy has rules about them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alicloud::vpc::{DescribeVpcs, Network};
use approval::policy::Policy;
use approval::request::Request;
use connection::account::Account;
use connection::not_done::{NotDone, Retry};
use ipnet::Ipv4Net;
use tokio::sync::OnceCell;
use tracing::warn;

use crate::clouds::Clouds;
use crate::session::Session;

/// Looks up the ranges of consumers' VPCs in accounts of the accounts document. The VPCs of an account in a region are listed once,
/// whatever number of its endpoints is decided on.
pub struct Consumers<'a> {
    clouds: &'a Clouds,
    session: Session<'a>,
    /// Whether any rule asks for ranges.
    wanted: bool,
    /// By account id and region.
    listed: Mutex<BTreeMap<(String, String), OnceListed>>,
}

type OnceListed = Arc<OnceCell<Listed>>;
/// The VPCs of an account in a region, or what is waited for before they can be listed. `Err(None)`: they cannot be.
type Listed = Result<Vec<Network>, Option<Retry>>;

impl<'a> Consumers<'a> {
    /// For decisions by `policy`. Without a rule about ranges no cloud is asked for any.
    #[must_use]
    pub fn new(clouds: &'a Clouds, session: Session<'a>, policy: Option<&Policy>) -> Self {
        Self { clouds, session, wanted: policy.is_some_and(Policy::names_ranges), listed: Mutex::default() }
    }

    /// The ranges of the VPC of an endpoint. `None` where no rule asks for them, where the endpoint's account is not in the
    /// accounts document, and where they cannot be read; why not is in the log.
    ///
    /// # Errors
    /// When the cloud may answer later.
    pub async fn ranges(&self, request: &Request) -> Result<Option<Vec<Ipv4Net>>, Retry> {
        let (Some(account_id), Some(vpc_id), true) = (&request.account_id, &request.vpc_id, self.wanted) else {
            return Ok(None);
        };
        let known = self.clouds.accounts().accounts.iter();
        let is_owner = |account: &Account| matches!(account, Account::Alicloud(_)) && account.id() == account_id;
        let Some((alias, _)) = known.into_iter().find(|(_, account)| is_owner(account)) else { return Ok(None) };
        let key = (account_id.clone(), request.region.clone());
        let cell = Arc::clone(self.listed.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let listed = cell.get_or_init(|| self.list(alias.as_str(), &request.region)).await;
        let networks = match listed {
            Ok(networks) => networks,
            Err(Some(retry)) => return Err(retry.clone()),
            Err(None) => return Ok(None),
        };
        let Some(network) = networks.iter().find(|network| network.vpc_id == *vpc_id) else {
            warn!(account = %alias, vpc = vpc_id, "the account does not show the VPC of an endpoint");
            return Ok(None);
        };
        match network.ipv4_ranges() {
            // Nothing of it could overlap with anything, and nothing is known.
            Ok(ranges) if ranges.is_empty() => Ok(None),
            Ok(ranges) => Ok(Some(ranges)),
            Err(cidr) => {
                warn!(account = %alias, vpc = vpc_id, %cidr, "a range of the VPC of an endpoint does not read");
                Ok(None)
            }
        }
    }

    async fn list(&self, alias: &str, region: &str) -> Listed {
        let listed = match self.clouds.client_at(&self.session, alias, region) {
            Ok((_, client, region)) => client.vpc(&region).describe_vpcs(&DescribeVpcs::default()).await,
            Err(not_done) => return Err(later(alias, not_done)),
        };
        listed.map_err(|error| later(alias, error.into()))
    }
}

fn later(alias: &str, not_done: NotDone) -> Option<Retry> {
    match not_done {
        NotDone::Retry(retry) => Some(retry),
        NotDone::Failed(failure) => {
            warn!(
                account = alias,
                why = failure.what,
                advice = failure.advice,
                "the VPCs of a consumer cannot be read"
            );
            None
        }
    }
}

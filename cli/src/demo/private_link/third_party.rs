//! What becomes of account `c`, which neither a spec nor a policy names: the cloud refuses its first request. The later one,
//! once it is on the list, stays unconnected.

use std::time::Duration;

use alicloud::private_link::{ConnectionStatus, CreateVpcEndpoint, EndpointStatus, NewZone, PrivateLink, ServiceRef};
use alicloud::{BadName, ClientToken, Region};
use api::approvals::DecisionLog;
use approval::verdict::{Effect, Reason, Verdict};
use serde::Serialize;
use transport::{Chain, Io};

use super::super::{DemoError, client_of};
use crate::deployment::{Account, Deployment};
use crate::tutorial::{NoVpc, ZONE};
use crate::webhook::{Webhook, WebhookError};

const ALIAS: &str = "c";
/// How often the log is looked at, and for how long in all: longer than the sweep takes to come round.
const EVERY: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(120);

/// Account `c`, and where it would have its endpoint.
pub struct ThirdParty {
    pub account_id: String,
    link: PrivateLink,
    vpc_id: String,
    group: String,
    zone: NewZone,
    io: Io,
}

/// How a first request ended.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// The cloud's code; none where it was let in.
    pub code: Option<String>,
    pub said: String,
}

impl Refused {
    /// In words.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.code {
            Some(code) => format!("refused, {code}"),
            None => format!("not refused: {}", self.said),
        }
    }
}

/// What became of a later request, which the cloud let in.
#[derive(Debug, Clone, Serialize)]
pub struct Left {
    pub endpoint_id: String,
    pub connection: String,
    /// The reason in the log of decisions; none where nothing was decided in time.
    pub reason: Option<Reason>,
    pub detail: String,
}

/// Both.
#[derive(Debug, Clone, Serialize)]
pub struct Fate {
    pub refused: Refused,
    pub left: Left,
}

impl Fate {
    /// Whether both requests failed, each with a reason.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.refused.code.as_deref().is_some_and(|code| code.starts_with("EndpointServiceNot"))
            && self.left.connection == ConnectionStatus::Disconnected.as_str()
            && self.left.reason == Some(Reason::AccountNotListed)
    }
}

impl ThirdParty {
    /// Account `c` of the seed.
    ///
    /// # Errors
    /// When the seed has none.
    pub fn of(deployment: &Deployment, accounts: &[Account], region: &Region) -> Result<Self, DemoError> {
        let missing = || NoVpc { account: ALIAS, region: "eu-central-1" };
        let account = accounts.iter().find(|account| account.alias == ALIAS).ok_or_else(missing)?;
        let vpc = account.vpcs.iter().find(|vpc| vpc.region_id == region.as_str()).ok_or_else(missing)?;
        let vswitch = vpc.vswitches.iter().find(|vswitch| vswitch.zone_id == ZONE).ok_or_else(missing)?;
        let group = vpc.security_groups.first().ok_or_else(missing)?;
        Ok(Self {
            account_id: account.account_id.clone(),
            link: client_of(deployment, accounts, ALIAS)?.private_link(region),
            vpc_id: vpc.vpc_id.clone(),
            group: group.security_group_id.clone(),
            zone: NewZone { zone_id: vswitch.zone_id.clone(), vswitch_id: vswitch.vswitch_id.clone(), ip: None },
            io: deployment.local.io().clone(),
        })
    }

    fn request(&self, service: &str) -> Result<CreateVpcEndpoint, BadName> {
        let client_token: ClientToken = self.io.entropy.nonce().parse()?;
        Ok(CreateVpcEndpoint {
            service: ServiceRef::Id(service.to_owned()),
            service_region: None,
            vpc_id: self.vpc_id.clone(),
            security_group_ids: vec![self.group.clone()],
            zones: vec![self.zone.clone()],
            zone_affinity_enabled: false,
            name: None,
            description: None,
            tags: Vec::new(),
            client_token,
        })
    }

    /// Asks for an endpoint without being on the service's list.
    pub async fn asks(&self, service: &str) -> Refused {
        let request = match self.request(service) {
            Ok(request) => request,
            Err(error) => return Refused { code: None, said: error.to_string() },
        };
        match self.link.create_vpc_endpoint(&request).await {
            Ok(created) => Refused { code: None, said: format!("{} was made", created.endpoint_id) },
            Err(error) => Refused { code: error.code().map(str::to_owned), said: Chain(&error).to_string() },
        }
    }

    /// Asks again, now that it is on the list, and waits until the log tells what was decided.
    ///
    /// # Errors
    /// When the cloud refuses, or the webhook does.
    pub async fn asks_again(&self, webhook: &Webhook, service: &str) -> Result<Left, DemoError> {
        let id = self.link.create_vpc_endpoint(&self.request(service)?).await?.endpoint_id;
        let begun = tokio::time::Instant::now();
        let path = format!("/v1/approvals/{service}/{id}");
        let mut last: Option<Verdict> = None;
        while begun.elapsed() < PATIENCE {
            tokio::time::sleep(EVERY).await;
            let entries = match webhook.get::<DecisionLog>(&path).await {
                Ok(log) => log.entries,
                Err(WebhookError::Refused(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let mut decided = entries.iter().rev().filter_map(|entry| entry.event.verdict());
            // What was decided while it was being made is not the last word.
            let settled = decided.find(|verdict| matches!(verdict.effect, Effect::Leave | Effect::Approve));
            let endpoint = self.link.get_vpc_endpoint_attribute(&id).await?;
            if let (Some(settled), EndpointStatus::Active) = (settled, endpoint.status) {
                last = Some(settled.clone());
                break;
            }
        }
        let endpoint = self.link.get_vpc_endpoint_attribute(&id).await?;
        Ok(Left {
            endpoint_id: id,
            connection: endpoint.connection_status.map(|status| status.to_string()).unwrap_or_default(),
            reason: last.as_ref().map(|verdict| verdict.reason),
            detail: last.map_or_else(|| "nothing was decided in time".to_owned(), |verdict| verdict.detail),
        })
    }
}

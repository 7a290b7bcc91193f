//! The sweep of endpoints: looks for those that ask to be connected, announced or not, and for those that are connected
//! and should not be.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`judge`] | one service: what waits, what no longer passes, and whom to send to `approve-endpoint` |
//!
//! No event tells of a new request, so this function asks: once a minute by its timer, and earlier when somebody puts a
//! message into its queue. It goes through all services of all accounts and regions that the accounts document names, sends
//! one message for each endpoint about which there is something to decide or to do, and keeps a report of what it saw. It
//! reads only: deciding for good and acting is the business of `approve-endpoint`.
//!
//! Cutting comes last and in small numbers: only in mode `enforce`, only what an earlier report announced for longer than the
//! time of grace, and at most so many a run as the policy says. What cannot be read now is no reason to cut.

pub mod judge;

use alicloud::private_link::EndpointService;
use approval::decision::Place;
use approval::report::{self, PolicyInForce, Report};
use connection::inventory::reading::Unavailable;
use connection::message::EndpointMessage;
use engine::endpoint::{Consumers, Provider, ServiceView};
use engine::services::Services;
use engine::session::Session;
use engine::tell::{of_lease, tell};
use fc_runtime::{Environment, Error, Runtime};
use function::serve;
use function::settings::verifies;
use futures::{StreamExt as _, stream};
use serde::Serialize;
use store::{StoreError, StoredPolicy};
use tracing::{error, info, warn};
use transport::{Chain, Io};

use crate::judge::{SweepInput, SweepResult};

/// How many regions, and how many services of each, are looked at side by side.
const SIDE_BY_SIDE: usize = 4;

/// The function: sweeps whenever its timer or a message calls.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    verifies(environment)?;
    serve(environment, io, move |services, _| async move {
        let tally = sweep(&services).await?;
        info!(?tally, "swept endpoints");
        Ok::<_, StoreError>(tally)
    })
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Services that were looked at.
    pub services: usize,
    /// Endpoints that are not connected.
    pub waiting: usize,
    /// Connected endpoints that no longer pass, will not for long, or were never decided on.
    pub findings: usize,
    /// Messages sent.
    pub sent: usize,
    /// What could not be looked at; the next sweep tries again.
    pub warnings: usize,
}

/// Looks at every service.
///
/// # Errors
/// When the store fails.
pub async fn sweep(services: &Services) -> Result<Tally, StoreError> {
    let places = places(services);
    if places.is_empty() {
        return Ok(Tally::default());
    }
    let now = services.io.clock.now();
    let before = services.store.report().await?;
    let (policy, mut warnings) = policy(services).await?;
    let look = SweepInput {
        now,
        policy: policy.as_ref(),
        approvals: services.store.approvals_within_the_hour(now).await?,
        before: before.as_ref(),
        consumers: Consumers::new(
            &services.clouds,
            Session::reading(None, None),
            policy.as_ref().map(|stored| &stored.policy),
        ),
    };
    let look = &look;
    let one = |place| async move { region(services, look, place).await };
    let swept: Vec<Swept> = stream::iter(places).map(one).buffered(SIDE_BY_SIDE).collect().await;

    let mut report = Report {
        version: report::VERSION,
        at: now,
        policy: policy.as_ref().map(|stored| PolicyInForce { hash: stored.hash.clone(), mode: stored.policy.mode }),
        waiting: Vec::new(),
        findings: Vec::new(),
        warnings: Vec::new(),
    };
    let mut tally = Tally::default();
    let mut to_send = Vec::new();
    for swept in swept {
        tally.services += swept.services;
        warnings.extend(swept.warnings);
        report.waiting.extend(swept.seen.waiting);
        report.findings.extend(swept.seen.findings);
        to_send.extend(swept.seen.to_send);
    }
    to_send.extend(look.due_to_be_cut(&report));
    report.warnings.clone_from(&warnings);
    tell_of_leases(services, before.as_ref(), &report).await?;
    // The report first: what is to be cut must have been announced in it.
    services.store.put_report(&report).await?;
    for message in &to_send {
        match services.queues.send(message, std::time::Duration::ZERO).await {
            Ok(()) => tally.sent += 1,
            Err(error) => {
                warn!(endpoint = message.endpoint_id, error = %Chain(&error), "not sent; the next sweep tries again")
            }
        }
    }
    services.store.forget_approved(now).await?;
    (tally.waiting, tally.findings) = (report.waiting.len(), report.findings.len());
    tally.warnings = warnings.len();
    Ok(tally)
}

/// Tells of leases that end and were not in the report before. They come before this report: who dies in between tells again.
async fn tell_of_leases(services: &Services, before: Option<&Report>, report: &Report) -> Result<(), StoreError> {
    for finding in &report.findings {
        let request = &finding.request;
        let known = before.and_then(|before| before.finding(&request.service_id, &request.endpoint_id));
        if known.is_some_and(|known| known.lease_ends_at == finding.lease_ends_at) {
            continue;
        }
        if let Some(event) = of_lease(finding) {
            tell(services, &event).await?;
        }
    }
    Ok(())
}

/// Every account in every region that the accounts document names for it.
fn places(services: &Services) -> Vec<Place> {
    let accounts = services.clouds.accounts().accounts.iter();
    let places = accounts.flat_map(|(alias, account)| {
        account.regions().iter().map(|region| Place { account: alias.to_string(), region: region.to_string() })
    });
    places.collect()
}

/// The policy in force, and what is the matter with it.
async fn policy(services: &Services) -> Result<(Option<StoredPolicy>, Vec<String>), StoreError> {
    Ok(match services.store.policy(services.audit.trusted()).await {
        Ok(Some(stored)) if stored.policy.is_empty() => {
            (Some(stored), vec!["the policy has no rules: nothing is approved and nothing is cut".to_owned()])
        }
        Ok(Some(stored)) => (Some(stored), Vec::new()),
        Ok(None) => (None, vec!["there is no policy: nothing is approved and nothing is cut".to_owned()]),
        Err(error @ StoreError::Unreadable { .. }) => {
            error!(error = %Chain(&error), "the policy does not read");
            (
                None,
                vec![format!("the policy does not read, so nothing is approved and nothing is cut: {}", Chain(&error))],
            )
        }
        Err(error) => return Err(error),
    })
}

/// What was found in one region of one account.
#[derive(Default)]
struct Swept {
    services: usize,
    seen: SweepResult,
    warnings: Vec<String>,
}

async fn region(services: &Services, look: &SweepInput<'_>, place: Place) -> Swept {
    let place = &place;
    let mut swept = Swept::default();
    let provider = match Provider::of(&services.clouds, &Session::reading(None, None), place) {
        Ok(provider) => provider,
        Err(not_done) => {
            swept.trouble(place, &Unavailable::from(not_done).to_string());
            swept.seen = look.as_before(place, None);
            return swept;
        }
    };
    let listed = match provider.link.list_vpc_endpoint_services(&Default::default()).await {
        Ok(listed) => listed,
        Err(error) => {
            swept.trouble(place, &Chain(&error).to_string());
            swept.seen = look.as_before(place, None);
            return swept;
        }
    };
    swept.services = listed.len();
    let link = &provider.link;
    let mut all = stream::iter(listed)
        .map(|service: EndpointService| async move {
            let (id, accepts_all) = (service.service_id.clone(), service.auto_accept_enabled == Some(true));
            (id, accepts_all, ServiceView::around(link, service).await)
        })
        .buffered(SIDE_BY_SIDE);
    while let Some((id, accepts_all, view)) = all.next().await {
        if accepts_all {
            let detail = format!("service {id} accepts every endpoint by itself, past this policy; switch that off");
            swept.trouble(place, &detail);
        }
        let seen = match view {
            Ok(view) => look.at(services, place, &view).await.map_err(|error| Chain(&error).to_string()),
            Err(error) => Err(Chain(&error).to_string()),
        };
        match seen {
            Ok(seen) => swept.seen.extend(seen),
            Err(error) => {
                swept.trouble(place, &format!("service {id}: {error}"));
                swept.seen.extend(look.as_before(place, Some(&id)));
            }
        }
    }
    swept
}

impl Swept {
    fn trouble(&mut self, place: &Place, what: &str) {
        warn!(account = place.account, region = place.region, what, "trouble while sweeping endpoints");
        self.warnings.push(format!("account {} in {}: {what}", place.account, place.region));
    }
}

fn message(place: &Place, service_id: &str, endpoint_id: &str) -> EndpointMessage {
    EndpointMessage::new(&place.account, &place.region, service_id, endpoint_id)
}

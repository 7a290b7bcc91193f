//! The consent of accounts' owners: who has to be asked, what waits, and what an owner says, by the API or on the
//! [page] behind a link.

pub mod page;

use api::Page;
use api::call::PageQuery;
use api::consents::{Consent, ConsentRequest, LONGEST_REASON, SayConsent};
use bytes::Bytes;
use connection::caller::Act;
use connection::consent::{Awaited, Consents, Parties, needed};
use connection::decide::Event;
use connection::problem::Problem;
use connection::record::ResolvedSpec;
use connection::words::{AccountAlias, ConnectionName};
use engine::services::Services;
use http::{Response, StatusCode};
use store::{StoreError, Stored};
use transport::Chain;

use crate::access::Principal;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};
use crate::{command, dry_run};

/// How many records are read side by side.
const SIDE_BY_SIDE: usize = 16;

/// What waits for owners when `caller` asks for this; `None` where there is nobody to ask. `stands` is what is active, where a
/// change is asked for.
///
/// # Errors
/// The refusal to answer with.
pub async fn awaited(
    services: &Services,
    caller: &Principal,
    wanted: &ResolvedSpec,
    stands: Option<&ResolvedSpec>,
) -> Result<Option<Awaited>, Refusal> {
    let standing = match services.store.standing_consents().await {
        Err(error @ StoreError::Unreadable { .. }) => {
            tracing::error!(error = %Chain(&error), "the standing consents do not read");
            return Err(Refusal::unavailable(
                "config/consents.json in the store cannot be parsed, so it is not known who agrees; the operator corrects it",
            ));
        }
        read => read.map_err(unavailable)?,
    };
    let (accounts, callers) = (services.clouds.accounts(), caller.callers());
    let parties = Parties { accounts, callers, standing: &standing };
    let since = services.io.clock.now();
    let consents: Consents = needed(&parties, caller.name(), wanted, stands, since);
    let change = stands.map(|_| Box::new(wanted.clone()));
    Ok((!consents.is_empty()).then(|| Awaited { change, by: caller.name().clone(), since, consents }))
}

/// A page of what waits for consent: of the caller's own accounts, and of connections that it sees.
///
/// # Errors
/// The refusal to answer with.
pub async fn list(
    services: &Services,
    caller: &Principal,
    query: &PageQuery<ConnectionName>,
) -> Result<Response<Bytes>, Refusal> {
    let markers = services.store.open_markers().await.map_err(unavailable)?;
    let mut names: Vec<_> = markers.into_iter().map(|marker| marker.name).collect();
    names.sort();
    names.dedup();
    names.retain(|name| query.after.as_ref().is_none_or(|after| name > after));
    let (mut items, mut next) = (Vec::new(), None);
    'pages: for some in names.chunks(SIDE_BY_SIDE) {
        let read = futures::future::try_join_all(some.iter().map(|name| services.store.read(name)));
        for stored in read.await.map_err(unavailable)?.into_iter().flatten() {
            if items.len() >= query.limit {
                next = items.last().map(|last: &ConsentRequest| last.connection.to_string());
                break 'pages;
            }
            if caller.sees_connection(services, &stored.record) {
                items.extend(ConsentRequest::of(&stored.record));
            }
        }
    }
    Ok(json_response(StatusCode::OK, &Page { items, next }))
}

/// Lets the owner of an account agree, or refuse; or says what that would lead to.
///
/// # Errors
/// The refusal to answer with.
pub async fn say(
    services: &Services,
    caller: &Principal,
    name: &ConnectionName,
    account: &AccountAlias,
    dry: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    let said: SayConsent = dry_run::read(body, "an object with a decision (agree or refuse), and of or a reason")?;
    command::decided(services, caller, name, dry | said.dry_run, |stored| {
        may_speak(services, caller, stored, account)?;
        match said.decision {
            Consent::Agree => {
                agrees_to_what_waits(stored, said.of.as_deref())?;
                Ok(Event::ConsentGiven { account: account.clone(), by: caller.name().clone() })
            }
            Consent::Refuse => {
                Ok(Event::ConsentRefused { account: account.clone(), reason: reason(said.reason.as_deref())? })
            }
        }
    })
    .await
}

/// Refuses who does not speak for the account, and who asked.
fn may_speak(services: &Services, caller: &Principal, stored: &Stored, account: &AccountAlias) -> Result<(), Refusal> {
    let is_touched = stored.record.spec.places().iter().any(|(_, place)| place.account == account);
    let owner = services.clouds.account(account).and_then(|account| account.owner()).filter(|_| is_touched);
    let Some(owner) = owner else {
        return Err(Refusal::not_found(format!(
            "connection {} does not touch an account {account} that has an owner",
            stored.record.name()
        )));
    };
    if !caller.callers().speaks_for(caller.name(), owner) {
        return Err(Refusal::forbidden(format!(
            "account {account} belongs to {owner}, for whom the caller does not speak"
        )));
    }
    let asker = stored.record.awaited.as_ref().map(|awaited| &awaited.by);
    caller.did_not_ask(asker, Act::Consent)
}

/// Refuses a consent to something else than what waits.
fn agrees_to_what_waits(stored: &Stored, of: Option<&str>) -> Result<(), Refusal> {
    let Some(of) = of else {
        let detail = "name what you agree to: the value of `of` in GET /v1/consents";
        return Err(Refusal::malformed("the consent names nothing", vec![Problem::at("/of", detail)]));
    };
    match stored.record.awaited_digest() {
        Some(waits) if waits != of => Err(Refusal::conflict(
            "what waits for consent is another thing by now; look at GET /v1/consents again, then agree to that",
        )),
        _ => Ok(()),
    }
}

fn reason(given: Option<&str>) -> Result<String, Refusal> {
    let text = given.unwrap_or_default();
    let length = text.chars().count();
    if text.trim().is_empty() || length > LONGEST_REASON || text.contains(strict::is_unseen) {
        let detail = format!("write 1 to {LONGEST_REASON} visible characters: whoever asked is told why");
        return Err(Refusal::malformed("the refusal has no reason", vec![Problem::at("/reason", detail)]));
    }
    Ok(text.to_owned())
}

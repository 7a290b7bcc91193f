//! The documents of the configuration: an admin sees and puts them here, so nobody needs the bucket for it.

use api::config::ConfigPut;
use audit::Actor;
use bytes::Bytes;
use connection::account::Accounts;
use connection::caller::{Act, Callers, Subject};
use connection::config::ConfigDocument;
use connection::consent::StandingConsents;
use connection::problem::Problem;
use drift::settings::Settings;
use engine::services::Services;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use notice::Sinks;
use store::config_hash;

use crate::access::Principal;
use crate::condition::Condition;
use crate::gate::unavailable;
use crate::problem_json::{Refusal, json_response};

/// A document as it is stored, whether it reads or not: whoever corrects it has to see it.
///
/// # Errors
/// The refusal to answer with.
pub async fn show(
    services: &Services,
    caller: &Principal,
    document: ConfigDocument,
) -> Result<Response<Bytes>, Refusal> {
    may_configure(caller)?;
    let text = services.store.config_text(document).await.map_err(unavailable)?;
    let text = text.ok_or_else(|| Refusal::not_found(format!("nobody has put {} yet", document.key())))?;
    let hash = config_hash(&text);
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(tagged(response, &hash))
}

/// Puts a document, or says whether that would change anything.
///
/// # Errors
/// The refusal to answer with.
pub async fn put(
    services: &Services,
    caller: &Principal,
    document: ConfigDocument,
    headers: &HeaderMap,
    dry_run: bool,
    body: &[u8],
) -> Result<Response<Bytes>, Refusal> {
    may_configure(caller)?;
    let condition = Condition::of(headers)?;
    check(caller, document, body, services.io.clock.now())?;
    let before = services.store.config_text(document).await.map_err(unavailable)?;
    let (sha256, sha256_before) = (config_hash(body), before.as_deref().map(config_hash));
    let changes = sha256_before.as_ref() != Some(&sha256);
    // What is there already was put by this request a moment ago, whose answer may have been lost.
    if changes {
        condition.check(&format!("/v1/config/{document}"), sha256_before.as_deref())?;
    }
    if changes && !dry_run {
        let said = (services.io.clock.now(), Actor::Person(caller.name().to_string()));
        let writer = || services.io.entropy.nonce();
        let put = services.store.put_config(document, body.to_vec(), &services.audit, said, writer);
        put.await.map_err(unavailable)?;
        tracing::info!(%document, sha256, "configuration put");
    }
    let answer = ConfigPut { document, dry_run, changes, sha256: sha256.clone(), sha256_before };
    Ok(tagged(json_response(StatusCode::OK, &answer), &sha256))
}

fn may_configure(caller: &Principal) -> Result<(), Refusal> {
    caller.may(Act::Configure, &Subject::everything(), "the configuration, which is for everything")
}

fn tagged(mut response: Response<Bytes>, hash: &str) -> Response<Bytes> {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{hash}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Refuses a document that does not read, and one that would let nobody put it right.
fn check(caller: &Principal, document: ConfigDocument, body: &[u8], now: jiff::Timestamp) -> Result<(), Refusal> {
    let unreadable = |problems: Vec<Problem>| {
        let detail = format!("the body is no document of {document}; errors says where. What is there stays");
        Refusal::malformed(detail, problems)
    };
    match document {
        ConfigDocument::Accounts => Accounts::from_json(body).map(|_| ()),
        ConfigDocument::Consents => StandingConsents::from_json(body).map(|_| ()),
        ConfigDocument::Drift => Settings::from_json(body).map(|_| ()),
        ConfigDocument::Sinks => Sinks::from_json(body).map(|_| ()),
        ConfigDocument::Callers => {
            let callers = Callers::from_json(body).map_err(|error| unreadable(error.0))?;
            let own = callers.callers.get(caller.name());
            let stays = own.is_some_and(|own| !own.has_expired(now) && own.may(Act::Configure, &Subject::everything()));
            if !stays {
                return Err(Refusal::conflict(format!(
                    "with it caller {} would no longer be an admin without limits, and could not put it right; let another admin put it",
                    caller.name()
                )));
            }
            return Ok(());
        }
    }
    .map_err(|error| unreadable(error.0))
}

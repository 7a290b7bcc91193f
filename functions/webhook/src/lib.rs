//! The webhook: where connections are asked for.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`gate`] | lets signed requests in |
//! | [`access`] | what a caller may see and do |
//! | [`once`] | the same signed request again gets the same answer |
//! | [`create`] | POST: read, check, accept, send the first message |
//! | [`change`] | PUT: another spec for a connection in the store |
//! | [`command`] | DELETE, retry, pause, resume, abandon: a command becomes a decision |
//! | [`consents`] | what owners of accounts agree to, and the page on which they do |
//! | [`config`] | the documents of the configuration |
//! | [`accounts`] | whether connected accounts let Causeway in |
//! | [`condition`] | what a request asks of what it replaces |
//! | [`approvals`] | endpoints: decisions, the word of a person, the policy |
//! | [`notices`] | notices, and sending them again |
//! | [`dead_letters`] | messages that were given up, and sending them again |
//! | [`mod@drift`] | asking for a drift check, what was found, approving a repair |
//! | [`evidence`] | logs and checkpoints as they stand in the store |
//! | [`dry_run`], [`plan`] | what would happen, without it happening |
//! | [`preflight`] | everything that can be known to fail before anything is made |
//! | [`problem_json`] | answers, and refusals as problem+json |
//!
//! Routes, requests and answers are types of the crate `api`.
//!
//! Answers are quick: the work is done by the functions behind the queues.

pub mod access;
pub mod accounts;
pub mod approvals;
pub mod change;
pub mod command;
pub mod condition;
pub mod config;
pub mod consents;
pub mod create;
pub mod dead_letters;
pub mod drift;
pub mod dry_run;
pub mod evidence;
pub mod gate;
pub mod notices;
pub mod once;
pub mod plan;
pub mod preflight;
pub mod problem_json;

use std::sync::{Arc, LazyLock};

use api::call::{Call, PageQuery};
use api::connections::{Connection, Summary};
use api::route::Router;
use api::{LARGEST_BODY, Page};
use bytes::Bytes;
use cloud_signing::webhook::Secret;
use connection::config::ConfigDocument;
use connection::trace::TraceParent;
use connection::words::ConnectionName;
use engine::services::Services;
use fc_runtime::{Body, Context, Environment, Error, Runtime, http_fn};
use function::ServicesFactory;
use function::settings::decides;
use http::{Request, Response, StatusCode};
use notice::consent_link;
use tracing::Instrument as _;
use transport::{Chain, Io};

use crate::access::Principal;
use crate::gate::{Admitted, Gate};
use crate::problem_json::{Refusal, json_response};

static ROUTER: LazyLock<Router> = LazyLock::new(Router::new);
static OPEN_API: LazyLock<Response<Bytes>> = LazyLock::new(|| json_response(StatusCode::OK, &api::openapi::document()));

/// The function.
///
/// # Errors
/// When the environment is incomplete, or a secret in it cannot be used.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    decides(environment)?;
    let (secrets, tokens) = (gate::SECRETS.read(environment)?, gate::TOKENS.read(environment)?);
    let gate = Arc::new(Gate::new(&secrets, &tokens, io.clock.now())?);
    let link_key = environment.get(consent_link::KEY).map(Secret::parse).transpose();
    let link_key = Arc::new(link_key.map_err(|fault| format!("{} cannot be used: {fault}", consent_link::KEY))?);
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    Ok(Runtime::for_http(http_fn(move |request: Request<Body>, context: Context| {
        let (gate, link_key, factory) = (gate.clone(), link_key.clone(), factory.clone());
        async move {
            Ok::<_, Error>(serve((&gate, (*link_key).as_ref()), &factory, request, &context).await.map(Body::from))
        }
    })))
}

async fn serve(
    (gate, link_key): (&Gate, Option<&Secret>),
    factory: &ServicesFactory,
    request: Request<Body>,
    context: &Context,
) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.into_bytes_up_to(LARGEST_BODY).await else {
        return Refusal::too_large(LARGEST_BODY).into_response();
    };
    match factory.services(context).await {
        Ok(services) => {
            let request = Request::from_parts(parts, body);
            match link_key.filter(|_| request.uri().path() == consent_link::PATH) {
                Some(key) => consents::page::answer(gate, key, &services, &request).await,
                None => answer(gate, &services, request).await,
            }
        }
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the services of this call cannot be built");
            Refusal::unavailable("the record store cannot be reached; see the function's log").into_response()
        }
    }
}

/// Answers one request. Never fails: what goes wrong becomes a problem document.
pub async fn answer(gate: &Gate, services: &Services, request: Request<Bytes>) -> Response<Bytes> {
    match respond(gate, services, &request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn respond(gate: &Gate, services: &Services, request: &Request<Bytes>) -> Result<Response<Bytes>, Refusal> {
    let uri = request.uri();
    let read = ROUTER.read(request.method(), uri.path(), uri.query());
    if let Ok((_, Call::GetOpenApi)) = read {
        gate.stranger(services.io.clock.now())?;
        return Ok(OPEN_API.clone());
    }
    // Who is not let in learns nothing about what is here.
    let puts_callers = matches!(read, Ok((_, Call::PutConfig { document: ConfigDocument::Callers, .. })));
    let admitted = gate.admit(request, services, puts_callers).await?;
    let caller = &admitted.caller;
    let trace_id = caller.trace().map(TraceParent::trace_id);
    let span = tracing::info_span!("request", caller = %caller.name(), method = %request.method(), path = uri.path(), trace_id);
    let work = async {
        let (route, call) = read?;
        caller.has_a_role_for(route.needs)?;
        carry_out(services, &admitted, call, request).await
    };
    once::answered(services, &admitted, request, work).instrument(span).await
}

async fn carry_out(
    services: &Services,
    admitted: &Admitted,
    call: Call,
    request: &Request<Bytes>,
) -> Result<Response<Bytes>, Refusal> {
    let (caller, body) = (&admitted.caller, request.body());
    // What is looked at in accounts is looked at for the caller.
    let services = &Services { clouds: services.clouds.clone().for_caller(caller.name()), ..services.clone() };
    match call {
        Call::CreateConnection { dry_run } => {
            create::create(services, admitted, request.headers(), dry_run, body).await
        }
        Call::ListConnections(page) => list(services, caller, &page).await,
        Call::GetConnection { name } => show(services, caller, &name).await,
        Call::ChangeConnection { name, dry_run } => change::change(services, caller, &name, dry_run, body).await,
        Call::Command { name, command, dry_run } => {
            command::carry_out(services, caller, &name, command, dry_run, body).await
        }
        Call::ListConsents(page) => consents::list(services, caller, &page).await,
        Call::SayConsent { name, account, dry_run } => {
            consents::say(services, caller, &name, &account, dry_run, body).await
        }
        Call::ListDecisions(page) => approvals::list(services, caller, &page).await,
        Call::GetDecisionLog { endpoint } => approvals::show(services, caller, &endpoint).await,
        Call::Decide { endpoint, dry_run } => approvals::decide(services, caller, &endpoint, dry_run, body).await,
        Call::GetPolicy => approvals::show_policy(services, caller).await,
        Call::PutPolicy { dry_run } => approvals::put_policy(services, caller, request.headers(), dry_run, body).await,
        Call::GetConfig { document } => config::show(services, caller, document).await,
        Call::PutConfig { document, dry_run } => {
            config::put(services, caller, document, request.headers(), dry_run, body).await
        }
        Call::GetDeployment => accounts::deployment(services, caller),
        Call::CheckAccount { account, region } => accounts::check(services, caller, &account, region).await,
        Call::GetCheckpoint => approvals::checkpoint::show(services, caller).await,
        Call::ListEvidence { prefix, after } => evidence::list(services, caller, &prefix, after.as_deref()).await,
        Call::BeginDriftCheck { dry_run } => drift::begin(services, caller, dry_run, body).await,
        Call::GetDriftCheck { id } => drift::show(services, caller, &id).await,
        Call::ListDrift(query) => drift::list(services, caller, &query).await,
        Call::Repair { name, dry_run } => drift::repair(services, caller, &name, dry_run, body).await,
        Call::ListNotices(query) => notices::list(services, caller, &query).await,
        Call::ListDeadLetters => dead_letters::list(services, caller).await,
        Call::GetDeadLetter { id } => dead_letters::show(services, caller, &id).await,
        Call::ReplayDeadLetter { id, dry_run } => dead_letters::replay(services, caller, &id, dry_run, body).await,
        Call::DiscardDeadLetter { id, dry_run } => dead_letters::discard(services, caller, &id, dry_run, body).await,
        Call::GetNotice { id } => notices::show(services, caller, &id).await,
        Call::Redeliver { id, sink, dry_run } => {
            notices::redeliver(services, caller, &id, sink.as_ref(), dry_run, body).await
        }
        Call::GetOpenApi => Ok(OPEN_API.clone()),
    }
}

async fn show(services: &Services, caller: &Principal, name: &ConnectionName) -> Result<Response<Bytes>, Refusal> {
    let stored = caller.connection(services, name).await?;
    Ok(json_response(StatusCode::OK, &Connection::of(&stored.record, services.io.clock.now())))
}

/// A page of connections. It may be short, or empty, and yet have a next one, where the caller does not see all of them.
async fn list(
    services: &Services,
    caller: &Principal,
    page: &PageQuery<ConnectionName>,
) -> Result<Response<Bytes>, Refusal> {
    // One more than asked for tells whether there is a next page.
    let mut names = services.store.names(page.after.as_ref(), page.limit + 1).await.map_err(gate::unavailable)?;
    let more = names.len() > page.limit;
    names.truncate(page.limit);
    let read = futures::future::try_join_all(names.iter().map(|name| services.store.read(name)));
    let stored = read.await.map_err(gate::unavailable)?;
    let now = services.io.clock.now();
    let seen = stored.iter().flatten().filter(|stored| caller.sees_connection(services, &stored.record));
    let items = seen.map(|stored| Summary::of(&stored.record, now)).collect();
    let next = names.last().filter(|_| more).map(ToString::to_string);
    Ok(json_response(StatusCode::OK, &Page { items, next }))
}

fn unknown(name: &ConnectionName) -> Refusal {
    Refusal::not_found(format!("there is no connection {name}"))
}

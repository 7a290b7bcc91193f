//! The webhook: where connections are asked for.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`gate`] | lets signed requests in, once each |
//! | [`create`] | POST: read, check, accept, send the first message |
//! | [`change`] | PUT: another spec for a connection in the store |
//! | [`command`] | DELETE, retry, pause, resume, abandon: a command becomes a decision |
//! | [`approvals`] | endpoints: decisions, the word of a person, the policy |
//! | [`notices`] | notices, and sending them again |
//! | [`mod@drift`] | asking for a drift check, what was found, approving a repair |
//! | [`dry_run`], [`plan`] | what would happen, without it happening |
//! | [`preflight`] | everything that can be known to fail before anything is made |
//! | [`problem_json`] | answers, and refusals as problem+json |
//!
//! Routes, requests and answers are types of the crate `api`.
//!
//! Answers are quick: the work is done by the functions behind the queues.

pub mod approvals;
pub mod change;
pub mod command;
pub mod create;
pub mod drift;
pub mod dry_run;
pub mod gate;
pub mod notices;
pub mod plan;
pub mod preflight;
pub mod problem_json;

use std::sync::{Arc, LazyLock};

use api::call::{Call, PageQuery};
use api::connections::{Connection, Summary};
use api::route::Router;
use api::{LARGEST_BODY, Page};
use bytes::Bytes;
use connection::words::ConnectionName;
use engine::services::Services;
use fc_runtime::{Body, Context, Environment, Error, Runtime, http_fn};
use function::ServicesFactory;
use http::{Request, Response, StatusCode};
use secrecy::SecretString;
use serde_json::Value;
use transport::{Chain, Io};

use crate::gate::Gate;
use crate::problem_json::{Refusal, json_response};

static ROUTER: LazyLock<Router> = LazyLock::new(Router::new);
static OPEN_API: LazyLock<Value> = LazyLock::new(api::openapi::document);

/// The function.
///
/// # Errors
/// When the environment is incomplete, or lets nobody in.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let variable = |name| SecretString::from(environment.get(name).unwrap_or_default());
    let (secrets, tokens) = (variable(gate::SECRETS), variable(gate::TOKENS));
    let gate = Arc::new(Gate::new(&secrets, &tokens, io.clock.now())?);
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    Ok(Runtime::for_http(http_fn(move |request: Request<Body>, context: Context| {
        let (gate, factory) = (gate.clone(), factory.clone());
        async move { Ok::<_, Error>(serve(&gate, &factory, request, &context).await.map(Body::from)) }
    })))
}

async fn serve(gate: &Gate, factory: &ServicesFactory, request: Request<Body>, context: &Context) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.into_bytes_up_to(LARGEST_BODY).await else {
        return Refusal::too_large(LARGEST_BODY).into_response();
    };
    match factory.services(context).await {
        Ok(services) => answer(gate, &services, Request::from_parts(parts, body)).await,
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
    let call = ROUTER.read(request.method(), uri.path(), uri.query());
    if call == Ok(Call::GetOpenApi) {
        return Ok(json_response(StatusCode::OK, &*OPEN_API));
    }
    // Who is not let in learns nothing about what is here.
    let caller = gate.admit(request.headers(), request.body(), &services.store, &services.io).await?;
    let body = request.body();
    match call? {
        Call::CreateConnection { dry_run } => create::create(services, request.headers(), dry_run, body).await,
        Call::ListConnections(page) => list(services, &page).await,
        Call::GetConnection { name } => show(services, &name).await,
        Call::ChangeConnection { name, dry_run } => change::change(services, &name, dry_run, body).await,
        Call::Command { name, command, dry_run } => command::carry_out(services, &name, command, dry_run, body).await,
        Call::ListDecisions(page) => approvals::list(services, &page).await,
        Call::GetDecisionLog { endpoint } => approvals::show(services, &endpoint).await,
        Call::Decide { endpoint, dry_run } => approvals::decide(services, &caller, &endpoint, dry_run, body).await,
        Call::GetPolicy => approvals::show_policy(services).await,
        Call::PutPolicy { dry_run } => approvals::put_policy(services, &caller, request.headers(), dry_run, body).await,
        Call::BeginDriftCheck { dry_run } => drift::begin(services, &caller, dry_run, body).await,
        Call::GetDriftCheck { id } => drift::show(services, &id).await,
        Call::ListDrift(query) => drift::list(services, &query).await,
        Call::Repair { name, dry_run } => drift::repair(services, &caller, &name, dry_run, body).await,
        Call::ListNotices(query) => notices::list(services, &query).await,
        Call::GetNotice { id } => notices::show(services, &id).await,
        Call::Redeliver { id, sink, dry_run } => {
            notices::redeliver(services, &caller, &id, sink.as_ref(), dry_run, body).await
        }
        Call::GetOpenApi => Ok(json_response(StatusCode::OK, &*OPEN_API)),
    }
}

async fn show(services: &Services, name: &ConnectionName) -> Result<Response<Bytes>, Refusal> {
    let stored = services.store.read(name).await.map_err(gate::unavailable)?.ok_or_else(|| unknown(name))?;
    Ok(json_response(StatusCode::OK, &Connection::of(&stored.record, services.io.clock.now())))
}

async fn list(services: &Services, page: &PageQuery<ConnectionName>) -> Result<Response<Bytes>, Refusal> {
    // One more than asked for tells whether there is a next page.
    let mut names = services.store.names(page.after.as_ref(), page.limit + 1).await.map_err(gate::unavailable)?;
    let more = names.len() > page.limit;
    names.truncate(page.limit);
    let read = futures::future::try_join_all(names.iter().map(|name| services.store.read(name)));
    let stored = read.await.map_err(gate::unavailable)?;
    let now = services.io.clock.now();
    let items = stored.iter().flatten().map(|stored| Summary::of(&stored.record, now)).collect();
    let next = names.last().filter(|_| more).map(ToString::to_string);
    Ok(json_response(StatusCode::OK, &Page { items, next }))
}

fn unknown(name: &ConnectionName) -> Refusal {
    Refusal::not_found(format!("there is no connection {name}"))
}

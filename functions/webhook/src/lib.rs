//! The webhook: where connections are asked for.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`gate`] | lets signed requests in, once each |
//! | [`route`] | which request asks for what |
//! | [`create`] | POST: read, check, accept, send the first message |
//! | [`change`] | PUT: another spec for a connection that stands |
//! | [`wish`] | DELETE, retry, pause, resume, abandon: a wish becomes a decision |
//! | [`approvals`] | endpoints that ask: what was decided, the word of a person, the policy |
//! | [`notices`] | what people were told, and sending it again |
//! | [`mod@drift`] | asking for a drift check, what was found, approving a repair |
//! | [`dry_run`], [`plan`] | what would happen, without it happening |
//! | [`preflight`] | everything that can be known to fail before anything is made |
//! | [`view`] | a record as the API shows it |
//! | [`problem_json`] | errors as problem+json |
//! | [`openapi`] | the API's own description |
//!
//! Answers are quick: the work is done by the functions behind the queues.

pub mod approvals;
pub mod change;
pub mod create;
pub mod drift;
pub mod dry_run;
pub mod gate;
pub mod notices;
pub mod openapi;
pub mod plan;
pub mod preflight;
pub mod problem_json;
pub mod route;
pub mod view;
pub mod wish;

use std::sync::Arc;

use bytes::Bytes;
use connection::words::ConnectionName;
use engine::services::Services;
use fc_runtime::{Body, Context, Environment, Error, Runtime, http_fn};
use function::ServicesFactory;
use http::{Request, Response, StatusCode};
use secrecy::SecretString;
use serde_json::json;
use transport::{Chain, Io};

use crate::gate::Gate;
use crate::problem_json::{Refusal, json_response};
use crate::route::Route;

/// The function.
///
/// # Errors
/// When the environment is incomplete, or lets nobody in.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let variable = |name| SecretString::from(environment.get(name).unwrap_or_default());
    let (secrets, tokens) = (variable("CAUSEWAY_WEBHOOK_SECRETS"), variable("CAUSEWAY_BEARER_TOKENS"));
    let gate = Arc::new(Gate::new(&secrets, &tokens, io.clock.now())?);
    let factory = Arc::new(ServicesFactory::new(environment, io)?);
    Ok(Runtime::for_http(http_fn(move |request: Request<Body>, context: Context| {
        let (gate, factory) = (gate.clone(), factory.clone());
        async move { Ok::<_, Error>(serve(&gate, &factory, request, &context).await.map(Body::from)) }
    })))
}

async fn serve(gate: &Gate, factory: &ServicesFactory, request: Request<Body>, context: &Context) -> Response<Bytes> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.into_bytes_up_to(gate::MOST_BYTES).await else {
        return Refusal::too_large(gate::MOST_BYTES).into_response();
    };
    match factory.services(context).await {
        Ok(services) => answer(gate, &services, Request::from_parts(parts, body)).await,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "no office for this call");
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
    let route = Route::of(request.method(), uri.path(), uri.query());
    if let Ok(Route::OpenApi) = route {
        return Ok(json_response(StatusCode::OK, &openapi::document()));
    }
    // Who is not let in learns nothing about what stands here.
    let caller = gate.admit(request.headers(), request.body(), &services.store, &services.io).await?;
    match route? {
        Route::Create(dry) => create::create(services, request.headers(), dry, request.body()).await,
        Route::List { after, limit } => list(services, after.as_ref(), limit).await,
        Route::Show(name) => show(services, &name).await,
        Route::Change(name, dry) => change::change(services, &name, dry, request.body()).await,
        Route::Wish(name, wish, dry) => wish::fulfil(services, &name, wish, dry, request.body()).await,
        Route::Approvals { after, limit } => approvals::list(services, after.as_ref(), limit).await,
        Route::Approval(name) => approvals::show(services, &name).await,
        Route::Say(name) => approvals::say(services, &caller, &name, request.body()).await,
        Route::Policy => approvals::show_policy(services).await,
        Route::PutPolicy => approvals::put_policy(services, &caller, request.body()).await,
        Route::BeginCheck => drift::begin(services, &caller, request.body()).await,
        Route::Check(id) => drift::show(services, &id).await,
        Route::Drift(asked) => drift::list(services, &asked).await,
        Route::Repair(name, dry) => drift::repair(services, &caller, &name, dry, request.body()).await,
        Route::Notices(asked) => notices::list(services, &asked).await,
        Route::Notice(id) => notices::show(services, &id).await,
        Route::Redeliver(id, sink) => notices::redeliver(services, &caller, &id, sink.as_ref()).await,
        Route::OpenApi => Ok(json_response(StatusCode::OK, &openapi::document())),
    }
}

async fn show(services: &Services, name: &ConnectionName) -> Result<Response<Bytes>, Refusal> {
    let stored = services.store.read(name).await.map_err(gate::unavailable)?.ok_or_else(|| unknown(name))?;
    Ok(json_response(StatusCode::OK, &view::whole(&stored.record, services.io.clock.now())))
}

async fn list(services: &Services, after: Option<&ConnectionName>, limit: usize) -> Result<Response<Bytes>, Refusal> {
    // One more than asked for tells whether there is a next page.
    let mut names = services.store.names(after, limit + 1).await.map_err(gate::unavailable)?;
    let more = names.len() > limit;
    names.truncate(limit);
    let read = futures::future::try_join_all(names.iter().map(|name| services.store.read(name)));
    let stored = read.await.map_err(gate::unavailable)?;
    let now = services.io.clock.now();
    let mut page = json!({
        "connections": stored.iter().flatten().map(|stored| view::summary(&stored.record, now)).collect::<Vec<_>>(),
    });
    if more && let Some(last) = names.last() {
        page["next"] = json!(last);
    }
    Ok(json_response(StatusCode::OK, &page))
}

fn unknown(name: &ConnectionName) -> Refusal {
    Refusal::not_found(format!("there is no connection {name}"))
}

//! One call of one function, from the request to the judged answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use local_core::shared::Shared;
use tokio::time::timeout;

use super::contract::{RequestContext, judge};
use super::log::{Invocation, InvocationLog, Outcome, TriggeredBy};
use super::pool::Pool;
use super::versions::LATEST;
use super::{Inner, new_request_id};

/// What is to be called, and on whose behalf.
pub(super) struct Call {
    pub payload: Payload,
    /// What was asked for: a version, an alias or `LATEST`.
    pub qualifier: String,
    pub by: TriggeredBy,
    pub retry: u32,
    /// How many messages of a queue it carries.
    pub messages: usize,
    /// The id of the call, where it has one already.
    pub request_id: Option<String>,
    /// A shorter limit than the function's own timeout, where the caller has one.
    pub limit: Option<Duration>,
}

/// What the function is given.
pub(super) enum Payload {
    Event(Bytes),
    Http(Box<Request<Bytes>>),
}

/// A call that has ended.
pub(super) struct Ended {
    pub request_id: String,
    pub outcome: Outcome,
    /// The instance's answer, if it gave one.
    pub response: Option<Response<Bytes>>,
}

impl Call {
    pub(super) fn event(event: impl Into<Bytes>, by: TriggeredBy) -> Self {
        let (payload, qualifier) = (Payload::Event(event.into()), LATEST.to_owned());
        Self { payload, qualifier, by, retry: 0, messages: 0, request_id: None, limit: None }
    }
}

impl Inner {
    /// Makes the call, and writes of it what the service writes into the function's log.
    pub(super) async fn invoke(&self, pool: &Arc<Pool>, call: Call) -> Ended {
        let request_id = call.request_id.clone().unwrap_or_else(|| new_request_id(&self.shared));
        let qualifier = call.qualifier.clone();
        let write = |message: String| self.write_log(pool, &qualifier, &request_id, message);
        write(format!("FC Invoke Start RequestId: {request_id}"));
        let call = Call { request_id: Some(request_id.clone()), ..call };
        let ended = invoke(pool, &self.shared, &self.log, call).await;
        if !ended.outcome.is_success() {
            write(format!("{request_id} [ERROR] {}", ended.outcome.message()));
        }
        write(format!("FC Invoke End RequestId: {request_id}"));
        ended
    }
}

/// Makes the call. The function's timeout runs in real time: a faster cloud does not make programs faster.
async fn invoke(pool: &Arc<Pool>, shared: &Shared, log: &InvocationLog, call: Call) -> Ended {
    let started = shared.clock.now();
    let Call { payload, qualifier, by, retry, messages, request_id, limit } = call;
    let request_id = request_id.unwrap_or_else(|| new_request_id(shared));
    let (outcome, response) = run(pool, &request_id, &qualifier, payload, retry, limit).await;
    let function = pool.config.function_name.clone();
    let duration = shared.clock.now().duration_since(started).unsigned_abs();
    match &outcome {
        Outcome::Succeeded => tracing::debug!(function, request_id, ?by, retry, "call succeeded"),
        Outcome::Failed(_) | Outcome::TimedOut => {
            tracing::warn!(function, request_id, ?by, retry, outcome = outcome.message(), "call failed");
        }
        // Told to whoever runs the cloud, whatever else is not: nothing goes on without the function.
        Outcome::NotStarted(why) => tracing::error!(request_id, "{why}"),
        Outcome::Exited(_) => {}
    }
    log.add(Invocation {
        sequence: 0,
        function,
        trigger: by,
        request_id: request_id.clone(),
        retry,
        messages,
        started,
        duration,
        outcome: outcome.clone(),
    });
    Ended { request_id, outcome, response }
}

async fn run(
    pool: &Arc<Pool>,
    request_id: &str,
    qualifier: &str,
    payload: Payload,
    retry: u32,
    limit: Option<Duration>,
) -> (Outcome, Option<Response<Bytes>>) {
    let lease = match pool.lease().await {
        Ok(lease) => lease,
        Err(problem) => return (Outcome::NotStarted(problem.to_string()), None),
    };
    let (Some(instance), credentials) = lease.instance() else {
        return (Outcome::NotStarted("the instance is gone".to_owned()), None);
    };
    let (function, place, version) = (&pool.config, &pool.place, pool.version.as_str());
    let told = RequestContext { function, place, qualifier, version, request_id, retry, credentials };
    let request = match payload {
        Payload::Event(event) => told.invoke(event),
        Payload::Http(request) => told.http(*request),
    };
    let own = Duration::from_secs(pool.config.timeout.into());
    match timeout(limit.map_or(own, |limit| limit.min(own)), instance.call(request)).await {
        Ok(Ok(response)) => (judge(&response), Some(response)),
        Ok(Err(exited)) => {
            lease.retire();
            tracing::error!(request_id, "function {}: {exited}; {}", pool.config.function_name, exited.said);
            (Outcome::Exited(exited.to_string()), None)
        }
        // What the instance still does is unknown, so it gets no new calls and ends with those it has.
        Err(_) => {
            lease.retire();
            (Outcome::TimedOut, None)
        }
    }
}

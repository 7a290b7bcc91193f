//! Asynchronous calls: accepted, kept, made, repeated, reported (docs/reference/function-compute.md, section 1.8).
//!
//! An accepted call is on disk before its caller hears of it, and leaves the disk when it succeeded or its failure was
//! reported. A process killed in between makes the call again.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use local_mns::QueueRef;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::invoke::{Call, Ended};
use super::log::TriggeredBy;
use super::retry::doubling;
use super::tasks::stopped;
use super::versions::LATEST;
use super::{Deployed, Inner, InvokeError, new_request_id};
use crate::ros::resource::AsyncInvokeConfig;

/// The longest event of an asynchronous call.
pub(super) const MOST_BYTES: usize = 128 * 1024;

/// Retries where no AsyncInvokeConfig says otherwise.
const DEFAULT_ATTEMPTS: u32 = 3;

/// Seconds after which a call is given up where no AsyncInvokeConfig says otherwise.
const DEFAULT_AGE: u32 = 86_400;

/// A call that was accepted and has not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    function: String,
    /// What the caller asked for, if that was not `LATEST`.
    #[serde(default)]
    qualifier: Option<String>,
    /// The version that it came to.
    #[serde(default)]
    version: Option<u64>,
    /// Base64.
    event: String,
    by: TriggeredBy,
    accepted: Timestamp,
    /// Calls made so far.
    attempts: u32,
    /// When the next call may be made.
    due: Timestamp,
}

impl Row {
    /// The settings of the call. A version does not take over those of the function (docs/reference/deploy-apis.md, section 6.1).
    fn config<'a>(&self, of: &'a Deployed) -> Option<&'a AsyncInvokeConfig> {
        of.asynchronous.as_ref().filter(|_| self.version.is_none())
    }
}

impl Inner {
    /// Accepts a call. Returns its request id, which every repetition will carry.
    pub(super) fn accept(
        self: &Arc<Self>,
        function: &str,
        event: impl AsRef<[u8]>,
        by: TriggeredBy,
    ) -> Result<String, InvokeError> {
        self.accept_for(function, None, event, by)
    }

    /// The same for a version of the function. Every repetition runs that one; whether an alias is looked at again for each is in
    /// no source.
    pub(super) fn accept_for(
        self: &Arc<Self>,
        function: &str,
        chosen: Option<(String, u64)>,
        event: impl AsRef<[u8]>,
        by: TriggeredBy,
    ) -> Result<String, InvokeError> {
        let event = event.as_ref();
        if event.len() > MOST_BYTES {
            return Err(InvokeError::TooLarge { most: MOST_BYTES });
        }
        let function = self.deployed(function)?.key();
        let now = self.shared.clock.now();
        let request_id = new_request_id(&self.shared);
        let (qualifier, version) = chosen.unzip();
        let event = STANDARD.encode(event);
        let row = Row { function, qualifier, version, event, by, accepted: now, attempts: 0, due: now };
        {
            let mut waiting = self.waiting();
            waiting.insert(request_id.clone(), row);
            self.shared.storage.commit(&mut [&mut *waiting])?;
        }
        self.take_up(request_id.clone());
        Ok(request_id)
    }

    /// Takes up every call that was accepted earlier.
    pub(super) fn resume(self: &Arc<Self>) {
        let keys: Vec<String> = self.waiting().iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            self.take_up(key);
        }
    }

    /// Works on a call in the background, if the service runs; else [`Inner::resume`] does when it starts.
    fn take_up(self: &Arc<Self>, key: String) {
        if let Some(tasks) = self.tasks() {
            let inner = Arc::clone(self);
            tasks.spawn(|stop| async move { inner.carry_out(&key, stop).await });
        }
    }

    async fn carry_out(self: Arc<Self>, key: &str, stop: watch::Receiver<bool>) {
        loop {
            let Some(row) = self.waiting().get(key).cloned() else { return };
            let clock = &self.shared.clock;
            tokio::select! {
                biased;
                () = stopped(stop.clone()) => return,
                () = clock.sleep_until(row.due) => {}
            }
            let Ok(deployed) = self.deployed(&row.function) else {
                tracing::error!(function = row.function, request_id = key, "dropped: the function is gone");
                self.finish(key);
                return;
            };
            let pool = match row.version {
                None => Some(Arc::clone(&deployed.pool)),
                Some(id) => self.version_pool(&deployed, id),
            };
            let Some(pool) = pool else {
                tracing::error!(function = row.function, request_id = key, "dropped: the version is gone");
                self.finish(key);
                return;
            };
            let event = STANDARD.decode(&row.event).unwrap_or_default();
            let call = Call {
                retry: row.attempts,
                request_id: Some(key.to_owned()),
                qualifier: row.qualifier.clone().unwrap_or_else(|| LATEST.to_owned()),
                ..Call::event(event.clone(), row.by.clone())
            };
            let ended = self.invoke(&pool, call).await;
            let attempts = row.attempts + 1;
            let config = row.config(&deployed);
            let most = config.map_or(DEFAULT_ATTEMPTS, |config| config.max_async_retry_attempts);
            let age = config.map_or(DEFAULT_AGE, |config| config.max_async_event_age_in_seconds);
            let due = clock.now() + doubling(attempts, 64);
            let too_old = due > row.accepted + Duration::from_secs(age.into());
            if ended.outcome.is_success() || attempts > most || too_old {
                self.report(&deployed, &row, attempts, &event, &ended, too_old);
                self.finish(key);
                return;
            }
            let mut waiting = self.waiting();
            if let Some(row) = waiting.get_mut(key) {
                // The pauses between repetitions are not documented.
                (row.attempts, row.due) = (attempts, due);
            }
            if let Err(error) = self.shared.storage.commit(&mut [&mut *waiting]) {
                tracing::error!(%error, "an asynchronous call could not be noted");
            }
        }
    }

    /// Tells the destination, if there is one for this outcome.
    fn report(self: &Arc<Self>, of: &Deployed, row: &Row, attempts: u32, event: &[u8], ended: &Ended, too_old: bool) {
        let success = ended.outcome.is_success();
        let destinations = row.config(of).map(|config| &config.destination_config);
        let destination =
            destinations.and_then(|both| if success { both.on_success.as_ref() } else { both.on_failure.as_ref() });
        let Some(destination) = destination else {
            if !success {
                tracing::error!(function = row.function, request_id = ended.request_id, attempts, "given up");
            }
            return;
        };
        let text = |bytes: &[u8]| {
            serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
        };
        let condition = match (success, too_old) {
            (true, _) => "Success",
            (false, true) => "EventAgeExceeded",
            (false, false) => "RetriesExhausted",
        };
        let report = json!({
            "timestamp": format!("{:.3}", self.shared.clock.now()),
            "requestContext": {
                "requestId": ended.request_id,
                "functionArn": of.pool.config.arn(&of.pool.place.account_id, &of.pool.place.region),
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "requestPayload": text(event),
            "responseContext": {
                "statusCode": ended.response.as_ref().map_or(500, |response| response.status().as_u16()),
                "functionError": ended.outcome.error_type().unwrap_or_default(),
            },
            "responsePayload": ended.response.as_ref().map_or(Value::Null, |response| text(response.body())),
        })
        .to_string();
        let told = match Destination::parse(&destination.destination) {
            Some(Destination::Queue(queue)) => self.mns.send(&queue, report, None).map(drop).map_err(|e| e.to_string()),
            Some(Destination::Function(name)) => {
                self.accept(&name, report, TriggeredBy::Destination).map(drop).map_err(|error| error.to_string())
            }
            None => Err("not a destination that exists here".to_owned()),
        };
        if let Err(problem) = told {
            tracing::error!(destination = destination.destination, problem, "the destination could not be told");
        }
    }

    fn finish(&self, key: &str) {
        let mut waiting = self.waiting();
        waiting.remove(key);
        if let Err(error) = self.shared.storage.commit(&mut [&mut *waiting]) {
            tracing::error!(%error, "the end of an asynchronous call could not be noted; it will be made again");
        }
    }
}

/// Who hears of an outcome.
pub(super) enum Destination {
    Queue(QueueRef),
    /// By its key.
    Function(String),
}

impl Destination {
    /// Reads `acs:mns:REGION:ACCOUNT:/queues/NAME/messages` or `acs:fc:REGION:ACCOUNT:functions/NAME`.
    pub(super) fn parse(arn: &str) -> Option<Self> {
        if let Some(queue) = queue_arn(arn.strip_suffix("/messages").unwrap_or(arn)) {
            return Some(Self::Queue(queue));
        }
        let mut parts = arn.strip_prefix("acs:fc:")?.split(':');
        let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?.strip_prefix("functions/")?);
        Some(Self::Function(format!("{account}/{region}/{name}")))
    }
}

/// Reads `acs:mns:REGION:ACCOUNT:/queues/NAME`, the slash before `queues` being optional as in events.
pub(super) fn queue_arn(arn: &str) -> Option<QueueRef> {
    let mut parts = arn.strip_prefix("acs:mns:")?.splitn(3, ':');
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.trim_start_matches('/').strip_prefix("queues/")?;
    (!name.is_empty() && !name.contains('/')).then(|| QueueRef::new(account, region, name))
}

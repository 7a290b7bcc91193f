//! The function service with functions that run in process, on paused time.

mod calls;
mod deploying;
mod over_api;
mod process;
mod queue;
mod versions;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use local_core::clock::Clock;
use local_core::delays::Delays;
use local_core::shared::Home;
use local_core::table::Storage;
use serde_json::Value;

use super::*;
use crate::ros::{Pseudo, Template};

/// What a function in a test does with a request.
type Handler = dyn Fn(Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, Exited>> + Send + Sync;

/// A launcher whose instances run in process, and what it saw.
struct Fake {
    handler: Arc<Handler>,
    launched: AtomicUsize,
    stopped: Arc<AtomicUsize>,
    environments: Mutex<Vec<BTreeMap<String, String>>>,
    /// Whether its instances have ended by themselves.
    ended: Arc<AtomicBool>,
}

struct FakeInstance {
    handler: Arc<Handler>,
    stopped: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

#[async_trait]
impl Instance for FakeInstance {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        (self.handler)(request).await
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    async fn stop(&self) {
        self.stopped.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Launcher for Fake {
    async fn launch(
        &self,
        _: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        self.launched.fetch_add(1, Ordering::SeqCst);
        self.environments.lock().unwrap().push(environment);
        let (handler, stopped) = (Arc::clone(&self.handler), Arc::clone(&self.stopped));
        Ok(Arc::new(FakeInstance { handler, stopped, ended: Arc::clone(&self.ended) }))
    }
}

impl Fake {
    fn new<F>(handler: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = Result<Response<Bytes>, Exited>> + Send + 'static,
    {
        Arc::new(Self {
            handler: Arc::new(move |request| Box::pin(handler(request))),
            launched: AtomicUsize::new(0),
            stopped: Arc::default(),
            environments: Mutex::default(),
            ended: Arc::default(),
        })
    }

    fn launched(&self) -> usize {
        self.launched.load(Ordering::SeqCst)
    }

    fn stopped(&self) -> usize {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// An answer that reports success.
fn done(body: impl Into<Bytes>) -> Result<Response<Bytes>, Exited> {
    Ok(Response::builder().header(STATUS, "200").body(body.into()).unwrap())
}

/// An answer that reports a failure.
fn failed() -> Result<Response<Bytes>, Exited> {
    let body = Bytes::from_static(br#"{"errorMessage":"broken","errorType":"Test"}"#);
    Ok(Response::builder().status(404).header(STATUS, "404").body(body).unwrap())
}

/// The bodies of the messages in an event, in order.
fn bodies(event: &[u8]) -> Vec<String> {
    let event: Value = serde_json::from_slice(event).unwrap();
    let text = |one: &Value| match &one["data"]["messageBody"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    event.as_array().unwrap().iter().map(text).collect()
}

struct World {
    shared: Shared,
    mns: Mns,
    oss: Oss,
    fc: Fc,
}

const ACCOUNT: &str = "1000000000000001";

/// Shared ground in `cn-hangzhou`, with one account whose key is `testid` and `testsecret`.
fn shared(storage: Storage, clock: Clock) -> Shared {
    let home = Home { account_id: ACCOUNT.into(), region: "cn-hangzhou".into() };
    let shared = Shared::open(storage, clock, home, Delays::default(), 1, 0).unwrap();
    shared.identities.add_account(ACCOUNT, "testid", "testsecret".into());
    shared
}

impl World {
    fn new() -> Self {
        Self::in_storage(Storage::in_memory())
    }

    fn in_storage(storage: Storage) -> Self {
        Self::with(storage, Clock::system())
    }

    fn with(storage: Storage, clock: Clock) -> Self {
        let shared = shared(storage, clock);
        let mns = Mns::open(&shared).unwrap();
        let oss = Oss::open(&shared).unwrap();
        let sls = Sls::open(&shared).unwrap();
        let fc = Fc::open(&shared, &mns, &oss, &sls).unwrap();
        fc.open_event_bridge(ACCOUNT).unwrap();
        Self { shared, mns, oss, fc }
    }

    async fn deploy(&self, template: &str, launcher: Arc<dyn Launcher>) -> Result<Deployment, DeployError> {
        self.fc.deploy(&stack(template), launcher).await
    }

    fn queue(&self, name: &str) -> QueueRef {
        QueueRef::new(ACCOUNT, "cn-hangzhou", name)
    }

    fn send(&self, queue: &str, body: &str) {
        self.mns.send(&self.queue(queue), body, None).unwrap();
    }

    /// How many messages a queue holds, visible or not.
    fn count(&self, queue: &str) -> usize {
        let summary = self.mns.queue(&self.queue(queue)).unwrap();
        summary.active + summary.inactive + summary.delayed
    }

    /// Waits until `condition` holds.
    async fn until(&self, what: &str, condition: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if condition() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never: {what}");
    }

    async fn stop(&self) {
        self.fc.stop(Duration::from_secs(10)).await;
    }
}

fn stack(template: &str) -> crate::ros::Stack {
    let template = Template::parse(&format!("ROSTemplateFormatVersion: '2015-09-01'\nResources:\n{template}")).unwrap();
    template.resolve(&BTreeMap::new(), &Pseudo::new(ACCOUNT, "cn-hangzhou", "test")).unwrap()
}

/// A function `worker` with more properties.
fn function(more: &str) -> String {
    format!(
        "  Worker:
    Type: ALIYUN::FC3::Function
    Properties: {{FunctionName: worker, Handler: h, Runtime: custom.debian12, Timeout: 60, Code: {{OssBucketName: b, OssObjectName: o}}{more}}}
"
    )
}

/// The function `worker`, the queues `jobs` and `dead`, and a trigger between them with these run options.
fn fed_by_queue(function_more: &str, run_options: &str) -> String {
    format!(
        "{}  Jobs: {{Type: 'ALIYUN::MNS::Queue', Properties: {{QueueName: jobs, VisibilityTimeout: 30}}}}
  Dead: {{Type: 'ALIYUN::MNS::Queue', Properties: {{QueueName: dead}}}}
  Feed:
    Type: ALIYUN::FC3::Trigger
    Properties:
      FunctionName: {{Ref: Worker}}
      TriggerName: feed
      TriggerType: eventbridge
      TriggerConfig:
        triggerEnable: true
        eventSourceConfig: {{eventSourceType: MNS, eventSourceParameters: {{sourceMNSParameters: {{QueueName: {{Ref: Jobs}}, IsBase64Decode: false}}}}}}
        runOptions: {{mode: event-streaming, {run_options}}}
",
        function(function_more)
    )
}

/// Errors tolerated, dead letters kept, one message a call.
const TOLERANT: &str = "errorsTolerance: ALL, deadLetterQueue: {Arn: {'Fn::GetAtt': [Dead, ARN.WithSlash]}}, batchWindow: {CountBasedWindow: 1, TimeBasedWindow: 0}";

//! `ALIYUN::FC3::Trigger` and the configurations of the trigger types that run here.
//!
//! `TriggerConfig` is a map in the API's own casing (docs/reference/function-compute.md, sections 2.2, 3 and 4.2).
//! Unknown keys are refused: in the cloud a misspelled one is silently without effect.

use serde::Deserialize;
use serde_json::Value;

use super::super::pseudo::{Pseudo, stable_id};
use super::super::scalar::{lenient, optional};
use super::{Kind, Problem, name, within};

/// What calls a function.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Trigger {
    /// The function that is called.
    pub function_name: String,
    /// Unique for the function.
    pub trigger_name: String,
    /// When, and with what.
    pub config: TriggerConfig,
    /// The version or alias that is called; only `LATEST` exists here.
    pub qualifier: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// A trigger by its type.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerConfig {
    /// Messages of a queue.
    EventBridge(EventBridgeTrigger),
    /// The clock.
    Timer(TimerTrigger),
    /// HTTP requests.
    Http(HttpTrigger),
}

/// Feeds a function from a queue (docs/reference/function-compute.md, section 4.2).
#[derive(Debug, Clone, PartialEq)]
pub struct EventBridgeTrigger {
    /// Whether it runs.
    pub enabled: bool,
    /// Whether a message counts as delivered once the call was accepted, not when it succeeded.
    pub asynchronous: bool,
    /// The queue's name, in the stack's own account and region.
    pub queue: String,
    /// The region that the configuration names, if it does; it must be the stack's own.
    pub region: Option<String>,
    /// Whether bodies are decoded from base64.
    pub base64_decode: bool,
    /// What the function is given of a message.
    pub schema: EventSchema,
    /// How messages are taken and retried.
    pub run: RunOptions,
}

/// What a function is given of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum EventSchema {
    /// The whole event.
    #[default]
    CloudEvents,
    /// Its `data` only.
    RawData,
}

/// How messages are taken and retried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Lists of events, or one at a time.
    pub mode: RunMode,
    /// What happens when all retries failed.
    pub tolerance: ErrorsTolerance,
    /// How failed calls are repeated.
    pub retry: PushRetryStrategy,
    /// Where messages go that no retry delivered: `acs:mns:REGION:ACCOUNT:/queues/NAME`.
    pub dead_letter: Option<String>,
    /// How many messages make a batch.
    pub window: BatchWindow,
}

/// Lists of events, or one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunMode {
    /// The event is a list.
    EventStreaming,
    /// The event is one object, never batched.
    EventDriven,
}

/// What happens when all retries failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ErrorsTolerance {
    /// The stream stands still and goes on trying.
    #[default]
    None,
    /// The messages go to the dead-letter queue, or are dropped where there is none, and the stream goes on.
    All,
}

/// How failed calls are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PushRetryStrategy {
    /// 3 times, each after 10–20 s at random.
    #[default]
    BackoffRetry,
    /// 176 times over a day, after pauses that double up to 512 s.
    ExponentialDecayRetry,
}

/// A batch is full at `count` messages, or `seconds` after its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchWindow {
    /// 1–10000.
    pub count: u32,
    /// 0–15; 0 sends at once.
    pub seconds: u32,
}

/// Calls a function by the clock (docs/reference/function-compute.md, section 3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimerTrigger {
    /// `@every 5m`, or six fields, seconds first, with an optional `CRON_TZ=Zone` before them.
    pub cron_expression: String,
    /// Whether it runs.
    #[serde(rename = "enable", deserialize_with = "lenient")]
    pub enabled: bool,
    /// Goes along as it is.
    #[serde(default)]
    pub payload: String,
}

/// Passes HTTP requests on to a function (docs/reference/function-compute.md, section 2).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpTrigger {
    /// Who may call.
    pub auth_type: AuthType,
    /// The methods that are passed on.
    pub methods: Vec<String>,
    /// Whether it is closed to the internet; without meaning on loopback.
    #[serde(rename = "disableURLInternet", default, deserialize_with = "optional")]
    pub disable_url_internet: Option<bool>,
    /// Recorded.
    pub auth_config: Option<Value>,
    /// Recorded.
    pub cors_config: Option<Value>,
}

/// Who may call an HTTP trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthType {
    /// Anyone; the function checks for itself.
    Anonymous,
    /// Signed requests. Not offered here.
    Function,
    /// Bearers of a token. Not offered here.
    Jwt,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Wire {
    function_name: String,
    trigger_name: String,
    trigger_type: String,
    trigger_config: Value,
    qualifier: Option<String>,
    description: Option<String>,
    #[serde(rename = "SourceArn")]
    _source_arn: Option<String>,
    #[serde(rename = "InvocationRole")]
    _invocation_role: Option<String>,
}

impl TryFrom<Wire> for Trigger {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let config = match wire.trigger_type.as_str() {
            "eventbridge" => TriggerConfig::EventBridge(config::<EventBridgeWire>(wire.trigger_config)?.try_into()?),
            "timer" => TriggerConfig::Timer(config(wire.trigger_config)?),
            "http" => TriggerConfig::Http(config(wire.trigger_config)?),
            other => return Err(format!("TriggerType {other:?} does not run here; eventbridge, timer and http do")),
        };
        Ok(Self {
            function_name: wire.function_name,
            trigger_name: wire.trigger_name,
            config,
            qualifier: wire.qualifier,
            description: wire.description,
        })
    }
}

fn config<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| match error.path().to_string() {
        root if root == "." => format!("TriggerConfig: {}", error.inner()),
        path => format!("TriggerConfig.{path}: {}", error.inner()),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EventBridgeWire {
    #[serde(default = "yes", deserialize_with = "lenient")]
    trigger_enable: bool,
    #[serde(default, deserialize_with = "lenient")]
    async_invocation_type: bool,
    #[serde(default)]
    event_rule_filter_pattern: Option<String>,
    event_source_config: SourceWire,
    #[serde(default)]
    event_sink_config: SinkWire,
    #[serde(default)]
    run_options: RunWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceWire {
    event_source_type: String,
    event_source_parameters: ParametersWire,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersWire {
    #[serde(rename = "sourceMNSParameters")]
    mns: MnsWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MnsWire {
    region_id: Option<String>,
    queue_name: String,
    #[serde(default = "yes", deserialize_with = "lenient")]
    is_base64_decode: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SinkWire {
    #[serde(default)]
    delivery_option: DeliveryWire,
}

/// `mode` and `concurrency` are seen in samples; for queues they are without effect.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeliveryWire {
    #[serde(default)]
    event_schema: EventSchema,
    #[serde(rename = "mode")]
    _mode: Option<Value>,
    #[serde(rename = "concurrency")]
    _concurrency: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RunWire {
    mode: Option<RunMode>,
    #[serde(default)]
    errors_tolerance: ErrorsTolerance,
    #[serde(default)]
    retry_strategy: RetryWire,
    dead_letter_queue: Option<DeadLetterWire>,
    batch_window: Option<WindowWire>,
    #[serde(rename = "maximumTasks")]
    _maximum_tasks: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RetryWire {
    #[serde(default)]
    push_retry_strategy: PushRetryStrategy,
    #[serde(rename = "MaximumEventAgeInSeconds")]
    _maximum_age: Option<Value>,
    #[serde(rename = "MaximumRetryAttempts")]
    _maximum_attempts: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeadLetterWire {
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct WindowWire {
    #[serde(default = "one", deserialize_with = "lenient")]
    count_based_window: u32,
    #[serde(default, deserialize_with = "lenient")]
    time_based_window: u32,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

impl TryFrom<EventBridgeWire> for EventBridgeTrigger {
    type Error = String;

    fn try_from(wire: EventBridgeWire) -> Result<Self, String> {
        let source = wire.event_source_config;
        if source.event_source_type != "MNS" {
            return Err(format!(
                "TriggerConfig: eventSourceType {:?} does not run here; MNS does",
                source.event_source_type
            ));
        }
        if let Some(pattern) = &wire.event_rule_filter_pattern {
            check_pattern(pattern)?;
        }
        let queue = source.event_source_parameters.mns;
        let run = wire.run_options;
        let window = run
            .batch_window
            .map(|window| BatchWindow { count: window.count_based_window, seconds: window.time_based_window });
        // Which mode holds when none is named is not documented; a batch window only makes sense for a stream.
        let mode = run.mode.unwrap_or(if window.is_some() { RunMode::EventStreaming } else { RunMode::EventDriven });
        Ok(Self {
            enabled: wire.trigger_enable,
            asynchronous: wire.async_invocation_type,
            queue: queue.queue_name,
            region: queue.region_id,
            base64_decode: queue.is_base64_decode,
            schema: wire.event_sink_config.delivery_option.event_schema,
            run: RunOptions {
                mode,
                tolerance: run.errors_tolerance,
                retry: run.retry_strategy.push_retry_strategy,
                dead_letter: run.dead_letter_queue.map(|queue| queue.arn),
                window: window.unwrap_or(BatchWindow { count: 1, seconds: 0 }),
            },
        })
    }
}

/// A queue has one source, so a pattern on the source filters nothing. Any other pattern would.
fn check_pattern(pattern: &str) -> Result<(), String> {
    match serde_json::from_str(pattern) {
        Ok(Value::Object(keys)) => match keys.keys().find(|key| *key != "source") {
            Some(key) => {
                Err(format!("TriggerConfig: eventRuleFilterPattern: filtering by {key:?} is not offered here"))
            }
            None => Ok(()),
        },
        _ => Err("TriggerConfig: eventRuleFilterPattern is not a JSON object".to_owned()),
    }
}

impl Kind for Trigger {
    const TYPE: &'static str = "ALIYUN::FC3::Trigger";

    fn check(&self) -> Result<(), Problem> {
        name("TriggerName", &self.trigger_name, 1, 128, "-_")?;
        if let Some(other) = self.qualifier.as_deref().filter(|name| *name != "LATEST") {
            return Err(Problem::new("Qualifier", format!("{other:?}: only LATEST exists here")));
        }
        match &self.config {
            TriggerConfig::EventBridge(queue) => {
                let window = queue.run.window;
                within("TriggerConfig.runOptions.batchWindow.CountBasedWindow", window.count, 1, 10_000)?;
                within("TriggerConfig.runOptions.batchWindow.TimeBasedWindow", window.seconds, 0, 15)
            }
            TriggerConfig::Timer(timer) => crate::Schedule::parse(&timer.cron_expression)
                .map(drop)
                .map_err(|error| Problem::new("TriggerConfig.cronExpression", error.to_string())),
            TriggerConfig::Http(http) => check_http(http),
        }
    }

    fn id(&self) -> String {
        self.trigger_name.clone()
    }

    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)> {
        let Pseudo { account_id, region, http_base, .. } = pseudo;
        let id = stable_id(&["trigger", account_id, region, &self.function_name, &self.trigger_name]);
        let mut attributes = vec![
            ("TriggerId", id.clone()),
            ("TriggerName", self.trigger_name.clone()),
            ("FunctionName", self.function_name.clone()),
        ];
        if matches!(self.config, TriggerConfig::Http(_)) {
            let (internet, intranet) = if http_base.is_empty() {
                let host = format!("{}-{}", self.function_name, &id[..8]);
                (format!("https://{host}.{region}.fcapp.run"), format!("https://{host}.{region}-vpc.fcapp.run"))
            } else {
                (http_base.clone(), http_base.clone())
            };
            attributes.extend([("UrlInternet", internet), ("UrlIntranet", intranet)]);
        }
        attributes
    }

    fn identity(&self) -> String {
        format!("{}/{}", self.function_name, self.trigger_name)
    }
}

fn check_http(http: &HttpTrigger) -> Result<(), Problem> {
    if http.auth_type != AuthType::Anonymous {
        return Err(Problem::new("TriggerConfig.authType", "only anonymous runs here"));
    }
    if http.methods.is_empty() {
        return Err(Problem::new("TriggerConfig.methods", "must name a method"));
    }
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
    match http.methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
        Some(method) => Err(Problem::new("TriggerConfig.methods", format!("{method:?} is not one of {METHODS:?}"))),
        None => Ok(()),
    }
}

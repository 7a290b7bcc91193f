//! `ALIYUN::FC3::Function` and `ALIYUN::FC3::AsyncInvokeConfig`.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::pseudo::{Pseudo, stable_id};
use super::super::scalar::{lenient, optional, texts};
use super::{Kind, Problem, name, within};

/// A function. Its environment may hold secrets: [`fmt::Debug`] shows the names only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Function {
    /// Unique in the account and region.
    pub function_name: String,
    /// Custom runtimes call nothing by it; their process finds it in `FC_FUNCTION_HANDLER`. Demanded.
    pub handler: String,
    /// Here: `custom`, `custom.debian10`, `custom.debian11` or `custom.debian12`.
    pub runtime: String,
    /// Where the package lies. The local cloud starts what its launcher has instead.
    pub code: Option<Code>,
    /// How the process is started and where it listens.
    #[serde(default)]
    pub custom_runtime_config: CustomRuntimeConfig,
    /// Virtual CPUs, 0.05–16.
    #[serde(default, deserialize_with = "optional")]
    pub cpu: Option<f64>,
    /// Megabytes, 128–32768.
    #[serde(default = "default_memory", deserialize_with = "lenient")]
    pub memory_size: u32,
    /// Megabytes, 512 or 10240.
    #[serde(default = "default_disk", deserialize_with = "lenient")]
    pub disk_size: u32,
    /// Seconds that one call may take, 1–86400.
    #[serde(default = "default_timeout", deserialize_with = "lenient")]
    pub timeout: u32,
    /// Calls that one instance takes at a time, 1–200.
    #[serde(default = "default_concurrency", deserialize_with = "lenient")]
    pub instance_concurrency: u32,
    /// Hooks at the ends of an instance's life.
    #[serde(default)]
    pub instance_lifecycle_config: InstanceLifecycleConfig,
    /// The environment of the process. At most 4 KB, no `FC_` names.
    #[serde(default, deserialize_with = "texts")]
    pub environment_variables: BTreeMap<String, String>,
    /// The ARN of the role that the function acts as.
    pub role: Option<String>,
    /// Where its output goes.
    pub log_config: Option<LogConfig>,
    /// What the function is for.
    pub description: Option<String>,
    /// Whether it may reach the internet. Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub internet_access: Option<bool>,
    /// Recorded, like everything below: these have no meaning on one machine.
    pub vpc_config: Option<Value>,
    /// Recorded.
    pub layers: Option<Value>,
    /// Recorded.
    pub tags: Option<Value>,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub disable_ondemand: Option<bool>,
    /// Recorded.
    pub instance_isolation_mode: Option<String>,
    /// Recorded.
    pub session_affinity: Option<String>,
    /// Recorded.
    pub session_affinity_config: Option<Value>,
    /// Recorded.
    pub nas_config: Option<Value>,
    /// Recorded.
    pub oss_mount_config: Option<Value>,
    /// Recorded.
    pub gpu_config: Option<Value>,
    /// Recorded.
    pub custom_dns: Option<Value>,
    /// Recorded.
    pub tracing_config: Option<Value>,
    /// Recorded.
    pub resource_group_id: Option<String>,
    /// The package itself, as the service copied it; none where the launcher has its own.
    #[serde(skip)]
    pub package: Option<Bytes>,
}

/// Where a function's package lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Code {
    /// The bucket of the package.
    pub oss_bucket_name: Option<String>,
    /// The package's key in it.
    pub oss_object_name: Option<String>,
    /// The package itself, base64.
    pub zip_file: Option<String>,
    /// The source itself, for script languages.
    pub source_code: Option<String>,
    /// The package's CRC-64.
    pub checksum: Option<String>,
}

/// How the process is started and where it listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomRuntimeConfig {
    /// The command; `/code/bootstrap` when empty.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// The port in the cloud. Here each instance gets a free one.
    #[serde(default = "default_port", deserialize_with = "lenient")]
    pub port: u16,
    /// A probe by HTTP in place of the plain connect. Recorded: here an instance is ready when it takes connections.
    pub health_check_config: Option<HealthCheckConfig>,
}

impl Default for CustomRuntimeConfig {
    fn default() -> Self {
        Self { command: Vec::new(), args: Vec::new(), port: default_port(), health_check_config: None }
    }
}

/// A probe by HTTP. Times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct HealthCheckConfig {
    /// The path to ask.
    pub http_get_url: Option<String>,
    /// 0–120, default 0.
    #[serde(default, deserialize_with = "optional")]
    pub initial_delay_seconds: Option<u32>,
    /// 1–120, default 3.
    #[serde(default, deserialize_with = "optional")]
    pub period_seconds: Option<u32>,
    /// 1–3, default 1.
    #[serde(default, deserialize_with = "optional")]
    pub timeout_seconds: Option<u32>,
    /// 1–120, default 3.
    #[serde(default, deserialize_with = "optional")]
    pub failure_threshold: Option<u32>,
    /// 1–120, default 1.
    #[serde(default, deserialize_with = "optional")]
    pub success_threshold: Option<u32>,
}

/// Hooks at the ends of an instance's life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct InstanceLifecycleConfig {
    /// Called once before the first call.
    pub initializer: Option<Hook>,
    /// Called before the instance goes.
    pub pre_stop: Option<Hook>,
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Hook {
    /// Any text turns the hook on.
    pub handler: String,
    /// Seconds, at least 1.
    #[serde(default = "default_timeout", deserialize_with = "lenient")]
    pub timeout: u32,
}

/// Where a function's output goes. Recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct LogConfig {
    /// The log project.
    pub project: Option<String>,
    /// The log store.
    pub logstore: Option<String>,
    /// `DefaultRegex` or `None`.
    pub log_begin_rule: Option<String>,
    /// Whether calls are counted.
    #[serde(default, deserialize_with = "optional")]
    pub enable_request_metrics: Option<bool>,
    /// Whether instances are measured.
    #[serde(default, deserialize_with = "optional")]
    pub enable_instance_metrics: Option<bool>,
}

fn default_memory() -> u32 {
    512
}

fn default_disk() -> u32 {
    512
}

fn default_timeout() -> u32 {
    3
}

fn default_concurrency() -> u32 {
    1
}

fn default_port() -> u16 {
    9000
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("function_name", &self.function_name)
            .field("runtime", &self.runtime)
            .field("timeout", &self.timeout)
            .field("instance_concurrency", &self.instance_concurrency)
            .field("role", &self.role)
            .field("environment_variables", &self.environment_variables.keys())
            .finish_non_exhaustive()
    }
}

impl Function {
    /// The function's ARN.
    #[must_use]
    pub fn arn(&self, account_id: &str, region: &str) -> String {
        format!("acs:fc:{region}:{account_id}:functions/{}", self.function_name)
    }

    fn check_environment(&self) -> Result<(), Problem> {
        const PATH: &str = "EnvironmentVariables";
        for key in self.environment_variables.keys() {
            let well_formed = key.starts_with(|c: char| c.is_ascii_alphabetic())
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !well_formed {
                return Err(Problem::new(PATH, format!("{key:?} must be letters, digits and _, a letter first")));
            }
            if key.starts_with("FC_") {
                return Err(Problem::new(PATH, format!("{key:?}: names that begin with FC_ are reserved")));
            }
        }
        let size: usize = self.environment_variables.iter().map(|(key, value)| key.len() + value.len()).sum();
        if size > 4096 {
            return Err(Problem::new(PATH, format!("{size} bytes in all; at most 4096 are allowed")));
        }
        Ok(())
    }
}

impl Kind for Function {
    const TYPE: &'static str = "ALIYUN::FC3::Function";

    fn check(&self) -> Result<(), Problem> {
        // 64 by the SDK, 128 by Terraform's documentation.
        name("FunctionName", &self.function_name, 1, 128, "-_")?;
        if !matches!(self.runtime.as_str(), "custom" | "custom.debian10" | "custom.debian11" | "custom.debian12") {
            return Err(Problem::new("Runtime", format!("{:?}: only custom runtimes run here", self.runtime)));
        }
        if self.code.is_none() {
            return Err(Problem::new("Code", "is required for custom runtimes"));
        }
        if let Some(cpu) = self.cpu {
            within("Cpu", cpu, 0.05, 16.0)?;
            let steps = cpu / 0.05;
            if (steps - steps.round()).abs() > 1e-6 {
                return Err(Problem::new("Cpu", format!("{cpu} is not a multiple of 0.05")));
            }
            let ratio = cpu / (f64::from(self.memory_size) / 1024.0);
            if !(0.2499..=1.0001).contains(&ratio) {
                let problem = format!("{cpu} CPUs to {} MB: must be between 1:1 and 1:4 (GB)", self.memory_size);
                return Err(Problem::new("Cpu", problem));
            }
        }
        within("MemorySize", self.memory_size, 128, 65_536)?;
        if !self.memory_size.is_multiple_of(64) {
            return Err(Problem::new("MemorySize", format!("{} is not a multiple of 64", self.memory_size)));
        }
        if !matches!(self.disk_size, 512 | 10_240) {
            return Err(Problem::new("DiskSize", format!("{} is neither 512 nor 10240", self.disk_size)));
        }
        within("Timeout", self.timeout, 1, 86_400)?;
        within("InstanceConcurrency", self.instance_concurrency, 1, 200)?;
        within("CustomRuntimeConfig.Port", self.custom_runtime_config.port, 1, 65_535)?;
        for (path, hook) in [
            ("InstanceLifecycleConfig.Initializer.Timeout", &self.instance_lifecycle_config.initializer),
            ("InstanceLifecycleConfig.PreStop.Timeout", &self.instance_lifecycle_config.pre_stop),
        ] {
            within(path, hook.as_ref().map_or(1, |hook| hook.timeout), 1, 86_400)?;
        }
        within("Description", self.description.as_ref().map_or(0, |text| text.chars().count()), 0, 256)?;
        self.check_environment()
    }

    fn id(&self) -> String {
        self.function_name.clone()
    }

    fn attributes(&self, pseudo: &Pseudo) -> Vec<(&'static str, String)> {
        let (account, region) = (pseudo.account_id.as_str(), pseudo.region.as_str());
        vec![
            ("ARN", self.arn(account, region)),
            ("FunctionId", stable_id(&["function", account, region, &self.function_name])),
            ("FunctionName", self.function_name.clone()),
        ]
    }
}

/// What becomes of a function's asynchronous calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AsyncInvokeConfig {
    /// The function.
    pub function_name: String,
    /// Who hears of the outcome.
    #[serde(default)]
    pub destination_config: DestinationConfig,
    /// Seconds after which a call is given up, 1–604800.
    #[serde(default = "default_age", deserialize_with = "lenient")]
    pub max_async_event_age_in_seconds: u32,
    /// Calls after the first, 0–8.
    #[serde(default = "default_attempts", deserialize_with = "lenient")]
    pub max_async_retry_attempts: u32,
    /// Recorded.
    #[serde(default, deserialize_with = "optional")]
    pub async_task: Option<bool>,
}

/// Who hears of the outcome of an asynchronous call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DestinationConfig {
    /// When it succeeded.
    pub on_success: Option<Destination>,
    /// When it failed for good.
    pub on_failure: Option<Destination>,
}

/// The ARN of a queue or a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Destination {
    /// `acs:mns:REGION:ACCOUNT:/queues/NAME/messages` or `acs:fc:REGION:ACCOUNT:functions/NAME`.
    pub destination: String,
}

fn default_age() -> u32 {
    86_400
}

fn default_attempts() -> u32 {
    3
}

impl Kind for AsyncInvokeConfig {
    const TYPE: &'static str = "ALIYUN::FC3::AsyncInvokeConfig";

    fn check(&self) -> Result<(), Problem> {
        within("MaxAsyncEventAgeInSeconds", self.max_async_event_age_in_seconds, 1, 604_800)?;
        within("MaxAsyncRetryAttempts", self.max_async_retry_attempts, 0, 8)
    }

    fn id(&self) -> String {
        self.function_name.clone()
    }

    fn attributes(&self, _: &Pseudo) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

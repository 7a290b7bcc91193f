//! Running a script on servers through Cloud Assistant, and reading what it said.
//!
//! A script that ends with another code than 0 is a result, not a failure of the call. Results are kept for four weeks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cloud_wire::{lenient, words};
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Ecs;
use crate::call::Call;
use crate::error::Error;
use crate::names::ClientToken;
use crate::params::Params;

/// The cloud takes at most this much of an encoded script, in bytes.
const SCRIPT_LIMIT: usize = 24 * 1024;
/// The cloud takes at most this many servers.
const INSTANCE_LIMIT: usize = 100;
/// The largest page of results the cloud gives.
const PAGE: u32 = 50;

/// A shell script to be run on servers, once and now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCommand {
    /// One to 100 servers. They must be running, with Cloud Assistant alive.
    pub instance_ids: Vec<String>,
    /// The script. Encoded in base64 it must not exceed 24 KiB.
    pub script: String,
    /// How long it may run, in seconds, at least 10.
    pub timeout_seconds: u32,
    /// A name to find it by.
    pub name: Option<String>,
    /// The user of the servers to run it as. The cloud would take root where none is named.
    pub username: String,
    /// The directory to run it in. The cloud would take the user's home, which not every user has.
    pub working_dir: String,
    /// The token that makes a repeat count once.
    pub client_token: ClientToken,
}

/// What a running command is known by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StartedCommand {
    /// `t-…`: the run, which results are asked for by.
    pub invoke_id: String,
    /// `c-…`: the command.
    pub command_id: Option<String>,
}

words! {
    /// How far a run has come on one server.
    InvocationStatus {
        /// Not delivered yet.
        Pending = "Pending",
        /// Waits for its time.
        Scheduled = "Scheduled",
        /// Running.
        Running = "Running",
        /// Ended with 0.
        Success = "Success",
        /// Ended with another code. A result, not a failure of the call.
        Failed = "Failed",
        /// Its type or parameters were wrong.
        Invalid = "Invalid",
        /// Could not be delivered within a minute.
        Aborted = "Aborted",
        /// Could not be run: see the error code.
        Error = "Error",
        /// Took too long and was ended.
        Timeout = "Timeout",
        /// Called off before it started.
        Cancelled = "Cancelled",
        /// Being ended.
        Stopping = "Stopping",
        /// Ended while it ran.
        Terminated = "Terminated",
    }
}

impl InvocationStatus {
    /// Whether nothing more will come. A status this version does not know counts as unsettled.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        !matches!(self, Self::Pending | Self::Scheduled | Self::Running | Self::Stopping | Self::Unknown(_))
    }
}

words! {
    /// How far a run has come on all servers.
    InvocationRecordStatus {
        /// Somewhere it still runs.
        Running = "Running",
        /// It ended everywhere.
        Finished = "Finished",
        /// It failed everywhere.
        Failed = "Failed",
        /// It failed somewhere.
        PartialFailed = "PartialFailed",
        /// It was ended.
        Stopped = "Stopped",
        /// It is being ended.
        Stopping = "Stopping",
    }
}

words! {
    /// Why a run did not succeed on one server.
    CommandError {
        /// There is no such server.
        InstanceNotExists = "InstanceNotExists",
        /// The server was released.
        InstanceReleased = "InstanceReleased",
        /// The server is not running.
        InstanceNotRunning = "InstanceNotRunning",
        /// The command is not for this kind of server.
        CommandNotApplicable = "CommandNotApplicable",
        /// There is no such user on it.
        AccountNotExists = "AccountNotExists",
        /// There is no such directory on it.
        DirectoryNotExists = "DirectoryNotExists",
        /// Cloud Assistant does not run on it.
        ClientNotRunning = "ClientNotRunning",
        /// Cloud Assistant does not answer.
        ClientNotResponse = "ClientNotResponse",
        /// Cloud Assistant is being upgraded.
        ClientIsUpgrading = "ClientIsUpgrading",
        /// Cloud Assistant is too old.
        ClientNeedUpgrade = "ClientNeedUpgrade",
        /// It could not be delivered in time.
        DeliveryTimeout = "DeliveryTimeout",
        /// It took too long.
        ExecutionTimeout = "ExecutionTimeout",
        /// It could not be started.
        ExecutionException = "ExecutionException",
        /// It was interrupted.
        ExecutionInterrupted = "ExecutionInterrupted",
        /// It ran and ended with another code than 0.
        ExitCodeNonzero = "ExitCodeNonzero",
        /// A security group keeps Cloud Assistant from the cloud.
        SecurityGroupRuleDenied = "SecurityGroupRuleDenied",
        /// Its schedule is wrong.
        BadCronExpression = "BadCronExpression",
    }
}

/// What came of a run on one server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InvocationResult {
    /// `i-…`
    pub instance_id: String,
    /// `t-…`
    pub invoke_id: Option<String>,
    /// How far it has come.
    #[serde(rename = "InvocationStatus")]
    pub status: InvocationStatus,
    /// How far it has come on all servers.
    #[serde(rename = "InvokeRecordStatus")]
    pub record_status: Option<InvocationRecordStatus>,
    /// The code it ended with.
    pub exit_code: Option<i64>,
    /// What it printed, decoded; what is no UTF-8 is replaced. The cloud keeps the first 24 KiB.
    #[serde(default, deserialize_with = "decoded")]
    pub output: String,
    /// How many bytes of the output were cut.
    pub dropped: Option<u64>,
    /// Why it did not succeed.
    pub error_code: Option<CommandError>,
    /// The same in the cloud's words.
    pub error_info: Option<String>,
    /// When it ended.
    pub finished_time: Option<Timestamp>,
}

fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    text.retain(|letter| !letter.is_ascii_whitespace());
    let bytes = BASE64.decode(text).map_err(|_| D::Error::custom("the output is not base64"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultsAnswer {
    invocation: ResultsPage,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultsPage {
    #[serde(default, deserialize_with = "lenient::wrapped")]
    invocation_results: Vec<InvocationResult>,
    next_token: Option<String>,
}

impl Ecs {
    /// Starts a script on servers.
    ///
    /// # Errors
    /// `Refused` for a script too long, or for no servers or more than 100. The codes of this call are documented poorly:
    /// a server that cannot run it may make the call fail, or may show in the results.
    pub async fn run_command(&self, request: &RunCommand) -> Result<StartedCommand, Error> {
        let call = Call::RunCommand;
        if !(1..=INSTANCE_LIMIT).contains(&request.instance_ids.len()) {
            return Err(self.0.refuse(call, "one to 100 servers at once"));
        }
        let content = BASE64.encode(&request.script);
        if content.len() > SCRIPT_LIMIT {
            return Err(self.0.refuse(call, "the script is longer than 24 KiB when encoded"));
        }
        let params = Params::new()
            .with("Type", "RunShellScript")
            .with("ContentEncoding", "Base64")
            .with("CommandContent", content)
            .with("RepeatMode", "Once")
            .with("Timeout", request.timeout_seconds)
            .list("InstanceId", &request.instance_ids)
            .maybe("Name", request.name.as_ref())
            .with("Username", &request.username)
            .with("WorkingDir", &request.working_dir)
            .with("ClientToken", &request.client_token);
        self.0.call(call, params).await
    }

    /// What came of a run so far, a row a server, all pages. Right after the start rows may be missing.
    ///
    /// # Errors
    /// `Malformed` when the listing repeats itself or does not end.
    pub async fn describe_invocation_results(&self, invoke_id: &str) -> Result<Vec<InvocationResult>, Error> {
        let params =
            || Params::new().with("InvokeId", invoke_id).with("ContentEncoding", "Base64").with("MaxResults", PAGE);
        let page = |ResultsAnswer { invocation }: ResultsAnswer| (invocation.invocation_results, invocation.next_token);
        self.0.all_by_token(Call::DescribeInvocationResults, params, page).await
    }
}

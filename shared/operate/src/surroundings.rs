//! What finding credentials looks at, as a value: variables, home folder, network, clock, and programs to run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use alicloud::sts::Sts;
use alicloud::{BadName, Client, Credentials, Endpoints, Product, Region};
use async_trait::async_trait;
use tokio::io::AsyncReadExt as _;
use transport::Io;

use crate::endpoint::Gateway;

/// How long a program may take that prints credentials.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);
/// The most bytes of its output that are read.
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// Runs programs that print credentials.
#[async_trait]
pub trait Programs: Send + Sync {
    /// Runs `program` and returns what it printed. What it writes to stderr is not kept: it may hold secrets.
    ///
    /// # Errors
    /// When it cannot be run, fails, or does not end in time.
    async fn run(&self, program: &str, arguments: &[String]) -> Result<Vec<u8>, ProgramFailed>;
}

/// Why a program printed no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProgramFailed {
    /// It could not be started.
    #[error("it cannot be run: {0}")]
    NotRun(String),
    /// It ended with another code than 0, or by a signal.
    #[error("it failed ({0})")]
    Failed(String),
    /// It did not end.
    #[error("it did not end within {} s", PROGRAM_TIMEOUT.as_secs())]
    Endless,
}

/// The programs of this machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemPrograms;

#[async_trait]
impl Programs for SystemPrograms {
    async fn run(&self, program: &str, arguments: &[String]) -> Result<Vec<u8>, ProgramFailed> {
        let not_run = |error: std::io::Error| ProgramFailed::NotRun(error.kind().to_string());
        let mut child = tokio::process::Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_run)?;
        let mut output = Vec::new();
        let ended = tokio::time::timeout(PROGRAM_TIMEOUT, async {
            if let Some(stdout) = child.stdout.take() {
                stdout.take(LONGEST_OUTPUT).read_to_end(&mut output).await?;
            }
            child.wait().await
        });
        let status = ended.await.map_err(|_| ProgramFailed::Endless)?.map_err(not_run)?;
        if status.success() { Ok(output) } else { Err(ProgramFailed::Failed(status.to_string())) }
    }
}

/// What finding credentials looks at. Cheap to clone.
#[derive(Clone)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: Arc<BTreeMap<String, String>>,
    /// The folder that `~` stands for.
    pub home: Option<PathBuf>,
    /// Network, clock, randomness.
    pub io: Io,
    /// What runs the programs of profiles of mode External.
    pub programs: Arc<dyn Programs>,
    /// The address of a local cloud, which stands in for STS. It stands in for no metadata service: a machine has its own.
    pub gateway: Option<Gateway>,
}

impl Surroundings {
    /// Those of this process. Variables that are no Unicode are not seen.
    #[must_use]
    pub fn system(io: Io, gateway: Option<Gateway>) -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        let variables: BTreeMap<_, _> =
            std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
        let home = variables.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        Self { variables: Arc::new(variables), home, io, programs: Arc::new(SystemPrograms), gateway }
    }

    /// The first of these variables that says something.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.variables.get(*name));
        values.map(|value| value.trim()).find(|value| !value.is_empty())
    }

    /// Whether a switch is on: `true` or `1`, in any case.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.first(&[name]).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }

    /// Where STS is reached: a host that is named, that of a region, or the central one.
    pub(crate) fn sts_endpoints(&self, host: Option<&str>, region: Option<&str>) -> Result<Endpoints, BadName> {
        if let Some(gateway) = &self.gateway {
            return Endpoints::at(gateway.as_str());
        }
        if let Some(host) = host {
            return Endpoints::public().with(Product::Sts, &format!("https://{host}"));
        }
        match region.or_else(|| self.first(&["ALIBABA_CLOUD_STS_REGION"])).map(str::parse::<Region>).transpose()? {
            Some(region) => {
                let name = if self.is_on("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED") { "sts-vpc" } else { "sts" };
                Endpoints::public().with(Product::Sts, &format!("https://{name}.{region}.aliyuncs.com"))
            }
            None => Ok(Endpoints::public()),
        }
    }

    /// STS, called with `credentials`.
    pub(crate) fn sts(&self, endpoints: Endpoints, credentials: Credentials) -> Sts {
        Client::new(self.io.clone(), endpoints, Arc::new(credentials)).sts()
    }
}

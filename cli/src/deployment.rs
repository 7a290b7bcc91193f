//! A local cloud with Causeway deployed into it: the commands `up` and `demo` and the whole-system tests run on it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use alicloud::Credentials;
use audit::{SigningKey, Verifier};
use bytes::Bytes;
use causeway_local::cloud::{self, Cloud};
pub use causeway_local::console::ConsoleAccount as Account;
use causeway_local::delays::Wait;
use causeway_local::fc::{Launcher, SpawnLauncher};
use causeway_local::ros::{Pseudo, Stack, Template};
use causeway_local::seed::{Provider, Seed};
use causeway_local::server::ServeError;
use causeway_local::shared::Home;
use causeway_local::table::{Storage, StorageError};
use cloud_signing::webhook::Secret;
use connection::account::{self, Accounts, AlicloudAccount, JdcloudAccount, NarrowTo};
use connection::caller::{Caller, Callers, Credential, Role};
use connection::words::{CallerName, Kind, RegionId};
use fc_runtime::Environment;
use fn_webhook::gate::{Gate, SECRETS, TOKENS};
use jiff::Timestamp;
use operate::{Client, Gateway};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{OssAccess, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use transport::Io;

use crate::context::ContextFile;
use crate::deploy::names::Names;
use crate::deploy::release::Release;
use crate::deploy::stacks::Say;
use crate::deploy::{Deployer, Wanted};
use crate::functions::{InProcess, NO_PACKAGE, OwnPackages};
use crate::operator::Operator;
use crate::settings::{self, Given};
use crate::webhook::Webhook;

/// The template that is deployed unless another is named.
pub const TEMPLATE: &str = include_str!("../../template.yml");
/// The template of the stack that is deployed before it.
pub const BASE: &str = include_str!("../../base.yml");
/// The bucket for code.
const CODE_BUCKET: &str = "causeway-code";
/// The bucket of the records.
pub const STORE_BUCKET: &str = "causeway-records";
/// The caller whose secret a local cloud makes and prints.
pub const CALLER: &str = "admin";
/// What the names of the roles begin with that the functions assume in each account, and the name of the one role where an account
/// has one for everything.
const ROLE: &str = "causeway";
/// The parameter that names such a role. A new cloud whose parameter says `causeway` has accounts with one role.
const SINGLE_ROLE: &str = "SingleRole";
/// The name of a local cloud's key of the logs.
const KEY_NAME: &str = "causeway.local";
/// How long calls on their way may take when the cloud stops.
const GRACE: Duration = Duration::from_secs(5);

/// How to run the local cloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a new cloud holds.
    pub seed: Seed,
    /// The gateway's port; 0 for any free one.
    pub port: u16,
    /// Where state is kept; nowhere if `None`.
    pub state: Option<PathBuf>,
    /// How many times faster than real time the cloud works.
    pub speed: f64,
    /// Run the functions as processes.
    pub spawn: bool,
    /// Their program; `bootstrap` beside this one if `None`.
    pub bootstrap: Option<PathBuf>,
    /// A template file instead of the built-in one.
    pub template: Option<PathBuf>,
    /// Values of template parameters, on top of the ones that the local cloud needs.
    pub parameters: Vec<(String, String)>,
}

/// The local cloud did not start, or did not stop in order.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DeploymentError {
    #[error("port {port} of the loopback interface cannot be opened")]
    #[diagnostic(help("choose another with --port, or leave it out for any free one"))]
    Port { port: u16, source: std::io::Error },
    #[error("the handler for Ctrl-C cannot be installed")]
    Signals(#[source] std::io::Error),
    #[error("the state cannot be kept")]
    State(#[source] StorageError),
    #[error("another process is running on the state folder {folder}")]
    #[diagnostic(help("stop the other `causeway up`, or name another folder with --state"))]
    StateInUse { folder: String },
    #[error("{path} cannot be read or written")]
    File { path: String, source: std::io::Error },
    #[error("the template cannot be parsed")]
    Template(#[from] causeway_local::ros::RosError),
    #[error("the template cannot be deployed")]
    Deploy(#[from] causeway_local::fc::DeployError),
    /// The cloud refuses what `causeway deploy` does.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] crate::deploy::DeployError),
    #[error("the local cloud does not know its own operator")]
    Operator(#[source] Box<operate::Error>),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
    /// The record store cannot be opened.
    #[error(transparent)]
    Location(#[from] store::BadLocation),
    #[error("the accounts cannot be written into the store")]
    Store(#[from] store::StoreError),
    #[error("the gateway stopped")]
    Serve(#[from] ServeError),
    #[error("the functions' program is not at {path}")]
    #[diagnostic(help("build it first: cargo build --workspace; or name it with --bootstrap"))]
    NotBuilt { path: String },
    #[error("{0} holds no webhook secret; delete the file, and the next start makes a new one")]
    Secret(String),
    #[error("{path} holds no audit key: {why}")]
    #[diagnostic(help(
        "put the key back that was there; with another one nothing that was decided before is to be trusted"
    ))]
    AuditKey { path: String, why: audit::key::BadKey },
    #[error("Causeway cannot work with these settings:{}", .0.iter().map(|fault| format!("\n  {fault}")).collect::<String>())]
    #[diagnostic(help("parameters are set with --parameter NAME=VALUE, their defaults stand in template.yml"))]
    Settings(Vec<String>),
    /// The context cannot be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Context(#[from] crate::context::ContextError),
    #[error("parameter {0} is given twice; which value counts?")]
    TwiceGiven(String),
    #[error("parameter {0} is set by the local cloud itself; leave it out")]
    OwnParameter(String),
}

impl From<StorageError> for DeploymentError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::InUse { folder } => Self::StateInUse { folder },
            error => Self::State(error),
        }
    }
}

/// A running local cloud, whatever is in it.
pub struct LocalCloud {
    /// The address of every product.
    pub gateway: String,
    cloud: Cloud,
    io: Io,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

impl LocalCloud {
    /// Starts the cloud with what its seed or its state holds, and lets the functions run that are in it.
    ///
    /// # Errors
    /// See [`DeploymentError`].
    pub async fn start(options: &Options, seed: Seed) -> Result<Self, DeploymentError> {
        let io = Io::system()?;
        let storage = match &options.state {
            Some(folder) => Storage::in_folder(folder)?,
            None => Storage::in_memory(),
        };
        let mut opened = cloud::Options::new(seed);
        opened.storage = storage;
        opened.speed = options.speed;
        opened.random_seed = io.entropy.next_u64();
        let cloud = Cloud::open(opened)?;

        let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await;
        let listener = bind.map_err(|source| DeploymentError::Port { port: options.port, source })?;
        let address = listener.local_addr().map_err(|source| DeploymentError::Port { port: options.port, source })?;
        let gateway = format!("http://{address}");
        cloud.fc().set_http_base(&gateway);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = cloud.clone();
        let server = tokio::spawn(async move {
            let until = async {
                let _ = stopped.await;
            };
            serving.serve(listener, until, GRACE).await
        });
        Ok(Self { gateway, cloud, io, stop, server })
    }

    /// Lets functions run that are deployed over its API: from their packages, and those of an empty package in this process, or as
    /// processes of the program that was built beside it.
    ///
    /// # Errors
    /// When that program is not there.
    pub async fn run_functions(&self, options: &Options) -> Result<(), DeploymentError> {
        let fc = self.cloud.fc();
        let launcher: Arc<dyn Launcher> = if options.spawn {
            Arc::new(spawn_launcher(options.bootstrap.as_deref())?.with_sink(fc.log_sink()))
        } else {
            Arc::new(InProcess::new(self.io.clone()).printing_to(fc.log_sink()))
        };
        fc.set_launcher(Arc::new(OwnPackages::new(fc.log_sink(), launcher)));
        fc.start().await;
        Ok(())
    }

    /// The accounts with their keys and VPCs.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.cloud.console().accounts
    }

    /// The region that is meant where none is named.
    #[must_use]
    pub fn region(&self) -> String {
        self.cloud.shared().home.region.clone()
    }

    /// The outside world as this process sees it.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// Lets what is on its way finish, and stops.
    ///
    /// # Errors
    /// When the gateway had failed before.
    pub async fn stop(self) -> Result<(), DeploymentError> {
        self.cloud.fc().stop(GRACE).await;
        let _ = self.stop.send(());
        match self.server.await {
            Ok(ended) => Ok(ended?),
            Err(_) => Ok(()),
        }
    }
}

/// A running local cloud with Causeway deployed into it.
pub struct Deployment {
    /// The cloud.
    pub local: LocalCloud,
    secret: Arc<Secret>,
    verifier: Verifier,
}

impl Deployment {
    /// Starts the cloud, deploys the template and lets the functions run.
    ///
    /// # Errors
    /// See [`DeploymentError`].
    pub async fn start(options: Options) -> Result<Self, DeploymentError> {
        let io = Io::system()?;
        let template = match &options.template {
            Some(path) => std::fs::read_to_string(path).map_err(|source| file(path, source))?,
            None => TEMPLATE.to_owned(),
        };
        if let Some(folder) = &options.state {
            use std::os::unix::fs::DirBuilderExt as _;
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|source| file(folder, source))?;
        }
        let given = Given::new(&options.parameters)?;
        let secret = match given.secret()? {
            Some(secret) => Arc::new(secret),
            None => Arc::new(secret(options.state.as_deref(), &io)?),
        };
        let key = match given.audit_key()? {
            Some(key) => key,
            None => audit_key(options.state.as_deref(), &io)?,
        };
        let seed = options.seed.clone();
        let one_role = options.parameters.iter().any(|(name, value)| name == SINGLE_ROLE && value == ROLE);
        let local = LocalCloud::start(&options, if one_role { seed.with_one_role() } else { seed }).await?;
        let LocalCloud { cloud, gateway, .. } = &local;
        let (parsed, stack) = resolve(cloud, &template, gateway, (&secret, &key), &options.parameters)?;
        settings::check(&parsed, &stack, &io)?;
        local.run_functions(&options).await?;
        let values = parameters(cloud, gateway, (&secret, &key), &options.parameters);
        deploy_by_api(&local, template, values).await?;
        let store = store(cloud, gateway, &io)?;
        store.put_accounts(&accounts(cloud)).await?;
        if store.callers().await?.is_none() {
            store.put_callers(&callers(&stack)).await?;
        }
        Ok(Self { local, secret, verifier: key.verifier() })
    }

    /// A client of the webhook.
    #[must_use]
    pub fn webhook(&self) -> Webhook {
        Webhook::new(self.local.gateway.clone(), self.secret.clone(), self.local.io.clone())
    }

    /// The webhook's secret, `whsec_…`.
    #[must_use]
    pub fn secret_text(&self) -> String {
        self.secret.to_text().expose_secret().to_owned()
    }

    /// The key that verifies the entries of all logs, and their checkpoints.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Lets what is on its way finish, and stops.
    ///
    /// # Errors
    /// When the gateway had failed before.
    pub async fn stop(self) -> Result<(), DeploymentError> {
        self.local.stop().await
    }
}

/// Deploys `template` so that its functions find every product at `gateway`. `secrets` are that of the webhook, and the key of the
/// logs.
///
/// # Errors
/// When the template cannot be parsed or deployed.
pub async fn deploy(
    cloud: &Cloud,
    template: &str,
    gateway: &str,
    secrets: (&Secret, &SigningKey),
    overrides: &[(String, String)],
    launcher: Arc<dyn Launcher>,
) -> Result<(), DeploymentError> {
    let (_, stack) = resolve(cloud, template, gateway, secrets, overrides)?;
    cloud.fc().open_event_bridge(&cloud.shared().home.account_id)?;
    match cloud.fc().deploy(&base(cloud)?, launcher.clone()).await {
        Ok(_) | Err(causeway_local::fc::DeployError::SameStack(_)) => {}
        Err(error) => return Err(error.into()),
    }
    cloud.fc().deploy(&stack, launcher).await?;
    Ok(())
}

/// The stack that is there before.
fn base(cloud: &Cloud) -> Result<Stack, DeploymentError> {
    let home = &cloud.shared().home;
    let parameters = [("Deployment", ROLE), ("CodeBucket", CODE_BUCKET)];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), json!(value)));
    let pseudo = Pseudo::new(&home.account_id, &home.region, "causeway-base");
    Ok(Template::parse(BASE)?.resolve(&parameters.into_iter().collect(), &pseudo)?)
}

/// Deploys as `causeway deploy` does, with the operator's keys. A stack takes no time here: whoever starts a cloud waits for it.
async fn deploy_by_api(
    local: &LocalCloud,
    template: String,
    values: BTreeMap<String, Value>,
) -> Result<(), DeploymentError> {
    let LocalCloud { cloud, gateway, io, .. } = local;
    let Home { account_id, region } = &cloud.shared().home;
    let wrong = |error: alicloud::BadName| DeploymentError::Settings(vec![error.to_string()]);
    let OssAccess { credentials, .. } = operators_access(cloud, gateway, io);
    let client = Client::new(io.clone(), Some(Gateway::new(gateway).map_err(wrong)?), Arc::new(credentials));
    let operator = Operator {
        identity: client.identity().await.map_err(|error| DeploymentError::Operator(Box::new(error)))?,
        client,
        origin: "the local cloud".to_owned(),
        region: region.parse().map_err(wrong)?,
        stack: ROLE.to_owned(),
        endpoint: Some(gateway.clone()),
        io: io.clone(),
    };
    // The secrets are fixed: nothing of this context is used.
    let folder = tempfile::tempdir().map_err(|source| file(Path::new("a folder for a moment"), source))?;
    let names = Names {
        code: CODE_BUCKET.to_owned(),
        records: STORE_BUCKET.to_owned(),
        ..Names::new(ROLE, &operator.identity.account, &operator.region)
    };
    let contexts = ContextFile::in_folder(folder.path());
    let say: Say<'_> = &|line| tracing::info!(%account_id, "{line}");
    let deployer = Deployer { operator: &operator, names, contexts, context: ROLE.to_owned(), say };
    let release =
        Release::new(Bytes::from_static(NO_PACKAGE), template).map_err(|why| DeploymentError::Settings(vec![why]))?;
    let wanted = Wanted { open: true, fixed: values, ..Wanted::default() };
    let delays = &cloud.shared().delays;
    delays.set(Wait::StackResource, Duration::ZERO);
    let brought = deployer.bring(&release, &wanted).await;
    delays.set(Wait::StackResource, Wait::StackResource.default_duration());
    Ok(brought.map(drop)?)
}

/// The template, and the stack that it describes with the values that the local cloud needs and those of `overrides`.
fn resolve(
    cloud: &Cloud,
    template: &str,
    gateway: &str,
    secrets: (&Secret, &SigningKey),
    overrides: &[(String, String)],
) -> Result<(Template, Stack), DeploymentError> {
    let home = &cloud.shared().home;
    let mut pseudo = Pseudo::new(&home.account_id, &home.region, ROLE);
    pseudo.http_base = gateway.to_owned();
    let template = Template::parse(template)?;
    let stack = template.resolve(&parameters(cloud, gateway, secrets, overrides), &pseudo)?;
    Ok((template, stack))
}

/// The values that the local cloud needs, and those of `overrides`.
fn parameters(
    cloud: &Cloud,
    gateway: &str,
    (secret, key): (&Secret, &SigningKey),
    overrides: &[(String, String)],
) -> BTreeMap<String, Value> {
    let mut parameters: BTreeMap<String, Value> = BTreeMap::from([
        ("CodeBucket".to_owned(), json!(CODE_BUCKET)),
        ("Release".to_owned(), json!(fn_courier::name(NO_PACKAGE))),
        ("Kinds".to_owned(), json!(Kind::ALL.map(Kind::word).join(","))),
        ("StoreBucket".to_owned(), json!(STORE_BUCKET)),
        ("AssumedRole".to_owned(), json!(ROLE)),
        (SINGLE_ROLE.to_owned(), json!(if has_one_role(cloud) { ROLE } else { "" })),
        ("WebhookSecrets".to_owned(), json!(format!("{CALLER}:{}", secret.to_text().expose_secret()))),
        ("AuditKey".to_owned(), json!(key.to_text().expose_secret())),
        ("AuditVerifiers".to_owned(), json!(key.verifier().to_string())),
        ("JdcloudKeys".to_owned(), json!(jdcloud_keys(cloud).to_string())),
        ("Endpoint".to_owned(), json!(gateway)),
        ("SinksOnLoopback".to_owned(), json!("allowed")),
    ]);
    parameters.extend(overrides.iter().map(|(name, value)| (name.clone(), json!(value))));
    parameters
}

/// The store that the functions use, opened with the operator's own key.
///
/// # Errors
/// When it cannot be opened.
pub fn store(cloud: &Cloud, gateway: &str, io: &Io) -> Result<Store, DeploymentError> {
    store_in(cloud, STORE_BUCKET, gateway, io)
}

/// Another bucket of the operator, opened with the operator's own key.
///
/// # Errors
/// When it cannot be opened.
pub fn store_in(cloud: &Cloud, bucket: &str, gateway: &str, io: &Io) -> Result<Store, DeploymentError> {
    Ok(Store::in_oss(bucket, operators_access(cloud, gateway, io))?)
}

/// How the operator reaches its buckets.
#[must_use]
pub fn operators_access(cloud: &Cloud, gateway: &str, io: &Io) -> OssAccess {
    let console = cloud.console();
    let home = &cloud.shared().home.account_id;
    let operator = console.accounts.iter().find(|account| account.account_id == *home);
    let (id, key) =
        operator.map(|own| (own.access_key_id.as_str(), own.access_key_secret.as_str())).unwrap_or_default();
    OssAccess {
        region: cloud.shared().home.region.clone(),
        endpoint: gateway.to_owned(),
        path_style: true,
        credentials: Credentials::new(id, key),
        transport: io.transport.clone(),
        clock: io.clock.clone(),
    }
}

/// The accounts document: every account that has a network. Those of JD Cloud name the key that is called as they are.
#[must_use]
pub fn accounts(cloud: &Cloud) -> Accounts {
    let entry = |account: &Account| {
        let id = account.account_id.clone();
        let described = match account.cloud {
            Provider::Alicloud => {
                let one_role = cloud.shared().identities.role(&id, ROLE).is_some();
                account::Account::Alicloud(AlicloudAccount {
                    role_prefix: (!one_role).then(|| ROLE.to_owned()),
                    role_arn: one_role.then(|| format!("acs:ram::{id}:role/{ROLE}")),
                    id,
                    owner: None,
                    external_id: None,
                    regions: regions_of(account),
                    command_user: None,
                    narrow_to: NarrowTo::default(),
                })
            }
            Provider::Jdcloud => {
                account::Account::Jdcloud(JdcloudAccount { id, key: account.alias.clone(), owner: None })
            }
        };
        Some((account.alias.parse().ok()?, described))
    };
    let console = cloud.console();
    let accounts = console.accounts.iter().filter(|account| !account.vpcs.is_empty()).filter_map(entry).collect();
    Accounts { version: account::VERSION, accounts }
}

/// The callers document of a local cloud: whoever has a secret or a token does everything. A single person tries it, so nothing
/// takes another caller's approval.
#[must_use]
pub fn callers(stack: &Stack) -> Callers {
    let webhook = stack.functions().find(|function| function.handler == "webhook");
    let variables = webhook.into_iter().flat_map(|function| &function.environment_variables);
    let environment: Environment = variables.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let lists = SECRETS.read(&environment).and_then(|secrets| Ok((secrets, TOKENS.read(&environment)?)));
    let gate = lists.and_then(|(secrets, tokens)| Gate::new(&secrets, &tokens, Timestamp::UNIX_EPOCH)).ok();
    let configured = gate.iter().flat_map(Gate::configured);
    let admin = |(name, credential): (&CallerName, Credential)| (name.clone(), Caller::with(credential, Role::Admin));
    Callers { four_eyes: false, callers: configured.map(admin).collect(), ..Callers::none() }
}

/// Whether an account has one role for everything, as those had that an earlier version made.
fn has_one_role(cloud: &Cloud) -> bool {
    let accounts = cloud.console().accounts;
    accounts.iter().any(|account| cloud.shared().identities.role(&account.account_id, ROLE).is_some())
}

/// The keys of the accounts of JD Cloud, as the functions are given them.
fn jdcloud_keys(cloud: &Cloud) -> Value {
    let accounts = cloud.console().accounts.into_iter();
    let keys = accounts.filter(|account| account.cloud == Provider::Jdcloud).map(|account| {
        let key = json!({"access_key_id": account.access_key_id, "access_key_secret": account.access_key_secret});
        (account.alias, key)
    });
    Value::Object(keys.collect())
}

/// The regions in which an account has a network: its endpoint services are there, if it has any.
fn regions_of(account: &Account) -> Vec<RegionId> {
    let regions: BTreeSet<&str> = account.vpcs.iter().map(|vpc| vpc.region_id.as_str()).collect();
    regions.into_iter().filter_map(|region| region.parse().ok()).collect()
}

/// Starts `program`, or the one that was built beside this program.
fn spawn_launcher(program: Option<&Path>) -> Result<SpawnLauncher, DeploymentError> {
    let program = match program {
        Some(program) => program.to_path_buf(),
        None => {
            let this = std::env::current_exe().map_err(|source| file(Path::new("this program"), source))?;
            this.with_file_name("bootstrap")
        }
    };
    if !program.is_file() {
        return Err(DeploymentError::NotBuilt { path: program.display().to_string() });
    }
    Ok(SpawnLauncher::new(program))
}

/// The webhook's secret: kept with the state, so that clients go on working after a restart.
fn secret(state: Option<&Path>, io: &Io) -> Result<Secret, DeploymentError> {
    let path = state.map(|folder| folder.join("webhook-secret"));
    if let Some(path) = path.as_deref().filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(path).map_err(|source| file(path, source))?;
        return Secret::parse(text.trim()).map_err(|_| DeploymentError::Secret(path.display().to_string()));
    }
    let secret = Secret::from_bytes(random(io)).expect("32 bytes are a secret");
    if let Some(path) = path {
        write_privately(&path, secret.to_text().expose_secret()).map_err(|source| file(&path, source))?;
    }
    Ok(secret)
}

/// The key of the logs: kept with the state, whose logs it signed.
fn audit_key(state: Option<&Path>, io: &Io) -> Result<SigningKey, DeploymentError> {
    let path = state.map(|folder| folder.join("audit-key"));
    if let Some(path) = path.as_deref().filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(path).map_err(|source| file(path, source))?;
        let bad = |why| DeploymentError::AuditKey { path: path.display().to_string(), why };
        return SigningKey::parse(text.trim()).map_err(bad);
    }
    let key = SigningKey::from_seed(KEY_NAME, random(io)).expect("it is a name");
    if let Some(path) = path {
        write_privately(&path, key.to_text().expose_secret()).map_err(|source| file(&path, source))?;
    }
    Ok(key)
}

/// Bytes to make a key of.
#[must_use]
pub fn random(io: &Io) -> [u8; 32] {
    let mut bytes = [0; 32];
    for part in bytes.chunks_exact_mut(8) {
        part.copy_from_slice(&io.entropy.next_u64().to_be_bytes());
    }
    bytes
}

/// Writes a file whole or not at all, readable by its owner only.
fn write_privately(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let unfinished = path.with_extension("new");
    let mut written =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    std::fs::rename(unfinished, path)
}

fn file(path: &Path, source: std::io::Error) -> DeploymentError {
    DeploymentError::File { path: path.display().to_string(), source }
}

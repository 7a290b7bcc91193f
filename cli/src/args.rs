//! The command line.

use std::path::PathBuf;

use alicloud::AccountId;
use api::dead_letters::LetterId;
use audit::Verifier;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use connection::config::ConfigDocument;
use connection::finding::Severity;
use connection::record::Phase;
use connection::words::{AccountAlias, CallerName, ConnectionName, Kind, RegionId};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use notice::EventId;
use notice::sinks::Name as SinkName;
use tracing_subscriber::filter::LevelFilter;

/// Joins private networks that belong to different owners.
#[derive(Debug, Parser)]
#[command(name = "causeway", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a connection between two accounts of a local cloud, and show each step.
    ///
    /// Starts the local cloud, deploys template.yml into it, posts the tutorial's connection to the signed webhook and follows
    /// it to the end. Then reads the result back from the cloud's own API. Two VPCs: routes are Available, security groups
    /// are open, pings are answered. A private link: the endpoint is connected, its service answers, and the endpoint of an
    /// unlisted account stays disconnected. Exits with 1 if any of this fails.
    Demo(Demo),
    /// Start the local cloud, deploy Causeway into it, and run until Ctrl-C.
    Up(Up),
    /// Deploy Causeway into an account of Alibaba Cloud, or bring it to another release.
    ///
    /// Tells first what will be made or changed and what it costs, and asks. Whatever is interrupted goes on when the command is run
    /// again. Writes a context, with which the other commands find the webhook.
    Deploy(Deploy),
    /// Go back to the release that ran before the last deploy.
    Rollback(Rollback),
    /// Remove a deployment. Records stay unless you say otherwise; connections stay as they are in the clouds.
    Uninstall(Uninstall),
    /// List the callers that have a webhook secret; give, replace and take away secrets; replace the key of the logs.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Create the connection of a file, YAML or JSON: docs/connections.md has every field.
    Create(CreateArgs),
    /// Change a connection to what a file says. Shows the calls, and asks.
    Change(CreateArgs),
    /// Stop the traffic of a connection, and keep everything.
    Pause(VerbArgs),
    /// Let the traffic of a paused connection pass again.
    Resume(VerbArgs),
    /// Try again what failed or is stuck.
    Retry(VerbArgs),
    /// Give up a connection that failed or is stuck. What stands in the clouds stays.
    Abandon(VerbArgs),
    /// Remove a connection: undo what was made for it.
    Remove(VerbArgs),
    /// Check files of connections and documents, without asking anybody: each error with its file, line and column.
    Check(CheckArgs),
    /// Show what it takes to make connections and documents those of a folder: the calls to the clouds, and what would stop them.
    ///
    /// Exits with 0 if there is nothing to do, with 2 if there is, and with 1 if something is wrong or would stop it.
    Plan(PlanArgs),
    /// Do what a plan shows, and follow it to the end. Can be killed and run again.
    Apply(ApplyArgs),
    /// Write what is live into a folder of files. Applying them changes nothing.
    Export(ExportArgs),
    /// List connections with their places and phases.
    List(List),
    /// Show how many connections are in which phase, or everything about one, with what the last drift checks found.
    ///
    /// Exits with 1 if a connection failed or is stuck, or if a finding that no rule ignores is `down`; with 0 otherwise.
    Status(Status),
    /// Compare connections with the cloud, and repair them with --fix.
    ///
    /// Exits with 0 if nothing differs, with 2 if findings are open, and with 1 if something could not be compared or a repair
    /// failed.
    Drift(Drift),
    /// List what waits for the consent of accounts' owners; agree or refuse as an owner.
    Consents(Consents),
    /// List endpoints that ask to be connected; approve, reject or hold one.
    Approvals(ApprovalsArgs),
    /// List notices, newest first; redeliver dead letters.
    Notices(Notices),
    /// List messages that functions failed to handle; send them again or discard them.
    DeadLetters(DeadLettersArgs),
    /// Show what the functions logged, oldest first.
    ///
    /// Reads the log store of the deployment with your own keys; the webhook is not asked.
    Logs(Logs),
    /// Verify, or export, what was decided and who asked for what; make a key to sign it with.
    #[command(subcommand)]
    Audit(Audit),
    /// Show why an endpoint is connected or is not, or who asked what of a connection.
    Why(Why),
    /// Show a document of the configuration, or put it: accounts, callers, consents, drift or sinks.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check an approval policy, test it, and put it in force.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Connect accounts, check whether they let Causeway in, and take them out.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Keep a webhook and your secret under a name, which other commands then use.
    Login(Login),
    /// List the webhooks whose secrets are kept, choose one, and forget one.
    #[command(subcommand)]
    Context(ContextCommand),
    /// Print the completions of a shell, such as: source <(causeway completions bash)
    Completions {
        /// Shell.
        shell: Shell,
    },
    /// Write the manual, a page for each command, into a folder.
    Man {
        /// Folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Check an account and the deployment in it, before and after deploying. Changes nothing.
    ///
    /// Exits with 0 if all is well, with 2 if there are warnings or something is not known, and with 1 if something failed.
    Doctor(Doctor),
}

/// The webhook to call.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// Address of the webhook, without /v1 (default: that of the context).
    #[arg(long, value_name = "URL", env = "CAUSEWAY_WEBHOOK", value_parser = webhook)]
    pub webhook: Option<String>,
    /// Context with the webhook's address and your secret; `causeway deploy` writes one (default: the current one).
    #[arg(long, value_name = "NAME", env = "CAUSEWAY_CONTEXT")]
    pub context: Option<String>,
    /// File with your webhook secret, whsec_... (default: the secret in `CAUSEWAY_WEBHOOK_SECRET`).
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// What the commands about one connection have in common.
#[derive(Debug, Args)]
pub struct ConnectionArgs {
    /// Only show the calls that would be made, and what would stop them. Exits with 1 if something would.
    #[arg(long)]
    pub dry_run: bool,
    /// Follow the connection until it comes to rest. Exits with 1 if that is not what was asked for.
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,
    /// Go on without asking.
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway create` and `causeway change`
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// File with the connection, YAML or JSON; - for standard input.
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub common: ConnectionArgs,
}

/// `causeway pause`, `resume`, `retry`, `abandon` and `remove`
#[derive(Debug, Args)]
pub struct VerbArgs {
    /// Connection.
    #[arg(value_name = "NAME")]
    pub name: ConnectionName,
    #[command(flatten)]
    pub common: ConnectionArgs,
}

/// How a folder is read.
#[derive(Debug, Clone, Args)]
pub struct FolderArgs {
    /// Environment, whose variables.NAME.yml counts before variables.yml.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
    /// Set a variable; may be given several times. `${NAME}` in a file stands for it.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parameter)]
    pub variables: Vec<(String, String)>,
}

/// What becomes of connections that no file names.
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// Remove connections that no file names, if they have every --label.
    #[arg(long, requires = "labels")]
    pub prune: bool,
    /// Label of the connections that --prune removes; may be given several times.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parameter, requires = "prune")]
    pub labels: Vec<(String, String)>,
}

/// `causeway check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// File, or folder of files.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    #[command(flatten)]
    pub folder: FolderArgs,
}

/// How a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PlanFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a change request.
    Markdown,
}

/// `causeway plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// File, or folder of files. A file is a document if it is called accounts, callers, consents, policy, sinks or drift, and a
    /// connection otherwise.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t, conflicts_with = "json")]
    pub format: PlanFormat,
    /// Write the plan into a file, for `causeway apply FILE`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub folder: FolderArgs,
    #[command(flatten)]
    pub prune: PruneArgs,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway apply`
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Plan that `causeway plan --out` wrote, or what to plan now: a file, or a folder of files.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Go on without asking.
    #[arg(long)]
    pub yes: bool,
    /// The most connections that are under way at a time (default: 16). None is begun after one that failed.
    #[arg(long, value_name = "N")]
    pub max_unavailable: Option<usize>,
    #[command(flatten)]
    pub folder: FolderArgs,
    #[command(flatten)]
    pub prune: PruneArgs,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Folder, which is new or empty.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway list`
#[derive(Debug, Args)]
pub struct List {
    /// List only connections in this phase, such as active or failed.
    #[arg(long, value_parser = phase)]
    pub phase: Option<Phase>,
    /// List only connections of this kind.
    #[arg(long, value_parser = kind)]
    pub kind: Option<Kind>,
    /// List only connections with this label; may be given several times.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parameter)]
    pub labels: Vec<(String, String)>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway status`
#[derive(Debug, Args)]
pub struct Status {
    /// Connection to show (default: all).
    #[arg(value_name = "NAME")]
    pub name: Option<ConnectionName>,
    /// Keep showing changes: of one connection until its phase is final, of all connections until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway drift`
#[derive(Debug, Args)]
pub struct Drift {
    /// Connection to check (default: all, plus resources that no connection owns).
    #[arg(value_name = "NAME")]
    pub name: Option<ConnectionName>,
    /// Check only connections with this label; may be given several times.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parameter, conflicts_with = "name")]
    pub labels: Vec<(String, String)>,
    /// Show only findings of this severity or a worse one: cosmetic, degraded or down.
    #[arg(long)]
    pub severity: Option<Severity>,
    /// Show the findings of earlier checks; start no new check.
    #[arg(long)]
    pub known: bool,
    /// Approve the waiting repair plans (of connections with `repair: propose`), follow all repairs, then check again.
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway consents`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Consents {
    #[command(subcommand)]
    pub command: Option<ConsentsCommand>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// The subcommands of `causeway consents`.
#[derive(Debug, Subcommand)]
pub enum ConsentsCommand {
    /// Agree to what waits, as the owner of the account. Shows it and asks first.
    Agree {
        #[command(flatten)]
        of: OwnAccount,
        /// Agree without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Refuse what waits, as the owner of the account. A connection that stands is removed.
    Refuse {
        #[command(flatten)]
        of: OwnAccount,
        /// Reason, which whoever asked is told.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// A connection, and the account of it that the caller speaks for.
#[derive(Debug, Args)]
pub struct OwnAccount {
    /// Connection.
    #[arg(value_name = "NAME")]
    pub name: ConnectionName,
    /// Alias of the account.
    #[arg(value_name = "ACCOUNT")]
    pub account: AccountAlias,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway approvals`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ApprovalsArgs {
    #[command(subcommand)]
    pub command: Option<ApprovalsCommand>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// The subcommands of `causeway approvals`.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List endpoints that are not connected, and what the policy says of each.
    List {
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Connect an endpoint, though no rule says so. Rules that reject still count.
    Approve(DecideArgs),
    /// Never connect an endpoint; cut it if it is connected.
    Reject(DecideArgs),
    /// Leave an endpoint as it is for now.
    Hold(DecideArgs),
}

/// `causeway approvals approve`, `reject` and `hold`
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// Endpoint service, epsrv-...
    #[arg(value_name = "SERVICE", value_parser = resource)]
    pub service: String,
    /// Endpoint, ep-...
    #[arg(value_name = "ENDPOINT", value_parser = resource)]
    pub endpoint: String,
    /// Reason, which the log keeps.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Only say whether it would change anything.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway login`
#[derive(Debug, Args)]
pub struct Login {
    /// Name of the context.
    #[arg(value_name = "NAME", default_value = "default", value_parser = context_name)]
    pub name: String,
    /// Address of the webhook, without /v1.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_WEBHOOK", value_parser = webhook)]
    pub webhook: String,
    /// File with your webhook secret, whsec_..., or - for standard input (default: the secret in `CAUSEWAY_WEBHOOK_SECRET`).
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Key that verifies the logs of the deployment.
    #[arg(long, value_name = "KEY")]
    pub verifier: Option<Verifier>,
}

/// `causeway context`
#[derive(Debug, Subcommand)]
pub enum ContextCommand {
    /// List contexts; * marks the one that commands use.
    List {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Choose the context that commands use which name none.
    Use {
        /// Context.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Forget a context.
    Remove {
        /// Context.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Ask the webhook of a context whether it answers.
    Check {
        /// Context (default: the current one).
        #[arg(value_name = "NAME")]
        context: Option<String>,
    },
}

/// `causeway notices`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Notices {
    #[command(subcommand)]
    pub command: Option<NoticesCommand>,
    /// List only dead letters.
    #[arg(long, conflicts_with = "waiting")]
    pub dead_letters: bool,
    /// List only events that are still to be delivered.
    #[arg(long)]
    pub waiting: bool,
    /// List only events for this sink of config/sinks.json.
    #[arg(long, value_name = "NAME", value_parser = sink)]
    pub sink: Option<SinkName>,
    /// Largest number of events to list.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// The subcommands of `causeway notices`.
#[derive(Debug, Subcommand)]
pub enum NoticesCommand {
    /// Redeliver a dead letter to every sink that did not get it, or to one sink.
    Redeliver(Redeliver),
}

/// `causeway notices redeliver`
#[derive(Debug, Args)]
pub struct Redeliver {
    /// Id of the event; `causeway notices --dead-letters` lists the ids.
    #[arg(id = "event_id", value_name = "ID", value_parser = event)]
    pub id: EventId,
    /// Redeliver to this sink only.
    #[arg(long, value_name = "NAME", value_parser = sink)]
    pub sink: Option<SinkName>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway dead-letters`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    pub command: Option<DeadLettersCommand>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// The subcommands of `causeway dead-letters`.
#[derive(Debug, Subcommand)]
pub enum DeadLettersCommand {
    /// List what the queue shows.
    List {
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Show one, with what it says.
    Show(Letter),
    /// Send one to its queue again, or all that read.
    Replay {
        /// Id of the letter; `causeway dead-letters` lists the ids.
        #[arg(id = "letter_id", value_name = "ID", value_parser = letter, required_unless_present = "all")]
        id: Option<LetterId>,
        /// Send all of them again.
        #[arg(long, conflicts_with = "letter_id")]
        all: bool,
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Delete one.
    Discard {
        #[command(flatten)]
        letter: Letter,
        /// Reason, which stays in the log.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// A dead letter.
#[derive(Debug, Args)]
pub struct Letter {
    /// Id of the letter; `causeway dead-letters` lists the ids.
    #[arg(id = "letter_id", value_name = "ID", value_parser = letter)]
    pub id: LetterId,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway logs`
#[derive(Debug, Clone, Args)]
pub struct Logs {
    /// Show only what was done for this connection.
    #[arg(value_name = "NAME")]
    pub name: Option<ConnectionName>,
    /// Go on showing what comes, until Ctrl-C.
    #[arg(long)]
    pub follow: bool,
    /// Begin this long ago, such as 30m, 1h or 2d, or at a time such as 2027-01-15T08:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = since)]
    pub since: Since,
    /// Show only lines of this level or a graver one: error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub level: Option<LevelFilter>,
    /// Show only what this function logged, such as connect or webhook.
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// Largest number of lines to show, unless --follow.
    #[arg(long, value_name = "N", default_value_t = 2000, conflicts_with = "follow")]
    pub limit: usize,
    /// Print each line as one of JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub operator: OperatorArgs,
}

/// When something begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(SignedDuration),
    /// At this time.
    At(Timestamp),
}

/// The deployment, and whose keys to use.
#[derive(Debug, Clone, Args)]
pub struct OperatorArgs {
    /// Name of the deployment, which begins the names of everything that it makes.
    #[arg(long, value_name = "NAME", default_value = "causeway", value_parser = stack)]
    pub stack: String,
    /// Region of the deployment, such as `cn-hangzhou` (default: that of the profile).
    #[arg(long, value_name = "REGION", env = "CAUSEWAY_REGION")]
    pub region: Option<String>,
    /// Profile of ~/.aliyun/config.json, or section of ~/.alibabacloud/credentials.ini, whose keys to use instead of any others.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Address that stands in for the whole cloud: the gateway of `causeway up`.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_ENDPOINT", value_parser = endpoint)]
    pub endpoint: Option<String>,
}

/// The webhook to read logs through, where no store is named.
#[derive(Debug, Args)]
pub struct ThroughArgs {
    /// Address of the webhook, without /v1 (default: that of the context). It is read through where --store names nothing.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_WEBHOOK", value_parser = webhook)]
    pub webhook: Option<String>,
    /// Context with the webhook's address and your secret (default: the current one).
    #[arg(long, value_name = "NAME", env = "CAUSEWAY_CONTEXT")]
    pub context: Option<String>,
    /// File with your webhook secret, whsec_... (default: the secret in `CAUSEWAY_WEBHOOK_SECRET`).
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

/// The record store, which holds the decisions.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// Record store: oss://BUCKET or file:///FOLDER (default: the logs as the webhook gives them).
    ///
    /// The keys to a bucket are found as the aliyun command line finds them: in the environment, in a profile, or with the role
    /// of the server. A folder holds a copy of the bucket. `causeway up` has oss://causeway-records at its gateway.
    #[arg(long, value_name = "LOCATION", env = "CAUSEWAY_STORE")]
    pub store: Option<String>,
    #[command(flatten)]
    pub access: AccessArgs,
    #[command(flatten)]
    pub through: ThroughArgs,
}

/// How to reach a bucket.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Address of the bucket: by default that of OSS in the region; the gateway of `causeway up`.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_ENDPOINT", value_parser = endpoint)]
    pub endpoint: Option<String>,
    /// Region of the bucket, such as `cn-hangzhou`. An address of OSS names it already.
    #[arg(long, value_name = "REGION", env = "CAUSEWAY_REGION")]
    pub region: Option<String>,
    /// Profile of ~/.aliyun/config.json, or section of ~/.alibabacloud/credentials.ini, whose keys to use instead of any others.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// The keys by which logs are verified.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// Key that verifies, `NAME+HASH+KEY` (default: that of the context); may be given several times. A key that was replaced has @TIME
    /// behind it.
    #[arg(long = "key", value_name = "KEY", env = "CAUSEWAY_AUDIT_VERIFIERS", value_delimiter = ' ')]
    pub keys: Vec<Verifier>,
}

/// `causeway audit`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify that no log, no policy and no checkpoint was changed, moved, forged or removed.
    ///
    /// Exits with 0 if all is whole, with 1 if something is not, and with 2 if it could not be checked.
    Verify(VerifyArgs),
    /// Write all logs, policies and checkpoints to one file, which `causeway audit verify FILE` verifies without the store.
    Export {
        #[command(flatten)]
        store: StoreArgs,
        /// File to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Make a key pair for the template's parameters `AuditKey` and `AuditVerifiers`.
    Key {
        /// Name of the deployment, such as causeway.example.com/prod.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

/// `causeway audit verify`
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// File that `causeway audit export` wrote, instead of a store.
    #[arg(value_name = "FILE", conflicts_with = "store")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub store: StoreArgs,
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Checkpoints that were kept elsewhere: also detects checkpoints that were removed or replaced. May be given several times.
    ///
    /// A file with a note or with a copy of a checkpoint; or the place of all copies, oss://BUCKET or file:///FOLDER. A bucket is
    /// reached as the store is.
    #[arg(long, value_name = "FILE|LOCATION")]
    pub checkpoint: Vec<String>,
}

/// `causeway why`
#[derive(Debug, Args)]
pub struct Why {
    /// Id of the endpoint, ep-..., name of the connection, `policy`, `config` or `dead-letters`.
    #[arg(id = "endpoint_id", value_name = "ENDPOINT|CONNECTION")]
    pub about: String,
    #[command(flatten)]
    pub store: StoreArgs,
    #[command(flatten)]
    pub keys: KeyArgs,
}

/// `causeway config`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a document as it is stored.
    Get {
        /// Which one: accounts, callers, consents, drift or sinks.
        #[arg(value_name = "DOCUMENT")]
        document: ConfigDocument,
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Put a document. One with errors is refused, and the one that is stored stays.
    Put {
        /// Which one: accounts, callers, consents, drift or sinks.
        #[arg(value_name = "DOCUMENT")]
        document: ConfigDocument,
        /// File with the document, YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Hash of the version that the file was written after. If another one is stored, it stays. Without this the version that is
        /// stored when the command starts is replaced.
        #[arg(long, value_name = "HASH", value_parser = policy_hash)]
        if_match: Option<String>,
        /// Only say whether it would change anything.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        webhook: WebhookArgs,
    },
}

/// `causeway doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    pub operator: OperatorArgs,
    /// Package that the functions ought to run: functions.zip of a release.
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Address of the webhook, without /v1 (default: that of the context).
    #[arg(long, value_name = "URL", env = "CAUSEWAY_WEBHOOK", value_parser = webhook)]
    pub webhook: Option<String>,
    /// Context with the webhook's address and your secret (default: the current one).
    #[arg(long, value_name = "NAME", env = "CAUSEWAY_CONTEXT")]
    pub context: Option<String>,
    /// File with your webhook secret, whsec_... (default: the secret in `CAUSEWAY_WEBHOOK_SECRET`).
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Print one JSON document instead of lines.
    #[arg(long)]
    pub json: bool,
}

/// `causeway accounts`
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// List the connected accounts, and how many connections use each.
    List {
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Check whether accounts let Causeway in: assume the role for looking, and make one call of each product.
    ///
    /// Exits with 1 if something failed or could not be looked at. A product that is not opened is no failure.
    Check(CheckAccounts),
    /// Connect an account: make its roles, put it into config/accounts.json, and check it.
    ///
    /// With the account's own keys (--profile) the roles are made here, as a stack of the account; run it again to update them. With
    /// the account's id alone (--id) the owner makes them: --print prints a script for that. Exits with 1 if the account does not let
    /// Causeway in.
    Add(Box<AddAccount>),
    /// Take an account out of config/accounts.json; with its own keys (--profile) delete its roles too.
    ///
    /// Refused while a connection uses the account.
    Remove(RemoveAccount),
}

/// `causeway accounts check`
#[derive(Debug, Args)]
pub struct CheckAccounts {
    /// Account to check (default: all).
    #[arg(value_name = "ALIAS")]
    pub alias: Option<AccountAlias>,
    /// Look in this region (default: the first of the account's entry, else that of the deployment).
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway accounts add`
#[derive(Debug, Args)]
pub struct AddAccount {
    /// Alias of the account, by which connections name it.
    #[arg(value_name = "ALIAS")]
    pub alias: AccountAlias,
    /// Cloud of the account.
    #[arg(long, value_enum, default_value_t = CloudArg::Alicloud)]
    pub cloud: CloudArg,
    /// Profile of ~/.aliyun/config.json with the account's own keys.
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    pub profile: Option<String>,
    /// Id of the account, where its keys are not here.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Print a script for the account's owner, and change nothing.
    #[arg(long, requires = "id")]
    pub print: bool,
    /// Name of an account of JD Cloud's key among the `JdcloudKeys` of the deployment.
    #[arg(long, value_name = "NAME", required_if_eq("cloud", "jdcloud"), requires = "id")]
    pub key: Option<String>,
    /// Who speaks for the account: a caller or a group. Nothing is made there for anybody else before it agrees.
    #[arg(long, value_name = "CALLER", value_parser = caller)]
    pub owner: Option<CallerName>,
    /// What the names of the roles begin with: the parameter `AssumedRole` of the deployment (default: causeway).
    #[arg(long, value_name = "PREFIX")]
    pub role_prefix: Option<String>,
    /// Word that the roles ask for (default: the one that they ask for already, or a random one).
    #[arg(long, value_name = "WORD")]
    pub external_id: Option<String>,
    /// User of the account's instances as whom commands run (default: nobody).
    #[arg(long, value_name = "USER")]
    pub command_user: Option<String>,
    /// Region in which endpoint services of the account are looked after; may be given several times.
    #[arg(long = "service-region", value_name = "REGION")]
    pub service_regions: Vec<RegionId>,
    /// How the roles are made: as a stack (ros), or by calls of RAM where the account may make no stacks (ram).
    #[arg(long, value_enum, default_value_t = RoleApi::Ros)]
    pub role_api: RoleApi,
    /// Open the products that the deployment's kinds need and the account has not opened. This places orders.
    #[arg(long, requires = "profile")]
    pub open: bool,
    /// Connect all accounts of this folder of a resource directory; --profile is its management account. Each gets the alias
    /// ALIAS-ID.
    #[arg(long, value_name = "FOLDER", requires = "profile", conflicts_with = "account_id")]
    pub folder: Option<String>,
    /// Connect this member of a resource directory; may be given several times.
    #[arg(long, value_name = "ID", requires = "profile")]
    pub account_id: Vec<AccountId>,
    /// Region of the stack with the roles (default: that of the deployment).
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Address that stands in for the whole cloud: the gateway of `causeway up`.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_ENDPOINT", value_parser = endpoint)]
    pub endpoint: Option<String>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway accounts remove`
#[derive(Debug, Args)]
pub struct RemoveAccount {
    /// Alias of the account.
    #[arg(value_name = "ALIAS")]
    pub alias: AccountAlias,
    /// Profile of ~/.aliyun/config.json with the account's own keys: delete its roles too.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The roles were made by a stack group (--folder or --account-id of `causeway accounts add`), and --profile has the keys of the
    /// resource directory's management account. ALIAS is one of its accounts, or the alias that was given for all of them.
    #[arg(long, requires = "profile", conflicts_with_all = ["role_api", "role_prefix"])]
    pub stack_group: bool,
    /// How the roles were made.
    #[arg(long, value_enum, default_value_t = RoleApi::Ros, requires = "profile")]
    pub role_api: RoleApi,
    /// What the names of the roles begin with, for --role-api ram (default: what config/accounts.json says).
    #[arg(long, value_name = "PREFIX", requires = "profile")]
    pub role_prefix: Option<String>,
    /// Region of the stack with the roles (default: that of the deployment).
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Address that stands in for the whole cloud: the gateway of `causeway up`.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_ENDPOINT", value_parser = endpoint)]
    pub endpoint: Option<String>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// Which cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CloudArg {
    /// Alibaba Cloud.
    Alicloud,
    /// JD Cloud.
    Jdcloud,
}

/// How the roles of an account are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RoleApi {
    /// As a stack.
    Ros,
    /// By calls of RAM.
    Ram,
}

fn caller(text: &str) -> Result<CallerName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// `causeway policy`
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print every error in a policy file. Exits with 1 if there is one.
    Check {
        /// Policy file, YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put a policy file in force at a running webhook. A policy with errors is refused, and the policy in force stays.
    Put {
        /// Policy file, YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Hash of the policy that the file was written after. If another one is in force, it stays. Without this the policy that
        /// is in force when the command starts is replaced.
        #[arg(long, value_name = "HASH", value_parser = policy_hash)]
        if_match: Option<String>,
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Replay past requests against a policy file, and print the decisions that would change.
    Test {
        /// Policy file, YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        keys: KeyArgs,
    },
}

/// Options of the local cloud.
#[derive(Debug, Args)]
pub struct CloudArgs {
    /// Speed of the local cloud, as a multiple of real time.
    #[arg(long, value_name = "X", value_parser = speed)]
    pub speed: Option<f64>,
    /// Run each function in its own process. Build the functions first: cargo build --workspace.
    #[arg(long)]
    pub spawn: bool,
    /// The functions' program for --spawn (default: `bootstrap` in the folder of causeway).
    #[arg(long, value_name = "FILE", requires = "spawn")]
    pub bootstrap: Option<PathBuf>,
    /// Template to deploy (default: the built-in template.yml).
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Set a parameter of the template; may be given several times.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
}

/// `causeway demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Kind of connection to create.
    ///
    /// vpc-peering and router-interface join account a in cn-qingdao with account b in cn-beijing. jdcloud-peering joins
    /// accounts jd-a and jd-b of JD Cloud. private-link connects account a to a service in another of its own VPCs in
    /// eu-central-1, private-link-cross-account to a service of account b.
    #[arg(value_name = "KIND", default_value = "vpc-peering", value_parser = story)]
    pub story: Story,
    /// Print one JSON document instead of steps and tables.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cloud: CloudArgs,
}

/// `causeway deploy`
#[derive(Debug, Clone, Args)]
pub struct Deploy {
    #[command(flatten)]
    pub operator: OperatorArgs,
    /// Package of the functions (default: functions.zip beside this program).
    #[arg(long, value_name = "FILE")]
    pub package: Option<PathBuf>,
    /// Kinds of connections to deploy, separated by commas (default: those that are deployed, else vpc-peering).
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = kind)]
    pub kinds: Vec<Kind>,
    /// Set a parameter of the template; may be given several times. What is not given keeps its value.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
    /// Only tell what would be done.
    #[arg(long)]
    pub plan: bool,
    /// Open the products that are needed and are not open; each open product is charged by use.
    #[arg(long)]
    pub open: bool,
    /// Let queues and buckets be deleted that the template no longer has.
    #[arg(long)]
    pub remove: bool,
    /// Make none of the checks of `causeway doctor`, neither before nor after.
    #[arg(long)]
    pub skip_doctor: bool,
    #[command(flatten)]
    pub common: DeploymentArgs,
}

/// What the commands about a deployment have in common.
#[derive(Debug, Clone, Args)]
pub struct DeploymentArgs {
    /// Name of the context to write (default: the deployment's name).
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Go on without asking.
    #[arg(long)]
    pub yes: bool,
    /// Print JSON instead of text; progress goes to stderr.
    #[arg(long)]
    pub json: bool,
}

/// `causeway rollback`
#[derive(Debug, Clone, Args)]
pub struct Rollback {
    #[command(flatten)]
    pub operator: OperatorArgs,
    #[command(flatten)]
    pub common: DeploymentArgs,
}

/// `causeway uninstall`
#[derive(Debug, Clone, Args)]
pub struct Uninstall {
    #[command(flatten)]
    pub operator: OperatorArgs,
    /// Delete the records too: what was made, who asked for it and what was decided. They cannot be brought back.
    #[arg(long)]
    pub delete_records: bool,
    /// Go on though connections are under way; they stop where they are.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub common: DeploymentArgs,
}

/// `causeway secrets`
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// List the callers that have a webhook secret.
    List {
        #[command(flatten)]
        operator: OperatorArgs,
    },
    /// Make a webhook secret for a caller and print it. What the caller may do says config/callers.json.
    Add {
        /// Name of the caller.
        #[arg(value_name = "CALLER")]
        caller: CallerName,
        #[command(flatten)]
        operator: OperatorArgs,
        #[command(flatten)]
        common: DeploymentArgs,
    },
    /// Replace the webhook secret of a caller, or with --audit-key the key that signs the logs.
    ///
    /// The old secret goes on to be taken until --finish, so that its holder can change over.
    Rotate {
        /// Name of the caller.
        #[arg(value_name = "CALLER", required_unless_present = "audit_key")]
        caller: Option<CallerName>,
        /// Replace the key that signs the logs. The old one is trusted for what it signed until now.
        #[arg(long, conflicts_with_all = ["caller", "finish"])]
        audit_key: bool,
        /// Take the caller's older secrets away: only the newest is left.
        #[arg(long)]
        finish: bool,
        #[command(flatten)]
        operator: OperatorArgs,
        #[command(flatten)]
        common: DeploymentArgs,
    },
    /// Take all webhook secrets of a caller away.
    Remove {
        /// Name of the caller.
        #[arg(value_name = "CALLER")]
        caller: CallerName,
        #[command(flatten)]
        operator: OperatorArgs,
        #[command(flatten)]
        common: DeploymentArgs,
    },
}

/// `causeway up`
#[derive(Debug, Args)]
pub struct Up {
    /// Port of the gateway; 0 takes any free port.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Print exactly one line of JSON when the cloud is ready.
    #[arg(long)]
    pub json: bool,
    /// Only the cloud: accounts with their keys and networks, into which nothing is deployed. `causeway deploy` can deploy into it.
    #[arg(long, conflicts_with_all = ["template", "parameters", "spawn"])]
    pub empty: bool,
    /// Folder that keeps the state across restarts and crashes (default: memory).
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Keep the webhook and its secret as this context, which other commands then use.
    #[arg(long, value_name = "NAME", value_parser = context_name, conflicts_with = "empty")]
    pub context: Option<String>,
    #[command(flatten)]
    pub cloud: CloudArgs,
}

/// An address of HTTP: scheme and host, whatever follows.
fn address(text: &str) -> Result<&str, String> {
    let uri: Result<http::Uri, _> = text.parse();
    let is_one = uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some());
    if is_one { Ok(text.trim_end_matches('/')) } else { Err("must be http:// or https://, and a host".to_owned()) }
}

fn webhook(text: &str) -> Result<String, String> {
    let address = address(text)?;
    if address.ends_with("/v1") || address.contains("/v1/") || address.contains('?') {
        return Err("must be the address before /v1; leave out what follows the host".to_owned());
    }
    Ok(address.to_owned())
}

/// An id of the cloud, as it stands in a path.
fn resource(text: &str) -> Result<String, &'static str> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(text.to_owned()) } else { Err("an id has letters, digits and hyphens") }
}

fn context_name(text: &str) -> Result<String, &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_one = !text.is_empty() && text.len() <= 64 && text.bytes().all(fits);
    if is_one { Ok(text.to_owned()) } else { Err("up to 64 letters, digits, hyphens, underscores and dots") }
}

/// An empty one is as none.
fn endpoint(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { address(text).map(str::to_owned) }
}

/// A name that stands at the beginning of the names of stacks, buckets, roles, functions and queues.
fn stack(text: &str) -> Result<String, String> {
    let is_inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_one = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= LONGEST_STACK
        && !text.ends_with('-')
        && text.bytes().all(is_inside);
    if is_one && !["-base", "-roles"].iter().any(|other| text.ends_with(other)) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "must be 1 to {LONGEST_STACK} small letters, digits and hyphens, with a letter first and no hyphen, -base or -roles last"
        ))
    }
}

/// It begins the names of buckets, which have up to 63 characters with account and region.
const LONGEST_STACK: usize = 20;

fn sink(text: &str) -> Result<SinkName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn event(text: &str) -> Result<EventId, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn letter(text: &str) -> Result<LetterId, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What a demo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// A connection of this kind. A private link is one within account a.
    Of(Kind),
    /// A private link from account a to account b.
    PrivateLinkCrossAccount,
}

const CROSS_ACCOUNT: &str = "private-link-cross-account";

fn story(text: &str) -> Result<Story, String> {
    if text == CROSS_ACCOUNT {
        return Ok(Story::PrivateLinkCrossAccount);
    }
    kind(text).map(Story::Of).map_err(|known| format!("{known}, {CROSS_ACCOUNT}"))
}

fn kind(text: &str) -> Result<Kind, String> {
    let known = Kind::ALL.into_iter().find(|kind| kind.to_string() == text);
    known.ok_or_else(|| format!("must be one of {}", Kind::ALL.map(|kind| kind.to_string()).join(", ")))
}

fn phase(text: &str) -> Result<Phase, String> {
    let known = Phase::ALL.into_iter().find(|phase| phase.to_string() == text);
    known.ok_or_else(|| format!("must be one of {}", Phase::ALL.map(|phase| phase.to_string()).join(", ")))
}

/// A hash, also in the quotes of an entity tag.
fn policy_hash(text: &str) -> Result<String, String> {
    let hash = text.trim_matches('"');
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if hash.len() == 64 && hash.bytes().all(is_digit) {
        Ok(hash.to_owned())
    } else {
        Err("must be the hash of a policy, 64 hexadecimal digits in lower case, as `causeway policy put` prints it"
            .to_owned())
    }
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse() {
        return Ok(Since::At(at));
    }
    let span: Result<Span, _> = text.parse();
    match span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours())) {
        Ok(ago) if ago.is_positive() => Ok(Since::Ago(ago)),
        _ => Err("must be a duration such as 30m, 1h or 2d, or a time such as 2027-01-15T08:00:00Z".to_owned()),
    }
}

fn level(text: &str) -> Result<LevelFilter, String> {
    match text.parse() {
        Ok(level) if level != LevelFilter::OFF => Ok(level),
        _ => Err("must be error, warn, info, debug or trace".to_owned()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 0.01 to 1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_kind_has_a_story_and_private_links_have_two() {
        for kind in Kind::ALL {
            assert_eq!(story(&kind.to_string()), Ok(Story::Of(kind)));
        }
        assert_eq!(story(CROSS_ACCOUNT), Ok(Story::PrivateLinkCrossAccount));
        assert!(story("cen").unwrap_err().contains("private-link-cross-account"));
    }

    #[test]
    fn an_address_has_a_scheme_and_a_host_and_is_the_one_before_v1() {
        assert_eq!(webhook("http://127.0.0.1:4600/").as_deref(), Ok("http://127.0.0.1:4600"));
        assert_eq!(endpoint(""), Ok(String::new()));
        for bad in ["", "127.0.0.1:4600", "ftp://host", "http://", "http:/host", "not an address"] {
            assert!(webhook(bad).unwrap_err().contains("http://"), "{bad}");
            assert!(bad.is_empty() || endpoint(bad).is_err(), "{bad}");
        }
        for late in ["http://host/v1", "http://host/v1/", "http://host/v1/connections", "http://host?x=1"] {
            assert!(webhook(late).unwrap_err().contains("before /v1"), "{late}");
        }
    }

    #[test]
    fn a_speed_of_nothing_is_refused() {
        for bad in ["0", "-1", "nan", "inf", "fast"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
        assert_eq!(speed("2.5"), Ok(2.5));
    }
}

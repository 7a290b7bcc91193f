//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use connection::finding::Severity;
use connection::record::Phase;
use connection::words::{ConnectionName, Kind};
use notice::EventId;
use notice::sinks::Name as SinkName;

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
    /// Watch a connection between two accounts come to be, against a local cloud.
    ///
    /// Starts the local cloud, deploys template.yml into it, posts the tutorial's connection to the signed webhook and
    /// follows it until what joins the two is in force, as read back from the cloud's own API: routes are Available, security
    /// groups are open and pings are answered; or an endpoint is connected and its service answers, and an account that
    /// nobody named gets nowhere. Exits with 1 if not.
    Demo(Demo),
    /// Start the local cloud with Causeway deployed into it, and leave it running until Ctrl-C.
    Up(Up),
    /// List connections: where they lie and how they are.
    List(List),
    /// Tell how connections are; of one, everything that is known. Exits with 1 if one failed or is stuck.
    Status(Status),
    /// Compare connections with the cloud. Exits with 2 if something is not as it should be, with 1 if that could not be told or a
    /// repair failed.
    Drift(Drift),
    /// List notices, newest first; redeliver dead letters.
    Notices(Notices),
    /// Check the log of what was decided of endpoints.
    #[command(subcommand)]
    Audit(Audit),
    /// Tell why an endpoint is connected, or is not.
    Why(Why),
    /// Try an approval policy, and put it in force.
    #[command(subcommand)]
    Policy(PolicyCommand),
}

/// Which webhook to ask.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// The webhook's address, that before /v1.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_WEBHOOK")]
    pub webhook: String,
    /// A file with the webhook's secret, whsec_...; without it the secret is read from `CAUSEWAY_WEBHOOK_SECRET`.
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// `causeway list`
#[derive(Debug, Args)]
pub struct List {
    /// Only connections in this phase, such as active or failed.
    #[arg(long, value_parser = phase)]
    pub phase: Option<Phase>,
    /// Only connections of this kind.
    #[arg(long, value_parser = kind)]
    pub kind: Option<Kind>,
    /// Only connections with this label; may be given several times.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parameter)]
    pub labels: Vec<(String, String)>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway status`
#[derive(Debug, Args)]
pub struct Status {
    /// The connection; all of them unless named.
    #[arg(value_name = "NAME")]
    pub name: Option<ConnectionName>,
    /// Go on telling: of one connection until it comes to rest, of all until Ctrl-C.
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway drift`
#[derive(Debug, Args)]
pub struct Drift {
    /// The connection; all of them, and what nobody owns, unless named.
    #[arg(value_name = "NAME")]
    pub name: Option<ConnectionName>,
    /// Only connections with this label; may be given several times.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parameter, conflicts_with = "name")]
    pub labels: Vec<(String, String)>,
    /// Tell only what is at least as bad: cosmetic, degraded or down.
    #[arg(long)]
    pub severity: Option<Severity>,
    /// Tell what earlier checks found, without another one.
    #[arg(long)]
    pub known: bool,
    /// Approve the plans that wait, those of connections whose spec says repair: propose; follow what is being set right, and look
    /// again.
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// `causeway notices`
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Notices {
    #[command(subcommand)]
    pub command: Option<NoticesCommand>,
    /// Only dead letters.
    #[arg(long, conflicts_with = "waiting")]
    pub dead: bool,
    /// Only what is still to be delivered.
    #[arg(long)]
    pub waiting: bool,
    /// Only what was meant for this sink of config/sinks.json.
    #[arg(long, value_name = "NAME", value_parser = sink)]
    pub sink: Option<SinkName>,
    /// How many events at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    #[command(flatten)]
    pub webhook: Option<WebhookArgs>,
}

/// What to do with events.
#[derive(Debug, Subcommand)]
pub enum NoticesCommand {
    /// Send a dead letter again: to every sink where it is one, unless a sink is named.
    Redeliver(Redeliver),
}

/// `causeway notices redeliver`
#[derive(Debug, Args)]
pub struct Redeliver {
    /// The event's id, as `causeway notices --dead` tells it.
    #[arg(id = "event_id", value_name = "ID", value_parser = event)]
    pub id: EventId,
    /// Only to this sink.
    #[arg(long, value_name = "NAME", value_parser = sink)]
    pub sink: Option<SinkName>,
    #[command(flatten)]
    pub webhook: WebhookArgs,
}

/// Where the decisions are.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// The record store: oss://BUCKET, with keys in ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; or
    /// file:///FOLDER, such as a copy of the bucket. That of `causeway up` is oss://causeway-records at its gateway.
    #[arg(long, value_name = "LOCATION", env = "CAUSEWAY_STORE")]
    pub store: String,
    /// The address of the bucket: `https://oss-REGION.aliyuncs.com`, or the gateway of `causeway up`.
    #[arg(long, value_name = "URL", env = "CAUSEWAY_ENDPOINT")]
    pub endpoint: Option<String>,
}

/// `causeway audit`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Verify that nothing in any log was changed, moved or taken out. Exits with 1 if something was.
    Verify {
        #[command(flatten)]
        store: StoreArgs,
        /// The digest that an earlier run printed: fails also when a whole log or the end of one was taken away since.
        #[arg(long, value_name = "DIGEST")]
        expect: Option<String>,
    },
}

/// `causeway why`
#[derive(Debug, Args)]
pub struct Why {
    /// The endpoint's id, ep-...
    #[arg(id = "endpoint_id", value_name = "ENDPOINT")]
    pub endpoint: String,
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `causeway policy`
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Tell everything that is wrong with a policy file. Exits with 1 if anything is.
    Check {
        /// YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put a policy file in force, at a running webhook. What does not read is refused, and the one before stays.
    Put {
        /// YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        webhook: WebhookArgs,
    },
    /// Replay past requests on a policy file and print what it would judge otherwise.
    Test {
        /// YAML or JSON.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// How to run the local cloud.
#[derive(Debug, Args)]
pub struct CloudArgs {
    /// How many times faster than real time the cloud works.
    #[arg(long, value_name = "X", value_parser = speed)]
    pub speed: Option<f64>,
    /// Run the functions as processes of their own instead of inside this one. Build them first: cargo build --workspace
    #[arg(long)]
    pub spawn: bool,
    /// Where --spawn finds the programs, each named like its function; beside this program unless given.
    #[arg(long, value_name = "DIR", requires = "spawn")]
    pub functions: Option<PathBuf>,
    /// The template to deploy instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Set a parameter of the template.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
}

/// `causeway demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// What shall join the two VPCs: router-interface or vpc-peering, by which account a in cn-qingdao and account b in
    /// cn-beijing reach each other; or jdcloud-peering, by which accounts jd-a and jd-b do on JD Cloud; or private-link, by which account a reaches a service of its own other VPC in
    /// eu-central-1; or private-link-cross-account, by which it reaches one of account b.
    #[arg(value_name = "KIND", default_value = "router-interface", value_parser = story)]
    pub story: Story,
    /// Print one JSON document instead of the story.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cloud: CloudArgs,
}

/// `causeway up`
#[derive(Debug, Args)]
pub struct Up {
    /// The port of the gateway; any free one unless given.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Print exactly one line of JSON once ready.
    #[arg(long)]
    pub json: bool,
    /// Keep everything in this folder, across restarts and crashes.
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    #[command(flatten)]
    pub cloud: CloudArgs,
}

fn sink(text: &str) -> Result<SinkName, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn event(text: &str) -> Result<EventId, String> {
    text.parse().map_err(|error| format!("{error}"))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("there is no = in it")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What a demo tells.
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
    fn a_speed_of_nothing_is_refused() {
        for bad in ["0", "-1", "nan", "inf", "fast"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
        assert_eq!(speed("2.5"), Ok(2.5));
    }
}

//! What the doctor says of an account in which nothing is deployed, and of a deployment that stands or suffers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use causeway_cli::args::DeploymentArgs;
use causeway_cli::context::ContextFile;
use causeway_cli::deploy::release::Release;
use causeway_cli::deploy::{Deployer, Wanted};
use causeway_cli::deployment::TEMPLATE;
use causeway_cli::doctor::check::{Found, Outcome, Patient};
use causeway_cli::doctor::{Report, after_deploying, before_deploying, examine};
use causeway_cli::functions::InProcess;
use causeway_cli::operator::Operator;
use causeway_cli::webhook::Webhook;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::opened::Openable;
use causeway_local::ram::{Role, Trust};
use causeway_local::seed::Seed;
use causeway_tests::on_virtual_time;
use causeway_tests::system::outside;
use cloud_signing::Credentials;
use jiff::SignedDuration;
use operate::Client;
use operate::ros::Parameters;
use secrecy::SecretString;

/// A zip archive without files: what runs is in this process.
const PACKAGE: &str = "PK\u{5}\u{6}\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

struct World {
    cloud: Cloud,
    operator: Operator,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let cloud = Cloud::open(Options::new(Seed::tutorial())).unwrap();
        let io = outside(&cloud, 1);
        cloud.fc().set_launcher(Arc::new(InProcess::new(io.clone())));
        cloud.fc().start().await;
        let own = cloud.console().accounts.into_iter().find(|account| account.alias == "operator").unwrap();
        let client = Client::new(
            io.clone(),
            None,
            Arc::new(Credentials::new(&own.access_key_id, own.access_key_secret.as_str())),
        );
        let operator = Operator {
            identity: client.identity().await.unwrap(),
            client,
            origin: "a test".to_owned(),
            region: "cn-hangzhou".parse().unwrap(),
            stack: "causeway".to_owned(),
            endpoint: None,
            io,
        };
        Self { cloud, operator, folder: tempfile::tempdir().unwrap() }
    }

    /// Deploys, and gives the webhook.
    async fn deployed() -> (Self, Webhook) {
        let world = Self::new().await;
        let release = Release::new(Bytes::from(PACKAGE), TEMPLATE.to_owned()).unwrap();
        let args = DeploymentArgs { context: None, yes: true, json: false };
        let contexts = ContextFile::in_folder(world.folder.path());
        let deployer = Deployer::new(&world.operator, &args, contexts.clone(), &|_| ());
        deployer.carry_out(&release, &Wanted { open: true, ..Wanted::default() }).await.unwrap();
        let context = contexts.load().unwrap().contexts["causeway"].clone();
        let webhook = deployer.webhook(&context).unwrap().unwrap();
        tokio::time::sleep(Duration::from_secs(120)).await;
        (world, webhook)
    }

    async fn before(&self) -> Report {
        let names = [("CodeBucket", "code"), ("StoreBucket", "records"), ("Release", "r1")];
        let parameters: Parameters =
            names.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value))).collect();
        before_deploying(&self.operator, TEMPLATE, &parameters).await
    }
}

fn of<'a>(report: &'a Report, id: &str) -> &'a [Found] {
    &report.checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("{id} in {report:#?}")).found
}

fn failed(report: &Report) -> BTreeSet<&str> {
    report.failures().map(|(check, _)| check.id).collect()
}

#[test]
fn an_account_in_which_nothing_is_deployed_is_fit_for_it() {
    on_virtual_time(async {
        let world = World::new().await;
        world.cloud.fc().open_event_bridge(&world.operator.identity.account.to_string()).unwrap();
        let report = world.before().await;
        assert_eq!(failed(&report), BTreeSet::new(), "{report:#?}");
    });
}

#[test]
fn what_stands_in_the_way_is_named_with_what_sets_it_right() {
    on_virtual_time(async {
        let world = World::new().await;
        let account = world.operator.identity.account.to_string();
        let but_logs =
            Openable::ALL.iter().copied().filter(|one| *one != Openable::Sls && *one != Openable::EventBridge);
        world.cloud.shared().opened.set(&account, &but_logs.collect()).unwrap();
        let own = Role::new(&account, "causeway-webhook", Trust::account(&account));
        world.cloud.shared().identities.put_role(own).unwrap();
        let report = world.before().await;
        assert_eq!(failed(&report), BTreeSet::from(["event-bridge", "names", "products"]), "{report:#?}");
        assert_eq!(report.code(), 1);
        for (check, trouble) in report.failures() {
            assert!(trouble.command.is_some() && !trouble.what.is_empty(), "{check:#?}");
            assert_eq!(check.hint, format!("docs/doctor.md#{}", check.id));
        }
        let (_, names) = report.failures().find(|(check, _)| check.id == "names").unwrap();
        assert!(names.what.contains("role causeway-webhook"), "{names:?}");
    });
}

#[test]
fn rights_that_are_missing_are_listed_and_a_clock_that_is_off_is_told() {
    on_virtual_time(async {
        let world = World::new().await;
        let account = world.operator.identity.account.to_string();
        let policy = serde_json::json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["ros:*", "ram:Get*"], "Resource": ["*"]}]});
        let role = Role { policies: vec![policy], ..Role::new(&account, "deployer", Trust::account(&account)) };
        world.cloud.shared().identities.put_role(role).unwrap();
        let arn = format!("acs:ram::{account}:role/deployer");
        let issued = world.cloud.shared().identities.assume(&arn, "test", Duration::from_secs(3600)).unwrap();
        let secret = secrecy::ExposeSecret::expose_secret;
        let keys = Credentials::new(issued.access_key_id, secret(&issued.access_key_secret))
            .with_security_token(secret(&issued.security_token));
        let mut operator = world.operator.clone();
        operator.client = Client::new(operator.io.clone(), None, Arc::new(keys));
        operator.identity.clock_ahead = Some(SignedDuration::from_mins(20));
        let world = World { operator, ..world };
        let report = world.before().await;
        let (_, rights) = report.failures().find(|(check, _)| check.id == "rights").expect("it may not do all of it");
        for permission in ["fc:CreateFunction", "ram:CreateRole", "oss:PutBucket"] {
            assert!(rights.permissions.iter().any(|one| one == permission), "{permission} in {rights:#?}");
        }
        assert!(failed(&report).contains("clock"), "{report:#?}");
    });
}

#[test]
fn a_deployment_that_stands_is_well_and_accounts_that_are_not_let_in_are_told() {
    on_virtual_time(async {
        let (world, webhook) = World::deployed().await;
        let report = after_deploying(&world.operator, Some(webhook.clone()), Some(PACKAGE.as_bytes())).await;
        assert_eq!(failed(&report), BTreeSet::new(), "{report:#?}");
        let all = Patient { webhook: Ok(webhook), ..Patient::new(&world.operator, TEMPLATE, &Parameters::new()).await };
        let report = examine(&all, |_| true).await;
        assert_eq!(failed(&report), BTreeSet::new(), "{report:#?}");
        assert!(
            matches!(of(&report, "drift"), [Found { outcome: Outcome::Unknown { .. }, .. }]),
            "this cloud cannot tell"
        );
        assert!(
            matches!(of(&report, "names"), [Found { outcome: Outcome::Skipped { .. }, .. }]),
            "it is deployed already"
        );
        assert_eq!(report.code(), 2, "something is not known");
    });
}

#[test]
fn other_code_a_paused_trigger_and_a_dead_letter_are_told() {
    on_virtual_time(async {
        let (world, webhook) = World::deployed().await;
        let report = after_deploying(&world.operator, Some(webhook.clone()), Some(b"another package")).await;
        assert_eq!(failed(&report), BTreeSet::from(["code"]), "{report:#?}");

        let (client, region) = (&world.operator.client, &world.operator.region);
        let fc = client.fc(region);
        let triggers = fc.list_triggers("causeway-create-peering").await.unwrap();
        let feed = triggers.iter().find(|one| one.trigger_type.as_deref() == Some("eventbridge")).unwrap();
        let mut config = feed.config();
        config["triggerEnable"] = false.into();
        fc.update_trigger("causeway-create-peering", &feed.trigger_name, &config).await.unwrap();
        let mns = client.networks().mns(&world.operator.identity.account, region);
        mns.send_message(&"causeway-dead-letter".parse().unwrap(), b"{}", Duration::ZERO).await.unwrap();
        mns.send_message(&"causeway-create-peering".parse().unwrap(), b"{}", Duration::ZERO).await.unwrap();
        tokio::time::sleep(Duration::from_secs(16 * 60)).await;
        let report = after_deploying(&world.operator, Some(webhook), None).await;
        assert_eq!(failed(&report), BTreeSet::from(["queues", "triggers"]), "{report:#?}");
        assert!(matches!(of(&report, "dead-letters"), [Found { outcome: Outcome::Warning(_), .. }]), "{report:#?}");
    });
}

#[test]
fn without_a_webhook_its_checks_are_skipped_with_the_reason() {
    on_virtual_time(async {
        let (world, _) = World::deployed().await;
        let report = after_deploying(&world.operator, None, None).await;
        let [Found { outcome: Outcome::Skipped { why }, .. }] = of(&report, "webhook") else { panic!("{report:#?}") };
        assert!(why.contains("another machine"), "{why}");
        assert_eq!(report.code(), 0, "{report:#?}");
    });
}

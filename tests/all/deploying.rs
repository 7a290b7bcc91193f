//! A deployment made, updated, rolled back and removed by the commands of an operator, whose program may die at each of its calls.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use causeway_cli::args::DeploymentArgs;
use causeway_cli::context::{Context, ContextFile};
use causeway_cli::deploy::release::Release;
use causeway_cli::deploy::secrets::Change;
use causeway_cli::deploy::{DeployError, Deployed, Deployer, Wanted};
use causeway_cli::deployment::{self, TEMPLATE};
use causeway_cli::functions::InProcess;
use causeway_cli::operator::Operator;
use causeway_cli::tutorial::tutorial_spec;
use causeway_cli::webhook::Webhook;
use causeway_local::cloud::{Cloud, Options};
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::opened::Openable;
use causeway_local::seed::Seed;
use causeway_tests::hub;
use causeway_tests::inventory::{Corner, Inventory};
use causeway_tests::mortal::{Death, Mortal};
use causeway_tests::system::outside;
use causeway_tests::{name_of, on_virtual_time};
use cloud_signing::Credentials;
use connection::record::Phase;
use connection::words::Kind;
use operate::Client;
use serde_json::json;
use transport::Io;

const REGION: &str = "cn-hangzhou";
/// Where the cloud is said to be for those who look at networks.
const GATEWAY: &str = "http://cloud.test";

/// A cloud in which nothing is deployed, and an operator with keys.
struct World {
    cloud: Cloud,
    io: Io,
    folder: tempfile::TempDir,
    told: Arc<Mutex<Vec<String>>>,
}

fn release(content: &str) -> Release {
    release_with(content, TEMPLATE.to_owned())
}

/// A release with another template.
fn release_with(content: &str, template: String) -> Release {
    Release::new(package(content), template).unwrap()
}

/// A zip archive without files, whose comment tells it from others: what runs is in this process.
fn package(comment: &str) -> Bytes {
    let length = u16::try_from(comment.len()).unwrap().to_le_bytes();
    [b"PK\x05\x06", &[0; 16][..], &length, comment.as_bytes()].concat().into()
}

impl World {
    async fn new() -> Self {
        Self::of(Seed::tutorial()).await
    }

    async fn of(seed: Seed) -> Self {
        let cloud = Cloud::open(Options::new(seed)).unwrap();
        let io = outside(&cloud, 1);
        cloud.fc().set_launcher(Arc::new(InProcess::new(io.clone())));
        cloud.fc().start().await;
        let folder = tempfile::tempdir().unwrap();
        Self { cloud, io, folder, told: Arc::default() }
    }

    fn contexts(&self) -> ContextFile {
        ContextFile::in_folder(self.folder.path())
    }

    fn context(&self) -> Context {
        self.contexts().load().unwrap().contexts["causeway"].clone()
    }

    /// The operator, whose process lives as long as `death` says.
    async fn operator(&self, death: Death) -> (Operator, Arc<Mortal>) {
        let own = self.cloud.console().accounts.into_iter().find(|account| account.alias == "operator").unwrap();
        self.operator_with(Credentials::new(&own.access_key_id, &own.access_key_secret), death).await
    }

    async fn operator_with(&self, keys: Credentials, death: Death) -> (Operator, Arc<Mortal>) {
        let (mortal, io) = Mortal::of(&self.io, death);
        let keys = Arc::new(keys);
        let identity = Client::new(self.io.clone(), None, keys.clone()).identity().await.unwrap();
        let client = Client::new(io.clone(), None, keys);
        let region = REGION.parse().unwrap();
        let operator = Operator {
            client,
            identity,
            origin: "a test".to_owned(),
            region,
            stack: "causeway".to_owned(),
            endpoint: None,
            io,
        };
        (operator, mortal)
    }

    /// Does something as an operator, and says how many requests it took. `None` where the process died.
    async fn doing<T>(&self, death: Death, act: impl AsyncFnOnce(&Deployer<'_>) -> T) -> (Option<T>, usize) {
        let (operator, mortal) = self.operator(death).await;
        let told = self.told.clone();
        let say = move |line: &str| told.lock().unwrap().push(line.to_owned());
        let args = DeploymentArgs { context: None, yes: true, json: false };
        let deployer = Deployer::new(&operator, &args, self.contexts(), &say);
        (mortal.lives(act(&deployer)).await, mortal.requests())
    }

    async fn deploys(&self, release: &Release) -> Result<Deployed, DeployError> {
        self.deploys_as(release, &opening()).await
    }

    async fn deploys_as(&self, release: &Release, wanted: &Wanted) -> Result<Deployed, DeployError> {
        let act = async |deployer: &Deployer<'_>| deployer.carry_out(release, wanted).await;
        self.doing(Death::Never, act).await.0.unwrap()
    }

    /// Does something as operators whose processes die later and later, until one lives long enough. Says how many died.
    async fn in_spite_of_deaths<T>(
        &self,
        every: usize,
        act: impl AsyncFn(&Deployer<'_>) -> Result<T, DeployError>,
    ) -> (usize, T) {
        for number in (0..).step_by(every) {
            for (is_second, death) in [Death::Before(number), Death::After(number)].into_iter().enumerate() {
                if let (Some(done), _) = self.doing(death, async |deployer| act(deployer).await).await {
                    let done = done.unwrap_or_else(|error| panic!("{death:?}: {error:?}\n{}", self.told()));
                    return (2 * number / every + is_second, done);
                }
            }
        }
        unreachable!("numbers do not end")
    }

    async fn removes(&self, delete_records: bool) -> Result<Vec<String>, DeployError> {
        let act = async |deployer: &Deployer<'_>| deployer.take_away(delete_records, false).await;
        self.doing(Death::Never, act).await.0.unwrap().map(|remains| remains.remains)
    }

    async fn webhook(&self) -> Webhook {
        let context = self.context();
        self.doing(Death::Never, async |deployer| deployer.webhook(&context).unwrap().unwrap()).await.0.unwrap()
    }

    /// Writes the accounts document of the tutorial by the webhook.
    async fn connects_accounts(&self) -> Webhook {
        let webhook = self.webhook().await;
        tokio::time::sleep(Duration::from_secs(61)).await;
        let accounts = deployment::accounts(&self.cloud);
        let _: api::config::ConfigPut =
            webhook.replace("/v1/config/accounts", ("if-none-match", "*"), &accounts).await.unwrap();
        tokio::time::sleep(Duration::from_secs(61)).await;
        webhook
    }

    /// What the operator's account has.
    fn inventory(&self) -> Vec<String> {
        let home = &self.cloud.shared().home.account_id;
        let mut all = Vec::new();
        all.extend(self.cloud.oss().buckets().into_iter().map(|bucket| format!("bucket {}", bucket.name)));
        all.extend(self.cloud.mns().queues().into_iter().map(|row| format!("queue {}", row.queue.name)));
        all.extend(self.cloud.fc().functions().into_iter().map(|one| format!("function {}", one.function_name)));
        let roles = ["webhook", "courier", "notify", "create-peering"].map(|name| format!("causeway-{name}"));
        let is_there = |name: &String| self.cloud.shared().identities.role(home, name).is_some();
        all.extend(roles.into_iter().filter(is_there).map(|name| format!("role {name}")));
        all.sort();
        all
    }

    fn told(&self) -> String {
        self.told.lock().unwrap().join("\n")
    }
}

fn opening() -> Wanted {
    Wanted { open: true, ..Wanted::default() }
}

#[test]
fn from_keys_to_a_connection_in_an_account_that_may_not_write_objects_from_outside() {
    on_virtual_time(async {
        for may_write in [false, true] {
            let world = World::new().await;
            let settings = causeway_local::oss::Settings { public_hosts: may_write, ..Default::default() };
            world.cloud.oss().set_settings(settings);
            let deployed = world.deploys(&release("one")).await.unwrap();
            assert!(deployed.changed && deployed.context.as_deref() == Some("causeway"));
            assert!(world.context().audit_key.is_none(), "the stack has it now");
            let webhook = world.connects_accounts().await;
            let spec = tutorial_spec(&world.cloud.console().accounts, Kind::VpcPeering).unwrap();
            let name = spec["name"].as_str().unwrap().parse().unwrap();
            webhook.create(&spec, "k-1").await.unwrap();
            settles(&webhook, &name, Phase::Active).await;
            let again = world.deploys(&release("one")).await.unwrap();
            assert!(!again.changed, "there was nothing to do");
        }
    });
}

async fn settles(webhook: &Webhook, name: &connection::words::ConnectionName, phase: Phase) {
    for _ in 0..2000 {
        let connection = webhook.connection(name).await.unwrap();
        if connection.summary.phase == phase {
            return;
        }
        assert!(
            causeway_cli::demo::is_under_way(connection.summary.phase),
            "{name} is {}: {:?}",
            connection.summary.phase,
            connection.history.last()
        );
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    panic!("{name} is not {phase}");
}

#[test]
fn a_plan_tells_what_is_made_and_what_it_costs_and_makes_nothing() {
    on_virtual_time(async {
        let world = World::new().await;
        let before = world.inventory();
        let release = release("one");
        let act = async |deployer: &Deployer<'_>| deployer.plan(&release, &opening()).await;
        let plan = world.doing(Death::Never, act).await.0.unwrap().unwrap();
        let text = plan.text();
        assert!(text.contains("FC3::Function") && text.contains("costs     USD"), "{text}");
        assert_eq!(plan.cost.queues, plan.cost.streams + 1);
        assert_eq!(world.inventory(), before);
        let file = world.folder.path().join("contexts.json");
        assert!(!file.exists(), "nor does it keep a secret");
    });
}

#[test]
fn a_program_that_dies_at_any_call_leaves_nothing_that_the_next_run_does_not_finish() {
    on_virtual_time(async {
        let world = World::new().await;
        let release = release("one");
        let deploys = async |deployer: &Deployer<'_>| deployer.carry_out(&release, &opening()).await;
        let (done, calls) = world.doing(Death::Never, deploys).await;
        done.unwrap().unwrap();
        let whole = world.inventory();
        let step = deaths_between();
        for number in (0..calls).step_by(step) {
            for death in [Death::Before(number), Death::After(number)] {
                let world = World::new().await;
                let (died, _) = world.doing(death, deploys).await;
                let secret = world.contexts().load().unwrap().contexts.get("causeway").map(|kept| kept.secret.clone());
                world.deploys(&release).await.unwrap_or_else(|error| panic!("{death:?}: {error:?}\n{}", world.told()));
                assert_eq!(world.inventory(), whole, "{death:?}");
                let kept = world.context().secret;
                assert!(secret.is_none_or(|secret| secret == kept), "{death:?}: a secret that was kept is used");
                tokio::time::sleep(Duration::from_secs(3)).await;
                world.webhook().await.text("/v1/config/callers").await.unwrap();
                drop(died);
            }
        }
    });
}

/// Every which death is tried: all of them by `scripts/simulate --every-request`.
fn deaths_between() -> usize {
    match std::env::var("CAUSEWAY_EVERY_REQUEST") {
        Ok(_) => 1,
        Err(_) => 7,
    }
}

#[test]
fn a_release_is_brought_and_taken_back_and_nothing_else_changes() {
    on_virtual_time(async {
        let world = World::new().await;
        world.deploys(&release("one")).await.unwrap();
        let one = world.inventory();
        let second = release_with("two", TEMPLATE.replace("Timeout: 60", "Timeout: 61"));
        let deployed = world.deploys(&second).await.unwrap();
        assert!(deployed.changed && deployed.release == second.name);
        assert_eq!(world.inventory(), one);
        let goes_back = async |deployer: &Deployer<'_>| {
            let (stack, before) = deployer.before().await?;
            deployer.go_back(&stack, &before).await.map(|()| before)
        };
        let (before, _) = world.doing(Death::Never, goes_back).await;
        let before = before.unwrap().unwrap();
        assert_eq!((before.from.as_str(), before.to.as_str()), (second.name.as_str(), release("one").name.as_str()));
        let (forward, _) = world.doing(Death::Never, goes_back).await;
        assert_eq!(forward.unwrap().unwrap().to, second.name, "a second one goes forward again");
        world.webhook().await.text("/v1/config/callers").await.expect("secrets outlive all of it");
    });
}

#[test]
fn releases_come_and_go_while_connections_are_under_way_and_none_is_lost_doubled_or_left() {
    const CONNECTIONS: usize = 100;
    on_virtual_time(async {
        let world = World::of(hub::seed(CONNECTIONS)).await;
        let vpc = world.cloud.vpc();
        vpc.set_settings(causeway_local::vpc::Settings { interfaces_per_router: CONNECTIONS, ..vpc.settings() });
        let one = release("one");
        let wanted = Wanted { kinds: vec![Kind::RouterInterface], ..opening() };
        world.deploys_as(&one, &wanted).await.unwrap();
        let webhook = world.connects_accounts().await;
        let accounts = world.cloud.console().accounts;
        let specs: Vec<_> = (0..CONNECTIONS).map(|number| hub::spec(&accounts, number)).collect();
        for spec in &specs {
            webhook.create(spec, name_of(spec)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let two = release_with("two", TEMPLATE.replace("Timeout: 60", "Timeout: 61"));
        let (deaths, _) =
            world.in_spite_of_deaths(5, async |deployer| deployer.carry_out(&two, &opening()).await).await;
        assert!(deaths > 3, "only {deaths} runs died");
        assert!(open(&webhook).await > CONNECTIONS / 4, "they are under way meanwhile");
        let goes_back = async |deployer: &Deployer<'_>| {
            let (stack, before) = deployer.before().await?;
            // One that died may have gone back already.
            if before.to == one.name { deployer.go_back(&stack, &before).await } else { Ok(()) }
        };
        world.in_spite_of_deaths(4, goes_back).await;
        for spec in &specs {
            settles(&webhook, &name_of(spec).parse().unwrap(), Phase::Active).await;
        }
        let io = outside(&world.cloud, 2);
        let corners: Vec<_> = accounts.iter().flat_map(|account| Corner::all(account, GATEWAY, &io)).collect();
        let inventory = Inventory::of(&corners, &[]).await;
        // Each VPC of an account shows all interfaces of the account.
        let interfaces: BTreeSet<&String> = inventory.interfaces.iter().collect();
        assert!(interfaces.iter().all(|line| line.contains(" Active ")), "{interfaces:#?}");
        assert_eq!((interfaces.len(), inventory.routes.len()), (2 * CONNECTIONS, 2 * CONNECTIONS));
        let letters = world.cloud.mns().queues().into_iter().filter(|row| row.queue.name == "causeway-dead-letter");
        assert_eq!(letters.map(|row| row.active).sum::<usize>(), 0, "no message was given up");
    });
}

/// How many connections are under way.
async fn open(webhook: &Webhook) -> usize {
    let all = webhook.connections().await.unwrap();
    all.iter().filter(|one| causeway_cli::demo::is_under_way(one.phase)).count()
}

#[test]
fn updates_and_removals_survive_the_death_of_the_program_at_any_call() {
    on_virtual_time(async {
        let world = World::new().await;
        let before = world.inventory();
        world.deploys(&release("one")).await.unwrap();
        let whole = world.inventory();
        let two = release_with("two", TEMPLATE.replace("Timeout: 60", "Timeout: 61"));
        let every = deaths_between().min(3);
        world.in_spite_of_deaths(every, async |deployer| deployer.carry_out(&two, &opening()).await).await;
        assert_eq!(world.inventory(), whole);
        let (caller, one) = ("ann".parse().unwrap(), release("one").name);
        let adds = async |deployer: &Deployer<'_>| deployer.change_secrets(&caller, Change::Add).await.map(drop);
        world.in_spite_of_deaths(every, adds).await;
        let goes_back = async |deployer: &Deployer<'_>| {
            let (stack, before) = deployer.before().await?;
            if before.to == one { deployer.go_back(&stack, &before).await } else { Ok(()) }
        };
        world.in_spite_of_deaths(every, goes_back).await;
        let rotates = async |deployer: &Deployer<'_>| deployer.rotate_audit_key().await.map(drop);
        world.in_spite_of_deaths(every, rotates).await;
        assert_eq!(world.inventory(), whole);
        world.webhook().await.text("/v1/config/callers").await.expect("the secret is the one that was kept");
        world.in_spite_of_deaths(every, async |deployer| deployer.take_away(true, false).await.map(drop)).await;
        assert_eq!(world.inventory(), before);
    });
}

#[test]
fn a_first_release_has_none_before_it() {
    on_virtual_time(async {
        let world = World::new().await;
        world.deploys(&release("one")).await.unwrap();
        let act = async |deployer: &Deployer<'_>| deployer.before().await.map(drop);
        let refused = world.doing(Death::Never, act).await.0.unwrap().unwrap_err();
        assert!(matches!(refused, DeployError::NothingBefore(_)), "{refused}");
    });
}

#[test]
fn a_release_that_could_not_run_beside_the_one_that_runs_is_refused_before_anything_is_done() {
    on_virtual_time(async {
        let world = World::new().await;
        world.deploys(&release("one")).await.unwrap();
        let jump = TEMPLATE.replace("Messages: {Reads: [1], Writes: 1}", "Messages: {Reads: [1, 2], Writes: 2}");
        let refused = world.deploys(&release_with("two", jump)).await.unwrap_err();
        assert!(matches!(refused, DeployError::Formats(_)), "{refused}");
        let bridge = TEMPLATE.replace("Messages: {Reads: [1], Writes: 1}", "Messages: {Reads: [1, 2], Writes: 1}");
        world.deploys(&release_with("two", bridge)).await.unwrap();
    });
}

#[test]
fn an_uninstall_keeps_records_and_a_deploy_takes_them_up_again() {
    on_virtual_time(async {
        let world = World::new().await;
        world.deploys(&release("one")).await.unwrap();
        let webhook = world.connects_accounts().await;
        let spec = tutorial_spec(&world.cloud.console().accounts, Kind::VpcPeering).unwrap();
        let name = spec["name"].as_str().unwrap().parse().unwrap();
        webhook.create(&spec, "k-1").await.unwrap();
        settles(&webhook, &name, Phase::Active).await;
        let remains = world.removes(false).await.unwrap();
        assert!(remains.iter().any(|line| line.contains("causeway-records-")), "{remains:?}");
        assert!(remains.iter().any(|line| line.starts_with("1 connections")), "{remains:?}");
        let left = world.inventory();
        assert!(left.iter().all(|line| !line.starts_with("function") && !line.starts_with("queue")), "{left:?}");
        world.deploys(&release("two")).await.unwrap();
        let webhook = world.webhook().await;
        settles(&webhook, &name, Phase::Active).await;
        let verifiers = world.context().verifier.unwrap();
        assert!(verifiers.contains('@'), "what the first deployment signed is trusted until it went: {verifiers}");
        world.removes(true).await.unwrap();
        assert!(
            world.inventory().iter().any(|line| line.contains("causeway-records-")),
            "the bucket was no part of this stack"
        );
    });
}

#[test]
fn an_uninstall_takes_records_where_it_is_told_to() {
    on_virtual_time(async {
        let world = World::new().await;
        let before = world.inventory();
        world.deploys(&release("one")).await.unwrap();
        world.removes(true).await.unwrap();
        let linked = |line: &&String| !line.contains("AliyunServiceRole");
        assert_eq!(world.inventory().iter().filter(linked).collect::<Vec<_>>(), before.iter().collect::<Vec<_>>());
    });
}

#[test]
fn what_stands_in_the_way_is_told_with_what_to_do_and_the_next_run_goes_on() {
    on_virtual_time(async {
        let world = World::new().await;
        let home = world.cloud.shared().home.account_id.clone();
        world.cloud.shared().opened.set(&home, &[Openable::Oss, Openable::Mns, Openable::Sls].into()).unwrap();
        let refused = world.deploys_as(&release("one"), &Wanted::default()).await.unwrap_err();
        let DeployError::Closed(products) = &refused else { panic!("{refused}") };
        assert!(products.contains("FC") && products.contains("EventBridge"), "{products}");
        world.deploys(&release("one")).await.unwrap();
    });
}

#[test]
fn a_name_that_is_taken_is_told_and_once_it_is_free_the_next_run_goes_on() {
    on_virtual_time(async {
        let world = World::new().await;
        let home = world.cloud.shared().home.account_id.clone();
        let other =
            causeway_local::ram::Role::new(&home, "causeway-notify", causeway_local::ram::Trust::account(&home));
        world.cloud.shared().identities.put_role(other).unwrap();
        let refused = world.deploys(&release("one")).await.unwrap_err();
        let (text, advice) = (refused.to_string(), miette::Diagnostic::help(&refused).unwrap().to_string());
        assert!(text.contains("NotifyRole") && text.contains("EntityAlreadyExists.Role"), "{text}");
        assert!(advice.contains("--stack NAME"), "{advice}");
        world.cloud.shared().identities.remove_role(&home, "causeway-notify").unwrap();
        world.deploys(&release("one")).await.unwrap();
        assert!(world.told().contains("deleted and made again"), "{}", world.told());
    });
}

#[test]
fn a_permission_that_is_missing_is_named_and_nothing_that_was_made_is_left_in_the_way() {
    on_virtual_time(async {
        let world = World::new().await;
        let home = world.cloud.shared().home.account_id.clone();
        let everything_but = |denied: &str| {
            json!({"Version": "1", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": denied, "Resource": "*"},
            ]})
        };
        for denied in [
            "ram:CreateServiceLinkedRole",
            "ros:CreateStack",
            "mns:CreateQueue",
            "fc:CreateFunction",
            "fc:InvokeFunction",
        ] {
            let role = causeway_local::ram::Role::new(&home, "limited", causeway_local::ram::Trust::account(&home));
            let role = causeway_local::ram::Role { policies: vec![everything_but(denied)], ..role };
            world.cloud.shared().identities.put_role(role).unwrap();
            let arn = format!("acs:ram::{home}:role/limited");
            let hour = Duration::from_secs(3600);
            let issued = world.cloud.shared().identities.assume_inside(&arn, "ann", hour).unwrap();
            let keys = Credentials {
                security_token: Some(issued.security_token.clone()),
                ..Credentials::new(
                    &issued.access_key_id,
                    secrecy::ExposeSecret::expose_secret(&issued.access_key_secret),
                )
            };
            let (operator, _) = world.operator_with(keys, Death::Never).await;
            let args = DeploymentArgs { context: None, yes: true, json: false };
            let deployer = Deployer::new(&operator, &args, world.contexts(), &|_| ());
            let refused = deployer.carry_out(&release("one"), &opening()).await.unwrap_err();
            let told = format!("{:?}", miette::Report::from(refused));
            assert!(told.contains(denied.split(':').next_back().unwrap()), "{denied}: {told}");
        }
        world.deploys(&release("one")).await.unwrap();
    });
}

/// Fails the first so many calls of this name.
fn refuse(world: &World, action: &str, code: &str, times: u64) {
    let fault = Fault::Refuse { status: 400, code: code.to_owned() };
    world.cloud.shared().faults.add(FaultRule { times: Some(times), ..FaultRule::once(action, fault) });
}

#[test]
fn calls_that_are_throttled_are_made_again_and_when_it_does_not_end_the_next_run_goes_on() {
    on_virtual_time(async {
        let world = World::new().await;
        for action in
            ["GetCallerIdentity", "CreateStack", "GetStack", "CreateFunction", "InvokeFunction", "ListStackEvents"]
        {
            refuse(&world, action, "Throttling.User", 3);
        }
        world.deploys(&release("one")).await.unwrap();

        let world = World::new().await;
        for action in ["CreateStack", "CreateFunction"] {
            refuse(&world, action, "Throttling.User", 6);
            let refused = world.deploys(&release("one")).await.unwrap_err();
            let told = format!("{:?}", miette::Report::from(refused));
            assert!(told.contains("Throttling.User") && told.contains("run it again"), "{told}");
        }
        world.deploys(&release("one")).await.unwrap();
    });
}

#[test]
fn a_quota_that_is_used_up_is_told_and_once_there_is_room_the_next_run_goes_on() {
    on_virtual_time(async {
        let world = World::new().await;
        refuse(&world, "CreateStack", "RequestLimitExceeded", 1);
        let refused = world.deploys(&release("one")).await.unwrap_err();
        let told = format!("{:?}", miette::Report::from(refused));
        assert!(told.contains("RequestLimitExceeded") && told.contains("quota"), "{told}");
        world.deploys(&release("one")).await.unwrap();
    });
}

#[test]
fn a_log_project_that_functions_do_not_know_yet_is_waited_for() {
    on_virtual_time(async {
        let world = World::new().await;
        world.cloud.sls().set_settings(causeway_local::sls::Settings { visible_after_milliseconds: 100_000 });
        world.deploys(&release("one")).await.unwrap();
        assert!(world.told().contains("trying again"), "{}", world.told());
    });
}

#[test]
fn a_secret_is_replaced_without_a_moment_in_which_none_is_taken() {
    on_virtual_time(async {
        let world = World::new().await;
        world.deploys(&release("one")).await.unwrap();
        let admin = "admin".parse().unwrap();
        let old = world.webhook().await;
        let rotates = async |deployer: &Deployer<'_>| deployer.change_secrets(&admin, Change::Add).await;
        let made = world.doing(Death::Never, rotates).await.0.unwrap().unwrap().unwrap();
        assert_eq!(world.context().secret, made);
        let new = world.webhook().await;
        new.text("/v1/config/callers").await.expect("the new one is taken");
        old.text("/v1/config/callers").await.expect("and the old one still is");
        let finishes = async |deployer: &Deployer<'_>| deployer.change_secrets(&admin, Change::Finish).await;
        world.doing(Death::Never, finishes).await.0.unwrap().unwrap();
        new.text("/v1/config/callers").await.expect("the new one is left");
        assert!(old.text("/v1/config/callers").await.is_err(), "the old one is not");
        let last = async |deployer: &Deployer<'_>| deployer.change_secrets(&admin, Change::Remove).await;
        let refused = world.doing(Death::Never, last).await.0.unwrap().unwrap_err();
        assert!(refused.to_string().contains("last one"), "{refused}");
    });
}

#[test]
fn the_context_of_another_deployment_is_not_overwritten() {
    on_virtual_time(async {
        let world = World::new().await;
        let other = json!({"secret": "whsec_x", "account": "1000000000000009", "region": REGION, "stack": "causeway"});
        let other: Context = serde_json::from_value(other).unwrap();
        world.contexts().change(|all| drop(all.contexts.insert("causeway".to_owned(), other.clone()))).unwrap();
        let refused = world.deploys(&release("one")).await.unwrap_err();
        assert!(refused.to_string().contains("1000000000000009"), "{refused}");
        assert_eq!(world.context(), other);
    });
}

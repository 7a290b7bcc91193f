//! Random schedules by seed: bad weather, dying processes, lost answers, impatient people who change their minds. Whatever
//! happens, the invariants hold, and once the weather clears everything can be removed without a trace.
//!
//! `CAUSEWAY_SEEDS` says how many seeds to run (200 unless set), `CAUSEWAY_SEED` runs one alone. `scripts/simulate` does
//! both.

use std::sync::Arc;
use std::time::Duration;

use api::connections::{Connection, Summary};
use causeway_local::calls::Outcome;
use causeway_tests::chaos::Chaos;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::inventory::Inventory;
use causeway_tests::kinds::on_alicloud;
use causeway_tests::often::play_seeds;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::System;
use connection::record::Phase;
use connection::spec::OnFailure;
use connection::words::Kind;
use http::Method;
use serde_json::{Value, json};

/// Both connections have a side in the same VPC, whose routes the cloud changes one at a time.
const NAMES: [&str; 2] = ["qingdao-beijing", "qingdao-qingdao"];
/// Seeds that run unless told otherwise.
const SEEDS: u64 = 200;
/// How often people at most look at what rests, and command for something else, before the weather clears.
const ROUNDS: usize = 3;
/// How often they ask for removal after that.
const REMOVALS: usize = 5;
/// Changes of routes that the cloud may refuse because another one of the VPC is under way: a turn that was taken by a
/// process that died ends by itself, and a request of which no answer came may still be carried out.
const MOST_CONFLICTS: usize = 3;

/// What one seed came to.
struct Run {
    mishaps: Arc<Mishaps>,
    chaos: Arc<Chaos>,
    system: System,
    /// The spec that was last asked for, by connection.
    specs: Vec<Value>,
    changed: bool,
    log_of_run: Vec<String>,
}

impl Run {
    async fn look(&self) -> Result<Inventory, String> {
        self.chaos.set_bad(false);
        let inventory = self.system.inventory().await;
        self.chaos.set_bad(true);
        inventory.has_no_duplicates(self.specs.len(), self.changed)?;
        Ok(inventory)
    }

    fn tell(&mut self, record: &Connection) {
        let Summary { name, phase, step, failure, .. } = &record.summary;
        let stop = failure.as_ref().map(|stopped| &stopped.failure.what);
        self.log_of_run.push(format!("{name} is {phase} at {step} {stop:?}"));
    }

    /// Wishes something of a connection. A refusal is no failure: a request whose answer was lost was carried out all the
    /// same, and then the command no longer fits.
    async fn command(&mut self, name: &str, command: &str) {
        self.log_of_run.push(format!("{command} {name}"));
        let _ = self.system.command(name, command).await;
    }

    async fn remove(&self, name: &str) -> Result<(), String> {
        let asked: Result<Summary, _> = self.system.ask(Method::DELETE, &format!("/v1/connections/{name}")).await;
        asked.map(drop).map_err(|refused| format!("removal refused: {refused:?}"))
    }

    async fn put(&mut self, spec: Value) {
        self.log_of_run.push(format!("change {} to {}", spec["name"], spec["kind"]));
        self.changed = true;
        let _ = self.system.put(&spec).await;
    }

    /// The connections' records, once none of them moves.
    async fn at_rest(&mut self) -> Vec<Connection> {
        let mut records = Vec::new();
        for name in NAMES.into_iter().take(self.specs.len()) {
            let record = self.system.at_rest_some_time(name).await;
            self.tell(&record);
            records.push(record);
        }
        records
    }
}

async fn play(seed: u64) -> Result<(), String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut dice = rng.fork();
    let deadly = rng.u64(0..30);
    let mishaps = Mishaps::new(move |_| (dice.u64(..1000) < deadly).then(|| Mishap::ALL[dice.usize(..4)]));
    let chaos = Arc::new(Chaos::of(rng.u64(..)));
    let system = System::new(seed, mishaps.clone()).await;
    system.cloud.shared().faults.set_plan(chaos.clone());
    let mut run = Run { mishaps, chaos, system, specs: Vec::new(), changed: false, log_of_run: Vec::new() };
    let ended = act(&mut run, &mut rng).await;
    ended.map_err(|wrong| {
        let (log_of_run, mishaps) = (run.log_of_run.join(" -> "), run.mishaps.log());
        format!(
            "seed {seed}: {wrong}\n  story: {log_of_run}\n  mishaps: {mishaps:#?}\n  replay: scripts/simulate --seed {seed}"
        )
    })
}

/// What the connection of this place asks for.
fn spec(system: &System, place: usize, kind: Kind, on_failure: OnFailure) -> Value {
    let mut spec = system.tutorial_by(kind);
    spec["name"] = NAMES[place].into();
    spec["on_failure"] = json!(on_failure);
    if place == 1 && kind == Kind::PrivateLink {
        // Another link between the same VPCs: a vSwitch of its own, the same lanes.
        spec["consumer"]["zones"][0]["cidr_block"] = "10.11.10.0/28".into();
        spec["consumer"]["clients"] = json!(["10.11.0.0/24"]);
    } else if place == 1 {
        let vpc = system.account("b").vpcs.iter().find(|vpc| vpc.region_id == "cn-qingdao").expect("and this VPC");
        spec["acceptor"] = json!({
            "account": "b", "region_id": "cn-qingdao", "vpc_id": vpc.vpc_id, "instance_id": vpc.instances[0].instance_id,
            "security_groups": [{"security_group_id": vpc.security_groups[0].security_group_id}],
        });
    }
    spec
}

async fn act(run: &mut Run, rng: &mut fastrand::Rng) -> Result<(), String> {
    let connections = if rng.u8(..) < 40 { 2 } else { 1 };
    for (place, name) in NAMES.iter().enumerate().take(connections) {
        // Of JD Cloud there is one pair of VPCs.
        let kinds = if place == 0 { Kind::ALL.to_vec() } else { on_alicloud() };
        let kind = kinds[rng.usize(..kinds.len())];
        let spec = spec(&run.system, place, kind, if rng.bool() { OnFailure::Rollback } else { OnFailure::Keep });
        run.system.post(&spec).await.map_err(|refused| format!("not accepted: {refused:?}"))?;
        run.log_of_run.push(format!("{name} by {kind}"));
        run.specs.push(spec);
    }
    if rng.u8(..) < 60 {
        tokio::time::sleep(Duration::from_millis(rng.u64(..40_000))).await;
        run.log_of_run.push("somebody removes the first one early".to_owned());
        run.remove(NAMES[0]).await?;
    }
    for _ in 0..rng.usize(1..=ROUNDS) {
        let records = run.at_rest().await;
        let inventory = run.look().await?;
        is_sound(&records, &inventory)?;
        for (place, record) in records.iter().enumerate() {
            next(run, rng, place, record).await;
        }
    }
    finish(run).await
}

/// Holds what rests against what stands.
fn is_sound(records: &[Connection], inventory: &Inventory) -> Result<(), String> {
    for record in records {
        match record.phase() {
            Phase::Active | Phase::Removed | Phase::RolledBack | Phase::Paused | Phase::Abandoned => {}
            Phase::Failed | Phase::Stuck => {
                let told = record.summary.failure.as_ref().filter(|stopped| !stopped.failure.what.is_empty());
                let stopped = told.ok_or_else(|| format!("it stopped without saying why: {record:#?}"))?;
                if stopped.links.retry.is_none() || stopped.failure.advice.is_empty() {
                    return Err(format!("it stopped without saying what to do: {record:#?}"));
                }
            }
            other => return Err(format!("at rest, but {other}")),
        }
    }
    // What stopped in between may have made anything; all else is known.
    let is_known = |record: &Connection| matches!(record.phase(), Phase::Active | Phase::Removed | Phase::RolledBack);
    if records.iter().all(is_known) {
        inventory.are_connections(records.iter().filter(|record| record.phase() == Phase::Active).count())?;
    }
    Ok(())
}

/// What people command next of a connection at rest.
async fn next(run: &mut Run, rng: &mut fastrand::Rng, place: usize, record: &Connection) {
    let (name, kind) = (NAMES[place], record.summary.kind);
    match (record.phase(), rng.u8(..8)) {
        (Phase::Active, 0 | 1) => {
            let spec = if kind == Kind::JdcloudPeering { other_on_jd(run, record, rng) } else { other(record, rng) };
            run.put(spec).await;
        }
        (Phase::Active, 2 | 3) if kind == Kind::RouterInterface => run.command(name, "pause").await,
        (Phase::Active, 4 | 5) if kind == Kind::RouterInterface => {
            let mut peering = spec(&run.system, place, Kind::VpcPeering, OnFailure::Keep);
            peering["migrate"] = true.into();
            run.put(peering).await;
        }
        (Phase::Paused, 0..=5) => run.command(name, "resume").await,
        (Phase::Failed | Phase::Stuck, 0) => run.command(name, "abandon").await,
        (Phase::Failed | Phase::Stuck | Phase::RolledBack, _) => run.command(name, "retry").await,
        _ => {}
    }
}

/// The record's spec with other ranges, rules or bandwidth.
fn other(record: &Connection, rng: &mut fastrand::Rng) -> Value {
    let mut spec = json!(record.spec);
    if record.summary.kind == Kind::PrivateLink {
        match rng.u8(..3) {
            0 => spec["provider"]["bandwidth_mbps"] = [200, 1024][rng.usize(..2)].into(),
            1 => {
                let backends = &mut spec["provider"]["load_balancer"]["create"]["backends"];
                backends[1]["weight"] = [0, 50, 100][rng.usize(..3)].into();
            }
            _ => {
                let accounts = [json!([]), json!(["1000000000000077"])];
                spec["provider"]["service"]["allowed_accounts"] = accounts[rng.usize(..2)].clone();
            }
        }
        return spec;
    }
    match rng.u8(..3) {
        0 => spec["initiator"]["cidr_blocks"] = json!([(["192.168.0.0/16", "192.168.0.0/24"][rng.usize(..2)])]),
        1 => spec["acceptor"]["security_groups"][0]["protocol"] = ["all", "icmp"][rng.usize(..2)].into(),
        _ if record.summary.kind == Kind::RouterInterface => {
            spec["spec"] = ["Mini.2", "Small.1"][rng.usize(..2)].into()
        }
        _ => spec["labels"] = json!({"number": rng.u8(..).to_string()}),
    }
    spec
}

/// The record's spec with other subnets, ranges or rules.
fn other_on_jd(run: &Run, record: &Connection, rng: &mut fastrand::Rng) -> Value {
    let mut spec = json!(record.spec);
    match rng.u8(..3) {
        0 => {
            let alias = ["jd-a", "jd-b"][rng.usize(..2)];
            let subnets = &run.system.account(alias).vpcs[0].vswitches;
            let side = if alias == "jd-a" { "initiator" } else { "acceptor" };
            spec[side]["subnet_ids"] = match rng.usize(..=subnets.len()) {
                0 => json!([]),
                number => json!([subnets[number - 1].vswitch_id]),
            };
        }
        1 => spec["acceptor"]["cidr_blocks"] = json!([(["172.16.0.0/16", "172.16.0.0/24"][rng.usize(..2)])]),
        _ => spec["acceptor"]["security_groups"][0]["protocol"] = ["all", "icmp"][rng.usize(..2)].into(),
    }
    spec
}

/// The weather clears, and everything goes.
async fn finish(run: &mut Run) -> Result<(), String> {
    run.chaos.set_bad(false);
    run.mishaps.cease();
    for name in NAMES.into_iter().take(run.specs.len()) {
        for _ in 0..REMOVALS {
            run.remove(name).await?;
            let record = run.system.at_rest_some_time(name).await;
            run.tell(&record);
            if record.phase() == Phase::Removed {
                break;
            }
        }
    }
    let inventory = run.system.inventory().await;
    inventory.is_empty()?;
    // The sweep tidies up what dying processes left lying about.
    tokio::time::sleep(Duration::from_secs(12 * 60)).await;
    let markers = run.system.open_markers().await;
    if !markers.is_empty() {
        return Err(format!("markers were left behind: {markers:?}"));
    }
    let visitors = run.system.visitors_of_lanes().await;
    if !visitors.is_empty() {
        return Err(format!("lanes are not empty: {visitors:?}"));
    }
    let conflicts = conflicts(&run.system);
    if conflicts > MOST_CONFLICTS {
        return Err(format!("{conflicts} changes of routes met another one of the same VPC"));
    }
    run.system.end().await;
    Ok(())
}

/// How many changes of routes were refused because another one of the VPC was under way.
fn conflicts(system: &System) -> usize {
    let conflicts = |outcome: &Outcome| matches!(outcome, Outcome::Refused { code } if code == "TaskConflict");
    system.cloud.calls().iter().filter(|call| conflicts(&call.outcome)).count()
}

#[test]
fn whatever_the_weather_nothing_is_made_twice_and_nothing_is_left_behind() {
    play_seeds(SEEDS, play);
}

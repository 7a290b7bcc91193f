//! Random schedules by seed: bad weather, dying processes, lost answers, impatient people. Whatever happens, the invariants
//! hold, and once the weather clears everything can be removed without a trace.
//!
//! `CAUSEWAY_SEEDS` says how many seeds to run (200 unless set), `CAUSEWAY_SEED` runs one alone. `scripts/simulate` does
//! both.

use std::sync::Arc;
use std::time::Duration;

use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::on_virtual_time;
use causeway_tests::weather::Weather;
use causeway_tests::world::World;
use http::Method;
use serde_json::Value;

const NAME: &str = "qingdao-beijing";
/// Seeds that run unless told otherwise.
const SEEDS: u64 = 200;
/// How often a person retries what failed or got stuck before the weather clears.
const RETRIES: usize = 5;

/// What one seed came to.
struct Run {
    mishaps: Arc<Mishaps>,
    weather: Arc<Weather>,
    world: World,
    story: Vec<String>,
}

impl Run {
    async fn look(&self) -> Result<causeway_tests::inventory::Inventory, String> {
        self.weather.set_bad(false);
        let inventory = self.world.inventory().await;
        self.weather.set_bad(true);
        inventory.has_no_duplicates()?;
        Ok(inventory)
    }

    fn tell(&mut self, record: &Value) {
        let stop = record["stop"]["what"].as_str().unwrap_or_default();
        self.story.push(format!("{} at {} {stop}", record["phase"], record["step"]));
    }
}

async fn play(seed: u64) -> Result<(), String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut dice = rng.fork();
    let deadly = rng.u64(0..30);
    let mishaps = Mishaps::new(move |_| (dice.u64(..1000) < deadly).then(|| Mishap::ALL[dice.usize(..4)]));
    let weather = Arc::new(Weather::of(rng.u64(..)));
    let world = World::new(seed, mishaps.clone()).await;
    world.cloud.shared().faults.set_plan(weather.clone());
    let mut run = Run { mishaps, weather, world, story: Vec::new() };
    let ended = act(&mut run, &mut rng).await;
    ended.map_err(|wrong| {
        let (story, mishaps) = (run.story.join(" -> "), run.mishaps.log());
        format!(
            "seed {seed}: {wrong}\n  story: {story}\n  mishaps: {mishaps:#?}\n  replay: scripts/simulate --seed {seed}"
        )
    })
}

async fn act(run: &mut Run, rng: &mut fastrand::Rng) -> Result<(), String> {
    let mut spec = run.world.tutorial();
    spec["on_failure"] = if rng.bool() { "rollback" } else { "keep" }.into();
    let path = format!("/v1/connections/{NAME}");
    run.world.post(&spec).await.map_err(|refused| format!("not accepted: {refused:?}"))?;
    if rng.u8(..) < 80 {
        tokio::time::sleep(Duration::from_millis(rng.u64(..40_000))).await;
        run.story.push("somebody removes it early".to_owned());
        run.world.ask(Method::DELETE, &path).await.map_err(|refused| format!("removal refused: {refused:?}"))?;
    }
    for _ in 0..RETRIES {
        let record = run.world.at_rest(NAME).await;
        run.tell(&record);
        let inventory = run.look().await?;
        match record["phase"].as_str().unwrap_or_default() {
            "active" => {
                inventory.is_one_connection()?;
                break;
            }
            "removed" => {
                inventory.is_empty()?;
                break;
            }
            "rolled-back" => inventory.is_empty()?,
            "failed" | "stuck" => {
                let stop = &record["stop"];
                if stop["what"].as_str().is_none_or(str::is_empty) || stop["to_go_on"].is_null() {
                    return Err(format!("it stopped without saying why or what to do: {record:#}"));
                }
            }
            other => return Err(format!("at rest, but {other}")),
        }
        // Somebody else may have been faster, for a request whose answer was lost was carried out all the same.
        let _ = run.world.ask(Method::POST, &format!("{path}/retry")).await;
    }
    finish(run, &path).await
}

/// The weather clears, and everything goes.
async fn finish(run: &mut Run, path: &str) -> Result<(), String> {
    run.weather.set_bad(false);
    run.mishaps.cease();
    for _ in 0..RETRIES {
        run.world.ask(Method::DELETE, path).await.map_err(|refused| format!("removal refused: {refused:?}"))?;
        let record = run.world.at_rest(NAME).await;
        run.tell(&record);
        if record["phase"] == "removed" {
            break;
        }
    }
    let inventory = run.world.inventory().await;
    inventory.is_empty()?;
    // The sweep tidies up what dying processes left lying about.
    tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    let markers = run.world.open_markers().await;
    if !markers.is_empty() {
        return Err(format!("markers were left behind: {markers:?}"));
    }
    run.world.end().await;
    Ok(())
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

#[test]
fn whatever_the_weather_nothing_is_made_twice_and_nothing_is_left_behind() {
    let seeds = match variable("CAUSEWAY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("CAUSEWAY_SEEDS").unwrap_or(SEEDS),
    };
    let count = seeds.end - seeds.start;
    let failures: Vec<String> = seeds.filter_map(|seed| on_virtual_time(play(seed)).err()).collect();
    for failure in &failures {
        eprintln!("{failure}\n");
    }
    assert!(failures.is_empty(), "{} of {count} seeds failed", failures.len());
}

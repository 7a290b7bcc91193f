//! The same at random: what is shared, who goes when and beside whom, who comes, and what befalls requests meanwhile.
//!
//! `CAUSEWAY_SEEDS` says how many seeds to run (20 unless set), `CAUSEWAY_SEED` runs one alone.

use super::*;
use causeway_tests::chaos::Chaos;
use causeway_tests::often::play_seeds;

/// Seeds that run unless told otherwise.
const SEEDS: u64 = 20;
/// How often people ask for a removal until it is done: the last time the weather is fair.
const REMOVALS: usize = 5;

/// What one seed came to.
struct Run {
    sharing: Sharing,
    chaos: Arc<Chaos>,
    shared: Shared,
    log_of_run: Vec<String>,
}

impl Run {
    /// Asks for the removal of these at once, again and again, until all are gone.
    async fn removed(&mut self, going: &[usize]) -> Result<(), String> {
        let sharing = &self.sharing;
        sharing.served.lock().unwrap().retain(|(served, _)| going.iter().all(|number| *served != name(*number)));
        self.log_of_run.push(format!("{going:?} go"));
        let mut left = going.to_vec();
        for attempt in 1..=REMOVALS {
            if attempt == REMOVALS {
                self.fair();
            }
            for number in &left {
                // One that is gone already may be removed again.
                let path = format!("/v1/connections/{}", name(*number));
                let asked = sharing.system.ask::<Summary>(Method::DELETE, &path).await;
                if attempt == REMOVALS {
                    asked.map_err(|refused| format!("{}: {refused:?}", name(*number)))?;
                }
            }
            let mut still = Vec::new();
            for number in left {
                let record = sharing.system.at_rest_some_time(&name(number)).await;
                if record.phase() != Phase::Removed {
                    let stop = record.summary.failure.as_ref().map(|stopped| &stopped.failure.what);
                    self.log_of_run.push(format!("{number} is {} {stop:?}", record.phase()));
                    still.push(number);
                }
            }
            left = still;
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(format!("never removed: {left:?}"))
    }

    fn fair(&self) {
        self.chaos.set_bad(false);
        self.sharing.mishaps.cease();
    }

    /// Whoever stays is as it should be.
    async fn is_clean(&self) -> Result<(), String> {
        self.sharing.is_quiet()?;
        self.sharing.system.check_drift(&json!({})).await;
        let drift = self.sharing.system.drift().await;
        if drift.is_empty() { Ok(()) } else { Err(format!("{drift:#?}")) }
    }

    /// One more that shares the same sets out while the weather is what it is.
    async fn comes(&mut self, number: usize, first: &Connection) {
        let spec = self.shared.spec(&self.sharing.system, number, Some(first), &self.sharing.table);
        let refused = self.sharing.system.post(&spec).await.err();
        self.log_of_run.push(format!("{number} comes, {refused:?}"));
    }
}

async fn play(seed: u64) -> Result<(), String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let shared = Shared::ALL[rng.usize(..Shared::ALL.len())];
    let count = rng.usize(1..=3);
    let sharing = Sharing::built(shared, count, Mishaps::none()).await;
    let first = sharing.system.at_rest(&name(0)).await;
    let (mut dice, deadly) = (rng.fork(), rng.u64(0..30));
    let mishaps = sharing.mishaps.clone();
    mishaps.befall(move |_| (dice.u64(..1000) < deadly).then(|| Mishap::ALL[dice.usize(..4)]));
    let chaos = Arc::new(Chaos::of(rng.u64(..)));
    sharing.system.cloud.shared().faults.set_plan(chaos.clone());
    sharing.watch();
    let mut run = Run { sharing, chaos, shared, log_of_run: Vec::new() };
    let ended = act(&mut run, &mut rng, count, &first).await;
    ended.map_err(|wrong| {
        let log_of_run = run.log_of_run.join(" -> ");
        let mishaps = mishaps.log();
        format!("seed {seed}, {shared:?}: {wrong}\n  story: {log_of_run}\n  mishaps: {mishaps:#?}\n  replay: scripts/simulate --seed {seed}")
    })
}

async fn act(run: &mut Run, rng: &mut fastrand::Rng, count: usize, first: &Connection) -> Result<(), String> {
    let mut there: Vec<_> = (0..count).collect();
    rng.shuffle(&mut there);
    let mut comes = (count < 3 && rng.bool()).then_some(count);
    while !there.is_empty() {
        if rng.bool()
            && let Some(number) = comes.take()
        {
            run.comes(number, first).await;
            tokio::time::sleep(Duration::from_millis(rng.u64(..60_000))).await;
            there.push(number);
        }
        let going = there.split_off(rng.usize(..there.len()));
        run.removed(&going).await?;
        if rng.bool() {
            run.chaos.set_bad(false);
            run.is_clean().await?;
            run.chaos.set_bad(true);
        }
    }
    run.fair();
    run.sharing.is_quiet()?;
    run.sharing.nothing_is_left().await?;
    run.sharing.system.end().await;
    Ok(())
}

#[test]
fn whatever_the_weather_those_that_stay_are_served() {
    play_seeds(SEEDS, play);
}

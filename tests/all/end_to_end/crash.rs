//! Killed at any moment and started again: the result is the same as without.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use causeway_tests::process::{Api, Options, Up, functions_of, kill};
use connection::record::Phase;
use http::{Method, StatusCode};

/// How many clouds are killed side by side: most of a round is waiting.
const SIDE_BY_SIDE: usize = 4;

/// Runs `round` for every delay, in milliseconds, some at a time.
fn at_every(delays: &[u64], round: fn(Duration)) {
    let left = Mutex::new(delays.to_vec());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(delay) = { left.lock().unwrap().pop() } {
                    eprintln!("killed after {delay} ms");
                    round(Duration::from_millis(delay));
                }
            });
        }
    });
}

fn wait_for<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Sends a request and kills the cloud `delay` after, whether an answer has come or not. What it had started dies with it.
async fn kill_after(up: Up, delay: Duration, request: impl Future<Output = ()>) {
    let begun = Instant::now();
    let _ = tokio::time::timeout(delay, request).await;
    tokio::time::sleep(delay.saturating_sub(begun.elapsed())).await;
    let gateway = up.gateway().to_owned();
    up.kill();
    let begun = Instant::now();
    loop {
        let left = functions_of(&gateway);
        if left.is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "outlived the cloud: {left:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Posts the tutorial's connection under one idempotency key, as a client does that never saw its answer.
async fn post(api: &Api) {
    let key = [("idempotency-key", "the-only-one")];
    let answer = api.try_send(Method::POST, "/v1/connections", &key, &api.tutorial("tough").to_string()).await;
    if let Some(answer) = answer {
        answer.accepted();
    }
}

async fn remove(api: &Api) {
    if let Some(answer) = api.try_send(Method::DELETE, "/v1/connections/tough", &[], "").await {
        answer.accepted();
    }
}

async fn is_the_only_one(api: &Api) {
    let names: Vec<_> = api.listed().await.iter().map(|one| one.name.to_string()).collect();
    assert_eq!(names, ["tough"]);
}

fn built_and_removed(options: &Options, delay: Duration) {
    wait_for(async {
        let up = Up::start(options);
        let api = up.api();
        kill_after(up, delay, post(&api)).await;

        let up = Up::start(options);
        let api = up.api();
        post(&api).await;
        api.settled("tough", Phase::Active).await;
        api.inventory().await.is_one_connection().unwrap();
        is_the_only_one(&api).await;
        kill_after(up, delay, remove(&api)).await;

        let up = Up::start(options);
        let api = up.api();
        remove(&api).await;
        api.settled("tough", Phase::Removed).await;
        api.inventory().await.is_empty().unwrap();
        is_the_only_one(&api).await;
    });
}

#[test]
fn the_cloud_is_killed_with_functions_as_processes() {
    at_every(&[20, 60, 120, 200, 300, 420, 560, 720, 900, 1200, 1700, 2500], |delay| {
        let folder = tempfile::tempdir().unwrap();
        built_and_removed(&Options::spawning().with_state(folder.path()), delay);
    });
}

#[test]
fn the_cloud_is_killed_with_functions_in_process() {
    at_every(&[10, 50, 90, 150, 250, 350, 500, 650, 850, 1100], |delay| {
        let folder = tempfile::tempdir().unwrap();
        built_and_removed(&Options::default().with_state(folder.path()), delay);
    });
}

#[test]
#[ignore = "takes minutes; for a change of how work is stored or handed on"]
fn the_cloud_is_killed_at_every_hundredth_of_a_second() {
    let delays: Vec<u64> = (0..200).map(|place| place * 10).collect();
    at_every(&delays, |delay| {
        let folder = tempfile::tempdir().unwrap();
        built_and_removed(&Options::spawning().with_state(folder.path()), delay);
    });
    at_every(&delays[..120], |delay| {
        let folder = tempfile::tempdir().unwrap();
        built_and_removed(&Options::default().with_state(folder.path()), delay);
    });
}

/// Starts the cloud on `folder` again and again, and lets it work for as long as `moments` say, in milliseconds.
async fn live_shortly(folder: &Path, moments: &[u64], ask: impl AsyncFn(&Api)) -> Up {
    let options = Options::spawning().with_state(folder);
    for moment in moments {
        let up = Up::start(&options);
        let api = up.api();
        kill_after(up, Duration::from_millis(*moment), ask(&api)).await;
    }
    Up::start(&options)
}

#[test]
fn a_cloud_that_is_killed_over_and_over_gets_there_too() {
    let folder = tempfile::tempdir().unwrap();
    wait_for(async {
        let moments = [30, 250, 110, 400, 170, 600, 330, 90];
        let up = live_shortly(folder.path(), &moments, post).await;
        let api = up.api();
        post(&api).await;
        api.settled("tough", Phase::Active).await;
        api.inventory().await.is_one_connection().unwrap();
        up.kill();
        let up = live_shortly(folder.path(), &moments, remove).await;
        let api = up.api();
        remove(&api).await;
        api.settled("tough", Phase::Removed).await;
        api.inventory().await.is_empty().unwrap();
        is_the_only_one(&api).await;
    });
}

#[tokio::test]
async fn after_a_restart_everything_is_as_it_was_and_clients_go_on_with_the_same_secret() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().with_state(folder.path());
    let up = Up::start(&options);
    let (api, ready) = (up.api(), up.ready.clone());
    post(&api).await;
    let record = api.settled("tough", Phase::Active).await;
    let inventory = api.inventory().await;
    up.kill();

    let up = Up::start(&options);
    let api = up.api();
    assert_eq!(Some(&up.webhook().secret), ready.webhook.as_ref().map(|webhook| &webhook.secret));
    assert!(up.ready.accounts == ready.accounts, "keys and networks stay");
    assert_eq!(api.show("tough").await, record);
    assert_eq!(api.inventory().await, inventory);
    up.signal("TERM");
    assert!(up.ended().0.success());

    let up = Up::start(&options);
    assert_eq!(up.api().show("tough").await, record, "after an orderly stop, too");
}

#[tokio::test]
async fn a_cloud_that_is_stopped_in_order_in_the_middle_of_work_goes_on_when_it_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    for (spawn, moment) in [(true, 350), (false, 500), (true, 700)] {
        let options = Options { spawn, ..Options::default() }.with_state(folder.path());
        let up = Up::start(&options);
        post(&up.api()).await;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        up.signal("TERM");
        assert!(up.ended().0.success());
    }
    let up = Up::start(&Options::default().with_state(folder.path()));
    up.api().settled("tough", Phase::Active).await;
    up.api().inventory().await.is_one_connection().unwrap();
    is_the_only_one(&up.api()).await;
}

/// Kills every program of a step again and again, `pause` apart, for a while.
async fn hunt(gateway: &str, pause: Duration) -> usize {
    let (begun, mut killed) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(pause).await;
        for prey in functions_of(gateway).iter().filter(|prey| prey.is_program && prey.name != "webhook") {
            kill(prey.id, "KILL");
            killed += 1;
        }
    }
    killed
}

/// A connection is built and removed while its functions are killed every `pause`.
fn hunted(pause: Duration) {
    wait_for(async {
        let up = Up::start(&Options::spawning());
        let (api, gateway) = (up.api(), up.gateway());
        post(&api).await;
        assert!(hunt(gateway, pause).await > 0, "nothing was killed");
        api.settled("tough", Phase::Active).await;
        api.inventory().await.is_one_connection().unwrap();
        remove(&api).await;
        assert!(hunt(gateway, pause).await > 0, "nothing was killed");
        api.settled("tough", Phase::Removed).await;
        api.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn functions_that_are_killed_again_and_again_get_there_too() {
    at_every(&[25, 60, 110, 180, 270, 390], hunted);
}

#[tokio::test]
async fn a_webhook_that_is_killed_in_the_middle_of_a_request_accepts_it_once() {
    let up = Up::start(&Options::spawning());
    let (api, gateway) = (up.api(), up.gateway());
    for delay in [0, 5, 15, 30, 50, 80] {
        let name = format!("w-{delay}");
        let (spec, key) = (api.tutorial(&name).to_string(), [("idempotency-key", name.as_str())]);
        let asked = api.try_send(Method::POST, "/v1/connections", &key, &spec);
        let killed = async {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            for prey in functions_of(gateway).iter().filter(|prey| prey.is_program && prey.name == "webhook") {
                kill(prey.id, "KILL");
            }
        };
        tokio::join!(asked, killed);
        // The platform may answer for the dead, as it does in the cloud; a client asks again.
        let accepted = loop {
            let answer = api.send(Method::POST, "/v1/connections", &key, &spec).await;
            if answer.status != StatusCode::BAD_GATEWAY {
                break answer.accepted();
            }
        };
        assert_eq!(accepted.name.as_str(), name);
        api.settled(&name, Phase::Active).await;
        api.inventory().await.is_one_connection().unwrap();
        api.removed(&name).await;
        api.inventory().await.is_empty().unwrap();
    }
}

//! Functions that are real processes.

use std::path::PathBuf;
use std::process::Command;

use super::*;

/// The example `echo_bootstrap`.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let example: PathBuf = here.ancestors().nth(2).unwrap().join("examples/echo_bootstrap");
    assert!(example.exists(), "{} is missing: cargo build -p causeway-local-fc --examples", example.display());
    example
}

/// Whether a process runs. A zombie does not.
fn runs(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn invoke(world: &World, event: &'static str) -> (Outcome, String) {
    let (outcome, body) = world.fc.invoke("worker", event).await.unwrap();
    (outcome, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_process_is_called_judged_replaced_when_it_dies_and_ended() {
    let world = World::new();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&lines);
    let launcher = SpawnLauncher::new(program()).with_variable("EXTRA", "there").with_sink(Arc::new(move |output| {
        note.lock().unwrap().push((output.function.to_owned(), output.line.to_owned(), output.is_error));
    }));
    world
        .deploy(
            &function(", Timeout: 2, EnvironmentVariables: {MINE: here}").replace("Timeout: 60, ", ""),
            Arc::new(launcher),
        )
        .await
        .unwrap();
    assert_eq!(invoke(&world, "hello").await, (Outcome::Succeeded, "hello".into()));
    assert_eq!(invoke(&world, "env MINE").await.1, "here");
    assert_eq!(invoke(&world, "env EXTRA").await.1, "there");
    assert_eq!(invoke(&world, "env CARGO_MANIFEST_DIR").await.1, "", "nothing of ours is inherited");
    assert_eq!(invoke(&world, "header x-fc-control-path").await.1, "/invoke");
    assert_eq!(invoke(&world, "fail").await.0, Outcome::Failed("asked to fail".into()));
    let (_, first) = invoke(&world, "pid").await;
    assert_eq!(invoke(&world, "pid").await.1, first, "one process answers them all");
    let (outcome, _) = invoke(&world, "exit").await;
    let expected = "Process exited unexpectedly before completing request (exit status: 3)";
    assert_eq!(outcome, Outcome::Exited(expected.into()));
    let (_, second) = invoke(&world, "pid").await;
    assert_ne!(second, first);

    // Killed while idle: the next call gets a new process, at the price of one failed call at most.
    assert!(Command::new("kill").args(["-KILL", &second]).status().unwrap().success());
    let (mut outcome, mut third) = invoke(&world, "pid").await;
    if !outcome.is_success() {
        (outcome, third) = invoke(&world, "pid").await;
    }
    assert!(outcome.is_success() && third != second);
    assert_eq!(invoke(&world, "hang").await.0, Outcome::TimedOut);
    world.stop().await;
    assert!(!runs(&first) && !runs(&second) && !runs(&third));
    let lines = lines.lock().unwrap();
    let has = |begin: &str, is_error| {
        lines.iter().any(|(f, line, err)| f == "worker" && line.starts_with(begin) && *err == is_error)
    };
    assert!(has("FC Invoke Start RequestId: 1-", false) && has("FC Invoke End RequestId: 1-", true), "{lines:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_or_ends_at_once_is_named() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("bootstrap");
    world.deploy(&function(""), Arc::new(SpawnLauncher::new(&script))).await.unwrap();
    let (outcome, _) = invoke(&world, "x").await;
    assert!(outcome.message().contains("there is no program at"), "{outcome:?}");
    std::fs::write(&script, "#!/bin/sh\necho 'the secret is missing'\necho 'I give up' >&2\nexit 7\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (outcome, _) = invoke(&world, "x").await;
    assert!(
        outcome.message().contains("ended before it listened") && outcome.message().contains("exit status: 7"),
        "{outcome:?}"
    );
    for said in ["\n  the secret is missing", "\n  I give up"] {
        assert!(outcome.message().contains(said), "what it printed is told: {outcome:?}");
    }
    world.stop().await;
}

/// Not a test of its own: what the next one starts as a process, in order to kill it.
#[tokio::test]
async fn helper_that_starts_a_process_and_waits() {
    let Ok(report) = std::env::var("GUARD_REPORT") else { return };
    let world = World::new();
    world.deploy(&function(""), Arc::new(SpawnLauncher::new(program()))).await.unwrap();
    let (_, pid) = invoke(&world, "pid").await;
    std::fs::write(report, pid).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn no_process_outlives_us_even_when_we_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mut ourselves = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::process::helper_that_starts_a_process_and_waits"])
        .env("GUARD_REPORT", &report)
        .spawn()
        .unwrap();
    let world = World::new();
    world.until("the process reports", || std::fs::read_to_string(&report).is_ok_and(|text| !text.is_empty())).await;
    let pid = std::fs::read_to_string(&report).unwrap();
    assert!(runs(&pid));
    ourselves.kill().unwrap();
    ourselves.wait().unwrap();
    world.until("the process is gone", || !runs(&pid)).await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a process of its own takes real time")]
async fn a_message_is_delivered_again_when_its_process_is_killed() {
    let now = jiff::Timestamp::now();
    let world = World::with(Storage::in_memory(), Clock::new(now, now, 100.0));
    let pids = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&pids);
    let launcher = SpawnLauncher::new(program()).with_sink(Arc::new(move |output| {
        note.lock().unwrap().extend(output.line.strip_prefix("lingering in ").map(str::to_owned));
    }));
    world.deploy(&fed_by_queue("", TOLERANT), Arc::new(launcher)).await.unwrap();
    world.fc.start().await;
    world.send("jobs", "linger");
    world.until("the call began", || pids.lock().unwrap().len() == 1).await;
    let first = pids.lock().unwrap()[0].clone();
    assert!(Command::new("kill").args(["-KILL", &first]).status().unwrap().success());
    world.until("it is through", || world.count("jobs") == 0).await;
    assert_eq!((pids.lock().unwrap().len(), world.count("dead")), (2, 0));
    let outcomes: Vec<Outcome> = world.fc.invocations_since(0).into_iter().map(|one| one.outcome).collect();
    let killed = "Process exited unexpectedly before completing request (signal: 9 (SIGKILL))";
    assert_eq!(outcomes, [Outcome::Exited(killed.into()), Outcome::Succeeded]);
    world.stop().await;
}

//! The pipelines of examples/, run as their runners do.

use std::path::Path;
use std::process::Command;

use causeway_tests::process::{Up, causeway};
use serde_json::Value;

use crate::end_to_end::common::{asks_webhook, both_answer, start};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// A shell as a runner has it: in a folder of its own, with the program in its path.
fn shell(up: &Up, folder: &Path, script: &str) -> (Option<i32>, String) {
    let webhook = up.webhook();
    let program = causeway();
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let mut bash = Command::new("bash");
    bash.args(["-e", "-o", "pipefail", "-c", script]).current_dir(folder).env("PATH", path);
    bash.env("GITHUB_STEP_SUMMARY", folder.join("summary.md")).env("EXAMPLES", EXAMPLES);
    bash.env("CAUSEWAY_WEBHOOK", &webhook.url).env("CAUSEWAY_WEBHOOK_SECRET", &webhook.secret);
    let output = bash.output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test]
async fn the_script_plans_and_applies_and_then_there_is_nothing_to_do() {
    let (up, api) = start();
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str| shell(&up, folder.path(), &format!("\"$EXAMPLES\"/pipelines/network.sh {command}"));
    let (code, printed) = run("plan \"$EXAMPLES\"/network");
    assert!(code == Some(0) && printed.contains("| create | `frankfurt` | vpc-peering |"), "{printed}");
    assert_eq!(api.inventory().await.is_empty(), Ok(()), "a plan makes nothing");
    let (code, printed) = run("apply");
    assert!(code == Some(0) && printed.contains("2 connections done, 0 unchanged"), "{printed}");
    both_answer(&api).await;
    let (code, printed) = run("apply");
    assert!(code == Some(0) && printed.contains("2 unchanged"), "{printed}");
    let (code, printed) = run("plan \"$EXAMPLES\"/network");
    assert!(code == Some(0) && printed.contains("nothing to do"), "{printed}");
    let (code, printed) = asks_webhook(&up, "plan", &[&format!("{EXAMPLES}/network"), "--env", "production"]);
    assert!(code == Some(2) && printed.contains("/on_failure: \"keep\" → \"rollback\""), "{printed}");
    let (code, printed) = run("plan /nowhere");
    assert!(code == Some(1) && printed.contains("/nowhere cannot be read"), "{printed}");
}

#[tokio::test]
async fn the_steps_of_the_workflow_run_in_turn() {
    let (up, api) = start();
    let folder = tempfile::tempdir().unwrap();
    let workflow = std::fs::read(format!("{EXAMPLES}/pipelines/github-actions.yml")).unwrap();
    let workflow: Value = strict::yaml(&workflow).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    std::os::unix::fs::symlink(format!("{EXAMPLES}/network"), folder.path().join("network")).unwrap();
    let steps = workflow["jobs"]["network"]["steps"].as_array().unwrap();
    let runs: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let (code, printed) = shell(&up, folder.path(), run);
        assert_eq!(code, Some(0), "{run}: {printed}");
    }
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.contains("### Causeway: 1 document to put, 2 to create, 0 unchanged"), "{summary}");
    both_answer(&api).await;
}

//! What a person does with connections at a terminal, by the program itself.

use std::process::Command;

use causeway_tests::process::{Up, causeway};
use connection::words::Kind;
use serde_json::{Value, json};

use crate::end_to_end::common::{asks_webhook, both_answer, neither_answers, refuse, start, text};

const NAME: &str = "qingdao-beijing";

/// A command that has to end like this.
fn must(up: &Up, ends_with: i32, line: &str) -> String {
    let mut words = line.split_whitespace();
    let (command, arguments) = (words.next().unwrap(), words.collect::<Vec<_>>());
    let (code, printed) = asks_webhook(up, command, &arguments);
    assert_eq!(code, Some(ends_with), "causeway {line}: {printed}");
    printed
}

#[tokio::test]
async fn every_verb_says_what_it_does_and_ends_with_what_came_of_it() {
    let (up, api) = start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("link.json");
    let mut spec = api.tutorial_by(Kind::VpcPeering, NAME);
    std::fs::write(&file, spec.to_string()).unwrap();
    let file = file.display();

    let planned = must(&up, 0, &format!("create -f {file} --dry-run"));
    assert!(planned.contains("CreateVpcPeerConnection"), "{planned}");
    let made = must(&up, 0, &format!("create -f {file} --wait"));
    assert!(made.contains("✓ verify-reachability") && made.contains("is active"), "{made}");
    both_answer(&api).await;

    let shown = must(&up, 0, &format!("status {NAME}"));
    for word in
        ["peering", "pcc-", "route", "rule", "sgr-", "asked for by admin", "its spec is that of admin, generation 1"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let listed: Value = serde_json::from_str(&must(&up, 0, "list --json")).unwrap();
    assert_eq!(listed["connections"][0]["name"], NAME);

    // Nobody is there to answer, so nothing is cut.
    for line in [format!("remove {NAME}"), format!("change -f {file}")] {
        let asked = must(&up, 1, &line);
        assert!(asked.contains("--yes"), "{line}: {asked}");
    }
    both_answer(&api).await;
    spec["on_failure"] = json!("rollback");
    std::fs::write(folder.path().join("link.json"), spec.to_string()).unwrap();
    must(&up, 0, &format!("change -f {file} --yes --wait"));
    assert_eq!(api.show(NAME).await.summary.generation, 2);

    let planned = must(&up, 0, &format!("remove {NAME} --dry-run"));
    assert!(planned.contains("DeleteVpcPeerConnection"), "{planned}");
    must(&up, 0, &format!("remove {NAME} --yes --wait"));
    neither_answers(&api).await;
    let gone = must(&up, 1, &format!("retry {NAME}"));
    assert!(!gone.contains("panicked"), "{gone}");
    must(&up, 1, "remove nothing-of-this-name --yes");
    // The same file makes it again.
    must(&up, 0, &format!("create -f {file} --wait"));
    must(&up, 0, &format!("create -f {file} --wait"));
    must(&up, 0, &format!("remove {NAME} --yes --wait"));

    std::fs::write(folder.path().join("link.json"), api.tutorial_by(Kind::RouterInterface, NAME).to_string()).unwrap();
    must(&up, 0, &format!("create -f {file} --wait"));
    must(&up, 0, &format!("pause {NAME} --yes --wait"));
    neither_answers(&api).await;
    let shown = must(&up, 0, &format!("status {NAME}"));
    assert!(shown.contains(&format!("causeway resume {NAME}")), "{shown}");
    must(&up, 0, &format!("resume {NAME} --wait"));
    both_answer(&api).await;
}

#[tokio::test]
async fn what_stopped_says_why_and_which_commands_go_on() {
    let (up, api) = start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("link.yml");
    std::fs::write(&file, api.tutorial_by(Kind::VpcPeering, NAME).to_string()).unwrap();
    refuse(&api, "AcceptVpcPeerConnection", "b", "Forbidden.RAM").await;
    let failed = must(&up, 1, &format!("create --wait -f {}", file.display()));
    assert!(failed.contains("Forbidden.RAM"), "{failed}");
    let shown = must(&up, 1, &format!("status {NAME}"));
    for command in ["retry", "remove", "abandon"] {
        assert!(shown.contains(&format!("causeway {command} {NAME}")), "{shown}");
    }
    api.clear_faults().await;
    must(&up, 0, &format!("retry {NAME} --wait"));
    must(&up, 0, &format!("status {NAME}"));
    let found = must(&up, 0, "approvals");
    assert!(found.contains("0 endpoints not connected"), "{found}");
    must(&up, 1, "approvals approve epsrv-nobody ep-nowhere --reason because");
    must(&up, 2, "approvals approve epsrv-nobody ep-nowhere");
}

#[tokio::test]
async fn a_context_is_kept_once_its_secret_works_and_forgotten_again() {
    let (up, _api) = start();
    let home = tempfile::tempdir().unwrap();
    let run = |line: &str, secret: &str| {
        let mut program = Command::new(causeway());
        program.args(line.split_whitespace()).env_clear().env("CAUSEWAY_HOME", home.path());
        let output = program.env("CAUSEWAY_WEBHOOK_SECRET", secret).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let webhook = up.webhook();
    let wrong = "whsec_bm90aGluZy10aGF0LWFueWJvZHktaGFz";
    let login = format!("login here --webhook {}", webhook.url);
    let (code, printed) = run(&login, wrong);
    assert!(code == Some(1) && !printed.contains("is kept"), "{printed}");
    assert!(run("context list", "").1.contains("0 contexts"));
    let (code, printed) = run(&login, &webhook.secret);
    assert!(code == Some(0) && printed.contains("context here is kept, and commands use it"), "{printed}");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(home.path().join("contexts.json")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(run("list", "").0, Some(0));
    let (code, printed) = run("context check", "");
    assert!(code == Some(0) && printed.contains("answers"), "{printed}");
    let listed: Value = serde_json::from_str(&run("context list --json", "").1).unwrap();
    assert_eq!((text(&listed["current"]), listed.to_string().contains(&webhook.secret)), ("here", false));
    assert_eq!(run("context remove here", "").0, Some(0));
    assert_eq!((run("list", "").0, run("context use here", "").0), (Some(1), Some(1)));
}

#[test]
fn shells_and_man_know_every_command() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(causeway()).args(arguments).current_dir(home.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("approvals") && script.contains("max-unavailable"), "{shell}");
    }
    run(&["man", "pages"]);
    let page = std::fs::read_to_string(home.path().join("pages/causeway-apply.1")).unwrap();
    assert!(page.contains("max\\-unavailable"), "{page}");
}

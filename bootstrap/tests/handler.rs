//! The program starts the function that its environment names, and no other.

use std::process::{Command, Output};

use bootstrap::{HANDLER, functions};

/// Runs the program with these variables alone. Without settings no function runs on.
fn run(variables: &[(&str, &str)]) -> (bool, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_bootstrap"))
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("the program starts");
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[test]
fn without_a_known_name_it_ends_and_lists_the_names_that_there_are() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "FC_FUNCTION_HANDLER is not set"),
        (&[(HANDLER, "")], "FC_FUNCTION_HANDLER is not set"),
        (&[(HANDLER, "bootstrap")], r#"\"bootstrap\", which is no function"#),
        (&[(HANDLER, "Webhook")], r#"\"Webhook\", which is no function"#),
    ];
    for (variables, words) in cases {
        let (succeeded, said) = run(variables);
        assert!(!succeeded && said.contains(words), "{variables:?}: {said}");
        for (name, _) in functions() {
            assert!(said.contains(name), "{name} is not listed: {said}");
        }
    }
}

#[test]
fn with_a_name_that_function_starts_and_asks_for_its_own_settings() {
    let platform = [("FC_ACCOUNT_ID", "1000000000000001"), ("FC_REGION", "cn-hangzhou")];
    let settings = [("CAUSEWAY_STORE", "oss://records"), ("CAUSEWAY_DRIFT_EVERY_MINUTES", "1")];
    for (name, _) in functions() {
        let (succeeded, said) = run(&[(HANDLER, name)]);
        assert!(!succeeded && !said.contains("is no function"), "{name}: {said}");
        assert!(said.contains("CAUSEWAY_"), "{name} says which setting is missing: {said}");
    }
    // What the webhook alone asks for, and what notify alone.
    let webhook = run(&[&[(HANDLER, "webhook")][..], &platform, &settings].concat()).1;
    assert!(webhook.contains("CAUSEWAY_AUDIT_KEY"), "{webhook}");
    let sweep = run(&[&[(HANDLER, "sweep-endpoints")][..], &platform, &settings].concat()).1;
    assert!(sweep.contains("CAUSEWAY_AUDIT_VERIFIERS is missing"), "{sweep}");
}

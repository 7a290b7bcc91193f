//! Files that are not as they should be.

use super::*;

const KEY: &str = r#"{"name":"p","mode":"AK","access_key_id":"a","access_key_secret":"sesame"}"#;

#[tokio::test]
async fn a_file_that_does_not_read_is_told_of_by_line_and_repeats_nothing() {
    for (text, says) in [
        (
            "{\n  \"current\": \"p\",\n  \"profiles\": [sesame]\n}",
            "~/.aliyun/config.json, line 3, column 16: expected value",
        ),
        ("{\n  \"current\": \"p\",", "~/.aliyun/config.json, line 2, column 17: EOF while parsing a value"),
        ("", "~/.aliyun/config.json, line 1, column 0: EOF while parsing a value"),
        ("{}\nsesame", "~/.aliyun/config.json, line 2, column 1: trailing characters"),
        (
            "{\"profiles\": [\n{\"name\": \"p\",\n\"expired_seconds\": \"sesame\"}]}",
            "~/.aliyun/config.json, line 3, column 27: profiles[0].expired_seconds is not of the kind that it must be",
        ),
        (
            "{\"profiles\": [\n{\"access_key_secret\": 77777}]}",
            "~/.aliyun/config.json, line 2, column 27: profiles[0].access_key_secret is not of the kind that it must be",
        ),
        ("{}", "~/.aliyun/config.json names no current profile; choose one with --profile"),
        (r#"{"current":"p","profiles":null}"#, r#"~/.aliyun/config.json has no profile "p""#),
    ] {
        let said = Machine::new().file(".aliyun/config.json", text).says(PROFILES).await;
        assert!(said.starts_with(says), "{said}");
        assert!(!said.contains("sesame") && !said.contains("77777"), "{said}");
    }
}

#[tokio::test]
async fn the_ini_file_is_told_of_by_line_too() {
    let said = |text: &'static str| async move {
        Machine::new().file(".alibabacloud/credentials.ini", text).says("credentials.ini").await
    };
    for (text, says) in [
        ("[default]\ntype = access_key\n  sesame\n", "line 3, column 3: there is no `=` between a key and its value"),
        ("[default\nsesame = 1\n", "line 1, column 1: the name of a section does not end"),
        ("sesame = 1\n", "line 1, column 1: a value stands before the first section"),
        ("[default]\ntype = sts\nTYPE : sesame\n", "line 3, column 1: this key stands twice in its section"),
    ] {
        assert_eq!(said(text).await, format!("~/.alibabacloud/credentials.ini, {says}"));
    }
    assert_eq!(
        said("[other]\ntype = access_key\n").await,
        r#"~/.alibabacloud/credentials.ini has no profile "default"; it has "other""#
    );
    assert_eq!(
        said("[default]\ntype = rsa_key_pair\n").await,
        r#"profile "default" has mode "rsa_key_pair", which causeway cannot sign with"#
    );
    assert_eq!(
        said("[default]\ntype = access_key\naccess_key_id = a\n").await,
        r#"profile "default" (mode AK) has no access_key_secret"#
    );
}

#[tokio::test]
async fn every_type_of_the_ini_file_is_read_and_comments_within_lines_are_none_of_the_value() {
    let network = |seen: &Seen| match seen.parts.uri.host().unwrap() {
        "sts.aliyuncs.com" => assumed("role", LATER),
        "100.100.100.200" if seen.parts.uri.path() == "/latest/api/token" => answer(200, "t"),
        "100.100.100.200" if seen.parts.uri.path().ends_with("/ops") => answer(200, &session("ecs", LATER)),
        _ => silence(),
    };
    for (section, key) in [
        ("type = access_key\naccess_key_id = a # mine\naccess_key_secret = b\\n\"c", "a b\\n\"c -"),
        ("type=sts\naccess_key_id=a\naccess_key_secret=b\nsecurity_token=t", "a b t"),
        (
            "type = ram_role_arn\naccess_key_id = id-1\naccess_key_secret = secret-1\nrole_arn = acs:ram::1:role/x\nrole_session_name = s-1",
            "role of-role t-role",
        ),
        ("type = ecs_ram_role\nrole_name = ops", "ecs of-ecs t-ecs"),
    ] {
        let text = format!("; comment\n[other]\ntype = access_key\n[default]\n{section}\n");
        let machine = Machine::with_network(network).file(".alibabacloud/credentials.ini", &text);
        assert_eq!(machine.key().await, key, "{section}");
    }
    let elsewhere = Machine::new();
    let path = elsewhere.home.path().join("keys.ini");
    std::fs::write(&path, "[default]\ntype=access_key\naccess_key_id=a\naccess_key_secret=b\n").unwrap();
    permit(&path, 0o600);
    let elsewhere = elsewhere.set("ALIBABA_CLOUD_CREDENTIALS_FILE", path.to_str().unwrap());
    assert_eq!(elsewhere.key().await, "a b -");
}

#[tokio::test]
async fn a_file_that_others_can_read_is_warned_of_once_it_is_used() {
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o620, true)] {
        let machine = Machine::new().profiles(KEY);
        permit(&machine.home.path().join(".aliyun/config.json"), mode);
        let warnings = machine.find().await.unwrap().warnings;
        assert_eq!(!warnings.is_empty(), warned, "{mode:o}: {warnings:?}");
        if warned {
            let says = format!("others can read or write it (mode {mode:04o}); run `chmod 600 ~/.aliyun/config.json`");
            assert!(warnings[0].contains(&says), "{warnings:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_file_or_too_large_or_no_text_is_not_read() {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.home.path().join(".aliyun/config.json")).unwrap();
    assert_eq!(machine.says(PROFILES).await, "~/.aliyun/config.json cannot be read: it is no file");
    let large = " ".repeat(1024 * 1024 + 1);
    let said = Machine::new().file(".aliyun/config.json", &large).says(PROFILES).await;
    assert_eq!(said, "~/.aliyun/config.json cannot be read: it is larger than 1 MiB");
    let machine = Machine::new().profiles(KEY);
    std::fs::write(machine.home.path().join(".aliyun/config.json"), b"\xff\xfe").unwrap();
    assert_eq!(machine.says(PROFILES).await, "~/.aliyun/config.json cannot be read: it is not UTF-8");
}

#[tokio::test]
async fn a_byte_order_mark_and_fields_of_others_do_no_harm() {
    let text =
        format!("\u{feff}{{\"current\":\"p\",\"new\":{{}},\"profiles\":[{}]}}", KEY.replace('}', r#","x":[1]}"#));
    assert_eq!(Machine::new().file(".aliyun/config.json", &text).key().await, "a sesame -");
}

#[tokio::test]
async fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let evil = "p\u{1b}[2J\u{202e}\nforged: line";
    let json = serde_json::to_string(evil).unwrap();
    let profiles = [
        format!(r#"{{"current":{json},"profiles":[]}}"#),
        format!(r#"{{"current":{json},"profiles":[{{"name":{json},"mode":{json}}}]}}"#),
        format!(r#"{{"current":{json},"profiles":[{{"name":{json},"mode":"AK"}}]}}"#),
        format!(r#"{{"current":{json},"profiles":[{{"name":{json},"mode":"CloudSSO"}}]}}"#),
        format!(
            r#"{{"current":{json},"profiles":[{{"name":{json},"mode":"ChainableRamRoleArn","source_profile":{json}}}]}}"#
        ),
        format!(r#"{{"current":{json},"profiles":[{{"name":{json},"mode":"EcsRamRole","ram_role_name":{json}}}]}}"#),
        format!(r#"{{"current":"q","profiles":[{{"name":{json}}}]}}"#),
    ];
    for text in profiles {
        let machine = Machine::new().file(".aliyun/config.json", &text);
        let none = machine.find().await.unwrap_err().to_string();
        assert_eq!(none.lines().count(), 7, "a line each: {none}");
        assert!(!none.chars().any(|sign| sign != '\n' && strict::is_unseen(sign)), "{none:?}");
    }
    let text = format!(
        r#"{{"current":{json},"profiles":[{{"name":{json},"mode":"AK","access_key_id":"a","access_key_secret":"b"}}]}}"#
    );
    let found = Machine::new().file(".aliyun/config.json", &text).find().await.unwrap();
    assert!(!found.origin.chars().any(strict::is_unseen), "{:?}", found.origin);
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_secret() {
    let found = Machine::new().profiles(KEY).find().await.unwrap();
    let lease = crate::credentials::Source::Profile(None).lease(&Machine::new().profiles(KEY).here()).await.unwrap();
    let shown = format!("{found:?} {lease:?} {} {:?}", found.origin, found.warnings);
    assert!(!shown.contains("sesame"), "{shown}");
}

//! Each mode of a profile.

use super::*;

/// STS as far as it is needed: each role that is taken on has a key named after it.
fn roles(seen: &Seen) -> Result<Response<String>, TransportError> {
    let form: BTreeMap<_, _> =
        cloud_signing::encode::form_pairs(seen.parts.uri.query().unwrap_or_default()).into_iter().collect();
    match (seen.header("x-acs-action"), seen.parts.uri.path()) {
        (Some("AssumeRole"), _) => assumed(form["RoleArn"].rsplit('/').next().unwrap(), LATER),
        (None, "/latest/api/token") => answer(200, "token"),
        (None, "/latest/meta-data/ram/security-credentials/") => answer(200, "server"),
        (None, "/latest/meta-data/ram/security-credentials/server") => answer(200, &session("server", LATER)),
        _ => silence(),
    }
}

/// The query of the `AssumeRole` calls, decoded.
fn asked(machine: &Machine) -> Vec<Vec<(String, String)>> {
    let seen = machine.cloud.seen().into_iter().filter(|seen| seen.header("x-acs-action").is_some());
    seen.map(|seen| cloud_signing::encode::form_pairs(seen.parts.uri.query().unwrap())).collect()
}

#[tokio::test]
async fn keys_stand_there_as_they_are() {
    for (profile, key) in [
        (r#"{"name":"p","mode":"AK","access_key_id":"a","access_key_secret":"b","sts_token":"stale"}"#, "a b -"),
        (r#"{"name":"p","mode":"ak","access_key_id":"a","access_key_secret":"b"}"#, "a b -"),
        (r#"{"name":"p","mode":"StsToken","access_key_id":"a","access_key_secret":"b","sts_token":"t"}"#, "a b t"),
        // Without a mode the fields speak, as the official command line lets them.
        (r#"{"name":"p","mode":"","access_key_id":"a","access_key_secret":"b","sts_token":"t"}"#, "a b t"),
        (r#"{"name":"p","access_key_id":"a","access_key_secret":"b","sts_token":""}"#, "a b -"),
    ] {
        assert_eq!(Machine::new().profiles(profile).key().await, key, "{profile}");
    }
}

#[tokio::test]
async fn what_a_profile_leaves_empty_the_environment_fills() {
    for prefix in ["ALIBABACLOUD_", "ALICLOUD_", ""] {
        let machine = Machine::new()
            .profiles(r#"{"name":"p","mode":"StsToken","access_key_id":"","access_key_secret":"b"}"#)
            .set(&format!("{prefix}ACCESS_KEY_ID"), "from-env")
            .set(&format!("{prefix}SECURITY_TOKEN"), "t");
        assert_eq!(machine.key().await, "from-env b t", "{prefix}");
    }
}

#[tokio::test]
async fn a_role_is_taken_on_with_all_that_the_profile_says() {
    let machine = Machine::with_network(roles).profiles(
        r#"{"name":"p","mode":"RamRoleArn","access_key_id":"id-1","access_key_secret":"secret-1",
            "ram_role_arn":"acs:ram::1000000000000002:role/ops","ram_session_name":"ann","expired_seconds":900,
            "external_id":"ex-1","sts_region":"cn-beijing","region_id":"cn-qingdao"}"#,
    );
    assert_eq!(machine.key().await, "ops of-ops t-ops");
    let seen = machine.cloud.only();
    assert_eq!(seen.parts.uri.host(), Some("sts.cn-beijing.aliyuncs.com"));
    let expected = [
        ("RoleArn", "acs:ram::1000000000000002:role/ops"),
        ("RoleSessionName", "ann"),
        ("DurationSeconds", "900"),
        ("ExternalId", "ex-1"),
    ];
    let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(asked(&machine), [expected]);
    assert_eq!(machine.find().await.unwrap().origin, r#"profile "p" (mode RamRoleArn) of ~/.aliyun/config.json"#);
}

#[tokio::test]
async fn where_sts_is_reached_follows_profile_environment_and_gateway() {
    let host = |fields: &'static str, variables: &'static [(&str, &str)], gateway: Option<&'static str>| async move {
        let profile = format!(
            r#"{{"name":"p","mode":"RamRoleArn","access_key_id":"id-1","access_key_secret":"secret-1",
                "ram_role_arn":"acs:ram::1:role/ops","ram_session_name":"ann"{fields}}}"#
        );
        let machine = Machine::with_network(roles).profiles(&profile);
        let machine = variables.iter().fold(machine, |machine, (name, value)| machine.set(name, value));
        let mut here = machine.here();
        here.gateway = gateway.map(|base| crate::Gateway::new(base).unwrap());
        find(&here, None).await.unwrap();
        machine.cloud.only().parts.uri.authority().unwrap().to_string()
    };
    const REGION: (&str, &str) = ("ALIBABA_CLOUD_STS_REGION", "cn-beijing");
    const INSIDE: (&str, &str) = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");
    assert_eq!(host("", &[], None).await, "sts.aliyuncs.com");
    assert_eq!(host("", &[REGION], None).await, "sts.cn-beijing.aliyuncs.com");
    assert_eq!(host("", &[REGION, INSIDE], None).await, "sts-vpc.cn-beijing.aliyuncs.com");
    assert_eq!(host(r#","sts_region":"eu-central-1""#, &[REGION], None).await, "sts.eu-central-1.aliyuncs.com");
    assert_eq!(host(r#","sts_endpoint":"sts.example""#, &[REGION], None).await, "sts.example");
    assert_eq!(host(r#","sts_endpoint":"sts.example""#, &[], Some("http://127.0.0.1:4600")).await, "127.0.0.1:4600");

    for (fields, says) in [
        (
            r#","sts_region":"cn-a.evil.example""#,
            "sts_region of profile \"p\" is not what it must be: a region must be",
        ),
        (
            r#","sts_endpoint":"a@evil.example""#,
            "sts_endpoint of profile \"p\" is not what it must be: an endpoint must be",
        ),
    ] {
        let profile = format!(
            r#"{{"name":"p","mode":"RamRoleArn","access_key_id":"a","access_key_secret":"b","ram_role_arn":"acs:ram::1:role/x"{fields}}}"#
        );
        let said = Machine::new().profiles(&profile).says(PROFILES).await;
        assert!(said.starts_with(says), "{said}");
    }
}

#[tokio::test]
async fn roles_are_taken_on_one_after_the_other() {
    let machine = Machine::with_network(roles).profiles(
        r#"{"name":"p","mode":"ChainableRamRoleArn","source_profile":"q","ram_role_arn":"acs:ram::3:role/third","ram_session_name":"ann"},
           {"name":"q","mode":"RamRoleArn","access_key_id":"id-1","access_key_secret":"secret-1","ram_role_arn":"acs:ram::2:role/second","ram_session_name":"ann"}"#,
    );
    assert_eq!(machine.key().await, "third of-third t-third");
    let keys: Vec<_> =
        machine.cloud.seen().iter().map(|seen| seen.header("x-acs-security-token").map(str::to_owned)).collect();
    assert_eq!(keys, [None, Some("t-second".to_owned())]);

    // The older name of the mode, which starts from the server's role where no profile is named.
    let machine = Machine::with_network(roles).profiles(
        r#"{"name":"p","mode":"RamRoleArnWithRoleName","ram_role_name":"server","ram_role_arn":"acs:ram::3:role/third","ram_session_name":"ann"}"#,
    );
    assert_eq!(machine.key().await, "third of-third t-third");
    let machine = Machine::with_network(roles).profiles(
        r#"{"name":"p","mode":"RamRoleArnWithRoleName","source_profile":"q","ram_role_arn":"acs:ram::3:role/third","ram_session_name":"ann"},
           {"name":"q","mode":"AK","access_key_id":"id-1","access_key_secret":"secret-1"}"#,
    );
    assert_eq!(machine.key().await, "third of-third t-third");
}

#[tokio::test]
async fn profiles_that_name_each_other_are_told_of() {
    let link = |name: &str, source: &str| {
        format!(
            r#"{{"name":"{name}","mode":"ChainableRamRoleArn","source_profile":"{source}","ram_role_arn":"acs:ram::1:role/x","ram_session_name":"ann"}}"#
        )
    };
    for (profiles, says) in [
        (link("p", "p"), r#"profiles name each other as source_profile: "p" -> "p""#),
        (
            [link("p", "q"), link("q", "r"), link("r", "q")].join(","),
            r#"profiles name each other as source_profile: "p" -> "q" -> "r" -> "q""#,
        ),
        (link("p", "gone"), r#"~/.aliyun/config.json has no profile "gone"; it has "p""#),
    ] {
        assert_eq!(Machine::new().profiles(&profiles).says(PROFILES).await, says);
    }
}

#[tokio::test]
async fn the_role_of_the_server_by_name_or_as_it_is() {
    for profile in
        [r#"{"name":"p","mode":"EcsRamRole"}"#, r#"{"name":"p","mode":"EcsRamRole","ram_role_name":"server"}"#]
    {
        assert_eq!(Machine::with_network(roles).profiles(profile).key().await, "server of-server t-server");
        let off = Machine::with_network(roles).profiles(profile).set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
        assert!(off.says(PROFILES).await.ends_with("which ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids"));
    }
}

#[tokio::test]
async fn a_profile_takes_on_a_role_with_a_token_file() {
    let machine = Machine::with_network(|seen: &Seen| match seen.parts.uri.host() {
        Some("sts.aliyuncs.com") => assumed("oidc", LATER),
        _ => silence(),
    });
    let file = machine.home.path().join("token");
    std::fs::write(&file, "eyJ.x").unwrap();
    let profile = format!(
        r#"{{"name":"p","mode":"OIDC","ram_role_arn":"acs:ram::1:role/ci","oidc_provider_arn":"acs:ram::1:oidc-provider/ci","oidc_token_file":"{}","role_session_name":"run"}}"#,
        file.display()
    );
    let machine = machine.profiles(&profile);
    assert_eq!(machine.key().await, "oidc of-oidc t-oidc");
    assert!(machine.cloud.only().text().contains("RoleSessionName=run"));
}

#[tokio::test]
async fn an_address_hands_keys_out_unless_that_is_forbidden() {
    let profile = r#"{"name":"p","mode":"CredentialsURI","credentials_uri":"http://127.0.0.1:9/key"}"#;
    let network = |seen: &Seen| match seen.parts.uri.host() {
        Some("127.0.0.1") => answer(200, &session("uri", LATER)),
        _ => silence(),
    };
    assert_eq!(Machine::with_network(network).profiles(profile).key().await, "uri of-uri t-uri");
    let forbidden = Machine::with_network(network).profiles(profile).set("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "1");
    let said = forbidden.says(PROFILES).await;
    assert!(said.contains("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids"), "{said}");
}

const EXTERNAL: &str = r#"{"name":"p","mode":"External","process_command":"vault read 'a key' --secret sesame"}"#;

#[tokio::test]
async fn a_program_prints_a_profile() {
    for (printed, key) in [
        (r#"{"mode":"AK","access_key_id":"a","access_key_secret":"b"}"#, "a b -"),
        (r#"{"mode":"StsToken","access_key_id":"a","access_key_secret":"b","sts_token":"t"}"#, "a b t"),
        (
            r#"{"mode":"StsToken","access_key_id":"a","access_key_secret":"b","sts_token":"t","expiration":"2026-01-02T04:04:05Z"}"#,
            "a b t",
        ),
    ] {
        let machine = Machine::new().profiles(EXTERNAL).printing(Ok(printed));
        assert_eq!(machine.key().await, key);
        let ran = machine.programs.ran.lock().unwrap().clone();
        assert_eq!(ran, [["vault", "read", "a key", "--secret", "sesame"]], "words are split as a shell does");
    }
    let forbidden = Machine::new().profiles(EXTERNAL).set("ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS", "true");
    assert!(forbidden.says(PROFILES).await.contains("forbids"));
    assert!(forbidden.programs.ran.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_program_that_fails_or_prints_nonsense_is_told_of_without_what_it_printed() {
    for (result, says) in [
        (Err(ProgramFailed::Failed("exit status: 3".to_owned())), "it failed (exit status: 3); run it by hand"),
        (Err(ProgramFailed::Endless), "it did not end within 60 s"),
        (Ok("sesame"), "line 1, column 1: expected value"),
        (Ok(""), "line 1, column 0: EOF"),
        (Ok(r#"{"mode":"AK","access_key_secret":"sesame"}"#), "has no access_key_id"),
        (Ok(r#"{"mode":"External","process_command":"sesame"}"#), "would run another program"),
        (
            Ok(r#"{"mode":"ChainableRamRoleArn","source_profile":"sesame","ram_role_arn":"acs:ram::1:role/x"}"#),
            "has no source_profile",
        ),
        (
            Ok(
                r#"{"mode":"StsToken","access_key_id":"a","access_key_secret":"sesame","sts_token":"t","expiration":"2026-01-02T02:04:05Z"}"#,
            ),
            "the session token ended at 2026-01-02T02:04:05Z",
        ),
    ] {
        let said = Machine::new().profiles(EXTERNAL).printing(result).says(PROFILES).await;
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("sesame"), "{said}");
    }
    let quote = r#"{"name":"p","mode":"External","process_command":"vault 'sesame"}"#;
    let said = Machine::new().profiles(quote).says(PROFILES).await;
    assert!(said.contains("a quote that does not end") && !said.contains("sesame"), "{said}");
}

#[tokio::test]
async fn the_programs_of_this_machine_are_run_and_their_end_is_seen() {
    use crate::surroundings::SystemPrograms;
    let run = |script: &str| {
        let arguments = ["-c".to_owned(), script.to_owned()];
        async move { SystemPrograms.run("sh", &arguments).await }
    };
    assert_eq!(run("echo out; echo err >&2").await.unwrap(), b"out\n");
    assert_eq!(run("echo sesame; exit 3").await, Err(ProgramFailed::Failed("exit status: 3".to_owned())));
    let missing = SystemPrograms.run("/nowhere/program", &[]).await.unwrap_err();
    assert_eq!(missing, ProgramFailed::NotRun("entity not found".to_owned()));
}

#[tokio::test]
async fn a_sign_in_in_a_browser_counts_until_its_session_ends_and_then_says_what_renews_it() {
    // 2026-01-02T03:04:05Z is 1767323045.
    for (mode, fields) in
        [("CloudSSO", r#""cloud_sso_sign_in_url":"https://x""#), ("OAuth", r#""oauth_site_type":"CN""#)]
    {
        let profile = |end: i64| {
            format!(
                r#"{{"name":"p","mode":"{mode}",{fields},"access_key_id":"a","access_key_secret":"b","sts_token":"t","sts_expiration":{end}}}"#
            )
        };
        assert_eq!(Machine::new().profiles(&profile(1_767_323_045 + 60)).key().await, "a b t");
        let said = Machine::new().profiles(&profile(1_767_323_045)).says(PROFILES).await;
        assert_eq!(
            said,
            format!(
                "profile \"p\" ({mode}) has a session that ended at 2026-01-02T03:04:05Z; run `aliyun sts GetCallerIdentity \
                 --profile p` or `aliyun configure --profile p`, then try again"
            )
        );
        let never = format!(r#"{{"name":"p","mode":"{mode}",{fields}}}"#);
        let said = Machine::new().profiles(&never).says(PROFILES).await;
        assert!(said.contains("has no session; run `aliyun"), "{said}");
    }
}

#[tokio::test]
async fn what_is_missing_or_not_to_be_used_is_named() {
    for (profile, says) in [
        (r#"{"name":"p","mode":"AK"}"#, r#"profile "p" (mode AK) has no access_key_id"#),
        (r#"{"name":"p"}"#, r#"profile "p" (mode AK) has no access_key_id"#),
        (
            r#"{"name":"p","mode":"StsToken","access_key_id":"a","access_key_secret":"b"}"#,
            r#"profile "p" (mode StsToken) has no sts_token"#,
        ),
        (
            r#"{"name":"p","mode":"RamRoleArn","access_key_id":"a","access_key_secret":"b"}"#,
            r#"profile "p" (mode RamRoleArn) has no ram_role_arn"#,
        ),
        (
            r#"{"name":"p","mode":"ChainableRamRoleArn"}"#,
            r#"profile "p" (mode ChainableRamRoleArn) has no source_profile"#,
        ),
        (
            r#"{"name":"p","mode":"RamRoleArn","access_key_id":"a","access_key_secret":"b","ram_role_arn":"ops"}"#,
            r#"ram_role_arn of profile "p" is not what it must be: a role must be of the form acs:ram::{account id}:role/{name}"#,
        ),
        (
            r#"{"name":"p","mode":"RamRoleArn","access_key_id":"a","access_key_secret":"b","ram_role_arn":"acs:ram::1:role/x","expired_seconds":60}"#,
            r#"expired_seconds of profile "p" is 60; the shortest session is 900 s"#,
        ),
        (r#"{"name":"p","mode":"External"}"#, r#"profile "p" (mode External) has no process_command"#),
        (r#"{"name":"p","mode":"CredentialsURI"}"#, r#"profile "p" (mode CredentialsURI) has no credentials_uri"#),
        (r#"{"name":"p","mode":"OIDC"}"#, r#"profile "p" (mode OIDC) has no oidc_token_file"#),
        (
            r#"{"name":"p","mode":"RsaKeyPair"}"#,
            r#"profile "p" has mode "RsaKeyPair", which causeway cannot sign with"#,
        ),
        (
            r#"{"name":"p","mode":"BearerToken"}"#,
            r#"profile "p" has mode "BearerToken", which causeway cannot sign with"#,
        ),
    ] {
        assert_eq!(Machine::new().profiles(profile).says(PROFILES).await, says);
    }
}

#[tokio::test]
async fn a_role_that_sts_refuses_says_what_can_be_done_and_hides_the_key() {
    let refused = |status: u16, code: &'static str| {
        Machine::with_network(move |seen: &Seen| match seen.header("x-acs-action") {
            Some(_) => answer(status, &format!(r#"{{"Code":"{code}","Message":"string to sign: secret-1","RequestId":"R-1"}}"#)),
            None => silence(),
        })
        .profiles(
            r#"{"name":"p","mode":"RamRoleArn","access_key_id":"id-1","access_key_secret":"secret-1","ram_role_arn":"acs:ram::1:role/x","ram_session_name":"ann"}"#,
        )
    };
    let said = refused(403, "NoPermission").says(PROFILES).await;
    assert!(said.contains("does not trust the caller") && said.contains("R-1"), "{said}");
    let clock = refused(400, "InvalidTimeStamp.Expired").says(PROFILES).await;
    assert!(clock.contains("The clock of this machine is off"), "{clock}");
    assert!(!said.contains("secret-1") && !clock.contains("secret-1"), "{said} {clock}");
}

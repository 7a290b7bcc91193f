//! Which source answers.

use super::*;

/// What is changed of a machine.
type Change<'a> = &'a dyn Fn(&mut Machine);

/// A machine on which every source answers, each with a key of its own.
fn full() -> Machine {
    let network = |seen: &Seen| match (seen.parts.uri.host().unwrap(), seen.parts.uri.path()) {
        ("sts.aliyuncs.com", _) => assumed("oidc", LATER),
        ("100.100.100.200", "/latest/api/token") => answer(200, "token"),
        ("100.100.100.200", _) => answer(200, &session("ecs", LATER)),
        ("keys.example", "/key") => answer(200, &session("uri", LATER)),
        _ => silence(),
    };
    Machine::with_network(network)
        .set("ALIBABA_CLOUD_ACCESS_KEY_ID", "env")
        .set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s")
        .set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/dev/null")
        .set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/ci")
        .set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/ci")
        .profiles(r#"{"name":"p","mode":"AK","access_key_id":"profile","access_key_secret":"s"}"#)
        .file(
            ".alibabacloud/credentials.ini",
            "[default]\ntype = access_key\naccess_key_id = ini\naccess_key_secret = s\n",
        )
        .set("ALIBABA_CLOUD_ECS_METADATA", "role")
        .set("ALIBABA_CLOUD_CREDENTIALS_URI", "http://keys.example/key")
}

#[tokio::test]
async fn the_official_order_decides_and_each_source_can_be_taken_away() {
    let mut machine = full();
    let mut order = Vec::new();
    let take_away: [(&str, Change); 6] = [
        ("environment", &|machine| drop(machine.variables.remove("ALIBABA_CLOUD_ACCESS_KEY_ID"))),
        ("oidc", &|machine| drop(machine.variables.remove("ALIBABA_CLOUD_OIDC_TOKEN_FILE"))),
        ("profile", &|machine| {
            machine.variables.insert("ALIBABA_CLOUD_CLI_PROFILE_DISABLED".to_owned(), "true".to_owned());
        }),
        ("ini", &|machine| std::fs::remove_file(machine.home.path().join(".alibabacloud/credentials.ini")).unwrap()),
        ("ecs", &|machine| {
            machine.variables.insert("ALIBABA_CLOUD_ECS_METADATA_DISABLED".to_owned(), "true".to_owned());
        }),
        ("uri", &|machine| drop(machine.variables.remove("ALIBABA_CLOUD_CREDENTIALS_URI"))),
    ];
    for (_, away) in take_away {
        order.push(machine.key().await.split(' ').next().unwrap().to_owned());
        away(&mut machine);
    }
    assert_eq!(order, ["env", "oidc", "profile", "ini", "ecs", "uri"]);
    let none = machine.find().await.unwrap_err();
    assert_eq!(
        none.to_string(),
        "there are no credentials to sign with\n  \
         environment: ALIBABA_CLOUD_ACCESS_KEY_SECRET is set and ALIBABA_CLOUD_ACCESS_KEY_ID is not\n  \
         OIDC token: ALIBABA_CLOUD_OIDC_PROVIDER_ARN is set and ALIBABA_CLOUD_OIDC_TOKEN_FILE is not\n  \
         profiles of the aliyun CLI: switched off by ALIBABA_CLOUD_CLI_PROFILE_DISABLED\n  \
         credentials.ini: ~/.alibabacloud/credentials.ini does not exist\n  \
         role of this ECS server: switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED\n  \
         credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set"
    );
}

#[tokio::test]
async fn a_machine_without_anything_is_told_what_could_be_set() {
    let none = Machine::new().find().await.unwrap_err().to_string();
    assert_eq!(none.lines().count(), 7, "{none}");
    for words in [
        "ALIBABA_CLOUD_ACCESS_KEY_ID is not set",
        "~/.aliyun/config.json does not exist",
        "no answer from the metadata service",
    ] {
        assert!(none.contains(words), "{words}: {none}");
    }
}

#[tokio::test]
async fn the_environments_token_belongs_to_its_key() {
    let machine = full().set("ALIBABA_CLOUD_SECURITY_TOKEN", "t");
    assert_eq!(machine.key().await, "env s t");
    assert_eq!(full().key().await, "env s -");
}

#[tokio::test]
async fn a_profile_that_is_named_beats_all_and_its_fault_is_not_passed_over() {
    let machine = full().set("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE");
    let found = find(&machine.here(), Some("p")).await.unwrap();
    assert_eq!(shown(&found.provider.credentials().await.unwrap()), "profile s -");
    assert_eq!(found.origin, r#"profile "p" (mode AK) of ~/.aliyun/config.json"#);

    // The SDKs' file has names too.
    let found = find(&machine.here(), Some("default")).await.unwrap();
    assert_eq!(found.origin, r#"section "default" (type access_key) of ~/.alibabacloud/credentials.ini"#);
    let none = find(&machine.here(), Some("q")).await.unwrap_err().to_string();
    assert!(none.contains(r#"has no profile "q"; it has "p""#) && none.contains(r#"it has "default""#), "{none}");
    assert!(!none.contains("environment"), "{none}");

    let mut machine = full().profiles(r#"{"name":"default","mode":"AK","access_key_id":"a"}"#);
    machine.variables.remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let none = find(&machine.here(), Some("default")).await.unwrap_err();
    assert_eq!(none.0.len(), 1, "{none}");
    assert!(none.to_string().contains(r#"profile "default" (mode AK) has no access_key_secret"#), "{none}");
}

#[tokio::test]
async fn a_source_that_is_set_up_and_fails_is_told_of_when_another_answers() {
    let mut machine = full();
    machine.variables.remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    machine.variables.insert("ALIBABA_CLOUD_OIDC_TOKEN_FILE".to_owned(), "/nowhere/token".to_owned());
    let found = machine.find().await.unwrap();
    assert_eq!(
        found.warnings,
        [
            "environment was passed over: ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
            "OIDC token was passed over: /nowhere/token cannot be read: entity not found",
        ]
    );
    assert!(
        Machine::new()
            .profiles(r#"{"name":"p","mode":"AK","access_key_id":"a","access_key_secret":"b"}"#)
            .find()
            .await
            .unwrap()
            .warnings
            .is_empty()
    );
}

#[tokio::test]
async fn variables_choose_the_profile() {
    let two = r#"{"name":"p","mode":"AK","access_key_id":"current","access_key_secret":"s"},
                 {"name":"q","mode":"AK","access_key_id":"other","access_key_secret":"s","region_id":"cn-beijing"}"#;
    for variable in ["ALIBABACLOUD_PROFILE", "ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"] {
        let machine = Machine::new().profiles(two).set(variable, "q");
        let found = machine.find().await.unwrap();
        assert_eq!(shown(&found.provider.credentials().await.unwrap()), "other s -", "{variable}");
        assert_eq!(found.region.as_deref(), Some("cn-beijing"));
    }
    assert_eq!(Machine::new().profiles(two).key().await, "current s -");
}

#[tokio::test]
async fn switches_are_off_unless_they_say_true() {
    let profile = r#"{"name":"p","mode":"AK","access_key_id":"a","access_key_secret":"s"}"#;
    for variable in ["ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_IGNORE_PROFILE"] {
        for on in ["true", "TRUE", "1"] {
            let machine = Machine::new().profiles(profile).set(variable, on);
            assert_eq!(machine.says(PROFILES).await, format!("switched off by {variable}"));
        }
        for off in ["", "false", "0"] {
            assert_eq!(Machine::new().profiles(profile).set(variable, off).key().await, "a s -");
        }
    }
}

#[tokio::test]
async fn version_1_of_the_metadata_service_is_asked_only_where_version_2_is_not_there_and_it_is_allowed() {
    let old = |seen: &Seen| match seen.parts.uri.path() {
        "/latest/api/token" => answer(404, ""),
        "/latest/meta-data/ram/security-credentials/" => answer(200, "network-ops\n"),
        "/latest/meta-data/ram/security-credentials/network-ops" => answer(200, &session("ecs", LATER)),
        _ => silence(),
    };
    let machine = Machine::with_network(old);
    assert_eq!(machine.key().await, "ecs of-ecs t-ecs");
    assert_eq!(machine.find().await.unwrap().origin, "role network-ops of this ECS server");
    let strict = Machine::with_network(old).set("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    assert_eq!(strict.says("role of this ECS server").await, "100.100.100.200 answered HTTP 404");

    let new = Machine::with_network(move |seen: &Seen| match seen.parts.uri.path() {
        "/latest/api/token" => {
            assert_eq!(seen.header("x-aliyun-ecs-metadata-token-ttl-seconds"), Some("21600"));
            answer(200, "tok-1")
        }
        _ if seen.header("x-aliyun-ecs-metadata-token") == Some("tok-1") => old(seen),
        _ => answer(403, ""),
    });
    assert_eq!(new.key().await, "ecs of-ecs t-ecs");
    let lines: Vec<_> = new.cloud.seen().iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "PUT http://100.100.100.200/latest/api/token",
            "GET http://100.100.100.200/latest/meta-data/ram/security-credentials/",
            "GET http://100.100.100.200/latest/meta-data/ram/security-credentials/network-ops",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_metadata_service_that_is_not_there_holds_nobody_up() {
    /// A network that never answers.
    struct Hanging;
    #[async_trait]
    impl transport::Transport for Hanging {
        async fn send(&self, _: http::Request<bytes::Bytes>) -> Result<Response<bytes::Bytes>, TransportError> {
            std::future::pending().await
        }
    }
    let mut here = Machine::new().here();
    here.io.transport = Arc::new(Hanging);
    let began = tokio::time::Instant::now();
    let none = find(&here, None).await.unwrap_err().to_string();
    assert!(none.contains("no answer from the metadata service of ECS (100.100.100.200)"), "{none}");
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn a_credentials_uri_shows_nothing_of_its_query() {
    for (uri, says) in [
        ("http://keys.example/key?secret=sesame", "no answer from keys.example"),
        ("ftp://keys.example/sesame", "no answer from the credentials URI, which is no http:// or https:// address"),
        ("sesame", "no answer from the credentials URI, which is no http:// or https:// address"),
    ] {
        let machine = Machine::new().set("ALIBABA_CLOUD_CREDENTIALS_URI", uri);
        assert_eq!(machine.says("credentials URI").await, says);
    }
    for (status, body, says) in [
        (500, "sesame", "keys.example answered HTTP 500"),
        (302, "", "keys.example answered HTTP 302"),
        (200, "sesame", "the answer of keys.example holds no credentials"),
        (
            200,
            r#"{"Code":"Failed","AccessKeyId":"a","AccessKeySecret":"sesame"}"#,
            "the answer of keys.example holds no credentials",
        ),
        (
            200,
            &session("old", BEFORE),
            "the session token ended at 2026-01-02T02:04:05Z, and this machine's clock says 2026-01-02T03:04:05Z; renew it, or set the clock",
        ),
    ] {
        let body = body.to_owned();
        let machine = Machine::with_network(move |seen: &Seen| match seen.parts.uri.host() {
            Some("keys.example") => answer(status, &body),
            _ => silence(),
        });
        let machine = machine.set("ALIBABA_CLOUD_CREDENTIALS_URI", "https://keys.example/");
        assert_eq!(machine.says("credentials URI").await, says);
    }
}

#[tokio::test]
async fn a_token_of_an_identity_provider_travels_in_the_body_and_is_never_repeated() {
    let network = |status: u16, body: String| {
        move |seen: &Seen| match seen.parts.uri.host() {
            Some("sts.cn-beijing.aliyuncs.com") => answer(status, &body),
            _ => silence(),
        }
    };
    let with = |machine: Machine| {
        let file = machine.home.path().join("token");
        std::fs::write(&file, "eyJ.sesame\n").unwrap();
        machine
            .set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", file.to_str().unwrap())
            .set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/ci")
            .set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/ci")
            .set("ALIBABA_CLOUD_ROLE_SESSION_NAME", "run-7")
            .set("ALIBABA_CLOUD_STS_REGION", "cn-beijing")
    };
    let body = format!(r#"{{"Credentials":{}}}"#, session("oidc", LATER));
    let machine = with(Machine::with_network(network(200, body)));
    assert_eq!(machine.key().await, "oidc of-oidc t-oidc");
    let seen = machine.cloud.only();
    let query = "Action=AssumeRoleWithOIDC&Format=JSON&SignatureNonce=";
    assert!(seen.line().starts_with(&format!("POST https://sts.cn-beijing.aliyuncs.com/?{query}")), "{}", seen.line());
    assert!(seen.line().ends_with("&Timestamp=2026-01-02T03%3A04%3A05Z&Version=2015-04-01"), "{}", seen.line());
    assert_eq!(
        seen.text(),
        "RoleArn=acs%3Aram%3A%3A1000000000000001%3Arole%2Fci\
         &OIDCProviderArn=acs%3Aram%3A%3A1000000000000001%3Aoidc-provider%2Fci\
         &OIDCToken=eyJ.sesame&RoleSessionName=run-7"
    );
    assert_eq!(seen.header("authorization"), None);

    let quote = r#"{"Code":"AuthenticationFail.OIDCToken.Invalid","Message":"bad token eyJ.sesame","RequestId":"R-9"}"#;
    let refused = with(Machine::with_network(network(400, quote.to_owned()))).says("OIDC token").await;
    assert!(refused.contains("bad token [hidden]") && refused.contains("R-9"), "{refused}");
    assert!(!refused.contains("sesame"), "{refused}");
}

//! Reading policies: what is good, what is wrong and where, and whatever a fuzzer comes up with.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const GOOD: &str = r#"
version: 1
mode: enforce
grace_minutes: 30
most_cuts_per_run: 2
approvals_per_hour: 20
rules:
  - id: partner
    effect: approve
    description: The partner's production network
    services: [epsrv-one]
    accounts: [1000000000000001, "1000000000000002"]
    vpcs: [vpc-a]
    regions: [eu-central-1]
    zones: [eu-central-1a, eu-central-1b]
    ranges: [10.8.0.0/16]
    no_overlap_with: [172.16.0.0/12]
    same_account: false
    windows:
      - {days: [mon, fri], from: "09:00", to: "17:30", time_zone: Europe/Berlin}
    not_before: 2026-01-01T00:00:00Z
    not_after: 2027-01-01T00:00:00Z
    endpoints_per_account: 3
    endpoints_per_vpc: 1
    endpoints_per_service: 10
    approvals_per_hour: 5
    bandwidth_mbps: 500
    lease: {hours: 720}
  - id: never
    effect: reject
    accounts: [1000000000000009]
"#;

fn pointers(text: &str) -> Vec<String> {
    Policy::from_yaml(text.as_bytes()).unwrap_err().into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn a_policy_reads_alike_as_yaml_and_as_json_and_has_one_hash() {
    let policy = Policy::from_yaml(GOOD.as_bytes()).unwrap();
    let accounts = policy.rules[0].accounts.as_ref().unwrap();
    assert_eq!(accounts.iter().map(AccountId::as_str).collect::<Vec<_>>(), ["1000000000000001", "1000000000000002"]);
    assert_eq!(policy.rules[0].lease, Some(Lease { hours: 720, warn_hours: 24 }));
    let again = Policy::from_json(serde_json::to_string_pretty(&policy).unwrap().as_bytes()).unwrap();
    assert_eq!(again, policy);
    assert_eq!(again.hash(), policy.hash());
    let other = Policy { grace_minutes: 31, ..policy.clone() };
    assert_ne!(other.hash(), policy.hash());
}

#[test]
fn the_schema_accepts_what_reads() {
    let validator = jsonschema::validator_for(&Policy::json_schema()).unwrap();
    let policy = serde_json::to_value(Policy::from_yaml(GOOD.as_bytes()).unwrap()).unwrap();
    let problems: Vec<_> = validator.iter_errors(&policy).map(|error| error.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert!(!validator.is_valid(&json!({"version": 1, "rules": [{"id": "x", "effect": "perhaps"}]})));
    assert!(!validator.is_valid(&json!({"version": 1, "rules": [], "more": 1})));
}

#[test]
fn everything_that_is_wrong_is_named_by_its_pointer_at_once() {
    let bad = r#"
version: 2
mode: sometimes
grace_minutes: -1
most_cuts_per_run: 0
colour: red
rules:
  - {id: Not An Id, effect: approve, accounts: [x]}
  - {id: a, effect: approve}
  - {id: a, effect: reject, bandwidth_mbps: 500, lease: {hours: 1}}
  - {id: b, effect: approve, accounts: [], zones: [1], windows: [{time_zone: Mars/Olympus}]}
  - {id: c, effect: approve, accounts: [1001], windows: [{from: "9", time_zone: UTC}], speed: 1}
  - {id: d, effect: approve, accounts: [1001], bandwidth_mbps: 99, endpoints_per_vpc: 0, lease: {hours: 2, warn_hours: 3}}
  - {id: f, effect: reject, ranges: [10.8.0.1/16, 10.08.0.0/16], no_overlap_with: [10.0.0.0/8]}
  - {id: g, effect: approve, accounts: [1001], ranges: [], no_overlap_with: ["fd00::/8"]}
  - {id: e, effect: hold, not_before: 2026-01-02T00:00:00Z, not_after: 2026-01-01T00:00:00Z, vpcs: null}
  - 7
"#;
    let found = pointers(bad);
    for expected in [
        "/version",
        "/mode",
        "/grace_minutes",
        "/most_cuts_per_run",
        "/colour",
        "/rules/0/id",
        "/rules/0/accounts/0",
        "/rules/1/accounts",
        "/rules/2/bandwidth_mbps",
        "/rules/2/lease",
        "/rules/3/accounts",
        "/rules/3/zones/0",
        "/rules/3/windows/0/time_zone",
        "/rules/4/windows/0/from",
        "/rules/4/speed",
        "/rules/5/bandwidth_mbps",
        "/rules/5/endpoints_per_vpc",
        "/rules/5/lease/warn_hours",
        "/rules/6/ranges/0",
        "/rules/6/ranges/1",
        "/rules/6/no_overlap_with",
        "/rules/7/ranges",
        "/rules/7/no_overlap_with/0",
        "/rules/8/not_after",
        "/rules/8/vpcs",
        "/rules/9",
    ] {
        assert!(found.iter().any(|pointer| pointer == expected), "{expected} is not among {found:?}");
    }
    assert_eq!(
        pointers("{version: 1, rules: [{id: a, effect: hold}, {id: a, effect: reject}]}"),
        ["/rules/1/id"],
        "two of one name"
    );
}

#[test]
fn what_is_no_policy_at_all_is_refused_as_a_whole() {
    for text in ["", "7", "[]", "{", "rules: [", "version: 1\nversion: 1\nrules: []", "a: &a [*a]"] {
        assert!(!pointers(text).is_empty(), "{text:?}");
    }
    assert!(Policy::from_yaml(b"{version: 1, rules: []}").unwrap().is_empty());
}

/// The problems of a policy whose one rule holds, or approves, with these fields in YAML.
fn told(effect: &str, fields: &str) -> Vec<String> {
    let text = format!("{{version: 1, rules: [{{id: r, effect: {effect}, {fields}}}]}}");
    let problems = Policy::from_yaml(text.as_bytes()).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn of_two_equal_keys_neither_counts() {
    let json =
        br#"{"version":1,"rules":[{"id":"r1","effect":"reject","effect":"approve","accounts":["1000000000000001"]}]}"#;
    for problems in [Policy::from_json(json), Policy::from_yaml(json)] {
        let problems = problems.unwrap_err();
        assert_eq!((problems.len(), problems[0].pointer.as_str()), (1, "/rules/0/effect"));
    }
}

#[test]
fn a_field_that_does_not_read_is_not_missing_too() {
    for accounts in ["[0100000000000001]", "[x]", "7", "[1e15]", "[0x38D7EA4C68001]", "null", "[]", "{}"] {
        let told = told("approve", &format!("accounts: {accounts}"));
        assert!(told.len() == 1 && told[0].starts_with("/rules/0/accounts"), "{told:?}");
        assert!(!told[0].contains("must name the accounts"), "{told:?}");
    }
    let told = told("approve", "vpcs: [vpc-1]");
    assert!(told.len() == 1 && told[0].contains("must name the accounts"), "{told:?}");
}

#[test]
fn an_account_id_counts_as_it_is_written_or_not_at_all() {
    for good in ["1000000000000001", "\"1000000000000001\"", "\"0100000000000001\"", "'10000000000000000001'"] {
        assert_eq!(told("approve", &format!("accounts: [{good}]")), [""; 0], "{good}");
    }
    for bad in ["0100000000000001", "0x38D7EA4C68001", "1e15", "1_000_000", "10000000000000000000001"] {
        let told = told("approve", &format!("accounts: [{bad}]"));
        assert!(told[0].contains(bad) && told[0].contains("in quotes"), "{told:?}");
    }
    let json = |id: &str| {
        let text = format!(r#"{{"version":1,"rules":[{{"id":"r","effect":"approve","accounts":[{id}]}}]}}"#);
        Policy::from_json(text.as_bytes()).map_err(|problems| problems[0].to_string())
    };
    assert!(json("1000000000000001").is_ok() && json("\"1000000000000001\"").is_ok());
    for bad in ["1e15", "1000000000000001.0", "true", "null", "[1]", "\"1e15\"", "\" 1000000000000001\"", "-1000"] {
        let told = json(bad).unwrap_err();
        assert!(told.starts_with("/rules/0/accounts/0: ") && told.contains("digits"), "{told}");
    }
}

#[test]
fn what_can_never_fit_is_refused() {
    for (field, value, instead) in [
        ("vpcs", "\"*\"", "leave the field out"),
        ("vpcs", "vpc-*", "leave the field out"),
        ("vpcs", "\"vpc-1 \"", "write \"vpc-1\""),
        ("vpcs", "epsrv-1", "such as vpc-"),
        ("vpcs", "\"\"", "such as vpc-"),
        ("services", "\"\"", "such as epsrv-"),
        ("services", "epsrv-", "such as epsrv-"),
        ("services", "com.aliyuncs.privatelink.cn-qingdao.epsrv-1", "such as epsrv-"),
        ("services", "ep-1", "such as epsrv-"),
        ("regions", "\"*\"", "leave the field out"),
        ("regions", "Frankfurt", "such as cn-qingdao"),
        ("regions", "\" eu-central-1\"", "write \"eu-central-1\""),
        ("zones", "\"\"", "such as cn-qingdao-b"),
        ("zones", "eu_central_1a", "such as cn-qingdao-b"),
        ("zones", "cn-qingdao", "it is no zone; write one such as cn-qingdao-b"),
        ("zones", "eu-central-1", "or move it to regions"),
        ("regions", "cn-qingdao-b", "it is a zone; write a region such as cn-qingdao"),
        ("regions", "eu-central-1a", "or move it to zones"),
    ] {
        for effect in ["hold", "reject"] {
            let told = told(effect, &format!("{field}: [{value}]"));
            let shown = format!("/rules/0/{field}/0: \"{}\"", value.trim_matches('"'));
            assert!(told.len() == 1 && told[0].starts_with(&shown) && told[0].contains(instead), "{told:?}");
        }
    }
}

#[test]
fn a_zone_that_lies_in_no_region_of_its_rule_is_refused() {
    let zones = |regions: &str, zones: &str| told("reject", &format!("regions: [{regions}], zones: [{zones}]"));
    for (regions, within) in [
        ("eu-central-1", "eu-central-1a, eu-central-1b"),
        ("cn-qingdao, eu-central-1", "cn-qingdao-b"),
        ("cn-shanghai-finance-1", "cn-shanghai-finance-1a"),
    ] {
        assert_eq!(zones(regions, within), [""; 0], "{within}");
    }
    assert_eq!(
        zones("eu-central-1", "eu-central-1a, cn-qingdao-b"),
        ["/rules/0/zones/1: \"cn-qingdao-b\" fits nothing: it is in none of the rule's regions"]
    );
}

#[test]
fn times_and_instants_are_told_what_to_write() {
    let window = |fields: &str| told("hold", &format!("windows: [{{time_zone: UTC, {fields}}}]"));
    for good in
        ["from: 09:00, to: 17:30", "from: \"00:00\", to: \"24:00\"", "from: 22:00:00, to: 24:00", "to: 23:59:59"]
    {
        assert_eq!(window(good), [""; 0], "{good}");
    }
    let ends =
        Policy::from_yaml(b"{version: 1, rules: [{id: r, effect: hold, windows: [{time_zone: UTC, to: 24:00}]}]}");
    assert_eq!(ends.unwrap().rules[0].windows.as_ref().unwrap()[0].to, None, "the end of the day");
    for (field, bad) in [
        ("from", "24:00"),
        ("from", "9:00"),
        ("from", "0900"),
        ("from", "09"),
        ("to", "24:01"),
        ("to", "25:00"),
        ("to", "12:60"),
        ("to", "noon"),
        ("to", ""),
        ("to", "T09:00"),
        ("to", "09:00:00.5"),
        ("to", "5 pm"),
    ] {
        let told = window(&format!("{field}: \"{bad}\""));
        let start = format!("/rules/0/windows/0/{field}: \"{bad}\" is no time of the day; write 00:00 to 23:59");
        assert_eq!(told, [start]);
    }
    for bad in ["2026-01-31", "2026-01-31T09:00:00", "2026-13-01T00:00:00Z", "tomorrow", ""] {
        let told = told("hold", &format!("not_before: \"{bad}\""));
        assert!(told.len() == 1 && told[0].starts_with(&format!("/rules/0/not_before: \"{bad}\"")), "{told:?}");
        assert!(told[0].contains("write it like 2026-01-31T09:00:00Z"), "{told:?}");
    }
}

#[test]
fn the_schema_refuses_what_does_not_read() {
    let validator = jsonschema::validator_for(&Policy::json_schema()).unwrap();
    for fields in [
        json!({"vpcs": ["*"]}),
        json!({"vpcs": ["vpc-1 "]}),
        json!({"services": [""]}),
        json!({"regions": ["Frankfurt"]}),
        json!({"zones": [""]}),
        json!({"zones": ["cn-qingdao"]}),
        json!({"zones": ["eu-central-1"]}),
        json!({"windows": [{"time_zone": "UTC", "from": "24:00"}]}),
        json!({"windows": [{"time_zone": "UTC", "to": "25:00"}]}),
        json!({"windows": [["UTC"]]}),
    ] {
        let mut rule = json!({"id": "r", "effect": "hold"});
        rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let policy = json!({"version": 1, "rules": [rule]});
        assert!(!validator.is_valid(&policy), "{policy}");
        assert!(Policy::from_value(policy).is_err());
    }
}

/// How many cases a fuzzer tries: few by default, as many as `CAUSEWAY_FUZZ_CASES` says.
fn cases() -> ProptestConfig {
    let cases = std::env::var("CAUSEWAY_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

/// Scraps of policies and other things, put together at random.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "version",
        "rules",
        "mode",
        "id",
        "effect",
        "accounts",
        "windows",
        "lease",
        "zones",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n- ",
        "\n  - ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "1",
        "-1",
        "1e99",
        "18446744073709551616",
        "null",
        "~",
        "true",
        "approve",
        "reject",
        "enforce",
        "\"",
        "'",
        "&a",
        "*a",
        "!!binary",
        "|",
        ">",
        "#",
        "%",
        "\t",
        "2026-01-01",
        "09:00",
        "Asia/Shanghai",
        "\u{0}",
        "\u{feff}",
        "ä",
        "/",
        "~1",
    ]);
    prop::collection::vec(scrap, 0..60).prop_map(|scraps| scraps.concat())
}

/// The good policy with some of its bytes gone, doubled or replaced.
fn mutants() -> impl Strategy<Value = String> {
    let change = (0..GOOD.len(), 0..3_usize, any::<u8>());
    prop::collection::vec(change, 0..12).prop_map(|changes| {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (place, kind, byte) in changes {
            let place = place % bytes.len().max(1);
            match kind {
                0 => drop(bytes.remove(place)),
                1 => bytes.insert(place, byte),
                _ => bytes[place] = byte,
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// JSON that looks like a policy with anything in it.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["approve", "1001", "a", "UTC", "09:00", "mon", "", "enforce"]).prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "version",
        "mode",
        "rules",
        "id",
        "effect",
        "accounts",
        "vpcs",
        "zones",
        "windows",
        "days",
        "time_zone",
        "from",
        "lease",
        "hours",
        "bandwidth_mbps",
        "a/b",
        "a~b",
    ]);
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..8)
                .prop_map(|fields| fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect::<Value>()),
        ]
    })
}

/// Whatever is read can be written and read again; whatever is refused says where, and the pointer leads into the document.
fn reads_or_says_where(read: Result<Policy, Vec<strict::Problem>>) -> Result<(), TestCaseError> {
    match read {
        Ok(policy) => {
            let again = Policy::from_value(serde_json::to_value(&policy).unwrap());
            prop_assert_eq!(again, Ok(policy));
        }
        Err(problems) => {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.pointer.is_empty() || problem.pointer.starts_with('/'), "{problem:?}");
                prop_assert!(!problem.detail.is_empty());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn fuzz_scraps(text in scraps()) {
        reads_or_says_where(Policy::from_yaml(text.as_bytes()))?;
        reads_or_says_where(Policy::from_json(text.as_bytes()))?;
    }

    #[test]
    fn fuzz_mutants(text in mutants()) {
        reads_or_says_where(Policy::from_yaml(text.as_bytes()))?;
    }

    #[test]
    fn fuzz_documents(document in documents()) {
        reads_or_says_where(Policy::from_value(document))?;
    }

    #[test]
    fn fuzz_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        reads_or_says_where(Policy::from_json(&bytes))?;
        reads_or_says_where(Policy::from_yaml(&bytes))?;
    }
}

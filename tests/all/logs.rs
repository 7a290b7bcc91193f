//! What functions log: a line for each call that changes a cloud, for whom and what came of it; and no secret.

use std::collections::BTreeMap;

use causeway_cli::deployment::TEMPLATE;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::faults::{Fault, FaultRule};
use causeway_local::fc::ros::{Pseudo, Resource, Template};
use causeway_local::identity::Principal;
use causeway_tests::system::{System, in_logging_world};
use connection::record::Phase;
use connection::words::Kind;
use serde_json::{Value, json};

/// Everything that is logged of calls that change a cloud.
const CHANGES: &str = "message.fields.happened: cloud-call";

/// The calls of functions in connected accounts that change something, by the cloud's request id.
fn changes(system: &System) -> BTreeMap<String, Call> {
    let is_one = |call: &Call| {
        call.is_write
            && matches!(&call.caller, Some(Principal::Role { .. }) | Some(Principal::Account))
            && !matches!(call.info.product, Product::Mns | Product::Oss | Product::Sts | Product::Sls)
    };
    let calls = system.cloud.calls().into_iter().filter(is_one);
    calls.map(|call| (call.request_id.clone(), call)).collect()
}

fn field<'a>(line: &'a Value, name: &str) -> &'a str {
    line["fields"][name].as_str().unwrap_or_else(|| panic!("no {name}: {line}"))
}

/// Each call has one line, and the line says what the call was.
async fn each_change_has_its_line(system: &System, connection: &str) {
    let lines = system.logged(CHANGES).await;
    let mut calls = changes(system);
    assert!(calls.len() >= 4, "{calls:#?}");
    for (function, line) in &lines {
        let call = calls.remove(field(line, "cloud_request_id")).unwrap_or_else(|| panic!("no call of it: {line}"));
        let account = system.account(field(line, "account"));
        assert_eq!((field(line, "action"), &*account.account_id), (&*call.info.action, &*call.info.account), "{line}");
        assert_eq!(field(line, "connection"), connection);
        assert_eq!(*function, format!("causeway-{}", field(line, "step")));
        let outcome = match &call.outcome {
            Outcome::Refused { code } => {
                assert_eq!(field(line, "code"), code);
                "refused"
            }
            _ => "done",
        };
        assert_eq!((field(line, "outcome"), &line["level"]), (outcome, &json!("INFO")), "{line}");
        for name in ["caller", "side", "region", "product"] {
            assert!(!field(line, name).is_empty(), "{name}: {line}");
        }
        assert!(line["request_id"].is_string(), "{line}");
    }
    assert!(calls.is_empty(), "calls without a line: {calls:#?}");
}

/// Nothing that is logged holds a key, a token or a secret.
async fn no_secret_is_logged(system: &System) {
    let all = system.logged("*").await;
    assert!(all.len() > 20, "{}", all.len());
    let text = all.iter().map(|(_, line)| line.to_string()).collect::<String>();
    for account in system.accounts() {
        assert!(!text.contains(&account.access_key_secret), "the key of {}", account.alias);
    }
    for word in ["whsec_", "STS.", "security_token", "SecurityToken", "PRIVATE+KEY"] {
        assert!(!text.contains(word), "{word}");
    }
}

fn journey(kind: Kind) {
    in_logging_world(async |system| {
        let spec = system.tutorial_by(kind);
        let name = spec["name"].as_str().unwrap();
        system.built(&spec).await;
        system.removed(name).await;
        each_change_has_its_line(system, name).await;
        no_secret_is_logged(system).await;
    });
}

#[test]
fn each_change_of_a_cloud_is_a_line_that_says_for_whom_and_the_clouds_id_of_it() {
    journey(Kind::VpcPeering);
    journey(Kind::JdcloudPeering);
}

#[test]
fn a_refusal_is_a_line_with_its_code_and_a_stop_is_one_with_its_name() {
    in_logging_world(async |system| {
        let fault = json!({"kind": "refuse", "status": 403, "code": "Forbidden.RAM"});
        let rule: FaultRule = serde_json::from_value(json!({"action": "CreateRouteEntry", "fault": fault})).unwrap();
        assert!(matches!(rule.fault, Fault::Refuse { .. }));
        system.cloud.shared().faults.add(rule);
        let spec = system.tutorial_by(Kind::VpcPeering);
        let name = spec["name"].as_str().unwrap();
        system.post(&spec).await.unwrap();
        system.settled(name, Phase::Failed).await;
        each_change_has_its_line(system, name).await;
        let refused = system.logged(&format!("{CHANGES} and message.fields.outcome: refused")).await;
        assert!(!refused.is_empty() && refused.iter().all(|(_, line)| field(line, "code") == "Forbidden.RAM"));
        let stopped = system.logged("message.fields.happened: causeway.connection.failed").await;
        let [(_, line)] = &stopped[..] else { panic!("it is told once: {stopped:#?}") };
        assert_eq!((field(line, "connection"), field(line, "severity")), (name, "critical"));
    });
}

/// The queries of the table in docs/observing.md, and those of the template's alerts.
fn saved_queries(system: &System) -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/observing.md")).unwrap();
    let of_page = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| {
        let query = line.rsplit_once("| `")?.1.strip_suffix("` |")?;
        (query.contains("message.") || query.contains("functionName")).then(|| query.to_owned())
    });
    let home = &system.cloud.shared().home;
    let pseudo = Pseudo::new(&home.account_id, &home.region, "causeway");
    let given = [
        ("CodeBucket", "causeway-code"),
        ("Release", "1"),
        ("StoreBucket", "causeway-records"),
        ("WebhookSecrets", "admin:whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("AuditKey", "key"),
        ("AuditVerifiers", "verifier"),
        ("AlertActionPolicy", "tell-us"),
    ];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let stack = Template::parse(TEMPLATE).unwrap().resolve(&given, &pseudo).unwrap();
    let alerts = stack.resources.iter().filter_map(|(_, resource)| match resource {
        Resource::LogAlert(alert) => Some(alert.queries().into_iter().map(str::to_owned).collect::<Vec<_>>()),
        _ => None,
    });
    let alerts: Vec<String> = alerts.flatten().collect();
    assert_eq!(alerts.len(), 2);
    let of_page: Vec<String> = of_page.collect();
    assert!(of_page.len() >= 9 && alerts.iter().all(|query| of_page.contains(query)), "{of_page:#?}");
    of_page
}

#[test]
fn each_query_of_the_page_and_of_an_alert_is_one_that_the_index_can_answer() {
    in_logging_world(async |system| {
        let spec = system.tutorial_by(Kind::VpcPeering);
        let name = spec["name"].as_str().unwrap();
        system.built(&spec).await;
        for query in saved_queries(system) {
            system.logged(&query).await;
        }
        for (query, found) in [
            (format!("{CHANGES} and message.fields.connection: \"{name}\""), true),
            (format!("{CHANGES} and message.fields.connection: other"), false),
            ("message.fields.happened: causeway.connection.active".to_owned(), true),
            ("message.fields.happened: causeway.connection.stuck".to_owned(), false),
        ] {
            assert_eq!(!system.logged(&query).await.is_empty(), found, "{query}");
        }
    });
}

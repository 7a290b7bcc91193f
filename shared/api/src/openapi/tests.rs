use std::collections::BTreeMap;

use connection::record::Record;
use connection::spec::Spec;
use connection::words::Kind;

use super::*;
use crate::connections::Connection;
use crate::problem::ProblemKind;

#[test]
fn every_reference_leads_to_a_schema_that_is_there_and_every_schema_is_used() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let used: BTreeSet<String> = references(&document).into_iter().collect();
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(used, known);
    assert!(
        known.iter().all(|name| !name.ends_with(|last: char| last.is_ascii_digit())),
        "two types of one name: {known:#?}"
    );
}

#[test]
fn every_operation_has_its_parameters_its_answers_and_a_name_of_its_own() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{what}");
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path: BTreeSet<_> = parameters
                .iter()
                .filter(|it| it["in"] == "path")
                .map(|it| format!("{{{}}}", it["name"].as_str().unwrap()))
                .collect();
            let named = path.split('/').filter(|part| part.starts_with('{')).map(str::to_owned).collect();
            assert_eq!(in_path, named, "{what}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{what}");
            let open = path == "/openapi.json";
            for status in ["400", "401", "413", "429", "503"] {
                assert!(open && status != "400" || responses.contains_key(status), "{what} {status}");
            }
            for response in responses.values() {
                assert!(!response["description"].as_str().unwrap().is_empty(), "{what}");
                let content = response["content"].as_object().unwrap();
                assert!(
                    content
                        .values()
                        .all(|media| media["schema"]["$ref"].is_string() || media["schema"]["oneOf"].is_array())
                );
            }
        }
    }
}

/// Every object says all that it has: no schema takes just anything. One that is a part of others is closed by those.
#[test]
fn every_schema_is_closed() {
    fn walk(at: &str, schema: &Value, open: &mut Vec<String>, is_part: bool) {
        let Some(fields) = schema.as_object() else { return };
        let says =
            ["$ref", "type", "enum", "const", "oneOf", "anyOf", "allOf"].iter().any(|key| fields.contains_key(*key));
        let is_object = fields.get("type").is_some_and(|kind| kind == "object") || fields.contains_key("properties");
        let closed = fields.contains_key("additionalProperties") || fields.contains_key("unevaluatedProperties");
        if !says || is_object && !closed && !is_part || fields.get("additionalProperties") == Some(&true.into()) {
            open.push(at.to_owned());
        }
        for (name, field) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(&format!("{at}/{name}"), field, open, false);
        }
        for part in parts_of(fields) {
            walk(at, part, open, is_part || is_object);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = fields.get(key) {
                walk(&format!("{at}/{key}"), inner, open, false);
            }
        }
    }
    let document = document();
    let mut open = Vec::new();
    let schemas = &document["components"]["schemas"];
    let parts = parts(schemas);
    for (name, schema) in schemas.as_object().unwrap() {
        walk(name, schema, &mut open, parts.contains(name));
    }
    assert!(open.is_empty(), "{open:#?}");
}

#[test]
fn the_type_of_a_problem_is_one_of_those_that_are_listed() {
    let document = document();
    let types = document["components"]["schemas"]["ProblemType"]["enum"].as_array().unwrap();
    let known: Vec<Value> = ProblemKind::ALL.iter().map(|kind| kind.url().into()).collect();
    assert_eq!(*types, known);
}

#[test]
fn a_request_and_an_answer_are_as_the_document_says() {
    let document = document();
    let validator = |name: &str| {
        let mut schema = document.clone();
        schema["$ref"] = format!("{SCHEMAS}{name}").into();
        jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap()
    };
    let side = |account: &str| json!({"account": account, "region_id": "cn-qingdao", "vpc_id": "vpc-a"});
    let spec = json!({
        "name": "qingdao-beijing", "kind": "router-interface", "spec": "Mini.2", "dry_run": true,
        "initiator": side("a"), "acceptor": side("b"),
    });
    let request = validator("SpecRequest");
    assert!(
        request.is_valid(&spec),
        "{:#?}",
        request.iter_errors(&spec).map(|error| error.to_string()).collect::<Vec<_>>()
    );
    for (field, value) in [("more", json!(1)), ("spec", json!("Huge.9")), ("bandwidth_mbps", json!(5))] {
        let mut bad = spec.clone();
        bad[field] = value;
        assert!(!request.is_valid(&bad), "{field}");
    }
    let cases: BTreeMap<&str, Value> = [
        ("Problem", serde_json::to_value(Problem::new(ProblemKind::Conflict, "because")).unwrap()),
        ("DryRun", json!({"dry_run": true})),
        ("Decide", json!({"decision": "hold", "reason": "later"})),
        (
            "ConnectionFailure",
            json!({
                "step": "connect", "what": "x", "advice": "y", "since": "2026-01-02T03:04:05Z", "age_seconds": 3,
                "links": {"retry": "POST /v1/connections/a/retry"},
            }),
        ),
    ]
    .into();
    for (name, value) in cases {
        let errors: Vec<_> = validator(name).iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let mut more = value;
        more["more"] = json!(1);
        assert!(!validator(name).is_valid(&more), "{name} is closed");
    }
}

/// The connections that docs/connections.md shows.
fn examples() -> Vec<Spec> {
    let page = include_str!("../../../../docs/connections.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.filter_map(|(text, _)| Spec::from_value(serde_json::from_str(text).ok()?).ok()).collect()
}

#[test]
fn every_kind_of_connection_is_shown_as_the_document_says() {
    let document = document();
    let mut schema = document.clone();
    schema["$ref"] = format!("{SCHEMAS}Connection").into();
    let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap();
    let examples = examples();
    assert!(Kind::ALL.iter().all(|kind| examples.iter().any(|spec| spec.kind() == *kind)), "an example of each kind");
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    for spec in examples {
        let network = json!({"cidr_blocks": ["10.0.0.0/8"], "router_id": "vrt-a", "route_tables": ["vtb-a"]});
        let outputs = json!({
            "router_interface_id": "ri-1", "peering_id": "pcc-1", "lane": "routes-1-cn-x-vpc-1",
            "private_link": {"service_id": "epsrv-1", "endpoint_id": "ep-1", "zones": {"z": {"domain": "d", "ip": "10.0.0.1"}}},
            "routes": [{"route_table_id": "vtb-a", "destination": "10.0.0.0/8", "route_entry_id": "rte-1"}],
            "jd": {"route_table_id": "rtb-1", "bindings": {"subnet-1": "rtb-0"}},
            "rules": [{"security_group_id": "sg-1", "rule_id": "sgr-1"}],
            "proof": {
                "state": "ended", "verdict": "reached", "method": "ping", "seen": "3 of 3", "loss_percent": 0,
                "mean_rtt_us": 700, "generation": 1, "attempt": 1, "at": "2026-01-02T03:04:05Z",
            },
            "former": {"route_tables": ["vtb-b"]},
        });
        let side = json!({"account_id": "1000000000000001", "network": network, "outputs": outputs});
        let sides = spec.kind().sides().map(|of| (of, serde_json::from_value(side.clone()).unwrap())).into();
        let mut record = Record::accepted(spec, "0".repeat(32), sides, now);
        record.failure = serde_json::from_value(json!({
            "step": record.step, "side": "initiator", "what": "x", "advice": "y", "since": now,
            "call": {"action": "DescribeVpcs", "code": "Forbidden"},
        }))
        .unwrap();
        record.waiting = serde_json::from_value(json!({"why": "x", "times": 1})).unwrap();
        record.former = Some(Box::new(record.wanted()));
        let shown = serde_json::to_value(Connection::of(&record, now)).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&shown).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?} {shown:#}");
        assert_eq!(serde_json::from_value::<Connection>(shown).unwrap(), Connection::of(&record, now));
    }
}

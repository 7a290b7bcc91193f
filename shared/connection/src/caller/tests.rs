use serde_json::json;

use super::*;

fn spec(labels: serde_json::Value) -> Spec {
    Spec::from_value(json!({
        "name": "a-b", "kind": "vpc-peering", "labels": labels,
        "initiator": {"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a"},
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    }))
    .unwrap()
}

fn caller(roles: serde_json::Value) -> Caller {
    let document = json!({"version": 1, "callers": {"ann": {"credential": "webhook-secret", "roles": roles}}});
    Callers::from_json(document.to_string().as_bytes()).unwrap().callers.into_values().next().unwrap()
}

#[test]
fn acting_takes_every_account_and_seeing_takes_one() {
    let (spec, of_a) = (spec(json!({})), caller(json!([{"role": "requester", "accounts": ["a"]}])));
    assert!(!of_a.may(Act::Ask, &Subject::spec(&spec)));
    assert!(of_a.may(Act::See, &Subject::spec(&spec)));
    let of_both = caller(json!([{"role": "requester", "accounts": ["a", "b"]}]));
    assert!(of_both.may(Act::Ask, &Subject::spec(&spec)));
    let split = caller(json!([{"role": "requester", "accounts": ["a"]}, {"role": "requester", "accounts": ["b"]}]));
    assert!(!split.may(Act::Ask, &Subject::spec(&spec)), "one role must cover all of it");
    let of_c = caller(json!([{"role": "viewer", "accounts": ["c"]}]));
    assert!(!of_c.may(Act::See, &Subject::spec(&spec)));
}

#[test]
fn a_limited_role_does_not_cover_what_belongs_to_everybody() {
    for limit in [
        json!({"accounts": ["a"]}),
        json!({"kinds": ["vpc-peering"]}),
        json!({"labels": {"env": "dev"}}),
        json!({"services": ["epsrv-1"]}),
    ] {
        let mut grant = limit.clone();
        grant["role"] = json!("admin");
        assert!(!caller(json!([grant])).may(Act::PutPolicy, &Subject::everything()), "{limit}");
    }
    assert!(caller(json!([{"role": "admin"}])).may(Act::PutPolicy, &Subject::everything()));
}

#[test]
fn labels_kinds_and_services_limit_each_by_itself() {
    let (dev, prod) = (spec(json!({"env": "dev", "team": "x"})), spec(json!({"env": "prod"})));
    let on_dev = caller(json!([{"role": "operator", "labels": {"env": "dev"}}]));
    assert!(on_dev.may(Act::Switch, &Subject::spec(&dev)));
    assert!(!on_dev.may(Act::Switch, &Subject::spec(&prod)));
    assert!(!on_dev.may(Act::Ask, &Subject::spec(&dev)), "an operator asks for nothing new");
    assert!(!on_dev.may(Act::See, &Subject::service("a", "epsrv-1")), "an endpoint service has no labels");
    let of_links = caller(json!([{"role": "approver", "kinds": ["private-link"], "services": ["epsrv-1"]}]));
    assert!(of_links.may(Act::Decide, &Subject::service("a", "epsrv-1")));
    assert!(!of_links.may(Act::Decide, &Subject::service("a", "epsrv-2")));
    assert!(!of_links.may(Act::See, &Subject::spec(&dev)));
}

#[test]
fn every_act_is_allowed_by_some_role_and_viewers_change_nothing() {
    for act in [
        Act::Ask,
        Act::Switch,
        Act::Abandon,
        Act::Check,
        Act::Redeliver,
        Act::Decide,
        Act::Repair,
        Act::PutPolicy,
        Act::Configure,
    ] {
        assert!(!Role::Viewer.allows(act), "{act:?}");
        assert!(Role::Admin.allows(act), "{act:?}");
    }
    assert_eq!(Act::Ask.roles(), "requester or admin");
    assert_eq!(Act::PutPolicy.roles(), "admin");
}

#[test]
fn the_document_is_read_strictly_and_says_what_to_write() {
    let told = |text: &str| Callers::from_json(text.as_bytes()).unwrap_err().to_string();
    let ann = |rest: &str| format!(r#"{{"version": 1, "callers": {{"ann": {{{rest}}}}}}}"#);
    let hash = "a".repeat(64);
    for (text, expected) in [
        (r#"{"version": 2}"#.to_owned(), "/version: version 2 is not known"),
        (r#"{"version": 1}"#.to_owned(), "/callers: this field is required"),
        (ann(r#""roles": []"#), "/callers/ann/credential: this field is required"),
        (ann(r#""credential": "password", "roles": []"#), "known are `webhook-secret`, `bearer-token`"),
        (ann(r#""credential": "webhook-secret", "roles": [{"role": "king"}]"#), "/callers/ann/roles/0/role"),
        (ann(r#""credential": "webhook-secret", "roles": [["admin"]]"#), "/callers/ann/roles/0"),
        (ann(r#""credential": "webhook-secret", "roles": [{"role": "admin", "accounts": []}]"#), "cover nothing"),
        (ann(r#""credential": "webhook-secret", "roles": [{"role": "admin", "account": ["a"]}]"#), "unknown field"),
        (ann(r#""credential": "webhook-secret", "secret": "whsec_x", "roles": []"#), "unknown field"),
        (ann(r#""credential": "bearer-token", "token_sha256": ["abc"], "roles": []"#), "not SHA-256"),
        (
            ann(&format!(r#""credential": "webhook-secret", "token_sha256": ["{hash}"], "roles": []"#)),
            "credential: bearer-token",
        ),
        (ann(r#""credential": "webhook-secret", "expires_at": "soon", "roles": []"#), "/callers/ann/expires_at"),
        (
            r#"{"version": 1, "callers": {"a b": {"credential": "bearer-token", "roles": []}}}"#.to_owned(),
            "caller name \"a b\"",
        ),
        (
            r#"{"version": 1, "callers": {}, "groups": {"team": ["ann"]}}"#.to_owned(),
            "/groups/team: there is no caller ann",
        ),
        (
            format!(
                r#"{{"version": 1, "callers": {{"ann": {{"credential": "bearer-token", "token_sha256": ["{hash}"], "roles": []}},
                   "bob": {{"credential": "bearer-token", "token_sha256": ["{hash}"], "roles": []}}}}}}"#
            ),
            "ann has this token too",
        ),
    ] {
        assert!(told(&text).contains(expected), "{text}: {}", told(&text));
    }
}

#[test]
fn a_document_is_written_as_it_reads_and_four_eyes_is_the_default() {
    let text = r#"{"version":1,"callers":{"ann":{"credential":"webhook-secret","roles":[{"role":"admin"}]}}}"#;
    let callers = Callers::from_json(text.as_bytes()).unwrap();
    assert!(callers.four_eyes);
    assert_eq!(serde_json::to_string(&callers).unwrap(), text);
    let alone = Callers { four_eyes: false, ..callers };
    let written = serde_json::to_vec(&alone).unwrap();
    assert_eq!(Callers::from_json(&written).unwrap(), alone);
}

#[test]
fn a_group_speaks_by_each_of_its_callers_and_nobody_else() {
    let mut callers = Callers::none();
    let name = |text: &str| text.parse::<CallerName>().unwrap();
    callers.groups.insert(name("team-b"), [name("bob")].into());
    assert!(callers.speaks_for(&name("bob"), &name("team-b")));
    assert!(callers.speaks_for(&name("bob"), &name("bob")));
    assert!(!callers.speaks_for(&name("ann"), &name("team-b")));
}

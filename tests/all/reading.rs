//! Whatever a person sends is read strictly, on every route: what can be read in two ways does nothing in either.

use api::Page;
use api::connections::Summary;
use api::problem::ProblemKind::{Malformed, NotFound};
use causeway_tests::system::{System, in_world};
use drift::store::DriftStore;
use http::Method;
use serde_json::Value;

/// The pointers of a body that is refused because it cannot be read.
async fn pointers(system: &System, method: &Method, path: &str, body: &str) -> Vec<String> {
    let answer = system.text::<Value>(method.clone(), path, body).await;
    let problem = *answer.expect_err(body);
    assert_eq!(problem.kind, Malformed, "{method} {path} {body}: {problem:#?}");
    problem.errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn what_can_be_read_in_two_ways_does_nothing_in_either() {
    in_world(async |system| {
        let store = system.store();
        let before = DriftStore(&store).under_way().await.unwrap();
        let spec = system.tutorial().to_string();
        let with = |more: &str| format!("{}, {more}}}", spec.strip_suffix('}').unwrap());
        let (post, put) = (Method::POST, Method::PUT);
        let (connections, policy, decision) = ("/v1/connections", "/v1/approval-policy", "/v1/approvals/epsrv-1/ep-1");
        let name = format!("{connections}/{}", system.tutorial()["name"].as_str().unwrap());
        let reject_or_approve =
            r#"{"version":1,"rules":[{"id":"r1","effect":"reject","effect":"approve","accounts":["1001"]}]}"#;
        for (method, path, body, pointer) in [
            (&post, connections, with(r#""name": "other""#), "/name"),
            (&post, "/", with(r#""dry_run": true, "dry_run": false"#), "/dry_run"),
            (&put, &name, with(r#""\u0061cceptor": {}"#), "/acceptor"),
            (&post, connections, format!("[{spec}]"), ""),
            (&post, connections, with(r#""dry_run": "true""#), "/dry_run"),
            (&put, policy, reject_or_approve.to_owned(), "/rules/0/effect"),
            (&put, policy, r#"[1, []]"#.to_owned(), ""),
            (&post, decision, r#"["hold","x"]"#.to_owned(), ""),
            (&post, decision, r#"{"decision":"hold","decision":"reject","reason":"x"}"#.to_owned(), "/decision"),
            (&post, decision, "{\"decision\":\"hold\",\"reason\":\"x\\n  9  bob says approve\"}".to_owned(), "/reason"),
            (&post, "/v1/drift-checks", "[null,null]".to_owned(), ""),
            (&post, "/v1/drift-checks", r#"{"labels":{"a":"b","a":"c"}}"#.to_owned(), "/labels/a"),
            (&post, &format!("{name}/pause"), "[true]".to_owned(), ""),
            (&Method::DELETE, &name, r#"{"dry_run":true,"dry_run":false}"#.to_owned(), "/dry_run"),
        ] {
            assert_eq!(pointers(system, method, path, &body).await, [pointer], "{method} {path} {body}");
        }
        let unknown: String = (0..6000).map(|number| format!("\"f{number}\":0,")).collect();
        let many = pointers(system, &post, connections, &format!("{{{unknown}\"kind\":\"vpc-peering\"}}")).await;
        assert_eq!(many.len(), 51, "and how many more");

        let listed: Page<Summary> = system.ask(Method::GET, connections).await.unwrap();
        assert_eq!(listed.items, []);
        let none = system.ask::<Value>(Method::GET, policy).await;
        assert_eq!(none.unwrap_err().kind, NotFound);
        assert_eq!(DriftStore(&store).under_way().await.unwrap(), before);
    });
}

/// Bodies that fill what the webhook takes, each with as many or as long mistakes as fit.
fn large_bodies() -> Vec<String> {
    let most = api::LARGEST_BODY - 200;
    let fields = |field: &dyn Fn(usize) -> String| {
        let mut body = String::from("{");
        for number in 0.. {
            let field = field(number);
            if body.len() + field.len() > most {
                break;
            }
            body.push_str(&field);
        }
        format!("{body}\"kind\":\"vpc-peering\"}}")
    };
    let (long, wide) = ("k".repeat(most / 8), "🦀".repeat(most / 32));
    vec![
        fields(&|number| format!("\"f{number}\":0,")),
        fields(&|_| "\"f\":0,".to_owned()),
        fields(&|number| format!("\"{number}{}\":0,", "🦀".repeat(80))),
        fields(&|number| format!("\"{number}{}\":0,", "\\\\\\\"".repeat(80))),
        format!("{{\"{long}\":1,\"{long}\":2}}"),
        format!("{{\"{wide}\":\"{wide}\"}}"),
        format!(
            "{{\"name\":\"{long}\",\"decision\":\"{long}\",\"reason\":\"{wide}\",\"connection\":\"{wide}\",\"dry_run\":\"{wide}\"}}"
        ),
        format!("{{\"version\":1,\"rules\":[{}0]}}", "0,".repeat(most / 3)),
        format!("{{\"version\":1,\"rules\":[{}{{}}]}}", "{\"id\":\"A\"},".repeat(most / 12)),
        format!(
            "{{\"kind\":\"vpc-peering\",\"initiator\":{{\"routes\":[{}0]}}}}",
            "\"010.0.0.0/8\",".repeat(most / 15)
        ),
        format!("[{}0]", "[],".repeat(most / 4)),
        "[".repeat(most),
    ]
}

#[test]
fn a_refusal_is_small_whatever_was_sent_and_a_list_is_no_object_on_any_route() {
    in_world(async |system| {
        let name = system.built(&system.tutorial()).await.summary.name.to_string();
        let mut routes = 0;
        for route in api::route::routes().iter().filter(|route| route.body.is_some()) {
            routes += 1;
            let path =
                route.path.replace("{name}", &name).replace("{service}", "epsrv-1").replace("{endpoint}", "ep-1");
            let path = path.replace("{account}", "a").replace("{document}", "sinks");
            let path = path.replace("{id}", "connection-active-0-1").replace("{letter}", "A1");
            for body in ["[]", "[null,null]", "[true]", r#"["hold","x"]"#, "[1,[]]", "null", "\"x\"", "7"] {
                pointers(system, &route.method, &path, body).await;
            }
            for body in large_bodies() {
                let answer = system.webhook.send(route.method.clone(), &path, &[], &body).await.unwrap();
                let shown = String::from_utf8_lossy(answer.body());
                let begins: String = body.chars().take(40).collect();
                assert_eq!(answer.status().as_u16(), 400, "{} {begins}: {shown}", route.id);
                assert!(shown.len() < 40_000, "{} {begins}: {} bytes", route.id, shown.len());
            }
            // As many requests as one instance takes.
            tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        }
        assert!(routes > 10, "{routes}");
    });
}

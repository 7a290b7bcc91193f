use super::*;
use crate::call::SubjectKey;

fn read(method: &Method, target: &str) -> Result<Call, RouteError> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Router::new().read(method, path, query).map(|(_, call)| call)
}

fn get(target: &str) -> Result<Call, RouteError> {
    read(&Method::GET, target)
}

fn name() -> ConnectionName {
    "a-b".parse().unwrap()
}

fn endpoint() -> EndpointName {
    "epsrv-1/ep-1".parse().unwrap()
}

#[test]
fn each_path_finds_its_call() {
    let create = |dry_run| Ok(Call::CreateConnection { dry_run });
    assert_eq!(read(&Method::POST, "/v1/connections"), create(false));
    assert_eq!(read(&Method::POST, "/v1/connections/"), create(false));
    assert_eq!(read(&Method::POST, "/?dry_run=true"), create(true));
    assert_eq!(get("/v1/connections/a-b"), Ok(Call::GetConnection { name: name() }));
    assert_eq!(read(&Method::PUT, "/v1/connections/a-b"), Ok(Call::ChangeConnection { name: name(), dry_run: false }));
    let command = |command, dry_run| Ok(Call::Command { name: name(), command, dry_run });
    assert_eq!(read(&Method::DELETE, "/v1/connections/a-b"), command(Command::Remove, false));
    for (word, of_it) in [
        ("retry", Command::Retry),
        ("pause", Command::Pause),
        ("resume", Command::Resume),
        ("abandon", Command::Abandon),
    ] {
        let target = format!("/v1/connections/a-b/{word}?dry_run=true");
        assert_eq!(read(&Method::POST, &target), command(of_it, true));
    }
    let page = PageQuery { after: Some(name()), limit: 5 };
    assert_eq!(get("/v1/connections?after=a-b&limit=5"), Ok(Call::ListConnections(page)));
    assert_eq!(get("/v1/approvals/epsrv-1/ep-1"), Ok(Call::GetDecisionLog { endpoint: endpoint() }));
    let decide = Call::Decide { endpoint: endpoint(), dry_run: false };
    assert_eq!(read(&Method::POST, "/v1/approvals/epsrv-1/ep-1"), Ok(decide));
    assert_eq!(get("/v1/approval-policy"), Ok(Call::GetPolicy));
    assert_eq!(read(&Method::PUT, "/v1/approval-policy"), Ok(Call::PutPolicy { dry_run: false }));
    assert_eq!(read(&Method::POST, "/v1/drift-checks"), Ok(Call::BeginDriftCheck { dry_run: false }));
    assert!(matches!(get("/v1/drift-checks/20261121t104502z-0000000000000007"), Ok(Call::GetDriftCheck { .. })));
    let query = DriftQuery {
        connection: Some(name()),
        severity: Some(Severity::Down),
        page: PageQuery { after: Some("connection:a".parse::<SubjectKey>().unwrap()), limit: 3 },
    };
    let target = "/v1/drift?connection=a-b&severity=down&after=connection%3Aa&limit=3";
    assert_eq!(get(target), Ok(Call::ListDrift(query)));
    let repair = Call::Repair { name: name(), dry_run: true };
    assert_eq!(read(&Method::POST, "/v1/drift/a-b/repair?dry_run=true"), Ok(repair));
    let after = "1767323045-connection-active-0-1";
    let query = NoticeQuery {
        status: Some(Status::DeadLetter),
        sink: Some("pager".parse().unwrap()),
        page: PageQuery { after: Some(after.to_owned()), limit: 7 },
    };
    let target = format!("/v1/notices?status=dead-letter&sink=pager&after={after}&limit=7");
    assert_eq!(get(&target), Ok(Call::ListNotices(query)));
    let id = || "connection-active-0-1".parse().unwrap();
    assert_eq!(get("/v1/notices/connection-active-0-1"), Ok(Call::GetNotice { id: id() }));
    let redeliver = Call::Redeliver { id: id(), sink: Some("pager".parse().unwrap()), dry_run: false };
    assert_eq!(read(&Method::POST, "/v1/notices/connection-active-0-1/redeliver?sink=pager"), Ok(redeliver));
    assert_eq!(get("/v1/deployment"), Ok(Call::GetDeployment));
    let account = |region| Ok(Call::CheckAccount { account: "a".parse().unwrap(), region });
    assert_eq!(read(&Method::POST, "/v1/accounts/a/checks"), account(None));
    let region = Some("cn-qingdao".parse().unwrap());
    assert_eq!(read(&Method::POST, "/v1/accounts/a/checks?region=cn-qingdao"), account(region));
    assert_eq!(get("/openapi.json"), Ok(Call::GetOpenApi));
}

#[test]
fn any_escaping_is_undone() {
    let after = |text: &str| get(&format!("/v1/approvals?after={text}"));
    let page = || Ok(Call::ListDecisions(PageQuery { after: Some(endpoint()), limit: DEFAULT_LIMIT }));
    for text in ["epsrv-1/ep-1", "epsrv-1%2Fep-1", "epsrv-1%2fep-1", "epsrv%2D1%2fep%2d1"] {
        assert_eq!(after(text), page(), "{text}");
    }
    let page = PageQuery { after: Some(name()), limit: DEFAULT_LIMIT };
    assert_eq!(get("/v1/connections?%61fter=a%2Db"), Ok(Call::ListConnections(page)));
    for text in ["connection:a", "connection%3Aa", "connection%3aa"] {
        let Ok(Call::ListDrift(query)) = get(&format!("/v1/drift?after={text}")) else { panic!("{text}") };
        assert_eq!(query.page.after.unwrap().to_string(), "connection:a");
    }
    for path in ["/v1/connections/a%2Db", "/v1/connections/a%2db", "/v1/connections/%61-%62", "/v1/c%6Fnnections/a-b"] {
        assert_eq!(get(path), Ok(Call::GetConnection { name: name() }), "{path}");
    }
    for path in
        ["/v1/connections%2Fa-b", "/v1/connections/a-b%2Fretry", "/v1/connections/%FF", "/v1/approvals/..%2F/ep-1"]
    {
        assert!(matches!(get(path), Err(RouteError::NotFound(_))), "{path}: an escaped slash divides nothing");
    }
}

#[test]
fn a_parameter_that_does_not_read_is_told_with_its_value_and_what_to_write() {
    for (target, told) in [
        ("/v1/connections?limit=0", "limit: must be a number from 1 to 100; given is \"0\""),
        ("/v1/connections?limit=", "limit: must be a number from 1 to 100; given is \"\""),
        ("/v1/connections?limit=1e2", "limit: must be a number from 1 to 100; given is \"1e2\""),
        ("/v1/connections?after=A", "after: connection name \"A\" must be"),
        ("/v1/approvals?after=ep-1", "after: must be SERVICE/ENDPOINT, as next gives it; given is \"ep-1\""),
        ("/v1/drift?severity=Down", "severity: \"Down\" is no severity; it is one of"),
        ("/v1/drift?after=x", "as next gives it; given is \"x\""),
        ("/v1/notices?status=dead", "given is \"dead\""),
        ("/v1/notices?sink=a%20b", "sink: \"a b\" is no name: write"),
        ("/v1/notices?x%1b=1", "unknown query parameter \"x\\u{1b}\""),
    ] {
        let Err(RouteError::BadParameter(detail)) = get(target) else { panic!("{target}") };
        assert!(detail.contains(told), "{target}: {detail}");
    }
    let Err(RouteError::BadParameter(detail)) = read(&Method::DELETE, "/v1/connections/a-b?dry_run=yes") else {
        panic!()
    };
    assert_eq!(detail, "dry_run: must be true or false; given is \"yes\"");
}

#[test]
fn what_does_not_exist_is_not_found_and_what_does_names_its_methods() {
    for target in [
        "/v2/connections",
        "/v1/connections/a-b/foo",
        "/v1/connections/a/b/c/d",
        "/v1/connections/A_B",
        "/v1/approvals/epsrv-1",
        "/v1/drift-checks/../x",
        "/v1/drift-checks/x",
        "/v1/notices/Connection",
        "/v1//connections",
    ] {
        for method in [Method::GET, Method::POST] {
            if let Err(RouteError::MethodNotAllowed { .. }) = read(&method, target) {
                assert_eq!(method, Method::POST, "{target}");
                continue;
            }
            assert!(matches!(read(&method, target), Err(RouteError::NotFound(_))), "{method} {target}");
        }
    }
    assert!(matches!(read(&Method::POST, "/v1/connections/a-b/delete"), Err(RouteError::NotFound(_))));
    for (method, target, allow) in [
        (Method::GET, "/", "POST"),
        (Method::PUT, "/v1/connections", "POST, GET"),
        (Method::PATCH, "/v1/connections/a-b", "GET, PUT, DELETE"),
        (Method::GET, "/v1/connections/a-b/retry", "POST"),
        (Method::DELETE, "/v1/approval-policy", "GET, PUT"),
        (Method::POST, "/v1/approvals", "GET"),
        (Method::DELETE, "/v1/drift", "GET"),
        (Method::POST, "/v1/notices", "GET"),
        (Method::DELETE, "/v1/notices/connection-active-0-1", "GET"),
        (Method::GET, "/v1/notices/connection-active-0-1/redeliver", "POST"),
        (Method::OPTIONS, "/openapi.json", "GET"),
    ] {
        assert_eq!(read(&method, target), Err(RouteError::MethodNotAllowed { allow: allow.to_owned() }), "{target}");
    }
}

#[test]
fn an_unknown_repeated_or_wrong_parameter_is_refused_by_name() {
    for (target, words) in [
        ("/v1/connections?page=2", "unknown query parameter \"page\"; GET /v1/connections takes after, limit"),
        ("/v1/connections/a-b?verbose=1", "GET /v1/connections/{name} takes none"),
        ("/v1/connections?limit=5&limit=6", "limit is given twice"),
        ("/v1/connections?limit=0", "limit: must be a number from 1 to 100"),
        ("/v1/connections?limit=many", "limit: must be a number from 1 to 100"),
        ("/v1/connections?after=Not%20A%20Name", "after: connection name"),
        ("/v1/approvals?after=epsrv-1", "after: must be SERVICE/ENDPOINT"),
        ("/v1/drift?severity=bad", "severity: "),
        ("/v1/drift?after=yesterday", "after: must be connection:NAME or account:ALIAS"),
        ("/v1/drift?all=true", "connection, severity, after, limit"),
        ("/v1/notices?status=given-up", "status: must be one of waiting, delivered, dead-letter"),
        ("/v1/notices?sink=a/b", "sink: "),
        ("/openapi.json?pretty", "takes none"),
    ] {
        let Err(RouteError::BadParameter(detail)) = get(target) else { panic!("{target}: {:?}", get(target)) };
        assert!(detail.contains(words), "{target}: {detail}");
    }
    for target in
        ["/v1/connections/a-b/retry?dry_run=1", "/v1/connections/a-b/retry?dry_run", "/?dry_run=true&dry_run=false"]
    {
        assert!(matches!(read(&Method::POST, target), Err(RouteError::BadParameter(_))), "{target}");
    }
    let mistyped = read(&Method::DELETE, "/v1/connections/a-b?dryrun=true");
    assert!(matches!(mistyped, Err(RouteError::BadParameter(_))));
}

/// Whatever the document says that a parameter takes is taken, and nothing else.
#[test]
fn the_schema_of_each_query_parameter_takes_what_the_router_takes() {
    let texts = [
        "",
        " ",
        "x",
        "a b",
        "A_B",
        "a-b",
        "-a",
        "ep-1",
        "epsrv-1/ep-1",
        "epsrv-1/",
        "/ep-1",
        "connection:a",
        "connection:",
        "account:a",
        "account:A",
        "route:a",
        "down",
        "Down",
        "dead-letter",
        "dead",
        "pager",
        "1767323045-connection-active-0-1",
        "-connection-active-0-1",
        "1767323045-",
        "1767323045",
    ];
    let document = crate::openapi::document();
    let mut compared = 0;
    for route in routes() {
        let path = route.path.replace("{name}", "a-b").replace("{id}", "connection-active-0-1");
        let path = path.replace("{account}", "a");
        // Which folders there are is known to whoever shows them.
        let is_compared = route.id != "listEvidence";
        for parameter in route.parameters.iter().filter(|parameter| is_compared && parameter.place == "query") {
            let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            let shown = operation["parameters"].as_array().unwrap();
            let shown = shown.iter().find(|shown| shown["name"] == parameter.name && shown["in"] == "query").unwrap();
            let mut schema = document.clone();
            schema.as_object_mut().unwrap().extend(shown["schema"].as_object().unwrap().clone());
            let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap();
            for text in texts {
                let value = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
                let taken = read(&route.method, &format!("{path}?{}={value}", parameter.name)).is_ok();
                let valid = validator.is_valid(&text.into());
                // Where notices go on is read by whoever lists them.
                if (route.id, parameter.name) == ("listNotices", "after") {
                    let is_listed = ["1767323045-connection-active-0-1"].contains(&text);
                    assert_eq!(valid, is_listed, "{text}");
                } else {
                    assert_eq!(valid, taken, "{} {}={text:?}", route.id, parameter.name);
                }
                compared += usize::from(valid);
            }
        }
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn every_route_honours_a_dry_run_or_refuses_it() {
    for route in routes() {
        let path = route.path.replace("{name}", "a-b").replace("{service}", "epsrv-1").replace("{endpoint}", "ep-1");
        let path = path.replace("{account}", "a").replace("{document}", "sinks").replace("{letter}", "A1");
        let path = path.replace("{id}", "20261121t104502z-0000000000000007");
        let read = read(&route.method, &format!("{path}?dry_run=true"));
        // It only looks, but its answer is not the same twice.
        if route.method == Method::GET || route.id == "checkAccount" {
            assert!(matches!(read, Err(RouteError::NoDryRun(_))), "{}: {read:?}", route.id);
        } else {
            assert!(format!("{:?}", read.unwrap()).contains("dry_run: true"), "{}", route.id);
        }
    }
}

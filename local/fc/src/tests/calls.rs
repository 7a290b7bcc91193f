//! Instances, timers, asynchronous calls and the HTTP trigger.

use local_core::ram::role_arn;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_timer_ticks_in_cloud_time_and_says_when() {
    let world = World::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&events);
    let fake = Fake::new(move |request| {
        note.lock().unwrap().push(serde_json::from_slice::<Value>(request.body()).unwrap());
        async { done("") }
    });
    let timer = "  Tick: {Type: 'ALIYUN::FC3::Trigger', Properties: {FunctionName: {Ref: Worker}, TriggerName: tick, TriggerType: timer, TriggerConfig: {cronExpression: '@every 5m', enable: true, payload: '{\"a\":1}'}}}\n";
    world.deploy(&format!("{}{timer}", function("")), fake).await.unwrap();
    let began = world.shared.clock.now();
    world.fc.start().await;
    tokio::time::sleep(Duration::from_secs(16 * 60)).await;
    let events = events.lock().unwrap().clone();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["triggerName"], "tick");
    assert_eq!(events[0]["payload"], "{\"a\":1}");
    let at: jiff::Timestamp = events[2]["triggerTime"].as_str().unwrap().parse().unwrap();
    assert!((899..=901).contains(&at.duration_since(began).as_secs()));
    world.stop().await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(world.fc.invocations_since(0).len(), 3, "nothing ticks after the stop");
}

#[tokio::test(start_paused = true)]
async fn an_instance_takes_as_many_calls_as_it_may_and_others_start_beside_it() {
    for (concurrency, instances) in [(1, 4), (2, 4), (20, 1)] {
        let world = World::new();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (current, top) = (Arc::clone(&now), Arc::clone(&most));
        let fake = Fake::new(move |_| {
            top.fetch_max(current.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let current = Arc::clone(&current);
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                current.fetch_sub(1, Ordering::SeqCst);
                done("")
            }
        });
        let launcher: Arc<dyn Launcher> = Arc::<Fake>::clone(&fake);
        world.deploy(&function(&format!(", InstanceConcurrency: {concurrency}")), launcher).await.unwrap();
        let calls = (0..12).map(|_| world.fc.invoke("worker", "x"));
        let ended = futures::future::join_all(calls).await;
        assert!(ended.into_iter().all(|ended| ended.unwrap().0.is_success()));
        assert_eq!(fake.launched(), instances, "concurrency {concurrency}");
        assert_eq!(most.load(Ordering::SeqCst), (concurrency * instances).min(12));
    }
}

const ROLE: &str = "  Role:
    Type: ALIYUN::RAM::Role
    Properties:
      RoleName: Exec
      AssumeRolePolicyDocument: {Version: '1', Statement: [{Action: 'sts:AssumeRole', Effect: Allow, Principal: {Service: [fc.aliyuncs.com]}}]}
";

#[tokio::test(start_paused = true)]
async fn a_function_acts_as_its_role_with_credentials_as_old_as_its_instance() {
    let world = World::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&told);
    let fake = Fake::new(move |request| {
        note.lock().unwrap().push(request.headers()["x-fc-access-key-id"].to_str().unwrap().to_owned());
        async { done("") }
    });
    let template =
        format!("{}{ROLE}", function(", Role: {'Fn::GetAtt': [Role, Arn]}, EnvironmentVariables: {MINE: yes}"));
    world.deploy(&template, Arc::<Fake>::clone(&fake)).await.unwrap();
    let call = async || drop(world.fc.invoke("worker", "x").await.unwrap());
    call().await;
    // Past the end of its credentials an instance is there still. It is for itself to end.
    tokio::time::sleep(Duration::from_secs(37 * 3600)).await;
    call().await;
    assert_eq!(fake.launched(), 1);
    fake.ended.store(true, Ordering::SeqCst);
    call().await;
    world.until("the first one is gone", || (fake.launched(), fake.stopped()) == (2, 1)).await;
    assert_eq!(*told.lock().unwrap(), ["", "", ""], "this image has its credentials in the environment alone");

    let environments = fake.environments.lock().unwrap().clone();
    let keys: Vec<&str> = environments.iter().map(|own| own["ALIBABA_CLOUD_ACCESS_KEY_ID"].as_str()).collect();
    assert_ne!(keys[0], keys[1]);
    let environment = &environments[0];
    assert_eq!((environment["MINE"].as_str(), environment["FC_REGION"].as_str()), ("yes", "cn-hangzhou"));
    assert_eq!(environment["FC_ACCOUNT_ID"], ACCOUNT);
    let identity = world.shared.identities.find(keys[0]).unwrap();
    let local_core::identity::Principal::Role { name, session } = identity.principal else { panic!("not a role") };
    assert_eq!((role_arn(ACCOUNT, &name), session.as_str()), (role_arn(ACCOUNT, "exec"), "worker"));
}

#[tokio::test(start_paused = true)]
async fn hooks_are_called_at_both_ends_of_an_instance() {
    let world = World::new();
    let paths = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&paths);
    let fake = Fake::new(move |request| {
        note.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
        async { done("") }
    });
    let hooks = ", InstanceLifecycleConfig: {Initializer: {Handler: h, Timeout: 5}, PreStop: {Handler: h}}";
    world.deploy(&function(hooks), fake).await.unwrap();
    world.fc.invoke("worker", "x").await.unwrap();
    world.fc.invoke("worker", "x").await.unwrap();
    world.stop().await;
    assert_eq!(*paths.lock().unwrap(), ["POST /initialize", "POST /invoke", "POST /invoke", "GET /pre-stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_initializer_fails_the_call_and_the_next_one_gets_a_new_instance() {
    let world = World::new();
    let count = Arc::new(AtomicUsize::new(0));
    let fake = Fake::new(move |request| {
        let first = request.uri() == "/initialize" && count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { failed() } else { done("fine") } }
    });
    let launcher: Arc<dyn Launcher> = Arc::<Fake>::clone(&fake);
    world.deploy(&function(", InstanceLifecycleConfig: {Initializer: {Handler: h}}"), launcher).await.unwrap();
    let (outcome, _) = world.fc.invoke("worker", "x").await.unwrap();
    assert_eq!(outcome.error_type(), Some("InitializationError"));
    let (outcome, body) = world.fc.invoke("worker", "x").await.unwrap();
    assert_eq!((outcome, &body[..]), (Outcome::Succeeded, &b"fine"[..]));
    assert_eq!((fake.launched(), fake.stopped()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_status_header_is_a_success_whatever_its_http_status() {
    let world = World::new();
    let fake = Fake::new(|_| async { Ok(Response::builder().status(500).body(Bytes::from_static(b"odd")).unwrap()) });
    world.deploy(&function(""), fake).await.unwrap();
    let (outcome, body) = world.fc.invoke("worker", "x").await.unwrap();
    assert_eq!((outcome, &body[..]), (Outcome::Succeeded, &b"odd"[..]));
}

const DESTINATIONS: &str = "  Dead: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: dead}}
  Glad: {Type: 'ALIYUN::MNS::Queue', Properties: {QueueName: glad}}
  Later:
    Type: ALIYUN::FC3::AsyncInvokeConfig
    Properties:
      FunctionName: {Ref: Worker}
      MaxAsyncRetryAttempts: 2
      DestinationConfig:
        OnFailure: {Destination: {'Fn::Sub': '${Dead.ARN.WithSlash}/messages'}}
        OnSuccess: {Destination: {'Fn::Sub': '${Glad.ARN.WithSlash}/messages'}}
";

#[tokio::test(start_paused = true)]
async fn an_asynchronous_call_is_repeated_and_its_outcome_reported() {
    let world = World::new();
    let ids = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&ids);
    let fake = Fake::new(move |request| {
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        note.lock().unwrap().push((header("x-fc-request-id"), header("x-fc-retry-count")));
        let bad = &request.body()[..] == b"bad";
        async move { if bad { failed() } else { done("fine") } }
    });
    world.deploy(&format!("{}{DESTINATIONS}", function("")), fake).await.unwrap();
    world.fc.start().await;
    let id = world.fc.invoke_async("worker", "bad").unwrap();
    world.until("the failure is reported", || world.count("dead") == 1).await;
    let expected: Vec<(String, String)> = (0..3).map(|retry: u32| (id.clone(), retry.to_string())).collect();
    assert_eq!(*ids.lock().unwrap(), expected);
    let report = world.mns.receive(&world.queue("dead"), 1, Duration::ZERO).await.unwrap();
    let report: Value = serde_json::from_str(report[0].body()).unwrap();
    assert_eq!(report["requestContext"]["requestId"], id);
    assert_eq!(report["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(report["requestContext"]["approximateInvokeCount"], 3);
    assert_eq!(
        (&report["requestPayload"], &report["responsePayload"]["errorMessage"]),
        (&"bad".into(), &"broken".into())
    );
    world.fc.invoke_async("worker", "good").unwrap();
    world.until("the success is reported", || world.count("glad") == 1).await;
    world.until("nothing waits", || world.fc.waiting_calls() == 0).await;
    world.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_accepted_call_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    {
        let world = World::in_storage(Storage::in_folder(folder.path()).unwrap());
        world.deploy(&function(""), Fake::new(|_| async { done("") })).await.unwrap();
        world.fc.invoke_async("worker", "kept").unwrap();
    }
    let world = World::in_storage(Storage::in_folder(folder.path()).unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&bodies);
    let fake = Fake::new(move |request| {
        note.lock().unwrap().push(request.into_body());
        async { done("") }
    });
    world.deploy(&function(""), fake).await.unwrap();
    world.fc.start().await;
    world.until("it was made", || world.fc.waiting_calls() == 0).await;
    assert_eq!(*bodies.lock().unwrap(), ["kept"]);
    world.stop().await;
}

const HTTP: &str = "  Web: {Type: 'ALIYUN::FC3::Trigger', Properties: {FunctionName: {Ref: Worker}, TriggerName: web, TriggerType: http, TriggerConfig: {authType: anonymous, methods: [GET, POST]}}}\n";

#[tokio::test(start_paused = true)]
async fn an_http_trigger_passes_requests_through_but_for_the_platforms_own_headers() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let fake = Fake::new(move |request| {
        *note.lock().unwrap() = Some(request);
        async {
            let answer = Response::builder()
                .status(422)
                .header("x-fc-status", "404")
                .header("server", "mine")
                .header("x-own", "kept")
                .body(Bytes::from_static(b"no"));
            Ok(answer.unwrap())
        }
    });
    let deployment = world.deploy(&format!("{}{HTTP}", function("")), fake).await.unwrap();
    assert_eq!(deployment.http_functions, ["worker"]);
    let request = Request::post("/v1/connections?dry=1")
        .header("x-fc-request-id", "forged")
        .header("connection", "close")
        .header("webhook-id", "w1")
        .body(Bytes::from_static(b"body"))
        .unwrap();
    let response = world.fc.http_trigger("worker", request).await;
    assert_eq!(response.status(), 422, "a reported failure changes nothing for an http client");
    assert_eq!(&response.body()[..], b"no");
    assert_eq!(response.headers()["x-own"], "kept");
    assert!(!response.headers().contains_key("server") && !response.headers().contains_key("x-fc-status"));
    let request = seen.lock().unwrap().take().unwrap();
    assert_eq!(request.uri(), "/v1/connections?dry=1");
    assert_eq!(request.headers()["x-fc-control-path"], "/http-invoke");
    assert_eq!(request.headers()["webhook-id"], "w1");
    assert!(!request.headers().contains_key("connection"));
    assert_eq!(request.headers()["x-fc-request-id"], response.headers()["x-fc-request-id"].to_str().unwrap());
    assert_ne!(request.headers()["x-fc-request-id"], "forged");

    let refused = world.fc.http_trigger("worker", Request::delete("/").body(Bytes::new()).unwrap()).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["allow"].to_str().unwrap()), (405, "GET, POST"));
    let long = Request::get(format!("/{}", "x".repeat(5000))).body(Bytes::new()).unwrap();
    assert_eq!(world.fc.http_trigger("worker", long).await.status(), 400);
    assert_eq!(world.fc.http_trigger("nobody", Request::new(Bytes::new())).await.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn an_http_client_hears_of_a_crash_and_of_a_timeout() {
    let world = World::new();
    let fake = Fake::new(|request| async move {
        if request.uri() == "/crash" { Err(Exited::default()) } else { std::future::pending().await }
    });
    world.deploy(&format!("{}{HTTP}", function("")), fake).await.unwrap();
    for (path, status, code) in [("/crash", 502, "UnhandledInvocationError"), ("/hang", 504, "FunctionTimeoutError")] {
        let response = world.fc.http_trigger("worker", Request::get(path).body(Bytes::new()).unwrap()).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["x-fc-error-type"], code);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["RequestId"], response.headers()["x-fc-request-id"].to_str().unwrap());
    }
}

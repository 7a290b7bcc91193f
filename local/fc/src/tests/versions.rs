//! Versions and aliases over the management API.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::over_api::signed;
use super::*;

/// Functions that answer with the text in their package, the variable `WORD`, and what they are told about their version.
struct Echo;

struct Running(String);

#[async_trait]
impl Launcher for Echo {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let package = function.package.clone().expect("it was copied");
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(package)).unwrap();
        let text = std::io::read_to_string(zip.by_index(0).unwrap()).unwrap();
        Ok(Arc::new(Running(format!("{text} {}", environment.get("WORD").map_or("-", String::as_str)))))
    }
}

#[async_trait]
impl Instance for Running {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        done(format!("{} {}/{}", self.0, header("x-fc-qualifier"), header("x-fc-version-id")))
    }

    async fn stop(&self) {}
}

fn package(text: &str) -> Value {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("bootstrap", options).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    json!({ "zipFile": STANDARD.encode(zip.finish().unwrap().into_inner()) })
}

/// What a call answers: its status, and its body, or the code of the refusal.
async fn api(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let path = format!("/2023-03-30/functions{path}");
    let answer = world.fc.handle(signed(world, method, &path, "Any", "Sync", &body)).await;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let read: Value = serde_json::from_str(&text).unwrap_or_else(|_| text.into());
    (answer.status().as_u16(), if answer.status().is_success() { read } else { read["Code"].clone() })
}

async fn invoke(world: &World, qualifier: &str) -> String {
    let (status, body) = api(world, "POST", &format!("/f/invocations?qualifier={qualifier}"), "{}".into()).await;
    assert_eq!(status, 200, "{body}");
    body.as_str().unwrap().to_owned()
}

/// A world with the function `f`, in storage of this kind.
fn opened(storage: Storage) -> World {
    let world = World::in_storage(storage);
    world.fc.set_launcher(Arc::new(Echo));
    world
}

fn made(text: &str, word: &str) -> Value {
    let environment = json!({ "WORD": word });
    json!({"functionName": "f", "runtime": "custom.debian12", "handler": "h", "code": package(text), "environmentVariables": environment})
}

async fn publish(world: &World, description: &str) -> (u16, Value) {
    api(world, "POST", "/f/versions", json!({ "description": description })).await
}

/// The function `f` with version 1 (`one`), version 2 (`two`), and `LATEST` (`three`).
async fn with_two_versions(storage: Storage) -> World {
    let world = opened(storage);
    assert_eq!(api(&world, "POST", "", made("one", "a")).await.0, 200);
    publish(&world, "first").await;
    let mut two = made("two", "b");
    two.as_object_mut().unwrap().remove("functionName");
    assert_eq!(api(&world, "PUT", "/f", two).await.0, 200);
    publish(&world, "second").await;
    assert_eq!(api(&world, "PUT", "/f", json!({ "code": package("three") })).await.0, 200);
    world
}

#[tokio::test(start_paused = true)]
async fn a_version_keeps_code_and_configuration_and_runs_them() {
    let world = with_two_versions(Storage::in_memory()).await;
    for (qualifier, expected) in
        [("", "three b LATEST/"), ("LATEST", "three b LATEST/"), ("1", "one a 1/1"), ("2", "two b 2/2")]
    {
        assert_eq!(invoke(&world, qualifier).await, expected);
    }
    let (_, first) = api(&world, "GET", "/f?qualifier=1", Value::Null).await;
    let (_, latest) = api(&world, "GET", "/f", Value::Null).await;
    assert_eq!((&first["description"], &first["environmentVariables"]["WORD"]), (&"first".into(), &"a".into()));
    assert_eq!((&latest["description"], &latest["environmentVariables"]["WORD"]), (&Value::Null, &"b".into()));
    assert_ne!(first["codeChecksum"], latest["codeChecksum"]);
    let (_, code) = api(&world, "GET", "/f/code?qualifier=1", Value::Null).await;
    assert_eq!(code["checksum"], first["codeChecksum"]);
    let key = code["url"].as_str().unwrap().split_once("/_local/code/").unwrap().1.to_owned();
    assert_eq!(local_oss::crc64(&world.fc.package(&key).unwrap()).to_string(), first["codeChecksum"]);
    for path in ["/f?qualifier=7", "/f/code?qualifier=7"] {
        assert_eq!(api(&world, "GET", path, Value::Null).await, (404, "VersionNotFound".into()));
    }
    for path in ["/f?qualifier=none", "/f/code?qualifier=none"] {
        assert_eq!(api(&world, "GET", path, Value::Null).await, (404, "AliasNotFound".into()));
    }
    for (qualifier, code) in [("7", "VersionNotFound"), ("none", "AliasNotFound")] {
        let path = format!("/f/invocations?qualifier={qualifier}");
        assert_eq!(api(&world, "POST", &path, "{}".into()).await, (404, code.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn versions_count_up_are_listed_and_their_numbers_never_come_back() {
    let world = with_two_versions(Storage::in_memory()).await;
    let (status, third) = publish(&world, "third").await;
    assert_eq!((status, &third["versionId"], &third["description"]), (200, &"3".into(), &"third".into()));
    assert!(third["createdTime"].is_string() && third["lastModifiedTime"].is_string());
    assert_eq!(publish(&world, "again").await, (400, "VersionPublishError".into()), "nothing has changed");
    let ids = |listed: &Value| -> Vec<String> {
        let versions = listed["versions"].as_array().unwrap().iter();
        versions.map(|one| one["versionId"].as_str().unwrap().to_owned()).collect()
    };
    for (query, expected, next) in [
        ("", vec!["3", "2", "1"], Value::Null),
        ("?direction=FORWARD", vec!["1", "2", "3"], Value::Null),
        ("?limit=2", vec!["3", "2"], "1".into()),
        ("?limit=2&nextToken=1", vec!["1"], Value::Null),
        ("?direction=FORWARD&limit=1&nextToken=2", vec!["2"], "3".into()),
    ] {
        let (_, listed) = api(&world, "GET", &format!("/f/versions{query}"), Value::Null).await;
        assert_eq!((ids(&listed), &listed["nextToken"]), (expected.iter().map(ToString::to_string).collect(), &next));
    }
    for query in ["direction=UP", "limit=0", "limit=101", "nextToken=x"] {
        let answer = api(&world, "GET", &format!("/f/versions?{query}"), Value::Null).await;
        assert_eq!(answer, (400, "InvalidArgument".into()), "{query}");
    }
    assert_eq!(api(&world, "DELETE", "/f/versions/3", Value::Null).await.0, 204);
    assert_eq!(api(&world, "DELETE", "/f/versions/3", Value::Null).await, (404, "VersionNotFound".into()));
    assert_eq!(api(&world, "DELETE", "/f/versions/LATEST", Value::Null).await, (400, "InvalidArgument".into()));
    let (_, fourth) = api(&world, "POST", "/f/versions", Value::Null).await;
    assert_eq!((&fourth["versionId"], &fourth["description"]), (&"4".into(), &"".into()));
    assert_eq!(api(&world, "POST", "/none/versions", json!({})).await, (404, "FunctionNotFound".into()));
    assert_eq!(api(&world, "POST", "/f/versions", json!({"colour": "red"})).await, (400, "InvalidArgument".into()));
}

#[tokio::test(start_paused = true)]
async fn an_alias_leads_to_its_version_and_to_nothing_once_that_is_deleted() {
    let world = with_two_versions(Storage::in_memory()).await;
    let alias = json!({"aliasName": "prod", "versionId": "1", "description": "live"});
    let (status, made) = api(&world, "POST", "/f/aliases", alias.clone()).await;
    assert_eq!((status, &made["versionId"], &made["description"]), (200, &"1".into(), &"live".into()));
    assert_eq!(made["additionalVersionWeight"], json!({}));
    assert_eq!(api(&world, "POST", "/f/aliases", alias).await, (409, "AliasAlreadyExists".into()));
    assert_eq!(api(&world, "GET", "/f/aliases/prod", Value::Null).await, (200, made));
    assert_eq!(invoke(&world, "prod").await, "one a prod/1");
    assert_eq!(api(&world, "GET", "/f?qualifier=prod", Value::Null).await.1["description"], "first");
    let (_, moved) = api(&world, "PUT", "/f/aliases/prod", json!({"versionId": "2"})).await;
    assert_eq!((&moved["versionId"], &moved["description"]), (&"2".into(), &"live".into()));
    assert_eq!(invoke(&world, "prod").await, "two b prod/2");
    let weights = |weights: Value| json!({ "additionalVersionWeight": weights });
    api(&world, "PUT", "/f/aliases/prod", weights(json!({"1": 0.5}))).await;
    api(&world, "POST", "/f/aliases", json!({"aliasName": "left", "versionId": "1"})).await;
    for (method, path, body, status, code) in [
        ("POST", "/f/aliases", json!({"versionId": "1"}), 400, "InvalidArgument"),
        ("POST", "/f/aliases", json!({"aliasName": "x"}), 400, "InvalidArgument"),
        ("POST", "/f/aliases", json!({"aliasName": "1x", "versionId": "1"}), 400, "InvalidArgument"),
        ("POST", "/f/aliases", json!({"aliasName": "LATEST", "versionId": "1"}), 400, "InvalidArgument"),
        ("POST", "/f/aliases", json!({"aliasName": "x", "versionId": "LATEST"}), 400, "InvalidArgument"),
        ("POST", "/f/aliases", json!({"aliasName": "x", "versionId": "9"}), 404, "VersionNotFound"),
        ("POST", "/none/aliases", json!({"aliasName": "x", "versionId": "1"}), 404, "FunctionNotFound"),
        ("PUT", "/f/aliases/prod", weights(json!({"9": 0.5})), 404, "VersionNotFound"),
        ("PUT", "/f/aliases/prod", weights(json!({"2": 0.5})), 400, "AdditionalVersionContainsMajorVersion"),
        ("PUT", "/f/aliases/prod", json!({"versionId": "1"}), 400, "AdditionalVersionContainsMajorVersion"),
        ("PUT", "/f/aliases/prod", weights(json!({"1": 1.5})), 400, "InvalidArgument"),
        ("PUT", "/f/aliases/prod", weights(json!({"1": -0.1})), 400, "InvalidArgument"),
        ("PUT", "/f/aliases/prod", weights(json!({"x": 0.1})), 400, "InvalidArgument"),
        ("PUT", "/f/aliases/prod", json!({"aliasName": "other"}), 400, "InvalidArgument"),
        ("PUT", "/f/aliases/none", json!({}), 404, "AliasNotFound"),
        ("GET", "/f/aliases/none", Value::Null, 404, "AliasNotFound"),
        ("DELETE", "/f/aliases/none", Value::Null, 404, "AliasNotFound"),
    ] {
        assert_eq!(api(&world, method, path, body.clone()).await, (status, code.into()), "{method} {path} {body}");
    }
    assert_eq!(api(&world, "GET", "/f/aliases/prod", Value::Null).await.1["versionId"], "2", "refusals change nothing");
    for name in ["pre-a", "pre-b"] {
        api(&world, "POST", "/f/aliases", json!({"aliasName": name, "versionId": "2"})).await;
    }
    let (_, first) = api(&world, "GET", "/f/aliases?limit=1&prefix=pre", Value::Null).await;
    assert_eq!((&first["aliases"][0]["aliasName"], &first["nextToken"]), (&"pre-a".into(), &"pre-b".into()));
    let (_, rest) = api(&world, "GET", "/f/aliases?nextToken=pre-b", Value::Null).await;
    assert_eq!((rest["aliases"].as_array().unwrap().len(), &rest["nextToken"]), (2, &Value::Null));
    assert_eq!(api(&world, "DELETE", "/f/aliases/prod", Value::Null).await.0, 204);
    assert_eq!(api(&world, "DELETE", "/f/versions/1", Value::Null).await.0, 204);
    let gone = api(&world, "POST", "/f/invocations?qualifier=1", "{}".into()).await;
    assert_eq!(gone, (404, "VersionNotFound".into()));
    api(&world, "DELETE", "/f/versions/1", Value::Null).await;
    assert_eq!(api(&world, "GET", "/f/aliases/left", Value::Null).await.1["versionId"], "1", "the alias stays");
    assert_eq!(api(&world, "GET", "/f?qualifier=left", Value::Null).await, (404, "VersionNotFound".into()));
}

#[tokio::test(start_paused = true)]
async fn weights_share_calls_out_and_the_same_seed_shares_them_alike() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let world = with_two_versions(Storage::in_memory()).await;
        let weights = json!({ "2": 0.25 });
        let alias = json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": weights});
        assert_eq!(api(&world, "POST", "/f/aliases", alias).await.0, 200);
        let mut answers = Vec::new();
        for _ in 0..400 {
            answers.push(invoke(&world, "prod").await);
        }
        let second = answers.iter().filter(|answer| *answer == "two b prod/2").count();
        assert!((60..140).contains(&second), "{second} of 400");
        assert!(answers.iter().all(|answer| answer == "two b prod/2" || answer == "one a prod/1"));
        let (_, shown) = api(&world, "GET", "/f?qualifier=prod", Value::Null).await;
        assert_eq!(shown["description"], "first", "weights count for calls alone");
        for (weight, expected) in [(1.0, "two b prod/2"), (0.0, "one a prod/1")] {
            api(&world, "PUT", "/f/aliases/prod", json!({"additionalVersionWeight": {"2": weight}})).await;
            for _ in 0..20 {
                assert_eq!(invoke(&world, "prod").await, expected);
            }
        }
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn an_asynchronous_call_runs_the_version_and_not_the_functions_settings() {
    let world = with_two_versions(Storage::in_memory()).await;
    world.mns.create_queue(&world.queue("glad"), local_mns::Attributes::default()).unwrap();
    let destination = "acs:mns:cn-hangzhou:1000000000000001:/queues/glad/messages";
    let config = json!({ "destinationConfig": { "onSuccess": { "destination": destination } } });
    assert_eq!(api(&world, "PUT", "/f/async-invoke-config", config).await.0, 200);
    world.fc.start().await;
    for qualifier in ["1", "LATEST"] {
        let path = format!("/2023-03-30/functions/f/invocations?qualifier={qualifier}");
        assert_eq!(world.fc.handle(signed(&world, "POST", &path, "Any", "Async", "{}")).await.status(), 202);
    }
    world.until("both are done", || world.fc.waiting_calls() == 0).await;
    assert_eq!(world.count("glad"), 1, "settings belong to LATEST");
    let report = world.mns.receive(&world.queue("glad"), 1, Duration::ZERO).await.unwrap();
    assert!(report[0].body().contains("three b LATEST/"), "{}", report[0].body());
    world.stop().await;
    assert_eq!(invoke(&world, "1").await, "one a 1/1", "after a stop too");
}

#[tokio::test(start_paused = true)]
async fn versions_and_aliases_outlive_a_restart_and_go_with_their_function() {
    let folder = tempfile::tempdir().unwrap();
    {
        let world = with_two_versions(Storage::in_folder(folder.path()).unwrap()).await;
        let weights = json!({ "2": 0.0 });
        let alias = json!({"aliasName": "prod", "versionId": "1", "additionalVersionWeight": weights});
        assert_eq!(api(&world, "POST", "/f/aliases", alias).await.0, 200);
        // The instances of what was changed let go of the storage.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let world = opened(Storage::in_folder(folder.path()).unwrap());
    assert_eq!(invoke(&world, "prod").await, "one a prod/1");
    assert_eq!(invoke(&world, "2").await, "two b 2/2");
    assert_eq!(publish(&world, "").await.1["versionId"], "3");
    assert_eq!(api(&world, "DELETE", "/f", Value::Null).await.0, 204);
    assert_eq!(api(&world, "GET", "/f/versions", Value::Null).await, (404, "FunctionNotFound".into()));
    assert_eq!(api(&world, "POST", "", made("new", "n")).await.0, 200);
    assert_eq!(api(&world, "GET", "/f/versions", Value::Null).await.1["versions"], json!([]));
    assert_eq!(api(&world, "GET", "/f/aliases", Value::Null).await.1["aliases"], json!([]));
    let gone = api(&world, "POST", "/f/invocations?qualifier=1", "{}".into()).await;
    assert_eq!(gone, (404, "VersionNotFound".into()));
    assert!(world.fc.package(&format!("{ACCOUNT}/cn-hangzhou/f/1")).is_none());
}

#[test]
fn rows_of_before_there_were_versions_still_read() {
    let row = json!({
        "config": {"FunctionName": "f", "Handler": "h", "Runtime": "custom"}, "checksum": "1", "size": 1,
        "created_at": "2026-01-02T03:04:05Z", "changed_at": "2026-01-02T03:04:05Z",
    });
    let row: crate::rows::FunctionRow = serde_json::from_value(row).unwrap();
    assert_eq!(row.last_version, 0);
    let call = json!({
        "function": "f", "event": "", "by": {"kind": "api"}, "accepted": "2026-01-02T03:04:05Z", "attempts": 0,
        "due": "2026-01-02T03:04:05Z",
    });
    serde_json::from_value::<crate::asynchronous::Row>(call).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_deployed_inside_has_no_versions() {
    let world = World::new();
    world.deploy(&function(""), Fake::new(|_| async { done("") })).await.unwrap();
    assert_eq!(api(&world, "POST", "/worker/versions", json!({})).await, (400, "InvalidArgument".into()));
    assert_eq!(api(&world, "GET", "/worker/versions", Value::Null).await.1["versions"], json!([]));
    assert_eq!(api(&world, "GET", "/worker?qualifier=LATEST", Value::Null).await.0, 200);
    let alias = json!({"aliasName": "x", "versionId": "1"});
    assert_eq!(api(&world, "POST", "/worker/aliases", alias).await, (400, "InvalidArgument".into()));
}

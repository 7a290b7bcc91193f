//! What earlier releases wrote is read by this one: recordings of their stores and messages, one for each release that wrote another
//! format. `CAUSEWAY_WRITE=1` makes the one of this release; those of earlier ones are never made again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use causeway_cli::audit::verify::verify;
use causeway_cli::deploy::release::formats;
use causeway_cli::deployment::TEMPLATE;
use causeway_tests::fragile::Mishaps;
use causeway_tests::system::{System, audit_keys};
use causeway_tests::{name_of, on_virtual_time};
use connection::message::{EndpointMessage, Message, NoticeMessage, StepMessage, WakeMessage};
use connection::record::Phase;
use connection::words::Kind;
use drift::check::CheckMessage;
use http::{Method, Request};
use notice::sinks::SinkKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;

/// What a release wrote.
#[derive(Default, Serialize, Deserialize)]
struct Recording {
    /// Objects of the store by their keys.
    objects: BTreeMap<String, String>,
    /// A message of each queue.
    messages: BTreeMap<String, String>,
}

impl Recording {
    /// Takes in what a request writes.
    fn hear(&mut self, request: &Request<Bytes>) {
        let (host, path) = (request.uri().host().unwrap_or_default(), request.uri().path().trim_start_matches('/'));
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if host.starts_with("causeway-records.") {
            if request.method() == Method::PUT {
                self.objects.insert(path.to_owned(), body);
            } else if request.method() == Method::DELETE {
                self.objects.remove(path);
            }
        } else if let Some(queue) = path.strip_prefix("queues/").and_then(|path| path.strip_suffix("/messages"))
            && request.method() == Method::POST
        {
            let encoded = body.split_once("<MessageBody>").and_then(|(_, rest)| rest.split_once("</MessageBody>"));
            let (encoded, _) = encoded.expect("a message has a body");
            let message = STANDARD.decode(encoded).expect("it is Base64");
            self.messages.insert(queue.trim_start_matches("causeway-").to_owned(), String::from_utf8(message).unwrap());
        }
    }

    /// Of records and lanes only what is newest: every version holds what those before it do.
    fn thinned(mut self) -> Self {
        let mut newest: BTreeMap<String, String> = BTreeMap::new();
        for key in self.objects.keys().filter(|key| key.starts_with("records/") || key.starts_with("lanes/")) {
            let folder = key.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned());
            // The newest is listed first.
            newest.entry(folder).or_insert_with(|| key.clone());
        }
        self.objects.retain(|key, _| {
            let kept = key.rsplit_once('/').and_then(|(folder, _)| newest.get(folder));
            kept.is_none_or(|kept| kept == key) && !key.starts_with("seen/") && !key.starts_with("idempotency/")
        });
        self
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("formats")
}

/// A connection that was made, changed hands of every queue of its kind, and was told of; and a check for drift.
fn record() -> Recording {
    let recording = Arc::new(Mutex::new(Recording::default()));
    let heard = recording.clone();
    on_virtual_time(async {
        let mishaps = Mishaps::to(move |asked| {
            heard.lock().unwrap().hear(asked.request);
            None
        });
        let system = System::looking_after(&["eu-central-1"], causeway_local::seed::Seed::tutorial(), 1, mishaps).await;
        system.told("good", SinkKind::Webhook, &Value::Null).await;
        for kind in [Kind::VpcPeering, Kind::PrivateLink] {
            let spec = system.tutorial_by(kind);
            system.post(&spec).await.expect("the connection is accepted");
            system.settled(name_of(&spec), Phase::Active).await;
        }
        system.check_drift(&serde_json::json!({})).await;
        system.end().await;
    });
    let recorded = std::mem::take(&mut *recording.lock().unwrap());
    recorded.thinned()
}

#[test]
fn what_every_release_wrote_is_read_by_this_one() {
    let own = folder().join(format!("{}.json", env!("CARGO_PKG_VERSION")));
    if std::env::var_os("CAUSEWAY_WRITE").is_some() && !own.exists() {
        std::fs::create_dir_all(folder()).unwrap();
        std::fs::write(&own, format!("{:#}\n", serde_json::to_value(record()).unwrap())).unwrap();
    }
    assert!(
        own.exists(),
        "this release is not recorded: CAUSEWAY_WRITE=1 cargo test -p causeway-tests --test all formats::"
    );
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let recording: Recording = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        on_virtual_time(reads(&recording, &path.display().to_string()));
    }
}

async fn reads(recording: &Recording, release: &str) {
    let store = Store::in_memory();
    for (key, object) in &recording.objects {
        store.create(key, object.clone().into_bytes()).await.unwrap();
    }
    let names = store.names(None, 100).await.unwrap();
    assert_eq!(names.len(), 2, "{release}");
    for name in &names {
        let record = store.read(name).await.unwrap_or_else(|error| panic!("{release}: {error}")).unwrap().record;
        assert_eq!(record.phase(), Phase::Active, "{release}: {name}");
    }
    let found = verify(&store, audit_keys().trusted(), &[]).await.unwrap();
    assert!(found.logs > 0 && found.problems.is_empty(), "{release}: {:?}", found.problems);
    for listed in store.newest_notices(None, 100).await.unwrap() {
        store.notice(&listed.event).await.unwrap().unwrap_or_else(|| panic!("{release}: notice {}", listed.event));
    }
    assert!(recording.messages.len() >= 8, "{release}: {:?}", recording.messages.keys());
    for (queue, body) in &recording.messages {
        let body: Value = serde_json::from_str(body).unwrap();
        let read = match queue.as_str() {
            "notify" => NoticeMessage::from_value(body).map(drop),
            "check-drift" => CheckMessage::from_value(body).map(drop),
            "sweep-endpoints" => WakeMessage::from_value(body).map(drop),
            "approve-endpoint" if body.get("endpoint_id").is_some() => EndpointMessage::from_value(body).map(drop),
            _ => StepMessage::from_value(body).map(drop),
        };
        read.unwrap_or_else(|error| panic!("{release}: {queue}: {error}"));
    }
}

#[test]
fn the_template_states_the_formats_that_the_code_reads_and_writes() {
    let stated = formats(TEMPLATE);
    for (name, version) in [
        ("Messages", connection::message::VERSION),
        ("Records", connection::record::VERSION),
        ("Lanes", connection::lane::VERSION),
        ("LogEntries", audit::entry::VERSION),
        ("Notices", notice::event::VERSION),
    ] {
        assert_eq!(stated[name].writes, version, "{name}");
        assert!(stated[name].reads.contains(&version), "{name}");
    }
    assert_eq!(stated.len(), 5);
}

//! Evidence that holds: what somebody without the key puts into the store connects nothing and is found, whatever was taken away or
//! rewritten is found, and a checkpointer that dies at any moment covers every entry once.

mod copies;

use std::collections::BTreeSet;
use std::time::Duration;

use alicloud::private_link::ConnectionStatus::{Connected, Disconnected};
use api::approvals::{Checkpoint as Shown, Decision, DecisionLog, Decisions, StoredPolicy};
use approval::decision::{Act, Actor, DecisionContent, Draft, Entry, Event, Place, subject_of};
use approval::request::{PersonSays, Word};
use approval::verdict::{Reason, Verdict};
use audit::act::{Asked, ConnectionAct};
use audit::checkpoint::Checkpoint;
use audit::{Keys, Position, SigningKey, Subject, canonical};
use causeway_cli::audit::kept::Kept;
use causeway_cli::audit::verify::verify;
use causeway_local::seed::Seed;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::links::{REGION, kinds};
use causeway_tests::manual_edits::{Edit, ManualEdits};
use causeway_tests::system::{System, audit_keys, in_world};
use causeway_tests::{often, on_virtual_time};
use connection::record::Phase;
use connection::words::{Kind, Side};
use http::Method;
use jiff::Timestamp;
use notice::sinks::SinkKind;
use serde_json::{Value, json};
use store::{Newest, Store};

const MINUTE: Duration = Duration::from_secs(60);
/// From one sweep to the next, and what it takes to decide and to connect.
const SOON: Duration = Duration::from_secs(75);
const NAME: &str = "qingdao-beijing";
/// What an export of the evidence holds.
const FOLDERS: [&str; 4] = ["acts/", "audit/checkpoints/", "decisions/", "policy/"];

/// A world in whose store somebody interferes: what is found there in the end is the test's business.
fn tampered(test: impl AsyncFnOnce(&System)) {
    on_virtual_time(async {
        let system = System::looking_after(&[REGION], Seed::tutorial(), 1, Mishaps::none()).await;
        test(&system).await;
        system.stop().await;
    });
}

fn rule(system: &System, effect: &str) -> Value {
    json!({"version": 1, "rules": [{"id": "partner", "effect": effect, "accounts": [system.account_id("a")]}]})
}

/// The object of an entry.
fn key_of(folder: &str, sequence: u64) -> String {
    format!("{folder}{:020}.json", u64::MAX - sequence)
}

fn endpoint_folder(service: &str, endpoint: &str) -> String {
    format!("decisions/{service}/{endpoint}/")
}

async fn put(store: &Store, key: &str, text: impl Into<Vec<u8>>) {
    assert!(store.create(key, text.into()).await.unwrap(), "{key} is there already");
}

async fn replace(store: &Store, key: &str, text: impl Into<Vec<u8>>) {
    store.delete(key).await.unwrap();
    put(store, key, text).await;
}

/// The word of a person, as the webhook would write it behind `before`.
fn word(by: &str, service: &str, endpoint: &str, at: Timestamp) -> Draft {
    let (decision, reason, by) = (PersonSays::Approve, "because".to_owned(), by.to_owned());
    Draft {
        at,
        place: Place { account: "b".to_owned(), region: REGION.to_owned() },
        service_id: service.to_owned(),
        endpoint_id: endpoint.to_owned(),
        actor: Actor::Person(by.clone()),
        event: Event::Said { word: Word { decision, reason, by, at } },
        request: None,
        facts: None,
        policy_hash: None,
        request_ids: Vec::new(),
    }
}

/// The same entry as earlier releases wrote it: with a hash that fits, and not signed.
fn unsigned(entry: &Entry) -> String {
    let mut value = serde_json::to_value(entry).unwrap();
    let fields = value.as_object_mut().unwrap();
    fields.retain(|name, _| !["subject", "key", "signature", "hash"].contains(&name.as_str()));
    value["version"] = 1.into();
    value["hash"] = canonical::sha256(&value).into();
    canonical::text(&value)
}

fn other_key() -> SigningKey {
    SigningKey::from_seed("causeway.test", [6; 32]).unwrap()
}

async fn problems(store: &Store, kept: Option<&Checkpoint>) -> Vec<String> {
    let kept: Vec<Kept> = kept.map(Kept::from).into_iter().collect();
    let found = verify(store, audit_keys().trusted(), &kept).await.unwrap();
    found.problems.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect()
}

#[test]
fn what_somebody_without_the_key_puts_into_a_log_connects_nothing_and_is_found() {
    for which in 0..5 {
        tampered(async |system| {
            let hook = system.told("pager", SinkKind::Webhook, &json!({"types": ["causeway.audit.broken"]})).await;
            system.put_policy(rule(system, "hold")).await;
            let service = system.endpoint_service("b", &["a"]).await;
            let (held, other) = (system.endpoint("a", &service).await, system.endpoint("a", &service).await);
            tokio::time::sleep(3 * MINUTE).await;
            let log = system.endpoint_log(&service, &held).await;
            assert_eq!(kinds(&log), ["decided"]);
            let (store, now, keys) = (system.store(), system.io().clock.now(), audit_keys());
            let (folder, own) = (endpoint_folder(&service, &held), keys.own().unwrap());
            let alice = || word("alice", &service, &held, now);
            let (sequence, forged) = match which {
                0 => (2, unsigned(&alice().after(log.last(), "w".to_owned(), own))),
                1 => (2, alice().after(log.last(), "w".to_owned(), &other_key()).to_text()),
                // Somebody was let in to another endpoint; that entry is copied here.
                2 => {
                    let said = word("alice", &service, &other, now).after(log.last(), "w".to_owned(), own);
                    (2, said.to_text())
                }
                3 => (5, alice().after(log.last(), "w".to_owned(), own).to_text()),
                _ => (2, "{}".to_owned()),
            };
            put(&store, &key_of(&folder, sequence), forged).await;
            tokio::time::sleep(6 * MINUTE).await;
            assert_eq!(system.endpoint_connection("b", &service, &held).await.status, Disconnected, "forgery {which}");
            let report = store.report().await.unwrap().unwrap();
            let waiting = report.waiting(&service, &held).expect("it is reported");
            assert_eq!(waiting.verdict.reason, Reason::LogNotTrusted, "{waiting:#?}");
            assert_eq!(hook.types().len(), 1, "it is told, and once");
            let path = format!("/v1/approvals/{service}/{held}");
            let shown: DecisionLog = system.ask(Method::GET, &path).await.unwrap();
            assert!(shown.broken.is_some() && shown.entries.len() == 1, "{shown:#?}");
            let listed: Decisions = system.ask(Method::GET, "/v1/approvals").await.unwrap();
            assert!(listed.page.items.iter().all(|item| item.endpoint_id != held));
            let found = problems(&store, None).await;
            assert!(found.len() == 1 && found[0].contains(&format!("entry {sequence}")), "{found:?}");

            // A person decides, and what was forged stays found.
            let says = json!({"decision": "approve", "reason": "it is theirs"});
            let said: Decision = system.tell(Method::POST, &path, &says).await.unwrap();
            assert_eq!(said.sequence, sequence + 1);
            assert!(system.becomes("b", &service, &held, &Connected, 2 * SOON).await.is_some());
            tokio::time::sleep(2 * MINUTE).await;
            assert_eq!(problems(&store, None).await, found);
            store.delete(&key_of(&folder, sequence)).await.unwrap();
            assert_eq!(problems(&store, None).await, Vec::<String>::new(), "it was listed as passed over");
        });
    }
}

#[test]
fn a_log_that_somebody_makes_up_for_an_endpoint_connects_nothing() {
    tampered(async |system| {
        tokio::time::sleep(2 * MINUTE).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        let (store, now) = (system.store(), system.io().clock.now());
        let draft = word("alice", &service, &endpoint, now);
        let said = draft.after(None, "w".to_owned(), &other_key());
        let folder = endpoint_folder(&service, &endpoint);
        store.delete(&key_of(&folder, 1)).await.unwrap();
        put(&store, &key_of(&folder, 1), unsigned(&said)).await;
        let verdict = Verdict::of(Reason::ApprovedByPerson, None);
        let intended =
            Draft { event: Event::Intended { act: Act::Connect, verdict }, ..word("", &service, &endpoint, now) };
        let first: Entry = serde_json::from_str(&unsigned(&said)).unwrap();
        put(&store, &key_of(&folder, 2), unsigned(&intended.after(Some(&first), "w".to_owned(), &other_key()))).await;
        tokio::time::sleep(6 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Disconnected);
        let found = problems(&store, None).await;
        assert!(found.iter().any(|problem| problem.contains(&endpoint)), "{found:?}");
    });
}

#[test]
fn a_policy_that_somebody_puts_into_the_store_approves_nothing_until_it_is_put_by_the_webhook() {
    tampered(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        let (store, now) = (system.store(), system.io().clock.now());
        let policy = rule(system, "approve");
        let document = json!({"version": 1, "policy": policy, "put_by": "alice", "put_at": now});
        put(&store, &key_of("policy/", 1), json!({"writer": "w", "policy": document}).to_string()).await;
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Disconnected);
        let report = store.report().await.unwrap().unwrap();
        assert!(report.warnings.iter().any(|warning| warning.contains("nobody signed it")), "{report:#?}");
        let shown = system.ask::<StoredPolicy>(Method::GET, "/v1/approval-policy").await.unwrap_err();
        assert!(shown.detail.contains("nobody signed it"), "{shown:#?}");
        let signed: StoredPolicy = system.tell(Method::PUT, "/v1/approval-policy", &policy).await.unwrap();
        assert_eq!((signed.revision, signed.put_by.as_str()), (2, "admin"));
        assert!(system.becomes("b", &service, &endpoint, &Connected, 2 * SOON).await.is_some());
    });
}

/// Everything that a day leaves: decisions, acts, policies, all of it covered.
async fn history(system: &System) -> (String, String) {
    system.put_policy(rule(system, "hold")).await;
    let service = system.endpoint_service("b", &["a"]).await;
    let endpoint = system.endpoint("a", &service).await;
    tokio::time::sleep(2 * MINUTE).await;
    let path = format!("/v1/approvals/{service}/{endpoint}");
    let says = json!({"decision": "approve", "reason": "it is theirs"});
    system.tell::<Decision>(Method::POST, &path, &says).await.unwrap();
    assert!(system.becomes("b", &service, &endpoint, &Connected, 2 * SOON).await.is_some());
    system.put_policy(rule(system, "approve")).await;
    system.built(&system.tutorial()).await;
    system.removed(NAME).await;
    tokio::time::sleep(3 * MINUTE).await;
    (service, endpoint)
}

async fn copy(store: &Store) -> Store {
    let copy = Store::in_memory();
    for folder in FOLDERS {
        for key in store.files_below(folder).await.unwrap() {
            put(&copy, &key, store.get(&key).await.unwrap().unwrap()).await;
        }
    }
    copy
}

async fn newest_checkpoint(store: &Store) -> Checkpoint {
    let (stored, _) = store.newest_checkpoint().await.unwrap().expect("there is one");
    Checkpoint::open(&stored.note, audit_keys().trusted()).unwrap()
}

/// Signs an entry anew as if somebody else had done it, with this key.
fn by_alice(entry: &Entry, before: Option<&Entry>, key: &SigningKey) -> Entry {
    let subject = subject_of(&entry.service_id, &entry.endpoint_id);
    let said = (entry.at, Actor::Person("alice".to_owned()), entry.content.clone());
    Entry::signed(subject, Position::behind(before), said, entry.writer.clone(), key)
}

#[test]
fn whatever_is_taken_away_moved_or_written_anew_is_found() {
    tampered(async |system| {
        let (service, endpoint) = history(system).await;
        let (folder, acts) = (endpoint_folder(&service, &endpoint), format!("acts/connections/{NAME}/"));
        let (real, kept) = (system.store(), newest_checkpoint(&system.store()).await);
        assert_eq!(problems(&real, Some(&kept)).await, Vec::<String>::new());
        let log = system.endpoint_log(&service, &endpoint).await;
        let (length, count) = (log.len() as u64, real.checkpoint_numbers().await.unwrap().len() as u64);
        assert!(length >= 4 && count >= 3, "{length} entries, {count} checkpoints");
        let policies = real.policy_versions().await.unwrap().len() as u64;
        let checkpoint = |number| key_of("audit/checkpoints/", number);

        let found = async |tamper: &dyn AsyncTamper| {
            let store = copy(&real).await;
            tamper.on(&store).await;
            (problems(&store, None).await, problems(&store, Some(&kept)).await)
        };
        let finds = async |what: &str, words: &str, tamper: &dyn AsyncTamper| {
            let (alone, with_kept) = found(tamper).await;
            assert!(alone.iter().any(|problem| problem.contains(words)), "{what}: {alone:#?}");
            assert!(!with_kept.is_empty(), "{what}");
        };
        let delete = |keys: Vec<String>| Deletes(keys);
        finds("the last entry", "it is missing", &delete(vec![key_of(&folder, length)])).await;
        finds("the last two", "it is missing", &delete(vec![key_of(&folder, length), key_of(&folder, length - 1)]))
            .await;
        finds("one in between", "entries before it are missing", &delete(vec![key_of(&folder, 2)])).await;
        let whole = (1..=length).map(|sequence| key_of(&folder, sequence)).collect();
        finds("a whole log", "the whole log is missing", &delete(whole)).await;
        finds("an act", "it is missing", &delete(vec![key_of(&acts, 2)])).await;
        finds("the newest policy", "it was in force", &delete(vec![key_of("policy/", policies)])).await;
        let all = (1..=policies).map(|number| key_of("policy/", number)).collect();
        finds("every policy", "it was in force", &delete(all)).await;
        finds("a checkpoint in between", "it is missing", &delete(vec![checkpoint(2)])).await;
        finds("the first checkpoint", "it is missing", &delete(vec![checkpoint(1)])).await;

        let text = |entry: &Entry| entry.to_text();
        let changed = text(&log[1]).replace("it is theirs", "it is mine!!");
        finds("another reason", "does not have the hash", &Replaces(vec![(key_of(&folder, 2), changed)])).await;
        for (key, words) in
            [(other_key(), "no key that is trusted"), (audit_keys().own().unwrap().clone(), "is not the one")]
        {
            let mut anew: Vec<Entry> = Vec::new();
            for entry in &log {
                anew.push(by_alice(entry, anew.last(), &key));
            }
            let anew = anew.iter().map(|entry| (key_of(&folder, entry.sequence), text(entry))).collect();
            finds("all of it by alice", words, &Replaces(anew)).await;
        }
        let stripped = log.iter().map(|entry| (key_of(&folder, entry.sequence), unsigned(entry))).collect();
        finds("without signatures", "", &Replaces(stripped)).await;
        let swapped = vec![(key_of(&folder, 2), text(&log[2])), (key_of(&folder, 3), text(&log[1]))];
        finds("two swapped", "somebody moved it here", &Replaces(swapped)).await;
        let elsewhere = endpoint_folder(&service, "ep-elsewhere");
        let copied = log.iter().map(|entry| (key_of(&elsewhere, entry.sequence), text(entry))).collect();
        finds("copied to another folder", "somebody moved or copied it here", &Replaces(copied)).await;
        let version = String::from_utf8(real.get(&key_of("policy/", 1)).await.unwrap().unwrap()).unwrap();
        let by_alice = version.replace(r#""put_by":"test""#, r#""put_by":"alice""#);
        assert_ne!(by_alice, version);
        finds("put by alice", "by alice", &Replaces(vec![(key_of("policy/", 1), by_alice)])).await;
        for number in 1..=count {
            let text = String::from_utf8(real.get(&checkpoint(number)).await.unwrap().unwrap()).unwrap();
            if text.contains(&endpoint) {
                let others = Replaces(vec![(checkpoint(number), text.replace(&endpoint, "ep-nobodys"))]);
                finds("a checkpoint over others", "ep-nobodys", &others).await;
            }
        }

        // What only a checkpoint that was kept elsewhere shows: that the newest are gone, with what they cover.
        let (stored, _) = real.newest_checkpoint().await.unwrap().unwrap();
        let mut keys: Vec<String> =
            stored.entries.iter().map(|entry| entry_key(&entry.subject, entry.sequence)).collect();
        keys.push(checkpoint(count));
        let (alone, with_kept) = found(&delete(keys)).await;
        assert_eq!(alone, Vec::<String>::new(), "rolled back as a whole");
        assert!(with_kept.iter().any(|problem| problem.contains("were taken away")), "{with_kept:#?}");
        let every = (1..=count).map(checkpoint).collect();
        let (_, with_kept) = found(&delete(every)).await;
        assert!(with_kept.iter().any(|problem| problem.contains("were taken away")), "{with_kept:#?}");
    });
}

fn entry_key(subject: &Subject, sequence: u64) -> String {
    let folder = match subject {
        Subject::Endpoint { service, endpoint } => endpoint_folder(service, endpoint),
        Subject::Connection(name) => format!("acts/connections/{name}/"),
        Subject::Policy => "acts/policy/".to_owned(),
        Subject::Config => "acts/config/".to_owned(),
        Subject::DeadLetters => "acts/dead-letters/".to_owned(),
    };
    key_of(&folder, sequence)
}

/// What somebody does to a store.
#[async_trait::async_trait(?Send)]
trait AsyncTamper {
    async fn on(&self, store: &Store);
}

struct Deletes(Vec<String>);

#[async_trait::async_trait(?Send)]
impl AsyncTamper for Deletes {
    async fn on(&self, store: &Store) {
        for key in &self.0 {
            assert!(store.get(key).await.unwrap().is_some(), "{key} is not there");
            store.delete(key).await.unwrap();
        }
    }
}

struct Replaces(Vec<(String, String)>);

#[async_trait::async_trait(?Send)]
impl AsyncTamper for Replaces {
    async fn on(&self, store: &Store) {
        for (key, text) in &self.0 {
            replace(store, key, text.clone()).await;
        }
    }
}

#[test]
fn checkpoints_that_are_begun_anew_over_a_store_without_any_do_not_pass_for_the_old_ones() {
    tampered(async |system| {
        history(system).await;
        let store = system.store();
        let kept = newest_checkpoint(&store).await;
        for number in store.checkpoint_numbers().await.unwrap() {
            store.delete(&key_of("audit/checkpoints/", number)).await.unwrap();
        }
        system.put_policy(rule(system, "hold")).await;
        tokio::time::sleep(2 * Duration::from_secs(3600)).await;
        system.put_policy(rule(system, "approve")).await;
        tokio::time::sleep(3 * MINUTE).await;
        let alone = problems(&store, None).await;
        assert!(alone.iter().any(|problem| problem.contains("though later ones are covered")), "{alone:#?}");
        assert!(
            problems(&store, Some(&kept))
                .await
                .iter()
                .any(|problem| problem.starts_with("the checkpoint that was kept"))
        );
    });
}

#[test]
fn entries_that_no_checkpoint_covers_yet_are_whole_and_counted() {
    in_world(async |system| {
        tokio::time::sleep(2 * MINUTE).await;
        let kept = newest_checkpoint(&system.store()).await;
        system.post(&system.tutorial()).await.unwrap();
        let found = verify(&system.store(), audit_keys().trusted(), &[Kept::from(&kept)]).await.unwrap();
        assert_eq!((found.problems.len(), found.waiting, found.covered), (0, 1, 0));
        system.at_rest(NAME).await;
        tokio::time::sleep(2 * MINUTE).await;
        let found = verify(&system.store(), audit_keys().trusted(), &[Kept::from(&kept)]).await.unwrap();
        assert_eq!((found.problems.len(), found.waiting, found.covered), (0, 0, 1));
    });
}

/// The record as a revision has it.
async fn record_at(system: &System, number: u64) -> connection::record::Record {
    let (store, name) = (system.store(), NAME.parse().unwrap());
    let mut revision = store.read(&name).await.unwrap().unwrap().revision;
    while revision.number() > number {
        revision = revision.previous().unwrap();
    }
    store.read_revision(&name, revision).await.unwrap().unwrap().record
}

async fn acts(system: &System, name: &str) -> Vec<audit::Entry<ConnectionAct>> {
    let subject = Subject::Connection(name.to_owned());
    let log = system.store().log(&subject).await.unwrap();
    audit::log::verify(&subject, &log, audit_keys().trusted()).unwrap()
}

#[test]
fn every_act_on_a_connection_is_written_down_with_who_asked_before_its_record_is() {
    in_world(async |system| {
        let mut spec = system.tutorial();
        system.built(&spec).await;
        for (command, phase) in [("pause", Phase::Paused), ("resume", Phase::Active)] {
            system.command(NAME, command).await.unwrap();
            system.settled(NAME, phase).await;
        }
        spec["spec"] = "Small.1".into();
        system.changed(&spec).await;
        let again = system.put(&spec).await.unwrap();
        assert_eq!(again.phase, Phase::Active, "nothing to change, and nothing to write down");
        system.removed(NAME).await;
        let log = acts(system, NAME).await;
        let asked: Vec<Asked> = log.iter().map(|entry| entry.asked).collect();
        assert_eq!(asked, [Asked::Create, Asked::Pause, Asked::Resume, Asked::Change, Asked::Remove]);
        for entry in &log {
            assert_eq!(entry.actor, Actor::Person("admin".to_owned()));
            let revision = entry.revision;
            let stored = record_at(system, revision).await;
            let spec = serde_json::to_value(&stored.spec).unwrap();
            assert_eq!(
                (entry.uid.as_str(), entry.generation, entry.spec_sha256.clone()),
                (stored.uid.as_str(), stored.generation, canonical::sha256(&spec)),
                "revision {revision} is what was asked for"
            );
        }
        let calls = system.cloud.calls();
        let written = |part: &str| {
            let is_it = |call: &&causeway_local::calls::Call| {
                call.info.action == "PutObject" && call.resource.as_deref().is_some_and(|key| key.contains(part))
            };
            calls.iter().position(|call| is_it(&call)).expect("it was written")
        };
        let (marker, act) = (written("/audit/pending/"), written("/acts/connections/"));
        let record = written("/records/");
        assert!(marker < act && act < record, "{marker} {act} {record}");
    });
}

#[test]
fn a_repair_that_a_spec_allows_is_an_act_of_the_function_that_begins_it() {
    in_world(async |system| {
        for (repair, actor) in
            [("auto", Actor::Function("check-drift".to_owned())), ("propose", Actor::Person("admin".to_owned()))]
        {
            let mut spec = system.tutorial_by(Kind::RouterInterface);
            spec["repair"] = repair.into();
            spec["name"] = format!("by-{repair}").into();
            let name = format!("by-{repair}");
            system.built(&spec).await;
            assert!(ManualEdits::of(system, &name).does(Edit::DeleteRoute(Side::Initiator)).await);
            system.check_drift(&json!({"connection": name})).await;
            if repair == "propose" {
                system
                    .ask::<api::connections::Summary>(Method::POST, &format!("/v1/drift/{name}/repair"))
                    .await
                    .unwrap();
            }
            system.settled(&name, Phase::Active).await;
            let log = acts(system, &name).await;
            let last = log.last().unwrap();
            assert_eq!((last.asked, &last.actor), (Asked::Repair, &actor));
            system.removed(&name).await;
        }
    });
}

/// A connection is made, switched off and on, and removed, whatever comes to grief; then its log is held against its record.
async fn asked_for(system: &System) -> Result<(), String> {
    system.post(&system.tutorial()).await.map_err(|problem| format!("{problem:?}"))?;
    system.at_rest(NAME).await;
    for command in ["pause", "resume"] {
        // Whoever hears nothing asks again, and may then be told that it is so already.
        let _ = system.command(NAME, command).await;
        system.at_rest(NAME).await;
    }
    system.removed(NAME).await;
    tokio::time::sleep(3 * MINUTE).await;
    let log = acts(system, NAME).await;
    for asked in [Asked::Create, Asked::Pause, Asked::Resume, Asked::Remove] {
        if !log.iter().any(|entry| entry.asked == asked) {
            return Err(format!("nobody asked to {asked}"));
        }
    }
    let uid = &system.at_rest(NAME).await.uid;
    match log.iter().find(|entry| entry.uid != *uid) {
        Some(stranger) => Err(format!("{stranger:?} is of another connection")),
        None => Ok(()),
    }
}

#[test]
fn dying_around_any_request_of_the_webhook_leaves_logs_whole_and_every_act_in_them() {
    let run = |mishaps: std::sync::Arc<Mishaps>| {
        on_virtual_time(async {
            let system = System::new(1, mishaps.clone()).await;
            let ended = asked_for(&system).await;
            system.end().await;
            ended.map_err(|wrong| format!("{}: {wrong}", mishaps.log().join("; ")))
        })
    };
    let counted = Mishaps::none();
    run(counted.clone()).unwrap();
    for mishap in [Mishap::DiesBefore, Mishap::DiesAfter] {
        often::requests_survive(&(0..counted.requests()), 9, |number| run(Mishaps::at(number, mishap)));
    }
}

/// Policies are put, and nothing else happens: what is requested is timers, and checkpoints.
async fn covered(system: &System) -> Result<(), String> {
    let hook = system.told("auditor", SinkKind::Webhook, &json!({"types": ["causeway.audit.checkpoint"]})).await;
    let everybody = system.told("everybody", SinkKind::Webhook, &json!(null)).await;
    for effect in ["hold", "approve", "hold"] {
        system.put_policy(rule(system, effect)).await;
        tokio::time::sleep(MINUTE).await;
    }
    // Long enough for a marker whose entry never came, and for what is told to be told again.
    tokio::time::sleep(20 * MINUTE).await;
    let store = system.store();
    let found = verify(&store, audit_keys().trusted(), &[]).await.unwrap();
    let wrong = |what: &str| Err(format!("{what}: {found:#?}"));
    if !found.problems.is_empty() {
        return wrong("not whole");
    }
    if (found.entries, found.covered, found.waiting) != (6, 6, 0) {
        return wrong("not all covered");
    }
    if !store.pending(10).await.unwrap().markers.is_empty() {
        return wrong("markers are left");
    }
    let told: BTreeSet<u64> = (hook.taken().iter())
        .map(|letter| Checkpoint::open(letter.data().note.as_deref().unwrap(), audit_keys().trusted()).unwrap().size)
        .collect();
    for number in store.checkpoint_numbers().await.unwrap() {
        let stored = store.checkpoint(number).await.unwrap().unwrap();
        if !stored.entries.is_empty() && !told.contains(&stored.size) {
            return Err(format!("checkpoint {number} was not told: {told:?}"));
        }
    }
    if !everybody.taken().is_empty() {
        return Err(format!("somebody who did not ask was told: {:?}", everybody.types()));
    }
    Ok(())
}

fn checkpointed(mishaps: std::sync::Arc<Mishaps>) -> Result<(), String> {
    on_virtual_time(async {
        let system = System::new(1, mishaps.clone()).await;
        let ended = covered(&system).await;
        system.end().await;
        ended.map_err(|wrong| format!("{}: {wrong}", mishaps.log().join("; ")))
    })
}

#[test]
fn a_checkpointer_that_dies_around_any_request_covers_every_entry_once() {
    let counted = Mishaps::none();
    checkpointed(counted.clone()).unwrap();
    for mishap in Mishap::ALL {
        often::requests_survive(&(0..counted.requests()), 3, |number| checkpointed(Mishaps::at(number, mishap)));
    }
}

#[test]
fn the_newest_checkpoint_is_shown_with_the_key_that_verifies_it() {
    in_world(async |system| {
        tokio::time::sleep(2 * MINUTE).await;
        system.put_policy(rule(system, "hold")).await;
        tokio::time::sleep(2 * MINUTE).await;
        let shown: Shown = system.ask(Method::GET, "/v1/audit/checkpoint").await.unwrap();
        let checkpoint = Checkpoint::open(&shown.note, &shown.verifier.parse().unwrap()).unwrap();
        assert_eq!((checkpoint.size, checkpoint.root), (shown.size, shown.root));
        assert_eq!((shown.size, shown.origin.as_str()), (2, "causeway.test"));
        assert_eq!(problems(&system.store(), Some(&checkpoint)).await, Vec::<String>::new());
        let number = shown.number;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let shown: Shown = system.ask(Method::GET, "/v1/audit/checkpoint").await.unwrap();
        assert_eq!(shown.number, number, "nothing came, so there is no new one");
    });
}

#[test]
fn a_key_is_replaced_and_what_the_old_one_signed_counts_as_far_as_it_says() {
    tampered(async |system| {
        system.put_policy(rule(system, "approve")).await;
        let service = system.endpoint_service("b", &["a"]).await;
        let endpoint = system.endpoint("a", &service).await;
        assert!(system.becomes("b", &service, &endpoint, &Connected, SOON).await.is_some());
        tokio::time::sleep(2 * MINUTE).await;
        let (old, new) = (audit_keys().own().unwrap().clone(), other_key());
        let until = system.io().clock.now().checked_add(jiff::SignedDuration::from_mins(5)).unwrap();
        let former = old.verifier().trusted_until(until);
        let verifiers = format!("{} {former}", new.verifier());
        system.deploys_with(&new, &verifiers).await;
        tokio::time::sleep(10 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Connected, "it stands");
        let path = format!("/v1/approvals/{service}/{endpoint}");
        let says = json!({"decision": "reject", "reason": "no longer"});
        system.tell::<Decision>(Method::POST, &path, &says).await.unwrap();
        assert!(system.becomes("b", &service, &endpoint, &Disconnected, 2 * SOON).await.is_some());
        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
        system.tell::<Decision>(Method::POST, &path, &json!({"decision": "hold", "reason": "for good"})).await.unwrap();
        tokio::time::sleep(3 * MINUTE).await;
        let trusted = verifiers.parse().unwrap();
        let store = system.store();
        let wrong = async || verify(&store, &trusted, &[]).await.unwrap().problems;
        assert_eq!(wrong().await, []);

        // Somebody has the old key, and writes as if it were then.
        let keys = Keys::new(Some(old), trusted.clone());
        let at = until.checked_sub(jiff::SignedDuration::from_mins(1)).unwrap();
        let draft = word("alice", &service, "ep-other", at);
        store.append(&draft.after(None, "w".to_owned(), keys.own().unwrap())).await.unwrap();
        tokio::time::sleep(3 * MINUTE).await;
        let late = wrong().await;
        assert!(late.len() == 1 && late[0].what.contains("was replaced"), "{late:#?}");
        let now = system.io().clock.now();
        let draft = word("alice", &service, &endpoint, now);
        let subject = subject_of(&service, &endpoint);
        let (before, position) = store.place_behind::<DecisionContent>(&subject, &trusted).await.unwrap();
        let forged = draft.placed(before.as_ref(), position, "w".to_owned(), keys.own().unwrap());
        store.append(&forged).await.unwrap();
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &endpoint).await.status, Disconnected);
        assert!(matches!(
            store.newest_entry::<DecisionContent>(&subject, &trusted).await.unwrap(),
            Newest::Untrusted(_)
        ));
    });
}

#[test]
fn what_an_earlier_release_wrote_is_covered_stands_and_connects_nothing() {
    tampered(async |system| {
        let service = system.endpoint_service("b", &["a"]).await;
        let (stands, asks) = (system.endpoint("a", &service).await, system.endpoint("a", &service).await);
        system.connect_by_hand("b", &service, &stands).await;
        let (store, now, own) = (system.store(), system.io().clock.now(), other_key());
        for number in store.checkpoint_numbers().await.unwrap() {
            // As in a store that was made before there were checkpoints.
            store.delete(&key_of("audit/checkpoints/", number)).await.unwrap();
        }
        for endpoint in [&stands, &asks] {
            let folder = endpoint_folder(&service, endpoint);
            store.delete(&key_of(&folder, 1)).await.unwrap();
            let first = word("ann", &service, endpoint, now).after(None, "w".to_owned(), &own);
            put(&store, &key_of(&folder, 1), unsigned(&first)).await;
        }
        tokio::time::sleep(5 * MINUTE).await;
        assert_eq!(system.endpoint_connection("b", &service, &stands).await.status, Connected);
        assert_eq!(system.endpoint_connection("b", &service, &asks).await.status, Disconnected);
        let report = store.report().await.unwrap().unwrap();
        assert!(report.finding(&service, &stands).is_none(), "it was decided: {report:#?}");
        assert_eq!(problems(&store, None).await, Vec::<String>::new());
        assert!(newest_checkpoint(&store).await.size >= 2, "they are covered");

        system.put_policy(rule(system, "approve")).await;
        assert!(system.becomes("b", &service, &asks, &Connected, 2 * SOON).await.is_some(), "a rule connects it");
        tokio::time::sleep(MINUTE).await;
        assert_eq!(kinds(&system.endpoint_log(&service, &asks).await).last(), Some(&"connected"));
        let forged = word("alice", &service, "ep-new", now).after(None, "w".to_owned(), &own);
        put(&store, &key_of(&endpoint_folder(&service, "ep-new"), 1), unsigned(&forged)).await;
        tokio::time::sleep(3 * MINUTE).await;
        let found = problems(&store, None).await;
        assert!(found.len() == 1 && found[0].contains("not signed"), "what comes later is nobody's: {found:#?}");
    });
}

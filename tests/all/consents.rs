//! Nothing is made in an account before its owner agrees.

use std::sync::Arc;
use std::time::Duration;

use api::Page;
use api::connections::{Connection, Plan, Summary};
use api::consents::ConsentRequest;
use api::problem::{Problem, ProblemKind};
use causeway_local::seed::Seed;
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::receiver::Receiver;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{PUBLIC, System, in_world};
use causeway_tests::{often, on_virtual_time};
use connection::consent::StandingConsents;
use connection::record::{EntryEvent, Phase};
use connection::words::Kind;
use http::{Method, StatusCode};
use notice::EventType;
use notice::sinks::SinkKind;
use serde_json::{Value, json};

const NAME: &str = "qingdao-beijing";
const PATH: &str = "/v1/connections/qingdao-beijing";

/// Ann owns account a and asks for connections; account b belongs to a group of one, bob; carol only looks on.
async fn two_owners(system: &System) {
    let caller = |roles: Value| json!({"credential": "webhook-secret", "roles": roles});
    let callers = json!({
        "ann": caller(json!([{"role": "requester"}])),
        "bob": caller(json!([{"role": "viewer", "accounts": ["b"]}])),
        "carol": caller(json!([{"role": "viewer"}])),
    });
    system.puts_callers(true, &callers, &json!({"team-b": ["bob"]})).await;
    system.owned(&[("a", "ann"), ("b", "team-b")]).await;
}

async fn asks(system: &System, spec: &Value) -> Result<Summary, Box<Problem>> {
    let method =
        if system.store().read(&NAME.parse().unwrap()).await.unwrap().is_some() { Method::PUT } else { Method::POST };
    let path = if method == Method::PUT { PATH } else { "/v1/connections" };
    match system.tell_as("ann", method, path, spec).await {
        // Heard, and the answer was lost.
        Err(problem) if problem.detail.contains("exists and is") => {
            Ok(system.tell_as("ann", Method::GET, PATH, &Value::Null).await.expect("it can be read"))
        }
        asked => asked,
    }
}

async fn waiting(system: &System, caller: &str) -> Vec<ConsentRequest> {
    system.caller(caller).get::<Page<ConsentRequest>>("/v1/consents").await.unwrap().items
}

async fn says(system: &System, caller: &str, said: &Value) -> Result<Summary, Box<Problem>> {
    system.tell_as(caller, Method::POST, &format!("{PATH}/consents/b"), said).await
}

async fn agrees(system: &System, caller: &str) -> Result<Summary, Box<Problem>> {
    let of = system.store().read(&NAME.parse().unwrap()).await.unwrap().unwrap().record.awaited_digest();
    says(system, caller, &json!({"decision": "agree", "of": of.unwrap_or_default()})).await
}

async fn shown(system: &System) -> Connection {
    system.ask(Method::GET, PATH).await.unwrap()
}

#[test]
fn a_connection_waits_for_the_other_owner_and_makes_nothing_before() {
    in_world(async |system| {
        two_owners(system).await;
        let spec = system.tutorial_by(Kind::VpcPeering);
        let plan: Plan = system.tell_as("ann", Method::POST, "/v1/connections?dry_run=true", &spec).await.unwrap();
        let needs: Vec<_> = plan.needs_consent.iter().map(|(alias, owner)| (alias.as_str(), owner.as_str())).collect();
        assert_eq!((needs, plan.phase), (vec![("b", "team-b")], Phase::AwaitingConsent));

        assert_eq!(asks(system, &spec).await.unwrap().phase, Phase::AwaitingConsent);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        system.inventory().await.is_empty().unwrap();
        let connection = shown(system).await;
        assert_eq!(connection.phase(), Phase::AwaitingConsent);
        assert!(connection.awaiting_consent.is_some());

        let request = waiting(system, "bob").await.pop().unwrap();
        assert_eq!(
            (request.account.as_str(), request.owner.as_str(), request.asked_by.as_str()),
            ("b", "team-b", "ann")
        );
        assert_eq!(request.spec, connection.spec);
        assert_eq!(agrees(system, "bob").await.unwrap().phase, Phase::Applying);
        system.settled(NAME, Phase::Active).await;
        system.inventory().await.is_one_connection().unwrap();
        let connection = shown(system).await;
        let by: Vec<_> =
            connection.history.iter().filter_map(|entry| Some((entry.event, entry.by.as_ref()?.to_string()))).collect();
        let (ann, bob) = ("ann".to_owned(), "bob".to_owned());
        assert_eq!(
            by,
            [(EntryEvent::Accepted, ann.clone()), (EntryEvent::ConsentAsked, ann), (EntryEvent::ConsentGiven, bob)]
        );
        assert!(waiting(system, "bob").await.is_empty());
    });
}

#[test]
fn nobody_else_agrees_for_an_owner_and_nobody_to_something_else() {
    in_world(async |system| {
        two_owners(system).await;
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        asks(system, &spec).await.unwrap();
        for caller in ["ann", "carol"] {
            assert_eq!(agrees(system, caller).await.unwrap_err().kind, ProblemKind::Forbidden, "{caller}");
        }
        // The one who may do everything does not speak for others either.
        assert_eq!(agrees(system, "admin").await.unwrap_err().kind, ProblemKind::Forbidden);
        let seen = waiting(system, "bob").await.pop().unwrap();
        // Ann asks for more while bob reads.
        spec["bandwidth_mbps"] = json!(200);
        asks(system, &spec).await.unwrap();
        let old = says(system, "bob", &json!({"decision": "agree", "of": seen.of})).await.unwrap_err();
        assert_eq!(old.kind, ProblemKind::Conflict, "{old:#?}");
        let unnamed = says(system, "bob", &json!({"decision": "agree"})).await.unwrap_err();
        assert_eq!(unnamed.kind, ProblemKind::Malformed);
        let of_a: Result<Summary, _> = system
            .tell_as("bob", Method::POST, &format!("{PATH}/consents/a"), &json!({"decision": "agree", "of": "x"}))
            .await;
        assert_eq!(of_a.unwrap_err().kind, ProblemKind::Forbidden);
        system.inventory().await.is_empty().unwrap();
        agrees(system, "bob").await.unwrap();
        let built = system.settled(NAME, Phase::Active).await;
        assert_eq!(serde_json::to_value(&built.spec).unwrap()["bandwidth_mbps"], 200);
    });
}

#[test]
fn an_owner_who_refuses_ends_it_with_its_reason_and_nothing_was_made() {
    in_world(async |system| {
        two_owners(system).await;
        asks(system, &system.tutorial_by(Kind::VpcPeering)).await.unwrap();
        for bad in [
            json!({"decision": "refuse"}),
            json!({"decision": "refuse", "reason": "a\nb"}),
            json!({"decision": "no"}),
            json!(["refuse", "x"]),
        ] {
            assert_eq!(says(system, "bob", &bad).await.unwrap_err().kind, ProblemKind::Malformed, "{bad}");
        }
        says(system, "bob", &json!({"decision": "refuse", "reason": "not before the audit"})).await.unwrap();
        let refused = system.settled(NAME, Phase::Failed).await;
        assert!(refused.stop().what.contains("team-b, the owner of account b, does not agree: not before the audit"));
        assert!(waiting(system, "bob").await.is_empty());
        let asked: Summary = system.tell_as("ann", Method::POST, &format!("{PATH}/retry"), &Value::Null).await.unwrap();
        assert_eq!(asked.phase, Phase::AwaitingConsent);
        let removed: Summary = system.tell_as("ann", Method::DELETE, PATH, &Value::Null).await.unwrap();
        assert_eq!(removed.phase, Phase::Removed);
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_change_of_what_the_other_side_gets_waits_and_labels_do_not() {
    in_world(async |system| {
        two_owners(system).await;
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        asks(system, &spec).await.unwrap();
        agrees(system, "bob").await.unwrap();
        system.settled(NAME, Phase::Active).await;
        spec["labels"] = json!({"env": "prod"});
        asks(system, &spec).await.unwrap();
        let labelled = system.settled(NAME, Phase::Active).await;
        assert!(labelled.awaiting_consent.is_none() && labelled.summary.generation == 2);

        let rules = |connection: &Connection| {
            serde_json::to_value(&connection.spec).unwrap()["acceptor"]["security_groups"].clone()
        };
        let before = rules(&labelled);
        spec["acceptor"]["security_groups"][0]["protocol"] = "icmp".into();
        asks(system, &spec).await.unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        let waits = shown(system).await;
        assert_eq!((waits.phase(), rules(&waits)), (Phase::Active, before));
        assert!(waits.awaiting_consent.as_ref().is_some_and(|awaited| awaited.spec.is_some()));
        agrees(system, "bob").await.unwrap();
        let changed = system.settled(NAME, Phase::Active).await;
        assert_eq!((changed.summary.generation, changed.awaiting_consent.is_none()), (3, true));
        system.inventory().await.is_one_connection().unwrap();
    });
}

#[test]
fn an_owner_takes_its_consent_back_and_the_connection_goes() {
    in_world(async |system| {
        two_owners(system).await;
        asks(system, &system.tutorial_by(Kind::VpcPeering)).await.unwrap();
        agrees(system, "bob").await.unwrap();
        system.settled(NAME, Phase::Active).await;
        says(system, "bob", &json!({"decision": "refuse", "reason": "the contract has ended"})).await.unwrap();
        system.settled(NAME, Phase::Removed).await;
        system.inventory().await.is_empty().unwrap();
    });
}

#[test]
fn a_standing_consent_lets_what_fits_begin_at_once_and_is_kept() {
    in_world(async |system| {
        two_owners(system).await;
        let rule =
            json!({"id": "lab", "account": "b", "asked_by": ["ann"], "partners": ["a"], "kinds": ["vpc-peering"]});
        let put = async |rule: Value| {
            let document = json!({"version": 1, "rules": [rule]}).to_string();
            let standing = StandingConsents::from_json(document.as_bytes()).unwrap();
            system.store().put_standing_consents(&standing).await.unwrap();
        };
        let mut over = rule.clone();
        over["until"] = json!("2000-01-01T00:00:00Z");
        put(over).await;
        let spec = system.tutorial_by(Kind::VpcPeering);
        let plan: Plan = system.tell_as("ann", Method::POST, "/v1/connections?dry_run=true", &spec).await.unwrap();
        assert_eq!(plan.needs_consent.len(), 1, "it has ended");
        put(rule).await;
        assert_eq!(asks(system, &spec).await.unwrap().phase, Phase::Applying);
        system.settled(NAME, Phase::Active).await;
        let consents = serde_json::to_value(shown(system).await.consents).unwrap();
        assert_eq!(consents["b"]["said"]["rule"], "lab", "{consents}");
    });
}

#[test]
fn owners_are_told_once_and_after_two_weeks_it_is_over() {
    in_world(async |system| {
        two_owners(system).await;
        asks(system, &system.tutorial_by(Kind::VpcPeering)).await.unwrap();
        tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
        assert_eq!(shown(system).await.phase(), Phase::AwaitingConsent);
        let notices: Page<api::notices::Notice> = system.ask(Method::GET, "/v1/notices").await.unwrap();
        let told: Vec<_> =
            notices.items.iter().filter(|notice| notice.what == EventType::ConnectionAwaitingConsent).collect();
        assert_eq!(told.len(), 1, "{notices:#?}");
        assert!(
            told[0].summary.contains("asked for by ann, waits for the consent of team-b for account b"),
            "{told:#?}"
        );
        // As if it had been asked for two weeks ago.
        let (store, name) = (system.store(), NAME.parse().unwrap());
        let mut stored = store.read(&name).await.unwrap().unwrap();
        let awaited = stored.record.awaited.as_mut().unwrap();
        awaited.since = awaited.since.checked_sub(connection::consent::PATIENCE).unwrap();
        store.write(&stored.record, stored.revision.next(), "test".to_owned()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(180)).await;
        let ended = system.settled(NAME, Phase::Failed).await;
        assert!(ended.stop().what.contains("waited 14 days"), "{ended:#?}");
        system.inventory().await.is_empty().unwrap();
        assert!(system.open_markers().await.is_empty());
    });
}

/// A sink of an owner, and one of nobody in particular.
async fn sinks_of(system: &System, owner: &str) -> (Arc<Receiver>, Arc<Receiver>) {
    let (of_owner, of_nobody) = (
        system.told("pager", SinkKind::Webhook, &Value::Null).await,
        system.told("other", SinkKind::Feishu, &Value::Null).await,
    );
    let mut sinks = system.store().sinks().await.unwrap();
    sinks.sinks.iter_mut().find(|sink| sink.name.as_str() == "pager").unwrap().owner = Some(owner.to_owned());
    system.store().put_sinks(&sinks).await.unwrap();
    (of_owner, of_nobody)
}

/// Waits for a notice with a link, and returns its path and query.
async fn link(receiver: &Receiver, number: usize) -> String {
    for _ in 0..300 {
        let taken = receiver.taken();
        let mut links = taken.iter().filter_map(|letter| letter.body["data"]["consents"][0]["link"].as_str());
        if let Some(link) = links.next_back().filter(|_| taken.len() >= number) {
            return link.strip_prefix(PUBLIC).expect("it leads to the webhook").to_owned();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("no link: {:#?}", receiver.taken());
}

/// What a browser is shown.
async fn opens(system: &System, method: Method, link: &str, form: &str) -> (StatusCode, String) {
    let answer = system.browse(method, link, form).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[test]
fn an_owner_agrees_by_the_link_in_its_notice_and_nobody_else_gets_one() {
    in_world(async |system| {
        two_owners(system).await;
        let (of_owner, of_nobody) = sinks_of(system, "team-b").await;
        let mut spec = system.tutorial_by(Kind::VpcPeering);
        asks(system, &spec).await.unwrap();
        let first = link(&of_owner, 1).await;

        let (status, page) = opens(system, Method::GET, &first, "").await;
        assert!(
            status.is_success() && page.contains("ann") && page.contains("team-b") && page.contains(NAME),
            "{page}"
        );
        assert!(
            page.contains("&quot;vpc-peering&quot;") && !page.contains("<script"),
            "what is asked for is text: {page}"
        );
        assert_eq!(shown(system).await.phase(), Phase::AwaitingConsent, "who opens a link has said nothing");
        let (status, page) = opens(system, Method::POST, &first, "decision=refuse&reason=+").await;
        assert!(status.is_client_error() && page.contains("told why"), "{page}");
        for (form, changed) in [
            ("decision=agree", first.replace("account=b", "account=a")),
            ("decision=agree", format!("{}0", first)),
            ("decision=perhaps", first.clone()),
        ] {
            let (status, page) = opens(system, Method::POST, &changed, form).await;
            assert!(status.is_client_error(), "{form} {changed}: {page}");
        }
        assert_eq!(shown(system).await.phase(), Phase::AwaitingConsent);

        // Ann asks for more while somebody reads: the old link agrees to nothing, and the new notice has its own.
        spec["bandwidth_mbps"] = json!(200);
        asks(system, &spec).await.unwrap();
        let (status, page) = opens(system, Method::POST, &first, "decision=agree").await;
        assert_eq!(status, StatusCode::CONFLICT, "{page}");
        let (_, page) = opens(system, Method::GET, &first, "").await;
        assert!(page.contains("Nothing waits for team-b"), "{page}");
        let second = link(&of_owner, 2).await;
        assert_ne!(first, second);
        let (status, page) = opens(system, Method::POST, &second, "decision=agree").await;
        assert!(status.is_success() && page.contains("agreed"), "{page}");
        let built = system.settled(NAME, Phase::Active).await;
        let given = built.history.iter().find(|entry| entry.event == EntryEvent::ConsentGiven).unwrap();
        assert_eq!(
            given.by.as_ref().unwrap().as_str(),
            "team-b",
            "the owner has said it, whoever of it opened the link"
        );

        let told = of_nobody.taken().iter().map(|letter| letter.body.to_string()).collect::<String>();
        assert!(told.contains("team-b") && !told.contains("signature"), "only the owner gets links: {told}");
        let notices: Page<api::notices::Notice> = system.ask(Method::GET, "/v1/notices").await.unwrap();
        for notice in notices.items {
            let kept: Value = system.ask(Method::GET, &format!("/v1/notices/{}", notice.id)).await.unwrap();
            assert!(!kept.to_string().contains("signature"), "no link is stored: {kept}");
        }
    });
}

#[test]
fn an_owner_refuses_by_its_link_and_a_link_ends() {
    in_world(async |system| {
        two_owners(system).await;
        let (of_owner, _) = sinks_of(system, "team-b").await;
        asks(system, &system.tutorial_by(Kind::VpcPeering)).await.unwrap();
        let link = link(&of_owner, 1).await;
        let (status, page) = opens(system, Method::POST, &link, "decision=refuse&reason=not+this%0D%0Amonth").await;
        assert!(status.is_success() && page.contains("refused"), "{page}");
        let ended = system.settled(NAME, Phase::Failed).await;
        assert!(ended.stop().what.contains("not this month"), "{ended:#?}");
        // Whoever leaves the group takes its links along.
        let callers = json!({"ann": {"credential": "webhook-secret", "roles": [{"role": "requester"}]}});
        system.puts_callers(true, &callers, &json!({})).await;
        let (status, page) = opens(system, Method::GET, &link, "").await;
        assert!(status == StatusCode::FORBIDDEN && page.contains("neither a caller nor a group"), "{page}");
        // The sweep need not come every minute in the meantime.
        system.stop().await;
        tokio::time::sleep(Duration::from_secs(15 * 24 * 3600)).await;
        system.cloud.fc().start().await;
        let (status, page) = opens(system, Method::GET, &link, "").await;
        assert!(status == StatusCode::FORBIDDEN && page.contains("expired"), "{page}");
    });
}

/// Asked for, agreed to, changed, agreed to, and removed.
async fn with_consent(system: &System) -> Result<(), String> {
    two_owners(system).await;
    let mut spec = system.tutorial_by(Kind::VpcPeering);
    let refused = |problem: Box<Problem>| format!("{problem:#?}");
    asks(system, &spec).await.map_err(refused)?;
    agrees(system, "bob").await.map_err(refused)?;
    let rests = async |phase: Phase| {
        let at_rest = system.at_rest(NAME).await;
        if at_rest.phase() == phase { Ok(()) } else { Err(format!("not {phase}: {at_rest:#?}")) }
    };
    rests(Phase::Active).await?;
    spec["bandwidth_mbps"] = json!(200);
    asks(system, &spec).await.map_err(refused)?;
    agrees(system, "bob").await.map_err(refused)?;
    rests(Phase::Active).await?;
    system.inventory().await.is_one_connection()?;
    says(system, "bob", &json!({"decision": "refuse", "reason": "over"})).await.map_err(refused)?;
    rests(Phase::Removed).await?;
    system.inventory().await.is_empty()
}

#[test]
fn dying_after_requests_of_a_connection_with_consent_changes_nothing_in_the_end() {
    let requests = on_virtual_time(async {
        let mishaps = Mishaps::none();
        let system = System::of(Seed::tutorial(), 1, mishaps.clone()).await;
        with_consent(&system).await.unwrap();
        system.end().await;
        0..mishaps.requests()
    });
    for (mishap, stride) in [(Mishap::DiesAfter, 11), (Mishap::LostAfter, 29)] {
        often::requests_survive(&requests, stride, |number| {
            on_virtual_time(async {
                let mishaps = Mishaps::at(number, mishap);
                let system = System::of(Seed::tutorial(), 1, mishaps.clone()).await;
                let ended = with_consent(&system).await;
                ended.map_err(|wrong| format!("request {number}: {}: {wrong}", mishaps.log().join("; ")))?;
                system.end().await;
                Ok(())
            })
        });
    }
}

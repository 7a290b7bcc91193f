//! What is kept is what is read, and races end well.

use connection::finding::{Finding, FindingKind};
use connection::words::{Side, StepName};

use super::*;
use crate::check::Scope;
use crate::findings::StepFinding;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn subject() -> Subject {
    Subject::Connection("a-b".parse().unwrap())
}

fn one_finding() -> Observed {
    let finding = Finding::missing(FindingKind::RouteMissing, Side::Initiator, "r");
    Observed { seen: vec![StepFinding { step: Some(StepName::AddRoute), finding }], unknown: Vec::new() }
}

#[tokio::test]
async fn open_findings_are_listed_until_they_are_cleared_and_another_connection_of_the_name_starts_afresh() {
    let store = Store::in_memory();
    let drift = DriftStore(&store);
    let writer = || "w".to_owned();
    let merged = drift.merge(&subject(), "uid-1", &one_finding(), at(1), writer).await.unwrap();
    assert_eq!(merged.opened.len(), 1);
    assert_eq!(drift.open().await.unwrap(), [subject()]);
    assert_eq!(drift.findings(&subject()).await.unwrap().unwrap(), merged.findings);
    let other = drift.merge(&subject(), "uid-2", &one_finding(), at(2), writer).await.unwrap();
    assert_eq!((other.opened.len(), other.still.len()), (1, 0));
    let none = drift.merge(&subject(), "uid-2", &Observed::default(), at(3), writer).await.unwrap();
    assert_eq!((none.cleared.len(), drift.open().await.unwrap()), (1, Vec::new()));
}

#[tokio::test]
async fn of_what_is_as_promised_nothing_is_written() {
    let store = Store::in_memory();
    let drift = DriftStore(&store);
    drift.merge(&subject(), "uid", &Observed::default(), at(1), || "w".to_owned()).await.unwrap();
    assert_eq!(drift.findings(&subject()).await.unwrap(), None);
}

#[tokio::test]
async fn a_check_is_due_once_a_period_and_for_one_of_two_that_ask() {
    let store = Store::in_memory();
    let drift = DriftStore(&store);
    let every = SignedDuration::from_secs(60);
    let due = async |second: i64, writer: &str| {
        drift.due(at(second), every, CheckId::new(at(second), 1), writer.to_owned()).await.unwrap().is_some()
    };
    assert!(!due(0, "a").await && !due(59, "b").await);
    assert!(due(60, "c").await && !due(60, "d").await && !due(119, "e").await);
    assert!(due(120, "f").await);
}

#[tokio::test]
async fn an_old_run_is_forgotten_and_a_younger_one_stays() {
    let store = Store::in_memory();
    let drift = DriftStore(&store);
    for second in [0, 80_000] {
        let id = CheckId::new(at(second), 1);
        let check = Check { version: 1, id, scope: Scope::All, asked_by: "timer".to_owned(), at: at(second) };
        drift.begin(&check).await.unwrap();
    }
    assert_eq!(drift.under_way().await.unwrap().len(), 2);
    assert!(drift.forget_checks(at(90_000)).await.unwrap() > 0);
    assert_eq!(drift.under_way().await.unwrap(), [CheckId::new(at(80_000), 1)]);
    assert_eq!(drift.forget_checks(at(90_000)).await.unwrap(), 0);
}

#[tokio::test]
async fn settings_that_do_not_read_are_no_settings() {
    let store = Store::in_memory();
    assert_eq!(DriftStore(&store).settings().await.unwrap(), Settings::default());
    store.create(&ConfigDocument::Drift.key(), br#"{"version":1,"ignored":[]}"#.to_vec()).await.unwrap();
    assert!(DriftStore(&store).settings().await.is_err());
}

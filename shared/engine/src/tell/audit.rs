//! The events of evidence: a new checkpoint, what is not to be trusted, and what was not copied.

use audit::checkpoint::Checkpoint;
use audit::{Subject, Verifier};
use jiff::Timestamp;
use notice::event::{Data, VERSION};
use notice::{Event, EventId, EventType, Severity};
use store::Untrusted;

/// The event of a checkpoint: whoever asks for it keeps the note where nobody of this deployment can change it.
#[must_use]
pub fn of_checkpoint(checkpoint: &Checkpoint, note: &str, verifier: &Verifier, at: Timestamp) -> Event {
    let Checkpoint { origin, size, root } = checkpoint;
    let entries = if *size == 1 { "1 entry" } else { &format!("{size} entries") };
    Event {
        version: VERSION,
        id: EventId::of(EventType::AuditCheckpoint, &[&size.to_string(), &root.hex()]),
        what: EventType::AuditCheckpoint,
        subject: origin.clone(),
        time: at,
        severity: Severity::Info,
        data: Data {
            summary: format!("a checkpoint over {entries} of all logs"),
            note: Some(note.to_owned()),
            verifier: Some(verifier.to_string()),
            advice: Some(
                "keep the note; `causeway audit verify --checkpoint FILE` holds the logs against it".to_owned(),
            ),
            ..Data::default()
        },
    }
}

/// The event of something in a log that is not to be trusted. The same object is the same event, however often it is found.
#[must_use]
pub fn of_untrusted(untrusted: &Untrusted, at: Timestamp) -> Event {
    let subject = &untrusted.subject;
    let (service, endpoint, connection) = match subject {
        Subject::Endpoint { service, endpoint } => (Some(service.clone()), Some(endpoint.clone()), None),
        Subject::Connection(name) => (None, None, Some(name.clone())),
        Subject::Policy | Subject::Config | Subject::DeadLetters => (None, None, None),
    };
    let look = "run `causeway audit verify`, and find out who wrote it";
    let advice = match subject {
        Subject::Endpoint { service, endpoint } => {
            format!("{look}; then decide on the endpoint by POST /v1/approvals/{service}/{endpoint}")
        }
        Subject::Connection(_) | Subject::Policy | Subject::Config | Subject::DeadLetters => look.to_owned(),
    };
    Event {
        version: VERSION,
        id: EventId::of(EventType::AuditBroken, &[&subject.to_string(), &untrusted.sequence.to_string()]),
        what: EventType::AuditBroken,
        subject: subject.to_string(),
        time: at,
        severity: Severity::Critical,
        data: Data {
            summary: untrusted.to_string(),
            service,
            endpoint,
            connection,
            advice: Some(advice),
            ..Data::default()
        },
    }
}

/// The event of a checkpoint from which nobody goes on.
#[must_use]
pub fn of_broken_checkpoint(number: u64, why: &str, at: Timestamp) -> Event {
    Event {
        version: VERSION,
        id: EventId::of(EventType::AuditBroken, &["checkpoint", &number.to_string()]),
        what: EventType::AuditBroken,
        subject: format!("checkpoint {number}"),
        time: at,
        severity: Severity::Critical,
        data: Data {
            summary: format!("checkpoint {number} is not to be trusted, so no other is made: {why}"),
            advice: Some(
                "run `causeway audit verify --checkpoint FILE` with a note that was kept elsewhere".to_owned(),
            ),
            ..Data::default()
        },
    }
}

/// The event of something in the place of a checkpoint's copy that is not its copy.
#[must_use]
pub fn of_broken_copy(number: u64, why: &str, at: Timestamp) -> Event {
    Event {
        version: VERSION,
        id: EventId::of(EventType::AuditBroken, &["copy", &number.to_string()]),
        what: EventType::AuditBroken,
        subject: format!("copy of checkpoint {number}"),
        time: at,
        severity: Severity::Critical,
        data: Data {
            summary: format!("the copy of checkpoint {number} contradicts the store: {why}"),
            advice: Some(
                "run `causeway audit verify --checkpoint oss://BUCKET` with the bucket of the copies, and find out who changed what"
                    .to_owned(),
            ),
            ..Data::default()
        },
    }
}

/// The event of a checkpoint that has no copy. All that are found on one day (UTC) are one event: while copies cannot be written,
/// every checkpoint would be another.
#[must_use]
pub fn of_uncopied(number: u64, why: &str, at: Timestamp) -> Event {
    Event {
        version: VERSION,
        id: EventId::of(EventType::AuditUncopied, &[&at.strftime("%F").to_string()]),
        what: EventType::AuditUncopied,
        subject: format!("checkpoint {number}"),
        time: at,
        severity: Severity::Warning,
        data: Data {
            summary: format!("checkpoint {number} has no copy: {why}"),
            advice: Some(
                "the next sweep tries again; see to the bucket of the copies, and to who deletes there. Right after copies were \
                 turned on this is to be expected"
                    .to_owned(),
            ),
            ..Data::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use audit::SigningKey;
    use audit::entry::Fault;
    use audit::tree::{Frontier, Hash};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_checkpoint_is_told_once_and_carries_what_verifies_it() {
        let key = SigningKey::from_seed("causeway.test", [1; 32]).unwrap();
        let mut tree = Frontier::default();
        let mut told = |leaf: &[u8]| {
            tree.push(Hash::of_leaf(leaf));
            let checkpoint = Checkpoint::of("causeway.test", &tree);
            let note = checkpoint.sign(&key);
            let one = of_checkpoint(&checkpoint, &note, &key.verifier(), at(1));
            assert_eq!(one.id, of_checkpoint(&checkpoint, &note, &key.verifier(), at(2)).id);
            let trusted = one.data.verifier.as_deref().unwrap().parse().unwrap();
            assert_eq!(Checkpoint::open(one.data.note.as_deref().unwrap(), &trusted).unwrap(), checkpoint);
            one.id
        };
        assert_ne!(told(b"a"), told(b"b"));
    }

    #[test]
    fn what_is_not_to_be_trusted_is_told_once_with_what_to_do() {
        let subject = Subject::Endpoint { service: "epsrv-1".to_owned(), endpoint: "ep-1".to_owned() };
        let untrusted = |sequence| Untrusted { subject: subject.clone(), sequence, fault: Fault::Unsigned };
        let told = of_untrusted(&untrusted(3), at(1));
        assert_eq!(told.id, of_untrusted(&untrusted(3), at(2)).id);
        assert_ne!(told.id, of_untrusted(&untrusted(4), at(1)).id);
        assert!(told.data.advice.unwrap().contains("/v1/approvals/epsrv-1/ep-1"));
    }

    #[test]
    fn what_is_wrong_with_copies_is_told_once_for_each_and_once_a_day() {
        let day = 24 * 3600;
        assert_eq!(of_broken_copy(3, "a", at(1)).id, of_broken_copy(3, "b", at(day)).id);
        assert_ne!(of_broken_copy(3, "a", at(1)).id, of_broken_copy(4, "a", at(1)).id);
        assert_ne!(of_broken_copy(3, "a", at(1)).id, of_broken_checkpoint(3, "a", at(1)).id);
        assert_eq!(of_uncopied(3, "a", at(1)).id, of_uncopied(4, "b", at(day - 1)).id);
        assert_ne!(of_uncopied(3, "a", at(1)).id, of_uncopied(3, "a", at(day)).id);
    }
}

//! Whether a log is whole: nothing changed, nothing missing in between, nothing moved, nothing that nobody signed.
//!
//! What no log can show by itself is that its end was taken away, or all of it. That shows the tree of all entries.

use crate::entry::{Content, Entry, Fault, PassedOver, Position, Subject};
use crate::key::Verifiers;
use crate::tree::Hash;

/// An object in the place of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked<T> {
    /// Its number, by its place.
    pub sequence: u64,
    /// Its leaf of the tree, if it is covered.
    pub leaf: Hash,
    /// The entry, or why it does not count.
    pub entry: Result<Entry<T>, Fault>,
}

/// A log is not whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {sequence}: {fault}")]
pub struct Broken {
    /// The number of the first entry with which something is wrong.
    pub sequence: u64,
    /// What.
    pub fault: Fault,
}

/// Looks at every object of a log, in the order of their numbers.
#[must_use]
pub fn check<T: Content + Clone>(
    subject: &Subject,
    objects: &[(u64, Vec<u8>)],
    trusted: &Verifiers,
) -> Vec<Checked<T>> {
    let (mut before, mut untrusted): (Option<Entry<T>>, Vec<PassedOver>) = (None, Vec::new());
    let mut checked = Vec::with_capacity(objects.len());
    for (sequence, bytes) in objects {
        let read = Entry::read(bytes, subject, *sequence, trusted);
        let entry = read.and_then(|entry| {
            let chained = chains(&entry, before.as_ref(), &untrusted);
            // What is signed is genuine, also where something before it is not: what follows it is held against it. Of entries
            // that are not signed the same is assumed until a signed one stands before them.
            if entry.is_signed() || before.as_ref().is_none_or(|before| !before.is_signed()) {
                before = Some(entry.clone());
                untrusted.clear();
            }
            chained.map(|()| entry)
        });
        if entry.is_err() && before.as_ref().is_none_or(|before| before.sequence != *sequence) {
            untrusted.push(PassedOver::of(*sequence, bytes));
        }
        checked.push(Checked { sequence: *sequence, leaf: Hash::of_leaf(bytes), entry });
    }
    checked
}

fn chains<T: Content>(entry: &Entry<T>, before: Option<&Entry<T>>, untrusted: &[PassedOver]) -> Result<(), Fault> {
    if !entry.is_signed() && before.is_some_and(Entry::is_signed) {
        return Err(Fault::Unsigned);
    }
    let expected = Position::behind(before);
    let is_listed = |passed: &PassedOver| entry.passes_over.contains(passed);
    if entry.passes_over.is_empty() && entry.sequence != expected.sequence {
        // Where an object in between does not count, that is what is wrong, and not a gap.
        return Err(if untrusted.is_empty() { Fault::Gap } else { Fault::Unchained });
    }
    if entry.previous != expected.previous || !untrusted.iter().all(is_listed) {
        return Err(Fault::Unchained);
    }
    if !T::follows(entry, before) {
        return Err(Fault::State);
    }
    Ok(())
}

/// The entries of a log that is whole.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify<T: Content + Clone>(
    subject: &Subject,
    objects: &[(u64, Vec<u8>)],
    trusted: &Verifiers,
) -> Result<Vec<Entry<T>>, Broken> {
    let checked = check(subject, objects, trusted).into_iter();
    checked.map(|Checked { sequence, entry, .. }| entry.map_err(|fault| Broken { sequence, fault })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use crate::act::{Asked, ConnectionAct};
    use crate::entry::tests::{act, at, entry, key, subject, trusted};
    use crate::entry::{Actor, NOTHING};

    type Log = Vec<(u64, Vec<u8>)>;

    fn log(length: u64) -> Log {
        let mut entries: Vec<Entry<ConnectionAct>> = Vec::new();
        for _ in 0..length {
            entries.push(entry(entries.last(), Asked::Pause, &key()));
        }
        entries.iter().map(|entry| (entry.sequence, entry.to_text().into_bytes())).collect()
    }

    fn faults(objects: &Log) -> Vec<(u64, Fault)> {
        let checked = check::<ConnectionAct>(&subject("a-b"), objects, &trusted());
        checked.into_iter().filter_map(|one| Some((one.sequence, one.entry.err()?))).collect()
    }

    fn behind(objects: &Log, passes_over: Vec<PassedOver>, sequence: u64) -> (u64, Vec<u8>) {
        let last = objects.last().map(|(sequence, bytes)| {
            Entry::<ConnectionAct>::read(bytes, &subject("a-b"), *sequence, &trusted()).unwrap()
        });
        let position = Position { sequence, passes_over, ..Position::behind(last.as_ref()) };
        let said = (at(99), Actor::Person("ann".to_owned()), act(Asked::Retry));
        let entry = Entry::signed(subject("a-b"), position, said, "w".to_owned(), &key());
        (sequence, entry.to_text().into_bytes())
    }

    #[test]
    fn a_whole_log_is_whole() {
        assert_eq!(faults(&log(5)), []);
        assert_eq!(verify::<ConnectionAct>(&subject("a-b"), &log(3), &trusted()).unwrap().len(), 3);
        assert_eq!(faults(&Log::new()), []);
    }

    #[test]
    fn what_is_missing_moved_doubled_or_of_another_is_found_once() {
        let mut gap = log(5);
        gap.remove(2);
        assert_eq!(faults(&gap), [(4, Fault::Gap)]);
        assert_eq!(faults(&log(5)[1..].to_vec()), [(2, Fault::Gap)], "the beginning");
        let mut moved = log(5);
        moved[4].1 = moved[3].1.clone();
        assert_eq!(faults(&moved), [(5, Fault::Moved(4))]);
        let strange: Log = log(2);
        let found = check::<ConnectionAct>(&subject("b-c"), &strange, &trusted());
        assert!(found.iter().all(|one| matches!(one.entry, Err(Fault::Stranger(_)))), "copied to another folder");
    }

    #[test]
    fn an_entry_that_was_written_anew_without_the_key_is_found_and_with_it_breaks_the_chain_behind() {
        let other = SigningKey::from_seed("causeway.test", [2; 32]).unwrap();
        let first = Entry::<ConnectionAct>::read(&log(1)[0].1, &subject("a-b"), 1, &trusted()).unwrap();
        let mut forged = log(4);
        forged[1].1 = entry(Some(&first), Asked::Remove, &other).to_text().into_bytes();
        let found = faults(&forged);
        assert!(matches!(found[..], [(2, Fault::UnknownKey(_)), (3, Fault::Unchained)]), "{found:?}");
        forged[1].1 = entry(Some(&first), Asked::Remove, &key()).to_text().into_bytes();
        assert_eq!(faults(&forged), [(3, Fault::Unchained)]);
    }

    #[test]
    fn an_entry_that_passes_over_what_was_forged_goes_on_and_what_was_forged_stays_found() {
        let whole = log(2);
        let forged = (3, b"{}".to_vec());
        let passed = PassedOver::of(3, &forged.1);
        let goes_on = behind(&whole, vec![passed], 4);
        let with = [whole.clone(), vec![forged.clone(), goes_on.clone()]].concat();
        assert!(matches!(faults(&with)[..], [(3, Fault::Changed)]), "{:?}", faults(&with));
        let without = [whole.clone(), vec![goes_on]].concat();
        assert_eq!(faults(&without), [], "it was listed, and somebody has taken it out");
        let silent = [whole.clone(), vec![forged, behind(&whole, Vec::new(), 4)]].concat();
        assert_eq!(faults(&silent).last(), Some(&(4, Fault::Unchained)), "it was not listed");
        let more =
            [whole.clone(), vec![(3, b"[]".to_vec()), behind(&whole, vec![PassedOver::of(3, b"{}")], 4)]].concat();
        assert_eq!(faults(&more).last(), Some(&(4, Fault::Unchained)), "it was another");
    }

    /// As entries were written before they were signed.
    fn unsigned(before: Option<&str>, sequence: u64) -> (String, Vec<u8>) {
        let mut value = serde_json::json!({
            "version": 1, "sequence": sequence, "previous": before.unwrap_or(NOTHING), "at": at(1), "writer": "w",
            "actor": "policy", "asked": "pause", "uid": "u", "generation": 1, "spec_sha256": "", "revision": 1,
        });
        let hash = crate::canonical::sha256(&value);
        value["hash"] = hash.as_str().into();
        (hash, crate::canonical::text(&value).into_bytes())
    }

    #[test]
    fn entries_that_are_not_signed_read_until_the_first_that_is() {
        let (hash, first) = unsigned(None, 1);
        let (_, second) = unsigned(Some(&hash), 2);
        let old: Log = vec![(1, first), (2, second)];
        assert_eq!(faults(&old), []);
        let signed = [old.clone(), vec![behind(&old, Vec::new(), 3)]].concat();
        assert_eq!(faults(&signed), []);
        let last = Entry::<ConnectionAct>::read(&signed[2].1, &subject("a-b"), 3, &trusted()).unwrap();
        let (_, forged) = unsigned(Some(&last.hash), 4);
        let forged = [signed, vec![(4, forged)]].concat();
        assert_eq!(faults(&forged), [(4, Fault::Unsigned)]);
    }
}

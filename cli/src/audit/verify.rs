//! Holds logs, policy and checkpoints against each other and against the keys.
//!
//! Everything is looked at, also behind a fault: one fault does not hide another.

use std::collections::{BTreeMap, BTreeSet};

use approval::decision::DecisionContent;
use audit::act::{ConfigAct, ConnectionAct, DeadLetterAct, PolicyAct, PolicyStep};
use audit::checkpoint::Checkpoint;
use audit::log::{Checked, check};
use audit::tree::{Frontier, Hash};
use audit::{Content, Entry, Subject, Verifiers};
use jiff::{SignedDuration, Timestamp};
use store::{Store, StoreError, StoredCheckpoint};

use super::kept::Kept;

/// How much later an entry may be covered than one that was written after it: clocks differ, and markers are handled in order.
const IN_ORDER: SignedDuration = SignedDuration::from_hours(1);

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: String,
    /// What.
    pub what: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// What is to be known beside.
    pub notes: Vec<String>,
    /// How many logs there are.
    pub logs: usize,
    /// How many entries.
    pub entries: usize,
    /// How many of them a checkpoint covers.
    pub covered: usize,
    /// How many none covers yet.
    pub waiting: usize,
    /// How many versions of the policy there are.
    pub policies: usize,
    /// How many checkpoints there are.
    pub checkpoints: usize,
    /// The newest that counts.
    pub newest: Option<Checkpoint>,
}

impl Found {
    /// Whether there was nothing to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.logs == 0 && self.checkpoints == 0 && self.policies == 0
    }

    fn problem(&mut self, place: impl ToString, what: impl ToString) {
        self.problems.push(Problem { place: place.to_string(), what: what.to_string() });
    }
}

/// An entry, by its log and its number.
type Place = (Subject, u64);

/// What the checkpoints cover.
#[derive(Default)]
struct Tree {
    /// Each entry's leaf, and its place in the tree.
    covered: BTreeMap<Place, (Hash, u64)>,
    /// Whether entries of earlier releases are still being covered, or there is no checkpoint at all.
    takes_older: bool,
}

/// What an entry that counts shows beside its own log.
struct Seen {
    place: Place,
    /// When it says that it was written.
    at: Timestamp,
    is_signed: bool,
    /// Until when the key that signed it is trusted, if it was replaced.
    until: Option<Timestamp>,
    /// Its place in the tree, if a checkpoint covers it.
    index: Option<u64>,
}

/// Verifies a store. `kept` are checkpoints that were kept elsewhere.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify(store: &Store, trusted: &Verifiers, kept: &[Kept]) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let tree = checkpoints(store, trusted, kept, &mut found).await?;
    let mut subjects: BTreeSet<Subject> = store.logs().await?.into_iter().collect();
    subjects.extend(tree.covered.keys().map(|(subject, _)| subject.clone()));
    found.logs = subjects.len();
    let (mut seen, mut policy) = (Vec::new(), Vec::new());
    for subject in &subjects {
        let objects = store.log(subject).await?;
        match subject {
            Subject::Endpoint { .. } => {
                log::<DecisionContent>((subject, &objects), trusted, &tree, &mut seen, &mut found);
            }
            Subject::Connection(_) => {
                log::<ConnectionAct>((subject, &objects), trusted, &tree, &mut seen, &mut found);
            }
            Subject::Config => {
                log::<ConfigAct>((subject, &objects), trusted, &tree, &mut seen, &mut found);
            }
            Subject::DeadLetters => {
                log::<DeadLetterAct>((subject, &objects), trusted, &tree, &mut seen, &mut found);
            }
            Subject::Policy => policy = log::<PolicyAct>((subject, &objects), trusted, &tree, &mut seen, &mut found),
        }
    }
    order(&seen, &tree, &mut found);
    policies(store, &policy, &mut found).await?;
    Ok(found)
}

/// Every checkpoint: signed, none missing, each over the one before.
async fn checkpoints(store: &Store, trusted: &Verifiers, kept: &[Kept], found: &mut Found) -> Result<Tree, StoreError> {
    let numbers = store.checkpoint_numbers().await?;
    found.checkpoints = numbers.len();
    let mut known = Tree { takes_older: true, ..Tree::default() };
    let (mut tree, mut expected) = (Frontier::default(), 1);
    // The roots of the tree at the sizes of what was kept.
    let mut roots: BTreeMap<u64, Option<Hash>> = kept.iter().map(|kept| (kept.checkpoint.size, None)).collect();
    if let Some(root) = roots.get_mut(&0) {
        *root = Some(tree.root());
    }
    for number in numbers {
        let place = format!("checkpoint {number}");
        if number != expected {
            found.problem(format!("checkpoint {expected}"), "it is missing");
        }
        let stored = match store.checkpoint(number).await {
            Ok(Some(stored)) => stored,
            Ok(None) => continue,
            Err(StoreError::Unreadable { reason, .. }) => {
                found.problem(&place, format!("it does not read: {reason}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        let before = stored.size.checked_sub(u64::try_from(stored.entries.len()).unwrap_or(u64::MAX));
        if before != Some(tree.size()) && number == expected {
            found.problem(&place, "it does not go on where the one before it ended");
        }
        expected = number + 1;
        for entry in &stored.entries {
            let index = tree.size();
            tree.push(entry.leaf);
            if let Some(root) = roots.get_mut(&tree.size()) {
                *root = Some(tree.root());
            }
            let place_of_it = (entry.subject.clone(), entry.sequence);
            if known.covered.insert(place_of_it, (entry.leaf, index)).is_some() {
                found.problem(&place, format!("it covers entry {} of {} a second time", entry.sequence, entry.subject));
            }
        }
        known.takes_older = stored.older.is_some();
        match head(&stored, trusted, &tree) {
            Ok(checkpoint) => found.newest = Some(checkpoint),
            Err(what) => found.problem(&place, what),
        }
        // One fault is told once: what follows is held against what this one says.
        if let Some(own) = stored.tree() {
            tree = own;
        }
    }
    held_against(kept, &tree, &roots, found);
    Ok(known)
}

/// The head that a checkpoint signs, if it is that of the tree.
fn head(stored: &StoredCheckpoint, trusted: &Verifiers, tree: &Frontier) -> Result<Checkpoint, String> {
    let (checkpoint, by) = Checkpoint::open_by(&stored.note, trusted).map_err(|bad| bad.to_string())?;
    if let Some(until) = by.until().filter(|until| stored.at > *until) {
        return Err(format!("it was signed by {}, which is trusted until {until}, and made at {}", by.id(), stored.at));
    }
    if checkpoint.size != stored.size || checkpoint.size != tree.size() || checkpoint.root != tree.root() {
        return Err("the entries that it lists are not those whose root was signed".to_owned());
    }
    if stored.tree().as_ref() != Some(tree) {
        return Err("its subtrees are not those of the tree".to_owned());
    }
    Ok(checkpoint)
}

/// Holds the tree against what was kept. Of those that do not fit the smallest is told in full: the others follow from it.
fn held_against(kept: &[Kept], tree: &Frontier, roots: &BTreeMap<u64, Option<Hash>>, found: &mut Found) {
    let misfit = |kept: &Kept| {
        let Checkpoint { size, root, .. } = kept.checkpoint;
        match roots.get(&size).copied().flatten() {
            Some(then) if then == root => None,
            Some(_) => Some(format!("the first {size} entries are others than those that it covers")),
            None if tree.size() < size => Some(format!(
                "it covers {size} entries, and the newest one in the store {}: checkpoints were taken away",
                tree.size()
            )),
            None => Some("checkpoints before it are missing or changed, so it cannot be held against them".to_owned()),
        }
    };
    let mut sorted: Vec<&Kept> = kept.iter().collect();
    sorted.sort_by_key(|kept| kept.checkpoint.size);
    let misfits: Vec<(&Kept, String)> = sorted.into_iter().filter_map(|kept| Some((kept, misfit(kept)?))).collect();
    if let [(first, what), others @ ..] = &misfits[..] {
        let more = if others.is_empty() { String::new() } else { format!("; {} more do not fit either", others.len()) };
        found.problem(&first.place, format!("{what}{more}"));
    }
    let newest = found.newest.as_ref().map_or(0, |newest| newest.size);
    if let Some(largest) = kept.iter().map(|kept| kept.checkpoint.size).max()
        && largest < newest
    {
        found.notes.push(format!(
            "entries behind the first {largest} came after what was kept, and only the store tells of them"
        ));
    }
}

/// One log: each entry for itself, the chain, and what the checkpoints cover of it. Returns the entries that count.
fn log<T: Content + Clone>(
    (subject, objects): (&Subject, &[(u64, Vec<u8>)]),
    trusted: &Verifiers,
    tree: &Tree,
    seen: &mut Vec<Seen>,
    found: &mut Found,
) -> Vec<Entry<T>> {
    let mut entries = Vec::new();
    found.entries += objects.len();
    for Checked { sequence, leaf, entry } in check::<T>(subject, objects, trusted) {
        let place = (subject.clone(), sequence);
        let covered = tree.covered.get(&place);
        let entry = match entry {
            Ok(entry) => entry,
            Err(fault) => {
                found.problem(subject, format!("entry {sequence}: {fault}"));
                continue;
            }
        };
        if covered.is_some_and(|(known, _)| *known != leaf) {
            let by = &entry.actor;
            found.problem(
                subject,
                format!("entry {sequence}: it is not the one that a checkpoint covers; it says that {by} did it"),
            );
            continue;
        }
        let until = entry.key.as_deref().and_then(|key| trusted.named(key)).and_then(|verifier| verifier.until());
        let index = covered.map(|(_, index)| *index);
        seen.push(Seen { place, at: entry.at, is_signed: entry.is_signed(), until, index });
        entries.push(entry);
    }
    let there: BTreeSet<u64> = objects.iter().map(|(sequence, _)| *sequence).collect();
    let range = (subject.clone(), 0)..=(subject.clone(), u64::MAX);
    let missing: Vec<u64> = tree
        .covered
        .range(range)
        .map(|((_, sequence), _)| *sequence)
        .filter(|number| !there.contains(number))
        .collect();
    if objects.is_empty() {
        found.problem(subject, format!("the whole log is missing: checkpoints cover {} entries of it", missing.len()));
    } else {
        missing.iter().for_each(|number| {
            found.problem(subject, format!("entry {number}: it is missing; a checkpoint covers it"))
        });
    }
    entries
}

/// Whether entries came into the tree when they were written, as far as that can be told: by what others say, in the order of the
/// tree.
fn order(seen: &[Seen], tree: &Tree, found: &mut Found) {
    let newest = seen.iter().filter(|entry| entry.index.is_some()).map(|entry| entry.at).max();
    let is_late = |at: Timestamp| newest.is_some_and(|newest| newest.duration_since(at) > IN_ORDER);
    // From which place in the tree on a key that was replaced signed nothing any more.
    let over: BTreeMap<Timestamp, u64> = seen
        .iter()
        .filter_map(|entry| entry.until)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter_map(|until| {
            let later = seen.iter().filter(|entry| entry.at.duration_since(until) > IN_ORDER);
            Some((until, later.filter_map(|entry| entry.index).min()?))
        })
        .collect();
    let mut older = 0;
    for Seen { place: (subject, sequence), at, is_signed, until, index } in seen {
        let mut problem = |what: &str| {
            found.problems.push(Problem { place: subject.to_string(), what: format!("entry {sequence}: {what}") })
        };
        match (index, is_signed) {
            (None, false) if tree.takes_older => older += 1,
            (None, false) => problem("it is not signed, and came after the entries of earlier releases were covered"),
            (None, true) if is_late(*at) => problem("no checkpoint covers it, though later ones are covered"),
            (None, true) => {}
            (Some(index), _) => {
                if until.and_then(|until| over.get(&until)).is_some_and(|over| index > over) {
                    problem("it was signed by a key that was replaced, and came to the log later");
                }
            }
        }
        match index {
            Some(_) => found.covered += 1,
            None => found.waiting += 1,
        }
    }
    if older > 0 {
        let what = "entries of earlier releases are not signed, and no checkpoint covers them yet";
        found.notes.push(format!("{older} {what}"));
    }
}

/// The versions of the policy, held against their log.
async fn policies(store: &Store, log: &[Entry<PolicyAct>], found: &mut Found) -> Result<(), StoreError> {
    let versions = store.policy_versions().await?;
    found.policies = versions.len();
    let first_signed = log.iter().map(|entry| entry.revision).min();
    let mut older = 0;
    for number in &versions {
        let place = format!("version {number} of the policy");
        let stored = match store.policy_version(*number).await {
            Ok(Some(stored)) => stored,
            Ok(None) => continue,
            Err(StoreError::Unreadable { reason, .. }) => {
                found.problem(place, format!("it does not read: {reason}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        match stored.entry {
            None if first_signed.is_none_or(|first| *number < first) => older += 1,
            None => found.problem(place, "nobody signed it"),
            Some(sequence) => {
                let entry = log.iter().find(|entry| entry.sequence == sequence);
                if entry.is_none_or(|entry| !stored.is_of(entry)) {
                    let what = format!(
                        "entry {sequence} of the policy's log does not speak of it as it is: by {}, at {}",
                        stored.put_by, stored.put_at
                    );
                    found.problem(place, what);
                }
            }
        }
    }
    for entry in log.iter().filter(|entry| entry.policy == PolicyStep::InForce) {
        if !versions.contains(&entry.revision) {
            found.problem(format!("version {} of the policy", entry.revision), "it is missing; it was in force");
        }
    }
    if older > 0 {
        found
            .notes
            .push(format!("{older} versions of the policy are of earlier releases: not signed, and not in force"));
    }
    Ok(())
}

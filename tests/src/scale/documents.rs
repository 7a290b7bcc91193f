//! How large the documents of a check are: what one invocation has to hold at a time.

use std::collections::{BTreeMap, BTreeSet};

use connection::words::AccountAlias;
use drift::check::parts_of;
use drift::store::DriftStore;
use store::StoreError;

use super::{Checked, Scale};

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// How many documents the check wrote.
    pub documents: usize,
    /// All of them.
    pub all: usize,
    /// The largest one.
    pub largest: usize,
    /// What the message reads that reads most in order to compare its connections.
    pub largest_batch: usize,
}

/// Measures the documents of a check.
///
/// # Errors
/// When the store fails.
///
/// # Panics
/// When a document is not there.
pub async fn sizes(scale: &Scale, checked: &Checked) -> Result<Sizes, StoreError> {
    let store = scale.system.store();
    let drift = DriftStore(&store);
    let id = &checked.check.id;
    let mut sizes = Sizes::default();
    for key in store.files_below(&format!("checks/{id}/")).await? {
        let size = store.get(&key).await?.map_or(0, |bytes| bytes.len());
        sizes.documents += 1;
        sizes.all += size;
        sizes.largest = sizes.largest.max(size);
    }
    let batches = drift.layout(id).await?.expect("the run was laid out").batches;
    let mut known: BTreeMap<(AccountAlias, usize), usize> = BTreeMap::new();
    for number in 0..batches {
        let batch = drift.batch(id, number).await?.expect("the batch was written");
        let mut size = json_size(&batch);
        for (account, units) in &batch.units {
            let end = drift.track_end(id, account).await?.expect("the track has ended");
            let parts: BTreeSet<usize> = parts_of(&end.index, units);
            for part in parts {
                let place = (account.clone(), part);
                if !known.contains_key(&place) {
                    let part = drift.track_part(id, account, part).await?.expect("the part was written");
                    known.insert(place.clone(), json_size(&part));
                }
                size += known[&place];
            }
        }
        sizes.largest_batch = sizes.largest_batch.max(size);
    }
    Ok(sizes)
}

fn json_size(document: &impl serde::Serialize) -> usize {
    serde_json::to_vec(document).expect("a document is plain data").len()
}

//! The head of the tree in a signed note, as C2SP specifies it (c2sp.org/tlog-checkpoint): origin, size and root, a line each.

use crate::key::{SigningKey, Verifier, Verifiers};
use crate::note::{self, BadNote};
use crate::tree::{Frontier, Hash};

/// The head of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which tree it is: the name of the keys that sign it.
    pub origin: String,
    /// How many entries it covers.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A note is no checkpoint that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum BadCheckpoint {
    #[error(transparent)]
    Note(#[from] BadNote),
    #[error("the note's text is no checkpoint: origin, size and root, a line each")]
    Shape,
    #[error("it is of {0}, and was signed by a key of {1}")]
    Origin(String, String),
}

impl Checkpoint {
    /// The head of a tree as it is now.
    #[must_use]
    pub fn of(origin: &str, tree: &Frontier) -> Self {
        Self { origin: origin.to_owned(), size: tree.size(), root: tree.root() }
    }

    /// The signed note.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        note::sign(&self.to_text(), key)
    }

    fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// The checkpoint in a note that a trusted key signed.
    ///
    /// # Errors
    /// See [`BadCheckpoint`].
    pub fn open(note: &str, trusted: &Verifiers) -> Result<Self, BadCheckpoint> {
        Self::open_by(note, trusted).map(|(checkpoint, _)| checkpoint)
    }

    /// The same, and by which key.
    ///
    /// # Errors
    /// See [`BadCheckpoint`].
    pub fn open_by<'v>(note: &str, trusted: &'v Verifiers) -> Result<(Self, &'v Verifier), BadCheckpoint> {
        let (text, by) = note::open(note, trusted)?;
        let checkpoint = Self::read(text).ok_or(BadCheckpoint::Shape)?;
        if checkpoint.origin != by.id().name() {
            return Err(BadCheckpoint::Origin(checkpoint.origin, by.id().name().to_owned()));
        }
        Ok((checkpoint, by))
    }

    /// Lines that follow the third are for others.
    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = size.parse().ok()?;
        let is_plain = number.to_string() == size;
        (!origin.is_empty() && is_plain && lines.all(|line| !line.is_empty())).then_some(())?;
        Some(Self { origin: origin.to_owned(), size: number, root: root.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    const SPECIFIED: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn key() -> SigningKey {
        SigningKey::from_seed("example.com/behind-the-sofa", [5; 32]).unwrap()
    }

    #[test]
    fn the_example_of_the_specification_reads_and_is_written_alike() {
        let trusted = key().verifier().into();
        let checkpoint = Checkpoint::open(&note::sign(SPECIFIED, &key()), &trusted).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
        assert_eq!(checkpoint.to_text(), SPECIFIED);
        let more = format!("{SPECIFIED}something else\n");
        assert_eq!(Checkpoint::open(&note::sign(&more, &key()), &trusted), Ok(checkpoint));
    }

    #[test]
    fn an_empty_tree_has_a_checkpoint_too() {
        let checkpoint = Checkpoint::of("a", &Frontier::default());
        assert_eq!(checkpoint.to_text(), "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let trusted: Verifiers = key().verifier().into();
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for bad in [
            "a\n1\n".to_owned(),
            format!("\n1\n{root}\n"),
            format!("a\n01\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n18446744073709551616\n{root}\n"),
            "a\n1\nCsUY\n".to_owned(),
        ] {
            assert_eq!(Checkpoint::open(&note::sign(&bad, &key()), &trusted), Err(BadCheckpoint::Shape), "{bad}");
        }
        let foreign = format!("example.com/other\n1\n{root}\n");
        let refused = Checkpoint::open(&note::sign(&foreign, &key()), &trusted).unwrap_err();
        assert!(matches!(refused, BadCheckpoint::Origin(..)), "{refused}");
    }
}

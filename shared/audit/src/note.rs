//! Signed notes, as C2SP specifies them (c2sp.org/signed-note), with Ed25519.
//!
//! A note is a text, an empty line, and a line for each signature: `— NAME BASE64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{KeyId, SigningKey, Verifier, Verifiers};

/// The largest note that is read, in bytes.
pub const LARGEST: usize = 64 * 1024;
/// What a line with a signature begins with.
const DASH: &str = "\u{2014} ";

/// A note that does not read, or that nobody who is trusted signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the texts say what each one means")]
pub enum BadNote {
    #[error("it is no signed note: a text, an empty line, and lines with signatures")]
    Shape,
    #[error("it has more than {LARGEST} bytes")]
    TooLarge,
    #[error("the signature of {0} does not fit the text")]
    WrongSignature(KeyId),
    #[error("none of its signatures is of a key that is trusted; it was signed by {0}")]
    Unknown(String),
}

/// Signs a text, which must end with a line break and have no other control characters.
#[must_use]
pub fn sign(text: &str, key: &SigningKey) -> String {
    debug_assert!(is_text(text), "{text:?} cannot be signed as a note");
    let mut signature = key.id().hash().to_vec();
    signature.extend(key.sign(text.as_bytes()));
    format!("{text}\n{DASH}{} {}\n", key.id().name(), STANDARD.encode(signature))
}

fn is_text(text: &str) -> bool {
    text.ends_with('\n') && text.chars().all(|sign| sign == '\n' || sign >= ' ')
}

/// The text of a note that a trusted key signed, and which key that was. Signatures of other keys do not count; one of a trusted
/// key that does not fit spoils the note.
///
/// # Errors
/// See [`BadNote`].
pub fn open<'n, 'v>(note: &'n str, trusted: &'v Verifiers) -> Result<(&'n str, &'v Verifier), BadNote> {
    if note.len() > LARGEST {
        return Err(BadNote::TooLarge);
    }
    let split = note.rfind("\n\n").ok_or(BadNote::Shape)?;
    let (text, signatures) = (&note[..=split], &note[split + 2..]);
    if !is_text(text) || !is_text(signatures) {
        return Err(BadNote::Shape);
    }
    let (mut by, mut others) = (None, Vec::new());
    for line in signatures.lines() {
        let (name, hash, signature) = signature(line).ok_or(BadNote::Shape)?;
        match trusted.iter().find(|key| key.id().name() == name && key.id().hash() == hash) {
            None => others.push(format!("{name}+{}", hex::encode(hash))),
            Some(key) => match <[u8; 64]>::try_from(signature) {
                Ok(signature) if key.verifies(text.as_bytes(), &signature) => by = by.or(Some(key)),
                _ => return Err(BadNote::WrongSignature(key.id().clone())),
            },
        }
    }
    by.map(|key| (text, key)).ok_or_else(|| BadNote::Unknown(others.join(", ")))
}

/// The name of the key, its hash, and what follows.
fn signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    (!name.is_empty() && !name.contains('+')).then(|| (name, *hash, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::tests::{GO_PRIVATE, GO_PUBLIC};

    /// The example of Go's package `golang.org/x/mod/sumdb/note`.
    const GO_TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
         — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn trusted() -> Verifiers {
        GO_PUBLIC.parse().unwrap()
    }

    #[test]
    fn the_published_note_is_signed_alike_and_opens() {
        assert_eq!(sign(GO_TEXT, &SigningKey::parse(GO_PRIVATE).unwrap()), GO_NOTE);
        let trusted = trusted();
        let (text, by) = open(GO_NOTE, &trusted).unwrap();
        assert_eq!((text, by.to_string().as_str()), (GO_TEXT, GO_PUBLIC));
    }

    #[test]
    fn signatures_of_others_are_passed_over_and_alone_they_do_not_count() {
        let other = SigningKey::from_seed("PeterNeumann", [3; 32]).unwrap();
        let line = |note: &str| note.rsplit_once("\n\n").unwrap().1.to_owned();
        let both = format!("{GO_NOTE}{}", line(&sign(GO_TEXT, &other)));
        assert_eq!(open(&both, &trusted()).unwrap().0, GO_TEXT);
        let (_, verifiers) = (0, Verifiers::from(other.verifier()));
        assert_eq!(open(&both, &verifiers).unwrap().0, GO_TEXT);
        assert_eq!(open(GO_NOTE, &verifiers), Err(BadNote::Unknown("PeterNeumann+c74f20a3".to_owned())));
        assert!(matches!(open(GO_NOTE, &Verifiers::default()), Err(BadNote::Unknown(_))));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let no_signature = format!("{GO_TEXT}\n");
        let unended = GO_NOTE.trim_end();
        let control = GO_NOTE.replace("your", "yo\tur");
        for bad in ["", "\n\n", GO_TEXT, &no_signature, unended, &control, &GO_NOTE.replace("— ", "- ")] {
            let refused = open(bad, &trusted()).unwrap_err();
            assert!(matches!(refused, BadNote::Shape | BadNote::Unknown(_)), "{bad:?}: {refused}");
        }
        let large = format!("{}{GO_NOTE}", "x".repeat(LARGEST));
        assert_eq!(open(&large, &trusted()), Err(BadNote::TooLarge));
    }

    proptest! {
        #[test]
        fn a_note_with_any_changed_byte_does_not_open(place in any::<prop::sample::Index>(), by in 1..=127_u8) {
            let mut bytes = GO_NOTE.as_bytes().to_vec();
            let place = place.index(bytes.len());
            bytes[place] ^= by;
            if let Ok(note) = String::from_utf8(bytes) {
                prop_assert!(open(&note, &trusted()).is_err());
            }
        }
    }
}

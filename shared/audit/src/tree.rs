//! The Merkle tree of RFC 6962, section 2.1, as far as appending to it and telling its root needs it.
//!
//! A tree that only grows is known by its *frontier*: the roots of the full subtrees that it is made of, the largest first. A tree of
//! a thousand million leaves has thirty of them at most.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash of the tree. As text it is base64, as in a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", rename = "TreeHash")]
pub struct Hash([u8; 32]);

/// A text is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is the base64 of 32 bytes")]
pub struct BadHash;

impl Hash {
    /// The hash of a leaf with this content.
    #[must_use]
    pub fn of_leaf(content: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(content).finalize().into())
    }

    /// The hash of a node over two subtrees.
    fn of_node(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// Its bytes in hexadecimal, as they can stand in the key of an object.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// A hash of these bytes in hexadecimal.
    #[must_use]
    pub fn of_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let bytes = STANDARD.decode(text).map_err(|_| BadHash)?;
        bytes.try_into().map(Self).map_err(|_| BadHash)
    }
}

impl TryFrom<String> for Hash {
    type Error = BadHash;

    fn try_from(text: String) -> Result<Self, BadHash> {
        text.parse()
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hash.to_string()
    }
}

/// A tree, by the roots of its full subtrees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The largest first: one for each bit of the size that is set.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// A tree of so many leaves with these subtrees; `None` where these cannot be all.
    #[must_use]
    pub fn of(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (usize::try_from(size.count_ones()).ok()? == subtrees.len()).then_some(Self { size, subtrees })
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its full subtrees, the largest first.
    #[must_use]
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// Adds a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        // As many subtrees are completed by it as ones stand at the end of the size.
        let completed = self.size.trailing_ones();
        let merged = (0..completed).fold(leaf, |right, _| {
            let left = self.subtrees.pop().expect("there is a subtree for each bit of the size");
            Hash::of_node(left, right)
        });
        self.subtrees.push(merged);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.subtrees.iter().rev().copied();
        let Some(last) = from_the_right.next() else { return Hash(Sha256::digest([]).into()) };
        from_the_right.fold(last, |right, left| Hash::of_node(left, right))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves and roots with which implementations of RFC 6962 are tested (certificate-transparency, `merkletree`).
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_published_trees_have_their_published_roots() {
        let mut tree = Frontier::default();
        assert_eq!(tree.root().hex(), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(Hash::of_leaf(&hex::decode(leaf).unwrap()));
            assert_eq!(tree.root().hex(), *root, "{} leaves", tree.size());
        }
    }

    /// The definition of RFC 6962, word for word.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Frontier::default().root(),
            [leaf] => *leaf,
            leaves => {
                let split = leaves.len().next_power_of_two() / 2;
                Hash::of_node(defined(&leaves[..split]), defined(&leaves[split..]))
            }
        }
    }

    proptest! {
        #[test]
        fn a_frontier_that_was_kept_goes_on_as_the_definition_says(size in 0_usize..200, kept in 0_usize..200) {
            let leaves: Vec<Hash> = (0..size).map(|number| Hash::of_leaf(&number.to_be_bytes())).collect();
            let mut tree = Frontier::default();
            for (number, leaf) in leaves.iter().enumerate() {
                if number == kept {
                    tree = Frontier::of(tree.size(), tree.subtrees().to_vec()).unwrap();
                }
                tree.push(*leaf);
            }
            prop_assert_eq!(tree.root(), defined(&leaves));
        }
    }

    #[test]
    fn a_hash_reads_as_it_is_written_and_nothing_else_does() {
        let hash = Hash::of_leaf(b"x");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(Hash::of_hex(&hash.hex()), Some(hash));
        for bad in ["", "AAAA", &hash.hex()] {
            assert_eq!(bad.parse::<Hash>(), Err(BadHash));
        }
        assert_eq!(Frontier::of(3, vec![hash]), None);
    }
}

//! What a product offers and can refuse: what `docs/coverage.md` is written from.
//!
//! The operations are those of the product's dispatch. The codes stand in a `codes.txt` beside it, a line an operation:
//!
//! ```text
//! Any call: InternalError
//! CreateVpc: InvalidCidrBlock QuotaExceeded.* > VpcCreate
//! ```
//!
//! A line that is indented goes on with the one before. `*` stands for the rest of a code. Behind `>` are the changes that the
//! operation begins and that take cloud time. The tests of the local cloud fail when a call is refused with a code that its
//! operation does not name.

use std::collections::{BTreeMap, BTreeSet};

use crate::calls::Product;
use crate::delays::Wait;
use crate::rpc;

/// What a product offers.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// The product.
    pub product: Product,
    /// The version that RPC clients send.
    pub version: Option<&'static str>,
    /// In the order of the product's own table.
    pub operations: Vec<Operation>,
    /// The codes that any call can be refused with.
    pub common: BTreeSet<&'static str>,
}

/// An operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// As clients call it.
    pub name: &'static str,
    /// Whether it can change anything.
    pub writes: bool,
    /// The codes that it can be refused with, beside those of any call.
    pub codes: BTreeSet<&'static str>,
    /// The changes that it begins.
    pub begins: Vec<Wait>,
}

impl Coverage {
    /// A product with these operations, each with whether it writes, and with the text of its `codes.txt`.
    ///
    /// # Panics
    /// When the text names an operation or a change that does not exist.
    pub fn new(
        product: Product,
        operations: impl IntoIterator<Item = (&'static str, bool)>,
        text: &'static str,
    ) -> Self {
        let mut named = read(text);
        let (common, _) = named.remove("Any call").unwrap_or_default();
        let operations = operations.into_iter().map(|(name, writes)| {
            let (codes, begins) = named.remove(name).unwrap_or_default();
            Operation { name, writes, codes, begins }
        });
        let operations = operations.collect();
        assert!(named.is_empty(), "codes of {product} that belong to no operation: {named:?}");
        Self { product, version: None, operations, common }
    }

    /// The same for a product that speaks RPC: the codes of every such product, and of its denials, are added.
    ///
    /// # Panics
    /// As [`Coverage::new`].
    pub fn of_rpc(
        product: &dyn rpc::Product,
        version: &'static str,
        operations: impl IntoIterator<Item = (&'static str, bool)>,
        text: &'static str,
    ) -> Self {
        let mut coverage = Self { version: Some(version), ..Self::new(product.name(), operations, text) };
        coverage.common.extend(Self::new(product.name(), [], rpc::CODES).common);
        coverage.common.insert(product.denial());
        coverage
    }

    /// Whether a call of this operation may be refused with this code.
    #[must_use]
    pub fn names(&self, operation: &str, code: &str) -> bool {
        let of_operation =
            self.operations.iter().filter(|known| known.name == operation).flat_map(|known| &known.codes);
        of_operation.chain(&self.common).any(|known| match known.strip_suffix('*') {
            Some(begin) => code.starts_with(begin),
            None => code == *known,
        })
    }
}

type Named = (BTreeSet<&'static str>, Vec<Wait>);

fn read(text: &'static str) -> BTreeMap<&'static str, Named> {
    let mut named: BTreeMap<&str, Named> = BTreeMap::new();
    let (mut name, mut is_code) = ("", true);
    for line in text.lines() {
        let words = match line.split_once(": ") {
            Some((head, words)) => {
                (name, is_code) = (head, true);
                words
            }
            None => line,
        };
        let (codes, begins) = named.entry(name).or_default();
        for word in words.split_whitespace() {
            match Wait::ALL.iter().find(|wait| wait.name() == word) {
                _ if word == ">" => is_code = false,
                _ if is_code => drop(codes.insert(word)),
                Some(wait) => begins.push(*wait),
                None => panic!("{name} begins {word}, which is no change"),
            }
        }
    }
    named
}

//! The page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use causeway_local::delays::Wait;
use serde_json::json;

use crate::coverage::product::{Operation, Product};

const HEAD: &str = "# What the local cloud offers

Written from the code by `CAUSEWAY_WRITE=1 cargo test -p causeway-tests --test all coverage::`; the same test without the variable
fails when this page is stale. Do not edit it.

How it is derived, and how far to trust it:

- **Operations** are those of each product's dispatch: its table, or the enum that its requests are read into. What is not
  listed is refused as unknown. The test sends every operation of the RPC products through the gateway.
- **Codes** are those that the sources write down in whatever an operation's function can reach, followed by name. So every
  code that an operation can answer with is meant to be here; a few may be impossible in practice. Codes that any call
  can be refused with are listed once for the product, faults on demand among them.
- **States** are the changes that an operation begins and that take cloud time, with what they take by default. They are set
  by `PUT /_local/delays`.

";

/// The whole page.
pub fn write(products: &[Product]) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "| product | operations | of these writing | codes |\n| --- | --- | --- | --- |");
    for product in products {
        let writing = product.operations.iter().filter(|operation| operation.writes).count();
        let all: BTreeSet<&String> =
            product.operations.iter().flat_map(|operation| &operation.codes).chain(&product.common).collect();
        let _ = writeln!(page, "| {} | {} | {writing} | {} |", product.title, product.operations.len(), all.len());
    }
    for product in products {
        section(&mut page, product);
    }
    states(&mut page);
    page
}

fn section(page: &mut String, product: &Product) {
    let version = product.version.map(|version| format!(", {version}")).unwrap_or_default();
    let _ = writeln!(page, "\n## {}{version}\n\nAny call: {}\n", product.title, list(&product.common));
    let waits = product.operations.iter().any(|operation| !operation.waits.is_empty());
    let (head, rule) = if waits { (" | states", " | ---") } else { ("", "") };
    let _ = writeln!(page, "| operation | | codes{head} |\n| --- | --- | ---{rule} |");
    for Operation { name, writes, codes, waits: begun } in &product.operations {
        let kind = if *writes { "writes" } else { "reads" };
        let states = if waits { format!(" | {}", list(begun)) } else { String::new() };
        let _ = writeln!(page, "| {name} | {kind} | {}{states} |", list(codes));
    }
}

fn list(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ")
}

/// What each state change is and takes.
fn states(page: &mut String) {
    let _ = writeln!(page, "\n## States\n\n| change | what | takes |\n| --- | --- | --- |");
    for (name, what) in described() {
        let wait: Wait = serde_json::from_value(json!(snake(&name))).expect("the enum reads its own names");
        let _ = writeln!(
            page,
            "| `{name}` | {} | {:.1} s |",
            what.trim_end_matches('.'),
            wait.default_duration().as_secs_f64()
        );
    }
}

/// The variants of `Wait` with their documentation.
fn described() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../local/core/src/delays.rs");
    let text = std::fs::read_to_string(path).expect("the source is there");
    let body =
        text.split_once("pub enum Wait {").and_then(|(_, rest)| rest.split_once("\n}")).expect("the enum is there").0;
    let lines: Vec<&str> = body.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter_map(|pair| Some((pair[1].strip_suffix(',')?, pair[0].strip_prefix("/// ")?)));
    pairs.map(|(name, what)| (name.to_owned(), what.to_owned())).collect()
}

/// As serde writes it: a low line before each capital but the first.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for (place, sign) in name.char_indices() {
        if place > 0 && sign.is_uppercase() {
            text.push('_');
        }
        text.push(sign.to_ascii_lowercase());
    }
    text
}

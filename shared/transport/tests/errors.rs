//! What holds for the errors of the whole workspace: no text repeats its source, and no log line drops it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

/// The Rust files below these folders of the workspace, with their texts.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with(file!()) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 100, "the workspace is there");
    found
}

/// Whether the variant or struct behind an `#[error(…)]` has a source that the attribute's text shows as well.
fn repeats(attribute: &str, item: &str) -> bool {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("///") && !line.starts_with("#[");
    let head = item.lines().map(str::trim).find(is_code).unwrap_or_default();
    if head.ends_with('{') {
        let fields = item.split_once("\n    }").map_or(item, |(fields, _)| fields);
        return fields.contains("source") && attribute.contains("{source");
    }
    (head.contains("(#[from]") || head.contains("(#[source]"))
        && (attribute.contains("{0") || attribute.contains(" .0"))
}

#[test]
fn no_error_repeats_its_source() {
    for (path, text) in sources(&["shared", "functions", "steps", "cli", "local"]) {
        for (attribute, item) in text.split("#[error(").skip(1).filter_map(|rest| rest.split_once(")]")) {
            assert!(!repeats(attribute, item), "{}: {attribute}", path.display());
        }
    }
    assert!(repeats(r#""it does not read: {0}""#, "\n    Shape(#[from] serde_json::Error),"));
    assert!(repeats(r#""{path}: {source}""#, "\n    File {\n        source: io::Error,\n    },"));
}

#[test]
fn no_log_line_drops_the_causes_of_an_error() {
    for (path, text) in sources(&["shared", "functions", "steps", "cli"]) {
        let bare = text.lines().find(|line| line.contains("%error,") || line.contains("%error)"));
        assert_eq!(bare, None, "{}: write `error = %Chain(&error)`", path.display());
    }
}

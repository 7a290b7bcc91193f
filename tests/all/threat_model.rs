//! THREAT_MODEL.md names tests that exist.

use std::path::{Path, PathBuf};

/// Every test that the page names, as `module::test` below `tests/all`, or `crate::test` elsewhere.
fn named(page: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2);
    quoted.filter(|text| text.contains("::") && !text.contains(' ')).map(str::to_owned).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_attack_is_tried_by_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let page = std::fs::read_to_string(root.join("THREAT_MODEL.md")).unwrap();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let named = named(&page);
    assert!(named.len() > 30, "the page names too few tests: {named:?}");
    for test in named {
        let (module, function) = test.rsplit_once("::").unwrap();
        let place = module.replace('_', "-");
        let is_there = |path: &PathBuf| {
            let at = path.to_string_lossy().replace('_', "-");
            place.split("::").all(|part| at.contains(part))
                && std::fs::read_to_string(path).unwrap().contains(&format!("fn {function}("))
        };
        assert!(files.iter().any(is_there), "no test {test}");
    }
    let attacks = page.split("## Attacks").nth(1).unwrap().lines();
    let rows =
        attacks.filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| attack"));
    for row in rows {
        assert!(row.contains("::"), "no test tries it: {row}");
    }
}

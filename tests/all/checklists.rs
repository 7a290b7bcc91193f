//! The checklists of ARCHITECTURE.md, held against files and registries.
//!
//! A list names files in backticks before its colon, and in parentheses behind a file what it must contain. Capitals stand for an
//! entry of a registry; every entry is put in their place.

use std::collections::BTreeSet;
use std::path::Path;

use connection::finding::FindingKind;
use connection::words::{Kind, StepName};

const ARCHITECTURE: &str = include_str!("../../ARCHITECTURE.md");

/// What a list asks of one file.
#[derive(Debug)]
struct Asked {
    file: String,
    texts: Vec<String>,
}

/// The files of the list under `heading`, with what each must contain.
fn list(heading: &str) -> Vec<Asked> {
    let (_, behind) = ARCHITECTURE.split_once(&format!("\n### {heading}\n")).expect("the list is there");
    let section = behind.split("\n### ").next().unwrap_or_default();
    let is_item = |line: &&str| line.starts_with(|first: char| first.is_ascii_digit());
    let mut items: Vec<String> = Vec::new();
    for line in section.lines() {
        match items.last_mut() {
            _ if is_item(&line) => items.push(line.to_owned()),
            Some(item) if line.starts_with("   ") => item.push_str(line),
            _ => {}
        }
    }
    items.iter().flat_map(|item| files(item)).collect()
}

/// The files of one item: what is in backticks up to the colon that ends its head.
fn files(item: &str) -> Vec<Asked> {
    let parts: Vec<&str> = item.split('`').collect();
    let mut files: Vec<Asked> = Vec::new();
    for (place, token) in parts.iter().enumerate().skip(1).step_by(2) {
        let before = parts[place - 1];
        if before.starts_with(':') || before.contains(": ") {
            break;
        }
        match files.last_mut() {
            Some(file) if before.ends_with('(') => file.texts.push((*token).to_owned()),
            _ => files.push(Asked { file: (*token).to_owned(), texts: Vec::new() }),
        }
    }
    files
}

/// What is wrong with a list once every `(capitals, entry)` was put in its place.
fn problems(list: &[Asked], entry: &[(&str, String)]) -> Vec<String> {
    let fill = |text: &str| entry.iter().fold(text.to_owned(), |text, (capitals, entry)| text.replace(capitals, entry));
    let mut problems = Vec::new();
    for asked in list {
        let file = fill(&asked.file);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&file);
        if !path.exists() {
            problems.push(format!("{file} does not exist"));
            continue;
        }
        let content = std::fs::read_to_string(path).unwrap_or_default();
        let missing = asked.texts.iter().map(|text| fill(text)).filter(|text| !content.contains(text.as_str()));
        problems.extend(missing.map(|text| format!("{file} does not contain {text}")));
    }
    problems
}

fn pascal(word: &str) -> String {
    let capital = |part: &str| part.get(..1).unwrap_or_default().to_uppercase() + part.get(1..).unwrap_or_default();
    word.split('-').map(capital).collect()
}

fn snake(word: &str) -> String {
    word.replace('-', "_")
}

fn of_step(step: &str) -> [(&'static str, String); 2] {
    [("STEP_SNAKE", snake(step)), ("STEP", step.to_owned())]
}

fn of_kind(kind: &str) -> [(&'static str, String); 3] {
    [("KIND_PASCAL", pascal(kind)), ("KIND", kind.to_owned()), ("ROOM", snake(kind))]
}

#[test]
fn every_step_is_where_the_list_says() {
    let list = list("Adding a step");
    for step in StepName::ALL {
        assert_eq!(problems(&list, &of_step(step.word())), Vec::<String>::new(), "{step}");
    }
    assert!(list.len() <= 7, "{list:#?}");
}

#[test]
fn every_kind_is_where_the_list_says() {
    let list = list("Adding a kind");
    for kind in Kind::ALL {
        assert_eq!(problems(&list, &of_kind(kind.word())), Vec::<String>::new(), "{kind}");
    }
    let outside: BTreeSet<&str> =
        list.iter().map(|asked| asked.file.as_str()).filter(|file| !file.contains("ROOM")).collect();
    assert!(outside.len() <= 15, "{outside:#?}");
}

#[test]
fn every_finding_is_where_the_list_says() {
    let list = list("Adding a finding");
    for finding in FindingKind::ALL {
        assert_eq!(problems(&list, &[("FINDING", finding.word().to_owned())]), Vec::<String>::new(), "{finding}");
    }
}

#[test]
fn the_lists_of_routes_and_operations_name_files_that_exist() {
    for heading in ["Adding a route", "Adding a cloud operation"] {
        let list = list(heading);
        assert!(!list.is_empty(), "{heading}");
        assert_eq!(problems(&list, &[]), Vec::<String>::new(), "{heading}");
    }
}

#[test]
fn a_list_that_names_no_such_file_or_text_or_misses_an_entry_is_found() {
    let step = list("Adding a step");
    let missing = problems(&step, &of_step("fly-to-moon"));
    assert!(missing.contains(&"functions/fly-to-moon/src/lib.rs does not exist".to_owned()), "{missing:#?}");
    assert!(missing.contains(&"template.yml does not contain StackName}-fly-to-moon".to_owned()), "{missing:#?}");
    let kind = problems(&list("Adding a kind"), &of_kind("tin-can"));
    assert!(kind.contains(&"shared/connection/src/kind/tin_can/mod.rs does not exist".to_owned()), "{kind:#?}");
}

//! What reads, and what each thing that does not is told.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Ask {
    decision: Word,
    reason: String,
    #[serde(default)]
    times: u8,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    list: Vec<bool>,
    #[serde(default)]
    source: Option<Source>,
}

/// A word whose refusal does not say what was given.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Terse;

impl TryFrom<String> for Terse {
    type Error = &'static str;

    fn try_from(_: String) -> Result<Self, &'static str> {
        Err("it must be something else")
    }
}

#[test]
fn a_text_is_named_also_where_its_type_does_not() {
    let told = |document: Value| read::<Vec<Terse>>(document).unwrap_err()[0].to_string();
    assert_eq!(told(json!(["a"])), "/0: \"a\": it must be something else");
    assert_eq!(read::<Terse>(json!("")).unwrap_err()[0].detail, "\"\": it must be something else");
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Approve,
    Hold,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Cidr,
    Group { id: String },
}

fn told(document: Value) -> Vec<String> {
    read::<Ask>(document).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_right_reads_as_serde_reads_it() {
    for right in [
        json!({"decision": "hold", "reason": "x"}),
        json!({"decision": "approve", "reason": "终端 é", "times": 255, "labels": {"a": "b"}, "list": [true]}),
        json!({"decision": "hold", "reason": "", "source": "cidr"}),
        json!({"decision": "hold", "reason": "", "source": {"group": {"id": "sg"}}}),
        json!({"decision": "hold", "reason": "", "source": null}),
    ] {
        assert_eq!(read::<Ask>(right.clone()).unwrap(), serde_json::from_value(right).unwrap());
    }
}

#[test]
fn each_message_names_place_value_and_what_to_write_instead() {
    let with = |name: &str, value: Value| {
        let mut document = json!({"decision": "hold", "reason": "x"});
        document[name] = value;
        document
    };
    let whole = "an object with `decision`, `reason`, `times`, `labels`, `list`, `source`";
    for (document, expected) in [
        (json!(["hold", "x"]), format!("the document: [\"hold\",\"x\"] is not {whole}")),
        (json!([null, null]), format!("the document: [null,null] is not {whole}")),
        (json!("hold"), format!("the document: \"hold\" is not {whole}")),
        (json!({"decision": "hold"}), "/reason: this field is required".to_owned()),
        (with("decision", json!("holt")), "/decision: \"holt\" is not known here; did you mean `hold`?".to_owned()),
        (with("decision", json!(7)), "/decision: 7 is not one of `approve`, `hold`".to_owned()),
        (
            with("decision", json!({"hold": 1})),
            "/decision: \"hold\" has nothing below it; write the word alone".to_owned(),
        ),
        (with("reason", json!(7)), "/reason: 7 is not a text; put it in quotes".to_owned()),
        (with("times", json!(256)), "/times: 256 is not a whole number from 0 to 255".to_owned()),
        (with("times", json!(-1)), "/times: -1 is not a whole number from 0 to 255".to_owned()),
        (with("times", json!(1.0)), "/times: 1.0 is not a whole number from 0 to 255".to_owned()),
        (with("times", json!("1")), "/times: \"1\" is not a whole number from 0 to 255".to_owned()),
        (with("labels", json!({"a": 1})), "/labels/a: 1 is not a text; put it in quotes".to_owned()),
        (with("labels", json!([["a", "b"]])), "/labels: [[\"a\",\"b\"]] is not an object".to_owned()),
        (with("list", json!([true, "no"])), "/list/1: \"no\" is not true or false".to_owned()),
        (with("list", json!(true)), "/list: true is not a list, which is written in [ ]".to_owned()),
        (with("source", json!({"group": ["sg"]})), "/source/group: [\"sg\"] is not an object with `id`".to_owned()),
        (
            with("source", json!({"group": {"id": "a", "it": 1}})),
            "/source/group/it: unknown field `it`; did you mean `id`?".to_owned(),
        ),
        (with("source", json!("group")), "/source: \"group\" needs an object: {\"group\": {…}}".to_owned()),
        (with("source", json!({})), "/source: {} is not an object with one of `cidr`, `group`".to_owned()),
        (with("reasons", json!(1)), "/reasons: unknown field `reasons`; did you mean `reason`?".to_owned()),
    ] {
        assert_eq!(told(document.clone()), [expected], "{document}");
    }
}

#[test]
fn a_text_with_what_cannot_be_seen_is_refused_with_its_place_and_shown_without_effect() {
    for (text, named) in [
        ("a\nb", "line break (U+000A)"),
        ("a\r", "line break (U+000D)"),
        ("\u{2028}", "line break (U+2028)"),
        ("\u{1b}[31m", "(U+001B)"),
        ("a\0", "(U+0000)"),
        ("\t", "(U+0009)"),
        ("\u{7f}", "(U+007F)"),
        ("\u{9b}2J", "(U+009B)"),
        ("a\u{202e}b", "(U+202E)"),
        ("a\u{2066}b", "(U+2066)"),
        ("a\u{200b}b", "(U+200B)"),
        ("\u{feff}a", "(U+FEFF)"),
    ] {
        let reason = told(json!({"decision": "hold", "reason": text}));
        assert!(reason[0].starts_with("/reason: ") && reason[0].contains(named), "{reason:?}");
        assert!(!reason[0].chars().any(is_unseen));
        let key = told(json!({"decision": "hold", "reason": "x", "labels": {text: "v"}}));
        assert!(key[0].starts_with("/labels/") && key[0].contains(named), "{key:?}");
        let unknown = told(json!({"decision": "hold", "reason": "x", text: 1}));
        assert!(!unknown[0].chars().any(is_unseen));
    }
}

#[test]
fn many_unknown_fields_are_named_up_to_a_bound() {
    let mut document = json!({"decision": "hold", "reason": "x"});
    for number in 0..10_000 {
        document[format!("f{number}")] = json!(0);
    }
    let told = told(document);
    assert_eq!(told.len(), crate::MOST + 1);
    assert_eq!(told.last().unwrap(), "the document: 9950 more errors are not listed; correct these first");
}
